//! It is known who may serve the call.

use std::sync::Arc;

use weighbridge_core::call::{Asked, Input, Intent};
use weighbridge_core::cost::Terms;
use weighbridge_core::directory::{Flavor, Provider, Service};
use weighbridge_core::entropy;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::id::CallId;
use weighbridge_core::level::Reserve;
use weighbridge_core::quote::Quote;
use weighbridge_store::RecordError;
use weighbridge_store::idempotency::OnceKey;
use weighbridge_store::place::Open;

use crate::gateway::Gateway;
use crate::meter::{Meter, Once};
use crate::money::agreement::{Agreement, Proposal};
use crate::money::offer::{demand, estimated_prompt};
use crate::money::refusal;
use crate::pipeline::{Read, Reserved};

/// The fifth stage: the providers that are tried, in order.
pub struct Resolved {
    pub(crate) read: Read,
    pub(crate) candidates: Vec<Arc<Provider>>,
}

impl Resolved {
    /// What the call will cost. Nothing is held, recorded or sent.
    ///
    /// # Errors
    /// 402 where there is no price or no bound that the level wants; 429 when too many quotes of
    /// the account are open.
    pub async fn quote(self) -> Result<Quote, Failure> {
        propose(&self.read, &self.candidates).quote().await
    }

    /// Agrees on what the call may cost and holds that, takes a place in the writer's queue, and
    /// commits the intent. Only after this may anything go to a provider (invariant R2).
    ///
    /// # Errors
    /// 402 for the money's sake, 409 for an idempotency key or a quote that was used, 503 when no
    /// place is free or the intent cannot be committed: nothing was dispatched.
    pub async fn reserve(self) -> Result<Reserved, Failure> {
        let Self { read, candidates } = self;
        let gateway = Arc::clone(&read.gateway);
        let once = refuse_repeated(&read).await?;
        refuse_other_limit(&read)?;
        let agreement = propose(&read, &candidates).agree(&read.wishes).await?;
        let intent = intent(&gateway, &read, agreement.terms)?;
        let open = open(&gateway, intent.clone(), once.clone()).await.map_err(record_failure)?;
        let Agreement { offers, bill, quote, .. } = agreement;
        let meter = Meter::new(gateway, open, intent, read.at, bill, Once { key: once, quote });
        Ok(Reserved {
            meter,
            offers,
            headers: read.headers,
            bytes: read.bytes,
            _memory: read.memory,
            peek: read.peek,
            trailer: read.wishes.trailer,
        })
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

/// A limit by another name would count more than the one that the cost is bounded by.
fn refuse_other_limit(read: &Read) -> Result<(), Failure> {
    let bounded = read.level.reserve == Reserve::Ceiling || read.wishes.max_cost.is_some();
    match read.peek.other_limit.filter(|_| bounded) {
        Some(field) => Err(refusal::other_limit(field)),
        None => Ok(()),
    }
}

/// What is to be agreed on.
fn propose<'a>(read: &'a Read, candidates: &'a [Arc<Provider>]) -> Proposal<'a> {
    Proposal {
        gateway: &read.gateway,
        account: &read.account,
        level: &read.level,
        model: &read.peek.model,
        body: &read.bytes,
        input: read.content.sha256,
        providers: candidates,
        demand: demand(&read.peek, read.bytes.len()),
        prompt: estimated_prompt(&read.peek, read.bytes.len()),
        at: read.at,
    }
}

/// The call's intent, with a name of its own.
fn intent(gateway: &Gateway, read: &Read, terms: Terms) -> Result<Intent, Failure> {
    let random = entropy::fresh(gateway.entropy()).map_err(|error| {
        tracing::error!(%error, "no call can be named");
        Failure::gateway(Code::Internal, Retry::After(1), "the gateway has no random bytes")
    })?;
    let mut attribution = read.wishes.attribution.clone();
    if attribution.end_user.is_none() {
        attribution.end_user.clone_from(&read.peek.end_user);
    }
    Ok(Intent {
        id: CallId::new(read.at.wall, random),
        boot: gateway.store().boot(),
        account: read.account.id(),
        key: read.principal.key.id,
        received_at: read.at.wall,
        input: Input::Whole(read.content),
        asked: Asked {
            service: Service::Chat.as_str().to_owned(),
            flavor_in: Flavor::OpenAi.as_str().to_owned(),
            model: read.peek.model.clone(),
            attribution,
            terms: Some(terms),
        },
    })
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
