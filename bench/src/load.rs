//! So many calls over so many connections, every body different.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::task::JoinSet;

use crate::clock::Stopwatch;
use crate::wire::Wire;

/// Bytes of a request's body, about.
const BODY: usize = 1_024;

/// How long one call may take from its first byte to its last.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the last event of a stream that ended well holds: one of chat completions, and one of messages.
const DONE: &[u8] = b"data: [DONE]";
const STOPPED: &[u8] = b"\"type\":\"message_stop\"";

/// Tells every body from every other, over all loads of a run.
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// Whom the load calls.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// `HOST:PORT`.
    pub(crate) address: String,
    /// The bearer key, which a mere proxy does not look at.
    pub(crate) key: String,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Connections that are open at a time, with one call each.
    pub(crate) connections: u64,
    /// Calls in all.
    pub(crate) calls: u64,
    /// The model, by which the mock knows how to behave.
    pub(crate) model: &'static str,
    /// Whether a stream is wanted.
    pub(crate) stream: bool,
    /// Whether callers speak Anthropic's messages, so that every stream is converted. A mere proxy is
    /// asked in the mock's own dialect all the same.
    pub(crate) converted: bool,
    /// Whether a reply may break off.
    pub(crate) may_break: bool,
}

impl Load {
    /// So many calls for whole replies.
    pub(crate) fn whole(connections: u64, calls: u64) -> Self {
        let model = crate::mock::MODEL;
        Self { connections, calls, model, stream: false, converted: false, may_break: false }
    }

    /// So many calls for streams.
    pub(crate) fn streams(connections: u64, calls: u64) -> Self {
        Self { stream: true, ..Self::whole(connections, calls) }
    }
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Replies of status 200 that were seen to their end.
    pub(crate) complete: u64,
    /// Replies of status 200 that broke off.
    pub(crate) broken: u64,
    /// How long each complete one took, in nanoseconds.
    pub(crate) nanos: Vec<u64>,
    /// The most replies that had begun and not ended at a time.
    pub(crate) most_open: u64,
}

/// Replies that have begun and not ended, and the most that there were.
#[derive(Debug, Default)]
struct Open {
    now: AtomicU64,
    most: AtomicU64,
}

/// Makes the calls. Every one has to be answered with status 200, and completely unless it may
/// break.
pub(crate) async fn run(target: &Target, load: Load) -> Result<Tally> {
    let mut wires = Vec::new();
    for _ in 0..load.connections {
        wires.push(open(target).await?);
    }
    let left = Arc::new(AtomicU64::new(load.calls));
    let opened = Arc::new(Open::default());
    let mut callers = JoinSet::new();
    for wire in wires {
        callers.spawn(call(target.clone(), load, wire, Arc::clone(&left), Arc::clone(&opened)));
    }
    let mut all = Tally::default();
    while let Some(done) = callers.join_next().await {
        let tally = done.context("a caller failed")??;
        all.complete += tally.complete;
        all.broken += tally.broken;
        all.nanos.extend(tally.nanos);
    }
    all.most_open = opened.most.load(Ordering::Relaxed);
    let made = all.complete + all.broken;
    ensure!(made == load.calls, "{made} of {} calls were made", load.calls);
    Ok(all)
}

async fn open(target: &Target) -> Result<Wire> {
    Wire::open(&target.address).await.with_context(|| format!("cannot connect: {}", target.address))
}

async fn call(
    target: Target,
    load: Load,
    mut wire: Wire,
    left: Arc<AtomicU64>,
    opened: Arc<Open>,
) -> Result<Tally> {
    let take = |left: u64| left.checked_sub(1);
    let mut tally = Tally::default();
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
        let request = request(&target, load);
        let watch = Stopwatch::start();
        let exchange = exchange(&mut wire, &request, load, &opened);
        let complete = tokio::time::timeout(PATIENCE, exchange)
            .await
            .with_context(|| format!("no reply in {PATIENCE:?}"))??;
        if complete {
            tally.nanos.push(watch.nanos());
            tally.complete += 1;
        } else if load.may_break {
            tally.broken += 1;
            wire = open(&target).await?;
        } else {
            bail!("a reply broke off: {}", String::from_utf8_lossy(wire.tail()));
        }
    }
    Ok(tally)
}

/// Sends a request and reads its reply. Whether it was seen to its end.
async fn exchange(wire: &mut Wire, request: &[u8], load: Load, opened: &Open) -> Result<bool> {
    wire.send(request).await.context("a request could not be sent")?;
    let head = wire.head().await.context("no reply came")?;
    let open = opened.now.fetch_add(1, Ordering::Relaxed) + 1;
    opened.most.fetch_max(open, Ordering::Relaxed);
    let read = wire.body(head).await;
    opened.now.fetch_sub(1, Ordering::Relaxed);
    let tail = wire.tail();
    ensure!(head.status == 200, "answered {}: {}", head.status, String::from_utf8_lossy(tail));
    let end = if load.converted { STOPPED } else { DONE };
    Ok(read.is_ok() && (!load.stream || memchr::memmem::find(tail, end).is_some()))
}

fn request(target: &Target, load: Load) -> Vec<u8> {
    let body = body(load.model, load.stream);
    let path = if load.converted { "/v1/messages" } else { "/v1/chat/completions" };
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        target.address,
        target.key,
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body.as_bytes());
    request
}

fn body(model: &str, stream: bool) -> String {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let mut body = format!(
        r#"{{"model":"{model}","stream":{stream},"max_tokens":200,"messages":[{{"role":"user","content":"m-1-{number} "#
    );
    while body.len() < BODY - 4 {
        body.push_str("weigh this ");
    }
    body.push_str(r#""}]}"#);
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock::{CUT, MODEL, Mock, Pace};

    #[test]
    fn bodies_are_json_of_about_a_kilobyte_and_differ() {
        let (one, other) = (body(MODEL, true), body(MODEL, true));
        assert_ne!(one, other);
        assert!((1_000..1_100).contains(&one.len()), "{}", one.len());
        let read: serde_json::Value = serde_json::from_str(&one).unwrap();
        assert_eq!(read["stream"], true);
    }

    #[tokio::test]
    async fn whole_replies_and_streams_are_complete_and_cut_ones_are_not() {
        let mock = Mock::start().await.unwrap();
        let target = Target { address: mock.address(), key: "k".to_owned() };
        let tally = run(&target, Load::whole(2, 10)).await.unwrap();
        assert_eq!((tally.complete, tally.broken, tally.nanos.len()), (10, 0, 10));
        mock.pace(Pace { gap: Duration::from_millis(2), ..Pace::default() });
        let tally = run(&target, Load::streams(3, 3)).await.unwrap();
        assert_eq!((tally.complete, tally.most_open), (3, 3));
        let cut = Load { model: CUT, may_break: true, ..Load::streams(2, 5) };
        assert_eq!(run(&target, cut).await.unwrap().broken, 5);
        assert!(run(&target, Load { may_break: false, ..cut }).await.is_err());
    }
}
