//! Ollama's `/api/embed`, and `/api/embeddings`, its older name and shape.

use super::{Input, Reply, Request, Vector, openai};
use crate::canon::{Losses, tokens};
use crate::json::writer::{self, Items};
use crate::json::{Misfit, Object, object};
use crate::services::{Face, Usage, answer};

pub(super) fn read_request<'a>(body: &'a str, losses: &mut Losses) -> Result<Request<'a>, Misfit> {
    let mut root = Object::parse(body)?;
    let model = root.needed_text("model")?;
    let missing = || Misfit::new("is missing; a text or a list of texts has to stand here");
    let texts = root.take("input").ok_or_else(missing).and_then(|input| {
        if object::is_text(input) {
            return Ok(vec![object::text(input)?]);
        }
        match object::list(input)?.as_slice() {
            [] => Err(Misfit::new("should hold one text at least")),
            items => openai::read_texts(items),
        }
    });
    let texts = texts.map_err(|misfit| misfit.at("input"))?;
    let mut request = Request::to(model, Input::Texts(texts));
    // Go's clients send nothing as zero.
    request.dimensions = root.whole("dimensions")?.filter(|length| *length > 0);
    request.truncate = root.flag("truncate")?;
    note_rest(&mut root, losses);
    Ok(request)
}

/// It has one text.
pub(super) fn read_older_request<'a>(
    body: &'a str,
    losses: &mut Losses,
) -> Result<Request<'a>, Misfit> {
    let mut root = Object::parse(body)?;
    let model = root.needed_text("model")?;
    let texts = vec![root.needed_text("prompt")?];
    note_rest(&mut root, losses);
    Ok(Request::to(model, Input::Texts(texts)))
}

fn note_rest(root: &mut Object<'_>, losses: &mut Losses) {
    root.take("hybrid_policy");
    for (name, value) in root.rest() {
        // Clients send the empty set of them always.
        if name != "options" || value.get() != "{}" {
            losses.dropped(name.to_owned(), "has no place beside texts and vectors");
        }
    }
}

pub(super) fn write_request(request: &Request<'_>, model: &str, losses: &mut Losses) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.text("model", model);
        let texts = request.texts(losses);
        root.list("input", |items| texts.iter().for_each(|text| items.text(text)));
        if let Some(truncate) = request.truncate {
            root.flag("truncate", truncate);
        }
        if let Some(dimensions) = request.dimensions {
            root.whole("dimensions", dimensions);
        }
    });
    request.note_task(losses);
    request.note_user(losses);
    out
}

pub(super) fn write_older_request(
    request: &Request<'_>,
    model: &str,
    losses: &mut Losses,
) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.text("model", model);
        root.text("prompt", request.one_text(losses));
    });
    if request.dimensions.is_some() {
        losses.refused("dimensions", "vectors have one length there");
    }
    request.note_truncate(losses);
    request.note_task(losses);
    request.note_user(losses);
    out
}

pub(super) fn read_reply(body: &str) -> Result<Reply<'_>, Misfit> {
    const FIELD: &str = "embeddings";
    let mut root = answer::read(body)?;
    let list = root.list(FIELD)?;
    let list = list.ok_or_else(|| Misfit::new("is missing; a list has to stand here").at(FIELD))?;
    let mut vectors = Vec::with_capacity(list.len());
    for (at, vector) in list.into_iter().enumerate() {
        vectors.push(Vector::read(vector).map_err(|misfit| misfit.within(at).at(FIELD))?);
    }
    Ok(Reply { vectors, usage: usage(&mut root) })
}

pub(super) fn read_older_reply(body: &str) -> Result<Reply<'_>, Misfit> {
    const FIELD: &str = "embedding";
    let mut root = answer::read(body)?;
    let vector = root.take(FIELD).ok_or_else(|| Misfit::new("is missing"));
    let vector = vector.and_then(Vector::read).map_err(|misfit| misfit.at(FIELD))?;
    Ok(Reply { vectors: vec![vector], usage: usage(&mut root) })
}

fn usage(root: &mut Object<'_>) -> Usage {
    Usage { input_tokens: tokens(root, "prompt_eval_count"), ..Usage::default() }
}

pub(super) fn weigh(body: &str) -> Result<Usage, Misfit> {
    answer::read(body).map(|mut root| usage(&mut root))
}

pub(super) fn write_reply(reply: &Reply<'_>, face: &Face) -> Result<Vec<u8>, Misfit> {
    let mut vectors = Vec::with_capacity(reply.vectors.len());
    for vector in &reply.vectors {
        vectors.push(vector.digits()?);
    }
    let size = vectors.iter().map(|vector| vector.len() + 1).sum::<usize>();
    let mut out = Vec::with_capacity(size + 128);
    writer::object(&mut out, |root| {
        root.text("model", &face.model);
        root.list("embeddings", |items: &mut Items<'_>| {
            vectors.iter().for_each(|vector| items.raw(vector));
        });
        if let Some(tokens) = reply.usage.input_tokens {
            root.whole("prompt_eval_count", tokens);
        }
    });
    Ok(out)
}

pub(super) fn write_older_reply(reply: &Reply<'_>) -> Result<Vec<u8>, Misfit> {
    let vector = reply.vectors.first().map(Vector::digits).transpose()?.unwrap_or("[]".into());
    let mut out = Vec::with_capacity(vector.len() + 16);
    writer::object(&mut out, |root| root.raw("embedding", &vector));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canon::Text;

    fn texts<'a>(request: &'a Request<'a>) -> &'a [Text<'a>] {
        let Input::Texts(texts) = &request.input else { return &[] };
        texts
    }

    #[test]
    fn one_text_or_several_are_read() {
        let mut losses = Losses::default();
        let one = r#"{"model":"m","input":"a","options":{},"dimensions":0}"#;
        assert_eq!(texts(&read_request(one, &mut losses).unwrap()), ["a"]);
        assert!(losses.is_empty());
        let two = r#"{"model":"m","input":["a","b"],"truncate":false,"keep_alive":"5m"}"#;
        let request = read_request(two, &mut losses).unwrap();
        assert_eq!((request.items(), request.truncate), (2, Some(false)));
        assert_eq!(losses.to_string(), "keep_alive;dropped");
        let older = read_older_request(r#"{"model":"m","prompt":"a"}"#, &mut losses).unwrap();
        assert_eq!(texts(&older), ["a"]);
    }

    #[test]
    fn what_is_no_text_is_named() {
        let read = |body| read_request(body, &mut Losses::default()).unwrap_err().to_string();
        assert_eq!(read(r#"{"model":"m","input":["a",1]}"#), "input[1]: should be a text");
        assert_eq!(read(r#"{"model":"m","input":1}"#), "input: should be a list");
        assert_eq!(read(r#"{"model":"m","input":[]}"#), "input: should hold one text at least");
        assert!(read(r#"{"model":"m"}"#).starts_with("input: is missing"));
    }

    #[test]
    fn vectors_keep_their_digits() {
        let body = r#"{"model":"m","embeddings":[[0.10,-1e-5],[]],"prompt_eval_count":3}"#;
        let reply = read_reply(body).unwrap();
        let face = Face { model: "m".into(), ..Face::default() };
        assert_eq!(String::from_utf8(write_reply(&reply, &face).unwrap()).unwrap(), body);
        let older = read_older_reply(r#"{"embedding":[1.50]}"#).unwrap();
        assert_eq!(write_older_reply(&older).unwrap(), br#"{"embedding":[1.50]}"#);
    }
}
