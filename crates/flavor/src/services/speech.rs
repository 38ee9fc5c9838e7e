//! A text is spoken.

mod aog;
mod openai;

use std::borrow::Cow;

use super::{Face, Form, Usage, answer};
use crate::canon::{Losses, Text};
use crate::json::{Misfit, Object};

/// A request to speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The model by the caller's name for it.
    pub model: Text<'a>,
    /// What is to be said.
    pub text: Text<'a>,
    /// Whose voice, by the caller's name for it; nothing where that is not said.
    pub voice: Option<Text<'a>>,
    /// How it is to be said, in words.
    pub instructions: Option<Text<'a>>,
    /// The format of the sound, as in `mp3`; nothing where that is not said.
    pub format: Option<Text<'a>>,
    /// How fast, in the caller's own digits; 1 is as always.
    pub speed: Option<&'a str>,
}

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<'a> {
    /// Its bytes.
    pub sound: Cow<'a, [u8]>,
    /// Its media type.
    pub mime: Text<'a>,
}

/// Reads a request.
///
/// # Errors
/// [`Misfit`] for what is none.
pub fn read_request<'a>(
    form: Form,
    body: &'a str,
    losses: &mut Losses,
) -> Result<Request<'a>, Misfit> {
    match form {
        Form::OpenAi => openai::read_request(body, losses),
        Form::Aog => aog::read_request(body, losses),
        _ => Err(form.missing()),
    }
}

/// Writes a request for a provider; `model` is its name for the model. What its form cannot say is
/// named.
///
/// # Errors
/// When there is no such form.
pub fn write_request(
    form: Form,
    request: &Request<'_>,
    model: &str,
    losses: &mut Losses,
) -> Result<Vec<u8>, Misfit> {
    match form {
        Form::OpenAi => Ok(openai::write_request(request, model, losses)),
        Form::Aog => Ok(aog::write_request(request, model, losses)),
        _ => Err(form.missing()),
    }
}

/// Reads a reply.
///
/// # Errors
/// [`Misfit`] for what is none, and for a sound that is somewhere else.
pub fn read_reply<'a>(
    form: Form,
    body: &'a [u8],
    content_type: Option<&'a str>,
) -> Result<Reply<'a>, Misfit> {
    match form {
        Form::OpenAi => openai::read_reply(body, content_type),
        Form::Aog => aog::read_reply(body, content_type),
        _ => Err(form.missing()),
    }
}

/// Writes a reply for a caller: its bytes and their media type.
///
/// # Errors
/// When there is no such form.
pub fn write_reply(
    form: Form,
    reply: Reply<'_>,
    face: &Face,
) -> Result<(Vec<u8>, Cow<'static, str>), Misfit> {
    match form {
        Form::OpenAi => Ok((reply.sound.into_owned(), Cow::Owned(reply.mime.into_owned()))),
        Form::Aog => Ok((aog::write_reply(&reply, face), Cow::Borrowed("application/json"))),
        _ => Err(form.missing()),
    }
}

/// What a reply says was used, which is nothing: what speech costs depends on what was to be said.
///
/// # Errors
/// [`Misfit`] for an error in the place of a sound.
pub fn weigh(form: Form, body: &[u8], content_type: Option<&str>) -> Result<Usage, Misfit> {
    if answer::is_json(content_type) {
        let text = answer::text(body)?;
        if form == Form::Aog {
            super::aog::read_reply(text)?;
        } else {
            Object::parse(text)?;
            return Err(Misfit::new("is text in the place of a sound"));
        }
    }
    Ok(Usage::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_no_sound() {
        let json = Some("application/json");
        assert!(weigh(Form::OpenAi, b"{}", json).is_err());
        assert!(weigh(Form::OpenAi, b"ID3", Some("audio/mpeg")).is_ok());
        assert!(weigh(Form::Aog, br#"{"url":"/a.wav"}"#, json).is_ok());
        assert!(weigh(Form::Aog, br#"{"business_code":500,"message":"no"}"#, json).is_err());
    }
}
