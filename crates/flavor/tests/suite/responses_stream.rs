//! OpenAI's responses as they stream, into the canonical form and out of it.

use bytes::Bytes;
use proptest::{collection::vec, prelude::*, sample::select};
use serde::Deserialize;
use serde_json::Value;
use weighbridge_flavor::canon::{Event, Fault, Grouped, Stop, Tool, ToolNames, Usage};
use weighbridge_flavor::openai::responses::{StreamReader, StreamWriter, error_event, read_reply};
use weighbridge_flavor::sse::EventReader;

use super::generate::{cut, cuts};
use super::responses::{face, sample, text};

#[derive(Deserialize)]
struct Wire {
    wire: Vec<String>,
}

fn wire(name: &str) -> Vec<u8> {
    let sample: Wire = serde_json::from_str(&sample(name)).unwrap();
    sample.wire.concat().into_bytes()
}

/// The events of a stream that comes in these pieces, and whether it ended.
fn events(pieces: &[&[u8]]) -> (Vec<String>, Result<(bool, bool), Fault>) {
    let (mut lines, mut reader) = (EventReader::new(1 << 16), StreamReader::new());
    let mut seen = Vec::new();
    for piece in pieces {
        lines.push(Bytes::copy_from_slice(piece));
        while let Some(event) = lines.next_event().unwrap() {
            let read = reader.read(&event, &mut |event| seen.push(format!("{event:?}")));
            if let Err(fault) = read {
                return (seen, Err(fault));
            }
        }
    }
    (seen, Ok((reader.is_finished(), reader.is_over())))
}

#[test]
fn a_stream_is_the_same_wherever_it_is_cut() {
    for name in ["responses_stream.json", "responses_stream_failure.json"] {
        let wire = wire(name);
        let whole = events(&[&wire]);
        for at in 0..=wire.len() {
            let (one, other) = wire.split_at(at);
            assert_eq!(events(&[one, other]), whole, "{name} cut at {at}");
        }
    }
}

#[test]
fn a_stream_is_read_event_by_event() {
    let (seen, how) = events(&[&wire("responses_stream.json")]);
    assert_eq!(how, Ok((true, true)));
    let expected = [
        r#"Start { id: Some("resp_01"), model: Some("gpt-5-2025-08-07") }"#,
        r#"Reasoning { choice: 0, piece: "Two scales." }"#,
        r#"Reasoning { choice: 0, piece: "\n\n" }"#,
        r#"Reasoning { choice: 0, piece: "Both work." }"#,
        r#"Sealed { choice: 0, sealed: "gAAAAABo" }"#,
        r#"Text { choice: 0, piece: "秤 \"bo" }"#,
        r#"Text { choice: 0, piece: "th\"" }"#,
        r#"CallStart { choice: 0, call: 0, id: "call_1", name: "weigh", signature: None }"#,
        r#"CallArguments { choice: 0, call: 0, piece: "{\"what\":" }"#,
        r#"CallArguments { choice: 0, call: 0, piece: " \"lorry\", \"b\": 1.50}" }"#,
        r#"CallStart { choice: 0, call: 1, id: "call_2", name: "camera", signature: None }"#,
        r#"CallArguments { choice: 0, call: 1, piece: "{}" }"#,
    ];
    assert_eq!(seen[..expected.len()], expected);
    assert!(seen[expected.len()].contains("input: 2060, output: 97, cache_read: Some(2048)"));
    assert_eq!(seen[expected.len() + 1..], ["Stop { choice: 0, stop: ToolCalls }"]);
}

#[test]
fn a_failure_of_the_provider_is_one() {
    let (seen, how) = events(&[&wire("responses_stream_failure.json")]);
    assert_eq!(how, Err(Fault::Failed("server_error: The model failed.".to_owned())));
    assert!(seen.last().unwrap().contains("The lorry"));
    for data in [
        r#"{"type":"error","code":"server_error","message":"Sorry.","param":null,"sequence_number":3}"#,
        r#"{"type":"error","error":{"code":"server_error","message":"Sorry."}}"#,
    ] {
        let (_, how) = events(&[format!("event: error\ndata: {data}\n\n").as_bytes()]);
        assert_eq!(how, Err(Fault::Failed("server_error: Sorry.".to_owned())));
    }
    let (_, how) =
        events(&[b"data: {\"type\":\"response.failed\",\"response\":{\"error\":null}}\n\n"]);
    assert!(matches!(how, Err(Fault::Failed(_))));
}

