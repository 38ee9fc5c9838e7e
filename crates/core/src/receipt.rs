//! Receipts: out of a call's facts into sections, and out of sections into what the API shows.

use serde::Serialize;
use serde_json::{Map, Value, json};
use weighbridge_proof::{Kind, Receipt, Salt, Section, SectionName};

use crate::call::{Attempt, Considered, Decision, Ending, Input, Intent, Loss};
use crate::cost::{Consent, Party};
use crate::directory::Match;
use crate::failure::Source;
use crate::money::{Amount, Currency};
use crate::routing::{Score, Verdict};
use crate::usage::Usage;

/// One salt per section, in the order of [`SectionName::ALL`].
pub const SALT_BYTES: usize = 32 * SectionName::ALL.len();

// The members of every struct below stand in the order of canonical JSON (RFC 8785), so that
// writing them out is writing them canonically; `Section::new` checks it in debug builds.

#[derive(Serialize)]
struct CallSection<'a> {
    attempts: Vec<AttemptEntry<'a>>,
    conversion: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<DecisionEntry<'a>>,
    duration_us: Option<u64>,
    error: Option<ErrorEntry>,
    first_byte_at: Option<weighbridge_proof::Timestamp>,
    flavor_in: &'a str,
    flavor_out: Option<&'static str>,
    loss: Vec<LossEntry<'a>>,
    model_asked: &'a str,
    model_served: Option<&'a str>,
    node: crate::id::NodeId,
    outcome: &'static str,
    provider: Option<&'a str>,
    service: &'a str,
    usage: Option<UsageEntry>,
}

#[derive(Serialize)]
struct AttemptEntry<'a> {
    outcome: &'static str,
    provider: &'a str,
    provider_request_id: Option<&'a str>,
    region: Option<&'a str>,
    status: Option<u16>,
}

#[derive(Serialize)]
struct DecisionEntry<'a> {
    candidates: Vec<CandidateEntry<'a>>,
    chosen_by: &'static str,
    #[serde(rename = "match")]
    how: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    match_score: Option<u32>,
    policy: &'static str,
}

#[derive(Serialize)]
struct CandidateEntry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<&'static str>,
    provider: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<u64>,
}

#[derive(Serialize)]
struct LossEntry<'a> {
    action: &'static str,
    field: &'a str,
}

#[derive(Serialize)]
struct ErrorEntry {
    code: &'static str,
    source: &'static str,
}

#[derive(Serialize)]
struct UsageEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    audio_input_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audio_output_tokens: Option<u64>,
    basis: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_read_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_write_1h_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_write_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    characters: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    images: Option<u64>,
    input_tokens: u64,
    output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    searches: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u64>,
}

#[derive(Serialize)]
struct CallerSection<'a> {
    account: crate::id::AccountId,
    end_user: Option<&'a str>,
    key: crate::id::KeyId,
    labels: &'a std::collections::BTreeMap<String, String>,
    session: Option<&'a str>,
}

#[derive(Serialize)]
struct ContentSection {
    input: Option<ContentEntry>,
    output: Option<OutputEntry>,
}

#[derive(Serialize)]
struct ContentEntry {
    bytes: u64,
    sha256: weighbridge_proof::Digest,
}

#[derive(Serialize)]
struct OutputEntry {
    bytes: u64,
    complete: bool,
    sha256: weighbridge_proof::Digest,
}

#[derive(Serialize)]
struct MoneySection<'a> {
    actual: Option<Amount>,
    basis: &'static str,
    consent: Option<Consent>,
    currency: Option<Currency>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entries: Vec<EntryEntry<'a>>,
    estimate: Option<Amount>,
    level_sha256: Option<weighbridge_proof::Digest>,
    overrun: Option<Amount>,
    policy_sha256: Option<weighbridge_proof::Digest>,
    price_sha256: Option<weighbridge_proof::Digest>,
    reserved: Option<Amount>,
}

#[derive(Serialize)]
struct EntryEntry<'a> {
    amount: Amount,
    party: Party<'a>,
}

