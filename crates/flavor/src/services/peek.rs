//! What the gateway reads of a request before it knows where that goes.

mod count;
mod error;

pub use error::PeekError;

use bytes::Bytes;

use self::count::Count;
use super::{Form, Service, multipart};
use crate::addressed::{self, Policy};
use crate::dialect::Path;
use crate::json::{self, Bounds, Document, Kind, Misfit, Object, Scanner};
use crate::openai;

/// The longest name of a model, in bytes.
const MODEL_BYTES: usize = 256;
/// The longest name of an end user that is kept, in bytes.
const END_USER_BYTES: usize = 256;
const MODEL: &str = "a text of 1 to 256 bytes";

/// Members that the gateway reads, and those that a call's cost depends on: readers differ in which
/// one counts of two.
const WATCH: &[&str] = &[
    "model",
    "stream",
    "stream_format",
    "hybrid_policy",
    "hybridPolicy",
    "user",
    "safety_identifier",
    "n",
    "dimensions",
];

/// What the gateway reads of a request. Fields that nobody here knows are left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peek {
    /// The model that is asked for.
    pub model: String,
    /// Whether the reply is to be a stream.
    pub stream: bool,
    /// What stands in `hybrid_policy`; `None` where it is not there. A body that has it goes on only
    /// [without it](addressed::without_policy_service).
    pub policy: Option<Policy>,
    /// The bytes of all text in the request, as it stands there. Numbers of tokens count as they
    /// stand, which is more than one byte each.
    pub text_bytes: u64,
    /// The bytes of text that are read once more, with a further document each: the question of a
    /// ranking.
    pub again_bytes: u64,
    /// How many tokens, where the request is of nothing else.
    pub tokens: Option<u64>,
    /// How many things are asked for: vectors, pictures, ranked documents; one elsewhere.
    pub items: u64,
    /// Speech: the characters to be said.
    pub characters: Option<u64>,
    /// The bytes of what is no text: sounds, and pictures to go by.
    pub media_bytes: u64,
    /// Transcription: how long the sound lasts by its first bytes, else by its size at 128 kbit to a
    /// second; a started second counts whole. It is an estimate until the provider says it.
    pub seconds: Option<u64>,
    /// Whom the caller calls for, at most 256 bytes of it.
    pub end_user: Option<String>,
}

/// Reads what the gateway needs of a request.
///
/// # Errors
/// When the body is not one JSON object or form, or names no model where the path does not, or when
/// a field that is read has the wrong type or is there twice.
pub fn peek(
    service: Service,
    form: Form,
    body: &Bytes,
    content_type: Option<&str>,
    path: Path<'_>,
    bounds: Bounds,
) -> Result<Peek, PeekError> {
    if !service.has(form) {
        return Err(PeekError::Form(form.missing()));
    }
    if service == Service::Transcription && form == Form::OpenAi {
        return peek_form(body, content_type);
    }
    let mut scanner = Scanner::new(WATCH, bounds);
    scanner.push(body).map_err(openai::PeekError::from)?;
    let document = scanner.finish().map_err(openai::PeekError::from)?;
    if !document.root_is_object() {
        return Err(openai::PeekError::NotAnObject.into());
    }
    if let Some(field) = document.repeated() {
        return Err(openai::PeekError::Repeated { field }.into());
    }
    if let Some(field) = document.respelled() {
        return Err(openai::PeekError::Respelled { field }.into());
    }
    let model = if form.model_in_path() { path.model.to_owned() } else { model(&document)? };
    let mut peek = Peek {
        model: named(model)?,
        stream: is_stream(&document),
        policy: Policy::of(&document, addressed::service_names(form))?,
        end_user: end_user(&document),
        ..Peek::default()
    };
    let root = Object::parse(super::answer::text(body)?)?;
    Count { peek: &mut peek }.add(service, form, root)?;
    Ok(peek)
}

fn model(document: &Document) -> Result<String, openai::PeekError> {
    let member = document.member("model").filter(|model| model.kind != Kind::Null);
    let member = member.ok_or(openai::PeekError::MissingModel)?;
    let wrong = openai::PeekError::WrongType { field: "model", expected: MODEL };
    json::text(member.raw).ok_or(wrong)
}

