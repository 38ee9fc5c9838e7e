//! Counts, and the rules that go without counting.

use proptest::prelude::{ProptestConfig, proptest};

use super::{Conversation, Family, count};

#[test]
fn families_are_known_by_how_their_models_are_called() {
    for (model, family) in [
        ("gpt-4o-mini", Some(Family::O200k)),
        ("openai/gpt-5.2", Some(Family::O200k)),
        ("gpt-oss:20b", Some(Family::Harmony)),
        ("gpt-4", Some(Family::Cl100k)),
        ("gpt-4-turbo-2024-04-09", Some(Family::Cl100k)),
        ("gpt-4.1-nano", Some(Family::O200k)),
        ("o3", Some(Family::O200k)),
        ("gpt-40", None),
        ("o3x", None),
        ("qwen3:8b", None),
        ("claude-opus-5", None),
        ("", None),
    ] {
        assert_eq!(Family::of(model), family, "{model}");
    }
}

#[test]
fn counts_are_those_that_openai_publishes() {
    // From the cookbook: "antidisestablishmentarianism" and "2 + 2 = 4" and a greeting in Japanese.
    for (text, cl100k, o200k) in
        [("antidisestablishmentarianism", 6, 6), ("2 + 2 = 4", 7, 7), ("お誕生日おめでとう", 9, 8)]
    {
        assert_eq!(Family::Cl100k.count(text), cl100k, "{text}");
        assert_eq!(Family::O200k.count(text), o200k, "{text}");
    }
}

#[test]
fn a_conversation_is_its_texts_and_what_stands_around_them() {
    let texts = ["user".to_owned(), "2 + 2 = 4".to_owned()];
    let conversation = Conversation { texts: &texts, messages: 1, names: 0 };
    assert_eq!(count(Family::O200k, &conversation), 1 + 7 + 3 + 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_token_is_at_least_one_byte(text in "\\PC{0,200}") {
        for family in [Family::Cl100k, Family::O200k, Family::Harmony] {
            assert!(family.count(&text) <= text.len() as u64);
        }
    }
}
