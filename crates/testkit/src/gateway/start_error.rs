//! Why a gateway did not start.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// Why a gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its configuration could not be written.
    #[error("the configuration could not be written: {0}")]
    Config(#[source] io::Error),
    /// There is no such program, or it cannot be run.
    #[error("{binary} cannot be started: {error}", binary = binary.display())]
    Spawn {
        /// The program.
        binary: PathBuf,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// It could not be waited for.
    #[error("the gateway cannot be waited for: {0}")]
    Wait(#[source] io::Error),
    /// It ended instead of listening.
    #[error("the gateway ended ({status}) before it listened; it said:\n{said}")]
    Ended {
        /// How.
        status: ExitStatus,
        /// Its words.
        said: String,
    },
    /// It did not listen in time.
    #[error("the gateway did not listen within {waited:?}; it said:\n{said}")]
    Late {
        /// How long was waited.
        waited: Duration,
        /// Its words.
        said: String,
    },
}
