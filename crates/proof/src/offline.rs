//! The files of an offline check. The one place of this crate that reads any.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::bundle::BUNDLE_LIMIT;
use crate::content::{Content, ContentHasher};
use crate::verify::{Held, Report, Trust, verify};

/// Bytes that are read at a time.
const PIECE: usize = 64 << 10;

/// What to check, and against what.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// The bundle, or the `.tlog-proof` file.
    pub bundle: PathBuf,
    /// The verifier key that is pinned.
    pub key: Option<String>,
    /// A file of known logs, instead.
    pub known: Option<PathBuf>,
    /// The request's bytes.
    pub request: Option<PathBuf>,
    /// The reply's bytes.
    pub reply: Option<PathBuf>,
}

/// Reads the files and checks the bundle. A file that cannot be read makes the report unusable.
pub fn check(files: &Files) -> Report {
    try_check(files).unwrap_or_else(Report::unusable)
}

fn try_check(files: &Files) -> Result<Report, String> {
    let trust = trust(files)?;
    let held = Held {
        request: files.request.as_deref().map(hash).transpose()?,
        reply: files.reply.as_deref().map(hash).transpose()?,
    };
    // A `.tlog-proof` holds the same in base64.
    let bytes = read(&files.bundle, 2 * BUNDLE_LIMIT as u64)?;
    Ok(verify(&bytes, &trust, held))
}

fn trust(files: &Files) -> Result<Trust, String> {
    match (&files.key, &files.known) {
        (Some(_), Some(_)) => Err("give --key or --known, not both".to_owned()),
        (Some(key), None) => {
            Ok(Trust::Key(key.trim().parse().map_err(|error| format!("--key is {error}"))?))
        }
        (None, Some(file)) => {
            let bytes = read(file, BUNDLE_LIMIT as u64)?;
            let text =
                String::from_utf8(bytes).map_err(|_| format!("{} is not text", file.display()))?;
            Trust::read_known(&text).map_err(|error| error.to_string())
        }
        (None, None) => Ok(Trust::Nobody),
    }
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > limit {
        return Err(format!("{} has more than {limit} bytes", path.display()));
    }
    Ok(bytes)
}

fn hash(path: &Path) -> Result<Content, String> {
    let mut hasher = ContentHasher::default();
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece).map_err(|error| unreadable(path, &error))? {
            0 => return Ok(hasher.finish()),
            count => hasher.update(&piece[..count]),
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be read: {error}", path.display())
}
