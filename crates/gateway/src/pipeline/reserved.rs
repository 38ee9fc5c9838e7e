//! The intent is committed: now, and not before, a provider may be called.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Response};
use tokio::sync::OwnedSemaphorePermit;
use weighbridge_core::call::Outcome;
use weighbridge_core::directory::Provider;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_flavor::openai::{self, LimitField, OutputLimit};
use weighbridge_tokens::Family;

use crate::meter::Meter;
use crate::money::offer::Offer;
use crate::pipeline::{Dispatched, Metered};
use crate::upstream::{ProviderBody, SendError};

/// The sixth stage: a durable intent, a place for the receipt, and a meter that owes it.
pub struct Reserved {
    pub(crate) meter: Box<Meter>,
    pub(crate) offers: Vec<Offer>,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    pub(crate) _memory: OwnedSemaphorePermit,
    pub(crate) peek: openai::ChatPeek,
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
        for offer in offers {
            if let Err(other) = self.meter.begin_attempt(&offer) {
                failure = other;
                continue;
            }
            let body = self.peek.outgoing(&self.bytes, self.limit(&offer));
            let provider = offer.provider;
            let patience = if self.peek.stream {
                provider.timeouts.first_byte
            } else {
                provider.timeouts.total
            };
            let deadline = tokio::time::Instant::now() + patience;
            match self.send(&provider, body, patience).await {
                Ok(reply) => {
                    self.meter.head(reply.status().as_u16(), reply.headers());
                    return Ok(Dispatched {
                        meter: self.meter,
                        provider,
                        reply,
                        stream: self.peek.stream,
                        strip_usage: self.peek.stream && !self.peek.asks_usage,
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

    /// What the answer has to be kept to, by the name that the model's servers read.
    fn limit(&self, offer: &Offer) -> Option<OutputLimit> {
        let tokens = self.meter.output_limit(offer)?;
        let openais_own = offer.provider.is_openais_own()
            || Family::of(&self.peek.model).is_some_and(Family::is_openais_own);
        let field =
            if openais_own { LimitField::MaxCompletionTokens } else { LimitField::MaxTokens };
        Some(OutputLimit { field, tokens })
    }

    /// One exchange, up to the head of its reply. The error says whether anything may have been
    /// sent.
    async fn send(
        &self,
        provider: &Provider,
        body: Bytes,
        patience: Duration,
    ) -> Result<Response<ProviderBody>, (Failure, bool)> {
        let gateway = self.meter.gateway();
        let name = &provider.name;
        let reply = tokio::time::timeout(
            patience,
            gateway.parts.upstream.chat(provider, &self.headers, body, self.meter.sending()),
        );
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

/// What a call that is cut off by the gateway's stop ends in.
pub(crate) fn shutting_down() -> Failure {
    let words = "the gateway stopped before this call was over; try again";
    Failure::gateway(Code::ShuttingDown, Retry::After(2), words)
}
