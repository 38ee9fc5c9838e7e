//! What one object of a reply says: the whole of one, or a line of a stream.

use serde_json::value::RawValue;

use super::{Mode, created, media, stop, tools};
use crate::canon::{Block, Stop, Text, ToolCall, Usage};
use crate::json::{Misfit, Object};

/// The most tokens that a figure is believed: a million millions. What is beyond it was not counted.
const MOST_TOKENS: u64 = 1_000_000_000_000;

/// What one object of a reply says.
#[derive(Debug)]
pub(super) struct Said<'a> {
    pub(super) model: Option<Text<'a>>,
    pub(super) created: Option<u64>,
    pub(super) thinking: Text<'a>,
    pub(super) words: Text<'a>,
    pub(super) images: Vec<Block<'a>>,
    pub(super) calls: Vec<ToolCall<'a>>,
    pub(super) done: bool,
    pub(super) logprobs: Option<&'a RawValue>,
    reason: Option<Text<'a>>,
    usage: Option<Usage>,
}

impl<'a> Said<'a> {
    pub(super) fn read(mode: Mode, members: &mut Object<'a>) -> Result<Self, Misfit> {
        let done = members.flag("done")?.unwrap_or(false);
        let created = members.text("created_at")?.and_then(|text| created::read(&text));
        let model = members.text("model")?;
        let reason = members.text("done_reason")?.filter(|reason| !reason.is_empty());
        let logprobs = members.take("logprobs");
        let usage = usage(members);
        let said = Self {
            model,
            created,
            thinking: Text::default(),
            words: Text::default(),
            images: Vec::new(),
            calls: Vec::new(),
            done,
            logprobs,
            reason,
            usage,
        };
        match mode {
            Mode::Generate => said.with(members, "response"),
            Mode::Chat => match members.object("message")? {
                Some(mut message) => {
                    said.with(&mut message, "content").map_err(|misfit| misfit.at("message"))
                }
                None => Ok(said),
            },
        }
    }

    fn with(self, members: &mut Object<'a>, words: &str) -> Result<Self, Misfit> {
        Ok(Self {
            thinking: members.text("thinking")?.unwrap_or_default(),
            words: members.text(words)?.unwrap_or_default(),
            images: media::read(members)?,
            calls: tools::read_calls(members, None)?,
            ..self
        })
    }

    /// Why it ended; only of one that is done. `calls` says whether any were asked for, here or
    /// before.
    pub(super) fn stop(&self, calls: bool) -> Stop<'a> {
        stop::read(self.reason.clone(), calls)
    }

    /// What was used, where that is said.
    pub(super) fn usage(&self) -> Option<Usage> {
        self.usage
    }
}

/// What was used. A figure that is nothing is left out by servers, and so the other one speaks for
/// both: a prompt that was all in the cache has none.
fn usage(members: &mut Object<'_>) -> Option<Usage> {
    let mut tokens = |name| {
        let figure: Option<u64> = members.take(name).and_then(|value| value.get().parse().ok());
        figure.filter(|tokens| *tokens <= MOST_TOKENS)
    };
    let (input, output) = (tokens("prompt_eval_count"), tokens("eval_count"));
    (input.is_some() || output.is_some()).then(|| Usage {
        input: input.unwrap_or(0),
        output: output.unwrap_or(0),
        ..Usage::default()
    })
}
