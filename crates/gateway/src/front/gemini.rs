//! Google's generateContent, token counts and models, as callers speak them.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, request};
use hyper::body::Incoming;
use weighbridge_core::clock::Moment;
use weighbridge_core::failure::{Code, Failure};
use weighbridge_flavor::dialect::Dialect;
use weighbridge_flavor::gemini;
use weighbridge_flavor::services::{Form, Service};

use crate::body::ReplyBody;
use crate::front::call;
use crate::front::models::{self, Sight};
use crate::gateway::Gateway;
use crate::pipeline::Received;
use crate::pipeline::received::Address;

/// The paths served here, as messages name them.
pub const PATHS: [&str; 7] = [
    "/v1beta/models/{model}:generateContent",
    "/v1beta/models/{model}:streamGenerateContent?alt=sse",
    "/v1beta/models/{model}:countTokens",
    "/v1beta/models/{model}:embedContent",
    "/v1beta/models/{model}:batchEmbedContents",
    "/v1beta/models",
    "/v1beta/models/{model}",
];

/// What Google's own SDKs send.
const GOOGLES: [&str; 2] = ["x-goog-api-client", "x-goog-api-key"];

/// The versions of the API that only Google has.
const BETA: [&str; 2] = ["/v1beta", "/v1alpha"];

/// Something that can be asked for, of a model whose name still is as it stood in the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// An answer.
    Generate(String),
    /// The same as a stream.
    Stream(String),
    /// How many tokens a prompt has.
    CountTokens(String),
    /// The vector of a content.
    Embed(String),
    /// The vectors of several.
    BatchEmbed(String),
    /// The list of models.
    Models,
    /// One model.
    Model(String),
}

impl Endpoint {
    /// What a path asks for. The versions of the API are one here; where a path is one of OpenAI's
    /// too, the method behind the model's name or a header of Google's own tells whose it is.
    pub fn of(path: &str, headers: &HeaderMap) -> Option<Self> {
        let path = path.trim_end_matches('/');
        let beta = BETA.iter().find_map(|version| path.strip_prefix(version));
        let googles = by_googles(headers);
        let beta = beta.or_else(|| path.strip_prefix("/v1").filter(|_| googles));
        let below = beta.or_else(|| path.strip_prefix("/v1"))?;
        if below == "/models" {
            return beta.map(|_| Self::Models);
        }
        let rest = below.strip_prefix("/models/")?;
        let called = rest.rsplit_once(':').and_then(|(model, method)| {
            let model = model.to_owned();
            match method {
                "generateContent" => Some(Self::Generate(model)),
                "streamGenerateContent" => Some(Self::Stream(model)),
                "countTokens" => Some(Self::CountTokens(model)),
                "embedContent" => Some(Self::Embed(model)),
                "batchEmbedContents" => Some(Self::BatchEmbed(model)),
                _ => None,
            }
        });
        called.or_else(|| beta.map(|_| Self::Model(rest.to_owned())))
    }

    /// The method it is asked for with.
    pub const fn method(&self) -> Method {
        match self {
            Self::Generate(_)
            | Self::Stream(_)
            | Self::CountTokens(_)
            | Self::Embed(_)
            | Self::BatchEmbed(_) => Method::POST,
            Self::Models | Self::Model(_) => Method::GET,
        }
    }
}

/// Whether a request is meant for Google's API, as far as its path and head tell.
pub(super) fn is_googles(path: &str, headers: &HeaderMap) -> bool {
    BETA.iter().any(|version| path.starts_with(version)) || by_googles(headers)
}

fn by_googles(headers: &HeaderMap) -> bool {
    GOOGLES.iter().any(|name| headers.contains_key(*name))
}

/// Answers one request.
pub async fn serve(
    gateway: &Arc<Gateway>,
    endpoint: Endpoint,
    mut head: request::Parts,
    body: Incoming,
    at: Moment,
) -> Response<ReplyBody> {
    let answer = match take_key(&mut head) {
        Ok(()) => answer(gateway, endpoint, head, body, at).await,
        Err(failure) => Err(failure),
    };
    answer.unwrap_or_else(|failure| call::refused(gateway, Dialect::Gemini, &failure))
}

