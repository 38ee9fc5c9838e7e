//! OpenAI's `/v1/embeddings`.

use serde_json::value::RawValue;

use super::{Input, Reply, Request, Vector};
use crate::canon::{Json, Losses, Text};
use crate::json::writer::{self, Items};
use crate::json::{Misfit, Object, object};
use crate::services::{Face, answer};

pub(super) fn read_request<'a>(body: &'a str, losses: &mut Losses) -> Result<Request<'a>, Misfit> {
    let mut root = Object::parse(body)?;
    let mut request = Request::to(root.needed_text("model")?, read_input(&mut root)?);
    request.dimensions = root.whole("dimensions")?;
    request.packed = read_packed(&mut root)?;
    request.end_user = root.text("user")?;
    root.take("hybrid_policy");
    for (name, _) in root.rest() {
        losses.dropped(name.to_owned(), "not known here");
    }
    Ok(request)
}

/// Takes `encoding_format` out; whether it asks for base64.
pub(super) fn read_packed(root: &mut Object<'_>) -> Result<bool, Misfit> {
    const FIELD: &str = "encoding_format";
    match root.text(FIELD)?.as_deref() {
        None | Some("float") => Ok(false),
        Some("base64") => Ok(true),
        Some(_) => Err(Misfit::new("should be float or base64").at(FIELD)),
    }
}

/// Takes `input` out: a text, a list of texts, a list of tokens, or a list of such lists.
pub(super) fn read_input<'a>(root: &mut Object<'a>) -> Result<Input<'a>, Misfit> {
    const FIELD: &str = "input";
    let missing = || Misfit::new("is missing; a text or a list of texts has to stand here");
    let read = root.take(FIELD).ok_or_else(missing).and_then(|input| {
        if object::is_text(input) {
            return Ok(Input::Texts(vec![object::text(input)?]));
        }
        let items = object::list(input)?;
        match items.first() {
            None => Err(Misfit::new("should hold one text at least")),
            Some(first) if object::is_text(first) => read_texts(&items).map(Input::Texts),
            Some(_) => read_tokens(input, &items),
        }
    });
    read.map_err(|misfit| misfit.at(FIELD))
}

pub(super) fn read_texts<'a>(items: &[&'a RawValue]) -> Result<Vec<Text<'a>>, Misfit> {
    let items = items.iter().enumerate();
    items.map(|(at, text)| object::text(text).map_err(|misfit| misfit.within(at))).collect()
}

fn read_tokens<'a>(input: &'a RawValue, items: &[&RawValue]) -> Result<Input<'a>, Misfit> {
    let is_number = |item: &&RawValue| item.get().bytes().all(|byte| byte.is_ascii_digit());
    let json = Json::of(input);
    if items.iter().all(is_number) {
        return Ok(Input::Tokens { json, items: 1 });
    }
    for (at, item) in items.iter().enumerate() {
        let tokens = object::list(item).map_err(|misfit| misfit.within(at))?;
        if tokens.is_empty() || !tokens.iter().all(is_number) {
            return Err(Misfit::new("should be a text or a list of tokens").within(at));
        }
    }
    Ok(Input::Tokens { json, items: u64::try_from(items.len()).unwrap_or(u64::MAX) })
}

/// Numbers are asked for in their digits, which lose nothing on their way to other forms.
pub(super) fn write_request(request: &Request<'_>, model: &str, losses: &mut Losses) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.text("model", model);
        match &request.input {
            Input::Texts(texts) => match texts.as_slice() {
                [text] => root.text("input", text),
                texts => root.list("input", |items| texts.iter().for_each(|text| items.text(text))),
            },
            Input::Tokens { json, .. } => root.raw("input", json.as_str()),
        }
        if let Some(dimensions) = request.dimensions {
            root.whole("dimensions", dimensions);
        }
        root.text("encoding_format", "float");
        if let Some(user) = &request.end_user {
            root.text("user", user);
        }
    });
    // Not to cut is what it does anyway.
    if request.truncate == Some(true) {
        request.note_truncate(losses);
    }
    request.note_task(losses);
    out
}

pub(super) fn read_reply(body: &str) -> Result<Reply<'_>, Misfit> {
    let mut root = answer::read(body)?;
    let data = root.list("data")?;
    let data =
        data.ok_or_else(|| Misfit::new("is missing; a list has to stand here").at("data"))?;
    let vectors = read_indexed(&data).map_err(|misfit| misfit.at("data"))?;
    Ok(Reply { vectors, usage: answer::usage(&mut root) })
}