/// The facts could not be written as canonical JSON: a number beyond 2^53 - 1.
#[derive(Debug, thiserror::Error)]
#[error("a receipt could not be written: {0}")]
pub struct NotWritable(#[from] serde_json::Error);

/// The receipt of a call, its salts given.
///
/// # Errors
/// [`NotWritable`], which no call that really happened can reach.
pub fn issue(
    intent: &Intent,
    ending: &Ending,
    salts: &[u8; SALT_BYTES],
) -> Result<Receipt, NotWritable> {
    let [call, caller, content, money] = salts_of(salts);
    Ok(Receipt {
        kind: Kind::Receipt,
        id: intent.id.to_string(),
        received_at: intent.received_at,
        finished_at: ending.finished_at,
        sections: vec![
            section(SectionName::Call, call, &call_section(intent, ending))?,
            section(SectionName::Caller, caller, &caller_section(intent))?,
            section(SectionName::Content, content, &content_section(intent, ending))?,
            section(SectionName::Money, money, &money_section(intent, ending))?,
        ],
    })
}

/// The salts of the four sections, in the order of [`SectionName::ALL`].
pub fn salts_of(bytes: &[u8; SALT_BYTES]) -> [Salt; 4] {
    std::array::from_fn(|index| {
        let mut salt = [0; 32];
        salt.copy_from_slice(&bytes[index * 32..(index + 1) * 32]);
        Salt::from_bytes(salt)
    })
}

fn section(name: SectionName, salt: Salt, facts: &impl Serialize) -> Result<Section, NotWritable> {
    Ok(Section::new(name, salt, serde_json::to_string(facts)?))
}

fn call_section<'a>(intent: &'a Intent, ending: &'a Ending) -> CallSection<'a> {
    CallSection {
        attempts: ending.attempts.iter().map(attempt_entry).collect(),
        conversion: ending.conversion.as_str(),
        decision: ending.decision.as_ref().map(decision_entry),
        duration_us: ending.duration_us,
        error: ending.error.map(|(source, code)| ErrorEntry { code, source: source_word(source) }),
        first_byte_at: ending.first_byte_at,
        flavor_in: &intent.asked.flavor_in,
        flavor_out: ending.flavor_out,
        loss: ending.losses.iter().map(loss_entry).collect(),
        model_asked: &intent.asked.model,
        model_served: ending.model_served.as_deref(),
        node: intent.boot.node,
        outcome: ending.outcome.as_str(),
        provider: ending.provider.as_deref(),
        service: &intent.asked.service,
        usage: ending.usage.as_ref().map(usage_entry),
    }
}

fn attempt_entry(attempt: &Attempt) -> AttemptEntry<'_> {
    AttemptEntry {
        outcome: attempt.outcome.as_str(),
        provider: &attempt.provider,
        provider_request_id: attempt.provider_request_id.as_deref(),
        region: attempt.region.as_deref(),
        status: attempt.status,
    }
}

fn decision_entry(decision: &Decision) -> DecisionEntry<'_> {
    DecisionEntry {
        candidates: decision.considered.iter().map(candidate_entry).collect(),
        chosen_by: decision.choice.source.as_str(),
        how: decision.how.as_str(),
        match_score: match decision.how {
            Match::Similar(score) => Some(score),
            Match::Exact | Match::OfProvider | Match::Alias => None,
        },
        policy: decision.choice.policy.as_str(),
    }
}

fn candidate_entry(considered: &Considered) -> CandidateEntry<'_> {
    let (score, left_out) = match considered.verdict {
        Verdict::Ranked(Score(score)) => (Some(score), None),
        Verdict::Out(reason) => (None, Some(reason.as_str())),
    };
    CandidateEntry { left_out, provider: &considered.provider, score }
}

fn loss_entry(loss: &Loss) -> LossEntry<'_> {
    LossEntry { action: loss.action, field: &loss.field }
}

const fn source_word(source: Source) -> &'static str {
    match source {
        Source::Client => "client",
        Source::Gateway => "gateway",
        Source::Provider => "provider",
    }
}

fn usage_entry(usage: &Usage) -> UsageEntry {
    UsageEntry {
        audio_input_tokens: usage.audio_input_tokens,
        audio_output_tokens: usage.audio_output_tokens,
        basis: usage.basis.as_str(),
        cache_read_tokens: usage.cache_read_tokens,
        cache_write_1h_tokens: usage.cache_write_1h_tokens,
        cache_write_tokens: usage.cache_write_tokens,
        characters: usage.characters,
        images: usage.images,
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        reasoning_tokens: usage.reasoning_tokens,
        searches: usage.searches,
        seconds: usage.seconds,
    }
}

