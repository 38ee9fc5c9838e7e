//! Texts turned into vectors: `/api/embed`, and `/api/embeddings`, its older name and shape.

use serde_json::value::RawValue;

use crate::canon::{Losses, Text};
use crate::json::writer::{self, Items};
use crate::json::{Misfit, Object, object};

/// A request for vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbedRequest<'a> {
    /// The model by the caller's name for it.
    pub model: Text<'a>,
    /// The texts, one vector each.
    pub input: Vec<Text<'a>>,
    /// How long the vectors are to be, where that is said.
    pub dimensions: Option<u64>,
    /// Whether a text that is too long is cut; nothing where that is not said.
    pub truncate: Option<bool>,
}

/// Reads a request to `/api/embed`.
///
/// # Errors
/// When it is no object with a model and one or more texts.
pub fn read_embed_request<'a>(
    body: &'a str,
    losses: &mut Losses,
) -> Result<EmbedRequest<'a>, Misfit> {
    let mut members = Object::parse(body)?;
    let model = members.needed_text("model")?;
    let missing = || Misfit::new("is missing; a text or a list of texts has to stand here");
    let input = members.take("input").ok_or_else(missing).and_then(texts);
    let input = input.map_err(|misfit| misfit.at("input"))?;
    // Go's clients send nothing as zero.
    let dimensions = members.whole("dimensions")?.filter(|length| *length > 0);
    let truncate = members.flag("truncate")?;
    note_rest(&members, losses);
    Ok(EmbedRequest { model, input, dimensions, truncate })
}

/// Reads a request to `/api/embeddings`, which has one text.
///
/// # Errors
/// When it is no object with a model and a text.
pub fn read_embeddings_request<'a>(
    body: &'a str,
    losses: &mut Losses,
) -> Result<EmbedRequest<'a>, Misfit> {
    let mut members = Object::parse(body)?;
    let model = members.needed_text("model")?;
    let input = vec![members.needed_text("prompt")?];
    note_rest(&members, losses);
    Ok(EmbedRequest { model, input, dimensions: None, truncate: None })
}

fn texts(input: &RawValue) -> Result<Vec<Text<'_>>, Misfit> {
    if object::is_text(input) {
        return Ok(vec![object::text(input)?]);
    }
    let items = object::list(input)?.into_iter().enumerate();
    items.map(|(at, text)| object::text(text).map_err(|misfit| misfit.within(at))).collect()
}

fn note_rest(members: &Object<'_>, losses: &mut Losses) {
    for (name, value) in members.rest() {
        // Clients send the empty set of them always.
        if name != "options" || value.get() != "{}" {
            losses.dropped(name.to_owned(), "has no place beside texts and vectors");
        }
    }
}

/// Writes the reply of `/api/embed`. Vectors are JSON lists of numbers as their provider spelled
/// them; `input` is the tokens of all texts, where that is known.
#[must_use]
pub fn write_embed_reply(model: &str, vectors: &[&str], input: Option<u64>) -> Vec<u8> {
    let mut out = Vec::with_capacity(vectors.iter().map(|it| it.len() + 1).sum::<usize>() + 128);
    writer::object(&mut out, |root| {
        root.text("model", model);
        root.list("embeddings", |items: &mut Items<'_>| {
            vectors.iter().for_each(|vector| items.raw(vector));
        });
        if let Some(input) = input {
            root.whole("prompt_eval_count", input);
        }
    });
    out
}

/// Writes the reply of `/api/embeddings`. The vector is as in [`write_embed_reply`].
#[must_use]
pub fn write_embeddings_reply(vector: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(vector.len() + 16);
    writer::object(&mut out, |root| root.raw("embedding", vector));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_or_several_are_read() {
        let mut losses = Losses::default();
        let one = r#"{"model":"m","input":"a","options":{},"dimensions":0}"#;
        assert_eq!(read_embed_request(one, &mut losses).unwrap().input, ["a"]);
        assert!(losses.is_empty());
        let two = r#"{"model":"m","input":["a","b"],"truncate":false,"keep_alive":"5m"}"#;
        let request = read_embed_request(two, &mut losses).unwrap();
        assert_eq!((request.input.len(), request.truncate), (2, Some(false)));
        assert_eq!(losses.to_string(), "keep_alive;dropped");
        let old = read_embeddings_request(r#"{"model":"m","prompt":"a"}"#, &mut losses).unwrap();
        assert_eq!(old.input, ["a"]);
    }

    #[test]
    fn what_is_no_text_is_named() {
        let read = |body| read_embed_request(body, &mut Losses::default()).unwrap_err().to_string();
        assert_eq!(read(r#"{"model":"m","input":["a",1]}"#), "input[1]: should be a text");
        assert_eq!(read(r#"{"model":"m","input":1}"#), "input: should be a list");
        assert!(read(r#"{"model":"m"}"#).starts_with("input: is missing"));
    }

    #[test]
    fn vectors_keep_their_digits() {
        let reply = write_embed_reply("m", &["[0.10,-1e-5]", "[]"], Some(3));
        assert_eq!(
            String::from_utf8(reply).unwrap(),
            r#"{"model":"m","embeddings":[[0.10,-1e-5],[]],"prompt_eval_count":3}"#
        );
        assert_eq!(write_embeddings_reply("[1.50]"), br#"{"embedding":[1.50]}"#);
    }
}
