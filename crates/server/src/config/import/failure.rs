//! Why a file cannot be imported at all.

use std::io;

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// It is longer than any such file.
    #[error("it is longer than {most} bytes, which is the most that is read")]
    TooLong {
        /// The bound, in bytes.
        most: u64,
    },
    /// It is neither YAML nor JSON.
    #[error("line {line}: this cannot be read as YAML or JSON: {words}")]
    NotYaml {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        words: String,
    },
    /// Its aliases stand for too much.
    #[error(
        "there is too much in it: with its aliases written out it takes more than {most} bytes of \
         memory; import it in parts"
    )]
    GrowsTooFar {
        /// The bound, in bytes.
        most: usize,
    },
    /// It is not of a kind that is known.
    #[error(
        "this is neither a configuration of LiteLLM's proxy (no `model_list`) nor an export of \
         AOG's (no `service_providers`); say with --from what it is"
    )]
    UnknownKind,
    /// It is not what it was said to be.
    #[error("this is no {kind}: {words}")]
    NotOfThisKind {
        /// What it was said to be.
        kind: &'static str,
        /// What is missing.
        words: &'static str,
    },
}
