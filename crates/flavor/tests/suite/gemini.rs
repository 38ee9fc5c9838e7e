//! Gemini: the wire samples, what comes back after a way there and back, and hostile input.

use std::{fs, path::PathBuf};

use bytes::Bytes;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use weighbridge_flavor::{
    canon::{Event, Face, Fault, Losses, Reply, Request, Target, ToolNames, Usage},
    gemini::{
        Listing, StreamReader, StreamWriter, read_reply, read_request, write_reply, write_request,
    },
    sse::EventReader,
};

use super::gemini_requests::request;
use super::generate::{cut, cuts, damaged};

const MAX_EVENT: usize = 1 << 20;

fn sample(name: &str) -> Vec<u8> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../../fixtures/gemini").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[derive(Deserialize)]
struct RequestSample {
    model: String,
    losses: String,
    body: Box<RawValue>,
}

fn target(model: &str) -> Target {
    Target::usual(model.to_owned(), 4096)
}

fn written(request: &Request<'_>, model: &str) -> (String, Losses) {
    let mut losses = Losses::default();
    let body = write_request(request, &target(model), &mut losses);
    (String::from_utf8(body).unwrap(), losses)
}

#[test]
fn requests_lose_only_what_is_named() {
    for name in ["request.json", "request_tools.json", "request_snake.json"] {
        let sample: RequestSample = serde_json::from_slice(&sample(name)).unwrap();
        let mut losses = Losses::default();
        let body = sample.body.get();
        let request = read_request(body, &sample.model, true, &mut losses).unwrap();
        assert_eq!(losses.to_string(), sample.losses, "{name}");
        let (back, losses) = written(&request, &sample.model);
        assert!(losses.is_empty(), "{name}: {losses}");
        if sample.losses.is_empty() {
            assert_eq!(value(&back), value(body), "{name}");
        }
        let again = read_request(&back, &sample.model, true, &mut Losses::default()).unwrap();
        assert_eq!(written(&again, &sample.model).0, back, "{name}");
    }
}

#[test]
fn results_without_ids_answer_the_calls_of_their_tools_in_order() {
    let sample: RequestSample = serde_json::from_slice(&sample("request_snake.json")).unwrap();
    let body = sample.body.get();
    let request = read_request(body, &sample.model, false, &mut Losses::default()).unwrap();
    let (back, _) = written(&request, &sample.model);
    let back = value(&back);
    let calls = &back["contents"][1]["parts"];
    let ids = |parts: &Value, key: &str| -> Vec<String> {
        let parts = parts.as_array().unwrap().iter().filter_map(|part| part.get(key));
        parts.map(|it| format!("{} {}", it["id"], it["name"]).replace('"', "")).collect()
    };
    let expected = ["call_0 weigh", "call_1 look", "call_2 weigh"];
    assert_eq!(ids(calls, "functionCall"), expected);
    assert_eq!(calls[0]["thoughtSignature"], "skip_thought_signature_validator");
    assert_eq!(calls[1].get("thoughtSignature"), None);
    let results = &back["contents"][2]["parts"];
    assert_eq!(ids(results, "functionResponse"), expected);
    assert_eq!(results[2]["functionResponse"]["response"]["result"], "9 t");
    let schema = &back["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"];
    assert_eq!(schema["properties"]["lorry"]["type"], value(r#"["integer","null"]"#));
}

#[derive(Deserialize)]
struct ReplySample {
    body: Box<RawValue>,
}

fn face(id: &str, model: &str) -> Face {
    Face {
        names: ToolNames::default(),
        id: id.to_owned(),
        model: model.to_owned(),
        created: 0,
        wants_usage: true,
    }
}

fn written_reply(reply: &Reply<'_>) -> String {
    let text = |text: &Option<std::borrow::Cow<'_, str>>| text.clone().unwrap().into_owned();
    let face = face(&text(&reply.id), &text(&reply.model));
    String::from_utf8(write_reply(reply, &face)).unwrap()
}

#[test]
fn replies_come_back_as_they_were() {
    for name in ["reply.json", "reply_tools.json"] {
        let sample: ReplySample = serde_json::from_slice(&sample(name)).unwrap();
        let reply = read_reply(sample.body.get()).unwrap();
        assert_eq!(value(&written_reply(&reply)), value(sample.body.get()), "{name}");
    }
}

#[test]
fn a_prompt_that_was_held_back_is_an_answer_without_content() {
    let sample: ReplySample = serde_json::from_slice(&sample("reply_blocked.json")).unwrap();
    let reply = read_reply(sample.body.get()).unwrap();
    let candidate = &value(&written_reply(&reply))["candidates"][0];
    assert_eq!(candidate["finishReason"], "PROHIBITED_CONTENT");
    assert_eq!(candidate["content"]["parts"], value("[]"));
}

#[test]
fn half_a_call_is_left_out_of_a_reply() {
    let sample: ReplySample = serde_json::from_slice(&sample("reply_tools.json")).unwrap();
    let body = sample.body.get();
    let mut reply = read_reply(body).unwrap();
    for block in &mut reply.choices[0].blocks {
        if let weighbridge_flavor::canon::Block::ToolCall(call) = block {
            call.arguments = r#"{"lorry":"#.into();
        }
    }
    let candidate = &value(&written_reply(&reply))["candidates"][0];
    assert_eq!(candidate["finishReason"], "MALFORMED_FUNCTION_CALL");
    assert_eq!(candidate["content"]["parts"].as_array().unwrap().len(), 1);
}

#[derive(Deserialize)]
struct StreamSample {
    wire: Vec<String>,
    expect: Expect,
}

#[derive(Deserialize)]
struct Expect {
    events: Vec<String>,
    finished: bool,
    failure: Option<String>,
}

/// What a stream says, its accounts of usage as one at the end.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    /// Each with the answer it belongs to.
    events: Vec<(u32, String)>,
    usage: Option<Usage>,
    finished: bool,
    fault: Option<Fault>,
}

impl Heard {
    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<_> = self.events.iter().map(|(_, line)| line.clone()).collect();
        lines.extend(self.usage.map(|usage| format!("usage {} {}", usage.input, usage.output)));
        lines
    }
}

