//! Somebody who asks for the log's checkpoint again and again, and keeps every one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use weighbridge_proof::checkpoint::Checkpoint;
use weighbridge_proof::note::key::VerifierKey;

use super::ledger::{Answer, Ledger};

/// The wait before the next question.
const PAUSE: Duration = Duration::from_millis(4);
/// How long a newer checkpoint may take while calls are made: several times what it should.
const NEWER: Duration = Duration::from_secs(10);

/// One that asks until it is stopped.
#[derive(Debug)]
pub(crate) struct Outsider {
    asking: JoinHandle<Result<Vec<Checkpoint>>>,
    stop: Arc<AtomicBool>,
    seen: watch::Receiver<u64>,
}

impl Outsider {
    /// Starts asking the gateway at `url`, with a key that anybody may have.
    pub(crate) fn start(url: &str, key: &str, verifier: &VerifierKey) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (newest, seen) = watch::channel(0);
        let asker = Asker {
            url: url.to_owned(),
            key: key.to_owned(),
            verifier: verifier.clone(),
            stop: Arc::clone(&stop),
            newest,
        };
        Self { asking: tokio::spawn(asker.run()), stop, seen }
    }

    /// Waits until a checkpoint is seen that is newer than those seen so far.
    pub(crate) async fn newer(&mut self) -> Result<()> {
        self.seen.mark_unchanged();
        let changed = timeout(NEWER, self.seen.changed()).await;
        // Where it has ended, its own words say why.
        let _ = changed.context("calls are made, and there is no newer checkpoint")?;
        Ok(())
    }

    /// Stops asking, and gives back every checkpoint that was seen, in the order of sight.
    pub(crate) async fn stop(self) -> Result<Vec<Checkpoint>> {
        self.stop.store(true, Ordering::Relaxed);
        self.asking.await.context("whoever asked for checkpoints failed")?
    }
}

/// The side that asks.
struct Asker {
    url: String,
    key: String,
    verifier: VerifierKey,
    stop: Arc<AtomicBool>,
    newest: watch::Sender<u64>,
}

impl Asker {
    async fn run(self) -> Result<Vec<Checkpoint>> {
        let mut seen: Vec<Checkpoint> = Vec::new();
        while !self.stop.load(Ordering::Relaxed) {
            // Whoever cannot be reached, or goes in the middle of an answer, was killed.
            if let Ok(mut ledger) = Ledger::open(&self.url, &self.key, &self.verifier).await {
                self.ask(&mut ledger, &mut seen).await?;
            }
            sleep(PAUSE).await;
        }
        Ok(seen)
    }

    /// Asks over one connection for as long as it stands.
    async fn ask(&self, ledger: &mut Ledger, seen: &mut Vec<Checkpoint>) -> Result<()> {
        while !self.stop.load(Ordering::Relaxed) {
            match ledger.checkpoint().await {
                Ok(Answer::Signed(checkpoint)) => {
                    if seen.last() != Some(&checkpoint) {
                        self.newest.send_replace(checkpoint.size);
                        seen.push(checkpoint);
                    }
                }
                Ok(Answer::NotYet) => {}
                Ok(refused @ Answer::Refused(_)) => {
                    refused.signed()?;
                }
                Err(error) if error.downcast_ref::<std::io::Error>().is_some() => return Ok(()),
                Err(error) => return Err(error),
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }
}
