//! A whole reply.

use serde_json::value::RawValue;

use super::{
    contents::{has_broken_call, write_answer},
    fields::Fields,
    finish::{broken_finish_word, finish_word, read_finish},
    logprobs::{read_logprobs, write_logprobs},
    part::read_parts,
    searches::Searches,
    usage::{read_usage, write_usage},
};
use crate::canon::{Block, Choice, Face, Losses, Reply, Stop};
use crate::json::{object::Misfit, writer};

/// Reads the body of a reply. A prompt that was held back is one answer without content.
///
/// # Errors
/// When the body is not of this flavor, or has neither answers nor a reason for having none.
pub fn read_reply(body: &str) -> Result<Reply<'_>, Misfit> {
    let mut root = Fields::parse(body)?;
    let mut made = 0;
    let mut choices = Vec::new();
    let mut searches = Searches::default();
    let (id, model) = (root.text("responseId")?, root.text("modelVersion")?);
    searches.answered_by(model.as_deref());
    for (at, candidate) in root.list("candidates")?.unwrap_or_default().into_iter().enumerate() {
        let choice = read_choice(candidate, &mut made, &mut searches);
        choices.push(choice.map_err(|misfit| misfit.within(at).at("candidates"))?);
    }
    if choices.is_empty() {
        let stop = read_block(&mut root)?.ok_or_else(|| Misfit::new("has no candidates"))?;
        choices.push(Choice { blocks: Vec::new(), stop, logprobs: None });
    }
    let usage = match root.object("usageMetadata")? {
        Some(usage) => {
            let read = read_usage(usage, searches.count());
            read.map_err(|misfit| misfit.at("usageMetadata"))?
        }
        None => None,
    };
    Ok(Reply { id, model, created: None, choices, usage })
}

/// Why the prompt was held back, if it was.
pub(super) fn read_block<'a>(root: &mut Fields<'a>) -> Result<Option<Stop<'a>>, Misfit> {
    let Some(mut feedback) = root.object("promptFeedback")? else { return Ok(None) };
    let reason = feedback.text("blockReason").map_err(|misfit| misfit.at("promptFeedback"))?;
    Ok(reason.map(|reason| Stop::Filtered(Some(reason))))
}

fn read_choice<'a>(
    candidate: &'a RawValue,
    made: &mut u32,
    searches: &mut Searches,
) -> Result<Choice<'a>, Misfit> {
    let mut candidate = Fields::read(candidate)?;
    searches.note(&mut candidate);
    let blocks = read_content(&mut candidate, made)?;
    let calls = blocks.iter().any(|block| matches!(block, Block::ToolCall(_)));
    let word = candidate.text("finishReason")?;
    let stop = read_finish(word.unwrap_or("FINISH_REASON_UNSPECIFIED".into()), calls);
    let logprobs = candidate.object("logprobsResult")?;
    let logprobs = logprobs.map(read_logprobs).transpose();
    let logprobs = logprobs.map_err(|misfit| misfit.at("logprobsResult"))?;
    Ok(Choice { blocks, stop, logprobs })
}

/// Reads the content of a candidate, which may have none.
pub(super) fn read_content<'a>(
    candidate: &mut Fields<'a>,
    made: &mut u32,
) -> Result<Vec<Block<'a>>, Misfit> {
    let Some(mut content) = candidate.object("content")? else { return Ok(Vec::new()) };
    let read = content
        .list("parts")
        .and_then(|parts| read_parts(&parts.unwrap_or_default(), made, &mut Losses::default()));
    read.map_err(|misfit| misfit.at("content"))
}

/// Writes the body of a reply.
///
/// A call whose arguments are no object, as one that was cut off, is left out, and the reason to
/// finish says so: nobody may run half of it.
pub fn write_reply(reply: &Reply<'_>, face: &Face) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.list("candidates", |candidates| {
            for (index, choice) in (0_u64..).zip(&reply.choices) {
                candidates.object(|candidate| {
                    candidate.object("content", |content| {
                        content.list("parts", |parts| write_answer(parts, &choice.blocks));
                        content.text("role", "model");
                    });
                    let is_broken = has_broken_call(&choice.blocks);
                    let word = if is_broken { broken_finish_word } else { finish_word };
                    candidate.text("finishReason", word(&choice.stop));
                    candidate.whole("index", index);
                    if let Some(logprobs) = &choice.logprobs {
                        write_logprobs(candidate, logprobs);
                    }
                });
            }
        });
        if let Some(usage) = &reply.usage {
            root.object("usageMetadata", |members| write_usage(members, usage));
        }
        root.text("modelVersion", &face.model);
        root.text("responseId", &face.id);
    });
    out
}