fn line(event: &Event<'_>) -> (u32, String) {
    match event {
        Event::Start { id, model } => {
            let (id, model) = (id.as_deref(), model.as_deref());
            (0, format!("start {} {}", id.unwrap_or("-"), model.unwrap_or("-")))
        }
        Event::Text { choice, piece } => (*choice, format!("text {piece}")),
        Event::Reasoning { choice, piece } => (*choice, format!("thought {piece}")),
        Event::Signature { choice, signature } => (*choice, format!("signature {signature}")),
        Event::CallStart { choice, call, id, name, signature } => {
            let signed = if signature.is_some() { " signed" } else { "" };
            (*choice, format!("call {call} {id} {name}{signed}"))
        }
        Event::CallArguments { choice, call, piece } => {
            (*choice, format!("arguments {call} {piece}"))
        }
        Event::Stop { choice, stop } => (*choice, format!("stop {stop:?}")),
        other => (0, format!("{other:?}")),
    }
}

fn follow<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    give: &mut dyn FnMut(&Event<'_>),
) -> Heard {
    let (mut events, mut reader) = (EventReader::new(MAX_EVENT), StreamReader::new());
    let mut heard = Heard::default();
    for piece in pieces {
        events.push(Bytes::copy_from_slice(piece));
        while let Some(event) = events.next_event().unwrap() {
            let read = reader.read(&event, &mut |event| {
                give(&event);
                match &event {
                    Event::Usage(usage) => {
                        let earlier = heard.usage.unwrap_or_default();
                        heard.usage = Some(earlier.or_later(*usage));
                    }
                    event => heard.events.push(line(event)),
                }
            });
            if let Err(fault) = read {
                heard.fault = Some(fault);
                return heard;
            }
        }
    }
    heard.finished = reader.is_finished();
    heard
}

const STREAMS: [&str; 4] =
    ["stream.json", "stream_tools.json", "stream_cut.json", "stream_failure.json"];

fn stream(name: &str) -> StreamSample {
    serde_json::from_slice(&sample(name)).unwrap()
}

#[test]
fn streams_are_read_however_they_are_cut() {
    for name in STREAMS {
        let StreamSample { wire, expect } = stream(name);
        let wire = wire.concat();
        let whole = follow([wire.as_bytes()], &mut |_| ());
        assert_eq!(whole.lines(), expect.events, "{name}");
        assert_eq!(whole.finished, expect.finished, "{name}");
        assert_eq!(whole.fault.as_ref().map(Fault::to_string), expect.failure, "{name}");
        for at in 0..wire.len() {
            let (before, after) = wire.as_bytes().split_at(at);
            assert_eq!(follow([before, after], &mut |_| ()), whole, "{name} at {at}");
        }
    }
}

