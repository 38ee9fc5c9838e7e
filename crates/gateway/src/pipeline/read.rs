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
use weighbridge_flavor::openai;

use crate::front::request::Wishes;
use crate::gateway::Gateway;
use crate::money::LiveAccount;
use crate::pipeline::Resolved;

/// The fourth stage: the whole input, and what routing needs of it.
pub struct Read {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) headers: HeaderMap,
    pub(crate) at: Moment,
    pub(crate) principal: Arc<Principal>,
    pub(crate) account: Arc<LiveAccount>,
    pub(crate) level: Arc<Level>,
    pub(crate) wishes: Wishes,
    pub(crate) bytes: Bytes,
    pub(crate) content: Content,
    pub(crate) memory: OwnedSemaphorePermit,
    pub(crate) peek: openai::ChatPeek,
}

impl Read {
    /// Decides who may serve the call, in which order.
    ///
    /// # Errors
    /// 404 when nobody serves the model.
    pub fn resolve(self) -> Result<Resolved, Failure> {
        let candidates = self
            .gateway
            .directory()
            .candidates(&self.peek.model)
            .map_err(|missing| {
                Failure::client(Code::ModelNotFound, missing.to_string()).at("model")
            })?
            .to_vec();
        Ok(Resolved { read: self, candidates })
    }
}
