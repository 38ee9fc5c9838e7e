//! Any conversation that the flavor can say survives writing and reading.

use proptest::{collection::vec, option, prelude::*};
use weighbridge_flavor::{
    canon::{
        Block, Choice, Effort, Event, Format, Json, Losses, Media, Reasoning, Reply, Request, Role,
        Sampling, Source, Stop, Text, Thinking, Tool, ToolCall, ToolChoice, ToolResult, Turn,
        Usage,
    },
    openai::chat::{
        StreamReader, StreamWriter, read_reply, read_request, write_reply, write_request,
    },
    sse::EventReader,
};

use super::{conversation::request, face, target};
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
    let is_plain = |block: &Block<'_>| match block {
        Block::Reasoning(it) => it.signature.is_none() && it.sealed.is_none(),
        _ => false,
    };
    // Words alone are one thought: they stand in one field.
    vec(thought, 0..3).prop_map(move |mut thoughts| {
        if thoughts.iter().all(is_plain) {
            thoughts.truncate(1);
        }
        thoughts
    })
}

/// What a model says, in the order in which it is read.
fn assistant() -> impl Strategy<Value = Vec<Block<'static>>> {
    let text = option::of(words().prop_map(Block::Text));
    let refusal = option::of(words().prop_map(Block::Refusal));
    let call = (name(), name(), json()).prop_map(|(id, name, json)| {
        Block::ToolCall(ToolCall { id, name, arguments: json.0, signature: None })
    });
    (thoughts(), text, refusal, vec(call, 0..3)).prop_map(|(mut blocks, text, refusal, calls)| {
        blocks.extend(text.into_iter().chain(refusal).chain(calls));
        blocks
    })
}

fn turn() -> impl Strategy<Value = Turn<'static>> {
    let text = || words().prop_map(Block::Text);
    let result = (name(), vec(text(), 0..2)).prop_map(|(call, blocks)| {
        Block::ToolResult(ToolResult { call, name: None, blocks, failed: false })
    });
    prop_oneof![
        vec(prop_oneof![text(), media()], 0..4).prop_map(|it| (Role::User, it)),
        vec(result, 1..3).prop_map(|it| (Role::User, it)),
        text().prop_map(|it| (Role::System, vec![it])),
        assistant().prop_map(|blocks| (Role::Assistant, blocks)),
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
        grouped: None,
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

pub(crate) fn requests() -> impl Strategy<Value = Request<'static>> {
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

pub(crate) fn replies() -> impl Strategy<Value = Reply<'static>> {
    let stop = prop::sample::select(vec![
        Stop::End,
        Stop::Length,
        Stop::Filtered(None),
        Stop::Other("odd".into()),
    ]);
    let choice = (assistant(), stop, option::of(json())).prop_map(|(blocks, stop, logprobs)| {
        let calls = blocks.iter().any(|block| matches!(block, Block::ToolCall(_)));
        Choice { blocks, stop: stop.with_calls(calls), logprobs }
    });
    let usage = vec(1..1000_u64, 5).prop_map(|parts| Usage {
        input: parts[0] + parts[1],
        output: parts[2] + parts[3],
        cache_read: Some(parts[0]),
        reasoning: Some(parts[2]),
        audio_output: Some(parts[4]),
        ..Usage::default()
    });
    (vec(choice, 1..3), option::of(usage)).prop_map(|(choices, usage)| Reply {
        id: Some("chatcmpl-k7".into()),
        model: Some(face().model.into()),
        created: Some(face().created),
        choices,
        usage,
    })
}

/// A stream of one answer whose calls come side by side, and each with arguments.
pub(crate) fn streams() -> impl Strategy<Value = Vec<Event<'static>>> {
    vec((0..7_u8, words(), any::<prop::sample::Index>()), 0..12).prop_map(|pieces| {
        let choice = 0;
        let mut calls: Vec<bool> = Vec::new();
        let mut events: Vec<_> = pieces
            .into_iter()
            .filter_map(|(kind, piece, at)| match kind {
                0 => Some(Event::Text { choice, piece }),
                1 => Some(Event::Reasoning { choice, piece }),
                2 => Some(Event::Refusal { choice, piece }),
                3 => Some(Event::Signature { choice, signature: piece }),
                4 => Some(Event::Sealed { choice, sealed: piece }),
                5 => {
                    let call = u32::try_from(calls.len()).unwrap();
                    calls.push(false);
                    let id = format!("id_{call}").into();
                    Some(Event::CallStart { choice, call, id, name: piece, signature: None })
                }
                _ if calls.is_empty() => None,
                _ => {
                    let call = at.index(calls.len());
                    calls[call] = true;
                    let call = u32::try_from(call).unwrap();
                    Some(Event::CallArguments { choice, call, piece })
                }
            })
            .collect();
        for (call, _) in (0..).zip(&calls).filter(|(_, argued)| !**argued) {
            events.push(Event::CallArguments { choice, call, piece: "{}".into() });
        }
        let stop = Stop::End.with_calls(!calls.is_empty());
        events.push(Event::Stop { choice, stop });
        events.push(Event::Usage(Usage { input: 3, output: 2, ..Usage::default() }));
        let (id, model) = (Some("chatcmpl-k7".into()), Some(face().model.into()));
        events.insert(0, Event::Start { id, model });
        events
    })
}

proptest! {
    #[test]
    fn a_stream_survives_writing_and_reading(events in streams(), cuts in cuts()) {
        let mut writer = StreamWriter::new(face());
        let mut out = Vec::new();
        for event in &events {
            writer.write(event, &mut out);
        }
        writer.end(&mut out);
        let mut stream = EventReader::new(1 << 16);
        let mut reader = StreamReader::new();
        let mut read = Vec::new();
        for piece in cut(&out, &cuts) {
            stream.push(bytes::Bytes::copy_from_slice(piece));
            while let Some(event) = stream.next_event().unwrap() {
                reader.read(&event, &mut |event| read.push(format!("{event:?}"))).unwrap();
            }
        }
        let expected: Vec<_> = events.iter().map(|event| format!("{event:?}")).collect();
        prop_assert_eq!(read, expected);
        prop_assert!(reader.is_finished() && reader.is_over());
    }

    #[test]
    fn a_reply_survives_writing_and_reading(reply in replies()) {
        let written = String::from_utf8(write_reply(&reply, &face())).unwrap();
        prop_assert_eq!(read_reply(&written).unwrap(), reply);
    }

    #[test]
    fn no_reply_is_too_odd(body in damaged(replies().prop_map(|it| write_reply(&it, &face())))) {
        if let Some(reply) = std::str::from_utf8(&body).ok().and_then(|it| read_reply(it).ok()) {
            write_reply(&reply, &face());
        }
    }

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
