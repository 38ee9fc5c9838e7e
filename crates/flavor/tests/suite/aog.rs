//! AOG's services, both ways through the canonical form.

mod property;

use std::{fs, path::PathBuf};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use weighbridge_flavor::aog::{
    Mode, StreamReader, StreamWriter, read_reply, read_request, write_reply, write_request,
};
use weighbridge_flavor::canon::{
    Block, Event, Face, Losses, Request, Stop, Target, Thinking, ToolNames, Usage,
};
use weighbridge_flavor::convert::{self, Asked};
use weighbridge_flavor::course::{Close, Course, Way};
use weighbridge_flavor::dialect::{Dialect, Path};
use weighbridge_flavor::sse::EventReader;

const MAX: usize = 1 << 16;

fn sample(name: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../../fixtures/aog").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn face() -> Face {
    Face {
        names: ToolNames::default(),
        id: "k7".to_owned(),
        model: "qwen3:8b-q4".to_owned(),
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
    for (mode, name) in [
        (Mode::Chat, "request.json"),
        (Mode::Chat, "request_tools.json"),
        (Mode::Generate, "generate_request.json"),
    ] {
        let (body, mut losses) = (sample(name), Losses::default());
        let request = read_request(mode, &body, &mut losses).unwrap();
        let back = written(mode, &request, &mut losses);
        assert_eq!(losses.to_string(), "", "{name}");
        assert_eq!(value(&back), value(&body), "{name}");
    }
}

#[test]
fn what_is_opaque_keeps_its_spelling() {
    let (body, mut losses) = (sample("request_tools.json"), Losses::default());
    let request = read_request(Mode::Chat, &body, &mut losses).unwrap();
    let back = written(Mode::Chat, &request, &mut losses);
    for spelled in [
        r#"{\"lorry\": 7, \"exact\": 12345678901234567890.10}"#,
        r#"{ "type": "object", "properties": { "lorry": { "type": "integer" } }, "required": ["lorry"] }"#,
        r#"{ "type": "number", "maximum": 1e2 }"#,
    ] {
        assert!(back.contains(spelled), "{spelled} in {back}");
    }
}

#[test]
fn what_aogs_clients_send_is_named_and_never_refused() {
    let (body, mut losses) = (sample("request_stock.json"), Losses::default());
    let request = read_request(Mode::Chat, &body, &mut losses).unwrap();
    let named: Vec<_> = losses.named().iter().map(|loss| loss.field.as_ref()).collect();
    assert_eq!(named, ["messages[].content[].text.annotations", "keep_alive", "options"]);
    assert_eq!(losses.refusals(false).count(), 0);
    assert_eq!(request.system, ["You weigh lorries."]);
    assert_eq!(request.thinking, Some(Thinking::Effort(None)));
    assert_eq!(request.show_thinking, Some(true));
    let kind = |block: &Block<'_>| match block {
        Block::Text(text) => text.to_string(),
        Block::Image(media) => media.mime.as_deref().unwrap_or_default().to_owned(),
        Block::Reasoning(thought) => format!("({})", thought.text),
        Block::ToolCall(call) => format!("{} {} {}", call.id, call.name, call.arguments),
        Block::ToolResult(result) => format!("{} of {:?}", result.call, result.name),
        other => format!("{other:?}"),
    };
    let said: Vec<_> = request.turns.iter().flat_map(|turn| &turn.blocks).map(kind).collect();
    let expected = [
        "What is this?",
        "image/png",
        "(It has wheels.)",
        r#"call_BEGx search { "query": "lorries" }"#,
        r#"call_BEGx of Some("search")"#,
        "image/jpeg",
        "And this?",
    ];
    assert_eq!(said, expected);
}

#[test]
fn what_aog_lacks_is_spelled_as_in_chat_completions() {
    // Nothing of it is AOG's own, and OpenAI's flavor takes all of it.
    let body = sample("request_tools.json");
    let asked = Asked::read(Dialect::AogChat, &body, Path::default()).unwrap();
    let made = asked.write(Dialect::Chat, &Target::usual("qwen3:8b", 4096));
    assert_eq!(made.losses.to_string(), "");
    let (mut made, mut body) = (value(&String::from_utf8(made.body).unwrap()), value(&body));
    assert_eq!(made["max_completion_tokens"].take(), body["max_tokens"].take());
    assert_eq!(made["stream_options"].take(), json!({"include_usage": true}));
    for (name, own) in body.as_object().unwrap() {
        assert_eq!(&made[name], own, "{name}");
    }
}

