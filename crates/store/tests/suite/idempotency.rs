//! A key that a call may be made only once with.

use weighbridge_store::idempotency::OnceKey;
use weighbridge_store::{Options, RecordError, Repeated};

use crate::stage::{intent, open, row};

fn once(number: u8) -> Option<OnceKey> {
    let account = weighbridge_core::id::AccountId::from_bytes([number; 16]);
    Some(OnceKey { account, key: "order-7".to_owned() })
}

#[tokio::test]
async fn of_many_calls_with_one_key_only_the_first_is_opened_even_in_one_group() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options::default()).store;
    let openings: Vec<_> = (0..20)
        .map(|number| store.place().unwrap().open(intent(&store, number), once(1)).unwrap())
        .collect();
    let mut opened = Vec::new();
    for (number, opening) in openings.into_iter().enumerate() {
        match opening.await {
            Ok(open) => opened.push((number, open)),
            Err(error) => {
                let first = Repeated { call: intent(&store, 0).id, running: true };
                assert_eq!(error, RecordError::Repeated(first));
            }
        }
    }
    let (number, first) = opened.pop().unwrap();
    assert!(opened.is_empty() && number == 0);
    // Another account's key is another key.
    let other = store.place().unwrap().open(intent(&store, 50), once(2)).unwrap().await.unwrap();
    other.close(row(&intent(&store, 50))).await.unwrap();
    first.close(row(&intent(&store, 0))).await.unwrap();
    let found = store.repeated(once(1).unwrap()).await.unwrap().unwrap();
    assert_eq!(found, Repeated { call: intent(&store, 0).id, running: false });
    // Refused calls leave nothing: every place is free, and no receipt is theirs.
    assert_eq!(store.places_taken(), 0);
    assert_eq!(crate::stage::inputs(&store).await.len(), 2);
}

#[tokio::test]
async fn a_key_is_kept_over_a_restart_and_by_a_call_whose_end_was_not_seen() {
    let dir = tempfile::tempdir().unwrap();
    {
        let store = open(dir.path(), Options::default()).store;
        let opening = store.place().unwrap().open(intent(&store, 1), once(1)).unwrap();
        std::mem::forget(opening.await.unwrap());
    }
    let store = open(dir.path(), Options::default()).store;
    let again = store.place().unwrap().open(intent(&store, 2), once(1)).unwrap().await;
    let first = Repeated { call: intent(&store, 1).id, running: false };
    assert_eq!(again.unwrap_err(), RecordError::Repeated(first));
}

#[tokio::test]
async fn a_call_of_which_nothing_was_sent_gives_its_key_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options::default()).store;
    let unsent = store.place().unwrap().open(intent(&store, 1), once(1)).unwrap().await.unwrap();
    unsent.close(row(&intent(&store, 1)).freeing(once(1))).await.unwrap();
    // A caller that left before its intent was acknowledged had nothing sent either.
    drop(store.place().unwrap().open(intent(&store, 2), once(1)).unwrap());
    let third = store.place().unwrap().open(intent(&store, 3), once(1)).unwrap().await.unwrap();
    third.close(row(&intent(&store, 3))).await.unwrap();
    let found = store.repeated(once(1).unwrap()).await.unwrap().unwrap();
    assert_eq!(found.call, intent(&store, 3).id);
}
