//! Ollama's chat and generate, and what its clients ask for before they call.

use std::sync::Arc;

use http::{Method, Response, StatusCode, request};
use hyper::body::Incoming;
use weighbridge_core::clock::Moment;
use weighbridge_core::directory;
use weighbridge_core::failure::{Code, Failure};
use weighbridge_flavor::dialect::Dialect;
use weighbridge_flavor::ollama::{self, Capability, ModelCard};
use weighbridge_flavor::services::{Form, Service};
use weighbridge_proof::Digest;

use crate::body::ReplyBody;
use crate::front::call;
use crate::front::models::Sight;
use crate::gateway::Gateway;
use crate::pipeline::Received;
use crate::pipeline::received::Address;

/// The paths served here, as messages name them.
pub const PATHS: [&str; 8] = [
    "/api/chat",
    "/api/generate",
    "/api/embed",
    "/api/embeddings",
    "/api/tags",
    "/api/show",
    "/api/ps",
    "/api/version",
];

/// Something that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// The next turn of a conversation.
    Chat,
    /// What follows a prompt.
    Generate,
    /// The vectors of texts.
    Embed,
    /// The vector of a text, as it was asked for once.
    Embeddings,
    /// The list of models.
    Tags,
    /// One model.
    Show,
    /// The models in memory.
    Ps,
    /// The version of Ollama that is spoken.
    Version,
}

impl Endpoint {
    /// What a path asks for.
    pub fn of(path: &str) -> Option<Self> {
        match path.trim_end_matches('/') {
            "/api/chat" => Some(Self::Chat),
            "/api/generate" => Some(Self::Generate),
            "/api/embed" => Some(Self::Embed),
            "/api/embeddings" => Some(Self::Embeddings),
            "/api/tags" => Some(Self::Tags),
            "/api/show" => Some(Self::Show),
            "/api/ps" => Some(Self::Ps),
            "/api/version" => Some(Self::Version),
            _ => None,
        }
    }

    /// The method it is asked for with.
    pub const fn method(self) -> Method {
        match self {
            Self::Chat | Self::Generate | Self::Embed | Self::Embeddings | Self::Show => {
                Method::POST
            }
            Self::Tags | Self::Ps | Self::Version => Method::GET,
        }
    }
}

/// Answers one request.
pub async fn serve(
    gateway: &Arc<Gateway>,
    endpoint: Endpoint,
    head: request::Parts,
    body: Incoming,
    at: Moment,
) -> Response<ReplyBody> {
    let dialect =
        if endpoint == Endpoint::Generate { Dialect::OllamaGenerate } else { Dialect::OllamaChat };
    let answer = match endpoint {
        Endpoint::Chat | Endpoint::Generate => {
            let address = Address::of(dialect);
            return call::serve(Received::new(Arc::clone(gateway), address, head, body, at)).await;
        }
        Endpoint::Embed | Endpoint::Embeddings => {
            let form = if endpoint == Endpoint::Embed { Form::Ollama } else { Form::OllamaOlder };
            let address = Address::of_service(Service::Embed, form);
            return call::serve(Received::new(Arc::clone(gateway), address, head, body, at)).await;
        }
        // It is no secret, and clients ask before they have a key.
        Endpoint::Version => Ok(ollama::version()),
        Endpoint::Ps => Sight::of(gateway, &head.headers).await.map(|_| ollama::ps()),
        Endpoint::Tags => Sight::of(gateway, &head.headers).await.map(|sight| {
            let cards: Vec<ModelCard> =
                sight.models().map(|(model, _)| card(gateway, model)).collect();
            ollama::tags(&cards)
        }),
        Endpoint::Show => show(gateway, dialect, head, body, at).await,
    };
    match answer {
        Ok(body) => call::json(StatusCode::OK, body),
        Err(failure) => call::refused(gateway, dialect, &failure),
    }
}

async fn show(
    gateway: &Arc<Gateway>,
    dialect: Dialect,
    head: request::Parts,
    body: Incoming,
    at: Moment,
) -> Result<Vec<u8>, Failure> {
    let sight = Sight::of(gateway, &head.headers).await?;
    let received = Received::new(Arc::clone(gateway), Address::of(dialect), head, body, at);
    let bytes = received.authenticate().await?.admit_free()?.read_aside().await?;
    let wrong = |words: String| Failure::client(Code::InvalidRequest, words);
    let text = std::str::from_utf8(&bytes).map_err(|error| wrong(error.to_string()))?;
    let model = ollama::read_show_request(text).map_err(|misfit| wrong(misfit.to_string()))?;
    sight.find(&model)?;
    Ok(ollama::show(&card(gateway, &model)))
}

fn card(gateway: &Gateway, model: &str) -> ModelCard {
    let begins = model.rsplit('/').next().unwrap_or(model);
    let architecture: String = begins.chars().take_while(char::is_ascii_alphanumeric).collect();
    ModelCard {
        name: model.to_owned(),
        modified: gateway.started_at().micros().unsigned_abs() / 1_000_000,
        digest: Digest::of(model.as_bytes()).to_string(),
        size: 0,
        architecture: if architecture.is_empty() { "model".to_owned() } else { architecture },
        context: gateway.setting().directory.context_length(&own_name(gateway, model)),
        capabilities: capabilities(gateway, model),
    }
}

/// The name of the model that a name stands for.
fn own_name(gateway: &Gateway, model: &str) -> String {
    let setting = gateway.setting();
    let named = |service| setting.directory.named(service, model);
    let served = directory::Service::ALL.into_iter().find_map(named);
    served.map_or_else(|| model.to_owned(), |served| served.model)
}

/// What a model is there for. That one can see or think, nobody has said.
fn capabilities(gateway: &Gateway, model: &str) -> Vec<Capability> {
    let setting = gateway.setting();
    let serves = |service| setting.directory.named(service, model).is_some();
    let mut capabilities = Vec::new();
    if serves(directory::Service::Chat) {
        capabilities.extend([Capability::Completion, Capability::Tools]);
    }
    if serves(directory::Service::Embed) {
        capabilities.push(Capability::Embedding);
    }
    if serves(directory::Service::TextToImage) {
        capabilities.push(Capability::Image);
    }
    capabilities
}
