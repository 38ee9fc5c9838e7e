//! Cutting streams into events.

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};
use weighbridge_flavor::sse::{Event, EventReader, SseError};

use super::generate::{cut, cuts};

const MAX: usize = 1 << 16;

/// All events, the unclosed last one apart.
fn read(bytes: &[u8], at: &[u16], max: usize) -> (Vec<Event>, Option<Event>, Option<SseError>) {
    let mut reader = EventReader::new(max);
    let mut events = Vec::new();
    for piece in cut(bytes, at) {
        reader.push(Bytes::copy_from_slice(piece));
        loop {
            match reader.next_event() {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(error) => return (events, None, Some(error)),
            }
            assert!(reader.carried() <= max);
        }
    }
    (events, reader.finish(), None)
}

fn whole(text: &str) -> Vec<Event> {
    let (events, last, _) = read(text.as_bytes(), &[], MAX);
    events.into_iter().chain(last).collect()
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "data: a",
        "data:b",
        "data",
        "data:",
        ": note",
        ":",
        "event: x",
        "id:1",
        "retry: 5",
        "\n",
        "\n",
        "\n\n",
        "\r\n",
        "\r\n\r\n",
        "\r",
        "\r",
        "x",
        "\u{feff}",
        "秤",
        "data: [DONE]",
    ]);
    vec(piece, 0..30).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn cutting_changes_nothing(bytes in stream(), at in cuts()) {
        prop_assert_eq!(read(&bytes, &at, MAX), read(&bytes, &[], MAX));
    }

    #[test]
    fn no_byte_is_lost(bytes in stream(), at in cuts()) {
        let (events, last, _) = read(&bytes, &at, MAX);
        let raw: Vec<u8> = events.iter().chain(&last).flat_map(|it| it.raw.clone()).collect();
        prop_assert_eq!(raw, bytes);
    }

    #[test]
    fn data_is_as_browsers_read_it(bytes in stream()) {
        let (events, last, _) = read(&bytes, &[], MAX);
        let data: Vec<_> = events.iter().chain(&last).map(|it| it.data.to_vec()).collect();
        prop_assert_eq!(data, plainly(&bytes));
    }

    #[test]
    fn noise_stays_within_the_bound(bytes in vec(any::<u8>(), 0..400), at in cuts()) {
        let (events, last, error) = read(&bytes, &at, 32);
        for event in events.iter().chain(&last) {
            prop_assert!(event.raw.len() <= 32);
        }
        prop_assert_eq!(error, read(&bytes, &[], 32).2);
    }
}

/// The same events by the plainest means: the data of every block.
fn plainly(bytes: &[u8]) -> Vec<Vec<u8>> {
    let unmarked = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if unmarked.is_empty() && !bytes.is_empty() {
        return vec![Vec::new()];
    }
    let bytes = unmarked;
    let mut text = String::from_utf8(bytes.to_vec()).unwrap();
    text = text.replace("\r\n", "\n").replace('\r', "\n");
    let unclosed = !text.ends_with('\n');
    let mut lines: Vec<&str> = text.split('\n').collect();
    let tail = lines.pop().filter(|_| unclosed);
    let (mut blocks, mut block) = (Vec::new(), Vec::new());
    for line in &lines {
        block.push(*line);
        if line.is_empty() {
            blocks.push(std::mem::take(&mut block));
        }
    }
    block.extend(tail.filter(|tail| !tail.is_empty()));
    if !block.is_empty() {
        blocks.push(block);
    }
    let data = |line: &&str| match line.split_once(':') {
        Some(("data", value)) => Some(value.strip_prefix(' ').unwrap_or(value).to_owned()),
        None if *line == "data" => Some(String::new()),
        _ => None,
    };
    let join = |block: Vec<&str>| block.iter().filter_map(data).collect::<Vec<_>>().join("\n");
    blocks.into_iter().map(|block| join(block).into_bytes()).collect()
}

#[test]
fn fields_are_read() {
    let events = whole("event: a\r\ndata: 1\r\ndata:2\r\n\r\n: note\n\nid: 4\ndata\n\nevent:b\n");
    let data: Vec<_> = events.iter().map(|event| event.data.as_ref()).collect();
    assert_eq!(data, [&b"1\n2"[..], b"", b"", b""]);
    assert_eq!(events[0].name.as_deref(), Some(&b"a"[..]));
    let comments: Vec<_> = events.iter().map(|event| event.comment_only).collect();
    assert_eq!(comments, [false, true, false, false]);
    assert_eq!(events[3].name.as_deref(), Some(&b"b"[..]));
}

#[test]
fn an_event_in_one_piece_is_not_copied() {
    let piece = Bytes::from(b"data: one\n\ndata: two\n\n".to_vec());
    let mut reader = EventReader::new(MAX);
    reader.push(piece.clone());
    let one = reader.next_event().unwrap().unwrap();
    let two = reader.next_event().unwrap().unwrap();
    assert_eq!(one.raw.as_ptr(), piece.as_ptr());
    assert_eq!(two.data.as_ptr(), piece[17..].as_ptr());
}

#[test]
fn a_line_without_an_end_is_refused() {
    let mut reader = EventReader::new(100);
    for _ in 0..10 {
        reader.push(Bytes::from_static(b"data: 0123456789"));
        if let Err(error) = reader.next_event() {
            assert_eq!(error, SseError::TooLong { limit: 100 });
            assert_eq!(reader.carried(), 0);
            return;
        }
        assert!(reader.carried() <= 100);
    }
    panic!("160 bytes were taken");
}
