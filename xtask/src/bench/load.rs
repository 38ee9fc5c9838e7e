//! So many calls over so many connections, every body different.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use weighbridge_testkit::http::{Connection, Request};

use super::stand::{MODEL, Stand};

/// Bytes of a request's body, about.
const BODY: usize = 1_024;

/// Tells every body from every other, over all loads of a run.
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// Makes `calls` calls over `connections` connections that stay open. Every one has to succeed.
pub(crate) async fn run(stand: &Stand, connections: u64, calls: u64) -> Result<()> {
    let left = Arc::new(AtomicU64::new(calls));
    let mut callers = JoinSet::new();
    for _ in 0..connections {
        let (url, key) = (stand.gateway.url().to_owned(), stand.key.clone());
        callers.spawn(call(url, key, Arc::clone(&left)));
    }
    let mut made = 0;
    while let Some(done) = callers.join_next().await {
        made += done.context("a caller failed")??;
    }
    ensure!(made == calls, "{made} of {calls} calls were made");
    // What the provider remembers of them is not needed.
    drop(stand.provider.take());
    Ok(())
}

async fn call(url: String, key: String, left: Arc<AtomicU64>) -> Result<u64> {
    let mut connection = Connection::open(&url).await?;
    let take = |left: u64| left.checked_sub(1);
    let mut made = 0;
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
        let request = Request::post("/v1/chat/completions", body()).bearer(&key);
        let reply = connection.exchange(&request).await?;
        ensure!(reply.status == 200, "answered {}: {}", reply.status, reply.text());
        made += 1;
    }
    Ok(made)
}

fn body() -> String {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let mut body = format!(
        r#"{{"model":"{MODEL}","max_tokens":200,"messages":[{{"role":"user","content":"m-1-{number} "#
    );
    while body.len() < BODY - 4 {
        body.push_str("weigh this ");
    }
    body.push_str(r#""}]}"#);
    body
}
