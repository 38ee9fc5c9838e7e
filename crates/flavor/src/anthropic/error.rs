//! Refusals and failures in Anthropic's shape.

use super::super::json::{Object, writer};

/// The longest sentence that is kept of a provider's failure, in bytes.
const MESSAGE_BYTES: usize = 1024;

/// The class of error that Anthropic's SDKs expect with a status.
pub fn error_kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        408 | 504 => "timeout_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    }
}

/// The body of a refusal.
pub fn error_body(kind: &str, message: &str, request_id: Option<&str>) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, kind, message, request_id);
    out
}

/// The event that a failing stream ends in.
pub fn error_event(kind: &str, message: &str, request_id: Option<&str>) -> Vec<u8> {
    let mut out = b"event: error\ndata: ".to_vec();
    write(&mut out, kind, message, request_id);
    out.extend_from_slice(b"\n\n");
    out
}

fn write(out: &mut Vec<u8>, kind: &str, message: &str, request_id: Option<&str>) {
    writer::object(out, |root| {
        root.text("type", "error");
        root.object("error", |error| {
            error.text("type", kind);
            error.text("message", message);
        });
        if let Some(id) = request_id {
            root.text("request_id", id);
        }
    });
}

/// The provider's sentence in the body of its refusal, if it is one. It may hold anything, and is
/// for the log.
pub fn read_failure(body: &str) -> Option<String> {
    let mut root = Object::parse(body).ok()?;
    let mut error = root.object("error").ok()??;
    let kind = error.text("type").ok()?.unwrap_or_default();
    let mut message = error.text("message").ok()?.unwrap_or_default().into_owned();
    message.truncate(message.floor_char_boundary(MESSAGE_BYTES));
    Some(format!("{kind}: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_reads_back() {
        let body = error_body(error_kind(429), "slowly \"now\"", Some("req_1"));
        let body = String::from_utf8(body).unwrap();
        assert_eq!(
            body,
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"slowly \"now\""},"request_id":"req_1"}"#
        );
        assert_eq!(read_failure(&body).unwrap(), "rate_limit_error: slowly \"now\"");
        assert_eq!(read_failure("<html>"), None);
    }
}
