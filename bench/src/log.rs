//! The signed log, where the gateway has one: waiting until it holds what was recorded before.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use serde_json::Value;

use crate::clock::Stopwatch;
use crate::progress;
use crate::stand::Stand;

/// How long the log may take to number what it finds at a start.
const PATIENCE: Duration = Duration::from_secs(600);
/// How often it is asked.
const TICK: Duration = Duration::from_secs(1);
/// Every how manieth time something is said.
const SAY: u64 = 10;

/// Where the log's head is, by what the path begins with.
const HEADS: [&str; 2] = ["/ledger/checkpoint", "/gateway/v1/ledger/checkpoint"];

/// Waits until the newest receipt has its place in the log, and says what there was to wait for.
pub(crate) async fn settle(stand: &Stand) -> Result<String> {
    let watch = Stopwatch::start();
    let mut connection = stand.connect().await?;
    let mut asked: u64 = 0;
    loop {
        let reply = connection.exchange(&stand.get("/gateway/v1/receipts?limit=1")).await?;
        ensure!(reply.status == 200, "GET receipts answers {}: {}", reply.status, reply.text());
        let page = reply.json();
        let newest = &page["items"][0];
        match newest["leaf_index"].as_u64() {
            _ if *newest == Value::Null => return Ok("empty".to_owned()),
            Some(index) => {
                let waited = watch.elapsed().as_secs();
                return Ok(format!("{} leaves, after {waited} s", index.saturating_add(1)));
            }
            None if asked == 0 && !has_log(stand).await? => {
                return Ok("not in this build".to_owned());
            }
            None => {}
        }
        if watch.elapsed() > PATIENCE {
            bail!("the newest receipt has no place in the log after {PATIENCE:?}");
        }
        if asked.is_multiple_of(SAY) {
            let seconds = watch.elapsed().as_secs();
            progress::note(format_args!(
                "waiting for the log to number what it found: {seconds} s"
            ));
        }
        asked += 1;
        tokio::time::sleep(TICK).await;
    }
}

async fn has_log(stand: &Stand) -> Result<bool> {
    for path in HEADS {
        let reply = stand.connect().await?.exchange(&stand.get(path)).await?;
        if reply.status != 404 {
            return Ok(true);
        }
    }
    Ok(false)
}