fn caller_section(intent: &Intent) -> CallerSection<'_> {
    let attribution = &intent.asked.attribution;
    CallerSection {
        account: intent.account,
        end_user: attribution.end_user.as_deref(),
        key: intent.key,
        labels: &attribution.labels,
        session: attribution.session.as_deref(),
    }
}

fn content_section(intent: &Intent, ending: &Ending) -> ContentSection {
    let input = match intent.input {
        Input::Whole(content) => Some(content),
        Input::Stream => ending.streamed,
    };
    ContentSection {
        input: input.map(|input| ContentEntry { bytes: input.bytes, sha256: input.sha256 }),
        output: ending.output.map(|output| OutputEntry {
            bytes: output.bytes,
            complete: ending.complete,
            sha256: output.sha256,
        }),
    }
}

fn money_section<'a>(intent: &Intent, ending: &'a Ending) -> MoneySection<'a> {
    let terms = intent.asked.terms;
    let charge = ending.cost.charge;
    let entries = charge.map(|charge| charge.entries(ending.provider.as_deref()));
    let entries = entries.into_iter().flatten();
    MoneySection {
        actual: charge.map(|charge| charge.actual),
        basis: ending.cost.basis.as_str(),
        consent: terms.map(|terms| terms.consent),
        currency: charge.map(|charge| charge.held.currency),
        entries: entries.map(|(party, amount)| EntryEntry { amount, party }).collect(),
        estimate: charge.map(|charge| charge.held.estimate),
        level_sha256: terms.map(|terms| terms.level_sha256),
        overrun: charge.map(|charge| charge.overrun),
        policy_sha256: terms.and_then(|terms| terms.policy_sha256),
        price_sha256: charge.map(|charge| charge.held.price_sha256),
        reserved: charge.map(|charge| charge.held.reserved),
    }
}

/// A stored receipt: what the API shows it from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// `rcpt_...`
    pub id: String,
    /// When the head of the call had been read.
    pub received_at: weighbridge_proof::Timestamp,
    /// Just before the receipt was committed.
    pub finished_at: weighbridge_proof::Timestamp,
    /// The canonical JSON of each section, in the order of [`SectionName::ALL`].
    pub sections: [String; 4],
    /// The leaf's bytes.
    pub leaf: String,
    /// Its number in the log, once it has one.
    pub leaf_index: Option<u64>,
}

/// A stored section is not the JSON it was written as.
#[derive(Debug, thiserror::Error)]
#[error("the receipt {id} cannot be read: {reason}")]
pub struct NotReadable {
    id: String,
    reason: serde_json::Error,
}

/// A receipt in the shape that callers rely on.
///
/// # Errors
/// [`NotReadable`] when the store holds something else than was written to it.
pub fn show(stored: &Stored) -> Result<Value, NotReadable> {
    let parse = |text: &String| {
        serde_json::from_str::<Map<String, Value>>(text)
            .map_err(|reason| NotReadable { id: stored.id.clone(), reason })
    };
    let [call, caller, content, money] = &stored.sections;
    let mut shown = Map::new();
    shown.insert("v".to_owned(), json!(weighbridge_proof::receipt::VERSION));
    shown.insert("kind".to_owned(), json!(Kind::Receipt.as_str()));
    shown.insert("id".to_owned(), json!(stored.id));
    shown.insert("received_at".to_owned(), json!(stored.received_at));
    shown.insert("finished_at".to_owned(), json!(stored.finished_at));
    shown.extend(parse(caller)?);
    shown.extend(parse(call)?);
    shown.extend(parse(content)?);
    shown.insert("cost".to_owned(), Value::Object(parse(money)?));
    shown.insert("plugins".to_owned(), json!([]));
    shown.insert("corrects".to_owned(), Value::Null);
    shown.insert("leaf_index".to_owned(), json!(stored.leaf_index));
    Ok(Value::Object(shown))
}

#[cfg(test)]
mod frozen;
#[cfg(test)]
mod tests;
