//! The scanner against another reader of JSON.

use std::{collections::BTreeMap, fmt};

use proptest::prelude::*;
use serde_json::value::RawValue;
use weighbridge_flavor::json::{self, Bounds, Document, JsonError, JsonErrorKind, Scanner};

use super::generate::{BOUNDS, cut, cuts, damaged, object, value};

const WATCH: &[&str] =
    &["model", "usage", "choices", "error", "choices[].index", "choices[].finish_reason"];

fn scan(bytes: &[u8]) -> Result<Document, JsonError> {
    json::scan(bytes, WATCH, BOUNDS)
}

fn scan_cut(bytes: &[u8], at: &[u16]) -> Result<Document, JsonError> {
    let mut scanner = Scanner::new(WATCH, BOUNDS);
    for piece in cut(bytes, at) {
        scanner.push(piece)?;
    }
    scanner.finish()
}

/// Whether another reader takes it. This one looks at neither characters nor number sizes, and
/// leaves the check of UTF-8 to its caller.
fn is_json(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
        && serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn takes_what_is_json(text in value()) {
        prop_assert!(is_json(text.as_bytes()), "{text}");
        scan(text.as_bytes())?;
    }

    #[test]
    fn refuses_what_is_not(bytes in damaged(value().prop_map(String::into_bytes))) {
        let taken = scan(&bytes).is_ok();
        prop_assert_eq!(taken, is_json(&bytes), "{:?}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn cutting_changes_nothing(
        bytes in damaged(object().prop_map(String::into_bytes)), at in cuts(),
    ) {
        prop_assert_eq!(scan_cut(&bytes, &at), scan(&bytes));
    }

    #[test]
    fn a_second_document_is_read_as_the_first(one in object(), other in object()) {
        let mut scanner = Scanner::new(WATCH, BOUNDS);
        scanner.push(one.as_bytes())?;
        scanner.restart();
        scanner.push(other.as_bytes())?;
        prop_assert_eq!(scanner.finish(), scan(other.as_bytes()));
    }

    #[test]
    fn finds_members_and_counts_text(text in object()) {
        let document = scan(text.as_bytes())?;
        let Pairs(pairs) = serde_json::from_str(&text)?;
        prop_assert!(document.root_is_object());
        prop_assert_eq!(document.empty_object(), pairs.is_empty());
        prop_assert_eq!(document.open(), text.find('{').unwrap() + 1);
        let mut seen = BTreeMap::new();
        for (key, raw) in &pairs {
            seen.entry(key.as_str()).or_insert_with(Vec::new).push(raw.get());
        }
        for key in ["model", "usage", "error", "choices"] {
            let member = document.member(key);
            let expected = seen.get(key).map(|all| all[0]);
            prop_assert_eq!(member.clone().map(|it| &text[it.span]), expected);
            if key != "choices" {
                prop_assert_eq!(member.map(|it| it.raw), expected.map(str::as_bytes));
            }
        }
        let twice = |key: &&str| seen.get(*key).is_some_and(|all| all.len() > 1);
        prop_assert_eq!(document.repeated().is_some(), WATCH.iter().any(twice));
        prop_assert_eq!(document.text_bytes(), text_bytes(&text, false));
        let inside: Vec<_> = document
            .found("choices[].finish_reason")
            .map(|found| (found.element, text[found.value.span].to_owned()))
            .collect();
        prop_assert_eq!(inside, reasons(seen.get("choices").map(|all| all[0])));
    }

    #[test]
    fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), at in cuts()) {
        prop_assert_eq!(scan_cut(&bytes, &at).is_ok(), is_json(&bytes));
    }
}

/// The members of an object, repeated ones too.
struct Pairs(Vec<(String, Box<RawValue>)>);

impl<'de> serde::Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Pairs;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: serde::de::MapAccess<'de>>(
                self,
                mut map: M,
            ) -> Result<Pairs, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        from.deserialize_map(Visitor)
    }
}

fn items(raw: &str) -> Vec<Box<RawValue>> {
    serde_json::from_str(raw).unwrap_or_default()
}

