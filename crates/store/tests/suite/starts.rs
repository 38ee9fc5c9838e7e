//! Opening a data directory.

use weighbridge_store::{OpenError, Options, Store};

use crate::stage::{Counting, Ticking, open};

fn try_open(dir: &std::path::Path) -> Result<weighbridge_store::Opened, OpenError> {
    Store::open(dir, Options::default(), None, &Ticking::default(), &Counting::default(), |_| ())
}

#[test]
fn a_second_start_says_who_holds_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path(), Options::default());
    let refusal = try_open(dir.path()).unwrap_err().to_string();
    assert!(refusal.contains(&format!("process {}", std::process::id())), "{refusal}");
    drop(first);
    assert!(try_open(dir.path()).is_ok());
}

#[test]
fn the_node_stays_and_the_epoch_counts_up() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path(), Options::default()).store.boot();
    let second = open(dir.path(), Options::default()).store.boot();
    assert_eq!(second.node, first.node);
    assert_eq!(second.epoch, first.epoch + 1);
}

#[test]
fn a_newer_database_and_a_foreign_one_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path(), Options::default()));
    let file = dir.path().join("weighbridge.db");
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    assert!(matches!(try_open(dir.path()), Err(OpenError::Newer { found: 99, .. })));

    let dir = tempfile::tempdir().unwrap();
    let connection = rusqlite::Connection::open(dir.path().join("weighbridge.db")).unwrap();
    connection.execute_batch("CREATE TABLE other (x)").unwrap();
    drop(connection);
    assert!(matches!(try_open(dir.path()), Err(OpenError::Foreign { .. })));
}

#[test]
fn the_directory_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("data");
    drop(open(&dir, Options::default()));
    let mode = std::fs::metadata(&dir).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}
