//! The log, held against what others have written for logs of this form.

mod cuts;
mod elsewhere;
mod grows;
mod mends;
mod older;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use weighbridge_store::ledger::{Head, Standing, Step};
use weighbridge_store::{Options, Store};

use crate::stage::{self, intent, row};

/// How long a test waits for the log.
const PATIENCE: Duration = Duration::from_secs(60);

/// Records `count` calls, from number `from` on.
pub(super) async fn record(store: &Store, from: u64, count: u64) {
    // As many at a time as there are places.
    for start in (from..from + count).step_by(1_000) {
        let end = (start + 1_000).min(from + count);
        let mut opening = Vec::new();
        for number in start..end {
            let intent = intent(store, number);
            let row = row(&intent);
            opening.push((store.place().unwrap().open(intent, None).unwrap(), row));
        }
        let mut closing = Vec::new();
        for (opening, row) in opening {
            closing.push(opening.await.unwrap().close(row));
        }
        for closing in closing {
            closing.await.unwrap();
        }
    }
}

/// Waits until the log has `size` entries.
pub(super) async fn grown(store: &Store, size: u64) -> Arc<Head> {
    let mut heads = store.heads();
    let long_enough = |standing: &Standing| match standing {
        Standing::Signed(head) => head.as_ref().is_some_and(|head| head.size >= size),
        Standing::Refused(reason) => panic!("nothing is signed: {reason}"),
    };
    let wait = tokio::time::timeout(PATIENCE, heads.wait_for(long_enough));
    drop(wait.await.unwrap().unwrap());
    let head = store.head().unwrap().unwrap();
    assert_eq!(head.size, size);
    head
}

/// Waits until nothing is signed any more, and says why.
pub(super) async fn refused(store: &Store) -> String {
    let mut heads = store.heads();
    let stopped = |standing: &Standing| matches!(standing, Standing::Refused(_));
    let standing = tokio::time::timeout(PATIENCE, heads.wait_for(stopped)).await.unwrap();
    match &*standing.unwrap() {
        Standing::Refused(reason) => reason.to_string(),
        Standing::Signed(_) => String::new(),
    }
}

/// A store whose log is gone on with no more after that step.
pub(super) fn open_cut(dir: &Path, cut: Step) -> Store {
    stage::open(dir, Options { cut: Some(cut), ..Options::default() }).store
}

pub(super) fn open(dir: &Path) -> Store {
    stage::open(dir, Options::default()).store
}
