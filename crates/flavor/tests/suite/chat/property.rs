//! Any conversation that the flavor can say survives writing and reading.

use proptest::{collection::vec, option, prelude::*};
use weighbridge_flavor::{
    canon::{
        Block, Effort, Event, Format, Json, Losses, Media, Reasoning, Request, Role, Sampling,
        Source, Text, Thinking, Tool, ToolCall, ToolChoice, ToolResult, Turn, Usage,
    },
    openai::chat::{StreamReader, read_request, write_request},
    sse::EventReader,
};

use super::{conversation::request, target};
use crate::generate::{cut, cuts, damaged, object};

fn words() -> impl Strategy<Value = Text<'static>> {
    "[ -~秤é🚚\n\"\\\\]{1,12}".prop_map(Text::Owned)
}

fn name() -> impl Strategy<Value = Text<'static>> {
    "[a-z_]{1,8}".prop_map(Text::Owned)
}

fn json() -> impl Strategy<Value = Json<'static>> {
    object().prop_map(|text| Json(Text::Owned(text.trim().to_owned())))
}

fn media() -> impl Strategy<Value = Block<'static>> {
    let data = || "[A-Za-z0-9+/]{4,16}";
    let detail = option::of(prop_oneof![Just("low"), Just("high")].prop_map(Text::from));
    let inline = |data: String, mime: &'static str| Media {
        source: Source::Inline(data.into()),
        mime: Some(mime.into()),
        name: None,
        detail: None,
    };
    prop_oneof![
        (data(), detail).prop_map(move |(data, detail)| {
            Block::Image(Media { detail, ..inline(data, "image/png") })
        }),
        "https://[a-z]{1,9}/[a-z,]{0,5}".prop_map(|url| {
            let source = Source::Url(url.into());
            Block::Image(Media { source, mime: None, name: None, detail: None })
        }),
        data().prop_map(move |data| Block::Audio(inline(data, "audio/mpeg"))),
        (data(), name()).prop_map(move |(data, name)| {
            Block::File(Media { name: Some(name), ..inline(data, "application/pdf") })
        }),
    ]
}

fn thoughts() -> impl Strategy<Value = Vec<Block<'static>>> {
    let thought = (option::of(words()), option::of(words()), option::of(words()));
    let thought = thought.prop_filter_map("something", |(text, signature, sealed)| {
        let any = text.is_some() || signature.is_some() || sealed.is_some();
        let text = text.unwrap_or_default();
        any.then_some(Block::Reasoning(Reasoning { text, signature, sealed }))
    });
    vec(thought, 0..3)
}

fn turn() -> impl Strategy<Value = Turn<'static>> {
    let text = || words().prop_map(Block::Text);
    let call = (name(), name(), json())
        .prop_map(|(id, name, json)| Block::ToolCall(ToolCall { id, name, arguments: json.0 }));
    let result = (name(), vec(text(), 0..3)).prop_map(|(call, blocks)| {
        Block::ToolResult(ToolResult { call, name: None, blocks, failed: false })
    });
    let refusal = words().prop_map(Block::Refusal);
    let assistant = (thoughts(), option::of(text()), option::of(refusal), vec(call, 0..3));
    prop_oneof![
        vec(prop_oneof![text(), media()], 0..4).prop_map(|it| (Role::User, it)),
        vec(result, 1..3).prop_map(|it| (Role::User, it)),
        text().prop_map(|it| (Role::System, vec![it])),
        assistant.prop_map(|(mut blocks, text, refusal, calls)| {
            blocks.extend(text.into_iter().chain(refusal).chain(calls));
            (Role::Assistant, blocks)
        }),
    ]
    .prop_map(|(role, blocks)| Turn { role, blocks })
}

/// Turns as they are read: what comes before the first turn is no turn, and neighbouring results are
/// one.
fn turns() -> impl Strategy<Value = Vec<Turn<'static>>> {
    vec(turn(), 0..6).prop_map(|turns| {
        let mut read: Vec<Turn<'_>> = Vec::new();
        let is_result = |block: &Block<'_>| matches!(block, Block::ToolResult(_));
        for mut turn in turns {
            let results = turn.blocks.iter().any(is_result);
            match read.last_mut() {
                None if turn.role == Role::System => {}
                Some(last) if results && last.blocks.iter().any(is_result) => {
                    last.blocks.append(&mut turn.blocks);
                }
                _ => read.push(turn),
            }
        }
        read
    })
}

fn format() -> impl Strategy<Value = Format<'static>> {
    let schema = (name(), option::of(words()), json(), option::of(any::<bool>()));
    prop_oneof![
        Just(Format::Text),
        Just(Format::Json),
        schema.prop_map(|(name, description, schema, strict)| {
            Format::Schema { name: Some(name), description, schema, strict }
        }),
    ]
}

