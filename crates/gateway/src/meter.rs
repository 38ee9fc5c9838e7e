//! The meter of a call: what it took in, what it gave out, and its receipt however it ends.
//!
//! A meter exists from the intent's commit on. It rides along with the call, inside the reply's
//! body for streams, and when it is dropped before the call came to an end, the caller has left:
//! then it leaves the receipt of a cancelled call, from the place that was taken beforehand.

mod once;
mod tokens;

use std::sync::Arc;

use http::HeaderMap;
use weighbridge_core::call::{Attempt, Content, Ending, Intent, Outcome};
use weighbridge_core::clock::{Moment, Monotonic};
use weighbridge_core::cost::Cost;
use weighbridge_core::entropy;
use weighbridge_core::failure::{Code, Failure, Source};
use weighbridge_core::id::CallId;
use weighbridge_core::money::Money;
use weighbridge_core::price::Pieces;
use weighbridge_core::receipt::{self, SALT_BYTES};
use weighbridge_core::routing::{Health, Turn, Went};
use weighbridge_core::usage::{Basis, Usage};
use weighbridge_flavor::canon::{self, Keepsake};
use weighbridge_flavor::dialect::Dialect;
use weighbridge_flavor::services;
use weighbridge_proof::{Hasher, Timestamp};
use weighbridge_store::place::{Closing, Open};
use weighbridge_store::receipts::Row;

use crate::gateway::Gateway;
use crate::keepsakes::Origin;
use crate::money::bill::Bill;
use crate::money::offer::Offer;
use crate::order;
use crate::pipeline::decision::Decision;
use crate::pipeline::way::Way;
use crate::upstream::Sent;
pub(crate) use once::Once;
use tokens::{Asked, Tokens};

/// The headers that providers name a request in: OpenAI's, and Anthropic's.
const REQUEST_IDS: [&str; 2] = ["x-request-id", "request-id"];

/// The longest provider's request id that is kept, in bytes.
const REQUEST_ID_LIMIT: usize = 128;

/// The meter of one call. See the module's words.
pub struct Meter {
    gateway: Arc<Gateway>,
    /// Taken when the receipt is queued.
    open: Option<Open>,
    intent: Intent,
    /// What the caller speaks.
    dialect: Dialect,
    /// Whether a stream is wanted.
    streams: bool,
    /// Where the call is to run.
    decision: Decision,
    started: Moment,
    attempts: Vec<Attempt>,
    /// The exchange that is going on, or was the last.
    serving: Option<Way>,
    /// Its place at the provider, until it is over.
    turn: Option<Turn>,
    /// When it began.
    asked_at: Monotonic,
    /// What its end says of the provider, where that is known better than by the call's.
    went: Option<Went>,
    output: Hasher,
    first_byte_at: Option<Timestamp>,
    tokens: Tokens,
    bill: Bill,
    once: Once,
    /// What others wait for that may begin only when this call is over.
    ticket: Option<order::Ticket>,
    /// Whether anything went to the provider in this exchange.
    sent: Sent,
    /// Whether anything did in an earlier one.
    was_sent: bool,
}

/// How a call came to its end, as far as the meter cannot see it by itself.
#[derive(Debug, Clone)]
pub enum End {
    /// The provider finished properly.
    Finished,
    /// Something failed.
    Failed(Failure),
    /// The caller left.
    Left,
}

/// What a finished call shows to its caller.
#[derive(Debug, Clone, Copy)]
pub struct Weighed {
    /// The receipt's id.
    pub call: CallId,
    /// From the head of the call to just before the receipt's commit.
    pub duration_us: u64,
    /// What the caller is charged; nothing where the model has no price.
    pub cost: Option<Money>,
    /// The call cannot be made again as it was: its key or its quote is used up.
    pub used_up: bool,
}

/// A call whose intent is committed, and what was agreed about its cost.
pub(crate) struct Committed {
    pub(crate) open: Open,
    pub(crate) intent: Intent,
    /// What its caller speaks.
    pub(crate) dialect: Dialect,
    /// Whether a stream is wanted.
    pub(crate) streams: bool,
    /// Where it is to run.
    pub(crate) decision: Decision,
    pub(crate) started: Moment,
    pub(crate) bill: Bill,
    pub(crate) once: Once,
    /// What others wait for that may begin only when this call is over.
    pub(crate) ticket: Option<order::Ticket>,
}