fn named(model: String) -> Result<String, openai::PeekError> {
    let fits = (1..=MODEL_BYTES).contains(&model.len());
    let wrong = openai::PeekError::WrongType { field: "model", expected: MODEL };
    fits.then_some(model).ok_or(wrong)
}

/// Of what is neither true nor false, its provider may make either.
fn is_stream(document: &Document) -> bool {
    let stream = document.member("stream");
    let events = document.member("stream_format");
    stream.is_some_and(|it| !matches!(it.raw, b"false" | b"null"))
        || events.is_some_and(|it| it.raw == b"\"sse\"")
}

fn end_user(document: &Document) -> Option<String> {
    let named = |field| {
        let user = document.member(field).and_then(|user| json::text(user.raw));
        user.filter(|user| !user.is_empty())
    };
    named("safety_identifier").or_else(|| named("user")).map(shortened)
}

fn shortened(mut user: String) -> String {
    user.truncate(user.floor_char_boundary(END_USER_BYTES));
    user
}

/// Sounds come in a form.
fn peek_form(body: &Bytes, content_type: Option<&str>) -> Result<Peek, PeekError> {
    let mut peek = Peek { items: 1, ..Peek::default() };
    let mut model = None;
    for part in multipart::read(body, content_type)? {
        let bytes = u64::try_from(part.data.len()).unwrap_or(u64::MAX);
        match part.name.as_ref() {
            "file" => {
                peek.seconds = peek.seconds.max(Some(super::sound::seconds(part.data, bytes)));
                peek.media_bytes = peek.media_bytes.saturating_add(bytes);
            }
            "model" => {
                if model.replace(part.text()?.to_owned()).is_some() {
                    return Err(openai::PeekError::Repeated { field: "model" }.into());
                }
            }
            "stream" => peek.stream = part.data != b"false",
            addressed::POLICY => {
                if peek.policy.replace(Policy::of_part(&part)).is_some() {
                    let field = addressed::POLICY;
                    return Err(openai::PeekError::Repeated { field }.into());
                }
            }
            "user" => peek.end_user = Some(shortened(part.text()?.to_owned())),
            _ => peek.text_bytes = peek.text_bytes.saturating_add(bytes),
        }
    }
    if peek.media_bytes == 0 {
        return Err(Misfit::new("is missing; a sound has to stand here").at("file").into());
    }
    peek.model = named(model.ok_or(openai::PeekError::MissingModel)?)?;
    Ok(peek)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { depth: 32, capture: 1024 };

    fn read(service: Service, form: Form, body: &str) -> Result<Peek, PeekError> {
        let path = Path { model: "in-path", stream: false };
        peek(service, form, &Bytes::copy_from_slice(body.as_bytes()), None, path, BOUNDS)
    }

    #[test]
    fn what_readers_could_take_in_two_ways_is_refused() {
        for body in [
            r#"{"model":"m","model":"n","input":"a"}"#,
            r#"{"Model":"m","input":"a"}"#,
            r#"{"input":"a"}"#,
            r#"{"model":null,"input":"a"}"#,
            r#"{"model":"","input":"a"}"#,
            r#"{"model":"m"}"#,
            "[]",
            "{",
        ] {
            assert!(read(Service::Embed, Form::OpenAi, body).is_err(), "{body}");
        }
        let error = read(Service::Rerank, Form::OpenAi, "{}").unwrap_err();
        assert_eq!(error.to_string(), "there is no openai form of this service");
    }

    #[test]
    fn what_is_addressed_to_the_gateway_is_seen() {
        let body = r#"{"model":"m","prompt":"p","n":3,"stream":true,"user":"u","safety_identifier":"s","hybrid_policy":"x","new":{}}"#;
        let peek = read(Service::Image, Form::OpenAi, body).unwrap();
        assert_eq!(peek.policy, Some(Policy::Said("x".to_owned())));
        assert_eq!((peek.items, peek.text_bytes, peek.stream), (3, 1, true));
        assert_eq!(peek.end_user.as_deref(), Some("s"));
        let spoken = r#"{"model":"m","input":"秤!","stream_format":"sse"}"#;
        let peek = read(Service::Speech, Form::OpenAi, spoken).unwrap();
        assert_eq!((peek.characters, peek.text_bytes, peek.stream), (Some(2), 4, true));
    }
}
