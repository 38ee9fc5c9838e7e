//! The intent is committed: now, and not before, a provider may be called.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use weighbridge_core::directory::Seat;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::routing::{Turn, Went};
use weighbridge_flavor::addressed::{without_policy, without_policy_service};
use weighbridge_flavor::canon::Face;
use weighbridge_flavor::dialect::Dialect;
use weighbridge_flavor::limit::{Unkept, keep_to};
use weighbridge_flavor::openai::{self, OutputLimit};
use weighbridge_flavor::rename::{renamed, renamed_service};
use weighbridge_flavor::services;

use crate::front::words::Voice;
use crate::meter::Meter;
use crate::money::offer::Offer;
use crate::order;
use crate::pipeline::received::Address;
use crate::pipeline::resolved::in_turn;
use crate::pipeline::trouble::{Lesson, Trouble};
use crate::pipeline::way::{Way, limit_field};
use crate::pipeline::{Dispatched, Metered};
use crate::setting::Setting;
use crate::upstream::{Errand, ProviderBody, SendError, Sent};

/// The sixth stage: a durable intent, a place for the receipt, and a meter that owes it.
pub struct Reserved {
    pub(crate) meter: Box<Meter>,
    pub(crate) setting: Arc<Setting>,
    /// Its place among those that are to go out in their order, until it has gone out.
    pub(crate) arrival: Option<order::Ticket>,
    /// What it costs at those who were not asked yet.
    pub(crate) offers: Vec<Offer>,
    pub(crate) ways: Vec<Way>,
    /// When a reply has to have begun.
    pub(crate) until: Instant,
    /// How many providers were asked.
    pub(crate) exchanges: u32,
    /// What the last of them ended in.
    pub(crate) failed: Option<Failure>,
    pub(crate) address: Address,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    pub(crate) _memory: OwnedSemaphorePermit,
    pub(crate) chat: Option<Box<openai::ChatPeek>>,
    pub(crate) asked: Option<Box<services::Peek>>,
    pub(crate) usage: Option<Box<openai::UsageSite>>,
    pub(crate) trailer: bool,
    /// Whether the body has a field for the gateway, which no provider is to see.
    pub(crate) is_addressed: bool,
}

impl Reserved {
    /// Asks the candidates in turn, the best first, until one answers. Which that is, is looked at anew
    /// each time: much may have changed while one was silent.
    ///
    /// # Errors
    /// A call that failed here is metered like any other: its receipt is on its way.
    pub async fn dispatch(mut self: Box<Self>) -> Result<Dispatched, Metered<Failure>> {
        loop {
            let (seat, turn) = match self.place().await {
                Ok(place) => place,
                Err(failure) => return Err(Metered::failed(self.meter, failure)),
            };
            match self.exchange(seat, turn).await {
                Ok(Begun { way, reply, deadline }) => {
                    self.meter.head(reply.status().as_u16(), reply.headers());
                    let asks_usage = self.asks_usage();
                    let strip_usage = self.address.stream && !asks_usage;
                    let voice = self.voice(&way, asks_usage);
                    return Ok(Dispatched { call: self, way, voice, reply, strip_usage, deadline });
                }
                Err(trouble) => {
                    if let Some(failure) = self.gave_up(trouble) {
                        return Err(Metered::failed(self.meter, failure));
                    }
                }
            }
        }
    }

    /// An exchange came to nothing. Gives what the call ends in, where nobody else is asked.
    pub(super) fn gave_up(&mut self, trouble: Trouble) -> Option<Failure> {
        let Trouble { failure, lesson: Lesson { went, elsewhere } } = trouble;
        self.meter.end_attempt(went);
        if elsewhere && self.has_another() {
            self.failed = Some(failure);
            return None;
        }
        Some(failure)
    }

    /// Whether anybody else could be asked now.
    pub(super) fn has_another(&mut self) -> bool {
        let gateway = Arc::clone(self.meter.gateway());
        self.exchanges < gateway.parts.limits.exchanges
            && Instant::now() < self.until
            && self.meter.decision_mut().has_another(&gateway.turns)
    }

    /// Takes a place at the best of those who were not asked yet.
    async fn place(&mut self) -> Result<(Seat, Turn), Failure> {
        let gateway = Arc::clone(self.meter.gateway());
        // Seldom waited for, so the future of every call has no room for it.
        if let Some(ticket) = self.arrival.as_ref().filter(|ticket| !ticket.is_next()) {
            Box::pin(in_turn(&gateway, ticket)).await?;
        }
        let until = self.until.min(Instant::now() + gateway.parts.limits.queue_wait);
        let decision = self.meter.decision_mut();
        let arrival = &mut self.arrival;
        let place = gateway.turns.take(decision.ask, &mut decision.candidates, until, arrival);
        let found = tokio::select! {
            found = place => found,
            () = gateway.cutting().cancelled() => return Err(shutting_down()),
        };
        let (seat, turn) = match found {
            Ok(place) => place,
            Err(why) => {
                let failed = self.failed.take();
                return Err(
                    failed.unwrap_or_else(|| self.meter.decision().nobody(&gateway.turns, why))
                );
            }
        };
        self.exchanges += 1;
        self.meter.decision_mut().tried(seat);
        Ok((seat, turn))
    }

