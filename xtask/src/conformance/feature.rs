//! What a caller may ask for, one thing at a time.

use std::borrow::Cow;

use weighbridge_flavor::canon::{
    Block, Effort, Format, Grouped, Json, Media, Reasoning, Request, Role, Source, Thinking, Tool,
    ToolCall, ToolChoice, ToolResult, Turn,
};

type Asked = Request<'static>;

/// One thing that a request may ask for.
pub(crate) struct Feature {
    /// What people call it.
    pub(crate) name: &'static str,
    /// Puts it into a request.
    pub(crate) put: fn(&mut Asked),
    /// Whether it is in a request, as it was put there.
    pub(crate) is_in: fn(&Request<'_>) -> bool,
}

impl Feature {
    /// A request that asks for this, and for a sentence.
    pub(crate) fn request(&self) -> Asked {
        let mut request = Request::to("asked");
        request.turns.push(user(Block::Text("Hello.".into())));
        request.max_output = Some(300);
        (self.put)(&mut request);
        request
    }
}

const fn feature(
    name: &'static str,
    put: fn(&mut Asked),
    is_in: fn(&Request<'_>) -> bool,
) -> Feature {
    Feature { name, put, is_in }
}

const SCHEMA: &str = r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}"#;

const LIMITED: &str = r#"{"type":"object","properties":{"a":{"type":"number","maximum":7}},"required":["a"],"additionalProperties":false}"#;

/// All that the canonical form has.
pub(crate) const ALL: &[Feature] = &[
    feature("text", |_| {}, |it| blocks(it).any(|block| is_text(block, "Hello."))),
    feature(
        "a conversation",
        |it| {
            it.turns.push(model(Block::Text("Yes?".into())));
            it.turns.push(user(Block::Text("What is it?".into())));
        },
        |it| it.turns.len() == 3,
    ),
    feature(
        "a system prompt",
        |it| it.system.push("Be short.".into()),
        |it| it.system.iter().any(|text| text.contains("Be short.")),
    ),
    feature(
        "a system message in the midst",
        |it| {
            it.turns.push(model(Block::Text("Yes?".into())));
            it.turns.push(Turn { role: Role::System, blocks: vec![Block::Text("Now.".into())] });
            it.turns.push(user(Block::Text("What is it?".into())));
        },
        |it| it.turns.iter().any(|turn| turn.role == Role::System),
    ),
    feature(
        "an image",
        |it| it.turns.push(user(Block::Image(inline("image/png")))),
        |it| blocks(it).any(|block| matches!(block, Block::Image(it) if is_inline(it))),
    ),
    feature(
        "an image at an address",
        |it| {
            let source = Source::Url("https://example.com/a.png".into());
            let media = Media { source, ..inline("image/png") };
            it.turns.push(user(Block::Image(media)));
        },
        |it| {
            let is_url = |media: &Media<'_>| matches!(media.source, Source::Url(_));
            blocks(it).any(|block| matches!(block, Block::Image(it) if is_url(it)))
        },
    ),
    feature(
        "a sound",
        |it| it.turns.push(user(Block::Audio(inline("audio/wav")))),
        |it| blocks(it).any(|block| matches!(block, Block::Audio(_))),
    ),
    feature(
        "a PDF",
        |it| it.turns.push(user(Block::File(inline("application/pdf")))),
        |it| blocks(it).any(|block| matches!(block, Block::File(_))),
    ),
    feature("tools", |it| it.tools.push(tool(None)), |it| it.tools.len() == 1),
    feature(
        "a strict tool",
        |it| it.tools.push(Tool { strict: Some(true), ..tool(None) }),
        |it| it.tools.iter().any(|tool| tool.strict == Some(true)),
    ),
    feature(
        "a group of tools",
        |it| {
            let grouped = Grouped { group: "yard".into(), name: "weigh".into() };
            it.tools.push(Tool { name: "yard__weigh".into(), ..tool(Some(grouped)) });
        },
        |it| it.tools.iter().any(|tool| tool.grouped.is_some()),
    ),
    feature(
        "a tool that must be called",
        |it| choose(it, ToolChoice::Required),
        |it| it.tool_choice == Some(ToolChoice::Required),
    ),
    feature(
        "a named tool",
        |it| choose(it, ToolChoice::Named("weigh".into())),
        |it| matches!(it.tool_choice, Some(ToolChoice::Named(_))),
    ),
    feature(
        "no tool this time",
        |it| choose(it, ToolChoice::None),
        |it| it.tool_choice == Some(ToolChoice::None) || it.tools.is_empty(),
    ),
    feature(
        "one tool at a time",
        |it| {
            choose(it, ToolChoice::Auto);
            it.parallel_tools = Some(false);
        },
        |it| it.parallel_tools == Some(false),
    ),
    feature("a tool's result", |it| round(it, false, vec![]), |it| result(it).is_some()),
    feature(
        "a failed tool",
        |it| round(it, true, vec![]),
        |it| result(it).is_some_and(|result| result.failed),
    ),
    feature(
        "a result with an image",
        |it| round(it, false, vec![Block::Image(inline("image/png"))]),
        |it| {
            let has =
                |it: &ToolResult<'_>| it.blocks.iter().any(|it| matches!(it, Block::Image(_)));
            result(it).is_some_and(has)
        },
    ),
    feature("a limit of the answer", |_| {}, |it| it.max_output == Some(300)),
    feature(
        "temperature",
        |it| it.sampling.temperature = Some("0.5"),
        |it| it.sampling.temperature == Some("0.5"),
    ),
    feature(
        "temperature above 1",
        |it| it.sampling.temperature = Some("1.5"),
        |it| it.sampling.temperature == Some("1.5"),
    ),
    feature(
        "temperature beside top_p",
        |it| {
            it.sampling.temperature = Some("0.5");
            it.sampling.top_p = Some("0.9");
        },
        |it| it.sampling.temperature.is_some() && it.sampling.top_p.is_some(),
    ),
    feature("top_p", |it| it.sampling.top_p = Some("0.9"), |it| it.sampling.top_p == Some("0.9")),
    feature("top_k", |it| it.sampling.top_k = Some(40), |it| it.sampling.top_k == Some(40)),
    feature("seed", |it| it.sampling.seed = Some("7"), |it| it.sampling.seed == Some("7")),
    feature(
        "presence penalty",
        |it| it.sampling.presence_penalty = Some("0.5"),
        |it| it.sampling.presence_penalty.is_some(),
    ),
    feature(
        "frequency penalty",
        |it| it.sampling.frequency_penalty = Some("0.5"),
        |it| it.sampling.frequency_penalty.is_some(),
    ),
    feature(
        "logit bias",
        |it| it.sampling.logit_bias = Some(json(r#"{"50256":-100}"#)),
        |it| it.sampling.logit_bias.is_some(),
    ),
    feature("stop sequences", |it| it.stop.push("END".into()), |it| it.stop.len() == 1),
    feature("JSON", |it| it.format = Format::Json, |it| it.format == Format::Json),
    feature(
        "JSON of a schema",
        |it| {
            it.format = Format::Schema {
                name: Some("answer".into()),
                description: None,
                schema: json(SCHEMA),
                strict: Some(true),
            };
        },
        |it| matches!(it.format, Format::Schema { .. }),
    ),
    feature(
        "a schema with limits of values",
        |it| {
            it.format = Format::Schema {
                name: Some("answer".into()),
                description: None,
                schema: json(LIMITED),
                strict: Some(true),
            };
        },
        |it| matches!(&it.format, Format::Schema { schema, .. } if schema.as_str().contains("\"maximum\"")),
    ),
    feature(
        "no thinking",
        |it| it.thinking = Some(Thinking::Off),
        |it| it.thinking == Some(Thinking::Off),
    ),
    feature(
        "thinking by effort",
        |it| {
            it.max_output = Some(40_000);
            it.thinking = Some(Thinking::Effort(Some(Effort::High)));
        },
        |it| it.thinking == Some(Thinking::Effort(Some(Effort::High))),
    ),
    feature(
        "thinking by tokens",
        |it| {
            it.max_output = Some(20_000);
            it.thinking = Some(Thinking::Budget(5000));
        },
        |it| it.thinking == Some(Thinking::Budget(5000)),
    ),
    feature(
        "thoughts of earlier turns",
        |it| {
            let thought = Reasoning { text: "Hm.".into(), ..Reasoning::default() };
            let blocks = vec![Block::Reasoning(thought), Block::Text("Yes?".into())];
            it.turns.push(Turn { role: Role::Assistant, blocks });
            it.turns.push(user(Block::Text("What is it?".into())));
        },
        |it| blocks(it).any(|block| matches!(block, Block::Reasoning(_))),
    ),
    feature(
        "a refusal in an earlier turn",
        |it| {
            it.turns.push(model(Block::Refusal("No.".into())));
            it.turns.push(user(Block::Text("Why?".into())));
        },
        |it| blocks(it).any(|block| matches!(block, Block::Refusal(_))),
    ),
    feature("several answers", |it| it.n = 2, |it| it.n == 2),
    feature("logprobs", |it| it.logprobs = Some(3), |it| it.logprobs == Some(3)),
    feature(
        "whom the caller calls for",
        |it| it.end_user = Some("u-1".into()),
        |it| it.end_user.is_some(),
    ),
];

fn user(block: Block<'static>) -> Turn<'static> {
    Turn { role: Role::User, blocks: vec![block] }
}

fn model(block: Block<'static>) -> Turn<'static> {
    Turn { role: Role::Assistant, blocks: vec![block] }
}

fn inline(mime: &'static str) -> Media<'static> {
    Media {
        source: Source::Inline(content(mime).into()),
        mime: Some(mime.into()),
        name: (mime == "application/pdf").then_some("a.pdf".into()),
        detail: None,
    }
}

/// The first bytes of such a file, in base64: some dialects go by them.
fn content(mime: &str) -> &'static str {
    match mime {
        "image/png" => "iVBORw0KGgo=",
        "audio/wav" => "UklGRgAAAABXQVZF",
        _ => "JVBERi0=",
    }
}

fn is_inline(media: &Media<'_>) -> bool {
    matches!(media.source, Source::Inline(_))
}

fn is_text(block: &Block<'_>, words: &str) -> bool {
    matches!(block, Block::Text(text) if text.contains(words))
}

fn json(text: &'static str) -> Json<'static> {
    Json(Cow::Borrowed(text))
}

fn tool(grouped: Option<Grouped<'static>>) -> Tool<'static> {
    Tool {
        name: "weigh".into(),
        description: Some("Weighs.".into()),
        schema: Some(json(SCHEMA)),
        strict: None,
        grouped,
    }
}

fn choose(request: &mut Asked, choice: ToolChoice<'static>) {
    request.tools.push(tool(None));
    request.tool_choice = Some(choice);
}

/// A call of a tool, and what came of it.
fn round(request: &mut Asked, failed: bool, more: Vec<Block<'static>>) {
    request.tools.push(tool(None));
    request.turns.push(model(Block::ToolCall(ToolCall {
        id: "call_1".into(),
        name: "weigh".into(),
        arguments: r#"{"a":"b"}"#.into(),
        signature: None,
    })));
    let mut blocks = vec![Block::Text("12 t".into())];
    blocks.extend(more);
    let result = ToolResult { call: "call_1".into(), name: None, blocks, failed };
    request.turns.push(user(Block::ToolResult(result)));
}

fn blocks<'r, 'a>(request: &'r Request<'a>) -> impl Iterator<Item = &'r Block<'a>> {
    request.turns.iter().flat_map(|turn| &turn.blocks)
}

fn result<'r, 'a>(request: &'r Request<'a>) -> Option<&'r ToolResult<'a>> {
    blocks(request).find_map(|block| match block {
        Block::ToolResult(result) => Some(result),
        _ => None,
    })
}