fn rewritten(wire: &str) -> String {
    let mut writer = StreamWriter::new(face("x7", "gemini-3-pro-preview"));
    let mut out = Vec::new();
    let heard = follow([wire.as_bytes()], &mut |event| writer.write(event, &mut out));
    let before = String::from_utf8_lossy(&out).contains("finishReason\":");
    assert!(!before, "the reason to finish is held");
    match &heard.fault {
        None if heard.finished => writer.end(&mut out),
        _ => writer.fail(502, "the provider failed", &mut out),
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn streams_come_back_as_they_were() {
    for name in ["stream.json", "stream_tools.json"] {
        let wire = stream(name).wire.concat();
        let back = rewritten(&wire);
        let was = follow([wire.as_bytes()], &mut |_| ());
        let is = follow([back.as_bytes()], &mut |_| ());
        let by_answer = |heard: &Heard| {
            let mut events = heard.events.clone();
            events.sort_by_key(|(choice, _)| *choice);
            events
        };
        assert_eq!(by_answer(&is), by_answer(&was), "{name}");
        assert_eq!((is.usage, is.finished), (was.usage, true), "{name}");
    }
}

#[test]
fn a_stream_is_one_list_of_the_same_pieces_where_that_is_asked_for() {
    for name in STREAMS {
        let wire = stream(name).wire.concat();
        let events = rewritten(&wire);
        let list = Listing::default().end(events.clone().into());
        let list: Vec<Value> = serde_json::from_slice(&list).unwrap();
        let pieces = events.split("\r\n\r\n").filter_map(|event| event.strip_prefix("data: "));
        assert_eq!(list, pieces.map(value).collect::<Vec<_>>(), "{name}");
        assert_eq!(
            events.matches("\"error\":").count(),
            usize::from(!stream(name).expect.finished)
        );
    }
}

#[test]
fn what_is_wrong_with_a_request_is_said_with_its_place() {
    let says = |body: &str| {
        let read = read_request(body, "m", false, &mut Losses::default());
        read.unwrap_err().to_string()
    };
    assert_eq!(says("{}"), "contents: is missing");
    assert_eq!(
        says(r#"{"contents":[{"parts":[{"text":"a"},{"functionCall":{"name":7}}]}]}"#),
        "contents[0].parts[1].functionCall.name: should be a text"
    );
    assert_eq!(
        says(r#"{"contents":[],"generation_config":{"thinkingConfig":{"thinkingLevel":"x"}}}"#),
        "generationConfig.thinkingConfig.thinkingLevel: should be MINIMAL, LOW, MEDIUM or HIGH"
    );
    assert_eq!(
        says(r#"{"contents":[{"role":"tool"}]}"#),
        "contents[0].role: should be user, model or function"
    );
}

fn samples() -> impl Strategy<Value = Vec<u8>> {
    let names = vec!["request.json", "request_tools.json", "request_snake.json", "reply.json"];
    prop::sample::select(names).prop_map(|name| {
        let sample: ReplySample = serde_json::from_slice(&sample(name)).unwrap();
        sample.body.get().as_bytes().to_vec()
    })
}

fn wires() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(STREAMS.to_vec()).prop_map(|name| stream(name).wire.concat().into_bytes())
}

proptest! {
    #[test]
    fn requests_survive_the_way_there_and_back(request in request()) {
        let (body, losses) = written(&request, "gemini-3-pro");
        prop_assert!(losses.is_empty(), "{}", losses);
        let mut losses = Losses::default();
        let back = read_request(&body, &request.model, request.stream, &mut losses).unwrap();
        prop_assert!(losses.is_empty(), "{}", losses);
        prop_assert_eq!(&back, &request);
    }

    #[test]
    fn damaged_bodies_are_read_or_refused(body in damaged(samples())) {
        let Ok(body) = String::from_utf8(body) else { return Ok(()) };
        let _ = read_reply(&body);
        if let Ok(request) = read_request(&body, "gemini-3-pro", false, &mut Losses::default()) {
            let (back, losses) = written(&request, "gemini-3-pro");
            let again = read_request(&back, "gemini-3-pro", false, &mut Losses::default());
            prop_assert!(again.is_ok() || losses.refusals(false).count() > 0, "{:?} {}", again, back);
        }
    }

    #[test]
    fn damaged_streams_are_read_or_refused_however_they_are_cut(
        wire in damaged(wires()), at in cuts(),
    ) {
        let whole = follow([wire.as_slice()], &mut |_| ());
        prop_assert_eq!(follow(cut(&wire, &at), &mut |_| ()), whole);
    }
}
