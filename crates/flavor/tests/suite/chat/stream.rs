//! Streams.

use bytes::Bytes;
use serde::Deserialize;
use weighbridge_flavor::{
    canon::{Event, Face},
    openai::chat::{StreamReader, StreamWriter},
    sse::EventReader,
};

use super::{face, sample};

#[derive(Deserialize)]
struct Sample {
    wire: Vec<String>,
    events: Vec<String>,
    finished: bool,
    over: bool,
}

const SAMPLES: [&str; 8] = [
    "chat_convert_stream_words.json",
    "chat_convert_stream_calls.json",
    "chat_convert_stream_no_index.json",
    "chat_convert_stream_all_at_once.json",
    "chat_convert_stream_thoughts.json",
    "chat_convert_stream_parts.json",
    "chat_convert_stream_failure.json",
    "chat_convert_stream_cut.json",
];

/// An event as the samples have it.
fn said(event: &Event<'_>) -> String {
    match event {
        Event::Start { id, model } => {
            let word = |text: &Option<_>| text.as_deref().unwrap_or("-").to_owned();
            format!("start {} {}", word(id), word(model))
        }
        Event::Text { choice, piece } => format!("{choice} text {piece}"),
        Event::Reasoning { choice, piece } => format!("{choice} reasoning {piece}"),
        Event::Signature { choice, signature } => format!("{choice} signature {signature}"),
        Event::Sealed { choice, sealed } => format!("{choice} sealed {sealed}"),
        Event::Refusal { choice, piece } => format!("{choice} refusal {piece}"),
        Event::CallStart { choice, call, id, name, .. } => {
            format!("{choice} call {call} {id} {name}")
        }
        Event::CallArguments { choice, call, piece } => {
            format!("{choice} arguments {call} {piece}")
        }
        Event::Stop { choice, stop } => format!("{choice} stop {stop:?}"),
        Event::Usage(usage) => format!("usage {} {}", usage.input, usage.output),
        Event::Ping | Event::Media { .. } | Event::Freeform { .. } => "ping".to_owned(),
    }
}

/// Reads a stream that comes in these pieces.
fn read<'p>(
    pieces: impl IntoIterator<Item = &'p [u8]>,
    give: &mut dyn FnMut(Event<'_>),
) -> (StreamReader, Option<String>) {
    let mut events = EventReader::new(1 << 16);
    let mut reader = StreamReader::new();
    let mut fault = None;
    let mut next = |event: &_, give: &mut dyn FnMut(Event<'_>)| {
        if let Err(error) = reader.read(event, give) {
            assert!(fault.is_none(), "a second fault: {error}");
            fault = Some(error.to_string());
        }
    };
    for piece in pieces {
        events.push(Bytes::copy_from_slice(piece));
        while let Some(event) = events.next_event().unwrap() {
            next(&event, give);
        }
    }
    if let Some(event) = events.finish() {
        next(&event, give);
    }
    (reader, fault)
}

fn happened<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> (Vec<String>, StreamReader) {
    let mut events = Vec::new();
    let (reader, fault) = read(pieces, &mut |event| events.push(said(&event)));
    events.extend(fault.map(|fault| format!("fault {fault}")));
    (events, reader)
}

#[test]
fn streams_are_read() {
    for name in SAMPLES {
        let sample: Sample = sample(name);
        let (events, reader) = happened(sample.wire.iter().map(String::as_bytes));
        assert_eq!(events, sample.events, "{name}");
        let ends = (reader.is_finished(), reader.is_over());
        assert_eq!(ends, (sample.finished, sample.over), "{name}");
    }
}

#[test]
fn a_stream_is_the_same_wherever_it_is_cut() {
    for name in SAMPLES {
        let sample: Sample = sample(name);
        let wire = sample.wire.concat().into_bytes();
        for at in 0..wire.len() {
            let (first, second) = wire.split_at(at);
            assert_eq!(happened([first, second]).0, sample.events, "{name} at {at}");
        }
        assert_eq!(happened(wire.chunks(1)).0, sample.events, "{name}");
    }
}

