//! An older database that was put back must not begin a second history.

use std::path::Path;

use weighbridge_store::{OpenError, Options, Store};

use super::{grown, open, record, refused};
use crate::stage::{Counting, Ticking};

const DATABASE: &str = "weighbridge.db";

/// A log of 300 entries whose database is the one of its first 100.
async fn put_back(dir: &Path) {
    let store = open(dir);
    record(&store, 0, 100).await;
    grown(&store, 100).await;
    store.close().await;
    drop(store);
    std::fs::copy(dir.join(DATABASE), dir.join("backup")).unwrap();
    let store = open(dir);
    record(&store, 100, 200).await;
    grown(&store, 300).await;
    store.close().await;
    drop(store);
    std::fs::rename(dir.join("backup"), dir.join(DATABASE)).unwrap();
}

#[tokio::test]
async fn a_database_behind_the_checkpoint_file_is_not_signed_on() {
    let dir = tempfile::tempdir().unwrap();
    put_back(dir.path()).await;
    let file = dir.path().join("ledger/checkpoint");
    let signed = std::fs::read_to_string(&file).unwrap();
    let store = open(dir.path());
    let reason = refused(&store).await;
    assert!(reason.contains("300") && reason.contains("100"), "{reason}");
    record(&store, 500, 400).await;
    store.close().await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), signed);
}

#[tokio::test]
async fn a_database_behind_the_tiles_is_not_signed_on() {
    let dir = tempfile::tempdir().unwrap();
    put_back(dir.path()).await;
    std::fs::remove_file(dir.path().join("ledger/checkpoint")).unwrap();
    let reason = refused(&open(dir.path())).await;
    assert!(reason.contains("tiles for 256 entries"), "{reason}");
}

#[tokio::test]
async fn a_database_that_is_gone_is_not_begun_anew_beside_a_signed_log() {
    let dir = tempfile::tempdir().unwrap();
    put_back(dir.path()).await;
    std::fs::remove_file(dir.path().join(DATABASE)).unwrap();
    let reason = refused(&open(dir.path())).await;
    assert!(reason.contains("the database has 0"), "{reason}");
}

#[tokio::test]
async fn a_checkpoint_signed_beside_a_running_gateway_ends_its_signing() {
    let dir = tempfile::tempdir().unwrap();
    put_back(dir.path()).await;
    let file = dir.path().join("ledger/checkpoint");
    let ahead = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_dir_all(dir.path().join("ledger")).unwrap();
    let store = open(dir.path());
    grown(&store, 100).await;
    std::fs::write(&file, ahead).unwrap();
    record(&store, 700, 1).await;
    let reason = refused(&store).await;
    assert!(reason.contains("300"), "{reason}");
}

#[tokio::test]
async fn another_history_of_the_same_length_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    put_back(dir.path()).await;
    let file = dir.path().join("ledger/checkpoint");
    let signed = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_dir_all(dir.path().join("ledger")).unwrap();
    // The same key signs another 300 entries.
    let store = open(dir.path());
    record(&store, 7_000, 300).await;
    grown(&store, 400).await;
    store.close().await;
    drop(store);
    std::fs::write(&file, signed).unwrap();
    let reason = refused(&open(dir.path())).await;
    assert!(reason.contains("first 300 entries"), "{reason}");
}

#[tokio::test]
async fn a_log_without_its_key_is_not_signed_with_another() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    record(&store, 0, 3).await;
    grown(&store, 3).await;
    let key = store.verifier().clone();
    store.close().await;
    drop(store);
    let file = dir.path().join("ledger.key");
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    std::fs::remove_file(&file).unwrap();
    let store = open(dir.path());
    let reason = refused(&store).await;
    assert!(reason.contains("ledger.key is gone"), "{reason}");
    assert_eq!(*store.verifier(), key);
    assert!(!file.exists());
    drop(store);
    std::fs::write(&file, "nonsense").unwrap();
    let refused = open_called(dir.path(), None);
    assert!(matches!(refused, Err(OpenError::Ledger(_))));
}

#[tokio::test]
async fn a_log_keeps_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_called(dir.path(), Some("a.example/log")).unwrap();
    assert_eq!(store.verifier().name(), "a.example/log");
    drop(store);
    let same = open_called(dir.path(), None).unwrap();
    assert_eq!(same.verifier().name(), "a.example/log");
    drop(same);
    let other = open_called(dir.path(), Some("b.example/log"));
    let words = other.unwrap_err().to_string();
    assert!(words.contains("a.example/log") && words.contains("b.example/log"), "{words}");
    let unfit = tempfile::tempdir().unwrap();
    assert!(open_called(unfit.path(), Some("a b")).is_err());
}

fn open_called(dir: &Path, origin: Option<&str>) -> Result<Store, OpenError> {
    let (clock, entropy) = (Ticking::default(), Counting::default());
    Store::open(dir, Options::default(), origin, &clock, &entropy, |_| {})
        .map(|opened| opened.store)
}