fn sampling() -> impl Strategy<Value = Sampling<'static>> {
    let number = || {
        option::of(prop::sample::select(vec!["0", "1.50", "-2", "1e-3", "12345678901234567890"]))
    };
    (number(), number(), number(), number(), number(), option::of(json())).prop_map(|it| Sampling {
        temperature: it.0,
        top_p: it.1,
        top_k: None,
        seed: it.2,
        presence_penalty: it.3,
        frequency_penalty: it.4,
        logit_bias: it.5,
    })
}

fn tools() -> impl Strategy<Value = (Vec<Tool<'static>>, Option<ToolChoice<'static>>, Option<bool>)>
{
    let tool = (name(), option::of(words()), option::of(json()), option::of(any::<bool>()));
    let tool = tool.prop_map(|(name, description, schema, strict)| Tool {
        name,
        description,
        schema,
        strict,
    });
    let choice = prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::None),
        Just(ToolChoice::Required),
        name().prop_map(ToolChoice::Named),
    ];
    prop_oneof![
        Just((Vec::new(), None, None)),
        (vec(tool, 1..3), option::of(choice), option::of(any::<bool>())),
    ]
}

fn requests() -> impl Strategy<Value = Request<'static>> {
    let thinking = prop_oneof![
        Just(Thinking::Off),
        Just(Thinking::Effort(Some(Effort::Minimal))),
        Just(Thinking::Effort(Some(Effort::Max))),
    ];
    let knobs = (option::of(1..9_u64), vec(words(), 0..3), option::of(thinking), 1..4_u64);
    let flags = (any::<bool>(), option::of(0..5_u64), option::of(words()), option::of(words()));
    (turns(), tools(), sampling(), format(), knobs, flags).prop_map(
        |(turns, (tools, tool_choice, parallel_tools), sampling, format, knobs, flags)| {
            let (max_output, stop, thinking, n) = knobs;
            let (stream, logprobs, end_user, system) = flags;
            Request {
                system: system.into_iter().collect(),
                tools,
                tool_choice,
                parallel_tools,
                max_output,
                sampling,
                stop,
                format,
                thinking,
                n,
                logprobs: logprobs.filter(|_| !stream),
                stream,
                end_user,
                ..request(turns)
            }
        },
    )
}

proptest! {
    #[test]
    fn a_request_survives_writing_and_reading(request in requests()) {
        let mut losses = Losses::default();
        let written = String::from_utf8(write_request(&request, &target(), &mut losses)).unwrap();
        prop_assert!(losses.is_empty(), "{losses}");
        let read = read_request(&written, &mut losses).unwrap();
        prop_assert!(losses.is_empty(), "{losses}");
        prop_assert_eq!(read, request);
    }

    #[test]
    fn no_request_is_too_odd(body in damaged(requests().prop_map(|request| {
        write_request(&request, &target(), &mut Losses::default())
    }))) {
        if let Ok(body) = std::str::from_utf8(&body) {
            let mut losses = Losses::default();
            if let Ok(request) = read_request(body, &mut losses) {
                write_request(&request, &target(), &mut losses);
            }
        }
    }

    /// Whatever comes, every answer begins with a start, and has nothing after its end.
    #[test]
    fn no_stream_is_too_odd(
        stream in damaged(vec(chunk(), 0..6).prop_map(|chunks| chunks.concat().into_bytes())),
        cuts in cuts(),
    ) {
        let mut events = EventReader::new(1 << 16);
        let mut reader = StreamReader::new();
        let mut started = false;
        let mut stopped = Vec::new();
        let mut used = Usage::default();
        for piece in cut(&stream, &cuts) {
            events.push(bytes::Bytes::copy_from_slice(piece));
            while let Some(event) = events.next_event().unwrap() {
                let _fault = reader.read(&event, &mut |event| match event {
                    Event::Start { .. } => assert!(!std::mem::replace(&mut started, true)),
                    Event::Usage(later) => used = used.or_later(later),
                    Event::Stop { choice, .. } => {
                        assert!(started && !stopped.contains(&choice));
                        stopped.push(choice);
                    }
                    Event::Text { choice, .. } | Event::CallStart { choice, .. }
                    | Event::CallArguments { choice, .. } => {
                        assert!(started && !stopped.contains(&choice));
                    }
                    _ => assert!(started),
                });
            }
        }
    }
}

fn chunk() -> impl Strategy<Value = String> {
    let delta = prop::sample::select(vec![
        r#"{"content":"a"}"#,
        r#"{"content":null,"reasoning":"b","tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"{"}}]}"#,
        r#"{"tool_calls":[{"index":1,"function":{"arguments":"}"}},{"function":{"name":"g"}}]}"#,
        r#"{"function_call":{"name":"f","arguments":"{}"}}"#,
        "{}",
    ]);
    let finish = prop::sample::select(vec!["null", "null", "\"stop\"", "\"\"", "\"odd\""]);
    (0..3_u8, delta, finish).prop_map(|(index, delta, finish)| {
        format!(
            "data: {{\"choices\":[{{\"index\":{index},\"delta\":{delta},\"finish_reason\":{finish}}}],\"usage\":{{\"prompt_tokens\":1,\"completion_tokens\":2}}}}\n\n"
        )
    })
}
