//! The body is read, hashed and peeked at.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use tokio::sync::OwnedSemaphorePermit;
use weighbridge_core::call::Content;
use weighbridge_core::clock::Moment;
use weighbridge_core::credential::Principal;
use weighbridge_core::failure::{Code, Failure};
use weighbridge_core::level::Level;
use weighbridge_flavor::{openai, services};

use crate::front::request::Wishes;
use crate::gateway::Gateway;
use crate::money::LiveAccount;
use crate::pipeline::Resolved;
use crate::pipeline::received::Address;
use crate::pipeline::service;
use crate::pipeline::way::{self, Ways};

/// The fourth stage: the whole input, and what routing needs of it.
pub struct Read {
    pub(crate) gateway: Arc<Gateway>,
    /// With the model that is asked for, wherever it stands.
    pub(crate) address: Address,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) at: Moment,
    pub(crate) principal: Arc<Principal>,
    pub(crate) account: Arc<LiveAccount>,
    pub(crate) level: Arc<Level>,
    pub(crate) wishes: Wishes,
    pub(crate) bytes: Bytes,
    pub(crate) content: Content,
    pub(crate) memory: OwnedSemaphorePermit,
    /// What was peeked at where the caller speaks of a chat completion.
    pub(crate) chat: Option<Box<openai::ChatPeek>>,
    /// What was peeked at where a service beside conversation is asked for.
    pub(crate) asked: Option<Box<services::Peek>>,
    /// The most tokens of an answer, as far as a peek shows it.
    pub(crate) max_output: Option<u64>,
    /// A name of some server's own for that, as far as a peek shows it.
    pub(crate) other_limit: Option<&'static str>,
}

impl Read {
    /// Decides who may serve the call, in which order, and says it in their words.
    ///
    /// # Errors
    /// 404 when nobody serves the model; 400 when it cannot be said in the dialect of any who do.
    pub fn resolve(mut self) -> Result<Resolved, Failure> {
        let candidates = self
            .gateway
            .directory()
            .candidates(self.address.asked_for(), &self.address.model)
            .map_err(|missing| {
                Failure::client(Code::ModelNotFound, missing.to_string()).at("model")
            })?
            .to_vec();
        let Ways { ways, demand } = match self.address.service {
            None => way::find(&mut self, &candidates)?,
            Some((service, form)) => service::find(&mut self, &candidates, service, form)?,
        };
        Ok(Resolved { read: self, ways, demand })
    }
}
