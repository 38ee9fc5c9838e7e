//! The body is read, hashed and peeked at.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use weighbridge_core::call::Content;
use weighbridge_core::clock::Moment;
use weighbridge_core::credential::Principal;
use weighbridge_core::directory::{Provider, Served};
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::level::Level;
use weighbridge_flavor::{openai, services};

use crate::front::request::Wishes;
use crate::gateway::Gateway;
use crate::money::LiveAccount;
use crate::pipeline::Resolved;
use crate::pipeline::received::Address;
use crate::pipeline::service;
use crate::pipeline::way::{self, Ways};

/// The longest body that is converted where it was read, in bytes. A longer one would keep those
/// waiting whom the same thread serves.
const SHORT: usize = 256 * 1024;

/// How many longer ones are converted at a time; a thread each. What they come to is counted into
/// `limits.body_memory` when it is there, so this bounds what stands beside that.
const READINGS: usize = 4;

/// Turns for that.
static READING: Semaphore = Semaphore::const_new(READINGS);

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
    /// Where a stream of completions is asked for what it used.
    pub(crate) usage: Option<Box<openai::UsageSite>>,
    /// A name of some server's own for that, as far as a peek shows it.
    pub(crate) other_limit: Option<&'static str>,
}

impl Read {
    /// Whether it is so long that it is to be resolved apart from the threads that serve.
    pub fn is_long(&self) -> bool {
        self.bytes.len() > SHORT
    }

    /// Decides who may serve the call, in which order, and says it in their words.
    ///
    /// # Errors
    /// 404 when nobody serves the model; 400 when it cannot be said in the dialect of any who do.
    pub fn resolve(self) -> Result<Resolved, Failure> {
        let served = self.served()?;
        self.find_ways(served)
    }

    /// The same, apart from the threads that serve where the call is long and has to be converted.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve); 503 when too many others are being converted.
    pub async fn resolve_apart(self) -> Result<Resolved, Failure> {
        let served = self.served()?;
        if !self.is_long() || self.goes_as_it_came(&served.providers) {
            return self.find_ways(served);
        }
        let patience = self.gateway.parts.limits.body_idle;
        let turn = tokio::time::timeout(patience, READING.acquire()).await;
        let Ok(Ok(turn)) = turn else {
            let words = "too many long requests are being converted now; try again";
            return Err(Failure::gateway(Code::Overloaded, Retry::After(1), words));
        };
        let finding = tokio::task::spawn_blocking(move || {
            // Until it has ended, whether or not anybody still waits for it.
            let _turn = turn;
            self.find_ways(served)
        });
        finding.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a long request could not be converted");
            let words = "the request could not be converted for its provider";
            Err(Failure::gateway(Code::Internal, Retry::Never, words))
        })
    }

    fn served(&self) -> Result<Served, Failure> {
        let directory = self.gateway.directory();
        let found = directory.candidates(self.address.asked_for(), &self.address.model);
        found.map_err(|missing| {
            Failure::client(Code::ModelNotFound, missing.to_string()).at("model")
        })
    }

    /// Whether nobody here has to read it as a whole.
    fn goes_as_it_came(&self, candidates: &[Arc<Provider>]) -> bool {
        match self.address.service {
            None => way::goes_as_it_came(self, candidates),
            Some((_, form)) => service::goes_as_it_came(candidates, form),
        }
    }

    fn find_ways(mut self, served: Served) -> Result<Resolved, Failure> {
        let Ways { ways, demand } = match self.address.service {
            None => way::find(&mut self, &served)?,
            Some((service, form)) => service::find(&mut self, &served, service, form)?,
        };
        Ok(Resolved { read: self, ways, demand, model: served.model, how: served.how })
    }
}
