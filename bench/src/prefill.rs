//! A log that is as long as after months, written in bulk through the store's own API.

mod maker;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use weighbridge_core::clock::Clock as _;
use weighbridge_store::{Options, Store};

use crate::clock::{Stopwatch, SystemClock, SystemEntropy};
use crate::{figures, machine, progress};
use maker::Maker;

/// Calls in flight at a time: so many that every commit is as large as commits get.
const IN_FLIGHT: usize = 4_096;
/// How many receipts are remembered by name, for proofs.
const NAMED: u64 = 1_000;
/// How often progress is said.
const TICK: Duration = Duration::from_secs(5);
/// Beside the data directory, written when all is there.
const MARKER: &str = "prefilled.json";

/// A data directory with receipts in it.
#[derive(Debug, Clone)]
pub(crate) struct Prefilled {
    /// The data directory.
    pub(crate) data: PathBuf,
    /// Receipts that are in it: at least as many as were wanted, for every run adds its own.
    pub(crate) receipts: u64,
    /// Some of them, from the oldest to the newest.
    pub(crate) ids: Vec<String>,
}

/// Finds the directory of an earlier run, finishes one that was not finished, or makes one.
pub(crate) async fn prefill(wanted: u64) -> Result<Prefilled> {
    let folder = machine::folder().join(format!("prefill-{wanted}"));
    let (data, marker) = (folder.join("data"), folder.join(MARKER));
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let store = open(&data)?;
    let there = count(&store).await?;
    let shown = machine::shown(&data);
    let known = named(&marker);
    if there >= wanted
        && let Some(ids) = known
    {
        progress::note(format_args!("{} receipts are in {shown}", figures::count(there)));
        store.close().await;
        return Ok(Prefilled { data, receipts: there, ids });
    }
    progress::note(format_args!(
        "writing {} receipts into {shown}, which is kept for later runs",
        figures::count(wanted.saturating_sub(there))
    ));
    let ids = fill(&store, there, wanted).await?;
    let receipts = count(&store).await?;
    store.close().await;
    ensure!(receipts >= wanted, "{receipts} of {wanted} receipts are there");
    let done = json!({ "receipts": wanted, "ids": ids });
    std::fs::write(&marker, done.to_string()).with_context(|| marker.display().to_string())?;
    Ok(Prefilled { data, receipts, ids })
}

fn open(data: &Path) -> Result<Store> {
    let options = Options { calls: IN_FLIGHT, ..Options::default() };
    let fatal = |reason| progress::note(format_args!("the store has failed: {reason}"));
    let opened = Store::open(data, options, None, &SystemClock::start(), &SystemEntropy, fatal);
    let words = || format!("{} cannot be used; remove it, or free it", machine::shown(data));
    Ok(opened.with_context(words)?.store)
}

/// How many receipts there are: none is ever deleted, so the newest one's number says it.
async fn count(store: &Store) -> Result<u64> {
    let page = store.receipts(None, 1, None).await?;
    let newest = page.next.map(|cursor| cursor.parse().context("the number of a receipt"));
    newest.unwrap_or_else(|| u64::try_from(page.items.len()).context("a page's length"))
}

fn named(marker: &Path) -> Option<Vec<String>> {
    let read: Value = serde_json::from_str(&std::fs::read_to_string(marker).ok()?).ok()?;
    let ids = read["ids"].as_array()?.iter();
    Some(ids.filter_map(|id| id.as_str().map(str::to_owned)).collect())
}

/// What the writers share.
struct Shared {
    store: Store,
    maker: Maker,
    next: AtomicU64,
    done: AtomicU64,
    wanted: u64,
    ids: Mutex<Vec<String>>,
}

async fn fill(store: &Store, from: u64, wanted: u64) -> Result<Vec<String>> {
    let watch = Stopwatch::start();
    let now = SystemClock::start().now().wall;
    let shared = Arc::new(Shared {
        maker: Maker::new(store, wanted, now).await?,
        store: store.clone(),
        next: AtomicU64::new(from),
        done: AtomicU64::new(0),
        wanted,
        ids: Mutex::default(),
    });
    let mut writers = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        writers.spawn(write(Arc::clone(&shared)));
    }
    let mut tick = tokio::time::interval(TICK);
    tick.tick().await;
    loop {
        tokio::select! {
            ended = writers.join_next() => match ended {
                Some(ended) => ended.context("a writer failed")??,
                None => break,
            },
            _ = tick.tick() => {
                let done = shared.done.load(Ordering::Relaxed);
                say(done, wanted.saturating_sub(from + done), watch.elapsed());
            }
        }
    }
    say(shared.done.load(Ordering::Relaxed), 0, watch.elapsed());
    let mut ids = std::mem::take(&mut *shared.ids.lock().unwrap_or_else(PoisonError::into_inner));
    ids.sort_unstable();
    Ok(ids)
}

fn say(done: u64, left: u64, elapsed: Duration) {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = (done.saturating_mul(1_000) / millis).max(1);
    progress::note(format_args!(
        "{} receipts written, {} a second, {} left: about {} s",
        figures::count(done),
        figures::count(rate),
        figures::count(left),
        left / rate
    ));
}

async fn write(shared: Arc<Shared>) -> Result<()> {
    let step = (shared.wanted / NAMED).max(1);
    loop {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        if number >= shared.wanted {
            return Ok(());
        }
        let (intent, row) = shared.maker.make(shared.store.boot(), number)?;
        if number.is_multiple_of(step) {
            let id = intent.id.to_string();
            shared.ids.lock().unwrap_or_else(PoisonError::into_inner).push(id);
        }
        let open = shared.store.place()?.open(intent, None)?.await?;
        open.close(row).await?;
        shared.done.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn receipts_are_written_and_the_books_agree() {
        let scratch = weighbridge_testkit::scratch::ScratchDir::new().unwrap();
        let store = open(scratch.path()).unwrap();
        assert_eq!(count(&store).await.unwrap(), 0);
        let ids = fill(&store, 0, 1).await.unwrap();
        assert_eq!((ids.len(), count(&store).await.unwrap()), (1, 1));
        fill(&store, 1, 3_000).await.unwrap();
        assert_eq!(count(&store).await.unwrap(), 3_000);
        store.close().await;
        let audit = weighbridge_store::books::audit(scratch.path(), &mut |_| {}).unwrap();
        assert_eq!((audit.receipts, audit.open, audit.differences_found), (3_000, 0, 0));
        assert_eq!(audit.recomputed, 3_000);
    }

    #[test]
    fn a_marker_that_cannot_be_read_is_none() {
        assert_eq!(named(Path::new("/nowhere/prefilled.json")), None);
    }
}
