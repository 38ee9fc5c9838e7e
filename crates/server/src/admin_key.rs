//! The administrator's key: given by the environment, or made at the first start.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use weighbridge_core::credential::{self, SHORTEST_GIVEN};
use weighbridge_core::entropy::{self, Entropy};
use weighbridge_core::redacted::Redacted;

use crate::serve::StartError;

/// The variable that may hold it.
const VARIABLE: &str = "WEIGHBRIDGE_ADMIN_KEY";

/// The file in the data directory that holds it otherwise.
const FILE: &str = "admin.key";

/// The administrator's key. It is written to its file, never printed.
pub(crate) fn obtain(data_dir: &Path, entropy: &dyn Entropy) -> Result<Redacted, StartError> {
    if let Ok(given) = std::env::var(VARIABLE) {
        if given.chars().count() < SHORTEST_GIVEN {
            return Err(StartError::Environment(format!(
                "{VARIABLE} should have at least {SHORTEST_GIVEN} characters"
            )));
        }
        return Ok(Redacted::new(given));
    }
    let file = data_dir.join(FILE);
    let failed = |reason| StartError::File { file: file.clone(), reason };
    match std::fs::read_to_string(&file) {
        Ok(text) if text.trim().len() >= SHORTEST_GIVEN => {
            return Ok(Redacted::new(text.trim().to_owned()));
        }
        Ok(_) => {
            return Err(StartError::Environment(format!(
                "{} holds no key; remove it, and the next start makes a new one",
                file.display()
            )));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let random = entropy::fresh(entropy).map_err(|error| {
        StartError::Environment(format!("no administrator's key can be made: {error}"))
    })?;
    let key = credential::make(credential::Kind::Bearer, random);
    write_private(data_dir, &file, &key).map_err(failed)?;
    Ok(key)
}

/// Writes the key so that a power cut leaves the whole file or none.
fn write_private(dir: &Path, file: &Path, key: &Redacted) -> std::io::Result<()> {
    let draft = dir.join("admin.key.new");
    let mut draft_file =
        OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&draft)?;
    writeln!(draft_file, "{}", key.reveal())?;
    draft_file.sync_all()?;
    std::fs::rename(&draft, file)?;
    std::fs::File::open(dir)?.sync_all()
}
