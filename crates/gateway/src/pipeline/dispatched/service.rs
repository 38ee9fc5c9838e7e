//! Replies of services beside conversation.

use bytes::Bytes;
use http::HeaderValue;
use tokio::time::Instant;
use weighbridge_core::price::Pieces;
use weighbridge_flavor::services::{self, Form, Service};

use super::{Dispatched, EVENTS, Reply, ReplyHead, Unanswered, WholeReply, media_type};
use crate::relay::following::Following;
use crate::relay::gather::{Begun, begin};
use crate::relay::long::Measure;
use crate::relay::stream::{Manner, StreamReply};

impl Dispatched {
    /// A reply of a service beside conversation: sounds and streams of events that go on as they came
    /// flow, and all else is held whole.
    pub(super) async fn serve(mut self, service: Service, form: Form) -> Result<Reply, Unanswered> {
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
        let cutting = self.call.meter.gateway().cutting().clone();
        let begun = tokio::select! {
            begun = begin(self.reply.body_mut(), self.deadline) => begun,
            () = cutting.cancelled() => return Err(self.cut_off()),
        };
        let head = self.head();
        let pieces = self.asked_pieces();
        match begun {
            Ok(Begun::Whole(body)) if body.is_empty() => Err(self.garbage("its sound is empty")),
            Ok(Begun::Whole(body)) => {
                self.call.meter.pieces_out(&services::Usage::default(), pieces, false);
                self.call.meter.give_out(&body);
                let whole = WholeReply { head, body };
                Ok(self.whole(whole))
            }
            Ok(Begun::Going(start)) => {
                let idle = self.way.provider.timeouts.idle;
                let over = Instant::now() + self.call.meter.gateway().parts.limits.stream_time;
                Ok(self.long(head, start, Measure::Sound { asked: pieces, idle, over }))
            }
            Err(failure) => Err(self.lost(failure)),
        }
    }

    fn flow_events(self, service: Service) -> Reply {
        let head = self.head();
        let max_event = self.call.meter.gateway().parts.limits.reply;
        let items = self.call.asked.as_ref().map_or(1, |asked| asked.items);
        let stream = Following::service(service, items, self.asked_pieces(), max_event);
        let body = self.reply.into_body();
        let idle = self.way.provider.timeouts.idle;
        // OpenAI's SDKs leave the events of speech to their users, of whom many take each line for JSON.
        let comments = self.call.trailer && service != Service::Speech;
        let manner = Manner { idle, comments, listing: None };
        Reply::Stream(head, StreamReply::new(self.call.meter, body, stream, self.voice, manner))
    }

    /// What a service's request says of what is used.
    fn asked_pieces(&self) -> Pieces {
        let asked = self.call.asked.as_deref();
        Pieces {
            seconds: asked.and_then(|asked| asked.seconds).unwrap_or(0),
            characters: asked.and_then(|asked| asked.characters).unwrap_or(0),
            ..Pieces::default()
        }
    }

    /// The same for a service beside conversation.
    pub(super) fn in_callers_form(
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
                        .call
                        .meter
                        .call()
                        .to_string()
                        .rsplit('_')
                        .next()
                        .unwrap_or_default()
                        .to_owned(),
                    model: self.call.address.model.clone(),
                    created: self.call.meter.began_at().micros().unsigned_abs() / 1_000_000,
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
        self.call.meter.pieces_out(&usage, pieces, in_tokens);
        Ok((head, body))
    }
}

/// Whether a media type is that of a sound, or of bytes of any kind.
fn may_be_sound(kind: &[u8]) -> bool {
    const SOUND: &[u8] = b"audio/";
    let start = kind.get(..SOUND.len()).unwrap_or_default();
    start.eq_ignore_ascii_case(SOUND) || kind.eq_ignore_ascii_case(b"application/octet-stream")
}
