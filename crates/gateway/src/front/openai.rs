//! OpenAI's chat completions and models, as callers speak them.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, request};
use hyper::body::Incoming;
use weighbridge_core::clock::Moment;
use weighbridge_core::failure::{Code, Failure, Retry, Source};
use weighbridge_core::role::Permission;
use weighbridge_core::window::Allowance;
use weighbridge_flavor::openai::{self, ErrorWords, ModelCard};

use crate::body::ReplyBody;
use crate::front::pace;
use crate::gateway::Gateway;
use crate::meter::Weighed;
use crate::pipeline::dispatched::{Reply, ReplyHead, WholeReply};
use crate::pipeline::received::principal;
use crate::pipeline::{Metered, Received};

/// The paths served here, as messages name them.
pub const PATHS: [&str; 3] = ["/v1/chat/completions", "/v1/models", "/v1/models/{id}"];

/// Something that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A chat completion.
    Chat,
    /// The list of models.
    Models,
    /// One model, its id still as it stood in the path.
    Model(String),
}

impl Endpoint {
    /// What a path asks for. A missing or doubled `/v1` is a base address set slightly wrong, and
    /// is served.
    pub fn of(path: &str) -> Option<Self> {
        let mut rest = path;
        while let Some(shorter) = rest.strip_prefix("/v1").filter(|rest| rest.starts_with('/')) {
            rest = shorter;
        }
        match rest.trim_end_matches('/') {
            "/chat/completions" => Some(Self::Chat),
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
            Self::Chat => Method::POST,
            Self::Models | Self::Model(_) => Method::GET,
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
    let answer = match endpoint {
        Endpoint::Chat => {
            let received = Received::new(Arc::clone(gateway), head, body, at);
            let mut allowance = None;
            // The future of a whole call is large; one allocation keeps it off every stack.
            let answer = Box::pin(chat(received, &mut allowance)).await;
            let mut response = answer.unwrap_or_else(|failure| refused(gateway, &failure));
            if let Some(allowance) = allowance {
                pace::dress(response.headers_mut(), &allowance);
            }
            return response;
        }
        Endpoint::Models => models(gateway, &head.headers).await,
        Endpoint::Model(id) => model(gateway, &head.headers, &id).await,
    };
    answer.unwrap_or_else(|failure| refused(gateway, &failure))
}

/// A refusal that leaves a counter and no record.
fn refused(gateway: &Gateway, failure: &Failure) -> Response<ReplyBody> {
    gateway.metrics().refused(failure.code);
    refuse(failure)
}

/// The life of a call, from its head to its reply.
async fn chat(
    received: Received,
    allowance: &mut Option<Allowance>,
) -> Result<Response<ReplyBody>, Failure> {
    let authenticated = received.authenticate().await?;
    let admitted = authenticated.admit(allowance)?;
    let read = admitted.read().await?;
    let resolved = read.resolve()?;
    let reserved = resolved.reserve().await?;
    let dispatched = match reserved.dispatch().await {
        Ok(dispatched) => dispatched,
        Err(failed) => return Ok(tell(failed).await),
    };
    match dispatched.reply().await {
        Ok(Reply::Whole(metered)) => Ok(whole(metered).await),
        Ok(Reply::Long(head, body)) => {
            let mut response = Response::new(ReplyBody::Long(body));
            dress(&mut response, &head);
            let trailers =
                HeaderValue::from_static("x-weighbridge-cost, x-weighbridge-duration-ms");
            response.headers_mut().insert(http::header::TRAILER, trailers);
            Ok(response)
        }
        Ok(Reply::Stream(head, body)) => {
            let mut response = Response::new(ReplyBody::Stream(body));
            dress(&mut response, &head);
            let headers = response.headers_mut();
            headers
                .entry(CONTENT_TYPE)
                .or_insert(HeaderValue::from_static("text/event-stream; charset=utf-8"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
            Ok(response)
        }
        Err(failed) => Ok(tell(failed).await),
    }
}

/// Holds a whole reply until its receipt is committed.
async fn whole(metered: Metered<WholeReply>) -> Response<ReplyBody> {
    let recorded = metered.await;
    let weighed = recorded.weighed();
    let (reply, weighed) = match recorded.release() {
        Ok(released) => released,
        Err(failure) => return refuse_recorded(&failure, weighed),
    };
    let status = reply.head.status;
    let mut response = Response::new(ReplyBody::whole(reply.body));
    dress(&mut response, &reply.head);
    let headers = response.headers_mut();
    weigh(headers, weighed);
    let is_final = status.is_client_error() && !matches!(status.as_u16(), 408 | 409 | 429);
    if is_final || (weighed.used_up && !status.is_success()) {
        headers.remove(RETRY_AFTER);
        headers.insert("x-should-retry", HeaderValue::from_static("false"));
    }
    response
}

/// Tells the caller of a recorded call why there is no reply.
async fn tell(failed: Metered<Failure>) -> Response<ReplyBody> {
    let recorded = failed.await;
    let weighed = recorded.weighed();
    match recorded.release() {
        Ok((failure, weighed)) => refuse_recorded(&failure, weighed),
        Err(failure) => refuse_recorded(&failure, weighed),
    }
}

/// About how many headers a reply has.
const HEADERS: usize = 16;

// Read once, and not with every reply.
static CALL: HeaderName = HeaderName::from_static("x-weighbridge-call");
static PROVIDER: HeaderName = HeaderName::from_static("x-weighbridge-provider");
static MODEL: HeaderName = HeaderName::from_static("x-weighbridge-model");
static COST: HeaderName = HeaderName::from_static("x-weighbridge-cost");
static DURATION: HeaderName = HeaderName::from_static("x-weighbridge-duration-ms");

fn dress(response: &mut Response<ReplyBody>, head: &ReplyHead) {
    *response.status_mut() = head.status;
    let headers = response.headers_mut();
    // So many that they would have to be laid out anew twice.
    headers.reserve(HEADERS);
    if let Some(value) = &head.content_type {
        headers.insert(CONTENT_TYPE, value.clone());
    }
    if let Some(value) = &head.retry_after {
        headers.insert(RETRY_AFTER, value.clone());
    }
    insert_text(headers, &CALL, &head.call.to_string());
    insert_text(headers, &PROVIDER, &head.provider.name);
    insert_text(headers, &MODEL, &head.model);
}

/// What a call weighed.
fn weigh(headers: &mut HeaderMap, weighed: Weighed) {
    headers.insert(&DURATION, HeaderValue::from(weighed.duration_us / 1000));
    if let Some(cost) = weighed.cost {
        insert_text(headers, &COST, &cost.to_string());
    }
}

/// A header out of text that may hold what no header can: then it is left out.
fn insert_text(headers: &mut HeaderMap, name: &HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

async fn models(
    gateway: &Arc<Gateway>,
    headers: &HeaderMap,
) -> Result<Response<ReplyBody>, Failure> {
    may_see_models(gateway, headers).await?;
    let cards: Vec<ModelCard> = cards(gateway).collect();
    Ok(json(StatusCode::OK, openai::model_list(&cards)))
}

async fn model(
    gateway: &Arc<Gateway>,
    headers: &HeaderMap,
    id: &str,
) -> Result<Response<ReplyBody>, Failure> {
    may_see_models(gateway, headers).await?;
    let id = percent_decode(id);
    if let Some(card) = cards(gateway).find(|card| card.id == id) {
        return Ok(json(StatusCode::OK, openai::model_body(&card)));
    }
    let missing = gateway.directory().candidates(&id).err();
    let words = missing.map_or_else(String::new, |missing| missing.to_string());
    Err(Failure::client(Code::ModelNotFound, words).at("model"))
}

async fn may_see_models(gateway: &Gateway, headers: &HeaderMap) -> Result<(), Failure> {
    let role = principal(gateway, headers).await?.key.role;
    if role.may(Permission::Call) {
        return Ok(());
    }
    let words = format!("a key of role `{role}` cannot list models; use a developer's key");
    Err(Failure::client(Code::Forbidden, words))
}

fn cards(gateway: &Gateway) -> impl Iterator<Item = ModelCard> {
    let created = gateway.started_at().micros() / 1_000_000;
    gateway.directory().models().map(move |(model, provider)| ModelCard {
        id: model.to_owned(),
        created,
        owned_by: provider.name.clone(),
    })
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The body of a refusal in OpenAI's shape.
pub fn refusal_bytes(failure: &Failure) -> Bytes {
    openai::error_body(&words(failure))
}

/// A refusal in OpenAI's shape.
pub fn refuse(failure: &Failure) -> Response<ReplyBody> {
    let status = StatusCode::from_u16(failure.code.status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json(status, refusal_bytes(failure));
    let headers = response.headers_mut();
    pace::dress_retry(headers, failure.retry);
    response
}

/// The same for a call that has a receipt. Sent again, one whose key or quote is used up would only
/// be told so, and not what had failed.
fn refuse_recorded(failure: &Failure, weighed: Weighed) -> Response<ReplyBody> {
    let mut response = if weighed.used_up {
        refuse(&Failure { retry: Retry::Never, ..failure.clone() })
    } else {
        refuse(failure)
    };
    let headers = response.headers_mut();
    insert_text(headers, &CALL, &weighed.call.to_string());
    weigh(headers, weighed);
    response
}

/// The event that a failing stream ends in.
pub fn error_event(failure: &Failure) -> Bytes {
    openai::error_event(&words(failure))
}

fn words(failure: &Failure) -> ErrorWords<'_> {
    let kind = match failure.source {
        Source::Client => match failure.code {
            Code::InvalidApiKey => "authentication_error",
            Code::Forbidden => "permission_error",
            Code::RateLimited | Code::TooManyEstimates => "requests",
            Code::BudgetExceeded
            | Code::OverMaxCost
            | Code::CostUnbounded
            | Code::Unpriced
            | Code::CurrencyMismatch
            | Code::ConfirmationRequired => "insufficient_quota",
            _ => "invalid_request_error",
        },
        Source::Gateway if matches!(failure.code, Code::BudgetExceeded | Code::OverMaxCost) => {
            "insufficient_quota"
        }
        Source::Gateway | Source::Provider => "server_error",
    };
    ErrorWords {
        message: &failure.words,
        kind,
        code: Some(failure.code.as_str()),
        param: failure.field.as_deref(),
        detail: failure.detail.as_deref(),
    }
}

fn json(status: StatusCode, body: Bytes) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::whole(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_doubled_v1_is_served() {
        for path in ["/v1/chat/completions", "/chat/completions", "/v1/v1/chat/completions/"] {
            assert_eq!(Endpoint::of(path), Some(Endpoint::Chat), "{path}");
        }
        assert_eq!(Endpoint::of("/v1/models/a/b"), Some(Endpoint::Model("a/b".to_owned())));
        for path in ["/v1", "/", "/v1chat/completions", "/v1/completions", "/modelsx"] {
            assert_eq!(Endpoint::of(path), None, "{path}");
        }
    }

    #[test]
    fn ids_in_paths_are_decoded_once() {
        assert_eq!(percent_decode("qwen3%3A8b"), "qwen3:8b");
        assert_eq!(percent_decode("a%2525"), "a%25");
        assert_eq!(percent_decode("%zz%"), "%zz%");
    }
}
