//! Every dialect to every other: what becomes of the samples, for people to read, and that nothing
//! is lost without being named (invariant F3).

use std::fmt::Write as _;
use std::{fs, path::PathBuf};

use proptest::{collection::vec, option, prelude::*, sample::select};
use weighbridge_flavor::canon::{
    Block, Face, Json, Losses, Request, Role, Sampling, Target, Tool, ToolCall, ToolChoice,
    ToolNames, ToolResult, Turn,
};
use weighbridge_flavor::convert::{self, Asked};
use weighbridge_flavor::course::{Course, Way};
use weighbridge_flavor::dialect::{Dialect, Path};

/// Samples by dialect: requests, replies, streams.
const SAMPLES: [(Dialect, [&[&str]; 3]); 9] = [
    (
        Dialect::Chat,
        [
            &["openai/chat_convert_agent.json", "openai/chat_convert_rich.json"],
            &["openai/chat_convert_reply.json"],
            &["openai/chat_stream_tools.json"],
        ],
    ),
    (
        Dialect::Completion,
        [
            &["openai/completion_request.json"],
            &["openai/completion_reply.json"],
            &["openai/completion_stream.json"],
        ],
    ),
    (
        Dialect::Responses,
        [
            &["openai/responses_request_agent.json"],
            &["openai/responses_reply.json"],
            &["openai/responses_stream.json"],
        ],
    ),
    (
        Dialect::Messages,
        [
            &["anthropic/request_agent.json"],
            &["anthropic/reply_tools.json"],
            &["anthropic/stream_tools.json"],
        ],
    ),
    (
        Dialect::Gemini,
        [
            &["gemini/request.json", "gemini/request_tools.json"],
            &["gemini/reply.json", "gemini/reply_blocked.json"],
            &["gemini/stream_tools.json"],
        ],
    ),
    (
        Dialect::OllamaChat,
        [
            &["ollama/chat_request.json", "ollama/chat_request_stock.json"],
            &["ollama/chat_reply.json"],
            &["ollama/chat_stream_tools.json"],
        ],
    ),
    (
        Dialect::OllamaGenerate,
        [
            &["ollama/generate_request.json"],
            &["ollama/generate_reply.json"],
            &["ollama/generate_stream.json"],
        ],
    ),
    (
        Dialect::AogChat,
        [
            &["aog/request.json", "aog/request_tools.json", "aog/request_stock.json"],
            &["aog/reply.json", "aog/reply_tools.json"],
            &["aog/stream.json", "aog/stream_tools.json"],
        ],
    ),
    (
        Dialect::AogGenerate,
        [
            &["aog/generate_request.json"],
            &["aog/generate_reply.json"],
            &["aog/generate_stream.json"],
        ],
    ),
];

const PATH: Path<'static> = Path { model: "asked", stream: false };

