//! Databases of every version are read for ever.

use std::path::{Path, PathBuf};

use weighbridge_core::account::Account;
use weighbridge_core::budget::{Budget, Period};
use weighbridge_core::credential::{self, Fingerprint, Key, KeyPolicy, Kind};
use weighbridge_core::day::Day;
use weighbridge_core::id::KeyId;
use weighbridge_core::receipt;
use weighbridge_core::role::Role;
use weighbridge_core::routing::Policy;
use weighbridge_proof::Timestamp;
use weighbridge_store::Options;
use weighbridge_store::books::audit;
use weighbridge_store::idempotency::OnceKey;
use weighbridge_store::keyring::NewKey;

use crate::money::{call, keep_prices};
use crate::stage::{content, intent, open, stamp};

const NOW: Timestamp = Timestamp::from_micros(4_000_000);

fn file(version: u32) -> PathBuf {
    let file = format!("/../../testdata/v{version}/database/weighbridge.db");
    PathBuf::from(format!("{}{file}", env!("CARGO_MANIFEST_DIR")))
}

fn fingerprint() -> Fingerprint {
    Fingerprint::of(credential::make(Kind::Bearer, [5; 32]).reveal()).unwrap()
}

#[tokio::test]
async fn a_database_of_version_1_is_brought_up_to_date_and_says_what_it_said() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::copy(file(1), dir.path().join("weighbridge.db")).unwrap();
    let opened = open(dir.path(), Options::default());
    assert_eq!(opened.interrupted, 1);
    let store = opened.store;
    assert_eq!(store.boot().epoch, 2);
    let principal = store.principal(fingerprint()).await.unwrap().unwrap();
    assert_eq!(principal.account.name, "acme");
    assert!(principal.key.trusted_headers);
    let page = store.receipts(Some(principal.account.id), 10, None).await.unwrap();
    assert_eq!(page.items.len(), 4);
    for (number, stored) in (0..3).zip(page.items.iter().rev()) {
        let expected = intent(&store, number);
        assert_eq!(stored.id, expected.id.to_string());
        let shown = receipt::show(stored).unwrap();
        assert_eq!(shown["input"]["sha256"], content(number).to_string());
        let leaf: serde_json::Value = serde_json::from_str(&stored.leaf).unwrap();
        assert_eq!(leaf["id"], stored.id.as_str());
    }
    let interrupted = receipt::show(&page.items[0]).unwrap();
    assert_eq!(interrupted["outcome"], "interrupted");
    assert!(interrupted["input"].is_null(), "{interrupted}");
}

const ONCE: &str = "order-7";

/// Writes the sample: an account with a budget, two calls that it was charged for, the prices that
/// they cite, and a call with an idempotency key that was left open.
async fn freeze(file: &Path) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options::default()).store;
    let account = intent(&store, 0).account;
    let new = Account { id: account, name: "acme".to_owned(), level: "gold".to_owned() };
    store.add_account(new, Some(budget()), stamp(NOW)).await.unwrap();
    keep_prices(&store).await;
    call(&store, 0, 20_000, "0.000007").await;
    call(&store, 1, 20_001, "0.000009").await;
    let once = OnceKey { account, key: ONCE.to_owned() };
    let opening = store.place().unwrap().open(intent(&store, 2), Some(once)).unwrap();
    std::mem::forget(opening.await.unwrap());
    drop(store);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::copy(dir.path().join("weighbridge.db"), file).unwrap();
}

fn budget() -> (Budget, Day) {
    let amount = |text: &str| text.parse().unwrap();
    let currency = "USD".parse().unwrap();
    let period = Period::Month;
    let budget = Budget { amount: amount("5"), currency, period, credit: amount("0.25") };
    (budget, Day::from_number(19_997))
}

