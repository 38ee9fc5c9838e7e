//! The caller's side.

use crate::anthropic;
use crate::canon::{Event, Face};
use crate::dialect::Dialect;
use crate::json::Misfit;

/// Writes a stream in the caller's dialect.
#[derive(Debug)]
pub(super) enum Writer {
    Messages(anthropic::StreamWriter),
}

impl Writer {
    pub(super) fn new(dialect: Dialect, face: Face) -> Self {
        match dialect {
            Dialect::Messages => Self::Messages(anthropic::StreamWriter::new(face)),
        }
    }

    pub(super) fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
        match self {
            Self::Messages(writer) => writer.write(event, out),
        }
    }

    /// Writes the end, which is held.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Messages(writer) => writer.end(out),
        }
    }
}
