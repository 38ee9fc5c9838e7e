//! A provider has answered with the head of its reply.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use tokio::time::Instant;
use weighbridge_core::directory::{Match, Provider};
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::id::CallId;
use weighbridge_core::price::Pieces;
use weighbridge_flavor::dialect::Dialect;
use weighbridge_flavor::gemini::Listing;
use weighbridge_flavor::services::{self, Form, Service};
use weighbridge_flavor::{convert, course, json, openai};

use crate::front::words::{self, Voice};
use crate::meter::{End, Meter};
use crate::pipeline::Metered;
use crate::pipeline::received::Address;
use crate::pipeline::reserved::shutting_down;
use crate::pipeline::way::Way;
use crate::relay::following::Following;
use crate::relay::gather::{Begun, Gathered, begin, gather};
use crate::relay::long::{LongReply, Measure};
use crate::relay::stream::{Manner, StreamReply};
use crate::upstream::ProviderBody;

/// The seventh stage: a reply that begins.
pub struct Dispatched {
    pub(crate) meter: Box<Meter>,
    /// How the model was found.
    pub(crate) how: Match,
    pub(crate) way: Way,
    pub(crate) voice: Voice,
    pub(crate) address: Address,
    pub(crate) asked: Option<Box<services::Peek>>,
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
    /// The provider's `content-type`, or that of what it was converted to.
    pub content_type: Option<HeaderValue>,
    /// The provider's `retry-after`, on its own refusals.
    pub retry_after: Option<HeaderValue>,
    /// The receipt's id.
    pub call: CallId,
    /// Who answered.
    pub provider: Arc<Provider>,
    /// The model that answered.
    pub model: String,
    /// How it was found, where it has not the name that was asked for.
    pub how: Option<String>,
    /// What a conversion could not carry of the request.
    pub lossy: Option<String>,
}