    /// One exchange, up to the head of its reply.
    async fn exchange(&mut self, seat: Seat, turn: Turn) -> Result<Begun, Trouble> {
        let offer = self.offers.iter().position(|offer| offer.seat == seat);
        let offer = offer.map(|at| self.offers.swap_remove(at));
        let way = self.ways.iter().find(|way| way.seat == seat).cloned();
        let (Some(offer), Some(way)) = (offer, way) else {
            self.meter.gateway().turns.ended(turn, Went::Unknown);
            let words = "no provider is left for this call";
            let failure = Failure::gateway(Code::Internal, Retry::Never, words);
            return Err(Trouble { failure, lesson: Lesson::NOTHING });
        };
        let here = |failure| Trouble { failure, lesson: Lesson::NOTHING };
        self.meter.begin_attempt(&offer, &way, turn).map_err(here)?;
        let body = self.outgoing(&offer, &way).map_err(here)?;
        let timeouts = way.provider.timeouts;
        // What is no conversation is taken in whole.
        let flows = self.address.stream && way.form.is_none();
        let patience = if flows { timeouts.first_byte } else { timeouts.total };
        let now = Instant::now();
        let left = self.until.saturating_duration_since(now);
        let reply = self.send(&way, body, patience.min(left)).await;
        let reply = reply.map_err(|trouble| match left < patience {
            // It had no more time than those before it left.
            true => Trouble { lesson: Lesson::OVER, ..trouble },
            false => trouble,
        })?;
        Ok(Begun { way, reply, deadline: now + patience })
    }

    /// The body as it goes to the provider of this offer.
    ///
    /// # Errors
    /// Where the limit that the answer has to be kept to, or the name that its provider knows, cannot
    /// be put into it.
    fn outgoing(&self, offer: &Offer, way: &Way) -> Result<Bytes, Failure> {
        let body = self.limited(offer, way).map_err(unbindable)?;
        // What is converted has the name that its provider knows, and nothing for the gateway.
        if way.converted.is_some() {
            return Ok(body);
        }
        let model = &*way.model;
        let kind = self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let renamed = match way.form {
            _ if model == self.address.model => Some(body),
            Some((service, form)) => renamed_service(service, form, &body, kind, model),
            None => renamed(way.dialect, &body, model),
        };
        let renamed = renamed.ok_or_else(|| {
            let words = format!(
                "the model's name cannot be replaced in this body; ask for it by its own: {model}"
            );
            Failure::client(Code::InvalidRequest, words).at("model")
        })?;
        let plain = match way.form {
            _ if !self.is_addressed => Some(renamed),
            Some((service, form)) => without_policy_service(service, form, &renamed, kind),
            None => without_policy(way.dialect, &renamed),
        };
        plain.ok_or_else(|| {
            let words = "hybrid_policy: cannot be taken out of this body; send it as the header \
                         x-weighbridge-hybrid-policy";
            Failure::client(Code::InvalidRequest, words).at("hybrid_policy")
        })
    }

    /// The same under the caller's name of the model.
    fn limited(&self, offer: &Offer, way: &Way) -> Result<Bytes, Unkept> {
        // A service's reply, and a conversation made shorter, have no limit that could be said.
        if way.form.is_some() || self.address.compact {
            let converted = way.converted.as_ref().map(|converted| &converted.body);
            return Ok(converted.unwrap_or(&self.bytes).clone());
        }
        let field = limit_field(&way.provider, &way.model);
        let limit = self.meter.output_limit(offer).map(|tokens| OutputLimit { field, tokens });
        let body = match (&way.converted, &self.chat) {
            (Some(converted), _) => &converted.body,
            (None, Some(chat)) => return Ok(chat.outgoing(&self.bytes, limit)),
            (None, None) => match &self.usage {
                Some(usage) => &usage.outgoing(&self.bytes),
                None => &self.bytes,
            },
        };
        match limit {
            Some(limit) => keep_to(way.dialect, body, limit),
            None => Ok(body.clone()),
        }
    }

    /// Whether the caller wants to know what its stream used, where a dialect leaves that to it.
    fn asks_usage(&self) -> bool {
        match (&self.chat, &self.usage) {
            (Some(chat), _) => chat.asks_usage,
            (None, Some(usage)) => usage.is_asked(),
            (None, None) => true,
        }
    }

    /// The media type of what goes out, where it may be something else than JSON.
    fn content_type<'a>(&'a self, way: &'a Way) -> Option<&'a HeaderValue> {
        way.form?;
        match &way.converted {
            Some(converted) => converted.content_type.as_ref(),
            None => self.headers.get(CONTENT_TYPE),
        }
    }

