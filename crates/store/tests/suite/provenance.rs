//! Hashes are looked up, wherever in the index they lie.

use std::path::Path;

use weighbridge_core::id::AccountId;
use weighbridge_proof::Digest;
use weighbridge_store::provenance::Trace;
use weighbridge_store::{Page, Store};

use crate::ledger::{open, record};
use crate::stage::{content, intent};

async fn look(
    store: &Store,
    digest: Digest,
    account: Option<AccountId>,
    limit: u32,
    before: Option<i64>,
) -> Page<Trace> {
    let found = store.provenance(digest, account, limit, before).await;
    found.unwrap_or_else(|error| panic!("{error}"))
}

/// The one call that took the content of that number.
async fn taker(store: &Store, number: u64) -> String {
    let mut found = look(store, content(number), None, 10, None).await;
    assert_eq!((found.items.len(), found.next), (1, None), "call {number}");
    let trace = found.items.remove(0);
    assert!(trace.input && !trace.output);
    trace.stored.id
}

fn runs(dir: &Path) -> usize {
    let files = std::fs::read_dir(dir.join("provenance")).unwrap();
    files
        .filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|it| it == "run"))
        .count()
}

#[tokio::test]
async fn a_content_is_found_in_memory_in_a_run_and_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert!(look(&store, content(0), None, 10, None).await.items.is_empty());
    record(&store, 0, 100).await;
    assert_eq!(taker(&store, 77).await, intent(&store, 77).id.to_string());
    record(&store, 100, 20_000).await;
    for number in [0, 99, 100, 8_191, 8_192, 16_384, 20_099] {
        assert_eq!(taker(&store, number).await, intent(&store, number).id.to_string());
    }
    assert_eq!(runs(dir.path()), 2);
    store.close().await;
    drop(store);
    let store = open(dir.path());
    for number in [0, 16_383, 16_384, 20_099] {
        assert_eq!(taker(&store, number).await, intent(&store, number).id.to_string());
    }
    assert!(look(&store, content(20_100), None, 10, None).await.items.is_empty());
}

#[tokio::test]
async fn only_calls_of_the_asking_account_are_shown_a_page_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    record(&store, 0, 5).await;
    let account = intent(&store, 0).account;
    let stranger = AccountId::from_bytes([9; 16]);
    assert_eq!(look(&store, content(3), Some(account), 10, None).await.items.len(), 1);
    let hidden = look(&store, content(3), Some(stranger), 10, None).await;
    assert_eq!((hidden.items.len(), hidden.next), (0, None));
    // Not even that there is more elsewhere.
    let hidden = look(&store, content(3), Some(stranger), 1, None).await;
    assert_eq!((hidden.items.len(), hidden.next), (0, None));
    // Interrupted calls gave nothing; the same request again is another call.
    record_again(&store, 3, 6).await;
    let first = look(&store, content(3), None, 4, None).await;
    assert_eq!(first.items.len(), 4);
    let cursor = first.next.unwrap().parse().unwrap();
    let rest = look(&store, content(3), None, 4, Some(cursor)).await;
    assert_eq!((rest.items.len(), rest.next), (3, None));
    let own = look(&store, content(3), Some(account), 7, None).await;
    assert_eq!((own.items.len(), own.next), (7, None));
    let mut ids: Vec<String> =
        first.items.iter().chain(&rest.items).map(|trace| trace.stored.id.clone()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 7);
}

/// More calls with the request of call `number`.
async fn record_again(store: &Store, number: u64, count: u64) {
    for again in 0..count {
        let mut intent = intent(store, 1_000 + again);
        intent.input = crate::stage::intent(store, number).input;
        let row = crate::stage::row(&intent);
        let open = store.place().unwrap().open(intent, None).unwrap().await.unwrap();
        open.close(row).await.unwrap();
    }
}

#[tokio::test]
async fn runs_that_do_not_fit_the_rows_are_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    record(&store, 0, 17_000).await;
    taker(&store, 16_999).await;
    store.close().await;
    drop(store);
    let folder = dir.path().join("provenance");
    let run = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    // Of another database: its last receipt has another id.
    let mut bytes = std::fs::read(&run).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    bytes[..last - 16].fill(0);
    std::fs::write(&run, bytes).unwrap();
    std::fs::write(folder.join("x.new"), "a draft").unwrap();
    let store = open(dir.path());
    for number in [0, 16_383, 16_999] {
        assert_eq!(taker(&store, number).await, intent(&store, number).id.to_string());
    }
    assert_eq!(runs(dir.path()), 2);
}
