//! The way to providers: one pool of connections each, frames in and frames out.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use weighbridge_core::directory::{Directory, Flavor, Listed, Provider};
use weighbridge_flavor::custom::Custom;
use weighbridge_flavor::dialect::Dialect;
use weighbridge_flavor::services::{Form, Service};

mod incoming;
mod lane;
mod listing;
mod manner;
mod outgoing;
mod wire;

pub use incoming::ProviderBody;
use lane::Lane;
pub use listing::{Neighbour, NoList, Sight};
pub use outgoing::Sent;

/// Every provider's connections.
pub struct Upstream {
    lanes: HashMap<String, (Arc<Provider>, Arc<Lane>)>,
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
    /// A connection that had been kept was closed before the reply: most probably it was being closed
    /// already when the request went out, and a new one will do.
    #[error("a kept connection was closed: {0}")]
    Closed(String),
    /// The connection broke after the request may have been sent.
    #[error("the connection broke: {0}")]
    Broken(String),
}

impl Upstream {
    /// Pools for every provider of the directory. Nothing is connected yet.
    ///
    /// # Errors
    /// [`LaneError`] for a provider that can never be called.
    pub fn new(
        directory: &Directory,
        flavors: &[&'static Custom],
        idle_connections: usize,
    ) -> Result<Self, LaneError> {
        Self { lanes: HashMap::new() }.renewed(directory, flavors, idle_connections)
    }

    /// The same for what the operator's file says now. Connections to those who are as they were stay.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn renewed(
        &self,
        directory: &Directory,
        flavors: &[&'static Custom],
        idle_connections: usize,
    ) -> Result<Self, LaneError> {
        let lanes = directory.providers().iter().map(|(_, provider)| {
            // What a file describes may be another flavor of the same name.
            let is_described = matches!(provider.flavor, Flavor::Custom(_));
            let kept = self.lanes.get(&provider.name).filter(|_| !is_described);
            let lane = match kept.filter(|(old, _)| is_reached_alike(old, provider)) {
                Some((_, lane)) => Arc::clone(lane),
                None => Arc::new(Lane::new(provider, flavors, idle_connections)?),
            };
            Ok((provider.name.clone(), (Arc::clone(provider), lane)))
        });
        Ok(Self { lanes: lanes.collect::<Result<_, LaneError>>()? })
    }

    /// Whether the provider of that name is reached as this one is.
    pub fn reaches(&self, provider: &Provider) -> bool {
        self.lanes.get(&provider.name).is_some_and(|(old, _)| is_reached_alike(old, provider))
    }

    /// Sends a call to its provider and waits for the head of its reply; `sent` tells from when on the
    /// provider may have seen it. Time is the caller's business: dropping the future ends the
    /// exchange.
    ///
    /// # Errors
    /// [`SendError`] when no head came.
    pub async fn call(
        &self,
        errand: Errand<'_>,
        sent: Sent,
    ) -> Result<Response<ProviderBody>, SendError> {
        let name = &errand.provider.name;
        let (_, lane) = self
            .lanes
            .get(name)
            .ok_or_else(|| SendError::Unreachable(format!("no provider `{name}` is set up")))?;
        let afresh = errand.afresh;
        let request = lane.request(errand, sent)?;
        lane.send(request, afresh).await
    }

    /// Asks the provider of that name which models it has.
    ///
    /// # Errors
    /// [`NoList`] when it does not say so, or nobody has that name.
    pub async fn models(&self, provider: &str) -> Result<Vec<Listed>, NoList> {
        match self.lanes.get(provider) {
            Some((known, lane)) => listing::ask(known.flavor, lane).await,
            None => Err(NoList::Never(format!("no provider `{provider}` is set up"))),
        }
    }
}

/// Whether a connection to the one is as good as one to the other.
fn is_reached_alike(one: &Provider, other: &Provider) -> bool {
    let key = |provider: &Provider| provider.api_key.as_ref().map(|key| key.reveal().to_owned());
    one.flavor == other.flavor
        && one.base_url == other.base_url
        && one.timeouts.connect == other.timeouts.connect
        && key(one) == key(other)
}

/// What is asked of a provider.
pub struct Errand<'a> {
    /// Who is asked.
    pub provider: &'a Provider,
    /// In which dialect.
    pub dialect: Dialect,
    /// Responses: whether a conversation is to be made shorter.
    pub compact: bool,
    /// Beside conversations: what is asked for, in which form.
    pub form: Option<(Service, Form)>,
    /// The media type of the body, where it may be something else than JSON.
    pub content_type: Option<&'a HeaderValue>,
    /// The model, where the path names it.
    pub model: &'a str,
    /// Whether a stream is wanted, where the path says it.
    pub stream: bool,
    /// The caller's headers and query, of which some go on, where the caller speaks that dialect.
    pub passed_on: Option<(&'a HeaderMap, Option<&'a str>)>,
    /// The body.
    pub body: Bytes,
    /// Whether a new connection is wanted.
    pub afresh: bool,
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
