//! A reply, from one form to another, and what it was metered by.

use std::borrow::Cow;

use bytes::Bytes;

use super::{Face, Form, Service, Usage, answer, embed, image, rerank, speech, transcription};
use crate::json::Misfit;

const JSON: Cow<'static, str> = Cow::Borrowed("application/json");

/// A reply in the caller's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replied {
    /// Its bytes.
    pub body: Bytes,
    /// Their media type.
    pub content_type: Cow<'static, str>,
    /// What the provider says was used.
    pub usage: Usage,
}

/// Writes a reply that a provider made in `from` as the caller takes it in `to`. In the same form it
/// goes on as it came; see [`weigh`].
///
/// # Errors
/// [`Misfit`] for what is no reply, for one that cannot be said in the caller's form, or where the
/// service has no such form.
pub fn reply(
    service: Service,
    from: Form,
    to: Form,
    body: &Bytes,
    content_type: Option<&str>,
    face: &Face,
) -> Result<Replied, Misfit> {
    for form in [from, to] {
        if !service.has(form) {
            return Err(form.missing());
        }
    }
    if from == to {
        let usage = weigh(service, from, body, content_type)?;
        let content_type = content_type.map_or(JSON, |given| Cow::Owned(given.to_owned()));
        return Ok(Replied { body: body.clone(), content_type, usage });
    }
    let ((made, content_type), usage) = match service {
        Service::Embed => {
            let reply = embed::read_reply(from, answer::text(body)?)?;
            ((embed::write_reply(to, &reply, face)?, JSON), reply.usage)
        }
        Service::Image => {
            let reply = image::read_reply(from, answer::text(body)?)?;
            ((image::write_reply(to, &reply, face)?, JSON), reply.usage)
        }
        Service::Speech => {
            let reply = speech::read_reply(from, body, content_type)?;
            (speech::write_reply(to, reply, face)?, Usage::default())
        }
        Service::Transcription => {
            let reply = transcription::read_reply(from, body, content_type)?;
            (transcription::write_reply(to, &reply, face)?, reply.usage)
        }
        Service::Rerank => {
            let reply = rerank::read_reply(from, answer::text(body)?)?;
            ((rerank::write_reply(to, &reply, face)?, JSON), reply.usage)
        }
    };
    Ok(Replied { body: Bytes::from(made), content_type, usage })
}

/// Reads what a reply was metered by that goes on as it came; see [`Flow`](super::Flow) for a stream
/// of events. One that holds what nobody here knows says nothing.
///
/// # Errors
/// [`Misfit`] for an error in the place of a reply, and for what is no JSON where nothing else can
/// be.
pub fn weigh(
    service: Service,
    form: Form,
    body: &Bytes,
    content_type: Option<&str>,
) -> Result<Usage, Misfit> {
    if !service.has(form) {
        return Err(form.missing());
    }
    match service {
        Service::Embed => embed::weigh(form, answer::text(body)?),
        Service::Image => image::weigh(form, answer::text(body)?),
        Service::Speech => speech::weigh(form, body, content_type),
        Service::Transcription => transcription::weigh(form, body, content_type),
        Service::Rerank => rerank::weigh(form, answer::text(body)?),
    }
}
