//! OpenAI's `/v1/audio/speech`. It answers with the sound itself.

use std::borrow::Cow;

use super::{Reply, Request};
use crate::canon::{Losses, Text};
use crate::json::{Misfit, Object, object, writer};
use crate::services::{answer, sound};

/// The voice where none is named: it has to have one.
const VOICE: &str = "alloy";
/// The voices that AOG's local models have, and those of OpenAI's that are nearest.
const NEAREST: [(&str, &str); 4] =
    [("female", "nova"), ("male", "onyx"), ("girl", "shimmer"), ("baby", "shimmer")];

pub(super) fn read_request<'a>(body: &'a str, losses: &mut Losses) -> Result<Request<'a>, Misfit> {
    let mut root = Object::parse(body)?;
    let request = Request {
        model: root.needed_text("model")?,
        text: root.needed_text("input")?,
        voice: read_voice(&mut root, losses)?,
        instructions: root.text("instructions")?,
        format: root.text("response_format")?,
        speed: root.number("speed")?,
    };
    if root.text("stream_format")?.is_some_and(|format| format != "audio") {
        losses.refused("stream_format", "the sound comes whole");
    }
    root.take("hybrid_policy");
    for (name, _) in root.rest() {
        losses.dropped(name.to_owned(), "not known here");
    }
    Ok(request)
}

fn read_voice<'a>(root: &mut Object<'a>, losses: &mut Losses) -> Result<Option<Text<'a>>, Misfit> {
    let Some(voice) = root.take("voice") else { return Ok(None) };
    if object::is_text(voice) {
        return object::text(voice).map(Some).map_err(|misfit| misfit.at("voice"));
    }
    Object::read(voice).map_err(|misfit| misfit.at("voice"))?;
    losses.refused("voice", "a voice that one provider keeps is not elsewhere");
    Ok(None)
}

pub(super) fn write_request(request: &Request<'_>, model: &str, losses: &mut Losses) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.text("model", model);
        root.text("input", &request.text);
        root.text("voice", voice(request, losses));
        if let Some(instructions) = &request.instructions {
            root.text("instructions", instructions);
        }
        if let Some(format) = &request.format {
            root.text("response_format", format);
        }
        if let Some(speed) = request.speed {
            root.raw("speed", speed);
        }
    });
    out
}

fn voice<'r>(request: &'r Request<'_>, losses: &mut Losses) -> &'r str {
    let Some(voice) = &request.voice else {
        losses.approximated("voice", "one has to be named there");
        return VOICE;
    };
    match NEAREST.iter().find(|(own, _)| own == voice) {
        Some((_, nearest)) => {
            losses.approximated("voice", "the nearest one there");
            nearest
        }
        None => voice,
    }
}

pub(super) fn read_reply<'a>(
    body: &'a [u8],
    content_type: Option<&'a str>,
) -> Result<Reply<'a>, Misfit> {
    let is_text = content_type.is_some_and(|given| answer::kind(given).starts_with("text/"));
    if is_text || answer::is_json(content_type) {
        return Err(Misfit::new("is text in the place of a sound"));
    }
    Ok(Reply { sound: Cow::Borrowed(body), mime: mime(body, content_type).into() })
}

/// The media type of a sound: what is said of it, or else what its first bytes tell.
pub(super) fn mime<'a>(sound: &[u8], said: Option<&'a str>) -> &'a str {
    let said = said.and_then(|said| said.split(';').next()).map(str::trim);
    said.filter(|said| said.starts_with("audio/"))
        .or_else(|| sound::mime(sound))
        .unwrap_or("application/octet-stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &str) -> String {
        let body = format!(r#"{{"model":"m","input":"i",{fields}}}"#);
        let mut losses = Losses::default();
        read_request(&body, &mut losses).unwrap();
        losses.to_string()
    }

    #[test]
    fn a_kept_voice_and_a_stream_of_events_are_refused() {
        assert_eq!(read(r#""voice":{"id":"voice_1"}"#), "voice;refused");
        assert_eq!(read(r#""voice":"nova","stream_format":"sse""#), "stream_format;refused");
        assert_eq!(read(r#""voice":"nova","stream_format":"audio","x":1"#), "x;dropped");
    }

    #[test]
    fn the_media_type_is_that_which_is_said_or_seen() {
        assert_eq!(mime(b"ID3", Some("audio/opus; x=y")), "audio/opus");
        assert_eq!(mime(b"ID3", Some("application/octet-stream")), "audio/mpeg");
        assert_eq!(mime(b"?", None), "application/octet-stream");
    }
}
