//! SQLite, the same as in the product, on a disk that loses what is not flushed.

use std::error::Error;
use std::fs;
use std::path::Path;

use rusqlite::{Connection, ErrorCode};

use super::Stage;

/// Opens a database as the product does: a write-ahead log with full sync.
fn open(data: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(data.join("test.db"))?;
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "full")?;
    db.execute("CREATE TABLE IF NOT EXISTS rows (n INTEGER, text TEXT)", [])?;
    Ok(db)
}

fn insert(db: &Connection, rows: std::ops::Range<u32>) -> rusqlite::Result<()> {
    for row in rows {
        db.execute("INSERT INTO rows VALUES (?1, ?2)", (row, "x".repeat(700)))?;
    }
    Ok(())
}

/// Leaves a database as a killed program does: nothing is closed, nothing tidied up.
fn gone(db: Connection) {
    std::mem::forget(db);
}

fn count(stage: &Stage) -> rusqlite::Result<u32> {
    let db = Connection::open(stage.data("test.db"))?;
    let sound: String = db.query_one("PRAGMA integrity_check", [], |row| row.get(0))?;
    assert_eq!(sound, "ok");
    db.query_one("SELECT count(*) FROM rows", [], |row| row.get(0))
}

pub(super) fn play(data: &Path, _: &Path) -> Result<(), Box<dyn Error>> {
    let db = open(data)?;
    insert(&db, 0..50)?;
    db.pragma_update(None, "synchronous", "off")?;
    insert(&db, 50..80)?;
    gone(db);
    Ok(())
}

#[test]
fn rows_committed_with_full_sync_survive_and_others_do_not() {
    let stage = Stage::new().unwrap();
    stage.play("sqlite").unwrap();
    assert_eq!(count(&stage).unwrap(), 50);
    // Once more, on what was left.
    stage.play("sqlite").unwrap();
    assert_eq!(count(&stage).unwrap(), 100);
}

pub(super) fn play_weakened(data: &Path, switches: &Path) -> Result<(), Box<dyn Error>> {
    let db = open(data)?;
    insert(&db, 0..50)?;
    fs::write(switches.join("WB_SHIM_WEAKEN"), "")?;
    insert(&db, 50..60)?;
    db.query_one("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    insert(&db, 60..90)?;
    gone(db);
    Ok(())
}

#[test]
fn a_weakened_sync_loses_rows_and_keeps_the_database_sound() {
    let stage = Stage::new().unwrap();
    stage.play("weakened").unwrap();
    assert_eq!(count(&stage).unwrap(), 60);
}

pub(super) fn play_full(data: &Path, switches: &Path) -> Result<(), Box<dyn Error>> {
    let db = open(data)?;
    insert(&db, 0..10)?;
    fs::write(switches.join("WB_SHIM_FULL"), "")?;
    match insert(&db, 10..20).map_err(|error| error.sqlite_error_code()) {
        Err(Some(ErrorCode::DiskFull)) => {}
        other => return Err(format!("a full disk answers {other:?}").into()),
    }
    fs::remove_file(switches.join("WB_SHIM_FULL"))?;
    insert(&db, 10..20)?;
    gone(db);
    Ok(())
}

#[test]
fn a_full_disk_is_said_and_passes() {
    let stage = Stage::new().unwrap();
    stage.play("full-sqlite").unwrap();
    assert_eq!(count(&stage).unwrap(), 20);
}
