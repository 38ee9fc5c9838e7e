//! One call, and what its caller saw.

use std::io;
use std::time::Duration;

use weighbridge_core::invariant::ReplySeen;
use weighbridge_proof::Digest;
use weighbridge_testkit::http::{Connection, Request};

use super::comments;
use super::plan::Plan;

/// How long a caller waits for the next byte.
const PATIENCE: Duration = Duration::from_secs(30);
/// How a stream ends well.
const DONE: &[u8] = b"data: [DONE]\n\n";

/// A call that was made.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// What tells it from all others.
    pub(crate) marker: String,
    /// What the caller saw.
    pub(crate) reply: ReplySeen,
    /// The reply's status, if a head came.
    pub(crate) status: Option<u16>,
    /// The code of a refusal.
    pub(crate) code: Option<String>,
    /// Whether nothing came for longer than anybody should wait.
    pub(crate) hung: bool,
}

/// A caller with a connection that it uses again where it can.
#[derive(Debug)]
pub(crate) struct Caller {
    url: String,
    key: String,
    connection: Option<Connection>,
}

impl Caller {
    pub(crate) fn new(url: &str, key: &str) -> Self {
        Self { url: url.to_owned(), key: key.to_owned(), connection: None }
    }

    /// Makes a call. Nothing where no connection stands, so that nothing was sent.
    pub(crate) async fn call(&mut self, plan: &Plan) -> Option<Call> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(&self.url).await.ok()?.patience(PATIENCE),
        };
        let request = Request::post("/v1/chat/completions", plan.body.clone()).bearer(&self.key);
        let mut call = Call {
            marker: plan.marker.clone(),
            reply: ReplySeen {
                call: None,
                complete_ok: false,
                request: Digest::of(plan.body.as_bytes()),
                reply: Digest::of(b""),
            },
            status: None,
            code: None,
            hung: false,
        };
        let ended = exchange(&mut connection, &request, plan, &mut call).await;
        call.hung = ended.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::TimedOut);
        if let Ok(true) = ended {
            self.connection = Some(connection);
        }
        Some(call)
    }
}

/// Whether the connection can be used again.
async fn exchange(
    connection: &mut Connection,
    request: &Request,
    plan: &Plan,
    call: &mut Call,
) -> io::Result<bool> {
    connection.send(request).await?;
    if plan.leaves_after == Some(0) {
        return Ok(false);
    }
    let head = connection.head().await?;
    call.status = Some(head.status);
    call.reply.call = head.header("x-weighbridge-call").map(str::to_owned);
    let mut body = Vec::new();
    let mut pieces = 0;
    let ended = loop {
        match connection.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk.bytes),
            Ok(None) => break Ok(true),
            Err(error) => break Err(error),
        }
        pieces += 1;
        if plan.leaves_after == Some(pieces) {
            break Ok(false);
        }
    };
    let good = (200..300).contains(&head.status);
    if plan.stream && good {
        // What callers act on is the mark, whether or not the connection's own end follows it.
        call.reply.complete_ok = body.ends_with(DONE);
        call.reply.reply = Digest::of(&comments::without(&body));
    } else {
        call.reply.complete_ok = good && matches!(ended, Ok(true));
        call.reply.reply = Digest::of(&body);
        call.code = code(&body);
    }
    ended
}

/// The code in an error's body.
fn code(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(body.get("error")?.get("code")?.as_str()?.to_owned())
}
