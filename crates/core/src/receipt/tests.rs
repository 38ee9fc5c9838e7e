//! What a receipt says, for calls of every ending.

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use weighbridge_proof::{Digest, Timestamp, canonical};

use super::{SALT_BYTES, Stored, issue, show};
use crate::call::{Asked, Attempt, Attribution, Boot, Content, Ending, Input, Intent, Outcome};
use crate::cost::{Charge, Consent, Cost, CostBasis, Held, Interrupted, Terms};
use crate::failure::Source;
use crate::id::{AccountId, CallId, KeyId, NodeId};
use crate::money::Amount;
use crate::usage::{Basis, Usage};

fn intent(attribution: Attribution) -> Intent {
    Intent {
        id: CallId::from_bytes([1; 16]),
        boot: Boot { node: NodeId::from_bytes([2; 16]), epoch: 3 },
        account: AccountId::from_bytes([4; 16]),
        key: KeyId::from_bytes([5; 16]),
        received_at: Timestamp::from_micros(1_000_000),
        input: Input::Whole(Content { sha256: Digest::of(b"in"), bytes: 2 }),
        asked: Asked {
            service: "chat".to_owned(),
            flavor_in: "openai".to_owned(),
            model: "m\"\n\u{1f600}".to_owned(),
            attribution,
            terms: Some(terms()),
        },
    }
}

fn terms() -> Terms {
    let held = Held {
        estimate: "0.00009".parse().unwrap(),
        reserved: "0.00012".parse().unwrap(),
        currency: "USD".parse().unwrap(),
        price_sha256: Digest::of(b"prices"),
    };
    Terms {
        consent: Consent::Standing,
        level_sha256: Digest::of(b"levels"),
        policy_sha256: None,
        held: Some(held),
    }
}

fn cost() -> impl Strategy<Value = Cost> {
    let charge = (0i128..120_000, 0i128..9).prop_map(|(actual, overrun)| {
        let (actual, overrun) = (Amount::from_nanos(actual), Amount::from_nanos(overrun));
        let held = terms().held.unwrap();
        Cost { basis: CostBasis::Measured, charge: Some(Charge { held, actual, overrun }) }
    });
    prop_oneof![charge, Just(Cost::UNPRICED)]
}

fn ending() -> impl Strategy<Value = Ending> {
    let outcome = prop_oneof![
        Just(Outcome::Ok),
        Just(Outcome::Error),
        Just(Outcome::Cancelled),
        Just(Outcome::Interrupted)
    ];
    (outcome, any::<bool>(), any::<Option<u32>>(), prop::option::of(".{0,40}"), cost()).prop_map(
        |(outcome, complete, tokens, id, cost)| Ending {
            outcome,
            error: (outcome == Outcome::Error).then_some((Source::Provider, "provider_garbage")),
            attempts: vec![Attempt {
                provider: "desk".to_owned(),
                outcome,
                status: Some(200),
                provider_request_id: id,
                region: None,
            }],
            decision: None,
            flavor_out: Some("openai"),
            conversion: Default::default(),
            losses: Vec::new(),
            provider: Some("desk".to_owned()),
            model_served: None,
            first_byte_at: Some(Timestamp::from_micros(1_500_000)),
            finished_at: Timestamp::from_micros(2_000_000),
            duration_us: Some(1_000_000),
            streamed: None,
            output: Some(Content { sha256: Digest::of(b"out"), bytes: 3 }),
            complete,
            usage: tokens.map(|tokens| Usage {
                input_tokens: u64::from(tokens),
                output_tokens: 1,
                cache_read_tokens: None,
                cache_write_tokens: Some(2),
                cache_write_1h_tokens: Some(1),
                reasoning_tokens: None,
                audio_input_tokens: None,
                audio_output_tokens: None,
                searches: None,
                images: None,
                seconds: None,
                characters: None,
                basis: Basis::Measured,
            }),
            cost,
        },
    )
}

fn attribution() -> impl Strategy<Value = Attribution> {
    let labels = prop::collection::btree_map("[a-zA-Z0-9_.-]{1,8}", ".{0,16}", 0..4);
    (prop::option::of(".{0,16}"), prop::option::of(".{0,16}"), labels)
        .prop_map(|(end_user, session, labels)| Attribution { end_user, session, labels })
}

proptest! {
    #[test]
    fn every_section_and_the_leaf_are_canonical(ending in ending(), by in attribution()) {
        let receipt = issue(&intent(by), &ending, &[7; SALT_BYTES]).unwrap();
        for section in &receipt.sections {
            assert!(canonical::is_canonical(section.json().as_bytes()), "{}", section.json());
        }
        assert!(canonical::is_canonical(receipt.leaf().as_str().as_bytes()));
    }
}

#[test]
fn an_interrupted_call_shows_that_its_cost_is_unknown() {
    let intent = intent(Attribution::default());
    let found_at = Timestamp::from_micros(9_000_000);
    let ending = Ending::interrupted(&intent, Interrupted::Free, found_at);
    let receipt = issue(&intent, &ending, &[7; SALT_BYTES]).unwrap();
    let sections: Vec<String> = receipt.sections.iter().map(|s| s.json().to_owned()).collect();
    let shown = show(&Stored {
        id: receipt.id.clone(),
        received_at: receipt.received_at,
        finished_at: receipt.finished_at,
        sections: sections.try_into().unwrap(),
        leaf: receipt.leaf().as_str().to_owned(),
        leaf_index: Some(17),
    })
    .unwrap();
    assert_eq!(shown["outcome"], "interrupted");
    assert_eq!(shown["cost"]["basis"], "unknown");
    assert_eq!(shown["cost"]["actual"], "0");
    assert_eq!(shown["cost"]["reserved"], "0.00012");
    assert_eq!(shown["output"], serde_json::Value::Null);
    assert_eq!(shown["input"]["bytes"], 2);
    assert_eq!(shown["received_at"], "1970-01-01T00:00:01.000000Z");
}

#[test]
fn a_streamed_input_is_on_the_receipt_once_it_has_passed() {
    let streaming = Intent { input: Input::Stream, ..intent(Attribution::default()) };
    let found_at = Timestamp::from_micros(9_000_000);
    let cut_off = Ending::interrupted(&streaming, Interrupted::Free, found_at);
    let passed = Content { sha256: Digest::of(b"frames"), bytes: 6 };
    let over = Ending { streamed: Some(passed), ..cut_off.clone() };
    for (ending, expected) in [(cut_off, None), (over, Some(Digest::of(b"frames").to_string()))] {
        let receipt = issue(&streaming, &ending, &[7; SALT_BYTES]).unwrap();
        let content: serde_json::Value = serde_json::from_str(receipt.sections[2].json()).unwrap();
        assert_eq!(content["input"]["sha256"].as_str(), expected.as_deref());
    }
}
