//! The intent is committed: now, and not before, a provider may be called.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response};
use tokio::sync::OwnedSemaphorePermit;
use weighbridge_core::call::Outcome;
use weighbridge_core::directory::Match;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_flavor::canon::Face;
use weighbridge_flavor::dialect::Dialect;
use weighbridge_flavor::limit::{Unkept, keep_to};
use weighbridge_flavor::openai::{self, OutputLimit};
use weighbridge_flavor::rename::{renamed, renamed_service};
use weighbridge_flavor::services;

use crate::front::words::Voice;
use crate::meter::Meter;
use crate::money::offer::Offer;
use crate::pipeline::received::Address;
use crate::pipeline::way::{Way, limit_field};
use crate::pipeline::{Dispatched, Metered};
use crate::upstream::{Errand, ProviderBody, SendError};

/// The sixth stage: a durable intent, a place for the receipt, and a meter that owes it.
pub struct Reserved {
    pub(crate) meter: Box<Meter>,
    /// How the model was found.
    pub(crate) how: Match,
    pub(crate) offers: Vec<Offer>,
    pub(crate) ways: Vec<Way>,
    pub(crate) address: Address,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    pub(crate) _memory: OwnedSemaphorePermit,
    pub(crate) chat: Option<Box<openai::ChatPeek>>,
    pub(crate) asked: Option<Box<services::Peek>>,
    pub(crate) usage: Option<Box<openai::UsageSite>>,
    pub(crate) trailer: bool,
}

impl Reserved {
    /// Calls the candidates in turn until one answers. Only what was certainly never sent is
    /// tried at the next one.
    ///
    /// # Errors
    /// A call that failed here is metered like any other: its receipt is on its way.
    pub async fn dispatch(mut self) -> Result<Dispatched, Metered<Failure>> {
        let offers = std::mem::take(&mut self.offers);
        let mut failure =
            Failure::gateway(Code::Internal, Retry::Never, "no provider is left for this call");
        let stream = self.address.stream;
        for offer in offers {
            let Some(way) = self.way(&offer) else { continue };
            if let Err(other) = self.meter.begin_attempt(&offer, &way) {
                failure = other;
                continue;
            }
            let body = match self.outgoing(&offer, &way) {
                Ok(body) => body,
                Err(unsent) => {
                    self.meter.end_attempt(Outcome::Error);
                    failure = unsent;
                    continue;
                }
            };
            let timeouts = way.provider.timeouts;
            // What is no conversation is taken in whole.
            let flows = stream && way.form.is_none();
            let patience = if flows { timeouts.first_byte } else { timeouts.total };
            let deadline = tokio::time::Instant::now() + patience;
            match self.send(&way, body, patience).await {
                Ok(reply) => {
                    self.meter.head(reply.status().as_u16(), reply.headers());
                    let asks_usage = self.asks_usage();
                    return Ok(Dispatched {
                        voice: self.voice(&way, asks_usage),
                        how: self.how,
                        address: self.address,
                        asked: self.asked,
                        meter: self.meter,
                        way,
                        reply,
                        stream,
                        strip_usage: stream && !asks_usage,
                        trailer: self.trailer,
                        deadline,
                    });
                }
                Err((next, sent)) => {
                    self.meter.end_attempt(Outcome::Error);
                    failure = next;
                    if sent {
                        break;
                    }
                }
            }
        }
        Err(Metered::failed(self.meter, failure))
    }

    fn way(&self, offer: &Offer) -> Option<Way> {
        let of_offer = |way: &&Way| Arc::ptr_eq(&way.provider, &offer.provider);
        self.ways.iter().find(of_offer).cloned()
    }

    /// The body as it goes to the provider of this offer.
    ///
    /// # Errors
    /// Where the limit that the answer has to be kept to, or the name that its provider knows, cannot
    /// be put into it.
    fn outgoing(&self, offer: &Offer, way: &Way) -> Result<Bytes, Failure> {
        let body = self.limited(offer, way).map_err(unbindable)?;
        let model = self.meter.model();
        // What is converted has the name that its provider knows.
        if way.converted.is_some() || model == self.address.model {
            return Ok(body);
        }
        let kind = self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let renamed = match way.form {
            Some((service, form)) => renamed_service(service, form, &body, kind, model),
            None => renamed(way.dialect, &body, model),
        };
        renamed.ok_or_else(|| {
            let words = format!(
                "the model's name cannot be replaced in this body; ask for it by its own: {model}"
            );
            Failure::client(Code::InvalidRequest, words).at("model")
        })
    }

    /// The same under the caller's name of the model.
    fn limited(&self, offer: &Offer, way: &Way) -> Result<Bytes, Unkept> {
        // A service's reply, and a conversation made shorter, have no limit that could be said.
        if way.form.is_some() || self.address.compact {
            let converted = way.converted.as_ref().map(|converted| &converted.body);
            return Ok(converted.unwrap_or(&self.bytes).clone());
        }
        let field = limit_field(&way.provider, self.meter.model());
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

    /// One exchange, up to the head of its reply. The error says whether anything may have been
    /// sent.
    async fn send(
        &self,
        way: &Way,
        body: Bytes,
        patience: Duration,
    ) -> Result<Response<ProviderBody>, (Failure, bool)> {
        let gateway = self.meter.gateway();
        let name = &way.provider.name;
        let errand = Errand {
            provider: &way.provider,
            dialect: way.dialect,
            form: way.form,
            compact: self.address.compact,
            content_type: self.content_type(way),
            model: self.meter.model(),
            stream: self.address.stream,
            // What a caller says beside its words is for those who speak its dialect.
            passed_on: way.converted.is_none().then_some((&self.headers, self.query.as_deref())),
            body,
        };
        let call = gateway.parts.upstream.call(errand, self.meter.sending());
        let reply = tokio::time::timeout(patience, call);
        let answer = tokio::select! {
            answer = reply => answer,
            () = gateway.cutting().cancelled() => return Err((shutting_down(), true)),
        };
        match answer {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(SendError::Unreachable(detail))) => {
                tracing::warn!(provider = name, detail, "a provider could not be reached");
                let words = format!("the provider `{name}` could not be reached; try again later");
                Err((Failure::provider(Code::ProviderUnreachable, Retry::After(1), words), false))
            }
            Ok(Err(SendError::Broken(detail))) => {
                tracing::warn!(provider = name, detail, "a provider closed without a reply");
                let words = format!("the provider `{name}` ended the connection without a reply");
                Err((Failure::provider(Code::ProviderIncomplete, Retry::After(1), words), true))
            }
            Err(_) => {
                tracing::warn!(provider = name, ?patience, "a provider did not answer in time");
                let words = format!("the provider `{name}` did not answer within {patience:?}");
                let sent = self.meter.was_sent();
                Err((Failure::provider(Code::ProviderTimeout, Retry::After(1), words), sent))
            }
        }
    }
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
