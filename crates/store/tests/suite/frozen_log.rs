//! Logs of version 1, in databases of version 3, are gone on with for ever.

use std::path::{Path, PathBuf};

use weighbridge_core::account::Account;
use weighbridge_core::id::AccountId;
use weighbridge_proof::merkle::consistency::holds;
use weighbridge_proof::merkle::leaf_hash;
use weighbridge_proof::{Digest, Timestamp};
use weighbridge_store::tables::{KeptTable, TableKind};

use crate::ledger::{grown, open, record};
use crate::stage::{intent, stamp};

/// What a log lives on.
const FILES: [&str; 3] = ["weighbridge.db", "ledger.key", "ledger/checkpoint"];

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/v3/log"))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.join("ledger")).unwrap();
    for file in FILES {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }
}

/// Writes the sample: an account that was made, a table that came into force, three receipts.
async fn freeze() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let at = Timestamp::from_micros(4_000_000);
    let id = AccountId::from_bytes([1; 16]);
    let account = Account { id, name: "acme".to_owned(), level: "default".to_owned() };
    store.add_account(account, None, stamp(at)).await.unwrap();
    let json = "{\"frozen\":true}".to_owned();
    let digest = Digest::of(json.as_bytes());
    store.keep_tables(vec![KeptTable { kind: TableKind::Levels, digest, json }], at).await.unwrap();
    record(&store, 0, 3).await;
    grown(&store, 5).await;
    store.close().await;
    drop(store);
    copy(dir.path(), &folder());
}

#[tokio::test]
async fn a_frozen_log_is_gone_on_with_and_proves_what_it_proved() {
    if !folder().exists() && std::env::var_os("WEIGHBRIDGE_FREEZE").is_some() {
        freeze().await;
    }
    let dir = tempfile::tempdir().unwrap();
    copy(&folder(), dir.path());
    let store = open(dir.path());
    let old = store.head().unwrap().unwrap();
    let note = std::fs::read_to_string(folder().join("ledger/checkpoint")).unwrap();
    assert_eq!((old.size, &old.note), (5, &note));
    let acts = store.acts(10, None).await.unwrap();
    let section = acts.items[0].section.clone().unwrap();
    assert!(section.contains("\"act\":\"account.create\""), "{section}");
    for number in 0..3 {
        let evidence = store.evidence(intent(&store, number).id, None).await.unwrap().unwrap();
        let leaf = leaf_hash(evidence.stored.leaf.as_bytes());
        assert_eq!(store.prove(evidence.seq, leaf).await.unwrap().index, 2 + number);
    }
    record(&store, 3, 4).await;
    let new = grown(&store, 9).await;
    let growth = store.consistency(5, 9).await.unwrap();
    assert!(holds((5, &old.root), (9, &new.root), &growth));
}
