//! What a provider says when it fails.

use super::request::shortened;
use crate::json::{self, Bounds, Kind, Member};

const MESSAGE_BYTES: usize = 1024;
const CODE_BYTES: usize = 256;
/// An error is small; what is deeper or larger is not read as one.
const BOUNDS: Bounds = Bounds { depth: 128, capture: 64 * 1024 };

/// A provider's own account of its failure. It is for the log and for choosing what to do; it may
/// hold anything, so none of it is shown to a caller unread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFailure {
    /// The provider's sentence, at most 1 KiB of it.
    pub message: String,
    /// The provider's class of error.
    pub kind: Option<String>,
    /// The provider's code, a number as its digits.
    pub code: Option<String>,
}

/// Reads the body of a provider's error, if it is one: an object with an `error` that is an object
/// or a text, or one that calls itself an error.
#[must_use]
pub fn read_failure(body: &[u8]) -> Option<ProviderFailure> {
    let document = json::scan(body, &["error", "object"], BOUNDS).ok()?;
    if let Some(error) = document.member("error") {
        return ProviderFailure::read(&error, body.get(error.span.clone()).unwrap_or_default());
    }
    let is_error = document.member("object").is_some_and(|object| object.raw == b"\"error\"");
    is_error.then(|| ProviderFailure::of_object(body))
}

impl ProviderFailure {
    /// Reads the value of an `error` member. One that is null, a number or a list is no failure.
    pub(super) fn read(error: &Member<'_>, raw: &[u8]) -> Option<Self> {
        match error.kind {
            Kind::Object => Some(Self::of_object(raw)),
            Kind::String => {
                let message = said(raw, MESSAGE_BYTES);
                Some(Self { message, kind: None, code: None })
            }
            _ => None,
        }
    }

    fn of_object(raw: &[u8]) -> Self {
        let Ok(document) = json::scan(raw, &["message", "type", "code"], BOUNDS) else {
            return Self { message: said(raw, MESSAGE_BYTES), kind: None, code: None };
        };
        let words = |key, bytes| {
            let member = document.member(key)?;
            let is_scalar = matches!(member.kind, Kind::String | Kind::Number);
            is_scalar.then(|| said(member.raw, bytes))
        };
        Self {
            // Without a sentence the whole has to speak for itself.
            message: words("message", MESSAGE_BYTES).unwrap_or_else(|| said(raw, MESSAGE_BYTES)),
            kind: words("type", CODE_BYTES),
            code: words("code", CODE_BYTES),
        }
    }
}

/// A string's text, or anything else as it stands.
fn said(raw: &[u8], bytes: usize) -> String {
    let text = json::text(raw).unwrap_or_else(|| String::from_utf8_lossy(raw).into_owned());
    shortened(text, bytes)
}

#[cfg(test)]
mod tests {
    use super::{ProviderFailure, read_failure};

    fn failure(message: &str, kind: Option<&str>, code: Option<&str>) -> Option<ProviderFailure> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Some(ProviderFailure { message: message.to_owned(), kind: owned(kind), code: owned(code) })
    }

    #[test]
    fn the_usual_shapes_are_read() {
        let read = |body: &str| read_failure(body.as_bytes());
        assert_eq!(
            read(r#"{"error":{"message":"slow down","type":"rate","code":429,"param":null}}"#),
            failure("slow down", Some("rate"), Some("429"))
        );
        assert_eq!(read(r#"{"error":"no such model"}"#), failure("no such model", None, None));
        assert_eq!(
            read(r#"{"object":"error","message":"too long","code":null}"#),
            failure("too long", None, None)
        );
        assert_eq!(read(r#"{"error":{"why":1}}"#), failure(r#"{"why":1}"#, None, None));
        assert_eq!(read(r#"{"error":null}"#), None);
        assert_eq!(read(r#"{"choices":[]}"#), None);
        assert_eq!(read("<html>"), None);
    }

    #[test]
    fn a_long_message_is_shortened_between_characters() {
        let body = format!(r#"{{"error":"x{}"}}"#, "秤".repeat(1000));
        let message = read_failure(body.as_bytes()).unwrap().message;
        assert_eq!(message.len(), 1024);
    }
}
