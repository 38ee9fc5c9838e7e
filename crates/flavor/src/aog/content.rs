//! What a message says: its words and parts, and its pictures and thoughts beside them.

use serde_json::value::RawValue;

use crate::canon::{Block, Losses, Reasoning};
use crate::json::{Misfit, Object};
use crate::ollama::media;
use crate::openai::chat;

const PLACE: &str = "messages[].content[].";

/// Takes what a message says out of it. Pictures that stand beside the words come before them, as
/// servers set them.
pub(super) fn of_message<'a>(
    message: &mut Object<'a>,
    losses: &mut Losses,
) -> Result<Vec<Block<'a>>, Misfit> {
    let mut blocks = beside(message)?;
    blocks.extend(read(message.take("content"), losses)?);
    Ok(blocks)
}

/// Takes what an answer to a prompt says out of it. AOG gave on what one of its engines says under
/// that engine's name for it, `text`.
pub(super) fn of_answer<'a>(
    answer: &mut Object<'a>,
    _: &mut Losses,
) -> Result<Vec<Block<'a>>, Misfit> {
    let mut blocks = beside(answer)?;
    let (words, engines) = (answer.text("response")?, answer.text("text")?);
    let said = words.or(engines).filter(|words| !words.is_empty());
    blocks.extend(said.map(Block::Text));
    Ok(blocks)
}

/// The thoughts that Ollama's models have as `thinking`, which AOG gave on as it stood, and pictures.
fn beside<'a>(message: &mut Object<'a>) -> Result<Vec<Block<'a>>, Misfit> {
    let thinking = message.text("thinking")?.filter(|thinking| !thinking.is_empty());
    let thought = thinking.map(|text| Block::Reasoning(Reasoning { text, ..Reasoning::default() }));
    let mut blocks: Vec<_> = thought.into_iter().collect();
    blocks.extend(media::read(message)?);
    Ok(blocks)
}

/// Reads content: a text, a list of parts, or one part by itself.
fn read<'a>(content: Option<&'a RawValue>, losses: &mut Losses) -> Result<Vec<Block<'a>>, Misfit> {
    match content {
        Some(part) if part.get().starts_with('{') => {
            let part = Object::read(part).and_then(|part| read_part(part, losses));
            Ok(part.map_err(|misfit| misfit.at("content"))?.into_iter().collect())
        }
        content => chat::content::read(content, read_part, losses),
    }
}

/// A part in one of AOG's own forms, or in one of those of chat completions.
fn read_part<'a>(mut part: Object<'a>, losses: &mut Losses) -> Result<Option<Block<'a>>, Misfit> {
    let block = if has(&part, "type", "\"image\"") {
        part.take("type");
        let image = part.take("image").ok_or_else(|| Misfit::new("is missing").at("image"))?;
        Some(media::block(image).map_err(|misfit| misfit.at("image"))?)
    } else if has(&part, "type", "\"text\"") && has(&part, "text", "{") {
        part.take("type");
        read_text(&mut part, losses)?
    } else {
        return chat::content::read_part(part, losses);
    };
    chat::name_rest(&part, PLACE, losses);
    Ok(block)
}

/// A text with notes about it, which nobody else has. An empty one is nothing.
fn read_text<'a>(part: &mut Object<'a>, losses: &mut Losses) -> Result<Option<Block<'a>>, Misfit> {
    const FIELD: &str = "text";
    let Some(mut text) = part.object(FIELD)? else { return Ok(None) };
    let words = text.needed_text("value").map_err(|misfit| misfit.at(FIELD))?;
    chat::name_rest(&text, "messages[].content[].text.", losses);
    Ok((!words.is_empty()).then_some(Block::Text(words)))
}

/// Whether there is a member of this name whose value begins so.
fn has(part: &Object<'_>, name: &str, begin: &str) -> bool {
    part.rest().any(|(own, value)| own == name && value.get().starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(message: &str) -> (String, String) {
        let mut losses = Losses::default();
        let mut message = Object::parse(message).unwrap();
        let blocks = of_message(&mut message, &mut losses);
        let said = match blocks {
            Ok(blocks) => blocks.iter().map(kind).collect::<Vec<_>>().join(" "),
            Err(misfit) => misfit.to_string(),
        };
        (said, losses.to_string())
    }

    fn kind(block: &Block<'_>) -> String {
        match block {
            Block::Text(text) => text.to_string(),
            Block::Image(media) => media.mime.as_deref().unwrap_or("somewhere").to_owned(),
            Block::Reasoning(thought) => format!("({})", thought.text),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_form_of_content_is_read() {
        for (message, expected) in [
            (r#"{"content":"a"}"#, "a"),
            (r#"{"content":{"type":"text","text":"a"}}"#, "a"),
            (
                r#"{"content":[{"type":"text","text":{"value":"a"}},{"type":"text","text":"b"}]}"#,
                "a b",
            ),
            (r#"{"content":{"type":"image","image":"iVBORw0KGgo="}}"#, "image/png"),
            (r#"{"content":"a","images":["/9j/4AAQSkZJRg=="]}"#, "image/jpeg a"),
            (
                r#"{"content":[{"type":"image_url","image_url":{"url":"http://a.com/b.jpg"}}]}"#,
                "somewhere",
            ),
            (r#"{"content":"a","thinking":"b"}"#, "(b) a"),
            (r#"{"content":{"type":"text","text":{"value":""}},"thinking":""}"#, ""),
            (r#"{}"#, ""),
        ] {
            assert_eq!(said(message), (expected.to_owned(), String::new()), "{message}");
        }
    }

    #[test]
    fn notes_are_named_and_what_does_not_fit_says_where() {
        let noted = r#"{"content":{"type":"text","text":{"value":"a","annotations":["b"]}}}"#;
        let lost = "messages[].content[].text.annotations;dropped";
        assert_eq!(said(noted), ("a".to_owned(), lost.to_owned()));
        let words = |message| said(message).0;
        assert!(words(r#"{"content":[{"type":"image"}]}"#).starts_with("content[0].image: is"));
        assert!(
            words(r#"{"content":{"type":"text","text":{}}}"#).starts_with("content.text.value:")
        );
        assert!(
            words(r#"{"content":{"type":"image","image":"a.png"}}"#)
                .starts_with("content.image: should be base64")
        );
    }
}