#[test]
fn thoughts_are_not_sent_to_a_server_that_does_not_take_them_back() {
    let body = sample("request_tools.json");
    let asked = Asked::read(Dialect::AogChat, &body, Path::default()).unwrap();
    let target = Target { thoughts: false, ..Target::usual("m", 4096) };
    let made = asked.write(Dialect::AogChat, &target);
    assert!(!String::from_utf8(made.body).unwrap().contains("reasoning_content"));
    assert_eq!(made.losses.to_string(), "messages[].reasoning;dropped");
}

#[derive(Deserialize)]
struct Sample {
    wire: Vec<String>,
    expect: Expect,
}

#[derive(Deserialize, Debug, PartialEq, Eq)]
struct Expect {
    events: Vec<String>,
    finished: bool,
    over: bool,
    failure: Option<String>,
}

const STREAMS: [(Mode, &str); 7] = [
    (Mode::Chat, "stream.json"),
    (Mode::Chat, "stream_tools.json"),
    (Mode::Chat, "stream_engine.json"),
    (Mode::Chat, "stream_unfinished.json"),
    (Mode::Chat, "stream_cut.json"),
    (Mode::Chat, "stream_failure.json"),
    (Mode::Generate, "generate_stream.json"),
];

/// An event as the samples have it.
fn said(event: &Event<'_>) -> String {
    match event {
        Event::Start { id, model } => {
            let word = |text: &Option<_>| text.as_deref().unwrap_or("-").to_owned();
            format!("start {} {}", word(id), word(model))
        }
        Event::Text { piece, .. } => format!("text {piece}"),
        Event::Reasoning { piece, .. } => format!("reasoning {piece}"),
        Event::CallStart { call, id, name, .. } => format!("call {call} {id} {name}"),
        Event::CallArguments { call, piece, .. } => format!("arguments {call} {piece}"),
        Event::Stop { stop, .. } => format!("stop {stop:?}"),
        Event::Usage(usage) => format!("usage {} {}", usage.input, usage.output),
        Event::Ping => "ping".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Reads a stream in pieces, and writes it again on the way.
fn read_stream(mode: Mode, pieces: &[&[u8]]) -> (Expect, Vec<u8>) {
    let (mut cutter, mut reader) = (EventReader::new(MAX), StreamReader::new(mode));
    let (mut writer, mut out) = (StreamWriter::new(mode, face()), Vec::new());
    let (mut events, mut failure) = (Vec::new(), None);
    let mut next = |event: &_| {
        let read = reader.read(event, &mut |event| {
            events.push(said(&event));
            writer.write(&event, &mut out);
        });
        if let Err(fault) = read {
            let words = fault.to_string();
            let garbage = words.contains("cannot be read");
            failure = Some(if garbage { "garbage".to_owned() } else { words });
        }
    };
    for piece in pieces {
        cutter.push(Bytes::copy_from_slice(piece));
        while let Some(event) = cutter.next_event().unwrap() {
            next(&event);
        }
    }
    if let Some(event) = cutter.finish() {
        next(&event);
    }
    if reader.is_finished() && failure.is_none() {
        writer.end(&mut out);
        writer.end(&mut out);
    }
    let (finished, over) = (reader.is_finished(), reader.is_over());
    (Expect { events, finished, over, failure }, out)
}

#[test]
fn streams_are_read_however_they_are_cut_and_come_back() {
    for (mode, name) in STREAMS {
        let Sample { wire, expect } = serde_json::from_str(&sample(name)).unwrap();
        let wire = wire.concat().into_bytes();
        let (read, out) = read_stream(mode, &[&wire]);
        assert_eq!(read, expect, "{name}");
        for at in 0..=wire.len() {
            let (before, after) = wire.split_at(at);
            let (cut, cut_out) = read_stream(mode, &[before, after]);
            assert_eq!((&cut, &cut_out), (&expect, &out), "{name} cut at {at}");
        }
        // Beside its names, all that was said is said again.
        let kept = |it: &&String| !it.starts_with("start") && *it != "ping";
        let (again, _) = read_stream(mode, &[&out]);
        let before: Vec<_> = expect.events.iter().filter(kept).collect();
        assert_eq!(again.events.iter().filter(kept).collect::<Vec<_>>(), before, "{name}");
        assert_eq!((again.finished, again.over), (expect.finished, expect.finished), "{name}");
        assert_eq!(again.failure, None);
    }
}

#[test]
fn the_event_that_is_finished_is_the_last_and_is_written_only_by_the_end() {
    for (mode, name) in STREAMS {
        let Sample { wire, expect } = serde_json::from_str(&sample(name)).unwrap();
        let (_, out) = read_stream(mode, &[wire.concat().as_bytes()]);
        let out = String::from_utf8(out).unwrap();
        // AOG's clients read each line that is not blank as JSON, with or without the field's name.
        let lines = out.lines().filter(|line| !line.is_empty());
        let replies: Vec<_> =
            lines.map(|line| value(line.strip_prefix("data:").unwrap())).collect();
        let finished = replies.iter().filter(|reply| reply["finished"] == true).count();
        assert_eq!(finished, usize::from(expect.finished), "{name}");
        assert_eq!(replies.last().unwrap()["finished"] == true, expect.finished, "{name}");
        assert!(replies.iter().all(|reply| reply["id"] == "k7"), "one name for all of it");
    }
    let Sample { wire, .. } = serde_json::from_str(&sample("stream_tools.json")).unwrap();
    let (_, out) = read_stream(Mode::Chat, &[wire.concat().as_bytes()]);
    let last = r#"data: {"id":"k7","model":"qwen3:8b-q4","created_at":"2025-10-09T08:53:20Z","message":{"role":"assistant","content":""},"finished":true,"finish_reason":"function_call","usage":{"prompt_tokens":20,"completion_tokens":31,"total_tokens":51}}"#;
    assert_eq!(String::from_utf8(out).unwrap().trim_end().lines().last(), Some(last));
}

fn course(name: &str, to: Option<Dialect>) -> (Course, Vec<String>) {
    let Sample { wire, .. } = serde_json::from_str(&sample(name)).unwrap();
    let to = to.map(|to| (to, face()));
    (Course::new(Way { from: Dialect::AogChat, to, strip_usage: false, max_event: MAX }), wire)
}

#[test]
fn a_reason_without_a_last_event_ends_a_stream_with_its_body() {
    for (to, end) in [
        (None, ""),
        (Some(Dialect::AogChat), r#""finished":true,"finish_reason":"length"}"#),
        (Some(Dialect::Chat), "data: [DONE]\n\n"),
    ] {
        let (mut course, wire) = course("stream_unfinished.json", to);
        assert!(course.push(wire.concat().into()).unwrap().held.is_none());
        let Close::Finished { held, .. } = course.close().unwrap() else { panic!("{to:?}") };
        assert!(String::from_utf8_lossy(&held).trim_end().ends_with(end.trim_end()), "{to:?}");
    }
}

#[test]
fn nothing_goes_on_behind_the_last_event() {
    for behind in [": note\n\n", "data: [DONE]\n\n", "data: {\"business_code\":500}\n\n", "data: x"]
    {
        let (mut course, wire) = course("stream.json", None);
        let relay = course.push((wire.concat() + behind).into()).unwrap();
        let given = [&relay.forward[..], &relay.held.unwrap()].concat();
        assert_eq!(String::from_utf8(given).unwrap(), wire.concat());
        assert_eq!(course.close().unwrap(), Close::Before);
    }
}

#[test]
fn another_end_mark_ends_only_what_has_a_reason() {
    let ended = |name| {
        let (mut course, wire) = course(name, Some(Dialect::AogChat));
        let relay = course.push((wire.concat() + "data: [DONE]\n\n").into());
        relay.map(|relay| String::from_utf8(relay.held.unwrap().to_vec()).unwrap())
    };
    assert!(ended("stream_unfinished.json").unwrap().contains(r#""finished":true"#));
    let Sample { mut wire, .. } = serde_json::from_str(&sample("stream_unfinished.json")).unwrap();
    wire.truncate(1);
    let (mut course, _) = course("stream_unfinished.json", Some(Dialect::AogChat));
    assert!(course.push((wire.concat() + "data: [DONE]\n\n").into()).is_err());
}

#[test]
fn an_end_without_a_reason_is_no_proper_one() {
    let wire = br#"data: {"message":{"content":"a"},"finished":true}"#;
    let (read, out) = read_stream(Mode::Chat, &[wire, b"\n\n"]);
    assert_eq!(read.events, ["start - -", "text a", r#"stop Other("")"#]);
    assert!(String::from_utf8(out).unwrap().contains(r#""finish_reason":"error""#));
}

#[test]
fn replies_come_back() {
    for (mode, name) in [
        (Mode::Chat, "reply.json"),
        (Mode::Chat, "reply_tools.json"),
        (Mode::Generate, "generate_reply.json"),
    ] {
        let body = sample(name);
        let reply = read_reply(mode, &body).unwrap();
        let id = reply.id.as_deref().unwrap().to_owned();
        let model = reply.model.as_deref().unwrap().to_owned();
        let face = Face { id, model, created: reply.created.unwrap(), ..face() };
        let back = String::from_utf8(write_reply(mode, &reply, &face)).unwrap();
        assert_eq!(read_reply(mode, &back).unwrap(), reply, "{name}");
        let (mut back, mut body) = (value(&back), value(&body));
        // The time loses its fraction, and calls are spelled as the specification has them.
        back["created_at"].take();
        body["created_at"].take();
        if name == "reply_tools.json" {
            let gate = json!({"name": "gate", "arguments": "{ \"open\": true }"});
            body["message"]["tool_calls"][1] =
                json!({"id": "call_1", "type": "function", "function": gate});
        }
        assert_eq!(back, body, "{name}");
    }
}

#[test]
fn a_reply_for_a_callers_prompt_has_all_that_was_said() {
    let made = convert::reply(
        Dialect::AogChat,
        Dialect::AogGenerate,
        &sample("reply_tools.json"),
        &face(),
    );
    let made = value(&String::from_utf8(made.unwrap().body).unwrap());
    assert_eq!(made["response"], "Two lorries.");
    assert_eq!(made["reasoning_content"], "Count them.");
    assert_eq!(made["tool_calls"][1]["id"], "call_k7_1");
    assert_eq!(made["finish_reason"], "function_call");
}

#[test]
fn what_an_engine_says_in_its_own_words_is_read() {
    let body = r#"{"id":"1","model":"m","created_at":1760000000,"text":"a","thinking":"b","finished":true,"finish_reason":"stop"}"#;
    let reply = read_reply(Mode::Generate, body).unwrap();
    assert_eq!(reply.created, Some(1_760_000_000));
    assert_eq!(reply.choices[0].stop, Stop::End);
    assert_eq!(reply.choices[0].blocks.len(), 2);
}

#[test]
fn what_is_no_whole_reply_is_none() {
    let says = |mode, body: &str| read_reply(mode, body).unwrap_err().to_string();
    let error = r#"{"business_code":30003,"message":"model not exist"}"#;
    assert_eq!(says(Mode::Chat, error), "business_code: stands in the place of a reply");
    assert_eq!(says(Mode::Generate, error), "business_code: stands in the place of a reply");
    assert_eq!(says(Mode::Chat, r#"{"error":"no"}"#), "error: stands in the place of a reply");
    assert_eq!(says(Mode::Chat, r#"{"finished":true}"#), "message: is missing");
    assert!(says(Mode::Generate, r#"{"finished":true}"#).starts_with("response: is missing"));
    let open = r#"{"message":{"role":"assistant","content":"a"},"finished":false}"#;
    assert_eq!(says(Mode::Chat, open), "finished: should be true of a whole reply");
    assert!(convert::weigh(Dialect::AogChat, error).is_err());
}

#[test]
fn a_streams_usage_is_told_to_everyone() {
    let mut out = Vec::new();
    let mut writer = StreamWriter::new(Mode::Generate, face());
    writer.write(&Event::Usage(Usage { input: 3, output: 2, ..Usage::default() }), &mut out);
    writer.write(&Event::Stop { choice: 0, stop: Stop::End }, &mut out);
    assert!(out.is_empty());
    writer.end(&mut out);
    assert!(String::from_utf8(out).unwrap().contains(r#""usage":{"prompt_tokens":3"#));
}
