//! A reply that comes in pieces, as server-sent events.
//!
//! The first piece is on its way while the summary is still being made, and each piece leaves by
//! itself.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame};
use serde_json::Value;

use super::reply::Reply;
use super::working::Working;

/// How a stream ends that was not broken off.
const DONE: &[u8] = b"data: [DONE]\n\n";

/// The body of a streamed reply.
#[derive(Debug)]
pub(crate) struct Stream {
    reply: Reply,
    events: VecDeque<Bytes>,
    working: Option<Working>,
    /// Whether an event was handed over and not yet sent.
    is_unsent: bool,
}

impl Stream {
    /// The stream of an answer that is being worked out.
    pub(crate) fn new(reply: Reply, working: Working) -> Self {
        let events = VecDeque::from([event(&reply.role())]);
        Self { reply, events, working: Some(working), is_unsent: false }
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.events.is_empty()
            && let Some(working) = &mut self.working
        {
            let answer = ready!(Pin::new(working).poll(context));
            self.working = None;
            match answer {
                Ok(answer) => {
                    self.events.extend(self.reply.chunks(&answer).iter().map(event));
                    self.events.push_back(Bytes::from_static(DONE));
                }
                Err(failure) => self.events.push_back(event(&failure.to_json())),
            }
        }
        Poll::Ready(self.events.pop_front())
    }
}

impl Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        // The connection sends what it has when a body has nothing ready; so that events do not
        // pile up into one write, there is nothing ready after each.
        if self.is_unsent {
            self.is_unsent = false;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let event = ready!(self.poll_event(context));
        self.is_unsent = event.is_some();
        Poll::Ready(event.map(|event| Ok(Frame::data(event))))
    }
}

fn event(value: &Value) -> Bytes {
    Bytes::from(format!("data: {value}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::super::answer::Answer;
    use super::*;
    use http_body_util::BodyExt as _;

    fn answer() -> Answer {
        let text = "One two three four five six seven eight nine.".to_owned();
        Answer { text, is_cut: true, prompt_tokens: 3, completion_tokens: 9 }
    }

    async fn texts(mut stream: Stream) -> Vec<String> {
        let mut all = Vec::new();
        while let Some(Ok(frame)) = stream.frame().await {
            all.push(String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap());
        }
        all
    }

    #[tokio::test]
    async fn events_come_in_order_and_one_by_one() {
        let reply = Reply::new("id".to_owned(), 1, true);
        let events = texts(Stream::new(reply, tokio::spawn(async { answer() }).into())).await;
        assert_eq!(events.len(), 6);
        assert!(events[0].contains(r#""role":"assistant""#), "{}", events[0]);
        assert!(events[1].contains("seven eight "), "{}", events[1]);
        assert!(events[2].contains(r#""content":"nine.""#), "{}", events[2]);
        assert!(events[3].contains(r#""finish_reason":"length""#), "{}", events[3]);
        assert!(events[3].contains(r#""usage":null"#), "{}", events[3]);
        assert!(events[4].contains(r#""choices":[]"#), "{}", events[4]);
        assert!(events[4].contains(r#""total_tokens":12"#), "{}", events[4]);
        assert_eq!(events[5].as_bytes(), DONE);
        assert!(events.iter().all(|event| event.ends_with("}\n\n") || event.as_bytes() == DONE));
    }

    #[tokio::test]
    async fn each_event_is_sent_before_the_next_is_ready() {
        let reply = Reply::new("id".to_owned(), 1, false);
        let mut stream = Stream::new(reply, tokio::spawn(async { answer() }).into());
        let mut context = Context::from_waker(std::task::Waker::noop());
        assert!(Pin::new(&mut stream).poll_frame(&mut context).is_ready());
        assert!(Pin::new(&mut stream).poll_frame(&mut context).is_pending());
        assert_eq!(texts(stream).await.len(), 4);
    }

    #[tokio::test]
    async fn a_summary_that_fails_breaks_the_stream_off() {
        let working = tokio::spawn(std::future::pending::<Answer>());
        working.abort();
        let events =
            texts(Stream::new(Reply::new("id".to_owned(), 1, false), working.into())).await;
        assert_eq!(events.len(), 2);
        assert!(events[1].contains("server_error"), "{}", events[1]);
    }
}
