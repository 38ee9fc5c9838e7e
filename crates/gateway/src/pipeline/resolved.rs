//! It is known who may serve the call.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;
use weighbridge_core::call::{Asked, Input, Intent};
use weighbridge_core::cost::Terms;
use weighbridge_core::entropy;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::id::CallId;
use weighbridge_core::level::Reserve;
use weighbridge_core::quote::Quote;
use weighbridge_core::routing::Policy;
use weighbridge_flavor::dialect::Dialect;
use weighbridge_store::RecordError;
use weighbridge_store::idempotency::OnceKey;
use weighbridge_store::place::Open;

use crate::gateway::Gateway;
use crate::meter::{Committed, Meter, Once};
use crate::money::agreement::{Agreement, Proposal};
use crate::money::refusal;
use crate::order;
use crate::pipeline::decision::Decision;
use crate::pipeline::explanation::Explanation;
use crate::pipeline::read::Ticket;
use crate::pipeline::reserved::shutting_down;
use crate::pipeline::way::{Wanted, Way};
use crate::pipeline::{Read, Reserved};

/// The fifth stage: the providers that are tried, in order.
pub struct Resolved {
    pub(crate) read: Read,
    /// Where it is to run, and why there.
    pub(crate) decision: Decision,
    /// How it goes there.
    pub(crate) ways: Vec<Way>,
    pub(crate) demand: Wanted,
}

impl Resolved {
    /// What the call will cost. Nothing is held, recorded or sent.
    ///
    /// # Errors
    /// 402 where there is no price or no bound that the level wants; 429 when too many quotes of
    /// the account are open.
    pub async fn quote(self) -> Result<Quote, Failure> {
        self.propose().quote().await
    }

    /// Where it would run, and why there. Nothing is held, recorded or sent.
    pub(super) fn explain(mut self) -> Explanation {
        let gateway = Arc::clone(&self.read.gateway);
        let (offers, refusal) = match self.propose().offers() {
            Ok(offers) => {
                self.decision.price(&offers);
                let nobody = self.decision.look(&gateway.turns).err();
                (offers, nobody)
            }
            Err(failure) => (Vec::new(), Some(failure)),
        };
        Explanation::of(&gateway, &self.decision, &offers, refusal)
    }

    /// How many tokens its prompt has: exact where the model's tokeniser is here, by the stated rule
    /// where it is not.
    pub async fn count(self) -> u64 {
        self.propose().tokens().await
    }

    /// Agrees on what the call may cost and holds that, takes a place in the writer's queue, and
    /// commits the intent. Only after this may anything go to a provider (invariant R2).
    ///
    /// # Errors
    /// 402 for the money's sake, 409 for an idempotency key or a quote that was used, 502 when every
    /// provider refuses the gateway's credential, 503 when none of them or of the writer's places is free
    /// or the intent cannot be committed: nothing was dispatched.
    pub async fn reserve(mut self) -> Result<Box<Reserved>, Failure> {
        let gateway = Arc::clone(&self.read.gateway);
        let ticket = self.read.ticket.take();
        if let Some(Ticket::Strict(ticket)) = &ticket {
            Box::pin(strictly_in_turn(&gateway, ticket)).await?;
        }
        let once = refuse_repeated(&self.read).await?;
        self.refuse_other_limit()?;
        self.decision.look(&gateway.turns)?;
        let agreement = self.propose().agree(&self.read.wishes).await?;
        let intent = self.intent(agreement.terms)?;
        let open = open(&gateway, intent.clone(), once.clone()).await.map_err(record_failure)?;
        let Agreement { offers, bill, quote, .. } = agreement;
        let Self { read, ways, mut decision, .. } = self;
        decision.price(&offers);
        let once = Once { key: once, quote };
        let dialect = read.address.dialect;
        let streams = read.address.stream;
        let until = Instant::now() + gateway.parts.limits.dispatch_time;
        let started = read.at;
        let (arrival, ticket) = match ticket {
            Some(Ticket::Arrival(ticket)) => (Some(ticket), None),
            Some(Ticket::Strict(ticket)) => (None, Some(ticket)),
            None => (None, None),
        };
        let committed =
            Committed { open, intent, dialect, streams, decision, started, bill, once, ticket };
        Ok(Box::new(Reserved {
            meter: Meter::new(gateway, committed),
            setting: read.setting,
            arrival,
            offers,
            ways,
            until,
            exchanges: 0,
            failed: None,
            address: read.address,
            query: read.query,
            headers: read.headers,
            bytes: read.bytes,
            _memory: read.memory,
            chat: read.chat,
            asked: read.asked,
            usage: read.usage,
            trailer: read.wishes.trailer,
            is_addressed: read.is_addressed,
        }))
    }

