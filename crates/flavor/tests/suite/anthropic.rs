//! Anthropic's messages, into the canonical form and out of it.

use std::{fs, path::PathBuf};

use bytes::Bytes;
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde::Deserialize;
use weighbridge_flavor::anthropic::{
    StreamReader, StreamWriter, read_reply, read_request, write_reply, write_request,
};
use weighbridge_flavor::canon::{
    Block, Choice, Effort, Event, Face, Fault, Format, Json, Losses, Media, Reply, Request, Role,
    Sampling, Source, Stop, Target, Thinking, Tool, ToolCall, ToolChoice, ToolNames, ToolResult,
    Turn, Usage,
};
use weighbridge_flavor::sse::EventReader;

use super::generate::{cut, cuts};

fn sample(name: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../../fixtures/anthropic").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[derive(Deserialize)]
struct Wire {
    wire: Vec<String>,
}

fn wire(name: &str) -> Vec<u8> {
    let sample: Wire = serde_json::from_str(&sample(name)).unwrap();
    sample.wire.concat().into_bytes()
}

fn target(model: &str) -> Target {
    Target::usual(model.to_owned(), 4096)
}

fn face() -> Face {
    Face {
        id: "01".to_owned(),
        model: "m".to_owned(),
        created: 1_760_000_000,
        wants_usage: true,
        names: ToolNames::default(),
    }
}

fn written(request: &Request<'_>, losses: &mut Losses) -> String {
    String::from_utf8(write_request(request, &target(&request.model), losses)).unwrap()
}

#[test]
fn a_stock_agents_request_is_read_whole_and_never_refused() {
    let body = sample("request_agent.json");
    let mut losses = Losses::default();
    let request = read_request(&body, &mut losses).unwrap();
    assert_eq!(losses.refusals(false).count(), 0);
    let mut named: Vec<&str> = losses.named().iter().map(|loss| loss.field.as_ref()).collect();
    named.sort_unstable();
    assert_eq!(
        named,
        [
            "context_management",
            "messages[].content[].cache_control",
            "system[].cache_control",
            "system[billing-header]",
            "tools[].cache_control",
            "tools[].eager_input_streaming",
            "tools[web_search_20250305]",
        ]
    );
    assert_eq!(request.system, ["You weigh things.", "Be exact."]);
    let roles: Vec<Role> = request.turns.iter().map(|turn| turn.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::User, Role::System]);
    let Block::ToolCall(call) = &request.turns[1].blocks[3] else { panic!("a call") };
    let spelled = r#"{"what": "lorry", "digits": 12345678901234567890, "b": 1.50, "a": null}"#;
    assert_eq!(call.arguments, spelled);
    let Block::ToolResult(result) = &request.turns[2].blocks[1] else { panic!("a result") };
    assert!(result.failed && result.blocks.len() == 2);
    assert_eq!(request.tools.len(), 2);
    assert_eq!(request.tool_choice, Some(ToolChoice::Auto));
    assert_eq!(request.parallel_tools, Some(false));
    assert_eq!(request.thinking, Some(Thinking::Effort(Some(Effort::High))));
    assert_eq!(request.show_thinking, Some(false));
    assert_eq!(request.max_output, Some(32000));
    assert!(request.stream && request.end_user.is_some());
}

