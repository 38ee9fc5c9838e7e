//! What tools came to: `functionResponse`.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{fields::Fields, media};
use crate::canon::{Block, Losses, Text, ToolResult};
use crate::json::object::{Misfit, is_text, text};
use crate::json::writer::Members;

/// What an object with one member says.
enum Said<'a> {
    /// The tool came to this text.
    Result(Text<'a>),
    /// The tool failed with these words.
    Error(Text<'a>),
    /// The object itself is the result.
    Whole,
}

/// Reads a `functionResponse`.
pub(super) fn read_result<'a>(
    mut result: Fields<'a>,
    losses: &mut Losses,
) -> Result<ToolResult<'a>, Misfit> {
    let call = result.text("id")?.unwrap_or_default();
    let name = result.needed_text("name")?;
    let response = result.take("response")?;
    let (text, failed) = match response.map(|it| said(it).map(|said| (it, said))).transpose() {
        Ok(None) => (Text::default(), false),
        Ok(Some((_, Said::Result(text)))) => (text, false),
        Ok(Some((_, Said::Error(text)))) => (text, true),
        Ok(Some((whole, Said::Whole))) => (Cow::Borrowed(whole.get()), false),
        Err(misfit) => return Err(misfit.at("response")),
    };
    let mut blocks = Vec::new();
    if !text.is_empty() {
        blocks.push(Block::Text(text));
    }
    for (at, part) in result.list("parts")?.unwrap_or_default().iter().enumerate() {
        let block = read_media(part, losses);
        blocks.push(block.map_err(|misfit| misfit.within(at).at("parts"))?);
    }
    result.note_rest("contents[].parts[].functionResponse.", losses);
    Ok(ToolResult { call, name: Some(name), blocks, failed })
}

fn read_media<'a>(part: &'a RawValue, losses: &mut Losses) -> Result<Block<'a>, Misfit> {
    let path = "contents[].parts[].functionResponse.parts[].";
    let mut part = Fields::read(part)?;
    let block = if let Some(data) = part.object("inlineData")? {
        media::read_inline(data, path, losses).map_err(|it| it.at("inlineData"))?
    } else if let Some(data) = part.object("fileData")? {
        media::read_file(data, path, losses).map_err(|it| it.at("fileData"))?
    } else {
        return Err(Misfit::new("should have inlineData or fileData"));
    };
    part.note_rest(path, losses);
    Ok(block)
}

/// Tells the wrapping of a text from an object that a tool came to.
fn said(response: &RawValue) -> Result<Said<'_>, Misfit> {
    let fields = Fields::read(response)?;
    let mut members = fields.rest();
    let (Some((name, value)), None) = (members.next(), members.next()) else {
        return Ok(Said::Whole);
    };
    match name {
        "result" | "output" if is_text(value) => text(value).map(Said::Result),
        "error" if is_text(value) => text(value).map(Said::Error),
        "error" => Ok(Said::Error(Cow::Borrowed(value.get()))),
        _ => Ok(Said::Whole),
    }
}

/// Writes what belongs into a `functionResponse`. `name` is the tool's.
pub(super) fn write_result(
    response: &mut Members<'_>,
    result: &ToolResult<'_>,
    name: &str,
    losses: &mut Losses,
) {
    if !result.call.is_empty() {
        response.text("id", &result.call);
    }
    response.text("name", name);
    let text = joined(&result.blocks, losses);
    match (result.failed, whole(&text), json_value(&text)) {
        (false, Some(whole), _) => response.raw("response", whole.get()),
        (false, None, _) => response.object("response", |it| it.text("result", &text)),
        (true, _, Some(value)) => response.object("response", |it| it.raw("error", value.get())),
        (true, _, None) => response.object("response", |it| it.text("error", &text)),
    }
    let is_media =
        |it: &&Block<'_>| matches!(it, Block::Image(_) | Block::Audio(_) | Block::File(_));
    let media: Vec<_> = result.blocks.iter().filter(is_media).collect();
    let reached = media.into_iter().filter(|block| media::is_reachable(block, losses));
    let reached: Vec<_> = reached.collect();
    if !reached.is_empty() {
        response.list("parts", |parts| {
            for block in reached {
                parts.object(|part| media::write_media(part, block, losses));
            }
        });
    }
}

/// All texts of a result, line by line.
fn joined<'a>(blocks: &'a [Block<'_>], losses: &mut Losses) -> Cow<'a, str> {
    let mut texts = blocks.iter().filter_map(|block| match block {
        Block::Text(text) | Block::Refusal(text) => Some(text.as_ref()),
        _ => None,
    });
    let Some(first) = texts.next() else { return Cow::Borrowed("") };
    let rest: Vec<&str> = texts.collect();
    if rest.is_empty() {
        return Cow::Borrowed(first);
    }
    losses.approximated("tool_result.content", "a result is one text there");
    Cow::Owned(format!("{first}\n{}", rest.join("\n")))
}

/// The text as an object that can stand without wrapping: one that would be read as itself.
fn whole(text: &str) -> Option<&RawValue> {
    let value = json_value(text).filter(|value| value.get().starts_with('{'))?;
    matches!(said(value), Ok(Said::Whole)).then_some(value)
}

/// The text as JSON, if it is an object or a list and nothing stands around it.
fn json_value(text: &str) -> Option<&RawValue> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str::<&RawValue>(text).ok().filter(|value| value.get() == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::writer;

    fn written(text: &'static str, failed: bool) -> String {
        let blocks = vec![Block::Text(text.into())];
        let result = ToolResult { call: "".into(), name: None, blocks, failed };
        let mut out = Vec::new();
        writer::object(&mut out, |it| write_result(it, &result, "f", &mut Losses::default()));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_text_is_wrapped_and_an_object_stands_as_it_is() {
        for (text, failed, response) in [
            ("12.4 t", false, r#"{"result":"12.4 t"}"#),
            ("no lorry", true, r#"{"error":"no lorry"}"#),
            (r#"{ "t":12.40 }"#, false, r#"{ "t":12.40 }"#),
            (r#"{"t":1,"t":2}"#, false, r#"{"result":"{\"t\":1,\"t\":2}"}"#),
            (r#"{"result":"x"}"#, false, r#"{"result":"{\"result\":\"x\"}"}"#),
            (r#"{"result":1}"#, false, r#"{"result":1}"#),
            (r#"{"code":7}"#, true, r#"{"error":{"code":7}}"#),
            ("[1", true, r#"{"error":"[1"}"#),
        ] {
            let document = format!(r#"{{"name":"f","response":{response}}}"#);
            assert_eq!(written(text, failed), document);
            let fields = Fields::parse(&document).unwrap();
            let back = read_result(fields, &mut Losses::default()).unwrap();
            assert_eq!(back.blocks, [Block::Text(text.into())]);
            assert_eq!(back.failed, failed);
        }
    }

    #[test]
    fn the_word_of_googles_guide_for_a_result_is_known() {
        let fields = Fields::parse(r#"{"name":"f","response":{"output":"x"}}"#).unwrap();
        let result = read_result(fields, &mut Losses::default()).unwrap();
        assert_eq!(result.blocks, [Block::Text("x".into())]);
    }
}
