//! One provider's connections, and what every request to it carries.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::time::Instant;
use tower_service::Service as _;
use weighbridge_core::directory::{Flavor, Provider};
use weighbridge_flavor::custom::Custom;
use weighbridge_flavor::dialect::Dialect;

use crate::pipeline::way::described;

use super::incoming::ProviderBody;
use super::outgoing::{Outgoing, Sent};
use super::wire::{Failed, Wire};
use super::{Errand, LaneError, SendError, chain, manner};

/// How long a connection that nobody uses is kept.
const IDLE: Duration = Duration::from_secs(60);

/// Who closes a kept connection this soon after a request was sent has not begun with it.
const CLOSING: Duration = Duration::from_secs(1);

/// What providers see as user agent.
const AGENT: &str = concat!("weighbridge/", env!("CARGO_PKG_VERSION"));

/// See the module's words.
pub(super) struct Lane {
    connector: HttpsConnector<HttpConnector>,
    address: Uri,
    /// What stands before every path there.
    base: String,
    /// The path of calls in the provider's usual dialect, ready made; Gemini's differ.
    usual: (Dialect, Uri),
    headers: HeaderMap,
    /// `limits.provider_connections`.
    limit: usize,
    idle: Mutex<Idle>,
}

/// Connections that nobody uses, the one that was used last at the end.
#[derive(Default)]
struct Idle {
    wires: Vec<(Box<Wire>, Instant)>,
    /// Whether somebody looks after them.
    tended: bool,
}

