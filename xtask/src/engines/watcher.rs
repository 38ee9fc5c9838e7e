//! Somebody who sees how the desk is, as the gateway says it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use weighbridge_testkit::http::{Connection, Request};

use super::site::{DESK, Site};
use crate::stopwatch::Stopwatch;

/// How often it looks.
const TICK: Duration = Duration::from_millis(10);

/// How the desk was from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sight {
    /// Since the load began.
    pub(crate) at: Duration,
    pub(crate) health: String,
    pub(crate) in_flight: u64,
}

/// See the module's words.
#[derive(Debug)]
pub(crate) struct Watcher {
    shared: Arc<Shared>,
    task: JoinHandle<Result<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    /// One for each time that something had changed.
    sights: Mutex<Vec<Sight>>,
}

impl Watcher {
    /// Begins to look.
    pub(crate) fn start(site: &Site, clock: Stopwatch) -> Self {
        let shared = Arc::<Shared>::default();
        let (url, key) = (site.url().to_owned(), site.admin_key().to_owned());
        let task = tokio::spawn(watch(url, key, clock, Arc::clone(&shared)));
        Self { shared, task }
    }

    /// Waits until the desk is seen to be as is wanted; not for longer than `patience`.
    pub(crate) async fn until(
        &self,
        patience: Duration,
        wanted: impl Fn(&Sight) -> bool,
    ) -> Result<()> {
        let watch = Stopwatch::start();
        loop {
            let last = self.shared.sights().last().cloned();
            if last.as_ref().is_some_and(&wanted) {
                return Ok(());
            }
            ensure!(!self.task.is_finished(), "the providers cannot be looked at any more");
            ensure!(watch.elapsed() < patience, "after {patience:?} there is {last:?}");
            sleep(TICK).await;
        }
    }

    /// Looks no more, and says what it saw.
    pub(crate) async fn stop(self) -> Result<Vec<Sight>> {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.task.await.context("the watcher failed")??;
        Ok(self.shared.sights().clone())
    }
}

impl Shared {
    fn sights(&self) -> MutexGuard<'_, Vec<Sight>> {
        self.sights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, sight: Sight) {
        let mut sights = self.sights();
        let said = |it: &Sight| (it.health.clone(), it.in_flight);
        if sights.last().map(said) != Some(said(&sight)) {
            sights.push(sight);
        }
    }
}

async fn watch(url: String, key: String, clock: Stopwatch, shared: Arc<Shared>) -> Result<()> {
    let mut connection = Connection::open(&url).await?;
    let request = Request::get("/gateway/v1/providers").bearer(&key);
    while !shared.stop.load(Ordering::Relaxed) {
        let reply = connection.exchange(&request).await.context("the list of providers")?;
        ensure!(reply.status == 200, "providers: {} {}", reply.status, reply.text());
        shared.note(sight(&reply.json(), clock.elapsed()).context("a list without the desk")?);
        sleep(TICK).await;
    }
    Ok(())
}

fn sight(list: &Value, at: Duration) -> Option<Sight> {
    let items = list.get("items")?.as_array()?;
    let desk = items.iter().find(|it| it.get("name").is_some_and(|name| name == DESK))?;
    let health = desk.get("health")?.as_str()?.to_owned();
    Some(Sight { at, health, in_flight: desk.get("in_flight")?.as_u64()? })
}
