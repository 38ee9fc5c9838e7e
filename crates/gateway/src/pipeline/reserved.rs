//! The intent is committed: now, and not before, a provider may be called.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Response};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;
use weighbridge_core::call::Outcome;
use weighbridge_core::directory::Provider;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_flavor::openai;

use crate::meter::Meter;
use crate::pipeline::{Dispatched, Metered};
use crate::upstream::SendError;

/// The sixth stage: a durable intent, a place for the receipt, and a meter that owes it.
pub struct Reserved {
    pub(crate) meter: Meter,
    pub(crate) candidates: Vec<Arc<Provider>>,
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
        let body = self.peek.outgoing(&self.bytes, None);
        let candidates = std::mem::take(&mut self.candidates);
        let mut failure =
            Failure::gateway(Code::Internal, Retry::Never, "no provider is left for this call");
        for provider in candidates {
            self.meter.begin_attempt(&provider);
            let patience = if self.peek.stream {
                provider.timeouts.first_byte
            } else {
                provider.timeouts.total
            };
            let deadline = tokio::time::Instant::now() + patience;
            match self.send(&provider, body.clone(), patience).await {
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

    /// One exchange, up to the head of its reply. The error says whether anything may have been
    /// sent.
    async fn send(
        &self,
        provider: &Provider,
        body: Bytes,
        patience: Duration,
    ) -> Result<Response<Incoming>, (Failure, bool)> {
        let gateway = self.meter.gateway();
        let name = &provider.name;
        let reply = tokio::time::timeout(
            patience,
            gateway.parts.upstream.chat(provider, &self.headers, body),
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
                Err((Failure::provider(Code::ProviderTimeout, Retry::After(1), words), true))
            }
        }
    }
}

/// What a call that is cut off by the gateway's stop ends in.
pub(crate) fn shutting_down() -> Failure {
    let words = "the gateway stopped before this call was over; try again";
    Failure::gateway(Code::ShuttingDown, Retry::After(2), words)
}
