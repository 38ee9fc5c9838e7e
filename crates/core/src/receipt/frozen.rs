//! Receipts of version 1 are written today as they were when they were frozen.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};
use weighbridge_proof::{Digest, Receipt, Timestamp};

use super::{SALT_BYTES, issue};
use crate::call::{
    Asked, Attempt, Attribution, Boot, Considered, Content, Conversion, Decision, Ending, Input,
    Intent, Loss, Outcome,
};
use crate::cost::{Charge, Consent, Cost, CostBasis, Held, Interrupted, Terms};
use crate::directory::Match;
use crate::failure;
use crate::id::{AccountId, CallId, KeyId, NodeId};
use crate::routing::{Choice, Policy, Reason, Score, Source, Verdict};
use crate::usage::{Basis, Usage};

fn intent() -> Intent {
    let labels = [("project", "b"), ("team", "gr\u{fc}n \u{1f600} \"x\"\n")];
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Intent {
        id: CallId::from_bytes([0x11; 16]),
        boot: Boot { node: NodeId::from_bytes([0x22; 16]), epoch: 7 },
        account: AccountId::from_bytes([0x33; 16]),
        key: KeyId::from_bytes([0x44; 16]),
        received_at: Timestamp::from_micros(1_795_532_454_000_001),
        input: Input::Whole(Content { sha256: Digest::of(b"request"), bytes: 7 }),
        asked: Asked {
            service: "chat".to_owned(),
            flavor_in: "openai".to_owned(),
            model: "qwen3:8b".to_owned(),
            attribution: Attribution {
                end_user: Some("u-1".to_owned()),
                session: None,
                labels: BTreeMap::from(labels),
            },
            terms: None,
        },
    }
}

fn ok() -> Ending {
    Ending {
        outcome: Outcome::Ok,
        error: None,
        attempts: vec![Attempt {
            provider: "desk".to_owned(),
            outcome: Outcome::Ok,
            status: Some(200),
            provider_request_id: Some("req-9".to_owned()),
            region: Some("eu-1".to_owned()),
        }],
        decision: None,
        flavor_out: Some("openai"),
        conversion: Default::default(),
        losses: Vec::new(),
        provider: Some("desk".to_owned()),
        model_served: Some("qwen3:8b".to_owned()),
        first_byte_at: Some(Timestamp::from_micros(1_795_532_454_100_000)),
        finished_at: Timestamp::from_micros(1_795_532_454_200_000),
        duration_us: Some(199_999),
        streamed: None,
        output: Some(Content { sha256: Digest::of(b"reply"), bytes: 5 }),
        complete: true,
        usage: Some(Usage {
            input_tokens: 9,
            output_tokens: 12,
            cache_read_tokens: Some(4),
            cache_write_tokens: None,
            cache_write_1h_tokens: None,
            reasoning_tokens: Some(0),
            audio_input_tokens: None,
            audio_output_tokens: None,
            searches: None,
            images: None,
            seconds: None,
            characters: None,
            basis: Basis::Measured,
        }),
        cost: Cost::UNPRICED,
    }
}

fn failed() -> Ending {
    Ending {
        outcome: Outcome::Error,
        error: Some((failure::Source::Provider, "provider_incomplete")),
        complete: false,
        usage: None,
        ..ok()
    }
}

/// The same call on terms.
fn agreed() -> Intent {
    let held = Held {
        estimate: "0.00009".parse().unwrap(),
        reserved: "0.00012".parse().unwrap(),
        currency: "USD".parse().unwrap(),
        price_sha256: Digest::of(b"prices"),
    };
    let level_sha256 = Digest::of(b"levels");
    let consent = Consent::MaxCost;
    let terms = Terms { consent, level_sha256, policy_sha256: None, held: Some(held) };
    Intent { asked: Asked { terms: Some(terms), ..intent().asked }, ..intent() }
}

/// A call that cost more than was held for it.
fn overrun() -> Ending {
    let held = agreed().asked.terms.unwrap().held.unwrap();
    let overrun = "0.000003".parse().unwrap();
    let charge = Charge { held, actual: held.reserved, overrun };
    Ending { cost: Cost { basis: CostBasis::Measured, charge: Some(charge) }, ..ok() }
}

/// A call that was converted, and lost something by it.
fn converted() -> Ending {
    let loss = |field: &str, action| Loss { field: field.to_owned(), action };
    Ending {
        flavor_out: Some("anthropic"),
        conversion: Conversion::Both,
        losses: vec![loss("seed", "dropped"), loss("temperature", "approximated")],
        ..ok()
    }
}

/// A call that wrote to a cache, for minutes and for an hour.
fn cached() -> Ending {
    let usage = ok().usage.map(|usage| Usage {
        cache_write_tokens: Some(5),
        cache_write_1h_tokens: Some(3),
        ..usage
    });
    Ending { usage, ..ok() }
}

/// A call that was thought about, and went elsewhere at the second try.
fn decided() -> (Ending, Intent) {
    let considered =
        |provider: &str, verdict| Considered { provider: provider.to_owned(), verdict };
    let decision = Decision {
        choice: Choice { policy: Policy::Private, source: Source::Body },
        how: Match::Similar(973),
        considered: vec![
            considered("desk", Verdict::Ranked(Score(10))),
            considered("cloud", Verdict::Out(Reason::Policy)),
        ],
    };
    let tried = Attempt { outcome: Outcome::Error, status: Some(503), ..ok().attempts[0].clone() };
    let attempts = vec![tried, ok().attempts[0].clone()];
    let mut intent = agreed();
    if let Some(terms) = &mut intent.asked.terms {
        terms.policy_sha256 = Some(Digest::of(b"policies"));
    }
    (Ending { decision: Some(decision), attempts, ..ok() }, intent)
}

fn sample(receipt: &Receipt) -> Value {
    let sections = receipt.sections.iter().map(|section| {
        json!({
            "name": section.name().as_str(),
            "salt": section.salt().base64(),
            "json": section.json(),
        })
    });
    let leaf = receipt.leaf();
    json!({
        "leaf": leaf.as_str(),
        "leaf_hash": leaf.hash(),
        "sections": sections.collect::<Vec<_>>(),
    })
}

#[test]
fn receipts_are_written_as_they_were_frozen() {
    let dir = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/v1/receipts"));
    let found_at = Timestamp::from_micros(1_795_532_460_000_000);
    let interrupted = |intent: Intent, rule| (Ending::interrupted(&intent, rule, found_at), intent);
    let calls = [
        ("ok", (ok(), intent())),
        ("error", (failed(), intent())),
        ("converted", (converted(), intent())),
        ("cached", (cached(), intent())),
        ("decided", decided()),
        ("interrupted", interrupted(intent(), Interrupted::Free)),
        ("overrun", (overrun(), agreed())),
        ("interrupted_free", interrupted(agreed(), Interrupted::Free)),
        ("interrupted_charged", interrupted(agreed(), Interrupted::ChargeReserved)),
    ];
    for (name, (ending, intent)) in calls {
        let salts: [u8; SALT_BYTES] = std::array::from_fn(|index| index.to_le_bytes()[0]);
        let now = sample(&issue(&intent, &ending, &salts).unwrap());
        let file = dir.join(format!("{name}.json"));
        if !file.exists() && std::env::var_os("WEIGHBRIDGE_FREEZE").is_some() {
            std::fs::write(&file, serde_json::to_string_pretty(&now).unwrap() + "\n").unwrap();
        }
        let frozen = std::fs::read_to_string(&file).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&frozen).unwrap(), now, "{name}");
    }
}