/// The stated rule, on a tree.
fn text_bytes(raw: &str, under: bool) -> u64 {
    const TEXT: [&str; 8] = [
        "content",
        "text",
        "reasoning_content",
        "reasoning",
        "refusal",
        "arguments",
        "thinking",
        "input",
    ];
    let raw = raw.trim();
    if raw.starts_with('"') {
        return if under { raw.len() as u64 - 2 } else { 0 };
    }
    if raw.starts_with('[') {
        return items(raw).iter().map(|item| text_bytes(item.get(), under)).sum();
    }
    let Ok(Pairs(pairs)) = serde_json::from_str(raw) else { return 0 };
    pairs.iter().map(|(key, value)| text_bytes(value.get(), TEXT.contains(&key.as_str()))).sum()
}

fn reasons(choices: Option<&str>) -> Vec<(usize, String)> {
    let choices = items(choices.unwrap_or_default());
    let pairs = |raw: &RawValue| serde_json::from_str(raw.get()).map_or(Vec::new(), |Pairs(it)| it);
    let of = |(element, raw): (usize, &RawValue)| {
        let all = pairs(raw).into_iter().filter(|(key, _)| key == "finish_reason");
        all.map(|(_, value)| (element, value.get().to_owned())).collect::<Vec<_>>()
    };
    choices.iter().map(Box::as_ref).enumerate().flat_map(of).collect()
}

#[test]
fn faults_are_named_and_placed() {
    let fault = |text: &str| scan(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(fault("{\"model\":\"qwen3"), "invalid JSON at byte 15: a string is not closed");
    assert_eq!(fault(" \n"), "invalid JSON at byte 2: there is nothing here");
    assert_eq!(fault("\u{feff}{}"), "invalid JSON at byte 0: a byte order mark is not allowed");
    assert_eq!(fault("{} x"), "invalid JSON at byte 3: something follows the end of the document");
    assert_eq!(fault("[1,]"), "invalid JSON at byte 3: a value was expected");
    assert_eq!(fault("{\"a\":1,}"), "invalid JSON at byte 7: a key in double quotes was expected");
    assert_eq!(fault("[01]"), "invalid JSON at byte 2: a number is malformed");
    assert_eq!(fault("[nul]"), "invalid JSON at byte 4: a word is neither true, false nor null");
    assert_eq!(fault("[1}"), "invalid JSON at byte 2: a comma or the closing bracket was expected");
}

#[test]
fn odd_but_legal_documents_pass() {
    for text in ["1e400", "-0.0E-00", r#""\ud83d""#, r#"{"a":1,"a":2}"#, " null ", "[[[]]]"] {
        assert!(scan(text.as_bytes()).is_ok(), "{text}");
    }
}

#[test]
fn levels_are_bounded() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(scan(deep(BOUNDS.depth).as_bytes()).is_ok());
    let fault = scan(deep(BOUNDS.depth + 1).as_bytes()).unwrap_err();
    assert_eq!((fault.offset, fault.kind), (BOUNDS.depth, JsonErrorKind::TooDeep));
}

#[test]
fn what_is_kept_is_bounded() {
    let bounds = Bounds { depth: 8, capture: 8 };
    let scan = |text: &str| json::scan(text.as_bytes(), WATCH, bounds);
    let kept = scan(r#"{"model":"123456"}"#).unwrap();
    assert_eq!(kept.member("model").unwrap().raw, b"\"123456\"");
    let fault = scan(r#"{"model":"1234567"}"#).unwrap_err();
    assert_eq!(fault.kind, JsonErrorKind::TooLong { key: "model" });
    let list = scan(r#"{"usage":[1,2,3,4,5],"model":"m"}"#).unwrap();
    let usage = list.member("usage").unwrap();
    assert_eq!((usage.captured, usage.span), (false, 9..20));
    assert_eq!(list.member("model").unwrap().raw, b"\"m\"");
}

#[test]
fn a_key_counts_as_what_it_spells() {
    let twice = scan(br#"{"model":"a","m\u006fdel":"b"}"#).unwrap();
    assert_eq!(twice.repeated(), Some("model"));
    let path = scan(br#"{"choices[].index":1}"#).unwrap();
    assert!(path.member("choices[].index").is_none());
    let deeper = scan(br#"{"x":{"model":"a"},"choices":{"a":{"index":1}}}"#).unwrap();
    assert!(deeper.member("model").is_none());
    assert_eq!(deeper.found("choices[].index").count(), 0);
}