impl Meter {
    /// The meter of a call.
    pub(crate) fn new(gateway: Arc<Gateway>, call: Committed) -> Box<Self> {
        let Committed { open, intent, dialect, streams, decision, started, bill, once, ticket } =
            call;
        gateway.parts.metrics.in_flight.inc();
        // It is handed from stage to stage, and is too large for that to cost nothing.
        Box::new(Self {
            gateway,
            open: Some(open),
            intent,
            dialect,
            streams,
            decision,
            started,
            attempts: Vec::new(),
            serving: None,
            turn: None,
            asked_at: started.steady,
            went: None,
            output: Hasher::new(),
            first_byte_at: None,
            tokens: Tokens::default(),
            bill,
            once,
            ticket,
            sent: Sent::default(),
            was_sent: false,
        })
    }

    /// The call.
    pub fn call(&self) -> CallId {
        self.intent.id
    }

    /// What the caller speaks.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// When the head of the call had been read.
    pub(crate) fn began_at(&self) -> Timestamp {
        self.intent.received_at
    }

    /// Where it is to run.
    pub(crate) fn decision(&self) -> &Decision {
        &self.decision
    }

    /// See [`Self::decision`].
    pub(crate) fn decision_mut(&mut self) -> &mut Decision {
        &mut self.decision
    }

    pub(crate) fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// An exchange on this way begins, in the place that was taken for it.
    ///
    /// # Errors
    /// When what it costs there cannot be held.
    pub(crate) fn begin_attempt(
        &mut self,
        offer: &Offer,
        way: &Way,
        turn: Turn,
    ) -> Result<(), Failure> {
        let provider = &way.provider;
        let now = self.gateway.parts.clock.now();
        // Whatever comes of it, the place is given back with the exchange's end, or the meter's.
        self.turn = Some(turn);
        (self.asked_at, self.went) = (now.steady, None);
        self.was_sent = self.was_sent();
        self.sent = Sent::default();
        self.bill.serve(offer, now.wall)?;
        self.serving = Some(way.clone());
        self.attempts.push(Attempt {
            provider: provider.name.clone(),
            // What it is until something better is known: the caller left during it.
            outcome: Outcome::Cancelled,
            status: None,
            provider_request_id: None,
            region: provider.region.clone(),
        });
        Ok(())
    }

    /// The exchange that is going on is tried once more, at the same provider and in the same place.
    pub(crate) fn attempt_again(&mut self) {
        let Some(last) = self.attempts.last_mut() else { return };
        let next = last.clone();
        last.outcome = Outcome::Error;
        self.attempts.push(next);
    }

    /// What tells whether anything was sent.
    pub(crate) fn sending(&self) -> Sent {
        self.sent.clone()
    }

    /// Whether anything may have reached a provider.
    pub(crate) fn was_sent(&self) -> bool {
        self.was_sent || self.sent.is_set()
    }

    /// What an answer at this offer has to be kept to, for its cost to stay within what was agreed.
    pub(crate) fn output_limit(&self, offer: &Offer) -> Option<u64> {
        self.bill.output_limit(offer)
    }

    /// The answer has come to this many bytes of text.
    ///
    /// # Errors
    /// Where that costs more than may be: the stream has to end.
    pub(crate) fn grow(&mut self, text_bytes: u64) -> Result<(), Box<Failure>> {
        self.bill.grow(text_bytes, &*self.gateway.parts.clock)
    }

