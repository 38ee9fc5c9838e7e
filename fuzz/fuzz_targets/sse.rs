//! A stream cut in two ways gives the same events, none of its bytes is lost, and what goes on to
//! a client is the same too. The input's first bytes say where it is cut.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use weighbridge_flavor::{
    openai::{ChatStream, StreamOptions},
    sse::{Event, EventReader},
};

const MAX_EVENT: usize = 512;

fuzz_target!(|input: &[u8]| {
    let Some((cuts, bytes)) = input.split_first_chunk::<4>() else { return };
    let pieces = cut(bytes, cuts);
    let whole = [bytes];

    let (events, broken) = events(&pieces);
    assert_eq!((&events, broken), (&self::events(&whole).0, self::events(&whole).1));
    if !broken {
        let raw: Vec<u8> = events.iter().flat_map(|event| event.raw.clone()).collect();
        assert_eq!(raw, bytes);
    }
    for strip_usage in [false, true] {
        assert_eq!(forward(&pieces, strip_usage), forward(&whole, strip_usage));
    }
});

fn cut<'a>(bytes: &'a [u8], cuts: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    for cut in cuts {
        let (piece, after) = rest.split_at(usize::from(*cut).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

fn events(pieces: &[&[u8]]) -> (Vec<Event>, bool) {
    let mut reader = EventReader::new(MAX_EVENT);
    let mut events = Vec::new();
    for piece in pieces {
        reader.push(Bytes::copy_from_slice(piece));
        loop {
            match reader.next_event() {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(_) => return (events, true),
            }
        }
        assert!(reader.carried() <= MAX_EVENT);
    }
    events.extend(reader.finish());
    (events, false)
}

fn forward(pieces: &[&[u8]], strip_usage: bool) -> (Vec<u8>, Vec<u8>, String) {
    let mut stream = ChatStream::new(StreamOptions { strip_usage, max_event: MAX_EVENT });
    let (mut forward, mut held) = (Vec::new(), Vec::new());
    for piece in pieces {
        match stream.push(Bytes::copy_from_slice(piece)) {
            Ok(relay) => {
                forward.extend_from_slice(&relay.forward);
                held.extend(relay.held.into_iter().flatten());
            }
            Err(error) => forward.extend_from_slice(error.before()),
        }
        assert!(stream.pending() <= MAX_EVENT);
    }
    let how = match stream.end() {
        Ok(end) => {
            held.extend_from_slice(&end.held);
            format!("{:?}", end.how)
        }
        Err(error) => error.to_string(),
    };
    let facts = (stream.usage(), stream.finish_reason(), stream.text_bytes(), stream.events());
    (forward, held, format!("{how} {facts:?}"))
}
