//! Tiles are made out of the rows, and made again; rows are not.

use std::path::Path;

use weighbridge_proof::merkle::leaf_hash;
use weighbridge_store::Store;
use weighbridge_store::ledger::{LedgerError, Proof};

use super::elsewhere::Auditor;
use super::{grown, open, record, refused};
use crate::stage::intent;

async fn prove(store: &Store, number: u64) -> Result<Proof, LedgerError> {
    let evidence = store.evidence(intent(store, number).id, None).await.unwrap().unwrap();
    store.prove(evidence.seq, leaf_hash(evidence.stored.leaf.as_bytes())).await
}

/// A data directory with a log of 300 entries, and nobody on it.
async fn a_log_of_300() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    record(&store, 0, 300).await;
    grown(&store, 300).await;
    store.close().await;
    dir
}

fn change_rows(dir: &Path, statement: &str) {
    let database = rusqlite::Connection::open(dir.join("weighbridge.db")).unwrap();
    assert_eq!(database.execute(statement, []).unwrap(), 1);
}

#[tokio::test]
async fn a_tile_that_is_gone_or_damaged_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    record(&store, 0, 700).await;
    let head = grown(&store, 700).await;
    let tile = dir.path().join("ledger/tile/0/000");
    let good = std::fs::read(&tile).unwrap();
    let mut damaged = good.clone();
    damaged[77] ^= 1;
    for content in [None, Some(&damaged[..]), Some(b"torn".as_slice())] {
        match content {
            None => std::fs::remove_file(&tile).unwrap(),
            Some(content) => std::fs::write(&tile, content).unwrap(),
        }
        assert_eq!(prove(&store, 3).await.unwrap().head, head);
        assert_eq!(std::fs::read(&tile).unwrap(), good);
    }
    std::fs::write(&tile, &damaged).unwrap();
    drop(store);
    let store = open(dir.path());
    Auditor::of(&store, &head).await.check_entries(&store, [0, 2, 255, 699].into_iter()).await;
    assert_eq!(std::fs::read(&tile).unwrap(), good);
}

#[tokio::test]
async fn a_receipt_that_was_changed_has_no_proof_and_the_others_keep_theirs() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    record(&store, 0, 700).await;
    grown(&store, 700).await;
    change_rows(
        dir.path(),
        "UPDATE receipts SET leaf = replace(leaf, 'v\":1', 'v\":2') WHERE seq = 4",
    );
    let changed = prove(&store, 3).await;
    assert!(matches!(changed, Err(LedgerError::Store(_))), "{changed:?}");
    prove(&store, 4).await.unwrap();
    prove(&store, 600).await.unwrap();
}

#[tokio::test]
async fn a_root_that_was_written_beside_the_signature_is_not_signed_on() {
    for statement in [
        "UPDATE head SET root = zeroblob(32)",
        "UPDATE head SET size = 299",
        "UPDATE head SET note = replace(note, '300', '299')",
    ] {
        let dir = a_log_of_300().await;
        std::fs::remove_dir_all(dir.path().join("ledger")).unwrap();
        change_rows(dir.path(), statement);
        let reason = refused(&open(dir.path())).await;
        assert!(reason.contains("is not one that was signed"), "{statement}: {reason}");
        assert!(!dir.path().join("ledger/checkpoint").exists());
    }
}

#[tokio::test]
async fn rows_at_the_edge_that_were_changed_or_taken_out_end_the_signing() {
    for statement in [
        "UPDATE receipts SET leaf = replace(leaf, 'v\":1', 'v\":2') WHERE seq = 299",
        "DELETE FROM receipts WHERE seq = 299",
        "DELETE FROM receipts WHERE seq = 300",
    ] {
        let dir = a_log_of_300().await;
        change_rows(dir.path(), statement);
        let store = open(dir.path());
        let reason = refused(&store).await;
        assert!(reason.contains("299") || reason.contains("300"), "{statement}: {reason}");
        assert!(matches!(store.head(), Err(LedgerError::Refused(_))));
        // Calls are recorded all the same.
        record(&store, 900, 3).await;
    }
}
