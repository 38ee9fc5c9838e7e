//! OpenAI's `/v1/images/generations`.

use serde_json::value::RawValue;

use super::{Picture, Place, Reply, Request, count, read_count, read_size};
use crate::canon::{Losses, Text, tokens};
use crate::json::{Misfit, Object, writer};
use crate::services::{Face, Usage, answer};

pub(super) fn read_request<'a>(body: &'a str, losses: &mut Losses) -> Result<Request<'a>, Misfit> {
    let mut root = Object::parse(body)?;
    let mut request = Request::to(root.needed_text("model")?, root.needed_text("prompt")?);
    request.n = read_count(&mut root)?;
    request.size = size(&mut root)?;
    // No word of OpenAI's, but of servers that speak its form.
    request.seed = root.number("seed")?;
    request.linked = match root.text("response_format")?.as_deref() {
        None => None,
        Some("url") => Some(true),
        Some("b64_json") => Some(false),
        Some(_) => return Err(Misfit::new("should be url or b64_json").at("response_format")),
    };
    request.end_user = end_user(&mut root)?;
    note_look(&mut root, losses)?;
    root.take("hybrid_policy");
    for (name, _) in root.rest() {
        losses.dropped(name.to_owned(), "not known here");
    }
    Ok(request)
}

fn size(root: &mut Object<'_>) -> Result<Option<(u64, u64)>, Misfit> {
    let Some(size) = root.text("size")?.filter(|size| size != "auto") else { return Ok(None) };
    let read = read_size(&size, ['x', 'X']);
    read.map(Some).ok_or_else(|| Misfit::new("should be as in 1024x1024").at("size"))
}

fn end_user<'a>(root: &mut Object<'a>) -> Result<Option<Text<'a>>, Misfit> {
    let (user, newer) = (root.text("user")?, root.text("safety_identifier")?);
    Ok(newer.filter(|user| !user.is_empty()).or(user))
}

/// Names what is said of how pictures look and come, which has no place elsewhere. Pictures that
/// would be of another kind are refused.
fn note_look(root: &mut Object<'_>, losses: &mut Losses) -> Result<(), Misfit> {
    if root.flag("stream")? == Some(true) {
        losses.refused("stream", "pictures come whole");
    }
    match root.text("background")?.as_deref() {
        None | Some("auto") => {}
        Some("transparent") => losses.refused("background", "pictures have one there"),
        Some(_) => losses.dropped("background", "it is as the model makes it there"),
    }
    match root.text("output_format")?.as_deref() {
        None | Some("png") => {}
        Some("gif" | "svg") => losses.refused("output_format", "only pictures of pixels come"),
        Some(_) => losses.approximated("output_format", "it comes in the provider's own format"),
    }
    for field in ["quality", "style", "moderation"] {
        if root.text(field)?.is_some_and(|word| word != "auto") {
            losses.dropped(field, "no such knob there");
        }
    }
    if root.take("output_compression").is_some() {
        losses.dropped("output_compression", "no such knob there");
    }
    // It says nothing where no stream is asked for.
    root.take("partial_images");
    Ok(())
}

pub(super) fn write_request(request: &Request<'_>, model: &str, losses: &mut Losses) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.text("model", model);
        root.text("prompt", &request.prompt);
        if request.n != 1 {
            root.whole("n", request.n);
        }
        if let Some((width, height)) = request.size {
            root.text("size", &format!("{width}x{height}"));
        }
        if let Some(user) = &request.end_user {
            root.text("user", user);
        }
    });
    if request.seed.is_some() {
        losses.dropped("seed", "no such knob there");
    }
    if request.steps.is_some() {
        losses.dropped("num_inference_steps", "no such knob there");
    }
    out
}

pub(super) fn read_reply(body: &str) -> Result<Reply<'_>, Misfit> {
    let mut root = answer::read(body)?;
    let data = root.list("data")?;
    let data =
        data.ok_or_else(|| Misfit::new("is missing; a list has to stand here").at("data"))?;
    let pictures = read_pictures(&data).map_err(|misfit| misfit.at("data"))?;
    let usage = Usage { images: count(&pictures), ..usage(&mut root) };
    Ok(Reply { pictures, usage })
}

