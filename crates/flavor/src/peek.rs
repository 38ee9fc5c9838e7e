//! What the gateway reads of a request before it knows where that goes, in the dialects beside chat
//! completions, which have [a way of their own](crate::openai::peek_chat).

use bytes::Bytes;

use crate::addressed::{self, Policy};
use crate::custom;
use crate::dialect::{Dialect, Path};
use crate::json::{self, Bounds, Document, Kind, Scanner};
use crate::openai::{OTHER_LIMITS, PeekError, UsageSite};

/// The longest name of a model, in bytes.
const MODEL_BYTES: usize = 256;

/// What a model's name has to be.
pub(crate) const MODEL: &str = "should be a text of 1 to 256 bytes";

/// Whether a model's name is of the length that names have.
pub(crate) fn is_model(name: &str) -> bool {
    (1..=MODEL_BYTES).contains(&name.len())
}

/// Members that the gateway reads, and those that bound a call's cost: readers differ in which one
/// counts of two.
const WATCH: &[&str] = &[
    "model",
    "stream",
    "background",
    "hybrid_policy",
    "hybridPolicy",
    "remote_service_provider",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "n_predict",
    "max_new_tokens",
    "generationConfig",
    "generation_config",
    "options",
    "stream_options",
];

/// What the gateway reads of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peek {
    /// The model that is asked for.
    pub model: String,
    /// Whether the reply is to be a stream.
    pub stream: bool,
    /// Whether the call is to go on without its caller.
    pub background: bool,
    /// What stands in `hybrid_policy`; `None` where it is not there. A body that has it goes on only
    /// [without it](addressed::without_policy).
    pub policy: Option<Policy>,
    /// A field that is addressed to the gateway and asks for what it does not do.
    pub gateway_field: Option<&'static str>,
    /// The most tokens of an answer, in dialects that say it in a field of its own.
    pub max_output: Option<u64>,
    /// A name of some server's own for the limit of the answer, in dialects whose servers have such:
    /// it may count more than the limit that is known.
    pub other_limit: Option<&'static str>,
    /// Where a stream of completions is asked for what it used.
    pub usage: Option<UsageSite>,
}

/// Reads what the gateway needs of a request in this dialect.
///
/// # Errors
/// When the body is not one JSON object, or names no model where the path does not, or when a field
/// that is read has the wrong type or is there twice.
pub fn peek(
    dialect: Dialect,
    body: &Bytes,
    path: Path<'_>,
    bounds: Bounds,
) -> Result<Peek, PeekError> {
    let mut scanner = Scanner::new(WATCH, bounds);
    scanner.push(body)?;
    let document = scanner.finish()?;
    let policy = Policy::of(&document, addressed::names(dialect))?;
    if let Dialect::Custom(own) = dialect {
        let text = std::str::from_utf8(body).unwrap_or_default();
        let peek = custom::peek(own, text).map_err(PeekError::Misfit)?;
        return Ok(Peek { policy, ..peek });
    }
    if !document.root_is_object() {
        return Err(PeekError::NotAnObject);
    }
    if let Some(field) = document.repeated() {
        return Err(PeekError::Repeated { field });
    }
    if let Some(field) = document.respelled() {
        return Err(PeekError::Respelled { field });
    }
    let in_path = dialect == Dialect::Gemini;
    let model = if in_path { named(Some(path.model.to_owned())) } else { named(model(&document)?) };
    let streams_unless_told = matches!(dialect, Dialect::OllamaChat | Dialect::OllamaGenerate);
    let stream = if in_path {
        path.stream
    } else {
        flag(&document, "stream")?.unwrap_or(streams_unless_told)
    };
    let limits: &[&str] = match dialect {
        Dialect::Messages | Dialect::Completion => &["max_tokens"],
        // Servers of AOG's flavor may go by either; the greater one bounds both.
        Dialect::AogChat | Dialect::AogGenerate => &["max_tokens", "max_completion_tokens"],
        _ => &["max_output_tokens"],
    };
    let limits = limits.iter().filter_map(|name| document.member(name));
    let limit = limits.filter_map(|limit| json::whole(limit.raw)).max();
    Ok(Peek {
        model: model?,
        stream,
        background: flag(&document, "background")?.unwrap_or(false),
        policy,
        gateway_field: gateway_field(dialect, &document),
        max_output: limit.filter(|tokens| *tokens > 0),
        other_limit: other_limit(dialect, &document),
        usage: (stream && dialect == Dialect::Completion)
            .then(|| UsageSite::of(&document, bounds))
            .transpose()?,
    })
}

/// Who serves a call is the gateway's to say; in AOG's flavor a caller may ask for one.
fn gateway_field(dialect: Dialect, document: &Document) -> Option<&'static str> {
    const FIELD: &str = "remote_service_provider";
    let is_aog = matches!(dialect, Dialect::AogChat | Dialect::AogGenerate);
    (is_aog && is_said(document, FIELD)).then_some(FIELD)
}

/// What is spoken to servers of many kinds is read by each in its own way.
fn other_limit(dialect: Dialect, document: &Document) -> Option<&'static str> {
    match dialect {
        Dialect::Completion | Dialect::AogChat | Dialect::AogGenerate => {
            OTHER_LIMITS.into_iter().find(|field| is_said(document, field))
        }
        _ => None,
    }
}

fn is_said(document: &Document, field: &str) -> bool {
    document.member(field).is_some_and(|member| member.kind != Kind::Null)
}

