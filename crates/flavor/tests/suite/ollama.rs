//! Ollama's calls, both ways through the canonical form.

mod conversation;

use std::{fs, path::PathBuf};

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};
use serde::Deserialize;
use serde_json::Value;
use weighbridge_flavor::canon::{
    Block, Event, Face, Fault, Format, Losses, Request, Stop, Target, ToolNames,
};
use weighbridge_flavor::lines::{LineReader, LineTooLong};
use weighbridge_flavor::ollama::{
    Mode, StreamReader, StreamWriter, read_reply, read_request, write_reply, write_request,
};

use self::conversation::request;
use super::generate::{cut, cuts, damaged};

const MAX: usize = 1 << 16;

fn sample(name: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../../fixtures/ollama").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn face() -> Face {
    Face {
        names: ToolNames::default(),
        id: "x7".to_owned(),
        model: "qwen3:8b".to_owned(),
        created: 1_760_000_000,
        wants_usage: false,
    }
}

fn written(mode: Mode, request: &Request<'_>, losses: &mut Losses) -> String {
    let target = Target::usual(request.model.to_string(), 4096);
    String::from_utf8(write_request(mode, request, &target, losses)).unwrap()
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

#[test]
fn a_request_comes_back_as_it_was() {
    for (mode, name) in
        [(Mode::Chat, "chat_request.json"), (Mode::Generate, "generate_request.json")]
    {
        let (body, mut losses) = (sample(name), Losses::default());
        let request = read_request(mode, &body, &mut losses).unwrap();
        let back = written(mode, &request, &mut losses);
        assert_eq!(losses.to_string(), "", "{name}");
        assert_eq!(value(&back), value(&body), "{name}");
    }
}

#[test]
fn what_is_opaque_keeps_its_spelling() {
    let (body, mut losses) = (sample("chat_request.json"), Losses::default());
    let request = read_request(Mode::Chat, &body, &mut losses).unwrap();
    let back = written(Mode::Chat, &request, &mut losses);
    for spelled in [
        r#"{ "lorry": 7, "exact": 12345678901234567890.10 }"#,
        r#"{ "type": "object", "properties": { "lorry": { "type": "integer" } }, "required": ["lorry"] }"#,
        r#"{ "type": "number", "maximum": 1e2 }"#,
        r#""temperature":0.70"#,
    ] {
        assert!(back.contains(spelled), "{spelled} in {back}");
    }
}

#[test]
fn what_stock_clients_send_is_named_and_never_refused() {
    let (body, mut losses) = (sample("chat_request_stock.json"), Losses::default());
    let request = read_request(Mode::Chat, &body, &mut losses).unwrap();
    let named: Vec<_> = losses.named().iter().map(|loss| loss.field.as_ref()).collect();
    let expected = [
        "messages[].name",
        "options.num_ctx",
        "options.mirostat",
        "options.min_p",
        "logprobs",
        "keep_alive",
        "truncate",
        "hurry",
    ];
    assert_eq!(named, expected);
    assert_eq!(losses.refusals(false).count(), 0);
    assert!(request.stream, "a reply is a stream unless the request says otherwise");
    assert_eq!((request.format.clone(), request.max_output), (Format::Text, None));
    assert_eq!((request.sampling.top_k, request.sampling.seed), (Some(40), None));
    let ids = request.turns.iter().flat_map(|turn| &turn.blocks).filter_map(|block| match block {
        Block::ToolCall(call) => Some((call.name.as_ref(), call.id.as_ref())),
        Block::ToolResult(result) => Some(("result", result.call.as_ref())),
        _ => None,
    });
    let tied =
        [("weigh", "call_0"), ("gate", "call_1"), ("result", "call_1"), ("result", "call_0")];
    assert_eq!(ids.collect::<Vec<_>>(), tied, "results find their calls by name, then by order");
}

#[test]
fn what_changes_the_meaning_of_a_prompt_is_refused() {
    let refused = |members: &str| {
        let (body, mut losses) = (format!(r#"{{"model":"m",{members}}}"#), Losses::default());
        read_request(Mode::Generate, &body, &mut losses).unwrap();
        losses.to_string()
    };
    let plain = r#""prompt":"a","suffix":"","template":"","system":"","raw":false,"context":[]"#;
    assert_eq!(refused(plain), "");
    assert_eq!(refused(r#""prompt":"a","suffix":"b""#), "suffix;refused");
    let others = r#""template":"{{ .Prompt }}","raw":true,"context":[1]"#;
    assert_eq!(refused(others), "template;refused, raw;refused, context;refused");
}

#[test]
fn what_does_not_fit_is_named_where_it_stands() {
    let misfit = |body: &str| {
        read_request(Mode::Chat, body, &mut Losses::default()).unwrap_err().to_string()
    };
    assert!(misfit("{}").starts_with("model: is missing"));
    assert!(
        misfit(
            r#"{"model":"m","messages":[{"role":"user","images":["data:image/png;base64,iV"]}]}"#
        )
        .starts_with("messages[0].images[0]: should be base64, without a prefix")
    );
    assert_eq!(
        misfit(
            r#"{"model":"m","messages":[{"role":"assistant","tool_calls":[{"function":{"name":"a","arguments":"{}"}}]}]}"#
        ),
        "messages[0].tool_calls[0].function.arguments: should be an object"
    );
    assert_eq!(
        misfit(r#"{"model":"m","options":{"top_k":1.5}}"#),
        "options.top_k: should be a whole number"
    );
    assert!(misfit(r#"{"model":"m","think":"hard"}"#).starts_with("think: should be true"));
    assert!(misfit(r#"{"model":"m","format":"xml"}"#).starts_with("format: should be"));
}

#[derive(Deserialize)]
struct Sample {
    wire: Vec<String>,
    expect: Expect,
}

#[derive(Deserialize)]
struct Expect {
    finished: bool,
    failure: Option<String>,
    #[serde(flatten)]
    said: Said,
}

/// What a stream comes to.
#[derive(Deserialize, Debug, Default, PartialEq, Eq)]
struct Said {
    thinking: String,
    text: String,
    calls: Vec<(String, String, String)>,
    stop: Option<String>,
    usage: Option<(u64, u64)>,
}

impl Said {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Reasoning { piece, .. } => self.thinking.push_str(piece),
            Event::Text { piece, .. } => self.text.push_str(piece),
            Event::CallStart { id, name, .. } => {
                self.calls.push((id.to_string(), name.to_string(), String::new()));
            }
            Event::CallArguments { call, piece, .. } => {
                self.calls[usize::try_from(*call).unwrap()].2.push_str(piece);
            }
            Event::Stop { stop, .. } => self.stop = Some(format!("{stop:?}")),
            Event::Usage(usage) => self.usage = Some((usage.input, usage.output)),
            _ => {}
        }
    }
}

/// What became of reading a stream.
#[derive(Debug, Default, PartialEq, Eq)]
struct Read {
    events: Vec<String>,
    said: Said,
    written: Vec<u8>,
    finished: bool,
    fault: Option<Fault>,
}

/// Reads a stream in pieces, and writes it again on the way.
fn read_stream(mode: Mode, pieces: &[&[u8]]) -> Read {
    let (mut lines, mut reader) = (LineReader::new(MAX), StreamReader::new(mode));
    let (mut writer, mut read) = (StreamWriter::new(mode, face()), Read::default());
    let mut whole = Vec::new();
    for piece in pieces {
        lines.push(Bytes::copy_from_slice(piece));
        while let Some(line) = lines.next_line().unwrap() {
            whole.push(line);
        }
    }
    whole.extend(lines.finish().unwrap());
    for line in whole {
        let Read { events, said, written, .. } = &mut read;
        let mut give = |event: Event<'_>| {
            events.push(format!("{event:?}"));
            said.take(&event);
            writer.write(&event, written);
        };
        if let Err(fault) = reader.read(&line, &mut give) {
            read.fault = Some(fault);
            break;
        }
    }
    read.finished = reader.is_finished();
    if read.finished {
        writer.end(&mut read.written);
        writer.end(&mut read.written);
    }
    read
}

#[test]
fn streams_are_read_however_they_are_cut_and_come_back() {
    let names = [
        (Mode::Chat, "chat_stream.json"),
        (Mode::Chat, "chat_stream_tools.json"),
        (Mode::Chat, "chat_stream_crlf.json"),
        (Mode::Chat, "chat_stream_cut.json"),
        (Mode::Chat, "chat_stream_unfinished.json"),
        (Mode::Chat, "chat_stream_failure.json"),
        (Mode::Generate, "generate_stream.json"),
    ];
    for (mode, name) in names {
        let Sample { wire, expect } = serde_json::from_str(&sample(name)).unwrap();
        let wire = wire.concat().into_bytes();
        let read = read_stream(mode, &[&wire]);
        assert_eq!(read.said, expect.said, "{name}");
        assert_eq!(read.finished, expect.finished, "{name}");
        let fault = read.fault.as_ref().map(|fault| match fault {
            Fault::Failed(words) => words.as_str(),
            Fault::Garbage(_) => "garbage",
        });
        assert_eq!(fault, expect.failure.as_deref(), "{name}");
        for at in 0..=wire.len() {
            let (before, after) = wire.split_at(at);
            assert_eq!(read_stream(mode, &[before, after]), read, "{name} cut at {at}");
        }
        let again = read_stream(mode, &[&read.written]);
        assert_eq!(again.said, expect.said, "{name} written again");
        assert_eq!((again.finished, again.fault), (expect.finished, None), "{name} written again");
        assert_eq!(again.written, read.written, "{name} written twice");
    }
}

#[test]
fn a_line_that_is_done_is_the_last_and_is_written_only_by_the_end() {
    let Sample { wire, .. } = serde_json::from_str(&sample("chat_stream.json")).unwrap();
    let text = String::from_utf8(read_stream(Mode::Chat, &[wire.concat().as_bytes()]).written);
    let text = text.unwrap();
    let done: Vec<_> = text.lines().map(|line| value(line)["done"] == true).collect();
    assert_eq!(done.iter().filter(|done| **done).count(), 1);
    assert_eq!(done.last(), Some(&true));
    let last = r#"{"model":"qwen3:8b","created_at":"2025-10-09T08:53:20Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":20,"eval_count":9}"#;
    assert_eq!(text.lines().last(), Some(last));
}

#[test]
fn replies_come_back() {
    for (mode, name) in [(Mode::Chat, "chat_reply.json"), (Mode::Generate, "generate_reply.json")] {
        let body = sample(name);
        let reply = read_reply(mode, &body).unwrap();
        assert_eq!(reply.created, Some(1_760_000_000), "{name}");
        let back = String::from_utf8(write_reply(mode, &reply, &face())).unwrap();
        let mut again = read_reply(mode, &back).unwrap();
        // Likelihoods are completed on the way in.
        assert_eq!(again, reply, "{name}");
        assert_eq!(again.choices.remove(0).blocks.len(), if mode == Mode::Chat { 3 } else { 2 });
    }
}

#[test]
fn a_reply_that_is_not_done_is_none() {
    let says = |body: &str| read_reply(Mode::Chat, body).unwrap_err().to_string();
    assert_eq!(says(r#"{"error":"no"}"#), "error: stands in the place of a reply");
    let open = r#"{"model":"m","message":{"role":"assistant","content":"a"},"done":false}"#;
    assert_eq!(says(open), "done: should be true of a whole reply");
}

#[test]
fn half_of_a_call_does_not_look_like_one() {
    let mut out = Vec::new();
    let mut writer = StreamWriter::new(Mode::Chat, face());
    for (call, piece) in [(0, "{\"a\":\n1}"), (1, "{\"a\":")] {
        let (id, name) = (format!("call_{call}").into(), "weigh".into());
        writer.write(&Event::CallStart { choice: 0, call, id, name, signature: None }, &mut out);
        writer.write(&Event::CallArguments { choice: 0, call, piece: piece.into() }, &mut out);
    }
    assert!(out.is_empty(), "a call goes out as a whole");
    writer.write(&Event::Stop { choice: 0, stop: Stop::Length }, &mut out);
    writer.end(&mut out);
    let read = read_stream(Mode::Chat, &[&out]);
    let whole = ("call_0".to_owned(), "weigh".to_owned(), "{\"a\": 1}".to_owned());
    assert_eq!((read.said.calls, read.said.stop.as_deref()), (vec![whole], Some("Length")));
}

#[test]
fn calls_beyond_what_is_held_end_the_stream_in_an_error_and_only_in_that() {
    let (mut out, piece) = (Vec::new(), "x".repeat(1 << 20));
    let mut writer = StreamWriter::new(Mode::Chat, face());
    let (id, name) = ("a".into(), "b".into());
    writer.write(&Event::CallStart { choice: 0, call: 0, id, name, signature: None }, &mut out);
    for _ in 0..20 {
        let piece = piece.as_str().into();
        writer.write(&Event::CallArguments { choice: 0, call: 0, piece }, &mut out);
    }
    writer.write(&Event::Stop { choice: 0, stop: Stop::ToolCalls }, &mut out);
    writer.end(&mut out);
    assert!(writer.has_failed());
    let read = read_stream(Mode::Chat, &[&out]);
    assert!(matches!(read.fault, Some(Fault::Failed(_))) && read.events.is_empty());
}

fn lines(bytes: &[u8], at: &[u16], max: usize) -> (Vec<Bytes>, Option<LineTooLong>) {
    let (mut reader, mut lines) = (LineReader::new(max), Vec::new());
    for piece in cut(bytes, at) {
        reader.push(Bytes::copy_from_slice(piece));
        loop {
            match reader.next_line() {
                Ok(Some(line)) => lines.push(line),
                Ok(None) => break,
                Err(error) => return (lines, Some(error)),
            }
        }
    }
    match reader.finish() {
        Ok(last) => (lines.into_iter().chain(last).collect(), None),
        Err(error) => (lines, Some(error)),
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(request in request()) {
        let mut losses = Losses::default();
        let body = written(Mode::Chat, &request, &mut losses);
        let read = read_request(Mode::Chat, &body, &mut losses).unwrap();
        prop_assert_eq!(losses.to_string(), "");
        prop_assert_eq!(read, request);
    }

    #[test]
    fn a_damaged_request_is_read_or_named(
        body in damaged(Just(sample("chat_request.json").into_bytes())), generate in any::<bool>(),
    ) {
        let mode = if generate { Mode::Generate } else { Mode::Chat };
        let body = String::from_utf8_lossy(&body);
        if let Ok(request) = read_request(mode, &body, &mut Losses::default()) {
            let mut losses = Losses::default();
            let once = written(mode, &request, &mut losses);
            let read = read_request(mode, &once, &mut losses).unwrap();
            let twice = written(mode, &read, &mut losses);
            prop_assert_eq!(once, twice);
        }
    }

    #[test]
    fn a_damaged_stream_ends_at_most_once(
        bytes in damaged(prop::sample::select(vec!["chat_stream.json", "chat_stream_tools.json"])
            .prop_map(|name| {
                let Sample { wire, .. } = serde_json::from_str(&sample(name)).unwrap();
                wire.concat().into_bytes()
            })),
        at in cuts(),
    ) {
        let read = read_stream(Mode::Chat, &cut(&bytes, &at));
        let stops = read.events.iter().filter(|event| event.starts_with("Stop")).count();
        prop_assert_eq!(stops, usize::from(read.finished));
        prop_assert!(!(read.finished && read.fault.is_some()));
        prop_assert_eq!(read, read_stream(Mode::Chat, &[&bytes]));
    }

    #[test]
    fn cutting_changes_no_line(bytes in vec(prop::sample::select(b"ab\r\n\n".to_vec()), 0..200), at in cuts()) {
        prop_assert_eq!(lines(&bytes, &at, 8), lines(&bytes, &[], 8));
        let text = String::from_utf8(bytes).unwrap();
        let (read, _) = lines(text.as_bytes(), &at, 1000);
        let plain = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let mut plain: Vec<_> = plain.collect();
        // What follows the last line's end is a line only where there is something.
        plain.pop_if(|last| last.is_empty());
        prop_assert_eq!(read, plain);
    }
}