#[test]
fn it_is_written_with_what_a_message_can_say() {
    let body = sample("request_agent.json");
    let request = read_request(&body, &mut Losses::default()).unwrap();
    let mut losses = Losses::default();
    let again = written(&request, &mut losses);
    let value: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!(value["system"][2]["text"], "The camera is repaired.");
    assert_eq!(value["messages"].as_array().unwrap().len(), 3);
    assert_eq!(value["messages"][2]["content"][0]["type"], "tool_result");
    assert_eq!(value["messages"][2]["content"][1]["is_error"], true);
    assert_eq!(value["tool_choice"]["disable_parallel_tool_use"], true);
    assert_eq!(value["thinking"]["budget_tokens"], 16000);
    assert_eq!(value["stop_sequences"], serde_json::json!(["END"]));
    assert_eq!(value["temperature"], 1, "fixed for a model that thinks");
    assert!(again.contains(r#""input":{"what": "lorry", "digits": 12345678901234567890,"#));
    let named: Vec<&str> = losses.named().iter().map(|loss| loss.field.as_ref()).collect();
    // Its tool holds calls to a schema that leaves its objects open.
    let all = "reasoning_effort thinking.budget_tokens messages[system] tools[].parameters stop";
    assert_eq!(named.join(" "), all);
}

#[test]
fn of_temperature_and_top_p_models_take_one() {
    for (given, sent, lost) in [
        ((Some("0.2"), Some("0.9")), (Some(0.2), None), "top_p;dropped"),
        ((Some("0.2"), Some("1")), (Some(0.2), None), "top_p;dropped"),
        ((Some("1.0"), Some("0.9")), (None, Some(0.9)), "temperature;dropped"),
        ((None, Some("0.9")), (None, Some(0.9)), ""),
        ((Some("1.5"), None), (Some(1.0), None), "temperature;approximated"),
    ] {
        let request = Request {
            sampling: Sampling { temperature: given.0, top_p: given.1, ..Sampling::default() },
            max_output: Some(9),
            ..Request::to("m")
        };
        let mut losses = Losses::default();
        let value: serde_json::Value =
            serde_json::from_str(&written(&request, &mut losses)).unwrap();
        let seen = (value["temperature"].as_f64(), value["top_p"].as_f64());
        assert_eq!((seen, losses.to_string()), (sent, lost.to_owned()), "{given:?}");
    }
    let thinks = Request {
        thinking: Some(Thinking::Budget(2000)),
        sampling: Sampling { top_p: Some("0.9"), ..Sampling::default() },
        max_output: Some(9000),
        ..Request::to("m")
    };
    let mut losses = Losses::default();
    assert!(!written(&thinks, &mut losses).contains("top_p"));
    assert_eq!(losses.to_string(), "top_p;dropped");
    // A temperature that is not sent leaves room for it.
    let sampling =
        Sampling { temperature: Some("0.5"), top_p: Some("0.97"), ..Sampling::default() };
    let beside = Request { sampling, ..thinks };
    let mut losses = Losses::default();
    assert!(written(&beside, &mut losses).contains("\"top_p\":0.97"));
    assert_eq!(losses.to_string(), "temperature;dropped");
}

#[test]
fn a_misfit_says_where_it_stands() {
    for (body, words) in [
        (r#"{"messages":[]}"#, "model: is missing; a text has to stand here"),
        (
            r#"{"model":"m","messages":[{"role":"user","content":"a"},{"role":"tool","content":"a"}]}"#,
            "messages[1].role: should be `user`, `assistant` or `system`",
        ),
        (
            r#"{"model":"m","messages":[{"role":"user","content":[{"type":"image","source":{"type":"x"}}]}]}"#,
            "messages[0].content[0].source.type: should be `base64`, `url` or `file`",
        ),
        (r#"{"model":"m","messages":[],"tools":[{"name":1}]}"#, "tools[0].name: should be a text"),
    ] {
        let misfit = read_request(body, &mut Losses::default()).unwrap_err();
        assert_eq!(misfit.to_string(), words);
    }
}

#[test]
fn what_nobody_reads_is_named_wherever_it_stands() {
    let body = r#"{"model":"m","x":1,"messages":[{"role":"user","content":"a","x":1}],
        "thinking":{"type":"enabled","budget_tokens":2000,"x":1},"metadata":{"x":1},
        "tools":[{"name":"t","x":1}],"tool_choice":{"type":"auto","x":1},
        "output_config":{"effort":"high","x":1,"format":{"type":"json_schema","schema":{},"x":1}}}"#;
    let mut losses = Losses::default();
    read_request(body, &mut losses).unwrap();
    let mut named: Vec<&str> = losses.named().iter().map(|loss| loss.field.as_ref()).collect();
    named.sort_unstable();
    let all = "messages[].x metadata.x output_config.effort output_config.format.x \
        output_config.x thinking.x tool_choice.x tools[].x x";
    assert_eq!(named.join(" "), all);
}

#[test]
fn a_tool_of_anthropics_own_cannot_be_forced_elsewhere() {
    let body = r#"{"model":"m","messages":[],"tools":[{"type":"web_search_20250305","name":"web_search"}],
        "tool_choice":{"type":"tool","name":"web_search"}}"#;
    let mut losses = Losses::default();
    read_request(body, &mut losses).unwrap();
    let refused: Vec<&str> = losses.refusals(false).map(|loss| loss.field.as_ref()).collect();
    assert_eq!(refused, ["tool_choice.name"]);
}

#[test]
fn a_whole_reply_is_read_and_written() {
    let body = sample("reply_tools.json");
    let reply = read_reply(&body).unwrap();
    let usage = reply.usage.unwrap();
    assert_eq!((usage.input, usage.uncached_input(), usage.output), (2090, 12, 97));
    assert_eq!(usage.reasoning, Some(40));
    assert_eq!(reply.choices[0].stop, Stop::ToolCalls);
    let again = String::from_utf8(write_reply(&reply, &face())).unwrap();
    assert!(again.contains(r#""input":{"what":"lorry","digits":12345678901234567890}"#));
    let mut read = read_reply(&again).unwrap();
    assert_eq!(read.id.as_deref(), Some("msg_01"));
    // Signatures stay with whoever made them.
    for block in &mut read.choices[0].blocks {
        if let Block::Reasoning(thought) = block {
            assert_eq!(thought.signature, None);
            thought.signature = Some("EqoBCkgIARABGAIiQ==".into());
        }
    }
    assert_eq!(read.choices, reply.choices);
    assert_eq!(read.usage, reply.usage);
}

/// The events of a stream that comes in these pieces, and how it ended.
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
    for name in ["stream_tools.json", "stream_failure.json"] {
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
    let (seen, how) = events(&[&wire("stream_tools.json")]);
    assert_eq!(how, Ok((true, true)));
    let calls = seen.iter().filter(|event| event.contains("CallArguments")).collect::<Vec<_>>();
    assert_eq!(calls.len(), 3);
    assert!(calls[2].contains(r#"call: 1, piece: "{}""#), "a call without arguments has none");
    assert!(seen.iter().any(|event| event.contains("input: 2060, output: 97")));
    let (seen, how) = events(&[&wire("stream_failure.json")]);
    assert_eq!(how, Err(Fault::Failed("overloaded_error: Overloaded".to_owned())));
    assert!(seen.last().unwrap().contains("The lorry"));
}

/// Writes a stream and reads what was written.
fn rewritten(stream: &[Event<'_>]) -> Vec<String> {
    let mut writer = StreamWriter::new(face());
    let mut out = Vec::new();
    for event in stream {
        writer.write(event, &mut out).unwrap();
    }
    writer.end(&mut out);
    let (seen, how) = events(&[&out]);
    assert_eq!(how, Ok((true, true)));
    seen
}

fn start() -> Event<'static> {
    Event::Start { id: None, model: None }
}

fn call(call: u32, name: &'static str) -> Event<'static> {
    Event::CallStart {
        choice: 0,
        call,
        id: format!("c.{call}").into(),
        name: name.into(),
        signature: None,
    }
}

fn arguments(call: u32, piece: &'static str) -> Event<'static> {
    Event::CallArguments { choice: 0, call, piece: piece.into() }
}

fn stop(stop: Stop<'static>) -> Event<'static> {
    Event::Stop { choice: 0, stop }
}

#[test]
fn calls_side_by_side_are_written_one_after_the_other() {
    let stream = [
        start(),
        Event::Reasoning { choice: 0, piece: "hm".into() },
        Event::Text { choice: 0, piece: "both".into() },
        call(0, "weigh"),
        arguments(0, "{\"a\":"),
        call(1, "camera"),
        arguments(1, "{}"),
        call(2, "weigh"),
        arguments(2, "{\"b\""),
        arguments(0, "1}"),
        arguments(2, ":2}"),
        stop(Stop::ToolCalls),
        Event::Usage(Usage { input: 9, output: 4, cache_read: Some(2), ..Usage::default() }),
    ];
    let seen = rewritten(&stream);
    let calls: Vec<String> = seen
        .iter()
        .filter(|event| event.starts_with("Call"))
        .map(|event| event.split_once("call: ").unwrap().1.replace(", signature: None", ""))
        .collect();
    assert_eq!(
        calls,
        [
            r#"0, id: "id_c_2e0", name: "weigh" }"#,
            r#"0, piece: "{\"a\":" }"#,
            r#"0, piece: "1}" }"#,
            r#"1, id: "id_c_2e1", name: "camera" }"#,
            r#"1, piece: "{}" }"#,
            r#"2, id: "id_c_2e2", name: "weigh" }"#,
            r#"2, piece: "{\"b\"" }"#,
            r#"2, piece: ":2}" }"#,
        ]
    );
    assert!(seen[seen.len() - 2].contains("input: 9, output: 4, cache_read: Some(2)"));
    assert_eq!(seen.last().unwrap(), "Stop { choice: 0, stop: ToolCalls }");
}

#[test]
fn what_cannot_be_said_any_more_is_an_error_and_not_left_out() {
    let mut writer = StreamWriter::new(face());
    let mut out = Vec::new();
    for event in [call(0, "weigh"), arguments(0, "{"), Event::Text { choice: 0, piece: "x".into() }]
    {
        writer.write(&event, &mut out).unwrap();
    }
    assert!(writer.write(&arguments(0, " "), &mut out).is_ok());
    assert!(writer.write(&arguments(0, "}"), &mut out).is_err());

    let mut writer = StreamWriter::new(face());
    for event in [call(0, "weigh"), call(1, "weigh")] {
        writer.write(&event, &mut out).unwrap();
    }
    let long = "x".repeat(600 << 10);
    let piece = Event::CallArguments { choice: 0, call: 1, piece: long.as_str().into() };
    assert!(writer.write(&piece, &mut out).is_ok());
    assert!(writer.write(&piece, &mut out).is_err());
}

fn text() -> impl Strategy<Value = String> {
    "[a-z\"\\\\\n秤]{1,12}"
}

/// A text that says something.
fn said() -> impl Strategy<Value = String> {
    text().prop_filter("no spaces alone", |text| !text.trim().is_empty())
}

fn schema() -> impl Strategy<Value = String> {
    select(vec![
        r#"{"type":"object"}"#,
        r#"{ "type": "object", "properties": {"t": {"type": "number", "maximum": 1.50}} }"#,
        r#"{"properties":{"t":{"type": "number" }}, "type":"object","additionalProperties":false}"#,
    ])
    .prop_map(str::to_owned)
}

fn id() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_-]{1,12}"
}

fn object() -> impl Strategy<Value = String> {
    select(vec!["{}", r#"{"b": 1.50, "a":12345678901234567890}"#, r#"{"秤":[{"x":null}]}"#])
        .prop_map(str::to_owned)
}

fn media(mime: &'static str) -> impl Strategy<Value = Media<'static>> {
    let source = prop_oneof![
        Just((Source::Inline("AAAA".into()), Some(mime.into()))),
        Just((Source::Url("https://a.example/p".into()), None)),
    ];
    source.prop_map(|(source, mime)| Media { source, mime, name: None, detail: None })
}

fn user_block() -> impl Strategy<Value = Block<'static>> {
    let inner = prop_oneof![
        said().prop_map(|text| Block::Text(text.into())),
        media("image/png").prop_map(Block::Image),
    ];
    let result = (id(), vec(inner, 0..3), any::<bool>()).prop_map(|(call, blocks, failed)| {
        Block::ToolResult(ToolResult { call: call.into(), name: None, blocks, failed })
    });
    prop_oneof![
        3 => said().prop_map(|text| Block::Text(text.into())),
        1 => media("image/png").prop_map(Block::Image),
        1 => media("application/pdf").prop_map(Block::File),
        1 => result,
    ]
}

fn assistant_block() -> impl Strategy<Value = Block<'static>> {
    prop_oneof![
        said().prop_map(|text| Block::Text(text.into())),
        (id(), id(), object()).prop_map(|(id, name, arguments)| {
            Block::ToolCall(ToolCall {
                signature: None,
                id: id.into(),
                name: name.into(),
                arguments: arguments.into(),
            })
        }),
    ]
}

/// A conversation that takes turns, results of tools first in each.
fn turns() -> impl Strategy<Value = Vec<Turn<'static>>> {
    vec((vec(user_block(), 1..4), vec(assistant_block(), 1..4)), 1..3).prop_map(|pairs| {
        let turn = |role, blocks| Turn { role, blocks };
        let pair = |(mut user, assistant): (Vec<Block<'static>>, _)| {
            user.sort_by_key(|block| !matches!(block, Block::ToolResult(_)));
            [turn(Role::User, user), turn(Role::Assistant, assistant)]
        };
        pairs.into_iter().flat_map(pair).collect()
    })
}

fn tool() -> impl Strategy<Value = Tool<'static>> {
    (id(), option::of(text()), schema(), option::of(any::<bool>())).prop_map(
        |(name, description, schema, strict)| Tool {
            name: name.into(),
            description: description.map(Into::into),
            // Calls are held only to what can be held there.
            strict: strict.filter(|strict| !strict || schema.contains("additionalProperties")),
            schema: Some(Json(schema.into())),
            grouped: None,
        },
    )
}

fn request() -> impl Strategy<Value = Request<'static>> {
    let choice = prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::Required),
        Just(ToolChoice::None),
        id().prop_map(|name| ToolChoice::Named(name.into())),
    ];
    let tools = (vec(tool(), 0..3), option::of(choice), any::<bool>());
    let format = prop_oneof![
        Just(Format::Text),
        object().prop_map(|schema| Format::Schema {
            name: None,
            description: None,
            schema: Json(schema.into()),
            strict: Some(true),
        }),
    ];
    let knobs = (
        option::of(select(vec!["0", "0.70", "1"])),
        option::of(select(vec!["0.9", "1e-1"])),
        option::of(0..100u64),
        vec(text().prop_filter("no spaces alone", |text| !text.trim().is_empty()), 0..3),
    );
    let rest =
        (vec(said(), 0..3), turns(), option::of(1..9_000u64), any::<bool>(), option::of(text()));
    (tools, format, knobs, rest).prop_map(|(tools, format, knobs, rest)| {
        let (tools, tool_choice, single) = tools;
        let (temperature, top_p, top_k, stop) = knobs;
        let (system, turns, max_output, stream, end_user) = rest;
        let has_tools = !tools.is_empty();
        let tool_choice = tool_choice.filter(|_| has_tools);
        // There it is a part of the choice.
        let parallel = tool_choice.as_ref().is_some_and(|choice| *choice != ToolChoice::None);
        Request {
            system: system.into_iter().map(Into::into).collect(),
            turns,
            tools,
            tool_choice,
            parallel_tools: (parallel && single).then_some(false),
            max_output: Some(max_output.unwrap_or(4096)),
            sampling: Sampling {
                temperature,
                // It takes one of the two.
                top_p: top_p.filter(|_| temperature.is_none()),
                top_k,
                ..Sampling::default()
            },
            stop: stop.into_iter().map(Into::into).collect(),
            format,
            stream,
            end_user: end_user.map(Into::into),
            ..Request::to("m")
        }
    })
}

fn event() -> impl Strategy<Value = Event<'static>> {
    prop_oneof![
        text().prop_map(|piece| Event::Text { choice: 0, piece: piece.into() }),
        text().prop_map(|piece| Event::Reasoning { choice: 0, piece: piece.into() }),
        Just(Event::Ping),
        (0..50u64).prop_map(|output| Event::Usage(Usage { output, ..Usage::default() })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_written_reads_back_without_loss(request in request()) {
        let mut losses = Losses::default();
        let body = written(&request, &mut losses);
        let again = read_request(&body, &mut losses).unwrap();
        prop_assert!(losses.is_empty(), "{losses}");
        prop_assert_eq!(again, request);
    }

    #[test]
    fn replies_read_back(
        blocks in vec(assistant_block(), 0..4), input in 0..90u64, cached in option::of(0..9u64),
        reason in select(vec![Stop::End, Stop::Length, Stop::Filtered(None), Stop::Paused]),
    ) {
        let usage = Usage {
            input: input + cached.unwrap_or(0), output: 7, cache_read: cached, searches: Some(0),
            ..Usage::default()
        };
        let choice = Choice { blocks, stop: reason, logprobs: None };
        let reply = Reply {
            id: None, model: None, created: None, choices: vec![choice], usage: Some(usage),
        };
        let body = String::from_utf8(write_reply(&reply, &face())).unwrap();
        let again = read_reply(&body).unwrap();
        prop_assert_eq!(again.choices, reply.choices);
        prop_assert_eq!(again.usage, reply.usage);
    }

    #[test]
    fn words_and_thoughts_come_out_of_a_stream_as_they_went_in(
        all in vec(event(), 0..20), at in cuts(),
    ) {
        let mut writer = StreamWriter::new(face());
        let mut out = Vec::new();
        for event in [&[start()], &all[..], &[stop(Stop::End)]].concat() {
            writer.write(&event, &mut out).unwrap();
        }
        writer.end(&mut out);
        let (seen, how) = events(&cut(&out, &at));
        prop_assert_eq!(how, Ok((true, true)));
        let is_word = |event: &&String| {
            ["Text", "Reasoning"].iter().any(|kind| event.starts_with(kind))
        };
        let said: Vec<String> = all.iter().map(|event| format!("{event:?}")).collect();
        let words: Vec<&String> = said.iter().filter(is_word).collect();
        prop_assert_eq!(seen.iter().filter(is_word).collect::<Vec<_>>(), words);
    }

    #[test]
    fn noise_is_refused_and_nothing_worse(bytes in vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = read_request(&text, &mut Losses::default());
        let _ = read_reply(&text);
        let _ = events(&[&bytes]);
    }
}

#[test]
fn blocks_within_blocks_come_to_an_end() {
    let mut nested = String::from("\"deep\"");
    for _ in 0..20_000 {
        nested = format!(r#"[{{"type":"tool_result","tool_use_id":"t","content":{nested}}}]"#);
        if nested.len() > 200_000 {
            break;
        }
    }
    let request = format!(r#"{{"model":"m","messages":[{{"role":"user","content":{nested}}}]}}"#);
    let misfit = read_request(&request, &mut Losses::default()).unwrap_err().to_string();
    assert!(misfit.ends_with("has blocks within blocks within blocks"), "{misfit}");
    let reply = format!(r#"{{"type":"message","content":{nested}}}"#);
    assert!(read_reply(&reply).is_err());
}

#[test]
fn what_says_nothing_is_no_turn_and_no_block() {
    let said = |text: &'static str| Block::Text(text.into());
    let turn = |role, blocks| Turn { role, blocks };
    let request = Request {
        system: vec![" ".into()],
        turns: vec![
            turn(Role::User, vec![said("a"), said("\n\n")]),
            turn(Role::Assistant, vec![said("")]),
            turn(Role::Assistant, vec![said("\n\n"), said("b")]),
        ],
        tools: vec![Tool {
            name: "t".into(),
            description: None,
            schema: Some(Json("{}".into())),
            strict: None,
            grouped: None,
        }],
        max_output: Some(9),
        ..Request::to("m")
    };
    let body = written(&request, &mut Losses::default());
    let tool = r#"{"name":"t","input_schema":{"type":"object","properties":{}}}"#;
    let turns = r#"{"role":"user","content":"a"},{"role":"assistant","content":"b"}"#;
    let expected =
        format!(r#"{{"model":"m","max_tokens":9,"messages":[{turns}],"tools":[{tool}]}}"#);
    assert_eq!(body, expected);
}

#[test]
fn a_terminator_before_a_stop_reason_is_no_end() {
    let wire = String::from_utf8(wire("stream_tools.json")).unwrap();
    let at = wire.find("event: message_delta").unwrap();
    let cut =
        format!("{}event: message_stop\ndata: {{\"type\":\"message_stop\"}}\n\n", &wire[..at]);
    assert!(events(&[cut.as_bytes()]).1.is_err());
}
