//! The scanner takes exactly what another reader of JSON takes, however it is cut; a request that
//! was peeked at still can be after usage was asked for in it.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use weighbridge_flavor::{
    json::{Bounds, JsonErrorKind, Scanner},
    openai::{ReplyScan, peek_chat},
};

const BOUNDS: Bounds = Bounds { depth: 64, capture: 256 };
const WATCH: &[&str] = &["model", "choices", "choices[].index", "usage"];

fuzz_target!(|input: &[u8]| {
    let Some((&at, bytes)) = input.split_first() else { return };
    let (one, two) = bytes.split_at(usize::from(at).min(bytes.len()));

    let whole = weighbridge_flavor::json::scan(bytes, WATCH, BOUNDS);
    let mut scanner = Scanner::new(WATCH, BOUNDS);
    let cut = scanner.push(one).and_then(|()| scanner.push(two));
    assert_eq!(cut.and_then(|()| scanner.finish()), whole);

    let bounded = |kind| matches!(kind, JsonErrorKind::TooDeep | JsonErrorKind::TooLong { .. });
    if !whole.as_ref().is_err_and(|error| bounded(error.kind)) {
        let is_json = std::str::from_utf8(bytes).is_ok()
            && serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
        assert_eq!(whole.is_ok(), is_json);
    }

    let mut reply = ReplyScan::new(BOUNDS);
    let _ = reply.push(one).and_then(|()| reply.push(two)).map(|()| reply.finish());

    let body = Bytes::copy_from_slice(bytes);
    if let Ok(peek) = peek_chat(&body, BOUNDS) {
        let asked = peek.outgoing(&body, None);
        if let Ok(again) = peek_chat(&asked, BOUNDS) {
            assert!(!peek.stream || again.asks_usage);
            assert_eq!(again.model, peek.model);
        }
    }
});
