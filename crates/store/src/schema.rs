//! The database's form: made when new, brought up to date when older, refused when newer than this
//! code.

use std::path::Path;

use rusqlite::{Connection, Transaction};

use crate::error::OpenError;

/// The steps from nothing to what this code writes. A step that was released is never changed.
const STEPS: [&str; 5] = [
    include_str!("schema/0001_receipts.sql"),
    include_str!("schema/0002_money.sql"),
    include_str!("schema/0003_log.sql"),
    include_str!("schema/0004_endpoint_tokens.sql"),
    include_str!("schema/0005_key_policies.sql"),
];

/// The version that this code writes.
pub(crate) const VERSION: i64 = 5;

/// Marks the file as ours: "WBdg".
const APPLICATION_ID: i64 = 0x5742_6467;

/// Makes the tables in an empty database, or those that an older one lacks, in one transaction.
pub(crate) fn prepare(connection: &mut Connection, file: &Path) -> Result<(), OpenError> {
    let dir = file.parent().unwrap_or(file).to_owned();
    let failed = |error: rusqlite::Error| OpenError::Database {
        dir: dir.clone(),
        reason: error.to_string(),
    };
    let read = |connection: &Connection, pragma| {
        connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
    };
    let application = read(connection, "application_id").map_err(failed)?;
    let found = read(connection, "user_version").map_err(failed)?;
    match (application, found) {
        (0, 0) if is_empty(connection).map_err(failed)? => step_up(connection, 0).map_err(failed),
        (APPLICATION_ID, VERSION) => Ok(()),
        (APPLICATION_ID, 1..VERSION) => step_up(connection, found).map_err(failed),
        (APPLICATION_ID, _) => Err(OpenError::Newer { dir: dir.clone(), found, known: VERSION }),
        _ => Err(OpenError::Foreign { file: file.to_owned() }),
    }
}

fn step_up(connection: &mut Connection, from: i64) -> rusqlite::Result<()> {
    let transaction: Transaction<'_> = connection.transaction()?;
    let done = usize::try_from(from).unwrap_or(0);
    for step in STEPS.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}