#[tokio::test]
async fn a_frozen_database_of_version_2_opens_and_says_what_it_said() {
    if !file(2).exists() && std::env::var_os("WEIGHBRIDGE_FREEZE").is_some() {
        freeze(&file(2)).await;
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::copy(file(2), dir.path().join("weighbridge.db")).unwrap();
    let opened = open(dir.path(), Options::default());
    assert_eq!(opened.interrupted, 1);
    let store = opened.store;
    let account = intent(&store, 0).account;
    let spending = store.spending(account).await.unwrap();
    assert_eq!(spending.budget, Some(budget()));
    let days = spending
        .days
        .iter()
        .map(|(currency, day, amount)| (currency.to_string(), day.number(), amount.to_string()));
    let usd = |day, amount: &str| ("USD".to_owned(), day, amount.to_owned());
    assert_eq!(days.collect::<Vec<_>>(), [usd(20_000, "0.000007"), usd(20_001, "0.000009")]);
    let once = OnceKey { account, key: ONCE.to_owned() };
    assert_eq!(store.repeated(once).await.unwrap().unwrap().call, intent(&store, 2).id);
    assert_eq!(store.levels_in_use().await.unwrap(), ["gold"]);
    drop(store);
    let audit = audit(dir.path(), &mut |_| ()).unwrap();
    assert_eq!((audit.recomputed, audit.differences_found), (2, 0));
}

/// An endpoint token, since version 4.
fn token() -> Fingerprint {
    Fingerprint::of(credential::make(Kind::Endpoint, [6; 32]).reveal()).unwrap()
}

/// Writes the sample: an account with a key of each kind, the second one's calls bound to this machine.
async fn freeze_kinds(file: &Path) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options::default()).store;
    let account = intent(&store, 0).account;
    let new = Account { id: account, name: "acme".to_owned(), level: "default".to_owned() };
    store.add_account(new, None, stamp(NOW)).await.unwrap();
    let private = KeyPolicy { policy: Some(Policy::Private), fixed: true };
    for (number, kind, fingerprint, policy, models) in [
        (1, Kind::Bearer, fingerprint(), KeyPolicy::default(), Vec::new()),
        (2, Kind::Endpoint, token(), private, vec!["qwen*".to_owned(), "\"".to_owned()]),
    ] {
        let id = KeyId::from_bytes([number; 16]);
        let (role, name, trusted_headers) = (Role::User, None, false);
        let key = Key { id, kind, role, name, trusted_headers, policy, models };
        store.add_key(NewKey { key, account, fingerprint, stamp: stamp(NOW) }).await.unwrap();
    }
    store.close().await;
    drop(store);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::copy(dir.path().join("weighbridge.db"), file).unwrap();
}

#[tokio::test]
async fn a_frozen_database_of_version_4_tells_its_keys_kinds_apart() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::copy(file(4), dir.path().join("weighbridge.db")).unwrap();
    let store = open(dir.path(), Options::default()).store;
    for (kind, fingerprint) in [(Kind::Bearer, fingerprint()), (Kind::Endpoint, token())] {
        assert_eq!(store.principal(fingerprint).await.unwrap().unwrap().key.kind, kind);
    }
    let listed = store.keys(None, 10, None).await.unwrap().items;
    assert_eq!(listed.len(), 2);
    let acts = store.acts(10, None).await.unwrap();
    let kinds = acts.items.iter().filter_map(|act| act.section.as_ref());
    assert_eq!(kinds.filter(|section| section.contains("\"kind\":\"endpoint\"")).count(), 1);
}

#[tokio::test]
async fn a_frozen_database_of_version_5_says_where_a_keys_calls_run() {
    if !file(5).exists() && std::env::var_os("WEIGHBRIDGE_FREEZE").is_some() {
        freeze_kinds(&file(5)).await;
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::copy(file(5), dir.path().join("weighbridge.db")).unwrap();
    let store = open(dir.path(), Options::default()).store;
    let policy =
        async |fingerprint| store.principal(fingerprint).await.unwrap().unwrap().key.policy;
    assert_eq!(policy(fingerprint()).await, KeyPolicy::default());
    let private = KeyPolicy { policy: Some(Policy::Private), fixed: true };
    assert_eq!(policy(token()).await, private);
    let listed = store.keys(None, 10, None).await.unwrap().items;
    assert_eq!(listed[1].key.policy, private);
    assert_eq!(listed[1].key.models, ["qwen*", "\""]);
}
