//! Errors in OpenAI's words.

use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;

/// What an error says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ErrorWords<'a> {
    /// The sentence for a person.
    pub message: &'a str,
    /// The class of error.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// The field of the request that is at fault.
    pub param: Option<&'a str>,
    /// The stable code.
    pub code: Option<&'a str>,
    /// More of it, for programs: no member of OpenAI's own, and absent where there is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'a serde_json::Value>,
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'a ErrorWords<'a>,
}

/// The body of an error.
#[must_use]
pub fn error_body(words: &ErrorWords<'_>) -> Bytes {
    written(&Body { error: words }, "", "")
}

/// The event that ends a stream in an error.
#[must_use]
pub fn error_event(words: &ErrorWords<'_>) -> Bytes {
    written(&Body { error: words }, "data: ", "\n\n")
}

/// `value` in JSON, between two texts.
pub(super) fn written(value: &impl Serialize, before: &str, after: &str) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_slice(before.as_bytes());
    let mut writer = bytes.writer();
    let written = serde_json::to_writer(&mut writer, value);
    debug_assert!(written.is_ok(), "texts and numbers always have a JSON form");
    let mut bytes = writer.into_inner();
    bytes.put_slice(after.as_bytes());
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::{ErrorWords, error_body, error_event};

    #[test]
    fn words_are_escaped_and_absent_ones_are_null() {
        let words = ErrorWords {
            message: "no \"x\"\nhere",
            kind: "invalid_request_error",
            code: Some("no_x"),
            param: None,
            detail: None,
        };
        let body = r#"{"error":{"message":"no \"x\"\nhere","type":"invalid_request_error","param":null,"code":"no_x"}}"#;
        assert_eq!(error_body(&words), body);
        assert_eq!(error_event(&words), format!("data: {body}\n\n"));
    }
}
