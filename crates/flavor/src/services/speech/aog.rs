//! AOG's `text-to-speech`. Its answer says where the sound is: at an address, on its own machine, or
//! right there in base64. A sound that is at hand is given as an address that holds it.

use std::borrow::Cow;

use super::{Reply, Request, openai};
use crate::canon::{Losses, Text};
use crate::json::{Misfit, Object, object, writer};
use crate::services::packed::{data_address, pack, unpack};
use crate::services::{Face, answer, aog, sound};

pub(super) fn read_request<'a>(body: &'a str, losses: &mut Losses) -> Result<Request<'a>, Misfit> {
    let mut root = Object::parse(body)?;
    let request = Request {
        model: root.needed_text("model")?,
        text: root.needed_text("text")?,
        voice: root.text("voice")?.filter(|voice| !voice.is_empty()),
        instructions: None,
        format: None,
        speed: None,
    };
    if root.take("language").is_some() {
        losses.dropped("language", "it is told by the text there");
    }
    aog::take_gateway_fields(&mut root, losses)?;
    aog::note_rest(&root, losses);
    Ok(request)
}

pub(super) fn write_request(request: &Request<'_>, model: &str, losses: &mut Losses) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.text("model", model);
        root.text("text", &request.text);
        if let Some(voice) = &request.voice {
            root.text("voice", voice);
        }
    });
    if request.instructions.is_some() {
        losses.dropped("instructions", "there is no place for them there");
    }
    if request.format.is_some() {
        losses.approximated("response_format", "it comes in the provider's own format");
    }
    let is_usual = |speed: &&str| speed.parse().is_ok_and(|speed: f64| speed == 1.0);
    if request.speed.is_some_and(|speed| !is_usual(&speed)) {
        losses.dropped("speed", "no such knob there");
    }
    out
}

pub(super) fn read_reply<'a>(
    body: &'a [u8],
    content_type: Option<&'a str>,
) -> Result<Reply<'a>, Misfit> {
    let is_json = answer::is_json(content_type) || body.trim_ascii_start().starts_with(b"{");
    if !is_json {
        let mime = openai::mime(body, content_type).into();
        return Ok(Reply { sound: Cow::Borrowed(body), mime });
    }
    let mut root = aog::read_reply(answer::text(body)?)?;
    let (field, place) = read_place(&mut root)?;
    let (said, data) = match data_address(&place) {
        Some((mime, data)) => (Some(mime), data),
        None => (None, place.as_ref()),
    };
    let is_sound = |bytes: &Vec<u8>| {
        let is_known = said.is_some() || sound::mime(bytes).is_some();
        !bytes.is_empty() && (is_known || !is_path(&place))
    };
    let sound = unpack(data).filter(is_sound);
    let sound = sound
        .ok_or_else(|| Misfit::new("says where the sound is, and it is not here").at(field))?;
    let mime = openai::mime(&sound, said).to_owned();
    Ok(Reply { sound: Cow::Owned(sound), mime: mime.into() })
}

/// Takes out where the sound is, in any of the shapes that there were.
fn read_place<'a>(root: &mut Object<'a>) -> Result<(&'static str, Text<'a>), Misfit> {
    if let Some(audio) = root.text("audio")? {
        return Ok(("audio", audio));
    }
    if let Some(data) = root.take("data") {
        let place = if object::is_text(data) {
            object::text(data)
        } else {
            Object::read(data).and_then(|mut data| data.needed_text("url"))
        };
        return place.map(|place| ("data", place)).map_err(|misfit| misfit.at("data"));
    }
    root.needed_text("url").map(|place| ("url", place))
}

/// Whether it looks like a path or an address, a few of which happen to be base64 too.
fn is_path(place: &str) -> bool {
    place.starts_with('/') || place.contains([':', '.', '\\'])
}

pub(super) fn write_reply(reply: &Reply<'_>, face: &Face) -> Vec<u8> {
    let mut out = Vec::with_capacity(reply.sound.len() / 3 * 4 + 128);
    writer::object(&mut out, |root| {
        root.text("id", &face.id);
        root.object("data", |data| {
            let sound = pack(&reply.sound);
            data.format("url", format_args!("data:{};base64,{sound}", reply.mime));
        });
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Option<&str> = Some("application/json");

    #[test]
    fn each_of_its_shapes_is_read() {
        for body in [
            r#"{"id":"a","data":"SUQzYQ=="}"#,
            r#"{"data":{"url":"data:audio/mpeg;base64,SUQzYQ=="}}"#,
            r#"{"audio":"SUQzYQ==","url":"/a.wav"}"#,
            r#"{"business_code":200,"message":"success","data":{"url":"data:audio/mpeg;base64,SUQzYQ=="}}"#,
        ] {
            let reply = read_reply(body.as_bytes(), JSON).unwrap();
            assert_eq!((reply.sound.as_ref(), reply.mime.as_ref()), (&b"ID3a"[..], "audio/mpeg"));
        }
        let bare = read_reply(b"ID3a", Some("audio/mpeg")).unwrap();
        assert_eq!(bare.sound.as_ref(), b"ID3a");
    }

    #[test]
    fn a_sound_that_is_elsewhere_cannot_be_given() {
        for body in [
            r#"{"data":{"url":"https://a/b.wav"}}"#,
            r#"{"url":"/home/a/b.wav"}"#,
            r#"{"url":"/home/abcdef"}"#,
            r#"{"data":"https://a/b"}"#,
            r#"{"data":"data:audio/mpeg;base64,"}"#,
            "{}",
        ] {
            assert!(read_reply(body.as_bytes(), JSON).is_err(), "{body}");
        }
    }
}
