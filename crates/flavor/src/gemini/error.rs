//! Errors in Google's words.

use bytes::Bytes;

use super::{fields::Fields, stream_reader::unlisted};
use crate::json::writer::{self, Members};

/// The body of an error that is answered with the HTTP status `status`.
#[must_use]
pub fn error_body(status: u16, message: &str) -> Bytes {
    written("", status, message, "")
}

/// The event that ends a stream in an error.
#[must_use]
pub fn error_event(status: u16, message: &str) -> Bytes {
    written("data: ", status, message, "\r\n\r\n")
}

fn written(before: &str, status: u16, message: &str, after: &str) -> Bytes {
    let mut out = before.as_bytes().to_vec();
    writer::object(&mut out, |root| write_error(root, status, message));
    out.extend_from_slice(after.as_bytes());
    out.into()
}

/// Writes `error`.
pub(super) fn write_error(root: &mut Members<'_>, status: u16, message: &str) {
    root.object("error", |error| {
        error.whole("code", status.into());
        error.text("message", message);
        error.text("status", word(status));
    });
}

/// Whether a refusal is of the key that it was asked with. Google answers 400 to one that is none, as
/// to a request that cannot be read, and 401 and 403 only to others.
#[must_use]
pub fn refuses_key(body: &str) -> bool {
    const REASON: &str = "API_KEY_INVALID";
    const WORDS: [&str; 2] = ["API key not valid", "API key expired"];
    let read = || {
        let mut root = Fields::parse(unlisted(body.trim()).ok()?).ok()?;
        let mut error = root.object("error").ok()??;
        let details = error.list("details").ok()?.unwrap_or_default();
        if details.is_empty() {
            let message = error.text("message").ok()??;
            return Some(WORDS.iter().any(|words| message.starts_with(words)));
        }
        let reason = |detail| Fields::read(detail).ok()?.text("reason").ok()?;
        Some(details.into_iter().filter_map(reason).any(|reason| reason == REASON))
    };
    read().unwrap_or(false)
}

/// Google's word for an HTTP status.
fn word(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        402 | 409 | 412 => "FAILED_PRECONDITION",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        408 | 504 => "DEADLINE_EXCEEDED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        501 => "UNIMPLEMENTED",
        502 | 503 | 529 => "UNAVAILABLE",
        ..=499 => "INVALID_ARGUMENT",
        500.. => "INTERNAL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_none_is_told_from_a_request_that_is_none() {
        let refused = |message: &str, details: &str| {
            let error = format!(
                r#"{{"error":{{"code":400,"message":"{message}","status":"INVALID_ARGUMENT"{details}}}}}"#
            );
            assert_eq!(refuses_key(&format!("[{error}]\n")), refuses_key(&error));
            refuses_key(&error)
        };
        let reason = |reason: &str| {
            format!(
                r#","details":[{{"@type":"type.googleapis.com/google.rpc.LocalizedMessage"}},
                {{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"{reason}"}}]"#
            )
        };
        assert!(refused("No.", &reason("API_KEY_INVALID")));
        assert!(refused("API key not valid. Please pass a valid API key.", ""));
        assert!(!refused("API key not valid. Or so.", &reason("FIELD_VIOLATION")));
        assert!(!refused("contents: API key not valid", ""));
        for odd in ["", "[]", "{}", r#"{"error":"API key not valid"}"#, "API key not valid"] {
            assert!(!refuses_key(odd), "{odd}");
        }
    }

    #[test]
    fn an_error_has_googles_shape_and_word() {
        let body = r#"{"error":{"code":429,"message":"no \"budget\"\nleft","status":"RESOURCE_EXHAUSTED"}}"#;
        assert_eq!(error_body(429, "no \"budget\"\nleft"), body);
        assert_eq!(error_event(429, "no \"budget\"\nleft"), format!("data: {body}\r\n\r\n"));
        for (status, expected) in [
            (400, "INVALID_ARGUMENT"),
            (413, "INVALID_ARGUMENT"),
            (403, "PERMISSION_DENIED"),
            (500, "INTERNAL"),
            (529, "UNAVAILABLE"),
            (504, "DEADLINE_EXCEEDED"),
        ] {
            assert_eq!(word(status), expected);
        }
    }
}