/// The vectors of a list of objects, by their index.
pub(super) fn read_indexed<'a>(items: &[&'a RawValue]) -> Result<Vec<Vector<'a>>, Misfit> {
    let mut indexed = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let read = || {
            let mut item = Object::read(item)?;
            let index = item.whole("index")?.unwrap_or(u64::try_from(at).unwrap_or(u64::MAX));
            let vector = item.take("embedding").ok_or_else(|| Misfit::new("is missing"));
            let vector = vector.and_then(Vector::read).map_err(|it| it.at("embedding"))?;
            Ok((index, vector))
        };
        indexed.push(read().map_err(|misfit: Misfit| misfit.within(at))?);
    }
    indexed.sort_by_key(|(index, _)| *index);
    if (0_u64..).zip(&indexed).any(|(at, (index, _))| at != *index) {
        return Err(Misfit::new("should have each index once"));
    }
    Ok(indexed.into_iter().map(|(_, vector)| vector).collect())
}

pub(super) fn write_reply(reply: &Reply<'_>, face: &Face) -> Result<Vec<u8>, Misfit> {
    let mut vectors = Vec::with_capacity(reply.vectors.len());
    for vector in &reply.vectors {
        vectors.push(if face.wants.packed { vector.packed()? } else { vector.digits()? });
    }
    let size = vectors.iter().map(|vector| vector.len() + 64).sum::<usize>();
    let mut out = Vec::with_capacity(size + 128);
    writer::object(&mut out, |root| {
        root.text("object", "list");
        root.list("data", |items: &mut Items<'_>| {
            for (index, vector) in (0..).zip(&vectors) {
                items.object(|item| {
                    item.text("object", "embedding");
                    item.whole("index", index);
                    if face.wants.packed {
                        item.text("embedding", vector);
                    } else {
                        item.raw("embedding", vector);
                    }
                });
            }
        });
        root.text("model", &face.model);
        write_usage(root, reply);
    });
    Ok(out)
}

/// Writes a `usage` member. Clients need it, and take nothing for nought.
pub(super) fn write_usage(root: &mut writer::Members<'_>, reply: &Reply<'_>) {
    let tokens = reply.usage.input_tokens.unwrap_or(0);
    root.object("usage", |usage| {
        usage.whole("prompt_tokens", tokens);
        usage.whole("total_tokens", tokens);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<(Request<'_>, String), Misfit> {
        let mut losses = Losses::default();
        let request = read_request(body, &mut losses)?;
        Ok((request, losses.to_string()))
    }

    #[test]
    fn every_kind_of_input_is_read() {
        let body = |input: &str| format!(r#"{{"model":"m","input":{input}}}"#);
        for (input, items, tokens) in [
            (r#""a""#, 1, false),
            (r#"["a","b"]"#, 2, false),
            ("[1,2]", 1, true),
            ("[[1],[2,3]]", 2, true),
        ] {
            let body = body(input);
            let (request, losses) = read(&body).unwrap();
            assert_eq!(request.items(), items, "{input}");
            assert_eq!(matches!(request.input, Input::Tokens { .. }), tokens);
            assert_eq!(losses, "");
        }
        for input in ["[]", "1", r#"["a",1]"#, r#"[1,"a"]"#, "[[]]", "[[1],2]", "[1.5]", "{}"] {
            assert!(read(&body(input)).is_err(), "{input}");
        }
        assert!(read(r#"{"model":"m"}"#).unwrap_err().to_string().starts_with("input: is missing"));
    }

    #[test]
    fn vectors_are_put_into_their_order() {
        let body = r#"{"data":[{"index":1,"embedding":[2]},{"index":0,"embedding":[1]}]}"#;
        let vectors = read_reply(body).unwrap().vectors;
        assert_eq!(vectors, [Vector::Digits("[1]"), Vector::Digits("[2]")]);
        for data in [
            r#"[{"index":1,"embedding":[2]}]"#,
            r#"[{"index":0,"embedding":[2]},{"index":0,"embedding":[2]}]"#,
            r#"[{"index":0}]"#,
            r#"[[1]]"#,
        ] {
            assert!(read_reply(&format!(r#"{{"data":{data}}}"#)).is_err(), "{data}");
        }
    }
}
