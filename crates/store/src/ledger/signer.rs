//! The key that checkpoints are signed with, and the log's name. The key lies in a file of its own
//! that only its owner may read; the database has the name and the key it is checked with.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};
use weighbridge_core::entropy::{self, Entropy};
use weighbridge_proof::note::key::{SigningKey, VerifierKey, is_name};

use crate::error::OpenError;

/// The file in the data directory.
const FILE: &str = "ledger.key";

/// Who the log is, and what it signs with.
#[derive(Debug)]
pub(crate) struct Signer {
    /// What its checkpoints are checked with.
    pub(crate) verifier: VerifierKey,
    /// What they are signed with, or why there is nothing.
    pub(crate) key: Result<SigningKey, String>,
}

/// The log's name and key: those of the data directory, else new ones. `wanted` is the name that the
/// configuration gives it.
pub(crate) fn obtain(
    dir: &Path,
    connection: &Connection,
    wanted: Option<&str>,
    entropy: &dyn Entropy,
) -> Result<Signer, OpenError> {
    let database =
        |error: rusqlite::Error| OpenError::Database { dir: dir.into(), reason: error.to_string() };
    let path = dir.join(FILE);
    let kept = read(&path)?;
    if let Some(verifier) = stored(connection).map_err(database)? {
        let verifier: VerifierKey =
            verifier.parse().map_err(|_| ledger("the database holds no key of the log"))?;
        check_name(verifier.name(), wanted)?;
        let key = match kept {
            Some(key) if key.verifier() == verifier => Ok(key),
            Some(_) => Err(format!("{} is not the key that this log has", path.display())),
            None => Err(format!("{} is gone; put it back from a backup", path.display())),
        };
        return Ok(Signer { verifier, key });
    }
    // A start that ended between the file and the database leaves a key that was never used.
    let key = match kept {
        Some(key) => key,
        None => make(&path, wanted, entropy)?,
    };
    check_name(key.name(), wanted)?;
    let verifier = key.verifier();
    connection
        .execute("INSERT INTO meta (name, value) VALUES ('ledger', ?1)", [verifier.to_string()])
        .map_err(database)?;
    Ok(Signer { verifier, key: Ok(key) })
}

fn stored(connection: &Connection) -> rusqlite::Result<Option<String>> {
    connection
        .query_row("SELECT value FROM meta WHERE name = 'ledger'", [], |row| row.get(0))
        .optional()
}

fn check_name(name: &str, wanted: Option<&str>) -> Result<(), OpenError> {
    match wanted {
        Some(wanted) if wanted != name => Err(ledger(&format!(
            "the log of this data directory is called `{name}`, and the configuration says \
             ledger.origin = \"{wanted}\": a log keeps its name; put the old one there, or begin \
             with an empty data directory"
        ))),
        _ => Ok(()),
    }
}

fn read(path: &Path) -> Result<Option<SigningKey>, OpenError> {
    match std::fs::read_to_string(path) {
        Ok(text) => match SigningKey::parse(text.trim()) {
            Ok(key) => {
                warn_of_others(path);
                Ok(Some(key))
            }
            Err(_) => Err(ledger(&format!(
                "{} is not a signing key as this gateway writes it; put it back from a backup",
                path.display()
            ))),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(reason) => Err(OpenError::Files { path: path.into(), reason }),
    }
}

/// Says when others may read the key: they could sign in the operator's name.
fn warn_of_others(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).map_or(0, |file| file.permissions().mode());
    if mode & 0o077 != 0 {
        let file = path.display();
        tracing::warn!(%file, "others may read the log's signing key: chmod 600 it");
    }
}

fn make(path: &Path, wanted: Option<&str>, entropy: &dyn Entropy) -> Result<SigningKey, OpenError> {
    let random = || {
        entropy::fresh::<32>(entropy)
            .map_err(|error| ledger(&format!("no key can be made: {error}")))
    };
    let name = match wanted {
        Some(name) => name.to_owned(),
        None => {
            let [a, b, c, d, e, f, g, h, ..] = random()?;
            let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
            format!("log-{number:016x}.weighbridge.invalid")
        }
    };
    if !is_name(&name) {
        return Err(ledger(&format!("ledger.origin = \"{name}\" has a space or a `+` in it")));
    }
    let key = SigningKey::from_seed(&name, &random()?).ok_or_else(|| ledger("no key"))?;
    write(path, &key).map_err(|reason| OpenError::Files { path: path.into(), reason })?;
    Ok(key)
}

fn write(path: &Path, key: &SigningKey) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let draft: PathBuf = path.with_extension("key.new");
    // What an earlier start left there may be readable by others.
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    writeln!(file, "{}", key.to_secret_text())?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn ledger(words: &str) -> OpenError {
    OpenError::Ledger(words.to_owned())
}
