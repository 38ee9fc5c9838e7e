//! Reading a whole reply.

use serde_json::value::RawValue;

use super::logprobs;
use crate::{
    canon::{Block, Choice, Reply, Stop, Text},
    json::{Misfit, Object},
    openai::chat,
};

/// Reads a whole reply.
///
/// # Errors
/// When it is no object with answers, or a field is not what has to stand there. A provider's error
/// is no reply.
pub fn read_reply(body: &str) -> Result<Reply<'_>, Misfit> {
    let mut body = Object::parse(body)?;
    if body.take("error").is_some() {
        return Err(Misfit::new("stands in the place of a reply").at("error"));
    }
    let choices = body.list("choices")?;
    let choices =
        choices.ok_or_else(|| Misfit::new("is missing; a list has to stand here").at("choices"))?;
    let mut indexed = Vec::with_capacity(choices.len());
    for (at, choice) in choices.into_iter().enumerate() {
        let read = read_choice(choice, at);
        indexed.push(read.map_err(|misfit| misfit.within(at).at("choices"))?);
    }
    indexed.sort_by_key(|(index, _)| *index);
    Ok(Reply {
        id: chat::said(body.text("id")?),
        model: chat::said(body.text("model")?),
        created: body.number("created")?.and_then(|seconds| seconds.parse().ok()),
        choices: indexed.into_iter().map(|(_, choice)| choice).collect(),
        usage: body.take("usage").and_then(chat::read_usage),
    })
}

/// An answer and its index; `at` is where it stands.
fn read_choice(choice: &RawValue, at: usize) -> Result<(u64, Choice<'_>), Misfit> {
    let mut choice = Object::read(choice)?;
    let index = choice.whole("index")?.unwrap_or(u64::try_from(at).unwrap_or(u64::MAX));
    let text = choice.needed_text("text")?;
    let blocks = if text.is_empty() { Vec::new() } else { vec![Block::Text(text)] };
    let stop = chat::read_finish(&mut choice)?.unwrap_or_else(|| Stop::Other(Text::default()));
    let logprobs = choice.take("logprobs").and_then(logprobs::to_chat);
    Ok((index, Choice { blocks, stop, logprobs }))
}
