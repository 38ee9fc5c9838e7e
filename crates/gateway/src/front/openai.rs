//! OpenAI's chat completions, responses and models, as callers speak them.

use std::sync::Arc;

use http::{Method, Response, StatusCode, request};
use hyper::body::Incoming;
use weighbridge_core::clock::Moment;
use weighbridge_core::directory::Provider;
use weighbridge_core::failure::{Code, Failure};
use weighbridge_flavor::dialect::Dialect;
use weighbridge_flavor::openai::{self, ModelCard};
use weighbridge_flavor::services::{Form, Service};

use crate::body::ReplyBody;
use crate::front::call;
use crate::front::models::{self, Sight};
use crate::gateway::Gateway;
use crate::pipeline::Received;
use crate::pipeline::received::Address;

/// The paths served here, as messages name them.
pub const PATHS: [&str; 11] = [
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/responses",
    "/v1/responses/compact",
    "/v1/embeddings",
    "/v1/images/generations",
    "/v1/audio/speech",
    "/v1/audio/transcriptions",
    "/v1/rerank",
    "/v1/models",
    "/v1/models/{id}",
];

/// Something that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A chat completion.
    Chat,
    /// An older completion.
    Completion,
    /// A response.
    Responses,
    /// A conversation made shorter.
    Compact,
    /// A service beside conversation; ranking in the form that Jina and Cohere have in common.
    Service(Service),
    /// The list of models.
    Models,
    /// One model, its id still as it stood in the path.
    Model(String),
}

impl Endpoint {
    /// What a path asks for. A missing or doubled `/v1` is a base address set slightly wrong, and
    /// is served.
    pub fn of(path: &str) -> Option<Self> {
        match below_v1(path) {
            "/chat/completions" => Some(Self::Chat),
            "/completions" => Some(Self::Completion),
            "/responses" => Some(Self::Responses),
            "/responses/compact" => Some(Self::Compact),
            "/embeddings" => Some(Self::Service(Service::Embed)),
            "/images/generations" => Some(Self::Service(Service::Image)),
            "/audio/speech" => Some(Self::Service(Service::Speech)),
            "/audio/transcriptions" => Some(Self::Service(Service::Transcription)),
            "/rerank" => Some(Self::Service(Service::Rerank)),
            "/models" => Some(Self::Models),
            other => {
                let id = other.strip_prefix("/models/")?;
                Some(Self::Model(id.to_owned()))
            }
        }
    }

    /// The method it is asked for with.
    pub const fn method(&self) -> Method {
        match self {
            Self::Chat | Self::Completion | Self::Responses | Self::Compact | Self::Service(_) => {
                Method::POST
            }
            Self::Models | Self::Model(_) => Method::GET,
        }
    }

    /// What whoever asks for it speaks.
    pub const fn dialect(&self) -> Dialect {
        match self {
            Self::Completion => Dialect::Completion,
            Self::Responses | Self::Compact => Dialect::Responses,
            Self::Chat | Self::Service(_) | Self::Models | Self::Model(_) => Dialect::Chat,
        }
    }
}

/// A path without any `/v1` before it and any slash behind.
pub(super) fn below_v1(path: &str) -> &str {
    let mut rest = path;
    while let Some(shorter) = rest.strip_prefix("/v1").filter(|rest| rest.starts_with('/')) {
        rest = shorter;
    }
    rest.trim_end_matches('/')
}

/// Answers one request.
pub async fn serve(
    gateway: &Arc<Gateway>,
    endpoint: Endpoint,
    head: request::Parts,
    body: Incoming,
    at: Moment,
) -> Response<ReplyBody> {
    let dialect = endpoint.dialect();
    let answer = match endpoint {
        Endpoint::Chat | Endpoint::Completion | Endpoint::Responses | Endpoint::Compact => {
            let compact = endpoint == Endpoint::Compact;
            let address = Address { compact, ..Address::of(dialect) };
            return call::serve(Received::new(Arc::clone(gateway), address, head, body, at)).await;
        }
        Endpoint::Service(service) => {
            let form = if service == Service::Rerank { Form::Jina } else { Form::OpenAi };
            let address = Address::of_service(service, form);
            return call::serve(Received::new(Arc::clone(gateway), address, head, body, at)).await;
        }
        Endpoint::Models => {
            let sight = Sight::of(gateway, &head.headers).await;
            sight.map(|sight| openai::model_list(&cards(gateway, &sight)))
        }
        Endpoint::Model(id) => Sight::of(gateway, &head.headers)
            .await
            .and_then(|sight| model(gateway, &sight, &models::percent_decode(&id))),
    };
    match answer {
        Ok(body) => call::json(StatusCode::OK, body),
        Err(failure) => call::refused(gateway, dialect, &failure),
    }
}

fn model(gateway: &Gateway, sight: &Sight, id: &str) -> Result<bytes::Bytes, Failure> {
    sight.find(id)?;
    let card = cards(gateway, sight).into_iter().find(|card| card.id == id);
    card.map(|card| openai::model_body(&card))
        .ok_or_else(|| Failure::client(Code::ModelNotFound, "the model is not served here"))
}

fn cards(gateway: &Gateway, sight: &Sight) -> Vec<ModelCard> {
    let created = gateway.started_at().micros() / 1_000_000;
    let card = |(model, provider): (&str, &Provider)| ModelCard {
        id: model.to_owned(),
        created,
        owned_by: provider.name.clone(),
    };
    sight.models().map(card).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_doubled_v1_is_served() {
        for path in ["/v1/chat/completions", "/chat/completions", "/v1/v1/chat/completions/"] {
            assert_eq!(Endpoint::of(path), Some(Endpoint::Chat), "{path}");
        }
        assert_eq!(Endpoint::of("/v1/responses"), Some(Endpoint::Responses));
        assert_eq!(Endpoint::of("/v1/completions"), Some(Endpoint::Completion));
        assert_eq!(Endpoint::of("/v1/models/a/b"), Some(Endpoint::Model("a/b".to_owned())));
        for path in ["/v1", "/", "/v1chat/completions", "/v1/completion", "/modelsx"] {
            assert_eq!(Endpoint::of(path), None, "{path}");
        }
    }
}