#[test]
fn an_end_is_never_made_up() {
    let wire = wire("responses_stream.json");
    let whole = String::from_utf8(wire).unwrap();
    let (cut, _) = whole.split_once("event: response.completed").unwrap();
    let (seen, how) = events(&[cut.as_bytes(), b"data: [DONE]\n\n"]);
    assert_eq!(how, Ok((false, false)));
    assert!(!seen.iter().any(|event| event.starts_with("Stop")));
    let after = format!("{whole}data: [DONE]\n\ndata: {{\"type\":\"response.failed\"}}\n\n");
    assert_eq!(events(&[after.as_bytes()]), events(&[whole.as_bytes()]));
}

#[test]
fn texts_and_calls_that_only_come_whole_are_read_once() {
    let said = concat!(
        "data: {\"type\":\"response.output_text.done\",\"output_index\":0,\"content_index\":0,\"text\":\"a\"}\n\n",
        "data: {\"type\":\"response.output_text.done\",\"output_index\":0,\"content_index\":0,\"text\":\"a\"}\n\n",
        "data: {\"type\":\"response.output_item.done\",\"output_index\":1,\"item\":{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}\n\n",
        "data: {\"type\":\"response.output_item.done\",\"output_index\":2,\"item\":{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"hm\"}]}}\n\n",
    );
    let (seen, how) = events(&[said.as_bytes()]);
    assert_eq!(how, Ok((false, false)));
    assert_eq!(
        seen,
        [
            "Start { id: None, model: None }",
            r#"Text { choice: 0, piece: "a" }"#,
            r#"CallStart { choice: 0, call: 0, id: "c", name: "f", signature: None }"#,
            r#"CallArguments { choice: 0, call: 0, piece: "{\"a\":1}" }"#,
            r#"Reasoning { choice: 0, piece: "hm" }"#,
        ]
    );
}

fn start() -> Event<'static> {
    Event::Start { id: None, model: None }
}

