//! Failures, in the shape that OpenAI's clients read.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

/// The longest part of a caller's own words that is said back.
const QUOTED_CHARS: usize = 100;

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The status.
    pub(crate) status: StatusCode,
    /// The sentence for people.
    pub(crate) message: String,
    /// The word for programs, where there is one.
    pub(crate) code: Option<&'static str>,
    /// The field that is at fault, where it is one.
    pub(crate) param: Option<&'static str>,
    /// The method that would have been right.
    pub(crate) allowed: Option<Method>,
}

impl Failure {
    /// A failure with a status and a sentence.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), code: None, param: None, allowed: None }
    }

    /// A request that cannot be understood.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The same, with the word for programs.
    pub(crate) fn code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    /// The same, with the field at fault.
    pub(crate) fn param(self, param: &'static str) -> Self {
        Self { param: Some(param), ..self }
    }

    /// There is nothing at this address.
    pub(crate) fn no_route(method: &Method, path: &str) -> Self {
        let path = quoted(path);
        let message = format!("No route for {method} {path}; chat is at /v1/chat/completions.");
        Self::new(StatusCode::NOT_FOUND, message).code("unknown_url")
    }

    /// There is something at this address, for another method.
    pub(crate) fn wrong_method(method: &Method, path: &str, allowed: Method) -> Self {
        let message = format!("{path} takes {allowed}, not {method}.");
        let failure = Self::new(StatusCode::METHOD_NOT_ALLOWED, message);
        Self { allowed: Some(allowed), ..failure.code("method_not_allowed") }
    }

    /// The summary was not finished, for a fault of this program.
    pub(crate) fn not_finished() -> Self {
        let message = "The summary could not be finished; this is a fault of the engine.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// The body of the answer.
    pub(crate) fn to_json(&self) -> Value {
        let is_server = self.status.is_server_error();
        let kind = if is_server { "server_error" } else { "invalid_request_error" };
        json!({"error": {
            "message": self.message,
            "type": kind,
            "param": self.param,
            "code": self.code,
        }})
    }
}

/// The beginning of a caller's own words.
pub(crate) fn quoted(words: &str) -> String {
    let mut chars = words.chars();
    let beginning: String = chars.by_ref().take(QUOTED_CHARS).collect();
    if chars.next().is_none() { beginning } else { beginning + "…" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_have_the_shape_that_clients_read() {
        let failure = Failure::bad_request("No.").code("c").param("p");
        let body =
            r#"{"error":{"code":"c","message":"No.","param":"p","type":"invalid_request_error"}}"#;
        assert_eq!(failure.to_json().to_string(), body);
        assert_eq!(Failure::not_finished().to_json()["error"]["type"], "server_error");
        assert_eq!(quoted(&"x".repeat(101)), "x".repeat(100) + "…");
    }
}