fn model(document: &Document) -> Result<Option<String>, PeekError> {
    let member = document.member("model").ok_or(PeekError::MissingModel)?;
    Ok(json::text(member.raw))
}

fn named(model: Option<String>) -> Result<String, PeekError> {
    const EXPECTED: &str = "a text of 1 to 256 bytes";
    model
        .filter(|model| is_model(model))
        .ok_or(PeekError::WrongType { field: "model", expected: EXPECTED })
}

fn flag(document: &Document, field: &'static str) -> Result<Option<bool>, PeekError> {
    match document.member(field).map(|member| member.raw) {
        None | Some(b"null") => Ok(None),
        Some(b"true") => Ok(Some(true)),
        Some(b"false") => Ok(Some(false)),
        Some(_) => Err(PeekError::WrongType { field, expected: "true or false" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { depth: 32, capture: 1024 };

    fn read(dialect: Dialect, body: &'static str) -> Result<Peek, PeekError> {
        let path = Path { model: "in-path", stream: true };
        peek(dialect, &Bytes::from_static(body.as_bytes()), path, BOUNDS)
    }

    #[test]
    fn each_dialect_names_model_and_stream_in_its_place() {
        let plain = r#"{"model":"m","stream":false,"max_tokens":7,"max_output_tokens":8}"#;
        for (dialect, model, stream, limit) in [
            (Dialect::Messages, "m", false, Some(7)),
            (Dialect::Responses, "m", false, Some(8)),
            (Dialect::Gemini, "in-path", true, Some(8)),
            (Dialect::OllamaChat, "m", false, Some(8)),
            (Dialect::AogChat, "m", false, Some(7)),
            (Dialect::AogGenerate, "m", false, Some(7)),
        ] {
            let peek = read(dialect, plain).unwrap();
            assert_eq!((peek.model.as_str(), peek.stream), (model, stream), "{dialect:?}");
            assert_eq!(peek.max_output, limit);
        }
        assert!(read(Dialect::OllamaChat, r#"{"model":"m"}"#).unwrap().stream);
        assert!(!read(Dialect::Messages, r#"{"model":"m","stream":null}"#).unwrap().stream);
        assert!(!read(Dialect::AogChat, r#"{"model":"m"}"#).unwrap().stream);
        let both = r#"{"model":"m","max_tokens":7,"max_completion_tokens":9}"#;
        assert_eq!(read(Dialect::AogChat, both).unwrap().max_output, Some(9));
    }

    #[test]
    fn what_readers_could_take_in_two_ways_is_refused() {
        for body in [
            r#"{"model":"m","model":"n"}"#,
            r#"{"model":"m","max_tokens":1,"max_tokens":2}"#,
            r#"{"model":"m","Stream":true}"#,
            r#"{"stream":true}"#,
            r#"{"model":""}"#,
            r#"{"model":"m","stream":"yes"}"#,
            "[]",
        ] {
            assert!(read(Dialect::Messages, body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_limit_by_another_name_is_seen_where_servers_may_go_by_it() {
        let body = r#"{"model":"m","max_tokens":5,"n_predict":100000,"max_new_tokens":null}"#;
        for dialect in [Dialect::Completion, Dialect::AogChat, Dialect::AogGenerate] {
            assert_eq!(read(dialect, body).unwrap().other_limit, Some("n_predict"), "{dialect:?}");
        }
        assert_eq!(read(Dialect::Messages, body).unwrap().other_limit, None);
        let null = r#"{"model":"m","n_predict":null}"#;
        assert_eq!(read(Dialect::Completion, null).unwrap().other_limit, None);
    }

    #[test]
    fn what_is_addressed_to_the_gateway_is_seen() {
        let peek =
            read(Dialect::Responses, r#"{"model":"m","background":true,"hybrid_policy":"x"}"#);
        let peek = peek.unwrap();
        assert!(peek.background);
        assert_eq!(peek.policy, Some(Policy::Said("x".to_owned())));
        assert_eq!(peek.gateway_field, None);
        let addressed = r#"{"model":"m","hybrid_policy":null,"remote_service_provider":"x"}"#;
        let peek = read(Dialect::AogGenerate, addressed).unwrap();
        assert_eq!(peek.policy, Some(Policy::Nothing));
        assert_eq!(peek.gateway_field, Some("remote_service_provider"));
        let elsewhere = read(Dialect::Messages, addressed).unwrap();
        assert_eq!((elsewhere.policy, elsewhere.gateway_field), (Some(Policy::Nothing), None));
    }

    #[test]
    fn gemini_has_it_under_either_of_two_names_but_not_both() {
        let said = |dialect, body| read(dialect, body).map(|peek| peek.policy);
        let camel = r#"{"model":"m","hybridPolicy":["x"]}"#;
        assert_eq!(said(Dialect::Gemini, camel), Ok(Some(Policy::NotText)));
        assert_eq!(said(Dialect::Messages, camel), Ok(None));
        let snake = r#"{"model":"m","hybrid_policy":"x"}"#;
        assert_eq!(said(Dialect::Gemini, snake), Ok(Some(Policy::Said("x".to_owned()))));
        let both = r#"{"model":"m","hybrid_policy":"x","hybridPolicy":null}"#;
        let twice = PeekError::Repeated { field: "hybrid_policy" };
        assert_eq!(said(Dialect::Gemini, both), Err(twice));
        assert_eq!(said(Dialect::Messages, both), Ok(Some(Policy::Said("x".to_owned()))));
    }
}
