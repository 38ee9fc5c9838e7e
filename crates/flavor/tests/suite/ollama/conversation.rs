//! Requests such as a conversation has them, every block in the place that Ollama has for it.

use proptest::{collection::vec, option, prelude::*};
use weighbridge_flavor::canon::{
    Block, Effort, Format, Json, Media, Reasoning, Request, Role, Sampling, Source, Thinking, Tool,
    ToolCall, ToolResult, Turn,
};

use crate::generate::object;

const PNG: &str = "iVBORw0KGgo=";

fn words() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z \"\\\\\n]{1,12}", "\\PC{1,12}"]
}

fn arguments() -> impl Strategy<Value = String> {
    object().prop_map(|text| text.trim().to_owned())
}

fn image() -> Block<'static> {
    let source = Source::Inline(PNG.into());
    Block::Image(Media { source, mime: Some("image/png".into()), name: None, detail: None })
}

fn user() -> impl Strategy<Value = Turn<'static>> {
    (0..3_usize, words()).prop_map(|(images, text)| {
        let mut blocks = vec![image(); images];
        blocks.push(Block::Text(text.into()));
        Turn { role: Role::User, blocks }
    })
}

fn system() -> impl Strategy<Value = Turn<'static>> {
    words().prop_map(|text| Turn { role: Role::System, blocks: vec![Block::Text(text.into())] })
}

/// The model's turn, and a result for each of its calls.
fn assistant() -> impl Strategy<Value = Vec<Turn<'static>>> {
    let calls = vec(("[a-z]{1,6}", arguments(), words(), any::<u64>()), 0..3);
    (option::of(words()), words(), calls).prop_map(|(thinking, text, calls)| {
        let thought = |text: String| Reasoning { text: text.into(), ..Reasoning::default() };
        let mut blocks: Vec<_> = thinking.map(thought).map(Block::Reasoning).into_iter().collect();
        blocks.push(Block::Text(text.into()));
        let mut turns = Vec::new();
        for (name, arguments, result, id) in calls {
            let (id, name) = (format!("call_r{id}"), std::borrow::Cow::from(name));
            let call = id.clone().into();
            let arguments = arguments.into();
            blocks.push(Block::ToolCall(ToolCall {
                id: id.into(),
                name: name.clone(),
                arguments,
                signature: None,
            }));
            let blocks = vec![Block::Text(result.into())];
            let result = ToolResult { call, name: Some(name), blocks, failed: false };
            turns.push(Turn { role: Role::User, blocks: vec![Block::ToolResult(result)] });
        }
        turns.insert(0, Turn { role: Role::Assistant, blocks });
        turns
    })
}

fn tool() -> impl Strategy<Value = Tool<'static>> {
    (words(), option::of(words()), arguments()).prop_map(|(name, description, schema)| Tool {
        grouped: None,
        name: name.into(),
        description: description.map(Into::into),
        schema: Some(Json(schema.into())),
        strict: None,
    })
}

fn format() -> impl Strategy<Value = Format<'static>> {
    prop_oneof![
        Just(Format::Text),
        Just(Format::Json),
        arguments().prop_map(|schema| {
            let schema = Json(schema.into());
            Format::Schema { name: None, description: None, schema, strict: None }
        }),
    ]
}

fn thinking() -> impl Strategy<Value = Option<Thinking>> {
    prop::sample::select(vec![
        None,
        Some(Thinking::Off),
        Some(Thinking::Effort(None)),
        Some(Thinking::Effort(Some(Effort::Low))),
        Some(Thinking::Effort(Some(Effort::Max))),
    ])
}

pub(super) fn request() -> impl Strategy<Value = Request<'static>> {
    let turn = prop_oneof![
        2 => user().prop_map(|turn| vec![turn]),
        1 => system().prop_map(|turn| vec![turn]),
        2 => assistant(),
    ];
    let conversation = (vec(words(), 0..3), user(), vec(turn, 0..6));
    let knobs = (
        option::of(any::<u64>().prop_map(|most| most >> 1)),
        option::of(prop::sample::select(vec!["0", "1.0", "0.70", "1e-1", "-2"])),
        option::of(0..1000_u64),
        vec(words(), 0..3),
        any::<bool>(),
        option::of(0..=20_u64),
    );
    (conversation, vec(tool(), 0..3), knobs, format(), thinking()).prop_map(
        |((system, first, turns), tools, knobs, format, thinking)| {
            let (max_output, number, top_k, stop, stream, logprobs) = knobs;
            let sampling = Sampling {
                temperature: number,
                top_p: number,
                top_k,
                seed: number,
                presence_penalty: number,
                frequency_penalty: number,
                logit_bias: None,
            };
            Request {
                model: "m".into(),
                system: system.into_iter().map(Into::into).collect(),
                turns: std::iter::once(first).chain(turns.into_iter().flatten()).collect(),
                tools,
                tool_choice: None,
                parallel_tools: None,
                max_output,
                sampling,
                stop: stop.into_iter().map(Into::into).collect(),
                format,
                thinking,
                show_thinking: thinking.filter(|it| *it != Thinking::Off).map(|_| true),
                n: 1,
                made: None,
                logprobs: logprobs.filter(|_| !stream),
                stream,
                end_user: None,
                searches: false,
            }
        },
    )
}
