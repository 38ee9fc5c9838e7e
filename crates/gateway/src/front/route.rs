//! Which front a request is for.

use std::sync::Arc;

use http::{HeaderMap, Method, Response, request};
use hyper::body::Incoming;
use weighbridge_core::clock::Moment;
use weighbridge_flavor::custom::Custom;
use weighbridge_flavor::dialect::Dialect;

use crate::body::ReplyBody;
use crate::front::{anthropic, aog, credential, custom, gemini, ollama, openai};
use crate::gateway::Gateway;

/// Something that a front answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// As OpenAI's clients ask.
    OpenAi(openai::Endpoint),
    /// As Anthropic's clients ask.
    Anthropic(anthropic::Endpoint),
    /// As Google's clients ask.
    Gemini(gemini::Endpoint),
    /// As Ollama's clients ask.
    Ollama(ollama::Endpoint),
    /// As AOG's clients ask.
    Aog(aog::Endpoint),
    /// As clients of a flavor ask that a file describes.
    Custom(&'static Custom),
}

impl Route {
    /// The route of a path, and of the headers where paths meet.
    pub fn of(gateway: &Gateway, path: &str, headers: &HeaderMap) -> Option<Self> {
        if let Some(own) = gateway.setting().flavors.iter().find(|own| own.path == path) {
            return Some(Self::Custom(own));
        }
        if let Some(endpoint) = aog::Endpoint::of(path) {
            return Some(Self::Aog(endpoint));
        }
        if let Some(route) = aog::other_flavor(path, headers) {
            return Some(route);
        }
        if let Some(endpoint) = anthropic::Endpoint::of(path, headers) {
            return Some(Self::Anthropic(endpoint));
        }
        if let Some(endpoint) = gemini::Endpoint::of(path, headers) {
            return Some(Self::Gemini(endpoint));
        }
        if let Some(endpoint) = ollama::Endpoint::of(path) {
            return Some(Self::Ollama(endpoint));
        }
        openai::Endpoint::of(path).map(Self::OpenAi)
    }

    /// All paths, as messages name them.
    pub fn paths(gateway: &Gateway) -> impl Iterator<Item = &'static str> {
        let own = openai::PATHS.into_iter().chain(anthropic::PATHS).chain(gemini::PATHS);
        let own = own.chain(ollama::PATHS).chain(aog::PATHS);
        let flavors = gateway.setting().flavors.clone();
        own.chain(flavors.into_iter().map(|described| described.path.as_str()))
    }

    /// What whoever asks for a path speaks, as far as that can be told, wherever the path leads: a
    /// refusal is of no use in words that its caller's SDK cannot read.
    pub fn spoken_at(gateway: &Gateway, path: &str, headers: &HeaderMap) -> Dialect {
        let path = credential::behind_token(path);
        if let Some(route) = Self::of(gateway, path, headers) {
            return route.dialect();
        }
        let starts = |start| path.starts_with(start);
        if starts("/aog/") {
            Dialect::AogChat
        } else if starts("/api/") {
            Dialect::OllamaChat
        } else if gemini::is_googles(path, headers) {
            Dialect::Gemini
        } else if anthropic::is_anthropics(path, headers) {
            Dialect::Messages
        } else if starts("/v1/responses") {
            Dialect::Responses
        } else {
            Dialect::Chat
        }
    }

    /// The method it is asked for with.
    pub const fn method(&self) -> Method {
        match self {
            Self::OpenAi(endpoint) => endpoint.method(),
            Self::Anthropic(endpoint) => endpoint.method(),
            Self::Gemini(endpoint) => endpoint.method(),
            Self::Ollama(endpoint) => endpoint.method(),
            Self::Aog(endpoint) => endpoint.method(),
            Self::Custom(_) => Method::POST,
        }
    }

    /// What whoever asks for it speaks.
    pub const fn dialect(&self) -> Dialect {
        match self {
            Self::OpenAi(endpoint) => endpoint.dialect(),
            Self::Anthropic(_) => Dialect::Messages,
            Self::Gemini(_) => Dialect::Gemini,
            Self::Ollama(_) => Dialect::OllamaChat,
            Self::Aog(endpoint) => endpoint.dialect(),
            Self::Custom(own) => Dialect::Custom(own),
        }
    }

    /// Answers one request.
    pub async fn serve(
        self,
        gateway: &Arc<Gateway>,
        head: request::Parts,
        body: Incoming,
        at: Moment,
    ) -> Response<ReplyBody> {
        match self {
            Self::OpenAi(endpoint) => openai::serve(gateway, endpoint, head, body, at).await,
            Self::Anthropic(endpoint) => anthropic::serve(gateway, endpoint, head, body, at).await,
            Self::Gemini(endpoint) => gemini::serve(gateway, endpoint, head, body, at).await,
            Self::Ollama(endpoint) => ollama::serve(gateway, endpoint, head, body, at).await,
            Self::Aog(endpoint) => aog::serve(gateway, endpoint, head, body, at).await,
            Self::Custom(own) => custom::serve(gateway, own, head, body, at).await,
        }
    }
}
