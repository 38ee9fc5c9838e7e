//! What calls there are: what they ask for, and when their callers leave.

use std::time::Duration;

use weighbridge_testkit::chat::Chat;
use weighbridge_testkit::provider::{Behaviour, Script, StreamEnd};

use super::dice::Dice;

/// One kind of call, with how often it comes.
struct Kind {
    weight: u64,
    model: &'static str,
    stream: bool,
    leaves: bool,
}

const KINDS: [Kind; 10] = [
    Kind { weight: 30, model: "ok", stream: false, leaves: false },
    Kind { weight: 30, model: "ok", stream: true, leaves: false },
    Kind { weight: 10, model: "late", stream: false, leaves: false },
    Kind { weight: 12, model: "paced", stream: true, leaves: false },
    Kind { weight: 6, model: "paced", stream: true, leaves: true },
    Kind { weight: 3, model: "late", stream: false, leaves: true },
    Kind { weight: 3, model: "cut", stream: true, leaves: false },
    Kind { weight: 2, model: "cut", stream: false, leaves: false },
    Kind { weight: 3, model: "error", stream: false, leaves: false },
    Kind { weight: 1, model: "long", stream: false, leaves: false },
];

/// The models that the provider has.
pub(crate) const MODELS: [&str; 6] = ["ok", "late", "paced", "cut", "error", "long"];

/// More than is held whole before the receipt is there.
const LONG: usize = 1_300_000;

/// The provider's side of it.
pub(crate) fn script() -> Script {
    let paced = Behaviour::Chat {
        chat: Chat::of_words(12),
        pace: Duration::from_millis(6),
        end: StreamEnd::End,
    };
    Script::with_faults()
        .on("late", Behaviour::paced(Duration::from_millis(25)))
        .on("paced", paced)
        .on("long", Behaviour::LongReply { bytes: LONG })
}

/// One call to be made.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// What tells it from all others.
    pub(crate) marker: String,
    /// The request's body.
    pub(crate) body: String,
    /// Whether a stream is asked for.
    pub(crate) stream: bool,
    /// After how many pieces of the reply the caller leaves, if it does.
    pub(crate) leaves_after: Option<u64>,
    /// The wait before it.
    pub(crate) pause: Duration,
}

impl Plan {
    /// The call with this marker, picked by `dice`.
    pub(crate) fn pick(marker: String, dice: &mut Dice) -> Self {
        let kind = kind(dice);
        let (model, stream) = (kind.model, kind.stream);
        let filler = "and so on ".repeat(usize::try_from(dice.below(40)).unwrap_or(0));
        let usage = match dice.below(3) {
            0 if stream => r#""stream_options":{"include_usage":true},"#,
            _ => "",
        };
        let body = format!(
            r#"{{"model":"{model}","stream":{stream},{usage}"messages":[{{"role":"user","content":"{marker} {filler}"}}]}}"#
        );
        Self {
            marker,
            body,
            stream,
            leaves_after: kind.leaves.then(|| dice.below(6)),
            pause: dice.time(Duration::ZERO, Duration::from_millis(12)),
        }
    }
}

fn kind(dice: &mut Dice) -> &'static Kind {
    let mut left = dice.below(KINDS.iter().map(|kind| kind.weight).sum());
    let mut kinds = KINDS.iter();
    loop {
        match kinds.next() {
            Some(kind) if left >= kind.weight => left -= kind.weight,
            Some(kind) => return kind,
            None => return &KINDS[0],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_comes_and_every_model_is_there() {
        let mut dice = Dice::new(1);
        let plans: Vec<_> = (0..2000).map(|n| Plan::pick(format!("m-1-{n}"), &mut dice)).collect();
        let models: BTreeSet<String> = plans
            .iter()
            .map(|plan| serde_json::from_str::<serde_json::Value>(&plan.body).unwrap())
            .map(|body| body["model"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(models, MODELS.map(str::to_owned).into());
        assert!(plans.iter().any(|plan| plan.leaves_after.is_some()));
        let known = script().models();
        assert!(MODELS.iter().all(|model| known.iter().any(|name| name == model)));
    }
}