/// The pictures of a list of objects.
pub(super) fn read_pictures<'a>(data: &[&'a RawValue]) -> Result<Vec<Picture<'a>>, Misfit> {
    let read = |item: &'a RawValue| {
        let mut item = Object::read(item)?;
        let place = match (item.text("b64_json")?, item.text("url")?) {
            (Some(data), _) if !data.is_empty() => Place::Inline(data),
            (_, Some(address)) => Place::of_address(address),
            _ => return Err(Misfit::new("should have b64_json or url")),
        };
        Ok(Picture { place, revised_prompt: item.text("revised_prompt")? })
    };
    let data = data.iter().enumerate();
    data.map(|(at, item)| read(item).map_err(|misfit| misfit.within(at))).collect()
}

/// Some models are charged for by tokens.
fn usage(root: &mut Object<'_>) -> Usage {
    let mut usage = root.object("usage").ok().flatten();
    let mut figure = |name| usage.as_mut().and_then(|usage| tokens(usage, name));
    Usage {
        input_tokens: figure("input_tokens"),
        output_tokens: figure("output_tokens"),
        ..Usage::default()
    }
}

pub(super) fn weigh(body: &str) -> Result<Usage, Misfit> {
    let mut root = answer::read(body)?;
    let images = root.list("data").ok().flatten().and_then(|data| count(&data));
    Ok(Usage { images, ..usage(&mut root) })
}

pub(super) fn write_reply(reply: &Reply<'_>, face: &Face) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.whole("created", face.created);
        root.list("data", |data| {
            for picture in &reply.pictures {
                data.object(|it| {
                    match &picture.place {
                        // Whoever asked for an address looks for one.
                        place if face.wants.linked == Some(true) => {
                            it.text("url", &place.address());
                        }
                        Place::Inline(data) => it.text("b64_json", data),
                        Place::Address(address) => it.text("url", address),
                    }
                    if let Some(prompt) = &picture.revised_prompt {
                        it.text("revised_prompt", prompt);
                    }
                });
            }
        });
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losses(fields: &str) -> String {
        let body = format!(r#"{{"model":"m","prompt":"p",{fields}}}"#);
        let mut losses = Losses::default();
        read_request(&body, &mut losses).unwrap();
        losses.to_string()
    }

    #[test]
    fn pictures_of_another_kind_are_refused_and_knobs_are_named() {
        assert_eq!(losses(r#""background":"transparent""#), "background;refused");
        assert_eq!(losses(r#""output_format":"svg""#), "output_format;refused");
        assert_eq!(losses(r#""output_format":"webp""#), "output_format;approximated");
        assert_eq!(losses(r#""stream":true,"partial_images":2"#), "stream;refused");
        assert_eq!(losses(r#""quality":"auto","size":"auto","background":"auto""#), "");
        assert_eq!(
            losses(r#""quality":"high","style":"vivid","x":1"#),
            "quality;dropped, style;dropped, x;dropped"
        );
    }

    #[test]
    fn what_is_no_size_or_number_is_refused() {
        for field in [r#""size":"big""#, r#""n":0"#, r#""response_format":"png""#] {
            let body = format!(r#"{{"model":"m","prompt":"p",{field}}}"#);
            assert!(read_request(&body, &mut Losses::default()).is_err(), "{field}");
        }
    }

    #[test]
    fn pictures_and_tokens_are_counted() {
        let body = r#"{"created":1,"data":[{"b64_json":"AA=="},{"url":"https://a/b"}],
            "usage":{"input_tokens":7,"output_tokens":9,"total_tokens":16}}"#;
        let expected = Usage {
            images: Some(2),
            input_tokens: Some(7),
            output_tokens: Some(9),
            ..Usage::default()
        };
        assert_eq!(weigh(body).unwrap(), expected);
        assert_eq!(read_reply(body).unwrap().usage, expected);
        assert!(read_reply(r#"{"data":[{}]}"#).is_err());
    }
}