    /// The head of the provider's reply has come.
    pub(crate) fn head(&mut self, status: u16, headers: &HeaderMap) {
        let id = REQUEST_IDS
            .iter()
            .find_map(|name| headers.get(*name))
            .and_then(|value| value.to_str().ok())
            .filter(|id| id.len() <= REQUEST_ID_LIMIT)
            .map(str::to_owned);
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.status = Some(status);
            attempt.provider_request_id = id;
        }
        if status == 200 && !self.streams {
            self.answered();
        }
    }

    /// A reply has begun.
    fn answered(&self) {
        if let Some(turn) = &self.turn {
            let now = self.gateway.parts.clock.now().steady;
            let took = now.micros_since(self.asked_at);
            self.say(self.gateway.turns.answered(turn, self.streams, took, now));
        }
    }

    /// Says in the log that a provider is otherwise than it was.
    fn say(&self, health: Option<Health>) {
        let provider = self.serving.as_ref().map(|way| way.provider.name.as_str());
        match health {
            None | Some(Health::Due) => {}
            Some(Health::Well) => tracing::info!(provider, "a provider is well again"),
            Some(Health::Recovering) => tracing::info!(provider, "a provider is back"),
            Some(Health::Resting) => {
                tracing::warn!(provider, "a provider fails, and rests: others are asked first");
            }
            Some(Health::Unwell) => {
                tracing::warn!(provider, "a provider fails often: others are asked first");
            }
            Some(Health::Refused) => {
                tracing::error!(
                    provider,
                    "a provider is out of rotation: it refuses our credential"
                );
            }
        }
    }

    /// What is known of the provider by how the exchange goes that is going on.
    pub(crate) fn judge(&mut self, went: Went) {
        self.went = Some(went);
    }

    /// The exchange that is going on came to nothing; another may begin.
    pub(crate) fn end_attempt(&mut self, went: Went) {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.outcome = Outcome::Error;
        }
        if let Some(turn) = self.turn.take() {
            self.say(self.gateway.turns.ended(turn, went));
        }
    }

    /// Bytes of the reply that are about to be handed to the connection.
    pub(crate) fn give_out(&mut self, bytes: &[u8]) {
        if self.first_byte_at.is_none() && !bytes.is_empty() {
            self.first_byte_at = Some(self.gateway.parts.clock.now().wall);
            if self.streams {
                self.answered();
            }
        }
        self.output.update(bytes);
    }

    /// How much text the reply had so far, and what the provider said of its tokens.
    /// `last` says that nothing was used after what it says.
    pub(crate) fn text_out(&mut self, bytes: u64, reported: Option<canon::Usage>, last: bool) {
        self.tokens.take(bytes, reported, last);
    }

    /// What a provider says that a service beside conversation used. `asked` is what the request
    /// itself says of it, and `in_tokens` whether tokens are what such a call is measured by; they are
    /// as well where its price says so and the provider says nothing.
    pub(crate) fn pieces_out(&mut self, said: &services::Usage, asked: Pieces, in_tokens: bool) {
        let unsaid = !said.says_something() && self.bill.charges_tokens();
        self.tokens.take_pieces(said, asked, in_tokens || unsaid);
    }

    /// Keeps what the model thought before its calls, for when the caller's tools have answered.
    pub(crate) fn keep(&self, keepsakes: Vec<Keepsake>) {
        let Some(way) = self.serving.as_ref().filter(|_| !keepsakes.is_empty()) else { return };
        let origin = Origin {
            account: self.intent.account,
            provider: way.provider.name.clone(),
            model: way.model.to_string(),
        };
        let now = self.gateway.parts.clock.now().steady;
        self.gateway.keepsakes.keep(origin, keepsakes, now);
    }

    /// Ends the call and queues its receipt.
    pub fn finish(mut self: Box<Self>, end: End) -> (Closing, Weighed) {
        let now = self.gateway.parts.clock.now();
        let mut weighed = Weighed {
            call: self.intent.id,
            duration_us: now.steady.micros_since(self.started.steady),
            cost: None,
            used_up: self.was_sent() && self.once.is_used(),
        };
        let closing = self.close(end, now, &mut weighed.cost);
        (closing.unwrap_or_else(Closing::never), weighed)
    }

    /// Settles the call and queues its receipt, unless that was done before. What was held is
    /// settled here and charged in the receipt's commit: a process that ends in between charges
    /// nothing of it, as for every call whose end was not seen.
    fn close(&mut self, end: End, now: Moment, cost: &mut Option<Money>) -> Option<Closing> {
        let open = self.open.take()?;
        if let Some(turn) = self.turn.take() {
            let went = self.went.unwrap_or_else(|| self.said_by(&end, now));
            self.say(self.gateway.turns.ended(turn, went));
        }
        let ending = self.ending(end, now);
        *cost = ending
            .cost
            .charge
            .map(|charge| Money { amount: charge.actual, currency: charge.held.currency });
        self.gateway.parts.metrics.in_flight.dec();
        self.gateway.parts.metrics.ended(&ending);
        let salts: [u8; SALT_BYTES] = match entropy::fresh(&*self.gateway.parts.entropy) {
            Ok(salts) => salts,
            Err(error) => {
                tracing::error!(%error, call = %self.intent.id, "no receipt can be salted");
                return None;
            }
        };
        let closing = match receipt::issue(&self.intent, &ending, &salts) {
            Ok(receipt) => {
                let row = Row::of(&self.intent, &ending, &receipt);
                Some(open.close(row.freeing(std::mem::take(&mut self.once).end(self.was_sent()))))
            }
            Err(error) => {
                tracing::error!(%error, call = %self.intent.id, "no receipt can be written");
                None
            }
        };
        // Whoever stands behind this call is written down behind it.
        self.ticket = None;
        closing
    }

    /// What a call's end says of the provider that it ran at.
    fn said_by(&self, end: &End, now: Moment) -> Went {
        let heard = self.attempts.last().is_some_and(|attempt| attempt.status.is_some());
        let ping = self.gateway.parts.limits.ping.as_micros();
        let silent = u128::from(now.steady.micros_since(self.asked_at)) >= ping;
        match end {
            End::Finished => Went::Well,
            End::Failed(failure) if failure.source == Source::Provider => Went::Badly,
            // Whoever waited for so long in vain left because of it.
            End::Left if !heard && silent => Went::Badly,
            End::Failed(_) | End::Left => Went::Unknown,
        }
    }

    fn ending(&mut self, end: End, now: Moment) -> Ending {
        let (outcome, failure) = match &end {
            End::Finished => (Outcome::Ok, None),
            End::Failed(failure) => (Outcome::Error, Some(failure)),
            End::Left => (Outcome::Cancelled, None),
        };
        let still_going = |attempt: &&mut Attempt| attempt.outcome == Outcome::Cancelled;
        if let Some(attempt) = self.attempts.last_mut().filter(still_going) {
            attempt.outcome = outcome;
        }
        let error = match &end {
            End::Failed(failure) => Some(Ending::error_of(failure)),
            End::Left => Some((Source::Client, Code::ClientLeft.as_str())),
            End::Finished => None,
        };
        let reached = self.attempts.iter().any(|attempt| attempt.status.is_some());
        let output = std::mem::take(&mut self.output);
        let output = Content { bytes: output.bytes(), sha256: output.finish() };
        let from_provider = failure.is_none_or(|failure| failure.source == Source::Provider);
        let serving = self.serving.clone().filter(|_| from_provider || reached);
        let nothing_known = outcome == Outcome::Error && self.tokens.is_empty();
        // No conversion carries a search over.
        let carried = self.serving.as_ref().is_some_and(|way| way.converted.is_none());
        let searches = self.bill.searches().filter(|_| carried);
        let asked = Asked { prompt: self.bill.prompt(), searches, pieces: self.bill.pieces() };
        let usage = (!self.used_nothing() && !nothing_known)
            .then(|| self.tokens.usage(asked, outcome == Outcome::Ok));
        let cost = self.settle(usage.as_ref(), now.wall);
        Ending {
            outcome,
            error,
            attempts: std::mem::take(&mut self.attempts),
            flavor_out: serving.as_ref().map(Way::flavor),
            conversion: serving
                .as_ref()
                .map(|way| way.conversion(self.dialect))
                .unwrap_or_default(),
            losses: serving.as_ref().map(Way::losses).unwrap_or_default(),
            provider: serving.as_ref().map(|way| way.provider.name.clone()),
            model_served: serving.as_ref().map(|way| way.model.to_string()),
            decision: Some(self.decision.on_receipt()),
            first_byte_at: self.first_byte_at,
            finished_at: now.wall,
            duration_us: Some(now.steady.micros_since(self.started.steady)),
            streamed: None,
            output: Some(output),
            complete: outcome == Outcome::Ok,
            usage,
            cost,
        }
    }

    /// What the call costs, and how long its model's answers are.
    fn settle(&mut self, usage: Option<&Usage>, finished_at: Timestamp) -> Cost {
        if let Some(usage) = usage.filter(|usage| usage.basis == Basis::Measured) {
            let each = usage.output_tokens / self.bill.answers();
            // One that was cut at its limit says nothing of how long it would have been.
            if self.bill.limit().is_none_or(|limit| each < limit) {
                self.gateway.lengths.learn(&self.decision.model, each);
            }
        }
        self.bill.settle(usage, self.used_nothing(), finished_at)
    }

    /// Whether it is certain that nothing was used of what the caller pays for: nothing was sent to the
    /// provider that was asked last, or it refused the call. Those before it gave the caller nothing.
    fn used_nothing(&self) -> bool {
        let refused = |attempt: &Attempt| attempt.status.is_some_and(|status| status != 200);
        !self.sent.is_set() || self.attempts.last().is_some_and(refused)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if self.open.is_some() {
            let now = self.gateway.parts.clock.now();
            // Nobody waits for this one.
            drop(self.close(End::Left, now, &mut None));
        }
    }
}
