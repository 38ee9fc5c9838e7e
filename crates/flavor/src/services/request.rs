//! A request, from one form to another.

use std::borrow::Cow;

use bytes::Bytes;

use super::{Form, Service, Wants, answer, embed, image, rerank, speech, transcription};
use crate::canon::{Losses, Text};
use crate::dialect::Path;
use crate::json::Misfit;

const JSON: Cow<'static, str> = Cow::Borrowed("application/json");

/// A request in the provider's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its bytes.
    pub body: Bytes,
    /// Their media type.
    pub content_type: Cow<'static, str>,
    /// What the caller wants of its reply; a part of the [`Face`](super::Face) of it.
    pub wants: Wants,
    /// All that could not be carried. Whether the call goes on with that is for others to say.
    pub losses: Losses,
}

/// Writes a request that a caller made in `from` as a provider takes it in `to`; `model` is the
/// provider's name for the model. In the same form it goes on as it came, and nothing in it is read.
///
/// # Errors
/// [`Misfit`] for what is no request, or where the service has no such form.
pub fn request(
    service: Service,
    from: Form,
    to: Form,
    body: &Bytes,
    content_type: Option<&str>,
    path: Path<'_>,
    model: &str,
) -> Result<Outgoing, Misfit> {
    for form in [from, to] {
        if !service.has(form) {
            return Err(form.missing());
        }
    }
    if from == to {
        let content_type = content_type.map_or(JSON, |given| Cow::Owned(given.to_owned()));
        let (wants, losses) = (Wants::default(), Losses::default());
        return Ok(Outgoing { body: body.clone(), content_type, wants, losses });
    }
    let mut losses = Losses::default();
    let mut wants = Wants::default();
    let mut kind = JSON;
    let made = match service {
        Service::Embed => {
            let request = embed::read_request(from, answer::text(body)?, path, &mut losses)?;
            wants.items = Some(request.items());
            wants.packed = request.packed;
            embed::write_request(to, &request, model, &mut losses)?
        }
        Service::Image => {
            let request = image::read_request(from, answer::text(body)?, &mut losses)?;
            wants.linked = request.linked;
            image::write_request(to, &request, model, &mut losses)?
        }
        Service::Speech => {
            let request = speech::read_request(from, answer::text(body)?, &mut losses)?;
            speech::write_request(to, &request, model, &mut losses)?
        }
        Service::Transcription => {
            let request = transcription::read_request(from, body, content_type, &mut losses)?;
            wants.shape = request.shape;
            wants.language = request.language.clone().map(Text::into_owned);
            let (made, made_kind) = transcription::write_request(to, &request, model, &mut losses)?;
            kind = made_kind;
            made
        }
        Service::Rerank => {
            let request = rerank::read_request(from, answer::text(body)?, &mut losses)?;
            wants.items = u64::try_from(request.documents.len()).ok();
            wants.bare = request.return_documents == Some(false);
            rerank::write_request(to, &request, model)?
        }
    };
    Ok(Outgoing { body: Bytes::from(made), content_type: kind, wants, losses })
}
