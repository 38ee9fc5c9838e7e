//! An administrator at work while calls are made: every act is an entry of the log, among receipts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use weighbridge_testkit::http::{self, Request};

/// The wait between two acts.
const PAUSE: Duration = Duration::from_millis(20);

/// One that acts until it is stopped.
#[derive(Debug)]
pub(crate) struct Clerk {
    acting: JoinHandle<()>,
    stop: Arc<AtomicBool>,
}

impl Clerk {
    /// Starts renaming the account, again and again.
    pub(crate) fn start(url: &str, admin_key: &str, account: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let (url, key) = (url.to_owned(), admin_key.to_owned());
        let account = account.to_owned();
        let acting = tokio::spawn(async move {
            let mut number = 0_u64;
            while !stopped.load(Ordering::Relaxed) {
                number += 1;
                // The gateway is killed under it: what comes back does not matter.
                let _ = rename(&url, &key, &account, &format!("crash {number}")).await;
                sleep(PAUSE).await;
            }
        });
        Self { acting, stop }
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        self.acting.await.context("the clerk failed")
    }
}

/// Gives the account another name. Says with which status that was answered.
pub(crate) async fn rename(url: &str, admin_key: &str, account: &str, name: &str) -> Result<u16> {
    let path = format!("/gateway/v1/accounts/{account}");
    let wanted = json!({ "name": name }).to_string();
    let request = Request::new("PATCH", &path).body(wanted).bearer(admin_key);
    Ok(http::call(url, &request).await?.status)
}
