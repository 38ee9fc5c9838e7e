//! AOG's `embed`. What it answers differed from provider to provider, so each of its shapes is read;
//! written is the one that most had, and `usage` beside it.

use serde_json::value::RawValue;

use super::{Reply, Request, Vector, openai};
use crate::canon::Losses;
use crate::json::{Misfit, Object, object, writer};
use crate::services::{Face, answer, aog};

pub(super) fn read_request<'a>(body: &'a str, losses: &mut Losses) -> Result<Request<'a>, Misfit> {
    let mut root = Object::parse(body)?;
    let input = openai::read_input(&mut root)?;
    let mut request = Request::to(root.needed_text("model")?, input);
    request.dimensions = root.whole("dimensions")?;
    request.packed = openai::read_packed(&mut root)?;
    aog::take_gateway_fields(&mut root, losses)?;
    aog::note_rest(&root, losses);
    Ok(request)
}

pub(super) fn write_request(request: &Request<'_>, model: &str, losses: &mut Losses) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.text("model", model);
        let texts = request.texts(losses);
        root.list("input", |items| texts.iter().for_each(|text| items.text(text)));
        if let Some(dimensions) = request.dimensions {
            root.whole("dimensions", dimensions);
        }
    });
    request.note_truncate(losses);
    request.note_task(losses);
    request.note_user(losses);
    out
}

pub(super) fn read_reply(body: &str) -> Result<Reply<'_>, Misfit> {
    let mut root = aog::read_reply(body)?;
    for field in ["data", "embeddings", "embedding"] {
        let Some(value) = root.take(field) else { continue };
        let vectors = read_vectors(value).map_err(|misfit| misfit.at(field))?;
        return Ok(Reply { vectors, usage: answer::usage(&mut root) });
    }
    Err(Misfit::new("is missing; a list has to stand here").at("data"))
}

/// Vectors with their index, bare ones in their order, or a single one.
fn read_vectors(value: &RawValue) -> Result<Vec<Vector<'_>>, Misfit> {
    let list = object::list(value)?;
    match list.first().map(|first| first.get()) {
        Some(first) if first.starts_with('{') => return openai::read_indexed(&list),
        Some(first) if !first.starts_with('[') => return Ok(vec![Vector::read(value)?]),
        _ => {}
    }
    let vectors = list.into_iter().enumerate();
    vectors.map(|(at, it)| Vector::read(it).map_err(|misfit| misfit.within(at))).collect()
}

pub(super) fn write_reply(reply: &Reply<'_>, face: &Face) -> Result<Vec<u8>, Misfit> {
    let mut vectors = Vec::with_capacity(reply.vectors.len());
    for vector in &reply.vectors {
        vectors.push(if face.wants.packed { vector.packed()? } else { vector.digits()? });
    }
    let size = vectors.iter().map(|vector| vector.len() + 32).sum::<usize>();
    let mut out = Vec::with_capacity(size + 128);
    writer::object(&mut out, |root| {
        root.text("id", &face.id);
        root.text("model", &face.model);
        root.list("data", |items| {
            for (index, vector) in (0..).zip(&vectors) {
                items.object(|item| {
                    item.whole("index", index);
                    if face.wants.packed {
                        item.text("embedding", vector);
                    } else {
                        item.raw("embedding", vector);
                    }
                });
            }
        });
        if reply.usage.input_tokens.is_some() {
            openai::write_usage(root, reply);
        }
    });
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_its_shapes_is_read() {
        for body in [
            r#"{"id":"a","model":"m","data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[2]}]}"#,
            r#"{"embeddings":[{"index":1,"embedding":[2]},{"index":0,"embedding":[1]}],"model":"m"}"#,
            r#"{"embeddings":[[1],[2]]}"#,
            r#"{"embedding":[[1],[2]]}"#,
            r#"{"business_code":200,"message":"","data":{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[2]}]}}"#,
        ] {
            let vectors = read_reply(body).unwrap().vectors;
            assert_eq!(vectors, [Vector::Digits("[1]"), Vector::Digits("[2]")], "{body}");
        }
        let single = r#"{"embedding":[1.50,-2]}"#;
        assert_eq!(read_reply(single).unwrap().vectors, [Vector::Digits("[1.50,-2]")]);
        assert!(read_reply("{}").is_err());
        assert!(read_reply(r#"{"data":["a"]}"#).is_err());
    }
}
