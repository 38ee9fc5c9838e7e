//! Texts become vectors.

mod aog;
mod gemini;
mod ollama;
mod openai;
mod vector;

pub use vector::Vector;

use super::{Face, Form, Usage};
use crate::canon::{Json, Losses, Text};
use crate::dialect::Path;
use crate::json::Misfit;

/// A request for vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The model by the caller's name for it.
    pub model: Text<'a>,
    /// What becomes vectors.
    pub input: Input<'a>,
    /// How long the vectors are to be, in numbers; nothing where that is not said.
    pub dimensions: Option<u64>,
    /// Whether the caller wants each as base64 of its numbers, and not as a list.
    pub packed: bool,
    /// Whether a text that is too long is cut; nothing where that is not said.
    pub truncate: Option<bool>,
    /// What the vectors are for, in Gemini's words.
    pub task: Option<Text<'a>>,
    /// The title of the one document that it is.
    pub title: Option<Text<'a>>,
    /// Whom the caller calls for.
    pub end_user: Option<Text<'a>>,
}

/// What becomes vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input<'a> {
    /// Texts, one vector each.
    Texts(Vec<Text<'a>>),
    /// Numbers of one model's tokens, as they were spelled: a list of them, or a list of lists.
    Tokens {
        /// The list.
        json: Json<'a>,
        /// How many vectors it asks for.
        items: u64,
    },
}

impl<'a> Request<'a> {
    /// A request that says nothing yet.
    pub(super) fn to(model: impl Into<Text<'a>>, input: Input<'a>) -> Self {
        Self {
            model: model.into(),
            input,
            dimensions: None,
            packed: false,
            truncate: None,
            task: None,
            title: None,
            end_user: None,
        }
    }

    /// How many vectors it asks for.
    pub fn items(&self) -> u64 {
        match &self.input {
            Input::Texts(texts) => u64::try_from(texts.len()).unwrap_or(u64::MAX),
            Input::Tokens { items, .. } => *items,
        }
    }

    /// The texts, for a form that has no place for tokens.
    fn texts(&self, losses: &mut Losses) -> &[Text<'a>] {
        match &self.input {
            Input::Texts(texts) => texts,
            Input::Tokens { .. } => {
                losses.refused(
                    "input",
                    "numbers of one model's tokens mean nothing to another: send texts \
                     (LangChain: check_embedding_ctx_length=False)",
                );
                &[]
            }
        }
    }

    /// The one text, for a form that has no place for several.
    fn one_text(&self, losses: &mut Losses) -> &str {
        let texts = self.texts(losses);
        if texts.len() > 1 {
            losses.refused("input", "there is but one text to a call there");
        }
        texts.first().map_or("", |text| text)
    }

    /// Names what only Gemini's forms have.
    fn note_task(&self, losses: &mut Losses) {
        if self.task.is_some() {
            losses.dropped("taskType", "there is no word for what vectors are for there");
        }
        if self.title.is_some() {
            losses.dropped("title", "a text has no title there");
        }
    }

    fn note_user(&self, losses: &mut Losses) {
        if self.end_user.is_some() {
            losses.dropped("user", "callers have no name there");
        }
    }

    fn note_truncate(&self, losses: &mut Losses) {
        if self.truncate.is_some() {
            losses.dropped("truncate", "the server decides there what becomes of too long a text");
        }
    }
}

/// Vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<'a> {
    /// One for each text, in their order.
    pub vectors: Vec<Vector<'a>>,
    /// What was used.
    pub usage: Usage,
}

impl Reply<'_> {
    /// Whether it has what was asked for: callers put vectors to texts by their place.
    fn check(&self, face: &Face) -> Result<(), Misfit> {
        let has = u64::try_from(self.vectors.len()).unwrap_or(u64::MAX);
        match face.wants.items {
            Some(items) if items != has => {
                Err(Misfit::new(format!("has {has} vectors for {items} texts")))
            }
            _ => Ok(()),
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
    path: Path<'a>,
    losses: &mut Losses,
) -> Result<Request<'a>, Misfit> {
    match form {
        Form::OpenAi => openai::read_request(body, losses),
        Form::Gemini => gemini::read_request(body, path.model, losses),
        Form::GeminiBatch => gemini::read_batch_request(body, path.model, losses),
        Form::Ollama => ollama::read_request(body, losses),
        Form::OllamaOlder => ollama::read_older_request(body, losses),
        Form::Aog => aog::read_request(body, losses),
        Form::Jina => Err(form.missing()),
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
        Form::Gemini => Ok(gemini::write_request(request, losses)),
        Form::GeminiBatch => Ok(gemini::write_batch_request(request, model, losses)),
        Form::Ollama => Ok(ollama::write_request(request, model, losses)),
        Form::OllamaOlder => Ok(ollama::write_older_request(request, model, losses)),
        Form::Aog => Ok(aog::write_request(request, model, losses)),
        Form::Jina => Err(form.missing()),
    }
}

/// Reads a reply.
///
/// # Errors
/// [`Misfit`] for what is none.
pub fn read_reply(form: Form, body: &str) -> Result<Reply<'_>, Misfit> {
    match form {
        Form::OpenAi => openai::read_reply(body),
        Form::Gemini => gemini::read_reply(body),
        Form::GeminiBatch => gemini::read_batch_reply(body),
        Form::Ollama => ollama::read_reply(body),
        Form::OllamaOlder => ollama::read_older_reply(body),
        Form::Aog => aog::read_reply(body),
        Form::Jina => Err(form.missing()),
    }
}

/// Writes a reply for a caller.
///
/// # Errors
/// When there is no such form, a vector is for each text but one, or one is no vector.
pub fn write_reply(form: Form, reply: &Reply<'_>, face: &Face) -> Result<Vec<u8>, Misfit> {
    reply.check(face)?;
    match form {
        Form::OpenAi => openai::write_reply(reply, face),
        Form::Gemini => gemini::write_reply(reply),
        Form::GeminiBatch => gemini::write_batch_reply(reply),
        Form::Ollama => ollama::write_reply(reply, face),
        Form::OllamaOlder => ollama::write_older_reply(reply),
        Form::Aog => aog::write_reply(reply, face),
        Form::Jina => Err(form.missing()),
    }
}

/// What a reply says was used; its vectors are not read.
///
/// # Errors
/// [`Misfit`] for what is no JSON object, or an error.
pub fn weigh(form: Form, body: &str) -> Result<Usage, Misfit> {
    match form {
        Form::OpenAi | Form::Jina => {
            super::answer::read(body).map(|mut it| super::answer::usage(&mut it))
        }
        Form::Gemini | Form::GeminiBatch => gemini::weigh(body),
        Form::Ollama | Form::OllamaOlder => ollama::weigh(body),
        Form::Aog => super::aog::read_reply(body).map(|mut it| super::answer::usage(&mut it)),
    }
}