fn words(piece: &'static str) -> Event<'static> {
    Event::Text { choice: 0, piece: piece.into() }
}

fn call(call: u32, name: &'static str) -> Event<'static> {
    Event::CallStart {
        signature: None,
        choice: 0,
        call,
        id: format!("c.{call}").into(),
        name: name.into(),
    }
}

fn arguments(call: u32, piece: &'static str) -> Event<'static> {
    Event::CallArguments { choice: 0, call, piece: piece.into() }
}

fn stop(stop: Stop<'static>) -> Event<'static> {
    Event::Stop { choice: 0, stop }
}

/// Writes a stream, with its end.
fn write(stream: &[Event<'_>], names: ToolNames) -> Vec<u8> {
    let mut writer = StreamWriter::new(face(names));
    let mut out = Vec::new();
    for event in stream {
        writer.write(event, &mut out).unwrap();
    }
    writer.end(&mut out);
    out
}

/// The data of events, which are numbered from zero and named as they say.
fn data(out: &[u8]) -> Vec<Value> {
    let mut lines = EventReader::new(1 << 20);
    lines.push(Bytes::copy_from_slice(out));
    let mut all = Vec::new();
    while let Some(event) = lines.next_event().unwrap() {
        if event.comment_only {
            continue;
        }
        let value: Value = serde_json::from_slice(&event.data).unwrap();
        assert_eq!(value["sequence_number"], all.len());
        assert_eq!(value["type"].as_str().unwrap().as_bytes(), event.name.unwrap());
        all.push(value);
    }
    all
}

#[test]
fn every_event_comes_in_its_order() {
    let out = write(
        &[
            start(),
            Event::Reasoning { choice: 0, piece: "hm".into() },
            words("a"),
            words("b"),
            Event::Refusal { choice: 0, piece: "no".into() },
            Event::Ping,
            call(0, "weigh"),
            arguments(0, "{\"a\":"),
            arguments(0, "1}"),
            call(1, "camera"),
            stop(Stop::ToolCalls),
            Event::Usage(Usage { input: 9, output: 4, cache_read: Some(2), ..Usage::default() }),
        ],
        ToolNames::default(),
    );
    let all = data(&out);
    let told: Vec<String> = all
        .iter()
        .map(|event| {
            let kind = event["type"].as_str().unwrap().trim_start_matches("response.");
            let index = |field: &str| event[field].as_u64().map(|it| it.to_string());
            let places = [index("output_index"), index("content_index").or(index("summary_index"))];
            let places: Vec<String> = places.into_iter().flatten().collect();
            format!("{kind} {}", places.join("."))
        })
        .collect();
    assert_eq!(
        told,
        [
            "created ",
            "in_progress ",
            "output_item.added 0",
            "reasoning_summary_part.added 0.0",
            "reasoning_summary_text.delta 0.0",
            "reasoning_summary_text.done 0.0",
            "reasoning_summary_part.done 0.0",
            "output_item.done 0",
            "output_item.added 1",
            "content_part.added 1.0",
            "output_text.delta 1.0",
            "output_text.delta 1.0",
            "output_text.done 1.0",
            "content_part.done 1.0",
            "content_part.added 1.1",
            "refusal.delta 1.1",
            "refusal.done 1.1",
            "content_part.done 1.1",
            "output_item.done 1",
            "output_item.added 2",
            "function_call_arguments.delta 2",
            "function_call_arguments.delta 2",
            "function_call_arguments.done 2",
            "output_item.done 2",
            "output_item.added 3",
            "function_call_arguments.delta 3",
            "function_call_arguments.done 3",
            "output_item.done 3",
            "completed ",
        ]
    );
    assert_eq!(all[12]["text"], "ab");
    assert_eq!(all[13]["part"]["text"], "ab");
    assert_eq!(all[18]["item"]["content"][1]["refusal"], "no");
    assert_eq!(all[22]["arguments"], "{\"a\":1}");
    assert_eq!(all[2]["item"]["id"], all[4]["item_id"]);
    assert_eq!(all[19]["item"]["id"], all[20]["item_id"]);
    // The end holds the same as the items that were done, and what a whole reply would.
    let response = &all[28]["response"];
    for (at, index) in [(7, 0), (18, 1), (23, 2), (27, 3)] {
        assert_eq!(all[at]["item"], response["output"][index]);
    }
    let whole = response.to_string();
    let reply = read_reply(&whole).unwrap();
    assert_eq!((reply.choices[0].blocks.len(), &reply.choices[0].stop), (5, &Stop::ToolCalls));
    assert_eq!(reply.usage.unwrap().cache_read, Some(2));
}

#[test]
fn calls_side_by_side_go_on_side_by_side() {
    let stream = [
        start(),
        call(0, "weigh"),
        arguments(0, "{\"a\":"),
        call(1, "camera"),
        arguments(1, "{}"),
        call(2, "weigh"),
        arguments(2, "{\"b\""),
        arguments(0, "1}"),
        arguments(2, ":2}"),
        stop(Stop::ToolCalls),
    ];
    let out = write(&stream, ToolNames::default());
    let (seen, how) = events(&[&out]);
    assert_eq!(how, Ok((true, true)));
    let expected: Vec<String> = stream[1..9].iter().map(|event| format!("{event:?}")).collect();
    assert_eq!(seen[1..9], expected);
    let all = data(&out);
    let output = all.last().unwrap()["response"]["output"].clone();
    let arguments: Vec<&str> =
        output.as_array().unwrap().iter().map(|it| it["arguments"].as_str().unwrap()).collect();
    assert_eq!(arguments, ["{\"a\":1}", "{}", "{\"b\":2}"]);
}

#[test]
fn a_call_streams_back_under_its_group() {
    let grouped = Some(Grouped { group: "mcp__scale".into(), name: "weigh".into() });
    let tool = Tool {
        name: "mcp__scale__weigh".into(),
        description: None,
        schema: None,
        strict: None,
        grouped,
    };
    let stream = [start(), call(0, "mcp__scale__weigh"), stop(Stop::ToolCalls)];
    let all = data(&write(&stream, ToolNames::of(&[tool])));
    let items = all.iter().map(|event| &event["item"]).filter(|item| item.is_object());
    assert_eq!(items.clone().count(), 2);
    for item in items.chain([&all.last().unwrap()["response"]["output"][0]]) {
        assert_eq!(
            (item["namespace"].as_str(), item["name"].as_str()),
            (Some("mcp__scale"), Some("weigh"))
        );
    }
}

#[test]
fn a_stream_that_was_cut_off_ends_incomplete() {
    for (why, reason) in [
        (Some(Stop::Length), "max_output_tokens"),
        (Some(Stop::Filtered(Some("self-harm".into()))), "content_filter"),
        (Some(Stop::Other("odd".into())), "odd"),
        (None, ""),
    ] {
        let mut stream = vec![start(), words("a"), call(0, "weigh"), arguments(0, "{\"a")];
        stream.extend(why.map(stop));
        let all = data(&write(&stream, ToolNames::default()));
        let end = all.last().unwrap();
        assert_eq!(end["type"], "response.incomplete");
        assert_eq!(end["response"]["status"], "incomplete");
        assert_eq!(end["response"]["incomplete_details"]["reason"], reason);
        assert_eq!(end["response"]["output"][0]["status"], "completed");
        assert_eq!(end["response"]["output"][1]["status"], "incomplete");
        assert_eq!(end["response"]["output"][1]["arguments"], "{\"a");
    }
}

#[test]
fn the_end_is_only_written_when_it_is_due() {
    let mut writer = StreamWriter::new(face(ToolNames::default()));
    let mut out = Vec::new();
    for event in [start(), words("a"), stop(Stop::End)] {
        writer.write(&event, &mut out).unwrap();
    }
    let before = String::from_utf8(out.clone()).unwrap();
    assert!(before.contains("response.output_item.done") && !before.contains("response.completed"));
    out.clear();
    writer.end(&mut out);
    let end = String::from_utf8(out).unwrap();
    assert!(end.starts_with("event: response.completed\ndata: ") && !end.contains("[DONE]"));
}

#[test]
fn a_failure_ends_a_stream_in_its_place() {
    let mut writer = StreamWriter::new(face(ToolNames::default()));
    let mut out = Vec::new();
    for event in [start(), words("a")] {
        writer.write(&event, &mut out).unwrap();
    }
    writer.fail("server_error", "The provider \"failed\".", &mut out);
    let all = data(&out);
    let end = all.last().unwrap();
    assert_eq!(end["type"], "response.failed");
    assert_eq!(end["response"]["status"], "failed");
    assert_eq!(end["response"]["error"]["code"], "server_error");
    let (_, how) = events(&[&out]);
    assert_eq!(how, Err(Fault::Failed("server_error: The provider \"failed\".".to_owned())));
    let alone = error_event(&face(ToolNames::default()), "invalid_prompt", "Too much.");
    assert_eq!(data(&alone)[0]["response"]["error"]["message"], "Too much.");
}

#[test]
fn what_cannot_be_said_any_more_is_an_error_and_not_left_out() {
    let mut writer = StreamWriter::new(face(ToolNames::default()));
    let mut out = Vec::new();
    for event in [call(0, "weigh"), arguments(0, "{}"), words("x")] {
        writer.write(&event, &mut out).unwrap();
    }
    assert!(writer.write(&arguments(0, " "), &mut out).is_ok());
    assert!(writer.write(&arguments(0, "}"), &mut out).is_err());
}

#[test]
fn what_is_held_is_bounded() {
    let long = "x".repeat(1 << 20);
    let mut writer = StreamWriter::new(face(ToolNames::default()));
    let mut out = Vec::new();
    for at in 0..8 {
        out.clear();
        let event = Event::Text { choice: 0, piece: long.as_str().into() };
        assert_eq!(writer.write(&event, &mut out).is_ok(), at < 7, "{at}");
    }
    assert!(writer.write(&words("x"), &mut out).is_err(), "and stays one");
    let begun = |arguments: Option<&'static str>| {
        let mut writer = StreamWriter::new(face(ToolNames::default()));
        (0..100_000).find(|at| {
            let event = arguments.map(|piece| self::arguments(*at, piece));
            [call(*at, "")]
                .iter()
                .chain(&event)
                .any(|it| writer.write(it, &mut Vec::new()).is_err())
        })
    };
    assert_eq!(begun(None), Some(256), "calls that go on side by side");
    assert!(
        begun(Some("{}")).is_some_and(|calls| calls < 40_000),
        "calls that are whole count too"
    );
}

fn event() -> impl Strategy<Value = Event<'static>> {
    prop_oneof![
        3 => text().prop_map(|piece| Event::Text { choice: 0, piece: piece.into() }),
        1 => text().prop_map(|piece| Event::Refusal { choice: 0, piece: piece.into() }),
        2 => text().prop_map(|piece| Event::Reasoning { choice: 0, piece: piece.into() }),
        1 => Just(Event::Ping),
        1 => (0..50u64).prop_map(|output| Event::Usage(Usage { output, ..Usage::default() })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn words_and_thoughts_come_out_of_a_stream_as_they_went_in(
        all in vec(event(), 0..20), at in cuts(),
        end in select(vec![Stop::End, Stop::Length, Stop::Filtered(None), Stop::Paused]),
    ) {
        let out = write(&[&[start()], &all[..], &[stop(end.clone())]].concat(), ToolNames::default());
        data(&out);
        let (seen, how) = events(&cut(&out, &at));
        prop_assert_eq!(how, Ok((true, true)));
        let is_word = |event: &&String| {
            ["Text", "Reasoning", "Refusal"].iter().any(|kind| event.starts_with(kind))
        };
        let said: Vec<String> = all.iter().map(|event| format!("{event:?}")).collect();
        let words: Vec<&String> = said.iter().filter(is_word).collect();
        prop_assert_eq!(seen.iter().filter(is_word).collect::<Vec<_>>(), words);
        prop_assert_eq!(seen.last(), Some(&format!("{:?}", stop(end))));
    }

    #[test]
    fn noise_is_refused_and_nothing_worse(
        bytes in vec(any::<u8>(), 0..300), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let _ = events(&[&bytes]);
        let mut wire = wire("responses_stream.json");
        let at = at.index(wire.len());
        wire[at] = byte;
        let _ = events(&[&wire]);
    }
}
