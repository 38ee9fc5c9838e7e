//! Streams of every dialect, to every other and as they came: however a stream is cut, the same goes
//! on, and it ends at most once. The input's first bytes say from where to where, and where it is
//! cut.

#![no_main]

mod described;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use weighbridge_flavor::canon::Face;
use weighbridge_flavor::course::{Close, Course, Way};
use weighbridge_flavor::dialect::Dialect;

const MAX_EVENT: usize = 1024;

fuzz_target!(|input: &[u8]| {
    let Some((head, bytes)) = input.split_first_chunk::<4>() else { return };
    let all = described::all();
    let dialect = |byte: u8| all.get(usize::from(byte) % (all.len() + 1)).copied();
    let Some(from) = dialect(head[0]) else { return };
    let to = dialect(head[1]);
    let (one, rest) = bytes.split_at(usize::from(head[2]).min(bytes.len()));
    let (two, three) = rest.split_at(usize::from(head[3]).min(rest.len()));
    assert_eq!(follow(from, to, &[one, two, three]), follow(from, to, &[bytes]));
});

#[derive(Debug, PartialEq)]
struct Seen {
    forward: Vec<u8>,
    held: Option<Vec<u8>>,
    broken: Option<String>,
    close: Option<Close>,
    facts: String,
}

fn follow(from: Dialect, to: Option<Dialect>, pieces: &[&[u8]]) -> Seen {
    let face = Face { id: "x1".into(), model: "m".into(), created: 0, wants_usage: true, names: Default::default() };
    let mut course = Course::new(Way { from, to: to.map(|to| (to, face)), strip_usage: false, max_event: MAX_EVENT });
    let (mut forward, mut held, mut broken) = (Vec::new(), None, None);
    for piece in pieces {
        let was_over = course.is_over();
        match course.push(Bytes::copy_from_slice(piece)) {
            Ok(relay) => {
                assert!(!was_over || (relay.forward.is_empty() && relay.held.is_none()));
                forward.extend_from_slice(&relay.forward);
                held = relay.held.map(|held| held.to_vec()).or(held);
            }
            Err(error) => {
                assert!(!was_over || error.before.is_empty());
                forward.extend_from_slice(&error.before);
                broken = Some(error.to_string());
            }
        }
    }
    let close = course.close().ok();
    let ends = usize::from(held.is_some())
        + usize::from(broken.is_some())
        + usize::from(matches!(close, Some(Close::Finished { .. })));
    assert!(ends <= 1, "F2: a stream ends at most once");
    let facts = format!(
        "{:?} {} {} {}",
        course.usage(),
        course.usage_is_last(),
        course.finish_seen(),
        course.text_bytes()
    );
    Seen { forward, held, broken, close, facts }
}
