//! The form that is sent to OpenAI's `/v1/audio/transcriptions`.

use std::borrow::Cow;

use super::{Request, Shape, Sound};
use crate::canon::{Losses, Text};
use crate::json::Misfit;
use crate::services::multipart::{self, Part, Writer};
use crate::services::{packed, sound};

pub(super) fn read<'a>(
    body: &'a [u8],
    content_type: Option<&str>,
    losses: &mut Losses,
) -> Result<Request<'a>, Misfit> {
    let mut form = Fields(multipart::read(body, content_type)?);
    let file = form.take("file")?.ok_or_else(|| Misfit::new("is missing").at("file"))?;
    let mut request = Request {
        model: form.text("model")?.ok_or_else(|| Misfit::new("is missing").at("model"))?,
        sound: Sound::Bytes(file.data),
        file: file.file.filter(|name| !name.is_empty()),
        mime: file.mime.map(Text::Borrowed),
        language: form.text("language")?,
        prompt: form.text("prompt")?,
        temperature: form.number("temperature")?,
        shape: shape(&mut form, losses)?,
        words: false,
    };
    for part in form.take_all("timestamp_granularities") {
        match part.text()? {
            "word" => request.words = true,
            "segment" => {}
            _ => return Err(Misfit::new("should be word or segment").at(&part.name)),
        }
    }
    if form.text("stream")?.is_some_and(|word| word != "false") {
        losses.refused("stream", "a transcript comes whole");
    }
    form.take("hybrid_policy")?;
    for part in form.0 {
        losses.dropped(part.name.into_owned(), "not known here");
    }
    Ok(request)
}

fn shape(form: &mut Fields<'_>, losses: &mut Losses) -> Result<Shape, Misfit> {
    const FIELD: &str = "response_format";
    match form.text(FIELD)?.as_deref() {
        None | Some("json") => Ok(Shape::Json),
        Some("verbose_json") => Ok(Shape::Verbose),
        Some("text") => Ok(Shape::Text),
        Some("srt") => Ok(Shape::Srt),
        Some("vtt") => Ok(Shape::Vtt),
        Some(_) => {
            losses.refused(FIELD, "only json, verbose_json, text, srt and vtt are known here");
            Ok(Shape::Json)
        }
    }
}

/// The parts of a form. Reading takes them out.
struct Fields<'a>(Vec<Part<'a>>);

impl<'a> Fields<'a> {
    /// Takes a part out that may stand but once.
    fn take(&mut self, name: &str) -> Result<Option<Part<'a>>, Misfit> {
        let Some(at) = self.0.iter().position(|part| part.name == name) else { return Ok(None) };
        let part = self.0.remove(at);
        if self.0.iter().any(|other| other.name == name) {
            return Err(Misfit::new("stands twice").at(name));
        }
        Ok(Some(part))
    }

    /// Takes a text out. Clients send the empty one for none.
    fn text(&mut self, name: &str) -> Result<Option<Text<'a>>, Misfit> {
        let text = self.take(name)?.map(|part| part.text()).transpose()?;
        Ok(text.filter(|text| !text.is_empty()).map(Text::Borrowed))
    }

    /// Takes a number out, in its own digits.
    fn number(&mut self, name: &str) -> Result<Option<Text<'a>>, Misfit> {
        let Some(number) = self.text(name)? else { return Ok(None) };
        let is_number = number.trim().parse().is_ok_and(|number: f64| number.is_finite());
        if is_number { Ok(Some(number)) } else { Err(Misfit::new("should be a number").at(name)) }
    }

    /// Takes all parts of a list out, whose name may have brackets.
    fn take_all(&mut self, name: &str) -> Vec<Part<'a>> {
        let is_one =
            |part: &mut Part<'_>| part.name.strip_suffix("[]").unwrap_or(&part.name) == name;
        self.0.extract_if(.., is_one).collect()
    }
}

pub(super) fn write(
    request: &Request<'_>,
    model: &str,
) -> Result<(Vec<u8>, Cow<'static, str>), Misfit> {
    let sound = match &request.sound {
        Sound::Bytes(bytes) => Cow::Borrowed(*bytes),
        Sound::Packed(packed) => {
            let bytes = packed::unpack(packed).filter(|bytes| !bytes.is_empty());
            Cow::Owned(bytes.ok_or_else(|| Misfit::new("should be base64").at("audio"))?)
        }
        // It is not sent.
        Sound::Elsewhere => Cow::Borrowed(&[][..]),
    };
    let mime = request.mime.as_deref().or_else(|| sound::mime(&sound));
    let name = request.file.as_deref().unwrap_or_else(|| sound::file_name(mime));
    let mut form = Writer::new();
    form.field("model", model);
    for (name, value) in [
        ("language", &request.language),
        ("prompt", &request.prompt),
        ("temperature", &request.temperature),
    ] {
        if let Some(value) = value {
            form.field(name, value);
        }
    }
    form.field("response_format", asked_shape(request.shape, model));
    if request.words {
        form.field("timestamp_granularities[]", "word");
    }
    form.file("file", name, mime.unwrap_or("application/octet-stream"), &sound);
    let (body, content_type) = form.finish();
    Ok((body, Cow::Owned(content_type)))
}

/// The shape to ask for: one that holds all that the caller's does. OpenAI's own models of this name
/// give the text alone and refuse to be asked for more.
fn asked_shape(shape: Shape, model: &str) -> &'static str {
    let says_times = !model.contains("gpt-");
    match shape {
        Shape::Json | Shape::Text => "json",
        Shape::Verbose | Shape::Srt | Shape::Vtt if says_times => "verbose_json",
        Shape::Verbose | Shape::Srt | Shape::Vtt => "json",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_form(fields: &[(&str, &str)]) -> Result<(Shape, bool, String), Misfit> {
        let mut form = Writer::new();
        form.field("model", "whisper-1");
        form.file("file", "a.wav", "audio/wav", b"RIFF");
        fields.iter().for_each(|(name, value)| form.field(name, value));
        let (body, content_type) = form.finish();
        let mut losses = Losses::default();
        let request = read(&body, Some(&content_type), &mut losses)?;
        assert_eq!(request.sound, Sound::Bytes(b"RIFF"));
        Ok((request.shape, request.words, losses.to_string()))
    }

    #[test]
    fn every_field_is_read_or_named() {
        let said = read_form(&[
            ("response_format", "verbose_json"),
            ("timestamp_granularities[]", "word"),
            ("timestamp_granularities[]", "segment"),
            ("language", ""),
            ("stream", "false"),
            ("include[]", "logprobs"),
        ]);
        assert_eq!(said.unwrap(), (Shape::Verbose, true, "include[];dropped".into()));
        let refused = read_form(&[("response_format", "diarized_json"), ("stream", "true")]);
        assert_eq!(refused.unwrap().2, "response_format;refused, stream;refused");
    }

    #[test]
    fn what_cannot_be_meant_is_a_misfit() {
        for fields in [
            &[("language", "en"), ("language", "de")][..],
            &[("temperature", "warm")],
            &[("timestamp_granularities[]", "letter")],
            &[("model", "m")],
        ] {
            assert!(read_form(fields).is_err(), "{fields:?}");
        }
    }

    #[test]
    fn models_that_say_no_times_are_not_asked_for_them() {
        assert_eq!(asked_shape(Shape::Srt, "whisper-1"), "verbose_json");
        assert_eq!(asked_shape(Shape::Srt, "gpt-4o-transcribe"), "json");
        assert_eq!(asked_shape(Shape::Text, "whisper-1"), "json");
    }
}
