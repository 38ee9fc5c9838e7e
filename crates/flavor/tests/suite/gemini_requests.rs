//! Canonical requests that Gemini can say without loss.

use proptest::{collection::vec, option, prelude::*, sample::select};
use weighbridge_flavor::canon::{
    Block, Effort, Format, Json, Media, Reasoning, Request, Role, Sampling, Source, Text, Thinking,
    Tool, ToolCall, ToolChoice, ToolResult, Turn,
};

fn text() -> impl Strategy<Value = Text<'static>> {
    "[a-z秤\"\\\\\n{}\\[]{1,12}".prop_map(Text::from)
}

fn signature() -> impl Strategy<Value = Text<'static>> {
    "[A-Za-z0-9+/]{4,16}=".prop_map(Text::from)
}

fn json() -> impl Strategy<Value = &'static str> {
    select(vec!["{}", r#"{ "z":1.50, "a":12345678901234567890}"#, r#"{"a":{"b":[null,"秤"]}}"#])
}

fn media() -> impl Strategy<Value = Block<'static>> {
    let source = prop_oneof![
        Just(Source::Inline("iVBORw0KGgo=".into())),
        Just(Source::Url("https://a.example/b".into())),
        Just(Source::Id("gs://yard/7".into())),
    ];
    (source, 0..3_u8).prop_map(|(source, kind)| {
        let media = |mime: &'static str| Media {
            source: source.clone(),
            mime: Some(mime.into()),
            name: None,
            detail: None,
        };
        match kind {
            0 => Block::Image(media("image/png")),
            1 => Block::Audio(media("audio/wav")),
            _ => Block::File(media("application/pdf")),
        }
    })
}

fn thought() -> impl Strategy<Value = Block<'static>> {
    let words = (text(), option::of(signature()));
    let bare = signature().prop_map(|signature| (Text::default(), Some(signature)));
    prop_oneof![words, bare]
        .prop_map(|(text, signature)| Block::Reasoning(Reasoning { text, signature, sealed: None }))
}

fn said() -> impl Strategy<Value = Block<'static>> {
    prop_oneof![text().prop_map(Block::Text), media()]
}

/// Results: a text that is none, one or a JSON value, and then anything else.
fn result_blocks() -> impl Strategy<Value = Vec<Block<'static>>> {
    let text = prop_oneof![text(), json().prop_map(Text::from)].prop_map(Block::Text);
    (option::of(text), vec(media(), 0..2))
        .prop_map(|(text, media)| text.into_iter().chain(media).collect())
}

type Call = (String, &'static str, Option<Text<'static>>, Vec<Block<'static>>, bool);

fn call() -> impl Strategy<Value = Call> {
    ("[a-z_]{1,8}", json(), option::of(signature()), result_blocks(), any::<bool>())
}

/// A question, an answer with calls, and what they came to.
fn round() -> impl Strategy<Value = (Vec<Block<'static>>, Vec<Block<'static>>, Vec<Call>)> {
    let answer = prop_oneof![text().prop_map(Block::Text), thought()];
    (vec(said(), 1..3), vec(answer, 1..4), vec(call(), 1..3))
}

fn turns() -> impl Strategy<Value = Vec<Turn<'static>>> {
    vec(round(), 1..4).prop_map(|rounds| {
        let mut turns: Vec<Turn<'static>> = Vec::new();
        for (number, (asked, mut answered, calls)) in rounds.into_iter().enumerate() {
            match turns.last_mut() {
                Some(last) => last.blocks.extend(asked),
                None => turns.push(Turn { role: Role::User, blocks: asked }),
            }
            let mut results = Vec::new();
            for (at, (name, arguments, signature, blocks, failed)) in calls.into_iter().enumerate()
            {
                let id = format!("c{number}.{at}");
                answered.push(Block::ToolCall(ToolCall {
                    id: id.clone().into(),
                    name: name.clone().into(),
                    arguments: arguments.into(),
                    signature,
                }));
                let (call, name) = (id.into(), Some(name.into()));
                results.push(Block::ToolResult(ToolResult { call, name, blocks, failed }));
            }
            turns.push(Turn { role: Role::Assistant, blocks: answered });
            turns.push(Turn { role: Role::User, blocks: results });
        }
        turns
    })
}

fn sampling() -> impl Strategy<Value = Sampling<'static>> {
    let number = || option::of(select(vec!["0", "0.70", "1e-1", "-2", "1.0"]));
    let numbers = (number(), number(), number(), number(), number(), option::of(any::<u64>()));
    numbers.prop_map(|(temperature, top_p, seed, presence_penalty, frequency_penalty, top_k)| {
        Sampling {
            temperature,
            top_p,
            top_k,
            seed,
            presence_penalty,
            frequency_penalty,
            logit_bias: None,
        }
    })
}

fn tools() -> impl Strategy<Value = (Vec<Tool<'static>>, Option<ToolChoice<'static>>)> {
    let tool = ("[a-z_]{1,8}", option::of(text()), option::of(json()));
    let choice = option::of(prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::Required),
        Just(ToolChoice::None),
        text().prop_map(ToolChoice::Named),
    ]);
    (vec(tool, 0..3), choice, any::<bool>()).prop_map(|(tools, choice, strict)| {
        let strict = strict && choice == Some(ToolChoice::Auto);
        let tools = tools.into_iter().map(|(name, description, schema)| Tool {
            grouped: None,
            name: name.into(),
            description,
            schema: schema.map(|schema| Json(schema.into())),
            strict: strict.then_some(true),
        });
        (tools.collect(), choice)
    })
}

fn format() -> impl Strategy<Value = Format<'static>> {
    let schema = json().prop_map(|schema| Format::Schema {
        name: None,
        description: None,
        schema: Json(schema.into()),
        strict: None,
    });
    prop_oneof![Just(Format::Text), Just(Format::Json), schema]
}

fn thinking() -> impl Strategy<Value = (Option<Thinking>, Option<bool>)> {
    let efforts = vec![Effort::Minimal, Effort::Low, Effort::Medium, Effort::High];
    let thinking = prop_oneof![
        option::of(select(efforts)).prop_map(Thinking::Effort),
        (1..100_000_u64).prop_map(Thinking::Budget),
    ];
    prop_oneof![
        Just((None, None)),
        any::<bool>().prop_map(|shown| (None, Some(shown))),
        (thinking, any::<bool>()).prop_map(|(thinking, shown)| (Some(thinking), Some(shown))),
    ]
}

pub(crate) fn request() -> impl Strategy<Value = Request<'static>> {
    let whole = (vec(text(), 0..3), turns(), tools(), sampling(), format(), thinking());
    let numbers = (option::of(any::<u64>()), vec(text(), 0..3), 1..4_u64, option::of(0..20_u64));
    (whole, numbers, any::<bool>()).prop_map(|(whole, numbers, stream)| {
        let (system, turns, (tools, tool_choice), sampling, format, thinking) = whole;
        let (max_output, stop, n, logprobs) = numbers;
        Request {
            model: "weigher".into(),
            system,
            turns,
            tools,
            tool_choice,
            parallel_tools: None,
            max_output,
            sampling,
            stop,
            format,
            thinking: thinking.0,
            show_thinking: thinking.1,
            n,
            made: None,
            logprobs,
            stream,
            end_user: None,
            searches: false,
        }
    })
}