async fn answer(
    gateway: &Arc<Gateway>,
    endpoint: Endpoint,
    head: request::Parts,
    body: Incoming,
    at: Moment,
) -> Result<Response<ReplyBody>, Failure> {
    let received = |model: &str, stream, head, body| {
        let model = models::percent_decode(model);
        let address = Address { model, stream, ..Address::of(Dialect::Gemini) };
        Received::new(Arc::clone(gateway), address, head, body, at)
    };
    let embedded = |model: &str, form, head, body| {
        let model = models::percent_decode(model);
        let address = Address { model, ..Address::of_service(Service::Embed, form) };
        Received::new(Arc::clone(gateway), address, head, body, at)
    };
    let body = match endpoint {
        Endpoint::Embed(model) => {
            return Ok(call::serve(embedded(&model, Form::Gemini, head, body)).await);
        }
        Endpoint::BatchEmbed(model) => {
            return Ok(call::serve(embedded(&model, Form::GeminiBatch, head, body)).await);
        }
        Endpoint::Generate(model) => {
            return Ok(call::serve(received(&model, false, head, body)).await);
        }
        Endpoint::Stream(model) => {
            let listed = is_listed(head.uri.query().unwrap_or_default())?;
            let mut received = received(&model, true, head, body);
            received.address.listed = listed;
            return Ok(call::serve(received).await);
        }
        Endpoint::CountTokens(model) => {
            gemini::count_body(call::count(received(&model, false, head, body)).await?)
        }
        Endpoint::Models => {
            let sight = Sight::of(gateway, &head.headers).await?;
            gemini::model_list(sight.models().map(|(model, _)| model))
        }
        Endpoint::Model(id) => {
            let sight = Sight::of(gateway, &head.headers).await?;
            let id = models::percent_decode(&id);
            sight.find(&id)?;
            gemini::model_body(&id)
        }
    };
    Ok(call::json(StatusCode::OK, body))
}

/// Moves the key from the query, where some clients put it, to a header, where every caller's is looked
/// for. The query is shown and logged nowhere.
fn take_key(head: &mut request::Parts) -> Result<(), Failure> {
    let query = head.uri.query().unwrap_or_default();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let Some((_, key)) = pairs.into_iter().find(|(name, _)| *name == "key") else { return Ok(()) };
    let value = HeaderValue::from_str(&models::percent_decode(key));
    let mut value = value.map_err(|_| {
        let words = "key: cannot be read; send it as the header x-goog-api-key";
        Failure::client(Code::InvalidApiKey, words)
    })?;
    value.set_sensitive(true);
    head.headers.append("x-goog-api-key", value);
    Ok(())
}

/// Whether a stream is to be one JSON list, as it is where nothing else is said. Google's own SDKs ask
/// for events.
fn is_listed(query: &str) -> Result<bool, Failure> {
    let said = query.split('&').find_map(|pair| pair.strip_prefix("alt="));
    match said {
        Some("sse") => Ok(false),
        None | Some("json") => Ok(true),
        Some(_) => {
            let words = "alt: streams are server-sent events (`sse`) or a JSON list (`json`)";
            Err(Failure::client(Code::InvalidRequest, words).at("alt"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_method_stands_behind_the_models_name() {
        let model = || "qwen3:8b".to_owned();
        for (path, endpoint) in [
            ("/v1beta/models/qwen3:8b:generateContent", Some(Endpoint::Generate(model()))),
            ("/v1/models/qwen3:8b:streamGenerateContent", Some(Endpoint::Stream(model()))),
            ("/v1beta/models/qwen3:8b:countTokens", Some(Endpoint::CountTokens(model()))),
            ("/v1beta/models/qwen3:8b", Some(Endpoint::Model(model()))),
            ("/v1beta/models", Some(Endpoint::Models)),
            ("/v1/models/qwen3:8b", None),
            ("/v1/models", None),
            ("/v1beta/files", None),
        ] {
            assert_eq!(Endpoint::of(path, &HeaderMap::new()), endpoint, "{path}");
        }
        let mut googles = HeaderMap::new();
        googles.insert("x-goog-api-client", HeaderValue::from_static("google-genai-sdk/3.6.1"));
        assert_eq!(Endpoint::of("/v1/models", &googles), Some(Endpoint::Models));
        assert_eq!(Endpoint::of("/v1/models/a", &googles), Some(Endpoint::Model("a".to_owned())));
    }

    #[test]
    fn a_key_in_the_query_is_a_key() {
        let request = http::Request::builder().uri("/v1beta/models?pageSize=1&key=wb%5F1");
        let (mut head, ()) = request.body(()).unwrap().into_parts();
        take_key(&mut head).unwrap();
        assert_eq!(head.headers["x-goog-api-key"], "wb_1");
        assert!(head.headers["x-goog-api-key"].is_sensitive());
    }
}
