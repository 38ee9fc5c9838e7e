//! A provider has answered with the head of its reply.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use tokio::time::Instant;
use weighbridge_core::directory::Provider;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::id::CallId;
use weighbridge_flavor::{json, openai};

use crate::meter::{End, Meter};
use crate::pipeline::Metered;
use crate::pipeline::reserved::shutting_down;
use crate::relay::following::Following;
use crate::relay::gather::{Gathered, gather};
use crate::relay::long::LongReply;
use crate::relay::stream::StreamReply;
use crate::upstream::ProviderBody;

/// The seventh stage: a reply that begins.
pub struct Dispatched {
    pub(crate) meter: Box<Meter>,
    pub(crate) provider: Arc<Provider>,
    pub(crate) reply: Response<ProviderBody>,
    pub(crate) stream: bool,
    pub(crate) strip_usage: bool,
    pub(crate) trailer: bool,
    pub(crate) deadline: Instant,
}

/// The head of a reply to the caller.
#[derive(Debug, Clone)]
pub struct ReplyHead {
    /// The status.
    pub status: StatusCode,
    /// The provider's `content-type`.
    pub content_type: Option<HeaderValue>,
    /// The provider's `retry-after`, on its own refusals.
    pub retry_after: Option<HeaderValue>,
    /// The receipt's id.
    pub call: CallId,
    /// Who answered.
    pub provider: Arc<Provider>,
    /// The model that answered.
    pub model: String,
}

/// A reply that is held whole.
#[derive(Debug)]
pub struct WholeReply {
    /// Its head.
    pub head: ReplyHead,
    /// Its body, byte for byte the provider's.
    pub body: Bytes,
}

/// A reply that goes on, in one of the ways it can.
pub enum Reply {
    /// Held whole until its receipt is committed.
    Whole(Metered<WholeReply>),
    /// Too long to be held whole: only its end is held.
    Long(ReplyHead, LongReply),
    /// A stream of events: only its terminator is held.
    Stream(ReplyHead, StreamReply),
}

impl Dispatched {
    /// Takes the reply in, or lets it flow.
    ///
    /// # Errors
    /// A reply that is none: the call is metered as failed.
    pub async fn reply(self) -> Result<Reply, Metered<Failure>> {
        let status = self.reply.status();
        if status != StatusCode::OK {
            return self.refused().await;
        }
        let events = is_event_stream(self.reply.headers());
        match (self.stream, events) {
            (true, Some(true) | None) => Ok(self.flow()),
            (false, Some(false) | None) => self.take_in().await,
            (true, Some(false)) => Err(self.garbage("a stream was asked for and none came")),
            (false, Some(true)) => Err(self.garbage("a stream came that nobody asked for")),
        }
    }

    fn flow(self) -> Reply {
        let head = self.head();
        let options = openai::StreamOptions {
            strip_usage: self.strip_usage,
            max_event: self.meter.gateway().parts.limits.stream_event,
        };
        let body = self.reply.into_body();
        let idle = self.provider.timeouts.idle;
        let stream = Following::chat(options);
        Reply::Stream(head, StreamReply::new(self.meter, body, stream, idle, self.trailer))
    }

    async fn take_in(mut self) -> Result<Reply, Metered<Failure>> {
        let head = self.head();
        let parts = &self.meter.gateway().parts;
        let bounds = json::Bounds { depth: parts.limits.json_depth, capture: CAPTURE };
        let buffer = parts.limits.reply_buffer;
        let mut scan = openai::ReplyScan::new(bounds);
        let cutting = self.meter.gateway().cutting().clone();
        let gathered = tokio::select! {
            gathered = gather(self.reply.body_mut(), &mut scan, buffer, self.deadline) => gathered,
            () = cutting.cancelled() => return Err(Metered::failed(self.meter, shutting_down())),
        };
        match gathered {
            Ok(Gathered::Whole(body)) => match scan.finish() {
                Ok(facts) if facts.error.is_some() => {
                    Err(self.garbage("an error stands in the place of the answer"))
                }
                Ok(facts) => {
                    let usage = facts.usage.as_ref().map(openai::Usage::canonical);
                    self.meter.text_out(facts.text_bytes, usage, true);
                    self.meter.give_out(&body);
                    let whole = WholeReply { head, body };
                    Ok(Reply::Whole(Metered::new(self.meter, End::Finished, whole)))
                }
                Err(error) => Err(self.garbage(&error.to_string())),
            },
            Ok(Gathered::Longer(start)) => {
                let rest = self.reply.into_body();
                let long = LongReply::new(self.meter, start, rest, scan, self.deadline);
                Ok(Reply::Long(head, long))
            }
            Err(failure) => {
                let provider = &self.provider.name;
                tracing::warn!(provider, words = %failure.words, "a reply failed on its way");
                Err(Metered::failed(self.meter, failure))
            }
        }
    }

