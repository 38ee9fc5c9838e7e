//! Errors in AOG's words.

use bytes::Bytes;

use crate::json::{Object, writer};
use crate::openai;

/// The longest sentence that is kept of a provider's failure, in bytes.
const MESSAGE_BYTES: usize = 1024;
/// The longest code that is kept, in bytes. AOG's have five digits.
const CODE_BYTES: usize = 16;

/// The body of an error that is answered with the HTTP status `status`.
///
/// AOG numbers its errors by families of its own (`bcode`), and those that belong to none of them by
/// their status; so are all of the gateway's, which are not AOG's.
#[must_use]
pub fn error_body(status: u16, message: &str) -> Bytes {
    written("", status, message, "")
}

/// The event that ends a stream in an error; nothing may come after it.
#[must_use]
pub fn error_event(status: u16, message: &str) -> Bytes {
    written("data: ", status, message, "\n\n")
}

fn written(before: &str, status: u16, message: &str, after: &str) -> Bytes {
    let mut out = before.as_bytes().to_vec();
    writer::object(&mut out, |root| {
        root.whole("business_code", status.into());
        root.text("message", message);
    });
    out.extend_from_slice(after.as_bytes());
    out.into()
}

/// The provider's sentence in the place of a reply, with its code, if it is one. It may hold
/// anything, and is for the log.
pub fn read_failure(body: &str) -> Option<String> {
    let mut root = Object::parse(body).ok()?;
    let Some(code) = root.take("business_code") else {
        return openai::read_failure(body.as_bytes()).map(|failure| failure.message);
    };
    let mut message = root.text("message").ok()?.unwrap_or_default().into_owned();
    message.truncate(message.floor_char_boundary(MESSAGE_BYTES));
    let end = code.get().floor_char_boundary(CODE_BYTES);
    let code = code.get().get(..end).unwrap_or_default();
    Some(format!("{message} ({code})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_aogs_shape_and_reads_back() {
        let body = r#"{"business_code":404,"message":"no \"x\"\nhere"}"#;
        assert_eq!(error_body(404, "no \"x\"\nhere"), body);
        assert_eq!(error_event(404, "no \"x\"\nhere"), format!("data: {body}\n\n"));
        assert_eq!(read_failure(body).unwrap(), "no \"x\"\nhere (404)");
    }

    #[test]
    fn other_servers_words_are_read_and_a_reply_is_no_failure() {
        assert_eq!(read_failure(r#"{"error":"out of memory"}"#).unwrap(), "out of memory");
        assert_eq!(read_failure(r#"{"message":{"content":"a"},"finished":true}"#), None);
        assert_eq!(read_failure(r#"{"business_code":1,"message":{}}"#), None);
        assert_eq!(read_failure("<html>"), None);
        let long = format!(r#"{{"business_code":30003,"message":"x{}"}}"#, "秤".repeat(1000));
        assert_eq!(read_failure(&long).unwrap().len(), 1024 + " (30003)".len());
    }
}
