//! A database of version 1 is read for ever.

use std::path::{Path, PathBuf};

use weighbridge_core::account::Account;
use weighbridge_core::call::{Input, Intent};
use weighbridge_core::credential::{self, Fingerprint, Key};
use weighbridge_core::id::KeyId;
use weighbridge_core::receipt;
use weighbridge_core::role::Role;
use weighbridge_proof::Timestamp;
use weighbridge_store::Options;
use weighbridge_store::keyring::NewKey;

use crate::stage::{content, intent, open, row};

const NOW: Timestamp = Timestamp::from_micros(4_000_000);

fn file() -> PathBuf {
    let file = "/../../testdata/v1/database/weighbridge.db";
    PathBuf::from(format!("{}{file}", env!("CARGO_MANIFEST_DIR")))
}

fn fingerprint() -> Fingerprint {
    Fingerprint::of(credential::make([5; 32]).reveal()).unwrap()
}

/// Writes the sample: an account, a key, three receipts, and a call that was left open
/// while its input still flowed.
async fn freeze(file: &Path) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options::default()).store;
    let account = intent(&store, 0).account;
    let new = Account { id: account, name: "acme".to_owned(), level: "default".to_owned() };
    store.add_account(new, None, NOW).await.unwrap();
    let id = KeyId::from_bytes([2; 16]);
    let key = Key { id, role: Role::Developer, name: Some("k".to_owned()), trusted_headers: true };
    let new = NewKey { key, account, fingerprint: fingerprint(), created_at: NOW };
    store.add_key(new).await.unwrap();
    for number in 0..4 {
        let intent = intent(&store, number);
        let streams = Intent { input: Input::Stream, ..intent.clone() };
        let opened = if number == 3 { streams } else { intent.clone() };
        let open = store.place().unwrap().open(opened, None).unwrap().await.unwrap();
        if number == 3 {
            // Its process ends here.
            std::mem::forget(open);
        } else {
            open.close(row(&intent)).await.unwrap();
        }
    }
    drop(store);
    std::fs::copy(dir.path().join("weighbridge.db"), file).unwrap();
}

#[tokio::test]
async fn a_frozen_database_opens_and_says_what_it_said() {
    if !file().exists() && std::env::var_os("WEIGHBRIDGE_FREEZE").is_some() {
        freeze(&file()).await;
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::copy(file(), dir.path().join("weighbridge.db")).unwrap();
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
