//! Reading a whole reply.

use serde_json::value::RawValue;

use super::{
    assistant::{self, CallIds},
    content, finish, usage,
};
use crate::{
    canon::{Block, Choice, Json, Losses, Reply, Stop, Text},
    json::{Misfit, Object, object},
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
    for (at, choice) in (0_u64..).zip(choices) {
        let read = read_choice(choice, at);
        let place = usize::try_from(at).unwrap_or_default();
        indexed.push(read.map_err(|misfit| misfit.within(place).at("choices"))?);
    }
    indexed.sort_by_key(|(index, _)| *index);
    Ok(Reply {
        id: said(body.text("id")?),
        model: said(body.text("model")?),
        // Some servers count in fractions, which nobody asks for.
        created: body.number("created")?.and_then(|seconds| seconds.parse().ok()),
        choices: indexed.into_iter().map(|(_, choice)| choice).collect(),
        usage: body.take("usage").and_then(usage::read),
    })
}

/// An answer and its index; `at` is where it stands.
fn read_choice(choice: &RawValue, at: u64) -> Result<(u64, Choice<'_>), Misfit> {
    let mut choice = Object::read(choice)?;
    let index = choice.whole("index")?.unwrap_or(at);
    let message = choice.object("message")?;
    let mut message = message.ok_or_else(|| Misfit::new("is missing").at("message"))?;
    // A spoken answer was not asked for: requests that do are refused.
    message.take("audio");
    // What a reply has more than its caller's flavor can hold, nobody asked for.
    let mut losses = Losses::default();
    let blocks =
        assistant::read(&mut message, content::of_message, &mut CallIds::default(), &mut losses);
    let blocks = blocks.map_err(|misfit| misfit.at("message"))?;
    let has_calls = blocks.iter().any(|block| matches!(block, Block::ToolCall(_)));
    let stop = read_stop(&mut choice)?.unwrap_or_else(|| Stop::Other(Text::default()));
    let logprobs = choice.take("logprobs").map(Json::of);
    Ok((index, Choice { blocks, stop: stop.with_calls(has_calls), logprobs }))
}

/// Takes out why an answer ended; nothing where that is not said. Some servers say it with an empty
/// text that it has not ended.
pub(crate) fn read_stop<'a>(choice: &mut Object<'a>) -> Result<Option<Stop<'a>>, Misfit> {
    let reason = said(choice.text("finish_reason")?);
    // The text that it stopped at, or a token's number, on some servers.
    let matched = choice.take("stop_reason").filter(|matched| object::is_text(matched));
    let matched = matched.map(object::text).transpose().map_err(|it| it.at("stop_reason"))?;
    Ok(reason.map(|reason| finish::read(reason, matched)))
}

/// A text that is not empty.
pub(crate) fn said(text: Option<Text<'_>>) -> Option<Text<'_>> {
    text.filter(|text| !text.is_empty())
}
