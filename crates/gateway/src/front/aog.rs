//! AOG's chat and generate, and other flavors by its addresses, as callers speak them.

use std::sync::Arc;

use http::{HeaderMap, Method, Response, request};
use hyper::body::Incoming;
use weighbridge_core::clock::Moment;
use weighbridge_flavor::dialect::Dialect;
use weighbridge_flavor::services::{Form, Service};

use crate::body::ReplyBody;
use crate::front::call;
use crate::front::route::Route;
use crate::front::{anthropic, gemini, ollama, openai};
use crate::gateway::Gateway;
use crate::pipeline::Received;
use crate::pipeline::received::Address;

/// The paths served here, as messages name them.
pub const PATHS: [&str; 8] = [
    "/aog/v0.2/services/chat",
    "/aog/v0.2/services/generate",
    "/aog/v0.2/services/embed",
    "/aog/v0.2/services/rerank",
    "/aog/v0.2/services/text-to-image",
    "/aog/v0.2/services/text-to-speech",
    "/aog/v0.2/services/speech-to-text",
    "/aog/v0.2/api_flavors/{flavor}/{path}",
];

/// A service of AOG's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// The next turn of a conversation.
    Chat,
    /// What follows a prompt.
    Generate,
    /// A service beside conversation.
    Service(Service),
}

impl Endpoint {
    /// What a path asks for. The versions of the API are one here.
    pub fn of(path: &str) -> Option<Self> {
        match below_version(path)?.strip_prefix("/services/")? {
            "chat" => Some(Self::Chat),
            "generate" => Some(Self::Generate),
            "embed" => Some(Self::Service(Service::Embed)),
            "rerank" => Some(Self::Service(Service::Rerank)),
            "text-to-image" => Some(Self::Service(Service::Image)),
            "text-to-speech" => Some(Self::Service(Service::Speech)),
            "speech-to-text" => Some(Self::Service(Service::Transcription)),
            _ => None,
        }
    }

    /// The method it is asked for with.
    pub const fn method(self) -> Method {
        Method::POST
    }

    /// What whoever asks for it speaks.
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::Chat | Self::Service(_) => Dialect::AogChat,
            Self::Generate => Dialect::AogGenerate,
        }
    }
}

/// The route of a path under `api_flavors`: that of another flavor, by its own path.
pub(super) fn other_flavor(path: &str, headers: &HeaderMap) -> Option<Route> {
    let rest = below_version(path)?.strip_prefix("/api_flavors/")?;
    let (flavor, _) = rest.split_once('/')?;
    let native = rest.get(flavor.len()..)?;
    match flavor {
        "openai" => openai::Endpoint::of(native).map(Route::OpenAi),
        "anthropic" => anthropic::Endpoint::of(native, headers).map(Route::Anthropic),
        "gemini" => gemini::Endpoint::of(native, headers).map(Route::Gemini),
        "ollama" => ollama::Endpoint::of(native).map(Route::Ollama),
        _ => None,
    }
}

/// What stands behind `/aog/v0.2`.
fn below_version(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/aog/v0.")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 { None } else { rest.get(digits..).map(|rest| rest.trim_end_matches('/')) }
}

/// Answers one call.
pub async fn serve(
    gateway: &Arc<Gateway>,
    endpoint: Endpoint,
    head: request::Parts,
    body: Incoming,
    at: Moment,
) -> Response<ReplyBody> {
    let address = match endpoint {
        Endpoint::Service(service) => Address::of_service(service, Form::Aog),
        Endpoint::Chat | Endpoint::Generate => Address::of(endpoint.dialect()),
    };
    call::serve(Received::new(Arc::clone(gateway), address, head, body, at)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_and_other_flavors_stand_under_one_address() {
        assert_eq!(Endpoint::of("/aog/v0.2/services/chat"), Some(Endpoint::Chat));
        assert_eq!(Endpoint::of("/aog/v0.4/services/generate/"), Some(Endpoint::Generate));
        for path in
            ["/aog/v0.2/services/image-to-video", "/aog/services/chat", "/aog/v0./services/chat"]
        {
            assert_eq!(Endpoint::of(path), None, "{path}");
        }
        let none = HeaderMap::new();
        let route = |path: &str| other_flavor(&format!("/aog/v0.2/api_flavors/{path}"), &none);
        assert_eq!(
            route("openai/v1/chat/completions"),
            Some(Route::OpenAi(openai::Endpoint::Chat))
        );
        assert_eq!(route("ollama/api/chat"), Some(Route::Ollama(ollama::Endpoint::Chat)));
        assert_eq!(route("ase/v1/private/x"), None);
    }
}
