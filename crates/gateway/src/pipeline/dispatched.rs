//! A provider has answered with the head of its reply.

mod refusal;
mod service;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use tokio::time::Instant;
use weighbridge_core::directory::{Match, Provider};
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::id::CallId;
use weighbridge_core::routing::Policy;
use weighbridge_flavor::dialect::Dialect;
use weighbridge_flavor::gemini::Listing;
use weighbridge_flavor::{convert, course, json, openai};

use crate::front::words::Voice;
use crate::meter::End;
use crate::pipeline::reserved::shutting_down;
use crate::pipeline::trouble::{Lesson, Trouble};
use crate::pipeline::way::Way;
use crate::pipeline::{Metered, Reserved};
use crate::relay::following::Following;
use crate::relay::gather::{Gathered, gather};
use crate::relay::long::{LongReply, Measure};
use crate::relay::stream::{Manner, StreamReply};
use crate::upstream::ProviderBody;

/// The seventh stage: a reply that begins.
pub struct Dispatched {
    /// What another provider would be asked with.
    pub(crate) call: Box<Reserved>,
    pub(crate) way: Way,
    pub(crate) voice: Voice,
    pub(crate) reply: Response<ProviderBody>,
    pub(crate) strip_usage: bool,
    pub(crate) deadline: Instant,
}

/// A reply that came to nothing.
pub enum Unanswered {
    /// Nothing of it went out, and somebody else may be asked.
    Again(Box<Reserved>),
    /// The call is over.
    Over(Metered<Failure>),
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
    /// By which policy that was decided.
    pub policy: Policy,
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
    /// A reply that is none: where nothing of it has gone out, somebody else may be asked; else the call
    /// is metered as failed.
    pub async fn reply(self) -> Result<Reply, Unanswered> {
        let status = self.reply.status();
        if status != StatusCode::OK {
            // Apart, like all that is rare: the future of every other call has no room for it.
            return Box::pin(self.refused()).await;
        }
        if let Some((service, form)) = self.way.form {
            return Box::pin(self.serve(service, form)).await;
        }
        let streams = is_stream(self.way.dialect, self.reply.headers());
        match (self.call.address.stream, streams) {
            (true, Some(true) | None) => self.flow().await,
            (false, Some(false) | None) if self.is_chat() => self.take_in().await,
            (false, Some(false) | None) => Box::pin(self.take_whole()).await,
            (true, Some(false)) => Err(self.garbage("a stream was asked for and none came")),
            (false, Some(true)) => Err(self.garbage("a stream came that nobody asked for")),
        }
    }

    /// Whether it is chat on both sides, which is read no more than it must.
    fn is_chat(&self) -> bool {
        self.way.converted.is_none() && self.way.dialect == Dialect::Chat
    }

    /// Lets a stream flow, once there is something of it. One that breaks off before that can still be
    /// had elsewhere.
    async fn flow(mut self) -> Result<Reply, Unanswered> {
        let cutting = self.call.meter.gateway().cutting().clone();
        let ping = self.call.meter.gateway().parts.limits.ping;
        let begun = tokio::select! {
            begun = self.reply.body_mut().wait_for_first(ping) => begun,
            () = cutting.cancelled() => return Err(self.cut_off()),
        };
        match begun {
            Ok(()) => Ok(self.flowing()),
            Err(failure) => Err(self.lost(failure)),
        }
    }

    fn flowing(self) -> Reply {
        let mut head = self.head();
        let is_chat = self.is_chat();
        let Self { call, way, voice, reply, strip_usage, .. } = self;
        let Reserved { meter, address, trailer, .. } = *call;
        let max_event = meter.gateway().parts.limits.stream_event;
        let from = way.dialect;
        let stream = if is_chat {
            let options = openai::StreamOptions { strip_usage, max_event };
            Following::chat(options)
        } else if way.converted.is_some() {
            head.content_type = Some(stream_type(voice.dialect));
            let to = voice.face.clone().map(|face| (voice.dialect, face));
            Following::course(course::Way { from, to, strip_usage: false, max_event })
        } else {
            Following::course(course::Way { from, to: None, strip_usage, max_event })
        };
        head.content_type.get_or_insert_with(|| stream_type(voice.dialect));
        let listing = address.listed.then(Box::<Listing>::default);
        if listing.is_some() {
            head.content_type = Some(JSON);
        }
        let manner = Manner { idle: way.provider.timeouts.idle, comments: trailer, listing };
        Reply::Stream(head, StreamReply::new(meter, reply.into_body(), stream, voice, manner))
    }

