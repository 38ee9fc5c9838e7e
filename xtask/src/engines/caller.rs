//! One call, and what its caller saw.

use std::io;
use std::time::Duration;

use weighbridge_testkit::http::{Connection, Request};

use super::answer::{self, End, Tokens};
use super::model;
use crate::stopwatch::Stopwatch;

/// How long a caller waits for the next byte: far longer than it should have to.
const PATIENCE: Duration = Duration::from_secs(30);

/// A call that was made. Times are since the load began.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// What tells it from all others.
    pub(crate) number: u64,
    /// Whether a stream was asked for.
    pub(crate) stream: bool,
    /// How long the answer may be, in tokens.
    pub(crate) limit: u64,
    /// When it was sent.
    pub(crate) began: Duration,
    /// When the reply's head came.
    pub(crate) head: Option<Duration>,
    /// When it was over.
    pub(crate) ended: Duration,
    /// The longest time in which nothing came.
    pub(crate) silence: Duration,
    /// The reply's status.
    pub(crate) status: Option<u16>,
    /// The receipt that the head names.
    pub(crate) receipt: Option<String>,
    /// How the reply ended.
    pub(crate) end: End,
    /// What it says of its tokens.
    pub(crate) tokens: Option<Tokens>,
}

/// A caller with a connection that it uses again where it can.
#[derive(Debug)]
pub(crate) struct Caller {
    url: String,
    key: String,
    clock: Stopwatch,
    connection: Option<Connection>,
}

impl Caller {
    pub(crate) fn new(url: &str, key: &str, clock: Stopwatch) -> Self {
        Self { url: url.to_owned(), key: key.to_owned(), clock, connection: None }
    }

    /// Makes a call and waits for its end.
    pub(crate) async fn call(&mut self, number: u64, stream: bool, limit: u64) -> Call {
        let began = self.clock.elapsed();
        let mut call = Call {
            number,
            stream,
            limit,
            began,
            head: None,
            ended: began,
            silence: Duration::ZERO,
            status: None,
            receipt: None,
            end: End::Wrong("no reply came".to_owned()),
            tokens: None,
        };
        if let Err(error) = self.exchange(&mut call).await {
            call.end = End::Wrong(format!("the connection broke: {error}"));
        }
        call.ended = self.clock.elapsed();
        call
    }

    async fn exchange(&mut self, call: &mut Call) -> io::Result<()> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(&self.url).await?.patience(PATIENCE),
        };
        let usage = if call.stream { r#""stream_options":{"include_usage":true},"# } else { "" };
        let body = format!(
            r#"{{"model":"{}","stream":{},{usage}"max_tokens":{},"messages":[{{"role":"user","content":"call {}"}}]}}"#,
            model::NAME,
            call.stream,
            call.limit,
            call.number
        );
        let request = Request::post("/v1/chat/completions", body).bearer(&self.key);
        let mut last = self.clock.elapsed();
        connection.send(&request).await?;
        let head = connection.head().await;
        self.heard(&mut last, call);
        let head = head?;
        call.head = Some(last);
        call.status = Some(head.status);
        call.receipt = head.header("x-weighbridge-call").map(str::to_owned);
        let mut body = Vec::new();
        loop {
            let chunk = connection.chunk().await;
            self.heard(&mut last, call);
            let Some(chunk) = chunk? else { break };
            body.extend_from_slice(&chunk.bytes);
        }
        (call.end, call.tokens) = match head.status {
            200 if call.stream => answer::stream(&body),
            200 => answer::whole(&body),
            status => {
                let words = String::from_utf8_lossy(&body);
                (End::Wrong(format!("status {status}: {words}")), None)
            }
        };
        self.connection = Some(connection);
        Ok(())
    }

    fn heard(&self, last: &mut Duration, call: &mut Call) {
        let now = self.clock.elapsed();
        call.silence = call.silence.max(now.saturating_sub(*last));
        *last = now;
    }
}
