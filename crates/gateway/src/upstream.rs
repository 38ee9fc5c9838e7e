//! The way to providers: one pool of connections each, frames in and frames out.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use weighbridge_core::directory::{Directory, Provider};

/// How long a connection that nobody uses is kept.
const IDLE_CONNECTION: Duration = Duration::from_secs(60);

/// What providers see as user agent.
const AGENT: &str = concat!("weighbridge/", env!("CARGO_PKG_VERSION"));

type Pool = Client<HttpsConnector<HttpConnector>, Outgoing>;

mod outgoing;

use outgoing::Outgoing;
pub use outgoing::Sent;

/// Every provider's connections.
#[derive(Debug)]
pub struct Upstream {
    lanes: HashMap<String, Lane>,
}

/// One provider's connections, and what every request to it carries.
#[derive(Debug)]
struct Lane {
    pool: Pool,
    chat: Uri,
    headers: HeaderMap,
}

/// A provider cannot be called with this configuration.
#[derive(Debug, thiserror::Error)]
pub enum LaneError {
    /// `base_url`.
    #[error("provider `{provider}`: `{url}` is no address: {reason}")]
    Address {
        /// Which provider.
        provider: String,
        /// What was made of its `base_url`.
        url: String,
        /// Why not.
        reason: String,
    },
    /// `api_key`.
    #[error("provider `{provider}`: its api_key has characters that no header can carry")]
    Key {
        /// Which provider.
        provider: String,
    },
    /// TLS.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// No reply came.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No connection stood: nothing was sent, another provider may be asked.
    #[error("could not connect: {0}")]
    Unreachable(String),
    /// The connection broke after the request may have been sent.
    #[error("the connection broke: {0}")]
    Broken(String),
}

impl Upstream {
    /// Pools for every provider of the directory. Nothing is connected yet.
    ///
    /// # Errors
    /// [`LaneError`] for a provider that can never be called.
    pub fn new(directory: &Directory, idle_connections: usize) -> Result<Self, LaneError> {
        let lanes = directory
            .providers()
            .iter()
            .map(|provider| Ok((provider.name.clone(), Lane::new(provider, idle_connections)?)))
            .collect::<Result<_, LaneError>>()?;
        Ok(Self { lanes })
    }

    /// Sends a chat completion to `provider` and waits for the head of its reply; `sent` tells from
    /// when on the provider may have seen it. Time is the caller's business: dropping the future
    /// ends the exchange.
    ///
    /// # Errors
    /// [`SendError`] when no head came.
    pub async fn chat(
        &self,
        provider: &Provider,
        passed_on: &HeaderMap,
        body: Bytes,
        sent: Sent,
    ) -> Result<Response<Incoming>, SendError> {
        let lane = self.lanes.get(&provider.name).ok_or_else(|| {
            SendError::Unreachable(format!("no provider `{}` is set up", provider.name))
        })?;
        let mut request = Request::new(Outgoing { body: Some(body), sent });
        *request.method_mut() = Method::POST;
        *request.uri_mut() = lane.chat.clone();
        let headers = request.headers_mut();
        headers.clone_from(&lane.headers);
        for name in PASSED_ON {
            if let Some(value) = passed_on.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        lane.pool.request(request).await.map_err(send_error)
    }
}

/// The caller's headers that a provider may see.
const PASSED_ON: [http::HeaderName; 2] = [ACCEPT, http::HeaderName::from_static("openai-beta")];

impl Lane {
    fn new(provider: &Provider, idle_connections: usize) -> Result<Self, LaneError> {
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
        let pool = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_CONNECTION)
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(idle_connections)
            .build(connector);
        let url = format!("{}/chat/completions", provider.base_url.trim_end_matches('/'));
        let chat = url.parse().map_err(|error: http::uri::InvalidUri| LaneError::Address {
            provider: provider.name.clone(),
            url: url.clone(),
            reason: error.to_string(),
        })?;
        Ok(Self { pool, chat, headers: headers_of(provider)? })
    }
}

fn headers_of(provider: &Provider) -> Result<HeaderMap, LaneError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    // The reply's bytes are hashed and read as they are.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(key) = &provider.api_key {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", key.reveal()))
            .map_err(|_| LaneError::Key { provider: provider.name.clone() })?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

fn send_error(error: ClientError) -> SendError {
    let words = chain(&error);
    if error.is_connect() { SendError::Unreachable(words) } else { SendError::Broken(words) }
}

/// An error and what caused it, in one line. For the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(": ");
        words.push_str(&error.to_string());
        cause = error.source();
    }
    words
}
