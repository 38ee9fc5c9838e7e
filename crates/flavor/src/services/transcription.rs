//! A sound becomes text.

mod aog;
mod openai_reply;
mod openai_request;
mod subtitles;
mod time;

pub(super) use openai_reply::usage as read_usage;
pub use time::Millis;

use std::borrow::Cow;

use super::{Face, Form, Usage};
use crate::canon::{Losses, Text};
use crate::json::Misfit;

/// A request for a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The model by the caller's name for it.
    pub model: Text<'a>,
    /// What is to be heard.
    pub sound: Sound<'a>,
    /// What the file is called.
    pub file: Option<Text<'a>>,
    /// Its media type, where that is said.
    pub mime: Option<Text<'a>>,
    /// The language that is spoken, as in `en`.
    pub language: Option<Text<'a>>,
    /// Words to go by.
    pub prompt: Option<Text<'a>>,
    /// How freely, in the caller's own digits.
    pub temperature: Option<Text<'a>>,
    /// The shape of the transcript.
    pub shape: Shape,
    /// Whether the caller wants to know when each word is said.
    pub words: bool,
}

/// Where a sound is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sound<'a> {
    /// Here.
    Bytes(&'a [u8]),
    /// Here, in base64.
    Packed(Text<'a>),
    /// Nowhere that the gateway would look: the reader has refused it.
    Elsewhere,
}

/// The shape of a transcript.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shape {
    /// Its text, in JSON.
    #[default]
    Json,
    /// Its text, in JSON, and when each segment is said.
    Verbose,
    /// Its text.
    Text,
    /// Subtitles as SubRip has them.
    Srt,
    /// Subtitles as WebVTT has them.
    Vtt,
}

/// A transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<'a> {
    /// All that is said.
    pub text: Text<'a>,
    /// When; empty where that is not known.
    pub segments: Vec<Segment<'a>>,
    /// The language that is spoken, in the provider's word for it.
    pub language: Option<Text<'a>>,
    /// How long it lasts.
    pub duration: Option<Millis>,
    /// What was used.
    pub usage: Usage,
}

/// What is said between two points in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment<'a> {
    /// When it begins.
    pub start: Millis,
    /// When it ends.
    pub end: Millis,
    /// The words.
    pub text: Text<'a>,
}

impl<'a> Reply<'a> {
    /// A transcript of segments alone.
    fn of_segments(segments: Vec<Segment<'a>>) -> Self {
        let text = joined(&segments).into();
        Self { text, segments, language: None, duration: None, usage: Usage::default() }
    }
}

/// The texts of segments as one. Between two of a script that has spaces, there is one.
fn joined(segments: &[Segment<'_>]) -> String {
    let has_spaces = |letter: char| letter < '\u{2e80}';
    let mut text = String::new();
    for segment in segments.iter().map(|segment| segment.text.trim()) {
        let (last, first) = (text.chars().next_back(), segment.chars().next());
        if last.is_some_and(has_spaces) && first.is_some_and(has_spaces) {
            text.push(' ');
        }
        text.push_str(segment);
    }
    text
}

/// Reads a request.
///
/// # Errors
/// [`Misfit`] for what is none.
pub fn read_request<'a>(
    form: Form,
    body: &'a [u8],
    content_type: Option<&str>,
    losses: &mut Losses,
) -> Result<Request<'a>, Misfit> {
    match form {
        Form::OpenAi => openai_request::read(body, content_type, losses),
        Form::Aog => aog::read_request(super::answer::text(body)?, losses),
        _ => Err(form.missing()),
    }
}

/// Writes a request for a provider, its bytes and their media type; `model` is its name for the
/// model. What its form cannot say is named.
///
/// # Errors
/// When there is no such form, or what should be a sound in base64 is none.
pub fn write_request(
    form: Form,
    request: &Request<'_>,
    model: &str,
    losses: &mut Losses,
) -> Result<(Vec<u8>, Cow<'static, str>), Misfit> {
    match form {
        Form::OpenAi => openai_request::write(request, model),
        Form::Aog => {
            Ok((aog::write_request(request, model, losses), Cow::Borrowed("application/json")))
        }
        _ => Err(form.missing()),
    }
}

/// Reads a reply.
///
/// # Errors
/// [`Misfit`] for what is none.
pub fn read_reply<'a>(
    form: Form,
    body: &'a [u8],
    content_type: Option<&str>,
) -> Result<Reply<'a>, Misfit> {
    match form {
        Form::OpenAi => openai_reply::read(super::answer::text(body)?, content_type),
        Form::Aog => aog::read_reply(super::answer::text(body)?),
        _ => Err(form.missing()),
    }
}

/// Writes a reply for a caller: its bytes and their media type.
///
/// # Errors
/// When there is no such form, or subtitles are wanted and nobody said when what was said.
pub fn write_reply(
    form: Form,
    reply: &Reply<'_>,
    face: &Face,
) -> Result<(Vec<u8>, Cow<'static, str>), Misfit> {
    match form {
        Form::OpenAi => openai_reply::write(reply, face),
        Form::Aog => Ok((aog::write_reply(reply, face), Cow::Borrowed("application/json"))),
        _ => Err(form.missing()),
    }
}

/// What a reply says was used.
///
/// # Errors
/// [`Misfit`] for an error in the place of a transcript.
pub fn weigh(form: Form, body: &[u8], content_type: Option<&str>) -> Result<Usage, Misfit> {
    let text = super::answer::text(body)?;
    match form {
        Form::Aog => aog::read_reply(text).map(|reply| reply.usage),
        _ => openai_reply::weigh(text, content_type),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_joined_as_their_script_is_written() {
        let said = |texts: &[&'static str]| {
            let segment = |text: &&'static str| Segment {
                start: Millis(0),
                end: Millis(0),
                text: Text::Borrowed(text),
            };
            joined(&texts.iter().map(segment).collect::<Vec<_>>())
        };
        assert_eq!(said(&[" A lorry", "drives. ", ""]), "A lorry drives.");
        assert_eq!(said(&["卡车", "过磅。", "Yes", "秤"]), "卡车过磅。Yes秤");
        assert_eq!(said(&[]), "");
    }
}