    /// The provider answered with something else than 200.
    async fn refused(mut self) -> Result<Reply, Metered<Failure>> {
        let status = self.reply.status();
        let mut head = self.head();
        head.retry_after = self.reply.headers().get(RETRY_AFTER).cloned();
        let limit = self.meter.gateway().parts.limits.provider_error;
        let body = error_body(self.reply.body_mut(), limit, self.deadline).await;
        let name = &self.provider.name;
        let said = body.as_deref().and_then(openai::read_failure);
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            tracing::error!(provider = name, %status, "a provider refuses the gateway's credential");
            let words = format!(
                "the provider `{name}` refuses this gateway's own credential; whoever runs the \
                 gateway has to mend its api_key"
            );
            let failure = Failure::provider(Code::ProviderCredential, Retry::Never, words);
            return Err(Metered::failed(self.meter, failure));
        }
        let retry = if status.as_u16() == 429 || status.is_server_error() {
            Retry::After(1)
        } else {
            Retry::Never
        };
        let words = format!("the provider `{name}` answered {status}");
        let failure = Failure::provider(Code::ProviderError, retry, words);
        tracing::warn!(provider = name, %status, "a provider refused a call");
        match (body, said) {
            // Its own words, in the flavor that the caller speaks: byte for byte.
            (Some(body), Some(_)) if status.is_client_error() || status.is_server_error() => {
                self.meter.give_out(&body);
                let whole = WholeReply { head, body };
                Ok(Reply::Whole(Metered::new(self.meter, End::Failed(failure), whole)))
            }
            _ => Err(Metered::failed(self.meter, failure)),
        }
    }

    fn garbage(self, detail: &str) -> Metered<Failure> {
        let provider = &self.provider.name;
        tracing::warn!(provider, detail, "a provider's reply is none");
        let words = format!("the provider `{provider}` sent a reply that is none: {detail}");
        let failure = Failure::provider(Code::ProviderGarbage, Retry::After(1), words);
        Metered::failed(self.meter, failure)
    }

    fn head(&self) -> ReplyHead {
        ReplyHead {
            status: self.reply.status(),
            content_type: self.reply.headers().get(CONTENT_TYPE).cloned(),
            retry_after: None,
            call: self.meter.call(),
            provider: Arc::clone(&self.provider),
            model: self.meter.model().to_owned(),
        }
    }
}

/// The longest value of a reply that is kept while scanning it, in bytes.
const CAPTURE: usize = 16 << 10;

/// Whether the reply says that it is a stream of events; nothing when it does not say.
fn is_event_stream(headers: &HeaderMap) -> Option<bool> {
    let value = headers.get(CONTENT_TYPE)?.as_bytes();
    let kind = value.split(|byte| *byte == b';').next().unwrap_or(value);
    Some(kind.trim_ascii().eq_ignore_ascii_case(b"text/event-stream"))
}

/// The body of an error, if it is not too long and comes in time.
async fn error_body(body: &mut ProviderBody, limit: usize, deadline: Instant) -> Option<Bytes> {
    use http_body_util::{BodyExt as _, Limited};
    let read = Limited::new(body, limit).collect();
    match tokio::time::timeout_at(deadline, read).await {
        Ok(Ok(collected)) => Some(collected.to_bytes()),
        _ => None,
    }
}
