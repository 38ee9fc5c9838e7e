//! Requests and whole replies of every dialect to every other: whatever is read can be written, and
//! what is written is JSON. The input's first bytes say from where to where.

#![no_main]

mod described;

use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use weighbridge_flavor::canon::{Face, Target};
use weighbridge_flavor::convert::{self, Asked};
use weighbridge_flavor::dialect::Path;
use weighbridge_flavor::limit;
use weighbridge_flavor::openai::{LimitField, OutputLimit};

fuzz_target!(|input: &[u8]| {
    let Some((head, bytes)) = input.split_first_chunk::<2>() else { return };
    let Ok(body) = std::str::from_utf8(bytes) else { return };
    let all = described::all();
    let dialect = |byte: u8| all[usize::from(byte) % all.len()];
    let (from, to) = (dialect(head[0]), dialect(head[1]));
    let path = Path { model: "m", stream: head[0] > 127 };
    let target = Target::usual("m", 4096);
    if let Ok(asked) = Asked::read(from, body, path) {
        let made = asked.write(to, &target);
        is_json(&made.body);
        assert!(made.losses.to_string().is_ascii());
        // What is kept to a limit is still what it was. Pictures whose bytes nobody knows can be sent
        // where they have no kind, but not read there.
        let limit = OutputLimit { field: LimitField::MaxTokens, tokens: 7 };
        let plain = std::str::from_utf8(&made.body).unwrap();
        let is_read = Asked::read(to, plain, path).is_ok();
        if let Ok(kept) = limit::keep_to(to, &made.body.into(), limit) {
            is_json(&kept);
            let again = Asked::read(to, std::str::from_utf8(&kept).unwrap(), path);
            assert_eq!(again.is_ok(), is_read);
            if let Ok(again) = again {
                assert!(again.request.max_output.is_some_and(|tokens| tokens <= 7));
            }
        }
    }
    let face = Face { id: "x1".into(), model: "m".into(), created: 0, wants_usage: true, names: Default::default() };
    if let Ok(made) = convert::reply(from, to, body, &face) {
        is_json(&made.body);
    }
});

fn is_json(made: &[u8]) {
    assert!(serde_json::from_slice::<IgnoredAny>(made).is_ok(), "{}", String::from_utf8_lossy(made));
}
