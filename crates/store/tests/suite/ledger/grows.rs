//! The log grows, and others can tell.

use weighbridge_core::account::Account;
use weighbridge_core::id::AccountId;
use weighbridge_core::receipt::Stored;
use weighbridge_proof::merkle::consistency::holds;
use weighbridge_proof::merkle::{inclusion, leaf_hash};
use weighbridge_proof::tile::Resource;
use weighbridge_proof::{Digest, Timestamp};
use weighbridge_store::Store;
use weighbridge_store::ledger::LedgerError;
use weighbridge_store::tables::{KeptTable, TableKind};

use super::elsewhere::{Auditor, entry};
use super::{grown, open, record};
use crate::stage::{intent, stamp};

#[tokio::test]
async fn an_independent_auditor_agrees_at_every_size_and_across_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let mut older: Vec<Auditor> = Vec::new();
    let mut recorded = 0;
    for size in [1, 255, 256, 257, 65_537] {
        record(&store, recorded, size - recorded).await;
        recorded = size;
        let head = grown(&store, size).await;
        let auditor = Auditor::of(&store, &head).await;
        let edges = [0, size / 2, size.saturating_sub(2), size - 1];
        auditor.check_entries(&store, edges.into_iter()).await;
        for older in &older {
            auditor.check_growth_from(older);
        }
        older.push(auditor);
        if size == 257 {
            store.close().await;
            drop(store);
            store = open(dir.path());
            assert_eq!(store.head().unwrap().unwrap(), head);
        }
    }
    // Every entry is there once, and is its receipt's leaf.
    let stored = stored(&store, 65_000).await;
    let index = stored.leaf_index.unwrap();
    assert_eq!(entry(&store, 65_537, index).await, stored.leaf.as_bytes());
}

async fn stored(store: &Store, number: u64) -> Stored {
    store.receipt(intent(store, number).id, None).await.unwrap().unwrap()
}

#[tokio::test]
async fn receipts_acts_and_tables_are_numbered_in_one_log_each_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let at = Timestamp::from_micros(9);
    let mut expected = 0;
    for round in 0..4 {
        let id = AccountId::from_bytes([round; 16]);
        let account = Account { id, name: "acme".to_owned(), level: "default".to_owned() };
        store.add_account(account, None, stamp(at)).await.unwrap();
        let json = format!("{{\"round\":{round}}}");
        let digest = Digest::of(json.as_bytes());
        let table = KeptTable { kind: TableKind::Prices, digest, json };
        store.keep_tables(vec![table.clone()], at).await.unwrap();
        store.keep_tables(vec![table], at).await.unwrap();
        record(&store, u64::from(round) * 10, 10).await;
        expected += 12;
        grown(&store, expected).await;
    }
    let mut kinds = Vec::new();
    for index in 0..expected {
        let entry = entry(&store, expected, index).await;
        let entry: serde_json::Value = serde_json::from_slice(&entry).unwrap();
        kinds.push(entry["kind"].as_str().unwrap().to_owned());
        if entry["kind"] == "receipt" {
            let id = entry["id"].as_str().unwrap().parse().unwrap();
            let stored = store.receipt(id, None).await.unwrap().unwrap();
            assert_eq!(stored.leaf_index, Some(index));
        }
    }
    let count = |kind: &str| kinds.iter().filter(|it| *it == kind).count();
    assert_eq!((count("act"), count("table"), count("receipt")), (4, 4, 40));
    let acts = store.acts(10, None).await.unwrap();
    assert_eq!(acts.items.len(), 4);
    assert!(acts.items.iter().all(|act| act.leaf_index.is_some()));
}

#[tokio::test]
async fn proofs_of_inclusion_and_growth_hold_and_what_is_not_there_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let nobody = store.prove(1, Digest::of(b"")).await;
    assert_eq!(nobody, Err(LedgerError::NotYet));
    record(&store, 0, 300).await;
    let old = grown(&store, 300).await;
    record(&store, 300, 400).await;
    let new = grown(&store, 700).await;
    for number in [0, 255, 256, 299, 300, 699] {
        let evidence = store.evidence(intent(&store, number).id, None).await.unwrap().unwrap();
        let leaf = leaf_hash(evidence.stored.leaf.as_bytes());
        let proof = store.prove(evidence.seq, leaf).await.unwrap();
        assert_eq!(proof.head, new);
        let root = inclusion::root_of(&leaf, proof.index, 700, &proof.inclusion);
        assert_eq!(root, Some(new.root));
        assert_eq!(Some(proof.index), evidence.stored.leaf_index);
    }
    let growth = store.consistency(300, 700).await.unwrap();
    assert!(holds((300, &old.root), (700, &new.root), &growth));
    for (from, to) in [(300, 701), (701, 700), (5, 4)] {
        assert_eq!(store.consistency(from, to).await, Err(LedgerError::Missing));
    }
    for path in ["0/003", "0/002.p/189", "1/000.p/3", "2/000.p/1", "entries/002.p/189", "9/000"] {
        let found = store.resource(Resource::parse(path).unwrap()).await;
        assert_eq!(found, Err(LedgerError::Missing), "{path}");
    }
    // Any width that the log once had is still there.
    let wide = store.resource(Resource::parse("0/001").unwrap()).await.unwrap();
    let narrow = store.resource(Resource::parse("0/001.p/44").unwrap()).await.unwrap();
    assert_eq!((narrow.len(), narrow.as_slice()), (44 * 32, &wide[..44 * 32]));
}
