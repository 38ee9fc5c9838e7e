//! The body is read, hashed and peeked at.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use weighbridge_core::call::Content;
use weighbridge_core::clock::Moment;
use weighbridge_core::credential::Principal;
use weighbridge_core::directory::{Served, Serving};
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::level::{Level, Order};
use weighbridge_core::routing::{Policy, Reason};
use weighbridge_flavor::{openai, services};

use crate::front::models::not_served;
use crate::front::request::Wishes;
use crate::gateway::Gateway;
use crate::money::LiveAccount;
use crate::order;
use crate::pipeline::Resolved;
use crate::pipeline::decision::Decision;
use crate::pipeline::explanation::Explanation;
use crate::pipeline::received::Address;
use crate::pipeline::service;
use crate::pipeline::way::{self, Ways};
use crate::setting::Setting;

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
    pub(crate) setting: Arc<Setting>,
    /// With the model that is asked for, wherever it stands.
    pub(crate) address: Address,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) at: Moment,
    pub(crate) principal: Arc<Principal>,
    pub(crate) account: Arc<LiveAccount>,
    pub(crate) level: Arc<Level>,
    pub(crate) wishes: Wishes,
    /// How it is chosen where the call runs, where its body says so.
    pub(crate) policy: Option<Policy>,
    /// Whether the body has a field for the gateway, which no provider is to see.
    pub(crate) is_addressed: bool,
    /// Its place among its account's calls, once it has one.
    pub(crate) ticket: Option<Ticket>,
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

/// A call's place among its account's calls, and when those behind it may go on.
#[derive(Debug)]
pub(crate) enum Ticket {
    /// When it goes out.
    Arrival(order::Ticket),
    /// When it is over.
    Strict(order::Ticket),
}

impl Read {
    /// Takes its place among its account's calls.
    ///
    /// # Errors
    /// 503 when too many stand there.
    pub(crate) fn enter(mut self) -> Result<Self, Failure> {
        let lines = self.account.lines();
        let most = self.gateway.parts.limits.order_queue;
        let taken = match (&self.wishes.sequence, self.level.order) {
            (_, Order::Strict) => lines.all().ticket(most).map(Ticket::Strict),
            (Some(name), Order::Arrival) => lines.sequence(name).ticket(most).map(Ticket::Strict),
            (None, Order::Arrival) => lines.all().ticket(most).map(Ticket::Arrival),
        };
        self.ticket = Some(taken.map_err(|order::Full| {
            let words = format!(
                "{most} calls stand in this call's line already (limits.order_queue); try again"
            );
            Failure::gateway(Code::Overloaded, Retry::After(1), words)
        })?);
        Ok(self)
    }

    /// Whether it is so long that it is to be resolved apart from the threads that serve.
    pub fn is_long(&self) -> bool {
        self.bytes.len() > SHORT
    }

    /// Decides who may serve the call, in which order, and says it in their words.
    ///
    /// # Errors
    /// 404 when nobody serves the model; 400 when it cannot be said in the dialect of any who do.
    pub fn resolve(self) -> Result<Resolved, Failure> {
        let decision = self.decide()?;
        self.find_ways(decision).map_err(|(_, failure)| failure)
    }

    /// The same, apart from the threads that serve where the call is long and has to be converted.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve); 503 when too many others are being converted.
    pub async fn resolve_apart(self) -> Result<Resolved, Failure> {
        let decision = self.decide()?;
        if !self.is_long() || self.goes_as_it_came(&decision.servings()) {
            return self.find_ways(decision).map_err(|(_, failure)| failure);
        }
        self.apart(|read| read.find_ways(decision).map_err(|(_, failure)| failure)).await
    }

    /// Does something with it apart from the threads that serve.
    async fn apart<T: Send + 'static>(
        self,
        does: impl FnOnce(Self) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let patience = self.gateway.parts.limits.body_idle;
        let turn = tokio::time::timeout(patience, READING.acquire()).await;
        let Ok(Ok(turn)) = turn else {
            let words = "too many long requests are being converted now; try again";
            return Err(Failure::gateway(Code::Overloaded, Retry::After(1), words));
        };
        let doing = tokio::task::spawn_blocking(move || {
            // Until it has ended, whether or not anybody still waits for it.
            let _turn = turn;
            does(self)
        });
        doing.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a long request could not be converted");
            let words = "the request could not be converted for its provider";
            Err(Failure::gateway(Code::Internal, Retry::Never, words))
        })
    }

    /// Where the call would run, and why there.
    ///
    /// # Errors
    /// 404 when nobody serves the model; 403 where its key wants another policy; 503 when too many long
    /// requests are being converted.
    pub async fn explain(self) -> Result<Explanation, Failure> {
        if self.is_long() { self.apart(Self::explain_here).await } else { self.explain_here() }
    }

    fn explain_here(self) -> Result<Explanation, Failure> {
        let gateway = Arc::clone(&self.gateway);
        let decision = Decision::of(&self, self.served()?)?;
        let refused =
            |decision: &Decision, failure| Explanation::of(&gateway, decision, &[], Some(failure));
        if let Err(failure) = decision.leaves_somebody() {
            return Ok(refused(&decision, failure));
        }
        match self.find_ways(decision) {
            Ok(resolved) => Ok(resolved.explain()),
            Err((decision, failure)) => Ok(refused(&decision, failure)),
        }
    }

    /// Who serves the model, and who of them may be asked.
    fn decide(&self) -> Result<Decision, Failure> {
        let decision = Decision::of(self, self.served()?)?;
        decision.leaves_somebody()?;
        Ok(decision)
    }

    fn served(&self) -> Result<Served, Failure> {
        let directory = &self.setting.directory;
        let found = directory.candidates(self.address.asked_for(), &self.address.model);
        found.map_err(|missing| {
            let words = not_served(missing, &self.principal.key);
            Failure::client(Code::ModelNotFound, words).at("model")
        })
    }

    /// Whether nobody here has to read it as a whole.
    fn goes_as_it_came(&self, candidates: &[Serving]) -> bool {
        match self.address.service {
            None => way::goes_as_it_came(self, candidates),
            Some((_, form)) => service::goes_as_it_came(candidates, form),
        }
    }

    fn find_ways(mut self, mut decision: Decision) -> Result<Resolved, (Box<Decision>, Failure)> {
        let servings = decision.servings();
        let found = match self.address.service {
            None => way::find(&mut self, &servings),
            Some((service, form)) => service::find(&mut self, &servings, service, form),
        };
        let Ways { mut ways, demand } = match found {
            Ok(found) => found,
            Err(failure) => return Err((Box::new(decision), failure)),
        };
        decision.keep(Reason::Conversion, |seat| ways.iter().any(|way| way.seat == seat));
        if let Err(failure) = decision.fit(demand.needs, demand.tokens()) {
            return Err((Box::new(decision), failure));
        }
        ways.retain(|way| decision.is_meant(way.seat));
        Ok(Resolved { read: self, ways, demand, decision })
    }
}
