//! How each dialect is spoken over HTTP: its paths, and what goes into the head of a request.

use std::borrow::Cow;

use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue};
use weighbridge_flavor::custom::Credential;
use weighbridge_flavor::dialect::Dialect;
use weighbridge_flavor::services::{Form, Service};

/// The version of Anthropic's API that the gateway speaks where its caller does not say one.
const ANTHROPIC_VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");

static VERSION: HeaderName = HeaderName::from_static("anthropic-version");

/// Where a conversation is made shorter.
pub(super) const COMPACT: &str = "/responses/compact";

/// Where a call goes, behind the provider's base address.
pub(super) fn path(dialect: Dialect, model: &str, stream: bool) -> Cow<'static, str> {
    let fixed = match dialect {
        Dialect::Custom(own) => own.provider_path.as_str(),
        Dialect::Chat => "/chat/completions",
        Dialect::Completion => "/completions",
        Dialect::Responses => "/responses",
        Dialect::Messages => "/v1/messages",
        Dialect::OllamaChat => "/api/chat",
        Dialect::OllamaGenerate => "/api/generate",
        Dialect::AogChat => "/aog/v0.2/services/chat",
        Dialect::AogGenerate => "/aog/v0.2/services/generate",
        Dialect::Gemini => {
            let method = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
            return Cow::Owned(format!("/v1beta/models/{}:{method}", escaped(model)));
        }
    };
    Cow::Borrowed(fixed)
}

/// Where a call for a service beside conversation goes, behind the provider's base address.
pub(super) fn service_path(service: Service, form: Form, model: &str) -> Cow<'static, str> {
    let fixed = match (form, service) {
        (Form::OpenAi, Service::Image) => "/images/generations",
        (Form::OpenAi, Service::Speech) => "/audio/speech",
        (Form::OpenAi, Service::Transcription) => "/audio/transcriptions",
        (Form::OpenAi, _) => "/embeddings",
        (Form::Jina, _) => "/rerank",
        (Form::Ollama, _) => "/api/embed",
        (Form::OllamaOlder, _) => "/api/embeddings",
        (Form::Aog, Service::Embed) => "/aog/v0.2/services/embed",
        (Form::Aog, Service::Image) => "/aog/v0.2/services/text-to-image",
        (Form::Aog, Service::Speech) => "/aog/v0.2/services/text-to-speech",
        (Form::Aog, Service::Transcription) => "/aog/v0.2/services/speech-to-text",
        (Form::Aog, Service::Rerank) => "/aog/v0.2/services/rerank",
        (Form::Gemini | Form::GeminiBatch, _) => {
            let method = if form == Form::Gemini { "embedContent" } else { "batchEmbedContents" };
            return Cow::Owned(format!("/v1beta/models/{}:{method}", escaped(model)));
        }
    };
    Cow::Borrowed(fixed)
}

/// A name as one segment of a path, or one value of a query: it came from somebody else.
pub(super) fn escaped(model: &str) -> String {
    let mut path = String::with_capacity(model.len());
    for byte in model.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

/// The header of a provider's credential, and how the key stands in it; nothing where it can stand in
/// none.
pub(super) fn credential(dialect: Dialect, key: &str) -> Option<(HeaderName, Cow<'_, str>)> {
    Some(match dialect {
        Dialect::Messages => (HeaderName::from_static("x-api-key"), key.into()),
        Dialect::Gemini => (HeaderName::from_static("x-goog-api-key"), key.into()),
        Dialect::Custom(own) => {
            let Credential { header, prefix } = &own.credential;
            (header.parse().ok()?, format!("{prefix}{key}").into())
        }
        Dialect::Chat
        | Dialect::Completion
        | Dialect::Responses
        | Dialect::OllamaChat
        | Dialect::OllamaGenerate
        | Dialect::AogChat
        | Dialect::AogGenerate => (AUTHORIZATION, format!("Bearer {key}").into()),
    })
}

/// Puts into a request's head what its dialect needs, and of the caller's own head what a provider may
/// see who speaks the same.
pub(super) fn dress(dialect: Dialect, callers: Option<&HeaderMap>, headers: &mut HeaderMap) {
    if dialect == Dialect::Messages {
        headers.insert(&VERSION, ANTHROPIC_VERSION);
    }
    let Some(callers) = callers else { return };
    for name in passed_on(dialect) {
        let mut values = callers.get_all(name).iter();
        let Some(first) = values.next() else { continue };
        headers.insert(name, first.clone());
        for more in values {
            headers.append(name, more.clone());
        }
    }
}

/// The caller's headers that a provider may see.
fn passed_on(dialect: Dialect) -> &'static [HeaderName] {
    static OPENAI: [HeaderName; 2] = [ACCEPT, HeaderName::from_static("openai-beta")];
    static ANTHROPIC: [HeaderName; 3] = [
        ACCEPT,
        HeaderName::from_static("anthropic-version"),
        HeaderName::from_static("anthropic-beta"),
    ];
    match dialect {
        Dialect::Chat | Dialect::Completion | Dialect::Responses => &OPENAI,
        Dialect::Messages => &ANTHROPIC,
        Dialect::Gemini
        | Dialect::OllamaChat
        | Dialect::OllamaGenerate
        | Dialect::Custom(_)
        | Dialect::AogChat
        | Dialect::AogGenerate => &[],
    }
}

/// What of the caller's query goes on.
pub(super) fn query(dialect: Dialect, callers: &str) -> &'static str {
    let beta = dialect == Dialect::Messages && callers.split('&').any(|pair| pair == "beta=true");
    if beta { "?beta=true" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_name_stays_one_segment_of_the_path() {
        assert_eq!(
            path(Dialect::Gemini, "../a?b=c/qwen3:8b", true),
            "/v1beta/models/..%2Fa%3Fb%3Dc%2Fqwen3%3A8b:streamGenerateContent?alt=sse"
        );
        assert_eq!(
            path(Dialect::Gemini, "gemini-3.0-pro", false),
            "/v1beta/models/gemini-3.0-pro:generateContent"
        );
    }

    #[test]
    fn version_and_betas_go_on_as_they_came_and_nothing_else_does() {
        let mut callers = HeaderMap::new();
        callers.insert("anthropic-version", HeaderValue::from_static("2026-10-21"));
        callers.append("anthropic-beta", HeaderValue::from_static("a"));
        callers.append("anthropic-beta", HeaderValue::from_static("b"));
        callers.insert("cookie", HeaderValue::from_static("c"));
        let mut headers = HeaderMap::new();
        dress(Dialect::Messages, Some(&callers), &mut headers);
        assert_eq!(headers["anthropic-version"], "2026-10-21");
        assert_eq!(headers.get_all("anthropic-beta").iter().count(), 2);
        assert_eq!(headers.len(), 3);
        let mut headers = HeaderMap::new();
        dress(Dialect::Messages, None, &mut headers);
        assert_eq!(headers["anthropic-version"], "2023-06-01");
        assert_eq!(query(Dialect::Messages, "x=1&beta=true"), "?beta=true");
        assert_eq!(query(Dialect::Chat, "beta=true"), "");
    }
}
