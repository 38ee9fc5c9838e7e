//! Documents are put into the order in which they answer a question.

mod aog;
mod jina;

use super::{Face, Form, Usage};
use crate::canon::{Losses, Text};
use crate::json::Misfit;

/// A request for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The model by the caller's name for it.
    pub model: Text<'a>,
    /// The question.
    pub query: Text<'a>,
    /// The documents, which are known by their place.
    pub documents: Vec<Text<'a>>,
    /// How many of them the reply has at most; nothing where that is not said.
    pub top_n: Option<u64>,
    /// Whether the reply has their texts; nothing where that is not said, which servers take for
    /// either.
    pub return_documents: Option<bool>,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<'a> {
    /// The best one first, as the provider has them.
    pub results: Vec<Ranked<'a>>,
    /// What was used.
    pub usage: Usage,
}

/// A document in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked<'a> {
    /// Which of the request's, from zero.
    pub index: u64,
    /// How well it answers, in the provider's own digits.
    pub score: &'a str,
    /// Its text, where that is there.
    pub document: Option<Text<'a>>,
}

impl Reply<'_> {
    /// Whether its documents are those of the request: callers look them up by their index.
    fn check(&self, face: &Face) -> Result<(), Misfit> {
        let Some(items) = face.wants.items else { return Ok(()) };
        match self.results.iter().find(|ranked| ranked.index >= items) {
            Some(Ranked { index, .. }) => {
                Err(Misfit::new(format!("has a document {index} of {items}")).at("results"))
            }
            None => Ok(()),
        }
    }
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
        Form::Jina => jina::read_request(body, losses),
        Form::Aog => aog::read_request(body, losses),
        _ => Err(form.missing()),
    }
}

/// Writes a request for a provider; `model` is its name for the model.
///
/// # Errors
/// When there is no such form.
pub fn write_request(form: Form, request: &Request<'_>, model: &str) -> Result<Vec<u8>, Misfit> {
    match form {
        Form::Jina | Form::Aog => Ok(jina::write_request(request, model)),
        _ => Err(form.missing()),
    }
}

/// Reads a reply.
///
/// # Errors
/// [`Misfit`] for what is none.
pub fn read_reply(form: Form, body: &str) -> Result<Reply<'_>, Misfit> {
    match form {
        Form::Jina => jina::read_reply(body),
        Form::Aog => aog::read_reply(body),
        _ => Err(form.missing()),
    }
}

/// Writes a reply for a caller.
///
/// # Errors
/// When there is no such form, or a document is none of the request's.
pub fn write_reply(form: Form, reply: &Reply<'_>, face: &Face) -> Result<Vec<u8>, Misfit> {
    reply.check(face)?;
    match form {
        Form::Jina => Ok(jina::write_reply(reply, face)),
        Form::Aog => Ok(aog::write_reply(reply, face)),
        _ => Err(form.missing()),
    }
}

/// What a reply says was used.
///
/// # Errors
/// [`Misfit`] for what is no JSON object, or an error.
pub fn weigh(form: Form, body: &str) -> Result<Usage, Misfit> {
    let mut root = match form {
        Form::Aog => super::aog::read_reply(body)?,
        _ => super::answer::read(body)?,
    };
    Ok(jina::usage(&mut root))
}