#[test]
fn a_stream_that_breaks_off_is_never_finished() {
    let sample: Sample = sample("chat_convert_stream_calls.json");
    let finish = sample.wire.iter().position(|event| event.contains("\"tool_calls\"}"));
    for events in 0..finish.unwrap() {
        let (_, reader) = happened(sample.wire[..events].iter().map(String::as_bytes));
        assert!(!reader.is_finished() && !reader.is_over(), "after {events}");
    }
}

/// Writes what happens in a stream; the second is what is held until the end.
fn written(wire: &[String]) -> (String, String) {
    let mut writer = StreamWriter::new(face());
    let mut out = Vec::new();
    read(wire.iter().map(String::as_bytes), &mut |event| writer.write(&event, &mut out));
    let mut held = Vec::new();
    writer.end(&mut held);
    let once = held.len();
    writer.end(&mut held);
    assert_eq!(held.len(), once, "a stream ends once");
    (String::from_utf8(out).unwrap(), String::from_utf8(held).unwrap())
}

#[test]
fn a_stream_that_is_written_says_the_same() {
    for name in SAMPLES.into_iter().take(6) {
        let sample: Sample = sample(name);
        let (out, held) = written(&sample.wire);
        let (events, reader) = happened([out.as_bytes(), held.as_bytes()]);
        assert!(reader.is_finished() && reader.is_over(), "{name}");
        // Ends are held back, pings are no part of a reply, and only the last word on usage counts. Which text it was that was
        // stopped at has no place, and a call without arguments gets empty ones.
        let is_end = |event: &&String| {
            event.contains(" stop ") || event.starts_with("usage") || *event == "ping"
        };
        let plain = |event: &String| event.replace("Sequence(Some(\"END\"))", "End");
        let mut expected: Vec<_> = sample.events.iter().filter(|it| !is_end(it)).cloned().collect();
        if name.contains("calls") {
            expected.push("0 arguments 2 {}".to_owned());
        }
        let mut stops: Vec<_> = sample.events.iter().filter(|it| it.contains(" stop ")).collect();
        stops.sort();
        expected.extend(stops.into_iter().map(plain));
        expected.extend(sample.events.iter().rfind(|it| it.starts_with("usage")).cloned());
        assert_eq!(events, expected, "{name}");
    }
}

