//! Anthropic's messages, token counts and models, as callers speak them.

use std::sync::Arc;

use http::{HeaderMap, Method, Response, StatusCode, request};
use hyper::body::Incoming;
use weighbridge_core::clock::Moment;
use weighbridge_core::failure::{Code, Failure};
use weighbridge_flavor::anthropic::{self, ModelCard};
use weighbridge_flavor::dialect::Dialect;

use crate::body::ReplyBody;
use crate::front::models::{self, Sight};
use crate::front::{call, openai};
use crate::gateway::Gateway;
use crate::pipeline::Received;
use crate::pipeline::received::Address;

/// The paths served here, as messages name them.
pub const PATHS: [&str; 2] = ["/v1/messages", "/v1/messages/count_tokens"];

/// What every client of Anthropic's API sends.
const VERSION: &str = "anthropic-version";

/// How many models a page has where nothing is said, and the most that it may have.
const PAGE: usize = 20;
const LONGEST_PAGE: usize = 1000;

/// Something that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A message.
    Messages,
    /// How many tokens a prompt has.
    CountTokens,
    /// A page of models.
    Models,
    /// One model, its id still as it stood in the path.
    Model(String),
}

impl Endpoint {
    /// What a path asks for. Where it is one of OpenAI's too, a header tells whose it is.
    pub fn of(path: &str, headers: &HeaderMap) -> Option<Self> {
        match openai::below_v1(path) {
            "/messages" => Some(Self::Messages),
            "/messages/count_tokens" => Some(Self::CountTokens),
            "/models" if headers.contains_key(VERSION) => Some(Self::Models),
            other if headers.contains_key(VERSION) => {
                Some(Self::Model(other.strip_prefix("/models/")?.to_owned()))
            }
            _ => None,
        }
    }

    /// The method it is asked for with.
    pub const fn method(&self) -> Method {
        match self {
            Self::Messages | Self::CountTokens => Method::POST,
            Self::Models | Self::Model(_) => Method::GET,
        }
    }
}

/// Whether a request is meant for Anthropic's API, as far as its path and head tell.
pub(super) fn is_anthropics(path: &str, headers: &HeaderMap) -> bool {
    headers.contains_key(VERSION) || openai::below_v1(path).starts_with("/messages")
}

/// Answers one request.
pub async fn serve(
    gateway: &Arc<Gateway>,
    endpoint: Endpoint,
    head: request::Parts,
    body: Incoming,
    at: Moment,
) -> Response<ReplyBody> {
    let received = |head, body| {
        let address = Address::of(Dialect::Messages);
        Received::new(Arc::clone(gateway), address, head, body, at)
    };
    let answer = match endpoint {
        Endpoint::Messages => return call::serve(received(head, body)).await,
        Endpoint::CountTokens => call::count(received(head, body)).await.map(anthropic::count_body),
        Endpoint::Models => Sight::of(gateway, &head.headers)
            .await
            .and_then(|sight| page(gateway, &sight, head.uri.query().unwrap_or_default())),
        Endpoint::Model(id) => Sight::of(gateway, &head.headers).await.and_then(|sight| {
            let id = models::percent_decode(&id);
            sight.find(&id)?;
            Ok(anthropic::model_body(&card(gateway, &id)))
        }),
    };
    match answer {
        Ok(body) => call::json(StatusCode::OK, body),
        Err(failure) => call::refused(gateway, Dialect::Messages, &failure),
    }
}

/// A page of the models.
fn page(gateway: &Gateway, sight: &Sight, query: &str) -> Result<Vec<u8>, Failure> {
    let all: Vec<&str> = sight.models().map(|(model, _)| model).collect();
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(own, _)| *own == name).map(|(_, value)| models::percent_decode(value))
    };
    let wrong = |field: &'static str, words: String| {
        Failure::client(Code::InvalidRequest, format!("{field}: {words}")).at(field)
    };
    let limit = match value("limit").map(|limit| limit.parse()) {
        None => PAGE,
        Some(Ok(limit @ 1..=LONGEST_PAGE)) => limit,
        Some(_) => return Err(wrong("limit", format!("should be from 1 to {LONGEST_PAGE}"))),
    };
    let place = |id: &str| all.iter().position(|model| *model == id);
    let gone = |field| wrong(field, "should be the id of a model that is served here".to_owned());
    let (start, end) = match (value("after_id"), value("before_id")) {
        (Some(id), _) => {
            let start = place(&id).ok_or_else(|| gone("after_id"))? + 1;
            (start, all.len().min(start + limit))
        }
        (None, Some(id)) => {
            let end = place(&id).ok_or_else(|| gone("before_id"))?;
            (end.saturating_sub(limit), end)
        }
        (None, None) => (0, all.len().min(limit)),
    };
    let backwards = value("after_id").is_none() && value("before_id").is_some();
    let has_more = if backwards { start > 0 } else { end < all.len() };
    let shown = all.get(start..end).unwrap_or_default();
    let cards: Vec<ModelCard> = shown.iter().map(|model| card(gateway, model)).collect();
    Ok(anthropic::model_list(&cards, has_more))
}

fn card(gateway: &Gateway, id: &str) -> ModelCard {
    ModelCard { id: id.to_owned(), created_at: gateway.started_at().to_string() }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_path_or_a_header_tells_whose_caller_it_is() {
        let none = HeaderMap::new();
        let mut version = HeaderMap::new();
        version.insert(VERSION, HeaderValue::from_static("any"));
        for path in ["/v1/messages", "/messages", "/v1/v1/messages/"] {
            assert_eq!(Endpoint::of(path, &none), Some(Endpoint::Messages), "{path}");
        }
        assert_eq!(Endpoint::of("/v1/models", &none), None);
        assert_eq!(Endpoint::of("/v1/models", &version), Some(Endpoint::Models));
        assert_eq!(Endpoint::of("/v1/models/a", &version), Some(Endpoint::Model("a".to_owned())));
        assert_eq!(Endpoint::of("/v1/messages/batches", &version), None);
        assert_eq!(Endpoint::of("/v1/chat/completions", &version), None);
    }
}