/// A reply that is held whole.
#[derive(Debug)]
pub struct WholeReply {
    /// Its head.
    pub head: ReplyHead,
    /// Its body: byte for byte the provider's, or what that was converted to.
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
        if let Some((service, form)) = self.way.form {
            // Apart, so that the future of every other call has no room for it.
            return Box::pin(self.serve(service, form)).await;
        }
        let streams = is_stream(self.way.dialect, self.reply.headers());
        match (self.stream, streams) {
            (true, Some(true) | None) => Ok(self.flow()),
            (false, Some(false) | None) if self.is_chat() => self.take_in().await,
            (false, Some(false) | None) => self.take_whole().await,
            (true, Some(false)) => Err(self.garbage("a stream was asked for and none came")),
            (false, Some(true)) => Err(self.garbage("a stream came that nobody asked for")),
        }
    }

    /// A reply of a service beside conversation: sounds and streams of events that go on as they came
    /// flow, and all else is held whole.
    async fn serve(mut self, service: Service, form: Form) -> Result<Reply, Metered<Failure>> {
        if self.way.converted.is_some() || form != Form::OpenAi {
            return self.take_whole().await;
        }
        let kind = media_type(self.reply.headers());
        if kind.eq_ignore_ascii_case(EVENTS) {
            return Ok(self.flow_events(service));
        }
        // What is no sound is an error in its place, which is read.
        if service != Service::Speech || !may_be_sound(kind) {
            return self.take_whole().await;
        }
        let cutting = self.meter.gateway().cutting().clone();
        let begun = tokio::select! {
            begun = begin(self.reply.body_mut(), self.deadline) => begun,
            () = cutting.cancelled() => return Err(Metered::failed(self.meter, shutting_down())),
        };
        let head = self.head();
        let pieces = self.asked_pieces();
        match begun {
            Ok(Begun::Whole(body)) if body.is_empty() => Err(self.garbage("its sound is empty")),
            Ok(Begun::Whole(body)) => {
                self.meter.pieces_out(&services::Usage::default(), pieces, false);
                self.meter.give_out(&body);
                let whole = WholeReply { head, body };
                Ok(Reply::Whole(Metered::new(self.meter, End::Finished, whole)))
            }
            Ok(Begun::Going(start)) => {
                let idle = self.way.provider.timeouts.idle;
                let over = Instant::now() + self.meter.gateway().parts.limits.stream_time;
                let rest = self.reply.into_body();
                let measure = Measure::Sound { asked: pieces, idle, over };
                let long = LongReply::new(self.meter, start, rest, measure, self.deadline);
                Ok(Reply::Long(head, long))
            }
            Err(failure) => Err(self.lost(failure)),
        }
    }

    fn flow_events(self, service: Service) -> Reply {
        let head = self.head();
        let max_event = self.meter.gateway().parts.limits.reply;
        let items = self.asked.as_ref().map_or(1, |asked| asked.items);
        let stream = Following::service(service, items, self.asked_pieces(), max_event);
        let body = self.reply.into_body();
        let idle = self.way.provider.timeouts.idle;
        // OpenAI's SDKs leave the events of speech to their users, of whom many take each line for JSON.
        let comments = self.trailer && service != Service::Speech;
        let manner = Manner { idle, comments, listing: None };
        Reply::Stream(head, StreamReply::new(self.meter, body, stream, self.voice, manner))
    }

    /// What a service's request says of what is used.
    fn asked_pieces(&self) -> Pieces {
        let asked = self.asked.as_deref();
        Pieces {
            seconds: asked.and_then(|asked| asked.seconds).unwrap_or(0),
            characters: asked.and_then(|asked| asked.characters).unwrap_or(0),
            ..Pieces::default()
        }
    }

    /// Whether it is chat on both sides, which is read no more than it must.
    fn is_chat(&self) -> bool {
        self.way.converted.is_none() && self.way.dialect == Dialect::Chat
    }

    fn flow(self) -> Reply {
        let mut head = self.head();
        let max_event = self.meter.gateway().parts.limits.stream_event;
        let from = self.way.dialect;
        let stream = if self.is_chat() {
            let options = openai::StreamOptions { strip_usage: self.strip_usage, max_event };
            Following::chat(options)
        } else if self.way.converted.is_some() {
            head.content_type = Some(stream_type(self.voice.dialect));
            let to = self.voice.face.clone().map(|face| (self.voice.dialect, face));
            Following::course(course::Way { from, to, strip_usage: false, max_event })
        } else {
            let strip_usage = self.strip_usage;
            Following::course(course::Way { from, to: None, strip_usage, max_event })
        };
        head.content_type.get_or_insert_with(|| stream_type(self.voice.dialect));
        let listing = self.address.listed.then(Box::<Listing>::default);
        if listing.is_some() {
            head.content_type = Some(JSON);
        }
        let manner =
            Manner { idle: self.way.provider.timeouts.idle, comments: self.trailer, listing };
        let body = self.reply.into_body();
        Reply::Stream(head, StreamReply::new(self.meter, body, stream, self.voice, manner))
    }

    /// Takes in a reply that is held whole whatever its length, to read it or to convert it.
    async fn take_whole(mut self) -> Result<Reply, Metered<Failure>> {
        let limits = self.meter.gateway().parts.limits;
        let cutting = self.meter.gateway().cutting().clone();
        let gathered = tokio::select! {
            gathered = gather(self.reply.body_mut(), None, limits.reply, self.deadline) => gathered,
            () = cutting.cancelled() => return Err(Metered::failed(self.meter, shutting_down())),
        };
        match gathered {
            Ok(Gathered::Whole(body)) => match self.in_callers_words(&body) {
                Ok((head, body)) => {
                    self.meter.give_out(&body);
                    let whole = WholeReply { head, body };
                    Ok(Reply::Whole(Metered::new(self.meter, End::Finished, whole)))
                }
                Err(detail) => Err(self.garbage(&detail)),
            },
            Ok(Gathered::Longer(_)) => {
                let detail = format!("it is longer than {} bytes (limits.reply)", limits.reply);
                Err(self.garbage(&detail))
            }
            Err(failure) => Err(self.lost(failure)),
        }
    }

    /// The reply as the caller gets it. What it was metered by is noted.
    fn in_callers_words(&mut self, body: &Bytes) -> Result<(ReplyHead, Bytes), String> {
        if let (Some((service, to)), Some((_, from))) = (self.address.service, self.way.form) {
            return self.in_callers_form(service, (from, to), body);
        }
        let mut head = self.head();
        let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
        let from = self.way.dialect;
        if self.way.converted.is_none() {
            let said = convert::weigh(from, text).map_err(|error| error.to_string())?;
            self.meter.text_out(said.text_bytes, said.usage, true);
            return Ok((head, body.clone()));
        }
        let face = self.voice.face.as_ref().ok_or("it has no face")?;
        let said = convert::reply(from, self.voice.dialect, text, face);
        let said = said.map_err(|error| error.to_string())?;
        self.meter.text_out(said.text_bytes, said.usage, true);
        self.meter.keep(said.kept);
        head.content_type = Some(JSON);
        Ok((head, said.body.into()))
    }

    /// The same for a service beside conversation.
    fn in_callers_form(
        &mut self,
        service: Service,
        (from, to): (Form, Form),
        body: &Bytes,
    ) -> Result<(ReplyHead, Bytes), String> {
        let mut head = self.head();
        let kind = head.content_type.as_ref().and_then(|kind| kind.to_str().ok());
        let (body, usage) = match &self.way.converted {
            None => {
                let usage = services::weigh(service, from, body, kind);
                (body.clone(), usage.map_err(|error| error.to_string())?)
            }
            Some(converted) => {
                let face = services::Face {
                    id: self
                        .meter
                        .call()
                        .to_string()
                        .rsplit('_')
                        .next()
                        .unwrap_or_default()
                        .to_owned(),
                    model: self.address.model.clone(),
                    created: self.meter.began_at().micros().unsigned_abs() / 1_000_000,
                    wants: converted.wants.clone(),
                };
                let replied = services::reply(service, from, to, body, kind, &face);
                let replied = replied.map_err(|error| error.to_string())?;
                head.content_type = HeaderValue::from_str(&replied.content_type).ok();
                (replied.body, replied.usage)
            }
        };
        let pieces = self.asked_pieces();
        let in_tokens = matches!(service, Service::Embed | Service::Rerank);
        self.meter.pieces_out(&usage, pieces, in_tokens);
        Ok((head, body))
    }

    async fn take_in(mut self) -> Result<Reply, Metered<Failure>> {
        let head = self.head();
        let parts = &self.meter.gateway().parts;
        let bounds = json::Bounds { depth: parts.limits.json_depth, capture: CAPTURE };
        let buffer = parts.limits.reply_buffer;
        let mut scan = openai::ReplyScan::new(bounds);
        let cutting = self.meter.gateway().cutting().clone();
        let gathered = tokio::select! {
            gathered = gather(self.reply.body_mut(), Some(&mut scan), buffer, self.deadline) => gathered,
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
                let measure = Measure::Answer(Box::new(scan));
                let start = VecDeque::from([start]);
                let long = LongReply::new(self.meter, start, rest, measure, self.deadline);
                Ok(Reply::Long(head, long))
            }
            Err(failure) => Err(self.lost(failure)),
        }
    }

    fn lost(self, failure: Failure) -> Metered<Failure> {
        let provider = &self.way.provider.name;
        tracing::warn!(provider, words = %failure.words, "a reply failed on its way");
        Metered::failed(self.meter, failure)
    }

    /// The provider answered with something else than 200.
    async fn refused(mut self) -> Result<Reply, Metered<Failure>> {
        let status = self.reply.status();
        let mut head = self.head();
        head.retry_after = self.reply.headers().get(RETRY_AFTER).cloned();
        let limit = self.meter.gateway().parts.limits.provider_error;
        let body = error_body(self.reply.body_mut(), limit, self.deadline).await;
        let name = &self.way.provider.name;
        let text = body.as_deref().and_then(|body| std::str::from_utf8(body).ok());
        let dialect = self.way.dialect;
        let of_key = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => true,
            StatusCode::BAD_REQUEST => text.is_some_and(|text| dialect.refuses_key(text)),
            _ => false,
        };
        let said = text.and_then(|body| dialect.read_failure(body));
        if of_key {
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
        let mut words = format!("the provider `{name}` answered {}", in_words(status));
        tracing::warn!(provider = name, %status, "a provider refused a call");
        let is_error = status.is_client_error() || status.is_server_error();
        let (Some(body), Some(said)) = (body.filter(|_| is_error), said) else {
            let failure = Failure::provider(Code::ProviderError, retry, words);
            return Err(Metered::failed(self.meter, failure));
        };
        let body = if self.way.converted.is_none() {
            // Its own words, in the flavor that the caller speaks: byte for byte.
            body
        } else {
            if status.is_client_error() {
                // What is wrong with the caller's own request.
                words = format!("{words}: {said}");
            }
            // Anthropic's own status, which nobody else knows.
            if status.as_u16() == 529 && self.voice.dialect != Dialect::Messages {
                head.status = StatusCode::SERVICE_UNAVAILABLE;
            }
            head.content_type = Some(JSON);
            let failure = Failure::provider(Code::ProviderError, retry, words.clone());
            words::refusal_as(self.voice.dialect, head.status, &failure)
        };
        let failure = Failure::provider(Code::ProviderError, retry, words);
        self.meter.give_out(&body);
        let whole = WholeReply { head, body };
        Ok(Reply::Whole(Metered::new(self.meter, End::Failed(failure), whole)))
    }

    fn garbage(self, detail: &str) -> Metered<Failure> {
        let provider = &self.way.provider.name;
        tracing::warn!(provider, detail, "a provider's reply is none");
        let words = format!("the provider `{provider}` sent a reply that is none: {detail}");
        let failure = Failure::provider(Code::ProviderGarbage, Retry::After(1), words);
        Metered::failed(self.meter, failure)
    }

    fn lossy(&self) -> Option<String> {
        let losses = &self.way.converted.as_ref()?.losses;
        (!losses.is_empty()).then(|| losses.to_string())
    }

    fn head(&self) -> ReplyHead {
        ReplyHead {
            status: self.reply.status(),
            content_type: self.reply.headers().get(CONTENT_TYPE).cloned(),
            retry_after: None,
            call: self.meter.call(),
            provider: Arc::clone(&self.way.provider),
            model: self.meter.model().to_owned(),
            how: said(self.how),
            lossy: self.lossy(),
        }
    }
}

