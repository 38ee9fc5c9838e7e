//! The facts of one call: those known before it is dispatched, which its intent keeps, and those
//! known when it is over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weighbridge_proof::{Digest, Timestamp};

use crate::cost::{Cost, Interrupted, Terms};
use crate::directory::Match;
use crate::failure::{Failure, Source};
use crate::id::{AccountId, CallId, KeyId, NodeId};
use crate::routing::{Choice, Verdict};
use crate::usage::Usage;

/// The most labels a call may carry, and how long their names and values may be, in bytes.
pub const LABELS_LIMIT: usize = 16;
/// See [`LABELS_LIMIT`].
pub const LABEL_NAME_LIMIT: usize = 64;
/// See [`LABELS_LIMIT`].
pub const LABEL_VALUE_LIMIT: usize = 256;

/// Who called, beyond the key: as far as the key's owner told us.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribution {
    /// The person behind the application, by the application's own name for them.
    pub end_user: Option<String>,
    /// What groups calls of one conversation or run.
    pub session: Option<String>,
    /// `x-weighbridge-labels`.
    pub labels: BTreeMap<String, String>,
}

/// Which gateway process took the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boot {
    /// The data directory.
    pub node: NodeId,
    /// The how-manieth start of it.
    pub epoch: u64,
}

/// What is known when the intent is committed, before anything goes to a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The call, and its receipt to be.
    pub id: CallId,
    /// The process that took it.
    pub boot: Boot,
    /// Whose call it is.
    pub account: AccountId,
    /// The key that spoke.
    pub key: KeyId,
    /// When its head had been read.
    pub received_at: Timestamp,
    /// The request.
    pub input: Input,
    /// The rest, as it will stand on the receipt.
    pub asked: Asked,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The kind of ability.
    pub service: String,
    /// What the caller speaks.
    pub flavor_in: String,
    /// The model by the caller's name for it.
    pub model: String,
    /// Who called, beyond the key.
    pub attribution: Attribution,
    /// What was agreed about the cost. Intents of before there were prices have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
}

/// A call's input, as far as it is known when the intent is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// It was read to its end: chat, and everything else that routing has to look into.
    Whole(Content),
    /// It flows while the call runs (an upload, a WebSocket), is hashed as it passes, and is known
    /// when the call is over. No front of this version takes one.
    Stream,
}

/// Bytes that passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// Their hash.
    pub sha256: Digest,
    /// How many.
    pub bytes: u64,
}

/// What was made of the caller's flavor on the way to the provider, and of the provider's on the way
/// back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Conversion {
    /// Nothing: both speak the same.
    #[default]
    None,
    /// The provider speaks the canonical form's own flavor, AOG's.
    ToCanonical,
    /// The caller does.
    FromCanonical,
    /// Both go by way of the canonical form.
    Both,
}

impl Conversion {
    /// The word on receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ToCanonical => "to_canonical",
            Self::FromCanonical => "from_canonical",
            Self::Both => "both",
        }
    }
}

/// Something of a request that a conversion could not carry as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The caller's name for it.
    pub field: String,
    /// What became of it: `dropped` or `approximated`.
    pub action: &'static str,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The provider finished properly.
    Ok,
    /// Something failed.
    Error,
    /// The caller left first.
    Cancelled,
    /// The gateway's process ended first.
    Interrupted,
}

impl Outcome {
    /// The word on receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }
}

/// One exchange with a provider, whether it came to anything or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The provider's name.
    pub provider: String,
    /// How this exchange ended.
    pub outcome: Outcome,
    /// The status of its reply, if one came.
    pub status: Option<u16>,
    /// The provider's own id for the request, to reconcile its invoice by.
    pub provider_request_id: Option<String>,
    /// The provider's region, as the operator names it.
    pub region: Option<String>,
}

/// Where a call was to run, and why there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The policy, and who chose it.
    pub choice: Choice,
    /// How the model was found.
    pub how: Match,
    /// Everybody who serves it, those first who were to be asked.
    pub considered: Vec<Considered>,
}

/// One who was thought of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Considered {
    /// The provider's name.
    pub provider: String,
    /// What was thought.
    pub verdict: Verdict,
}

/// What is known when the call is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// How it ended.
    pub outcome: Outcome,
    /// What failed, unless all went well.
    pub error: Option<(Source, &'static str)>,
    /// Every exchange, in order.
    pub attempts: Vec<Attempt>,
    /// Where it was to run.
    pub decision: Option<Decision>,
    /// What the provider that answered speaks.
    pub flavor_out: Option<&'static str>,
    /// What was made of one flavor to come to the other.
    pub conversion: Conversion,
    /// What that could not carry.
    pub losses: Vec<Loss>,
    /// The provider that answered.
    pub provider: Option<String>,
    /// The model that answered, by the name the provider was asked for.
    pub model_served: Option<String>,
    /// When the first byte of the reply was handed on.
    pub first_byte_at: Option<Timestamp>,
    /// Just before the receipt is committed.
    pub finished_at: Timestamp,
    /// From the head of the call to `finished_at`, on a clock that never goes back.
    pub duration_us: Option<u64>,
    /// What passed of an [`Input::Stream`].
    pub streamed: Option<Content>,
    /// The reply's bytes as the caller got them.
    pub output: Option<Content>,
    /// The provider finished properly, and all but the held end had been handed on.
    pub complete: bool,
    /// Tokens, where any could be known.
    pub usage: Option<Usage>,
    /// What it cost.
    pub cost: Cost,
}

impl Ending {
    /// The end of a call whose process ended before it: found at the next start.
    pub fn interrupted(intent: &Intent, rule: Interrupted, found_at: Timestamp) -> Self {
        Self {
            outcome: Outcome::Interrupted,
            error: None,
            attempts: Vec::new(),
            decision: None,
            flavor_out: None,
            conversion: Conversion::None,
            losses: Vec::new(),
            provider: None,
            model_served: None,
            first_byte_at: None,
            finished_at: found_at,
            duration_us: None,
            streamed: None,
            output: None,
            complete: false,
            usage: None,
            cost: Cost::interrupted(intent.asked.terms.as_ref(), rule),
        }
    }

    /// The failure as receipts name it.
    pub fn error_of(failure: &Failure) -> (Source, &'static str) {
        (failure.source, failure.code.as_str())
    }
}
