//! Where a request goes by its path.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    CONTENT_TYPE, ORIGIN, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, request};
use hyper::body::Incoming;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use weighbridge_api::ledger;
use weighbridge_core::entropy;
use weighbridge_core::failure::{Code, Failure};
use weighbridge_core::id::RequestId;
use weighbridge_core::redacted;
use weighbridge_gateway::front::route::Route;
use weighbridge_gateway::front::words::Dialect;
use weighbridge_gateway::front::{call, credential};
use weighbridge_gateway::{Gateway, ReplyBody};

use crate::config::ServerLimits;
use crate::{nearest, probes};

/// What every request on a listener shares.
pub(crate) struct Router {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) limits: ServerLimits,
    pub(crate) registry: Arc<Registry>,
    pub(crate) serves: Serves,
    /// Who may read the log.
    pub(crate) ledger: ledger::Readers,
}

/// What a listener is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serves {
    /// Calls and the API, with or without `/metrics`.
    Everything { metrics: bool },
    /// `/metrics` and health alone.
    Metrics,
}

impl Router {
    /// Answers one request.
    pub(crate) async fn route(&self, request: Request<Incoming>) -> Response<ReplyBody> {
        let at = self.gateway.clock().now();
        let (head, body) = request.into_parts();
        let id =
            entropy::fresh(self.gateway.entropy()).map(|random| RequestId::new(at.wall, random));
        let from_browser = head.headers.contains_key(ORIGIN);
        let preflight = from_browser && head.method == Method::OPTIONS;
        let wanted = head.headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
        let native = head.uri.path().starts_with(weighbridge_api::PREFIX);
        tracing::debug!(method = %head.method, path = redacted::path(head.uri.path()), "request");
        let id = id.ok().and_then(|id| HeaderValue::from_str(&id.to_string()).ok());
        let mut response = self.answer(head, body, at, id.as_ref()).await;
        let headers = response.headers_mut();
        if let Some(id) = id {
            headers.insert("x-request-id", id);
        }
        // Pages may call what SDKs call, with a key of their own; never the gateway's own API.
        if from_browser && !native {
            allow_origin(headers, preflight.then_some(wanted).flatten(), preflight);
        }
        response
    }

    async fn answer(
        &self,
        mut head: request::Parts,
        body: Incoming,
        at: weighbridge_core::clock::Moment,
        id: Option<&HeaderValue>,
    ) -> Response<ReplyBody> {
        if let Err(failure) = self.check_head(&head.headers) {
            return self.refuse_as(self.spoken_at(&head), &failure);
        }
        if let Err(failure) = credential::take_token(&mut head) {
            return self.refuse_as(self.spoken_at(&head), &failure);
        }
        let path = head.uri.path();
        if path == "/metrics" && head.method == Method::GET {
            return match self.serves {
                Serves::Metrics | Serves::Everything { metrics: true } => self.metrics(),
                Serves::Everything { metrics: false } => self.refuse(&Failure::client(
                    Code::NotFound,
                    "metrics are not served here; set metrics_listen",
                )),
            };
        }
        if self.serves == Serves::Metrics && !path.starts_with("/health") {
            return self.refuse(&Failure::client(Code::NotFound, "only /metrics is served here"));
        }
        if let Some(answer) = probes::answer(&self.gateway, &head.method, path) {
            return answer;
        }
        let by_token = credential::has_token(&head.headers);
        if !by_token && (path == weighbridge_api::PREFIX || is_native(path)) {
            return weighbridge_api::serve(&self.gateway, head, body, at).await;
        }
        if !by_token && path.starts_with(ledger::PREFIX) {
            return ledger::serve(&self.gateway, &head, self.ledger).await;
        }
        if wants_websocket(&head.headers) {
            // With this status agents go on over plain HTTP at once; with any other they try again.
            let words = "no WebSocket is spoken here; send the request as an HTTP POST";
            return self.refuse(&Failure::client(Code::NoWebSocket, words));
        }
        match Route::of(&self.gateway, path, &head.headers) {
            Some(route) if route.method() == head.method => {
                let from_anthropics = route.dialect() == Dialect::Messages;
                let mut answer = route.serve(&self.gateway, head, body, at).await;
                if let Some(id) = id.filter(|_| from_anthropics) {
                    // What Anthropic's SDKs show in their exceptions.
                    answer.headers_mut().insert("request-id", id.clone());
                }
                answer
            }
            Some(route) => {
                let words = format!("{} takes {}", redacted::path(path), route.method());
                let failure = Failure::client(Code::MethodNotAllowed, words);
                self.refuse_as(route.dialect(), &failure)
            }
            None => self.refuse_as(self.spoken_at(&head), &self.unknown(&head.method, path)),
        }
    }

    fn check_head(&self, headers: &HeaderMap) -> Result<(), Failure> {
        let bytes: usize =
            headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if bytes <= self.limits.header_bytes && headers.len() <= self.limits.headers {
            return Ok(());
        }
        let words = format!(
            "the request's head has {} fields and {bytes} bytes; allowed are {} \
             (limits.headers) and {} (limits.header_bytes)",
            headers.len(),
            self.limits.headers,
            self.limits.header_bytes
        );
        Err(Failure::client(Code::HeadersTooLarge, words))
    }

    fn metrics(&self) -> Response<ReplyBody> {
        self.gateway.metrics().log_stands(&self.gateway.store().standing());
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            let words = "the metrics could not be written";
            let retry = weighbridge_core::failure::Retry::Never;
            return self.refuse(&Failure::gateway(Code::Internal, retry, words));
        }
        let mut response = Response::new(ReplyBody::whole(Bytes::from(text)));
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }

    fn refuse(&self, failure: &Failure) -> Response<ReplyBody> {
        self.refuse_as(Dialect::Chat, failure)
    }

    fn refuse_as(&self, dialect: Dialect, failure: &Failure) -> Response<ReplyBody> {
        self.gateway.metrics().refused(failure.code);
        call::refuse(dialect, failure)
    }

    fn spoken_at(&self, head: &request::Parts) -> Dialect {
        Route::spoken_at(&self.gateway, head.uri.path(), &head.headers)
    }

    /// A path that leads nowhere: whether it will, else what was probably meant.
    fn unknown(&self, method: &Method, path: &str) -> Failure {
        let near = nearest::route(&self.gateway, path);
        let not_yet = nearest::is_not_yet(path);
        let path = redacted::path(path);
        if not_yet {
            return Failure::client(Code::NotBuilt, format!("{path}: not in this version"));
        }
        let words = format!(
            "no such route: {method} {path}; the nearest is {near} (an OpenAI SDK's base address \
             is this gateway's with /v1 behind it; Anthropic's, Google's and Ollama's are this \
             gateway's)"
        );
        Failure::client(Code::NotFound, words)
    }
}

fn allow_origin(headers: &mut HeaderMap, wanted: Option<HeaderValue>, preflight: bool) {
    let any = HeaderValue::from_static("*");
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, any.clone());
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, any);
    if preflight {
        let methods = HeaderValue::from_static("GET, POST");
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        if let Some(wanted) = wanted {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted);
        }
    }
}

/// Whether the connection is to become a WebSocket.
fn wants_websocket(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"))
}

/// Whether `path` stands under the native API's prefix.
fn is_native(path: &str) -> bool {
    path.strip_prefix(weighbridge_api::PREFIX).is_some_and(|rest| rest.starts_with('/'))
}