/// How a model was found that has another name than the one that was asked for.
fn said(how: Match) -> Option<String> {
    match how {
        Match::Exact => None,
        Match::OfProvider => Some("provider".to_owned()),
        Match::Alias => Some("alias".to_owned()),
        Match::Similar(score) => Some(format!("similar;{score}")),
    }
}

/// The longest value of a reply that is kept while scanning it, in bytes.
const CAPTURE: usize = 16 << 10;

/// A status with its name, if it has one.
fn in_words(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(_) => status.to_string(),
        None => status.as_str().to_owned(),
    }
}

/// The media types of streams.
const EVENTS: &[u8] = b"text/event-stream";
const LINES: &[u8] = b"application/x-ndjson";

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The type of a stream in this dialect.
fn stream_type(dialect: Dialect) -> HeaderValue {
    HeaderValue::from_static(if dialect.is_lines() {
        "application/x-ndjson"
    } else {
        "text/event-stream; charset=utf-8"
    })
}

/// Whether the reply says that it is a stream of its dialect; nothing when it does not say.
fn is_stream(dialect: Dialect, headers: &HeaderMap) -> Option<bool> {
    headers.get(CONTENT_TYPE)?;
    let stream = if dialect.is_lines() { LINES } else { EVENTS };
    Some(media_type(headers).eq_ignore_ascii_case(stream))
}

/// The media type that a reply says it is of; empty where it does not say.
fn media_type(headers: &HeaderMap) -> &[u8] {
    let value = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    value.split(|byte| *byte == b';').next().unwrap_or(value).trim_ascii()
}

/// Whether a media type is that of a sound, or of bytes of any kind.
fn may_be_sound(kind: &[u8]) -> bool {
    const SOUND: &[u8] = b"audio/";
    let start = kind.get(..SOUND.len()).unwrap_or_default();
    start.eq_ignore_ascii_case(SOUND) || kind.eq_ignore_ascii_case(b"application/octet-stream")
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
