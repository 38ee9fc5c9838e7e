//! The gateway's own words, in the dialect that the caller speaks: refusals, and what it puts into a
//! stream by itself.

use bytes::Bytes;
use http::StatusCode;
use weighbridge_core::failure::{Code, Failure, Retry, Source};
use weighbridge_flavor::canon::Face;
pub use weighbridge_flavor::dialect::Dialect;
use weighbridge_flavor::openai::{self, ErrorWords, responses};
use weighbridge_flavor::{anthropic, aog, custom, gemini, ollama};

/// Speaks to one caller.
#[derive(Debug, Clone)]
pub struct Voice {
    /// What the caller speaks.
    pub dialect: Dialect,
    /// How a reply looks to it, where the gateway writes any of that.
    pub face: Option<Face>,
}

/// What goes into a stream that is silent.
pub struct Ping {
    /// The bytes.
    pub bytes: Bytes,
    /// Whether it is an event of the dialect, and so a part of the reply. A comment is not.
    pub is_event: bool,
}

impl Voice {
    /// A voice that writes nothing but refusals.
    pub fn of(dialect: Dialect) -> Self {
        Self { dialect, face: None }
    }

    /// Whether comment lines of the gateway may stand in the caller's streams. Lines of JSON have no
    /// comments, and SDKs of Google's and AOG's take every line for JSON.
    pub fn takes_comments(&self) -> bool {
        matches!(
            self.dialect,
            Dialect::Chat | Dialect::Completion | Dialect::Responses | Dialect::Messages
        )
    }

    /// What keeps a silent stream alive, where the dialect has anything.
    pub fn ping(&self) -> Option<Ping> {
        match self.dialect {
            Dialect::Chat | Dialect::Completion | Dialect::Responses => {
                Some(Ping { bytes: openai::PING, is_event: false })
            }
            Dialect::Messages => {
                Some(Ping { bytes: Bytes::from_static(anthropic::PING), is_event: true })
            }
            Dialect::Gemini
            | Dialect::OllamaChat
            | Dialect::OllamaGenerate
            | Dialect::AogChat
            | Dialect::AogGenerate
            | Dialect::Custom(_) => None,
        }
    }

    /// What a failing stream ends in, where nothing of it was written by the gateway itself.
    pub fn error_event(&self, failure: &Failure) -> Bytes {
        let status = status(self.dialect, failure).as_u16();
        match self.dialect {
            Dialect::Chat | Dialect::Completion => {
                openai::error_event(&openai_words(self.dialect, status, failure))
            }
            Dialect::Responses => match &self.face {
                Some(face) => {
                    responses::error_event(face, stream_code(failure), &failure.words).into()
                }
                None => openai::error_event(&openai_words(self.dialect, status, failure)),
            },
            Dialect::Messages => {
                let kind = anthropic::error_kind(status);
                anthropic::error_event(kind, &failure.words, None).into()
            }
            Dialect::Gemini => gemini::error_event(status, &failure.words),
            Dialect::OllamaChat | Dialect::OllamaGenerate => {
                ollama::error_line(&failure.words).into()
            }
            Dialect::AogChat | Dialect::AogGenerate => aog::error_event(status, &failure.words),
            Dialect::Custom(own) => custom::error_event(own, &failure.words).into(),
        }
    }
}

/// The code that a client of responses reads in a stream that failed. It shows its user our words
/// and tries no more with the first two, and tries again with the last.
pub fn stream_code(failure: &Failure) -> &'static str {
    match failure.code {
        Code::BudgetExceeded | Code::OverMaxCost => "insufficient_quota",
        _ if failure.retry == Retry::Never => "invalid_prompt",
        _ => "server_error",
    }
}

