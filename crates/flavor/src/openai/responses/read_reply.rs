//! A whole response.

use super::names::Names;
use super::{read_item, searches, stop, usage};
use crate::canon::{Block, Choice, Json, Losses, Reply, Text};
use crate::json::object::{self, Misfit, Object};

/// Reads a whole reply.
///
/// # Errors
/// [`Misfit`] for what is none, and for one that says that it failed.
pub fn read_reply(body: &str) -> Result<Reply<'_>, Misfit> {
    let mut root = Object::parse(body)?;
    if root.needed_text("object")? != "response" {
        return Err(Misfit::new("should be `response`").at("object"));
    }
    if let Some(error) = root.object("error")? {
        return Err(Misfit::new(stop::failure(Some(error))).at("error"));
    }
    let wrong = || Misfit::new("is missing; a list of items has to stand here").at("output");
    let output = root.list("output")?.ok_or_else(wrong)?;
    // Of a reply nothing is reported as lost: whoever asked for what only OpenAI has was told.
    let (names, mut unreported) = (Names::default(), Losses::default());
    let (mut blocks, mut logprobs) = (Vec::new(), Vec::new());
    let searches = searches::count(&output);
    for (index, value) in output.into_iter().enumerate() {
        let at = |misfit: Misfit| misfit.within(index).at("output");
        let item = read_item::read(value, &names, &mut unreported).map_err(at)?;
        if let Some(item) = item {
            if item.message {
                tokens(value, &mut logprobs).map_err(at)?;
            }
            blocks.extend(item.blocks);
        }
    }
    let calls = blocks.iter().any(|block| matches!(block, Block::ToolCall(_)));
    let stop = stop::read(&mut root, calls)?;
    let usage = root.object("usage")?;
    let usage = usage.map(|usage| usage::read(usage, searches)).transpose();
    let usage = usage.map_err(|misfit| misfit.at("usage"))?;
    Ok(Reply {
        id: root.text("id")?,
        model: root.text("model")?,
        created: created(&mut root)?,
        choices: vec![Choice { blocks, stop, logprobs: joined(&logprobs) }],
        usage,
    })
}

/// OpenAI's own type says that it need not be whole.
fn created(root: &mut Object<'_>) -> Result<Option<u64>, Misfit> {
    let Some(number) = root.number("created_at")? else { return Ok(None) };
    Ok(number.split('.').next().and_then(|whole| whole.parse().ok()))
}

/// Takes how likely the tokens of a message were.
fn tokens<'a>(
    message: &'a serde_json::value::RawValue,
    into: &mut Vec<&'a str>,
) -> Result<(), Misfit> {
    let Some(content) = Object::read(message)?.take("content") else { return Ok(()) };
    if object::is_text(content) {
        return Ok(());
    }
    for part in object::list(content)? {
        let list = Object::read(part)?.list("logprobs")?.unwrap_or_default();
        into.extend(list.into_iter().map(|token| token.get()));
    }
    Ok(())
}

/// The same in the form of chat completions.
fn joined(tokens: &[&str]) -> Option<Json<'static>> {
    if tokens.is_empty() {
        return None;
    }
    Some(Json(Text::Owned(format!(r#"{{"content":[{}],"refusal":null}}"#, tokens.join(",")))))
}
