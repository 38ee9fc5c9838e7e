//! Who may serve a call, and what came of it.

use crate::directory::{Location, Seat, Serving};
use crate::money::Amount;

/// One provider with the model that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub seat: Seat,
    /// Its provider's place in the file: of those who are alike the first is asked first.
    pub place: u32,
    /// Where it runs, as the call knows it.
    pub location: Location,
    /// Whether it is on this very machine, as the call knows it.
    pub here: bool,
    /// What the call will probably cost there, where it has a price.
    pub cost: Option<Amount>,
    /// What is thought of it.
    pub verdict: Verdict,
}

impl Candidate {
    /// One of whom nothing is thought yet.
    pub fn of(serving: &Serving) -> Self {
        let location = serving.provider.location;
        Self {
            seat: serving.seat,
            place: serving.place,
            location,
            here: location == Location::Local && serving.provider.is_here(),
            cost: None,
            verdict: Verdict::Ranked(Score(0)),
        }
    }

    /// Whether it may be asked.
    pub const fn is_in(&self) -> bool {
        matches!(self.verdict, Verdict::Ranked(_))
    }
}

/// What is thought of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may be asked, the one with the least score first.
    Ranked(Score),
    /// It is not asked.
    Out(Reason),
}

/// How far a candidate is from the best there could be: 0 is that.
///
/// Digits of one number, the weightier first, so that two of them compare as a whole. Fewer than 2^53,
/// as JSON wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Score(pub u64);

/// Why a candidate is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It is not where the policy wants the call to run.
    Policy,
    /// The key may not use the model.
    Key,
    /// It is in another region than is allowed.
    Region,
    /// The prompt, with the longest answer, is longer than its model takes.
    Context,
    /// It does not have what the call needs: tools, pictures, sounds.
    Ability,
    /// The call cannot be said to it without meaning something else.
    Conversion,
    /// It has no price, or one in another currency than what was agreed on.
    Price,
    /// As many calls run there as may.
    Full,
    /// It asked for no calls for a while.
    Wait,
    /// It refuses the gateway's credential.
    Credential,
    /// It was asked already, and failed.
    Tried,
}

impl Reason {
    /// The word on receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Key => "key",
            Self::Region => "region",
            Self::Context => "context",
            Self::Ability => "ability",
            Self::Conversion => "conversion",
            Self::Price => "price",
            Self::Full => "full",
            Self::Wait => "wait",
            Self::Credential => "credential",
            Self::Tried => "tried",
        }
    }

    /// The same for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Policy => "it is not where the policy lets the call run",
            Self::Key => "the key may not use the model",
            Self::Region => "it is in no region that is allowed",
            Self::Context => "prompt and answer may be longer than the model takes there",
            Self::Ability => "the model lacks there what the call needs",
            Self::Conversion => {
                "the call cannot be said in its flavor without meaning something else"
            }
            Self::Price => "it has no price that the account can pay",
            Self::Full => "as many calls run there as may (concurrency.max)",
            Self::Wait => "it asked for no calls for a while",
            Self::Credential => "it refuses the gateway's credential",
            Self::Tried => "it was asked already, and failed",
        }
    }

    /// Whether it is a matter of the one call.
    pub(super) const fn is_own(self) -> bool {
        matches!(
            self,
            Self::Key
                | Self::Context
                | Self::Ability
                | Self::Conversion
                | Self::Price
                | Self::Tried
        )
    }

    /// Whether it may be another at the next look.
    pub const fn passes(self) -> bool {
        matches!(self, Self::Full | Self::Wait | Self::Credential)
    }
}