/// The status that says this to a caller of the dialect.
pub fn status(dialect: Dialect, failure: &Failure) -> StatusCode {
    let status = match dialect {
        // The one that Codex stops at, and says why.
        Dialect::Responses if is_quota(failure.code) => 429,
        _ => failure.code.status(),
    };
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The body of a refusal.
pub fn refusal(dialect: Dialect, failure: &Failure) -> Bytes {
    refusal_as(dialect, status(dialect, failure), failure)
}

/// The same with a status of its own: what a provider said, in the caller's dialect.
pub fn refusal_as(dialect: Dialect, status: StatusCode, failure: &Failure) -> Bytes {
    let status = status.as_u16();
    match dialect {
        Dialect::Chat | Dialect::Completion | Dialect::Responses => {
            openai::error_body(&openai_words(dialect, status, failure))
        }
        Dialect::Messages => {
            anthropic::error_body(anthropic::error_kind(status), &failure.words, None).into()
        }
        Dialect::Gemini => gemini::error_body(status, &failure.words),
        Dialect::OllamaChat | Dialect::OllamaGenerate => ollama::error_body(&failure.words).into(),
        Dialect::AogChat | Dialect::AogGenerate => aog::error_body(status, &failure.words),
        Dialect::Custom(own) => custom::error_body(own, &failure.words).into(),
    }
}

const fn is_quota(code: Code) -> bool {
    matches!(
        code,
        Code::BudgetExceeded
            | Code::OverMaxCost
            | Code::CostUnbounded
            | Code::Unpriced
            | Code::CurrencyMismatch
            | Code::ConfirmationRequired
    )
}

fn openai_words(dialect: Dialect, status: u16, failure: &Failure) -> ErrorWords<'_> {
    let kind = match failure.source {
        Source::Client => match failure.code {
            Code::InvalidApiKey => "authentication_error",
            Code::Forbidden => "permission_error",
            Code::RateLimited | Code::TooManyEstimates => "requests",
            code if is_quota(code) => "insufficient_quota",
            _ => "invalid_request_error",
        },
        Source::Gateway if matches!(failure.code, Code::BudgetExceeded | Code::OverMaxCost) => {
            "insufficient_quota"
        }
        Source::Provider if status == 429 => "requests",
        Source::Provider if status < 500 => "invalid_request_error",
        Source::Gateway | Source::Provider => "server_error",
    };
    // Codex goes by this code.
    let quota = dialect == Dialect::Responses && is_quota(failure.code);
    ErrorWords {
        message: &failure.words,
        kind,
        code: Some(if quota { "insufficient_quota" } else { failure.code.as_str() }),
        param: failure.field.as_deref(),
        detail: failure.detail.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_says_a_spent_budget_in_its_own_way() {
        let failure = Failure::client(Code::BudgetExceeded, "spent");
        for (dialect, expected, body) in [
            (Dialect::Chat, 402, r#""code":"budget_exceeded""#),
            (Dialect::Responses, 429, r#""code":"insufficient_quota""#),
            (Dialect::Messages, 402, r#""type":"billing_error""#),
            (Dialect::Gemini, 402, r#""status":"FAILED_PRECONDITION""#),
            (Dialect::OllamaChat, 402, r#"{"error":"spent"}"#),
        ] {
            assert_eq!(status(dialect, &failure), expected, "{dialect:?}");
            let written = String::from_utf8(refusal(dialect, &failure).to_vec()).unwrap();
            assert!(written.contains(body), "{written}");
        }
    }

    #[test]
    fn a_stream_that_failed_tells_whether_to_try_again() {
        let face = Face {
            id: "x1".into(),
            model: "m".into(),
            created: 0,
            wants_usage: true,
            names: Default::default(),
        };
        let voice = Voice { dialect: Dialect::Responses, face: Some(face) };
        let said =
            |failure: Failure| String::from_utf8(voice.error_event(&failure).to_vec()).unwrap();
        let spent = Failure::gateway(Code::BudgetExceeded, Retry::Never, "spent");
        assert!(said(spent).contains("insufficient_quota"));
        let broken = Failure::provider(Code::ProviderIncomplete, Retry::After(1), "broke off");
        assert!(said(broken).contains("server_error"));
    }
}