    /// How the caller is spoken to, where any of what it gets is written here.
    fn voice(&self, way: &Way, wants_usage: bool) -> Voice {
        let dialect = self.address.dialect;
        if way.converted.is_none() && dialect != Dialect::Responses {
            return Voice::of(dialect);
        }
        let id = self.meter.call().to_string();
        let names = way.converted.as_ref().map(|converted| converted.names.clone());
        let face = Face {
            id: id.rsplit('_').next().unwrap_or_default().to_owned(),
            model: self.address.model.clone(),
            created: self.meter.began_at().micros().unsigned_abs() / 1_000_000,
            wants_usage,
            names: names.unwrap_or_default(),
        };
        Voice { dialect, face: Some(face) }
    }

    /// Sends a request, and waits for the head of its reply. Some servers close a connection without a
    /// word that they had kept, also in the moment in which it is used again: that is no failure of
    /// theirs, and they are asked once more over a new one.
    async fn send(
        &mut self,
        way: &Way,
        body: Bytes,
        patience: Duration,
    ) -> Result<Response<ProviderBody>, Trouble> {
        let gateway = Arc::clone(self.meter.gateway());
        let mut arrival = self.arrival.take();
        let name = &way.provider.name;
        let until = Instant::now() + patience;
        let mut afresh = false;
        let answer = loop {
            let errand = Errand {
                provider: &way.provider,
                dialect: way.dialect,
                form: way.form,
                compact: self.address.compact,
                content_type: self.content_type(way),
                model: &way.model,
                stream: self.address.stream,
                // What a caller says beside its words is for those who speak its dialect.
                passed_on: way
                    .converted
                    .is_none()
                    .then_some((&self.headers, self.query.as_deref())),
                body: body.clone(),
                afresh,
            };
            let call = self.setting.upstream.call(errand, self.meter.sending());
            let sent = self.meter.sending();
            let reply = tokio::time::timeout_at(until, ahead(call, &sent, arrival.take()));
            let answer = tokio::select! {
                answer = reply => answer,
                () = gateway.cutting().cancelled() => {
                    return Err(Trouble { failure: shutting_down(), lesson: Lesson::OVER });
                }
            };
            match answer {
                Ok(Err(SendError::Closed(detail))) if !afresh => {
                    tracing::info!(provider = name, detail, "a call is sent once more");
                    self.meter.attempt_again();
                    afresh = true;
                }
                answer => break answer,
            }
        };
        let failure = match answer {
            Ok(Ok(reply)) => return Ok(reply),
            Ok(Err(SendError::Unreachable(detail))) => {
                tracing::warn!(provider = name, detail, "a provider could not be reached");
                let words = format!("the provider `{name}` could not be reached; try again later");
                Failure::provider(Code::ProviderUnreachable, Retry::After(1), words)
            }
            Ok(Err(SendError::Broken(detail) | SendError::Closed(detail))) => {
                tracing::warn!(provider = name, detail, "a provider closed without a reply");
                let words = format!("the provider `{name}` ended the connection without a reply");
                Failure::provider(Code::ProviderIncomplete, Retry::After(1), words)
            }
            Err(_) => {
                tracing::warn!(provider = name, ?patience, "a provider did not answer in time");
                let words = format!("the provider `{name}` did not answer within {patience:?}");
                Failure::provider(Code::ProviderTimeout, Retry::After(1), words)
            }
        };
        Err(Trouble { failure, lesson: Lesson::BAD })
    }
}

/// How long the next call waits for one before it whose provider cannot be reached at once.
const LEAD: Duration = Duration::from_millis(10);

/// The same future. The next call may go out when this one has, or when that takes long.
async fn ahead<F: Future>(
    sending: F,
    sent: &Sent,
    mut arrival: Option<order::Ticket>,
) -> F::Output {
    let mut sending = std::pin::pin!(sending);
    let mut lead = None;
    std::future::poll_fn(|context| {
        let polled = sending.as_mut().poll(context);
        if arrival.is_some() {
            let has_gone = polled.is_ready() || sent.is_set() || {
                let lead = lead.get_or_insert_with(|| Box::pin(tokio::time::sleep(LEAD)));
                lead.as_mut().poll(context).is_ready()
            };
            if has_gone {
                drop(arrival.take());
            }
        }
        polled
    })
    .await
}

/// A reply that has begun.
struct Begun {
    way: Way,
    reply: Response<ProviderBody>,
    /// When a reply that is taken in whole has to be there.
    deadline: Instant,
}

/// The limit that a call is bounded by cannot be put into it.
fn unbindable(unkept: Unkept) -> Failure {
    let words = match unkept {
        Unkept::Unreadable => {
            "what bounds this call's cost cannot be put into its body; send the body as the \
             flavor's own SDK does"
                .to_owned()
        }
        Unkept::NoRoomToThink(_) => format!(
            "what this call may cost does not pay for what its model is to think: {unkept}; ask for \
             no thinking, or allow the call to cost more"
        ),
    };
    Failure::client(Code::CostUnbounded, words)
}

/// What a call that is cut off by the gateway's stop ends in.
pub(crate) fn shutting_down() -> Failure {
    let words = "the gateway stopped before this call was over; try again";
    Failure::gateway(Code::ShuttingDown, Retry::After(2), words)
}
