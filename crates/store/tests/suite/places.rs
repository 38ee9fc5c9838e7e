//! Places: what is committed when, for every way a call can go.

use proptest::prelude::{Just, Strategy, prop, prop_oneof, proptest};
use weighbridge_core::invariant::{Dispatched, ReceiptSeen, r2};
use weighbridge_proof::Digest;
use weighbridge_store::{Options, RecordError};

use crate::stage::{content, inputs, intent, open, row, stamp};

/// How one call goes, as far as the store is concerned.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// The caller leaves before the intent is acknowledged.
    LeavesEarly,
    /// Dispatched, and closed with a receipt.
    Closes,
    /// Dispatched, closed, and nobody waits for the receipt.
    ClosesUnwatched,
    /// Dispatched, and then the process ends.
    CutOff,
}

fn way() -> impl Strategy<Value = Way> {
    prop_oneof![
        Just(Way::LeavesEarly),
        Just(Way::Closes),
        Just(Way::ClosesUnwatched),
        Just(Way::CutOff)
    ]
}

async fn go(ways: &[Way]) {
    let dir = tempfile::tempdir().unwrap();
    let mut dispatched = Vec::new();
    let mut cut_off = 0;
    {
        let store = open(dir.path(), Options { calls: ways.len(), ..Options::default() }).store;
        for (number, way) in ways.iter().enumerate() {
            let intent = intent(&store, number as u64);
            let opening = store.place().unwrap().open(intent.clone(), None).unwrap();
            if matches!(way, Way::LeavesEarly) {
                drop(opening);
                continue;
            }
            let open = opening.await.unwrap();
            dispatched.push(Dispatched { request: content(number as u64) });
            match way {
                Way::Closes => open.close(row(&intent)).await.unwrap(),
                Way::ClosesUnwatched => drop(open.close(row(&intent))),
                Way::CutOff | Way::LeavesEarly => {
                    cut_off += 1;
                    std::mem::forget(open);
                }
            }
        }
        // What was queued is committed even when nobody waits: the next change comes after it.
        let account = weighbridge_core::account::Account {
            id: intent(&store, 0).account,
            name: "after".to_owned(),
            level: "default".to_owned(),
        };
        let now = weighbridge_proof::Timestamp::from_micros(0);
        store.add_account(account, None, stamp(now)).await.unwrap();
    }
    let opened = open(dir.path(), Options::default());
    assert_eq!(opened.interrupted, cut_off);
    let receipts: Vec<ReceiptSeen> = inputs(&opened.store)
        .await
        .into_iter()
        .enumerate()
        .map(|(number, input)| ReceiptSeen {
            id: number.to_string(),
            outcome: String::new(),
            input,
            output: None::<Digest>,
            charged: weighbridge_core::money::Amount::ZERO,
        })
        .collect();
    r2(&dispatched, &receipts).unwrap();
    assert_eq!(receipts.len(), dispatched.len(), "a call that was not dispatched has a receipt");
    assert_eq!(open_again(dir.path(), opened).await, 0, "a receipt was issued twice");
}

async fn open_again(dir: &std::path::Path, opened: weighbridge_store::Opened) -> usize {
    opened.store.close().await;
    drop(opened);
    open(dir, Options::default()).interrupted
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]
    #[test]
    fn every_dispatched_call_has_one_receipt_after_a_restart(ways in prop::collection::vec(way(), 1..24)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(go(&ways));
    }
}

#[tokio::test]
async fn a_call_without_a_place_is_refused_and_the_place_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options { calls: 1, ..Options::default() }).store;
    let place = store.place().unwrap();
    assert_eq!(store.place().unwrap_err(), RecordError::NoPlace);
    let intent = intent(&store, 1);
    let open = place.open(intent.clone(), None).unwrap().await.unwrap();
    assert_eq!(store.places_taken(), 1);
    open.close(row(&intent)).await.unwrap();
    assert_eq!(store.places_taken(), 0);
    drop(store.place().unwrap());
    store.close().await;
    assert_eq!(store.place().unwrap_err(), RecordError::Stopped);
}

#[tokio::test]
async fn receipts_are_listed_newest_first_page_by_page() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options::default()).store;
    for number in 0..5 {
        let intent = intent(&store, number);
        let open = store.place().unwrap().open(intent.clone(), None).unwrap().await.unwrap();
        open.close(row(&intent)).await.unwrap();
    }
    let account = Some(intent(&store, 0).account);
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = store.receipts(account, 2, before).await.unwrap();
        seen.extend(page.items.into_iter().map(|stored| stored.id));
        let Some(next) = page.next else { break };
        before = Some(weighbridge_store::receipts::read_cursor(&next).unwrap());
    }
    let expected: Vec<String> = (0..5).rev().map(|n| intent(&store, n).id.to_string()).collect();
    assert_eq!(seen, expected);
    let other = Some(weighbridge_core::id::AccountId::from_bytes([9; 16]));
    assert!(store.receipts(other, 10, None).await.unwrap().items.is_empty());
    assert!(store.receipt(intent(&store, 0).id, other).await.unwrap().is_none());
    assert!(store.receipt(intent(&store, 0).id, account).await.unwrap().is_some());
}