impl Lane {
    pub(super) fn new(
        provider: &Provider,
        flavors: &[&'static Custom],
        limit: usize,
    ) -> Result<Self, LaneError> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(provider.timeouts.connect));
        connector.set_nodelay(true);
        let tls = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(tls)
            .map_err(|error| LaneError::Tls(error.to_string()))?
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let usual = match provider.flavor {
            Flavor::OpenAi => Dialect::Chat,
            Flavor::Anthropic => Dialect::Messages,
            Flavor::Gemini => Dialect::Gemini,
            Flavor::Ollama => Dialect::OllamaChat,
            Flavor::Aog => Dialect::AogChat,
            Flavor::Custom(name) => described(flavors, name),
        };
        let base_url = provider.base_url.trim_end_matches('/');
        let url = format!("{base_url}{}", manner::path(usual, "model", false));
        let unusable = |reason: &str| LaneError::Address {
            provider: provider.name.clone(),
            url: url.clone(),
            reason: reason.to_owned(),
        };
        let address: Uri =
            url.parse().map_err(|error: http::uri::InvalidUri| unusable(&error.to_string()))?;
        let path = address.path_and_query().ok_or_else(|| unusable("it has no path"))?;
        let path = Uri::from(path.clone());
        let base: Uri = base_url
            .parse()
            .map_err(|error: http::uri::InvalidUri| unusable(&error.to_string()))?;
        let base = base.path().trim_end_matches('/').to_owned();
        let mut headers = headers_of(provider, usual)?;
        headers.insert(HOST, host_of(&address).ok_or_else(|| unusable("it has no host"))?);
        Ok(Self {
            connector,
            address,
            base,
            usual: (usual, path),
            headers,
            limit,
            idle: Mutex::default(),
        })
    }

    /// The request of an errand.
    pub(super) fn request(
        &self,
        errand: Errand<'_>,
        sent: Sent,
    ) -> Result<Request<Outgoing>, SendError> {
        let Errand { dialect, compact, form, content_type, model, stream, passed_on, body, .. } =
            errand;
        let query = passed_on.and_then(|(_, query)| query).unwrap_or_default();
        let query = manner::query(dialect, query);
        let is_usual = form.is_none() && !compact && self.usual.0 == dialect && query.is_empty();
        let uri = if is_usual && dialect != Dialect::Gemini {
            self.usual.1.clone()
        } else {
            let path = match form {
                Some((service, form)) => manner::service_path(service, form, model),
                None if compact => Cow::Borrowed(manner::COMPACT),
                None => manner::path(dialect, model, stream),
            };
            let path = format!("{}{path}{query}", self.base);
            let refused = |error: http::uri::InvalidUri| SendError::Unreachable(chain(&error));
            path.parse().map_err(refused)?
        };
        let mut request = Request::new(Outgoing { body: Some(body), sent });
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        request.headers_mut().clone_from(&self.headers);
        if let Some(kind) = content_type {
            request.headers_mut().insert(CONTENT_TYPE, kind.clone());
        }
        manner::dress(dialect, passed_on.map(|(headers, _)| headers), request.headers_mut());
        Ok(request)
    }

    /// A question beside calls, at a path behind the provider's base address; without a body it only reads.
    pub(super) fn question(
        &self,
        path: &str,
        body: Option<Bytes>,
    ) -> Result<Request<Outgoing>, SendError> {
        let path = format!("{}{path}", self.base);
        let refused = |error: http::uri::InvalidUri| SendError::Unreachable(chain(&error));
        let uri: Uri = path.parse().map_err(refused)?;
        let mut request = Request::new(Outgoing { body, sent: Sent::default() });
        *request.uri_mut() = uri;
        request.headers_mut().clone_from(&self.headers);
        if request.body().body.is_some() {
            *request.method_mut() = Method::POST;
        } else {
            request.headers_mut().remove(CONTENT_TYPE);
        }
        manner::dress(self.usual.0, None, request.headers_mut());
        Ok(request)
    }

    /// Sends a request, over a connection that stands or a new one, and waits for the head of its
    /// reply. Where it is sent `afresh`, the connection is a new one.
    pub(super) async fn send(
        self: &Arc<Self>,
        mut request: Request<Outgoing>,
        afresh: bool,
    ) -> Result<Response<ProviderBody>, SendError> {
        loop {
            let kept = if afresh { None } else { self.take() };
            let reused = kept.is_some();
            let mut wire = match kept {
                Some(wire) => wire,
                None => self.connect().await?,
            };
            let began = Instant::now();
            match wire.send(request).await {
                Ok(reply) => return Ok(self.with_body(reply, wire)),
                // The provider closed it just then, and has seen nothing of the request.
                Err(Failed { unsent: Some(unsent), .. }) if reused => request = unsent,
                Err(Failed { error, .. })
                    if reused && began.elapsed() < CLOSING && is_closed(&error) =>
                {
                    return Err(SendError::Closed(chain(&error)));
                }
                Err(Failed { error, .. }) => return Err(SendError::Broken(chain(&error))),
            }
        }
    }

    fn with_body(
        self: &Arc<Self>,
        reply: Response<Incoming>,
        wire: Box<Wire>,
    ) -> Response<ProviderBody> {
        reply.map(|body| ProviderBody::new(body, wire, Arc::clone(self)))
    }

    async fn connect(&self) -> Result<Box<Wire>, SendError> {
        // The connector is always ready, and cheap to clone.
        let connecting = self.connector.clone().call(self.address.clone());
        let stream = connecting.await.map_err(|error| SendError::Unreachable(chain(&*error)))?;
        let wire = Wire::over(stream).await;
        Ok(Box::new(wire.map_err(|error| SendError::Unreachable(chain(&error)))?))
    }

    /// A connection that stands and that nobody uses.
    fn take(&self) -> Option<Box<Wire>> {
        loop {
            let (mut wire, since) = self.idle().wires.pop()?;
            if since.elapsed() < IDLE && wire.is_free() {
                return Some(wire);
            }
        }
    }

    /// Keeps a connection for the next call.
    pub(super) fn give_back(self: &Arc<Self>, wire: Box<Wire>) {
        let mut idle = self.idle();
        if idle.wires.len() >= self.limit {
            return;
        }
        idle.wires.push((wire, Instant::now()));
        if !std::mem::replace(&mut idle.tended, true) {
            tokio::spawn(tend(Arc::downgrade(self)));
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the provider has ended the connection, and said nothing.
fn is_closed(error: &hyper::Error) -> bool {
    let cause = std::error::Error::source(error);
    let kind = cause.and_then(|cause| Some(cause.downcast_ref::<std::io::Error>()?.kind()));
    let closed = [ErrorKind::ConnectionReset, ErrorKind::ConnectionAborted, ErrorKind::BrokenPipe];
    error.is_incomplete_message() || kind.is_some_and(|kind| closed.contains(&kind))
}

/// Closes connections that nobody used for long, until there are none.
async fn tend(lane: Weak<Lane>) {
    loop {
        tokio::time::sleep(IDLE / 2).await;
        let Some(lane) = lane.upgrade() else { return };
        let mut idle = lane.idle();
        idle.wires.retain_mut(|(wire, since)| since.elapsed() < IDLE && wire.is_free());
        if idle.wires.is_empty() {
            idle.tended = false;
            return;
        }
    }
}

fn headers_of(provider: &Provider, usual: Dialect) -> Result<HeaderMap, LaneError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    // The reply's bytes are hashed and read as they are.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(key) = &provider.api_key {
        let unusable = || LaneError::Key { provider: provider.name.clone() };
        let (name, value) = manner::credential(usual, key.reveal()).ok_or_else(unusable)?;
        let mut value = HeaderValue::from_str(&value).map_err(|_| unusable())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// The host as requests name it: with its port where that is not the scheme's own.
fn host_of(address: &Uri) -> Option<HeaderValue> {
    let host = address.host()?;
    let usual = match address.scheme_str() {
        Some("https") => 443,
        _ => 80,
    };
    let text = match address.port_u16() {
        Some(port) if port != usual => format!("{host}:{port}"),
        _ => host.to_owned(),
    };
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_named_with_its_port_unless_that_is_the_usual_one() {
        for (address, host) in [
            ("http://127.0.0.1:8000/v1", "127.0.0.1:8000"),
            ("http://a.example:80/v1", "a.example"),
            ("https://a.example:443/v1", "a.example"),
            ("https://a.example:80/v1", "a.example:80"),
            ("http://[::1]:8000/v1", "[::1]:8000"),
        ] {
            assert_eq!(host_of(&address.parse().unwrap()).unwrap(), host);
        }
    }
}
