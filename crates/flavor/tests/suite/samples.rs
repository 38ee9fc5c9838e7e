//! The wire samples.

use std::{fs, path::PathBuf};

use bytes::Bytes;
use serde::Deserialize;
use weighbridge_flavor::openai::{
    ChatStream, Ended, ReplyScan, StreamOptions, peek_chat, read_failure,
};

use super::generate::BOUNDS;

fn sample(name: &str) -> Bytes {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../../fixtures/openai").join(name);
    Bytes::from(fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

#[derive(Deserialize)]
struct Sample {
    wire: Vec<String>,
    expect: Expect,
}

#[derive(Deserialize)]
struct Expect {
    dropped: Vec<usize>,
    ended: String,
    failure: Option<(String, String, String)>,
    finish_reason: Option<String>,
    text_bytes: u64,
    usage: Option<(u64, u64)>,
    model: String,
}

#[test]
fn streams_are_followed() {
    let names = [
        "chat_stream.json",
        "chat_stream_tools.json",
        "chat_stream_no_done.json",
        "chat_stream_cut.json",
        "chat_stream_failure.json",
    ];
    for name in names {
        let sample: Sample = serde_json::from_slice(&sample(name)).unwrap();
        for event_by_event in [true, false] {
            follow(name, &sample, event_by_event);
        }
    }
}

fn follow(name: &str, sample: &Sample, event_by_event: bool) {
    let mut stream = ChatStream::new(StreamOptions { strip_usage: true, max_event: 1 << 16 });
    let pieces = if event_by_event { sample.wire.clone() } else { vec![sample.wire.concat()] };
    let mut given = Vec::new();
    for piece in pieces {
        let relay = stream.push(Bytes::from(piece)).unwrap();
        given.extend_from_slice(&relay.forward);
        given.extend(relay.held.into_iter().flatten());
    }
    let end = stream.end().unwrap();
    given.extend_from_slice(&end.held);

    let expect = &sample.expect;
    let kept = |(at, _): &(usize, &String)| !expect.dropped.contains(at);
    let kept = sample.wire.iter().enumerate().filter(kept);
    let expected: String = kept.map(|(_, event)| event.as_str()).collect();
    assert_eq!(String::from_utf8(given).unwrap(), expected, "{name}");
    let how = match end.how {
        Ended::Done => "done",
        Ended::FinishedWithoutDone => "finished_without_done",
        Ended::Cut => "cut",
    };
    assert_eq!(how, expect.ended, "{name}");
    assert_eq!(stream.finish_reason(), expect.finish_reason.as_deref(), "{name}");
    assert_eq!(stream.text_bytes(), expect.text_bytes, "{name}");
    assert_eq!(stream.served_model(), Some(expect.model.as_str()), "{name}");
    let usage = stream.usage().map(|usage| (usage.input_tokens, usage.output_tokens));
    assert_eq!(usage, expect.usage, "{name}");
    let failure = stream.failure().map(|failure| {
        let word = |word: &Option<String>| word.clone().unwrap_or_default();
        (failure.message.clone(), word(&failure.kind), word(&failure.code))
    });
    assert_eq!(failure, expect.failure, "{name}");
}

#[test]
fn a_plain_request_gets_one_member_more() {
    let body = sample("chat_request.json");
    let peek = peek_chat(&body, BOUNDS).unwrap();
    assert_eq!(peek.model, "qwen3:8b");
    assert_eq!((peek.stream, peek.asks_usage), (true, false));
    assert_eq!((peek.max_output, peek.end_user.as_deref()), (Some(512), Some("driver-7")));
    let asked = String::from_utf8(peek.outgoing(&body, None).to_vec()).unwrap();
    let (first, rest) = asked.split_at(1);
    let rest = rest.strip_prefix(r#""stream_options":{"include_usage":true},"#).unwrap();
    assert_eq!(format!("{first}{rest}").as_bytes(), body);
}

#[test]
fn odd_spelling_stays() {
    let body = sample("chat_request_odd.json");
    let peek = peek_chat(&body, BOUNDS).unwrap();
    assert_eq!(peek.model, "qwen3:8b");
    let asked = String::from_utf8(peek.outgoing(&body, None).to_vec()).unwrap();
    let back = asked.replace(r#""include_usage":true"#, r#""include_usage":false"#);
    assert_ne!(asked, back);
    assert_eq!(back.as_bytes(), body);
}

#[test]
fn a_reply_is_metered() {
    let mut scan = ReplyScan::new(BOUNDS);
    for piece in sample("chat_reply.json").chunks(7) {
        scan.push(piece).unwrap();
    }
    let facts = scan.finish().unwrap();
    let usage = facts.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens), (91, 14));
    assert_eq!(usage.cache_read_tokens, Some(64));
    assert_eq!(facts.finish_reason.as_deref(), Some("stop"));
    assert_eq!(facts.model.as_deref(), Some("qwen3:8b-q4"));
    assert_eq!(facts.text_bytes, 37);
    assert_eq!(facts.error, None);
}

#[test]
fn an_error_is_read() {
    let failure = read_failure(&sample("chat_error.json")).unwrap();
    assert_eq!(failure.message, "The model `qwen9` does not exist");
    assert_eq!(failure.code.as_deref(), Some("model_not_found"));
}
