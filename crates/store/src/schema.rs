//! The database's form: made when new, refused when newer than this code.

use std::path::Path;

use rusqlite::Connection;

use crate::error::OpenError;

/// The version that this code writes.
pub(crate) const VERSION: i64 = 1;

/// Marks the file as ours: "WBdg".
const APPLICATION_ID: i64 = 0x5742_6467;

/// Makes the tables in an empty database, in one transaction; leaves one of this version alone.
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
        (0, 0) if is_empty(connection).map_err(failed)? => {
            let transaction = connection.transaction().map_err(failed)?;
            transaction.execute_batch(include_str!("schema.sql")).map_err(failed)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
            transaction.pragma_update(None, "user_version", VERSION).map_err(failed)?;
            transaction.commit().map_err(failed)
        }
        (APPLICATION_ID, VERSION) => Ok(()),
        (APPLICATION_ID, _) => Err(OpenError::Newer { dir: dir.clone(), found, known: VERSION }),
        _ => Err(OpenError::Foreign { file: file.to_owned() }),
    }
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}
