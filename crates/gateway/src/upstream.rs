//! The way to providers: one pool of connections each, frames in and frames out.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use http::header::ACCEPT;
use http::{HeaderMap, Response};
use weighbridge_core::directory::{Directory, Provider};

mod incoming;
mod lane;
mod outgoing;
mod wire;

pub use incoming::ProviderBody;
use lane::Lane;
use outgoing::Outgoing;
pub use outgoing::Sent;

/// Every provider's connections.
pub struct Upstream {
    lanes: HashMap<String, Arc<Lane>>,
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
            .map(|provider| {
                let lane = Lane::new(provider, idle_connections)?;
                Ok((provider.name.clone(), Arc::new(lane)))
            })
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
    ) -> Result<Response<ProviderBody>, SendError> {
        let lane = self.lanes.get(&provider.name).ok_or_else(|| {
            SendError::Unreachable(format!("no provider `{}` is set up", provider.name))
        })?;
        let mut request = lane.request(Outgoing { body: Some(body), sent });
        for name in PASSED_ON {
            if let Some(value) = passed_on.get(&name) {
                request.headers_mut().insert(name, value.clone());
            }
        }
        lane.send(request).await
    }
}

/// The caller's headers that a provider may see.
const PASSED_ON: [http::HeaderName; 2] = [ACCEPT, http::HeaderName::from_static("openai-beta")];

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
