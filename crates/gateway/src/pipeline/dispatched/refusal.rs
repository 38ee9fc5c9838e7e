//! Replies that are refusals.

use bytes::Bytes;
use http::StatusCode;
use http::header::RETRY_AFTER;
use tokio::time::Instant;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::routing::Went;
use weighbridge_flavor::dialect::Dialect;

use super::{Dispatched, JSON, Reply, Unanswered, WholeReply};
use crate::front::words;
use crate::meter::End;
use crate::pipeline::Metered;
use crate::pipeline::decision::refuses_us;
use crate::pipeline::trouble::{Lesson, Trouble};
use crate::upstream::ProviderBody;

impl Dispatched {
    /// The provider answered with something else than 200.
    pub(super) async fn refused(mut self) -> Result<Reply, Unanswered> {
        let status = self.reply.status();
        let now = self.call.meter.gateway().parts.clock.now().wall;
        let mut lesson = Lesson::of(status, self.reply.headers(), now);
        let name = &self.way.provider.name;
        tracing::warn!(provider = name, %status, "a provider refused a call");
        let mut words = format!("the provider `{name}` answered {}", in_words(status));
        // Whoever can be asked next need not wait for this one's words.
        if lesson.elsewhere && self.call.has_another() {
            self.cry_out(status, lesson);
            let failure = Failure::provider(Code::ProviderError, Retry::After(1), words);
            return Err(self.unanswered(Trouble { failure, lesson }));
        }
        let mut head = self.head();
        head.retry_after = self.reply.headers().get(RETRY_AFTER).cloned();
        let limit = self.call.meter.gateway().parts.limits.provider_error;
        let cutting = self.call.meter.gateway().cutting().clone();
        let body = tokio::select! {
            body = error_body(self.reply.body_mut(), limit, self.deadline) => body,
            () = cutting.cancelled() => return Err(self.cut_off()),
        };
        let text = body.as_deref().and_then(|body| std::str::from_utf8(body).ok());
        let dialect = self.way.dialect;
        let of_key = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => true,
            StatusCode::BAD_REQUEST => text.is_some_and(|text| dialect.refuses_key(text)),
            _ => false,
        };
        let said = text.and_then(|body| dialect.read_failure(body));
        if of_key {
            if status == StatusCode::BAD_REQUEST {
                lesson = Lesson::REFUSED;
            }
            self.cry_out(status, Lesson::REFUSED);
            let failure = refuses_us(&self.way.provider.name);
            return Err(self.unanswered(Trouble { failure, lesson }));
        }
        let retry = if status.as_u16() == 429 || status.is_server_error() {
            Retry::After(1)
        } else {
            Retry::Never
        };
        let is_error = status.is_client_error() || status.is_server_error();
        let (Some(body), Some(said)) = (body.filter(|_| is_error), said) else {
            let failure = Failure::provider(Code::ProviderError, retry, words);
            return Err(self.unanswered(Trouble { failure, lesson }));
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
        self.call.meter.judge(lesson.went);
        self.call.meter.give_out(&body);
        let whole = WholeReply { head, body };
        Ok(Reply::Whole(Metered::new(self.call.meter, End::Failed(failure), whole)))
    }

    /// A credential that is refused is for somebody to mend.
    fn cry_out(&self, status: StatusCode, lesson: Lesson) {
        if lesson.went == Went::Refused {
            let provider = &self.way.provider.name;
            tracing::error!(
                provider,
                %status,
                "a provider refuses the gateway's credential: mend its api_key"
            );
        }
    }
}

/// A status with its name, if it has one.
fn in_words(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(_) => status.to_string(),
        None => status.as_str().to_owned(),
    }
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