    /// Takes in a reply that is held whole whatever its length, to read it or to convert it.
    async fn take_whole(mut self) -> Result<Reply, Unanswered> {
        let limits = self.call.meter.gateway().parts.limits;
        let cutting = self.call.meter.gateway().cutting().clone();
        let gathered = tokio::select! {
            gathered = gather(self.reply.body_mut(), None, limits.reply, self.deadline) => gathered,
            () = cutting.cancelled() => return Err(self.cut_off()),
        };
        match gathered {
            Ok(Gathered::Whole(body)) => match self.in_callers_words(&body) {
                Ok((head, body)) => {
                    self.call.meter.give_out(&body);
                    let whole = WholeReply { head, body };
                    Ok(self.whole(whole))
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
        if let (Some((service, to)), Some((_, from))) = (self.call.address.service, self.way.form) {
            return self.in_callers_form(service, (from, to), body);
        }
        let mut head = self.head();
        let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
        let from = self.way.dialect;
        if self.way.converted.is_none() {
            let said = convert::weigh(from, text).map_err(|error| error.to_string())?;
            self.call.meter.text_out(said.text_bytes, said.usage, true);
            return Ok((head, body.clone()));
        }
        let face = self.voice.face.as_ref().ok_or("it has no face")?;
        let said = convert::reply(from, self.voice.dialect, text, face);
        let said = said.map_err(|error| error.to_string())?;
        self.call.meter.text_out(said.text_bytes, said.usage, true);
        self.call.meter.keep(said.kept);
        head.content_type = Some(JSON);
        Ok((head, said.body.into()))
    }

    async fn take_in(mut self) -> Result<Reply, Unanswered> {
        let head = self.head();
        let parts = &self.call.meter.gateway().parts;
        let bounds = json::Bounds { depth: parts.limits.json_depth, capture: CAPTURE };
        let buffer = parts.limits.reply_buffer;
        let mut scan = openai::ReplyScan::new(bounds);
        let cutting = self.call.meter.gateway().cutting().clone();
        let gathered = tokio::select! {
            gathered = gather(self.reply.body_mut(), Some(&mut scan), buffer, self.deadline) => gathered,
            () = cutting.cancelled() => return Err(self.cut_off()),
        };
        match gathered {
            Ok(Gathered::Whole(body)) => match scan.finish() {
                Ok(facts) if facts.error.is_some() => {
                    Err(self.garbage("an error stands in the place of the answer"))
                }
                Ok(facts) => {
                    let usage = facts.usage.as_ref().map(openai::Usage::canonical);
                    self.call.meter.text_out(facts.text_bytes, usage, true);
                    self.call.meter.give_out(&body);
                    let whole = WholeReply { head, body };
                    Ok(self.whole(whole))
                }
                Err(error) => Err(self.garbage(&error.to_string())),
            },
            Ok(Gathered::Longer(start)) => {
                let measure = Measure::Answer(Box::new(scan));
                Ok(self.long(head, VecDeque::from([start]), measure))
            }
            Err(failure) => Err(self.lost(failure)),
        }
    }

    fn whole(self, whole: WholeReply) -> Reply {
        Reply::Whole(Metered::new(self.call.meter, End::Finished, whole))
    }

    fn long(self, head: ReplyHead, start: VecDeque<Bytes>, measure: Measure) -> Reply {
        let Self { call, reply, deadline, .. } = self;
        Reply::Long(head, LongReply::new(call.meter, start, reply.into_body(), measure, deadline))
    }

    /// It failed on its way.
    fn lost(self, failure: Failure) -> Unanswered {
        let provider = &self.way.provider.name;
        tracing::warn!(provider, words = %failure.words, "a reply failed on its way");
        self.unanswered(Trouble { failure, lesson: Lesson::BAD })
    }

    /// The gateway ends.
    fn cut_off(self) -> Unanswered {
        self.unanswered(Trouble { failure: shutting_down(), lesson: Lesson::OVER })
    }

    /// Nothing of the reply has gone out: somebody else is asked, or the call is over.
    fn unanswered(self, trouble: Trouble) -> Unanswered {
        let mut call = self.call;
        match call.gave_up(trouble) {
            None => Unanswered::Again(call),
            Some(failure) => Unanswered::Over(Metered::failed(call.meter, failure)),
        }
    }

    /// It is no reply.
    fn garbage(self, detail: &str) -> Unanswered {
        let provider = &self.way.provider.name;
        tracing::warn!(provider, detail, "a provider's reply is none");
        let words = format!("the provider `{provider}` sent a reply that is none: {detail}");
        let failure = Failure::provider(Code::ProviderGarbage, Retry::After(1), words);
        self.unanswered(Trouble { failure, lesson: Lesson::BAD })
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
            call: self.call.meter.call(),
            provider: Arc::clone(&self.way.provider),
            model: self.way.model.to_string(),
            how: said(self.call.meter.decision().how),
            policy: self.call.meter.decision().choice.policy,
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
