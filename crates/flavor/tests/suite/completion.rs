//! OpenAI's older completions: what becomes of the samples in every other dialect, for people to
//! read, and what holds for any prompt.

use std::fmt::Write as _;
use std::{fs, path::PathBuf};

use bytes::Bytes;
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde::Deserialize;
use weighbridge_flavor::canon::{
    Block, Event, Face, Fault, Losses, Request, Role, Sampling, Stop, Target, ToolNames, Turn,
};
use weighbridge_flavor::dialect::{Dialect, Path};
use weighbridge_flavor::openai::completion::{
    StreamReader, StreamWriter, read_reply, read_request, write_reply, write_request,
};
use weighbridge_flavor::sse::EventReader;

fn sample(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn face() -> Face {
    Face {
        names: ToolNames::default(),
        id: "x1".into(),
        model: "asked".into(),
        created: 1_760_000_000,
        wants_usage: true,
    }
}

fn target() -> Target {
    Target::usual("served", 4096)
}

#[test]
fn requests_become_requests() {
    for name in ["completion_request", "completion_request_refused"] {
        let body = sample(&format!("openai/{name}.json"));
        let mut shown = String::new();
        for to in Dialect::ALL {
            let mut losses = Losses::default();
            let request = read_request(&body, &mut losses).unwrap();
            let made = to.write_request(&request, &target(), &mut losses);
            let made = String::from_utf8(made).unwrap();
            writeln!(shown, "{}\n{made}\nlost: {losses}\n", to.as_str()).unwrap();
        }
        insta::assert_snapshot!(name, shown);
    }
}

#[test]
fn requests_of_others_become_prompts() {
    let mut shown = String::new();
    for (from, name) in [
        (Dialect::OllamaGenerate, "ollama/generate_request.json"),
        (Dialect::Chat, "openai/chat_convert_rich.json"),
        (Dialect::Messages, "anthropic/request_agent.json"),
    ] {
        let body = sample(name);
        let described: serde_json::Value = serde_json::from_str(&body).unwrap();
        let inner = ["wire", "request"].iter().find_map(|member| described.get(*member));
        let body = inner.map_or(body, ToString::to_string);
        let path = Path { model: "asked", stream: false };
        let mut losses = Losses::default();
        let request = from.read_request(&body, path, &mut losses).unwrap();
        let made = String::from_utf8(write_request(&request, &target(), &mut losses)).unwrap();
        writeln!(shown, "{}\n{made}\nlost: {losses}\n", from.as_str()).unwrap();
    }
    insta::assert_snapshot!("prompts", shown);
}

#[test]
fn a_reply_becomes_a_reply() {
    let body = sample("openai/completion_reply.json");
    let reply = read_reply(&body).unwrap();
    let mut shown = String::new();
    for to in Dialect::ALL {
        let made = String::from_utf8(to.write_reply(&reply, &face())).unwrap();
        writeln!(shown, "{}\n{made}\n", to.as_str()).unwrap();
    }
    let again = String::from_utf8(write_reply(&reply, &face())).unwrap();
    writeln!(shown, "openai completion\n{again}").unwrap();
    insta::assert_snapshot!("completion_reply", shown);
}

#[test]
fn replies_of_others_become_completions() {
    for (from, name) in [
        (Dialect::Messages, "anthropic/reply_tools.json"),
        (Dialect::OllamaGenerate, "ollama/generate_reply.json"),
    ] {
        let body = sample(name);
        let reply = from.read_reply(&body).unwrap();
        let made = String::from_utf8(write_reply(&reply, &face())).unwrap();
        insta::assert_snapshot!(name.replace('/', "_").replace(".json", ""), made);
    }
}

#[derive(Deserialize)]
struct Sample {
    wire: Vec<String>,
    events: Vec<String>,
    finished: bool,
    over: bool,
}

/// An event as the sample has it.
fn said(event: &Event<'_>) -> String {
    match event {
        Event::Start { id, model } => {
            let word = |text: &Option<_>| text.as_deref().unwrap_or("-").to_owned();
            format!("start {} {}", word(id), word(model))
        }
        Event::Text { choice, piece } => format!("{choice} text {piece}"),
        Event::Stop { choice, stop } => format!("{choice} stop {stop:?}"),
        Event::Usage(usage) => format!("usage {} {}", usage.input, usage.output),
        Event::Ping => "ping".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Reads a stream that comes in these pieces.
fn read<'p>(
    pieces: impl IntoIterator<Item = &'p [u8]>,
    give: &mut dyn FnMut(Event<'_>),
) -> (StreamReader, Option<Fault>) {
    let mut events = EventReader::new(1 << 16);
    let mut reader = StreamReader::new();
    let mut fault = None;
    for piece in pieces {
        events.push(Bytes::copy_from_slice(piece));
        while let Some(event) = events.next_event().unwrap() {
            fault = fault.or(reader.read(&event, give).err());
        }
    }
    (reader, fault)
}

fn happened<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> (Vec<String>, StreamReader) {
    let mut events = Vec::new();
    let (reader, fault) = read(pieces, &mut |event| events.push(said(&event)));
    assert_eq!(fault, None);
    (events, reader)
}

#[test]
fn a_stream_is_the_same_wherever_it_is_cut() {
    let sample: Sample = serde_json::from_str(&sample("openai/completion_stream.json")).unwrap();
    let wire = sample.wire.concat().into_bytes();
    for at in 0..wire.len() {
        let (first, second) = wire.split_at(at);
        let (events, reader) = happened([first, second]);
        assert_eq!(events, sample.events, "at {at}");
        assert_eq!((reader.is_finished(), reader.is_over()), (sample.finished, sample.over));
    }
}

#[test]
fn a_stream_that_breaks_off_is_never_finished() {
    let sample: Sample = serde_json::from_str(&sample("openai/completion_stream.json")).unwrap();
    for events in 0..3 {
        let (_, reader) = happened(sample.wire[..events].iter().map(String::as_bytes));
        assert!(!reader.is_finished() && !reader.is_over(), "after {events}");
    }
}

#[test]
fn a_failure_and_what_goes_on_after_its_end_are_faults() {
    for (wire, words) in [
        (r#"data: {"error":{"message":"out of memory"}}"#, "the provider failed: out of memory"),
        (
            r#"data: {"choices":[{"text":"a","index":0,"finish_reason":"stop"}]}

data: {"choices":[{"text":"b","index":0,"finish_reason":null}]}"#,
            "goes on after its finish reason",
        ),
        (r#"data: {"choices":[{"text":"a","index":65536}]}"#, "should be less than 65536"),
        ("data: [1]", "invalid type"),
    ] {
        let wire = format!("{wire}\n\n");
        let (_, fault) = read([wire.as_bytes()], &mut |_| ());
        assert!(fault.unwrap().to_string().contains(words), "{wire}");
    }
}

#[test]
fn the_sign_that_all_is_well_is_held_back() {
    let sample: Sample = serde_json::from_str(&sample("openai/completion_stream.json")).unwrap();
    let mut writer = StreamWriter::new(face());
    let (mut out, mut held) = (Vec::new(), Vec::new());
    let pieces = sample.wire.iter().map(String::as_bytes);
    let (_, fault) = read(pieces, &mut |event| writer.write(&event, &mut out));
    assert_eq!(fault, None);
    writer.end(&mut held);
    let whole = held.len();
    writer.end(&mut held);
    assert_eq!(held.len(), whole);
    let (out, held) = (String::from_utf8(out).unwrap(), String::from_utf8(held).unwrap());
    assert!(!out.contains("stop") && !out.contains("[DONE]"));
    insta::assert_snapshot!("completion_stream", format!("{out}held:\n{held}"));
    let whole = format!("{out}{held}");
    let (events, reader) = happened([whole.as_bytes()]);
    let said = sample.events.iter().skip(1).filter(|event| *event != "ping");
    assert!(events.iter().skip(1).eq(said), "{events:?}");
    assert!(reader.is_over());
}

#[test]
fn words_that_were_declined_are_words() {
    let mut writer = StreamWriter::new(Face { wants_usage: false, ..face() });
    let mut out = Vec::new();
    writer.write(&Event::Reasoning { choice: 0, piece: "hm".into() }, &mut out);
    assert!(out.is_empty());
    writer.write(&Event::Refusal { choice: 0, piece: "No.".into() }, &mut out);
    writer.write(&Event::Stop { choice: 0, stop: Stop::Filtered(None) }, &mut out);
    writer.end(&mut out);
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains(r#""text":"No.""#) && out.contains(r#""finish_reason":"content_filter""#));
    assert!(!out.contains("usage"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_prompt_survives_being_written(
        prompt in "[a-z\"\\\\秤 \n]{1,20}",
        knobs in (option::of(select(vec!["0", "0.50", "1"])), option::of(Just("0.9")),
            option::of(Just("12345678901234567890"))),
        max_output in option::of(1..9000_u64),
        stop in vec("[a-z]{1,4}", 0..3),
        n in 1..4_u64,
        stream in any::<bool>(),
        others in option::of(0..5_u64),
    ) {
        let (temperature, top_p, seed) = knobs;
        let request = Request {
            turns: vec![Turn { role: Role::User, blocks: vec![Block::Text(prompt.into())] }],
            max_output,
            sampling: Sampling { temperature, top_p, seed, ..Sampling::default() },
            stop: stop.into_iter().map(Into::into).collect(),
            n,
            stream,
            logprobs: others.filter(|_| !stream),
            end_user: Some("u".into()),
            ..Request::to("served")
        };
        let mut losses = Losses::default();
        let body = String::from_utf8(write_request(&request, &target(), &mut losses)).unwrap();
        let again = read_request(&body, &mut losses).unwrap();
        prop_assert_eq!(again, request);
        prop_assert_eq!(losses.to_string(), "");
    }
}