#[test]
fn what_is_written_has_the_form_of_openais() {
    let sample: Sample = sample("chat_convert_stream_words.json");
    let (out, held) = written(&sample.wire);
    let head = r#"data: {"id":"chatcmpl-k7","object":"chat.completion.chunk","created":1760000000,"model":"qwen3:8b-q4","choices":["#;
    let chunk = |delta: &str, finish: &str| {
        format!(
            r#"{head}{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}],"usage":null}}"#
        ) + "\n\n"
    };
    let expected = [
        chunk(r#"{"role":"assistant","content":""}"#, "null"),
        chunk(r#"{"content":"12.4 t of "}"#, "null"),
        chunk(r#"{"content":"秤 \"x\""}"#, "null"),
    ];
    assert_eq!(out, expected.concat());
    let usage = r#"],"usage":{"prompt_tokens":20,"completion_tokens":9,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":16},"completion_tokens_details":{"reasoning_tokens":4}}}"#;
    let expected =
        [chunk("{}", "\"stop\""), format!("{head}{usage}\n\n"), "data: [DONE]\n\n".into()];
    assert_eq!(held, expected.concat());
}

#[test]
fn usage_is_told_only_to_whom_wants_it() {
    let mut writer = StreamWriter::new(Face { wants_usage: false, ..face() });
    let mut out = Vec::new();
    let sample: Sample = sample("chat_convert_stream_words.json");
    read(sample.wire.iter().map(String::as_bytes), &mut |event| writer.write(&event, &mut out));
    writer.end(&mut out);
    let out = String::from_utf8(out).unwrap();
    assert!(!out.contains("usage") && out.ends_with("data: [DONE]\n\n"));
}

#[test]
fn a_call_that_has_no_id_gets_one_of_the_replys_own() {
    let mut writer = StreamWriter::new(face());
    let mut out = Vec::new();
    for choice in [0, 1] {
        let (id, name) = ("".into(), "weigh".into());
        writer.write(&Event::CallStart { choice, call: 0, id, name, signature: None }, &mut out);
    }
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains(r#""id":"call_k7_0""#) && out.contains(r#""id":"call_k7_1_0""#));
}

fn fault(chunks: &[&str]) -> String {
    let wire: Vec<String> = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    let (events, reader) = happened(wire.iter().map(String::as_bytes));
    assert!(!reader.is_over());
    let last = events.last().cloned().unwrap_or_default();
    last.strip_prefix("fault ").unwrap_or_default().to_owned()
}

#[test]
fn what_is_no_chunk_is_a_fault() {
    assert!(fault(&["<html>", "[DONE]"]).starts_with("the provider sent an event"));
    assert!(fault(&[r#"{"choices":[{"index":128,"delta":{}}]}"#]).contains("choices[0].index"));
    assert!(fault(&[r#"{"choices":[{"delta":{"content":7}}]}"#]).contains("delta.content"));
    let late = r#"{"choices":[{"delta":{"content":"b"}}]}"#;
    let finish = r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#;
    assert!(fault(&[finish, late]).contains("goes on after its finish reason"));
    assert_eq!(fault(&[r#"{"error":"no"}"#]), "the provider failed: no");
    assert_eq!(
        fault(&[r#"{"object":"error","message":"no","code":4}"#]),
        "the provider failed: no (4)"
    );
    let said = r#"{"choices":[{"delta":{"content":"an \"error\": {}"}}]}"#;
    assert_eq!(fault(&[said]), "");
}

#[test]
fn a_call_waits_for_its_name_but_not_for_ever() {
    let piece = |more: &str| {
        format!(r#"{{"choices":[{{"delta":{{"tool_calls":[{{"index":0,{more}}}]}}}}]}}"#)
    };
    let finish = r#"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#.to_owned();
    let first = piece(r#""id":"a","function":{"arguments":"{\"x\""}"#);
    let second = piece(r#""function":{"name":"weigh","arguments":":1}"}"#);
    let wire = [&first, &second, &finish].map(|chunk| format!("data: {chunk}\n\n"));
    let (events, _) = happened(wire.iter().map(String::as_bytes));
    let expected = [
        "start - -",
        "0 call 0 a weigh",
        "0 arguments 0 {\"x\"",
        "0 arguments 0 :1}",
        "0 stop ToolCalls",
    ];
    assert_eq!(events, expected);
    assert!(fault(&[&first, &finish]).contains("a call without a name"));
    let long = piece(&format!(r#""function":{{"arguments":"{}"}}"#, "x".repeat(60_000)));
    assert!(fault(&[&long, &long]).contains("is missing for too long"));
}

#[test]
fn calls_that_come_as_a_whole_are_calls_of_their_own() {
    let chunk = |function: &str| {
        format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{{\"function\":{function}}}]}}}}]}}\n\n"
        )
    };
    let wire = [
        chunk(r#"{"name":"weigh","arguments":{"lorry":7}}"#),
        chunk(r#"{"name":"weigh","arguments":{"lorry":8}}"#),
    ];
    let (events, _) = happened(wire.iter().map(String::as_bytes));
    let expected = [
        "start - -",
        "0 call 0 call_0 weigh",
        "0 arguments 0 {\"lorry\":7}",
        "0 call 1 call_1 weigh",
        "0 arguments 1 {\"lorry\":8}",
    ];
    assert_eq!(events, expected);
}