    /// What is to be agreed on.
    fn propose(&self) -> Proposal<'_> {
        let Self { read, demand, .. } = self;
        Proposal {
            gateway: &read.gateway,
            setting: &read.setting,
            account: &read.account,
            level: &read.level,
            model: &self.decision.model,
            countable: self.countable(),
            input: read.content.sha256,
            form: read.address.form(),
            ways: &self.ways,
            cheapest_first: self.decision.choice.policy == Policy::LeastCost,
            demand: demand.demand,
            prompt: demand.prompt,
            at: read.at,
        }
    }

    /// The call in the one form whose tokens can be counted exactly, if it has that anywhere.
    fn countable(&self) -> Option<&Bytes> {
        let is_chat = |way: &&Way| way.dialect == Dialect::Chat && way.form.is_none();
        match &self.read.chat {
            Some(_) => Some(&self.read.bytes),
            None => {
                let converted = self.ways.iter().find(is_chat)?.converted.as_ref();
                converted.map(|converted| &converted.body)
            }
        }
    }

    /// A limit by another name would count more than the one that the cost is bounded by.
    fn refuse_other_limit(&self) -> Result<(), Failure> {
        let Self { read, demand, .. } = self;
        let bounded = read.level.reserve == Reserve::Ceiling || read.wishes.max_cost.is_some();
        match demand.other_limit.filter(|_| bounded) {
            Some(field) => Err(refusal::other_limit(field)),
            None => Ok(()),
        }
    }

    /// The call's intent, with a name of its own.
    fn intent(&self, terms: Terms) -> Result<Intent, Failure> {
        let Self { read, demand, .. } = self;
        let gateway = &read.gateway;
        let random = entropy::fresh(gateway.entropy()).map_err(|error| {
            tracing::error!(%error, "no call can be named");
            Failure::gateway(Code::Internal, Retry::After(1), "the gateway has no random bytes")
        })?;
        let mut attribution = read.wishes.attribution.clone();
        if attribution.end_user.is_none() {
            attribution.end_user.clone_from(&demand.end_user);
        }
        Ok(Intent {
            id: CallId::new(read.at.wall, random),
            boot: gateway.store().boot(),
            account: read.account.id(),
            key: read.principal.key.id,
            received_at: read.at.wall,
            input: Input::Whole(read.content),
            asked: Asked {
                service: read.address.asked_for().as_str().to_owned(),
                flavor_in: read.address.flavor().to_owned(),
                model: read.address.model.clone(),
                attribution,
                terms: Some(terms),
            },
        })
    }
}

/// The same for a call that begins when the one before it is over. What has not begun when the gateway
/// stops does not begin any more.
async fn strictly_in_turn(gateway: &Gateway, ticket: &order::Ticket) -> Result<(), Failure> {
    tokio::select! {
        turn = in_turn(gateway, ticket) => turn,
        () = gateway.draining().cancelled() => Err(shutting_down()),
    }
}

/// Waits until those that stand before the call have passed.
///
/// # Errors
/// 503 when that takes too long, or the gateway ends.
pub(super) async fn in_turn(gateway: &Gateway, ticket: &order::Ticket) -> Result<(), Failure> {
    let patience = gateway.parts.limits.order_wait;
    tokio::select! {
        turn = tokio::time::timeout(patience, ticket.turn()) => turn.map_err(|_| {
            let words = format!(
                "the calls before this one were not over within {patience:?} (limits.order_wait); try \
                 again"
            );
            Failure::gateway(Code::Overloaded, Retry::After(1), words)
        }),
        () = gateway.cutting().cancelled() => Err(shutting_down()),
    }
}

/// The key that the call may be made only once with. Another call with it is refused here already,
/// for its own reason and not for what the first one left of the budget; of two that come at once
/// the intent's commit refuses one.
async fn refuse_repeated(read: &Read) -> Result<Option<OnceKey>, Failure> {
    let Some(key) = &read.wishes.once else { return Ok(None) };
    let once = OnceKey { account: read.account.id(), key: key.clone() };
    match read.gateway.store().repeated(once.clone()).await {
        Ok(None) => Ok(Some(once)),
        Ok(Some(repeated)) => Err(refusal::repeated(repeated)),
        Err(error) => {
            tracing::error!(%error, "an idempotency key could not be looked up");
            let words = "idempotency keys cannot be looked up now; try again";
            Err(Failure::gateway(Code::Internal, Retry::After(1), words))
        }
    }
}

async fn open(
    gateway: &Gateway,
    intent: Intent,
    once: Option<OnceKey>,
) -> Result<Open, RecordError> {
    gateway.store().place()?.open(intent, once)?.await
}

/// What a caller is told when its call was not recorded, and so not dispatched.
fn record_failure(error: RecordError) -> Failure {
    let (seconds, words) = match error {
        RecordError::Full => {
            (5, "the gateway has no space left to record calls, so it takes none; try again")
        }
        RecordError::NoPlace => {
            (1, "the gateway records as many calls as it can (limits.calls); try again")
        }
        RecordError::Stopped => (2, "the gateway is stopping and records no more; try again"),
        RecordError::Repeated(repeated) => return refusal::repeated(repeated),
    };
    Failure::gateway(Code::CannotRecord, Retry::After(seconds), words)
}