fn sample(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The body in a sample that says more than that of itself.
fn body(name: &str) -> String {
    let text = sample(name);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    for member in ["body", "wire", "request", "reply"] {
        if value.get("about").is_some()
            && let Some(body) = value.get(member)
        {
            return body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        }
    }
    text
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

fn others(from: Dialect) -> impl Iterator<Item = Dialect> {
    Dialect::ALL.into_iter().filter(move |to| *to != from)
}

fn show(of: usize, what: impl Fn(Dialect, &str) -> String) {
    for (from, samples) in SAMPLES {
        for name in samples[of] {
            insta::assert_snapshot!(name.replace('/', "_").replace(".json", ""), what(from, name));
        }
    }
}

#[test]
fn requests_become_requests() {
    show(0, |from, name| {
        let mut shown = String::new();
        for to in others(from) {
            let body = body(name);
            let made = Asked::read(from, &body, PATH).unwrap().write(to, &target());
            let (losses, made) = (made.losses, String::from_utf8(made.body).unwrap());
            writeln!(shown, "{}\n{made}\nlost: {losses}\n", to.as_str()).unwrap();
        }
        shown
    });
}

#[test]
fn replies_become_replies() {
    show(1, |from, name| {
        let mut shown = String::new();
        for to in others(from) {
            let made = convert::reply(from, to, &body(name), &face()).unwrap();
            let (body, usage) = (String::from_utf8(made.body).unwrap(), made.usage);
            writeln!(shown, "{}\n{body}\n{usage:?}\n", to.as_str()).unwrap();
        }
        shown
    });
}

#[test]
fn streams_become_streams() {
    show(2, |from, name| {
        let mut shown = String::new();
        let sample: serde_json::Value = serde_json::from_str(&sample(name)).unwrap();
        let pieces = sample["wire"].as_array().unwrap();
        for to in others(from) {
            let way = Way { from, to: Some((to, face())), strip_usage: false, max_event: 1 << 16 };
            let mut course = Course::new(way);
            writeln!(shown, "{}", to.as_str()).unwrap();
            for piece in pieces {
                let piece = piece.as_str().unwrap().to_owned();
                let relay = course.push(piece.into()).unwrap();
                shown.push_str(std::str::from_utf8(&relay.forward).unwrap());
                if let Some(held) = relay.held {
                    writeln!(shown, "held:\n{}", String::from_utf8_lossy(&held)).unwrap();
                }
            }
            writeln!(shown, "{:?}\n", course.close().unwrap()).unwrap();
        }
        shown
    });
}

fn text() -> impl Strategy<Value = String> {
    "[a-z\"\\\\秤 ]{0,6}[a-z秤]"
}

fn tool() -> impl Strategy<Value = Tool<'static>> {
    ("[a-z]{1,8}", text()).prop_map(|(name, description)| Tool {
        grouped: None,
        name: name.into(),
        description: Some(description.into()),
        schema: Some(Json(
            r#"{"type":"object","properties":{"what":{"type":"string"}},"required":["what"]}"#
                .into(),
        )),
        strict: None,
    })
}

/// A call, and what came of it.
fn round() -> impl Strategy<Value = [Turn<'static>; 2]> {
    let arguments = select(vec!["{}", r#"{"what":"lorry","t":12345678901234567890}"#]);
    ("[a-z]{1,8}", "[a-z0-9]{6}", arguments, text()).prop_map(|(name, id, arguments, result)| {
        let id = format!("id_{id}");
        let call = Block::ToolCall(ToolCall {
            id: id.clone().into(),
            name: name.into(),
            arguments: arguments.into(),
            signature: None,
        });
        let blocks = vec![Block::Text(result.into())];
        let result = ToolResult { call: id.into(), name: None, blocks, failed: false };
        [
            Turn { role: Role::Assistant, blocks: vec![call] },
            Turn { role: Role::User, blocks: vec![Block::ToolResult(result)] },
        ]
    })
}

/// What every dialect of chats can say.
fn request() -> impl Strategy<Value = Request<'static>> {
    let said =
        |role| text().prop_map(move |text| Turn { role, blocks: vec![Block::Text(text.into())] });
    let turns = (
        said(Role::User),
        vec((said(Role::Assistant), said(Role::User)), 0..2),
        option::of(round()),
    )
        .prop_map(|(first, more, round)| {
            let mut turns = vec![first];
            turns.extend(more.into_iter().flat_map(|(one, other)| [one, other]));
            turns.extend(round.into_iter().flatten());
            turns
        });
    let knobs = (option::of(select(vec!["0", "0.5", "1"])), option::of(Just("0.9")), 1..9000u64);
    (option::of(text()), turns, vec(tool(), 0..3), knobs, vec(text(), 0..2)).prop_map(
        |(system, turns, tools, (temperature, top_p, max_output), stop)| {
            let tool_choice = (!tools.is_empty()).then_some(ToolChoice::Auto);
            Request {
                system: system.into_iter().map(Into::into).collect(),
                turns,
                tools,
                tool_choice,
                max_output: Some(max_output),
                sampling: Sampling { temperature, top_p, ..Sampling::default() },
                stop: stop.into_iter().map(Into::into).collect(),
                ..Request::to("asked")
            }
        },
    )
}

/// A free choice of tools is what no word about it means, too, and so is a schema that need not be
/// kept to.
fn plain<'a>(request: &Request<'a>) -> Request<'a> {
    let mut plain = request.clone();
    plain.tool_choice = plain.tool_choice.filter(|choice| *choice != ToolChoice::Auto);
    for tool in &mut plain.tools {
        tool.strict = tool.strict.filter(|strict| *strict);
    }
    plain
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn there_and_back_nothing_is_lost_that_is_not_named(request in request()) {
        let same = Target { model: "asked".into(), ..target() };
        let is_prompt = |it: &_| matches!(it, Dialect::Completion | Dialect::OllamaGenerate | Dialect::AogGenerate);
        let chats = Dialect::ALL.into_iter().filter(|it| !is_prompt(it));
        for from in chats.clone() {
            let mut before = Losses::default();
            let first = String::from_utf8(from.write_request(&request, &same, &mut before)).unwrap();
            let said = from.read_request(&first, PATH, &mut before).unwrap();
            for to in chats.clone().filter(|to| *to != from) {
                let there = Asked::read(from, &first, PATH).unwrap().write(to, &same);
                let losses = there.losses;
                let there = String::from_utf8(there.body).unwrap();
                let back = Asked::read(to, &there, PATH).unwrap().write(from, &same);
                let unnamed = losses.is_empty() && back.losses.is_empty();
                let back = String::from_utf8(back.body).unwrap();
                let again = from.read_request(&back, PATH, &mut Losses::default()).unwrap();
                if unnamed {
                    prop_assert_eq!(plain(&again), plain(&said), "{:?} to {:?}: {}", from, to, there);
                } else {
                    // What is named are knobs: the words are there.
                    prop_assert_eq!(&again.turns, &said.turns, "{:?} to {:?}: {}", from, to, losses);
                    prop_assert_eq!(&again.system, &said.system);
                }
            }
        }
    }
}
