//! The caller's side.

use crate::anthropic;
use crate::canon::{Event, Face};
use crate::dialect::Dialect;
use crate::json::Misfit;
use crate::openai::chat;

/// Writes a stream in the caller's dialect.
#[derive(Debug)]
pub(super) enum Writer {
    Chat(chat::StreamWriter),
    Messages(anthropic::StreamWriter),
}

impl Writer {
    pub(super) fn new(dialect: Dialect, face: Face) -> Self {
        match dialect {
            Dialect::Chat => Self::Chat(chat::StreamWriter::new(face)),
            Dialect::Messages => Self::Messages(anthropic::StreamWriter::new(face)),
        }
    }

    pub(super) fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
        match (self, event) {
            // State that only its provider can read; clients of chat would send it to any.
            (Self::Chat(_), Event::Signature { .. } | Event::Sealed { .. }) => Ok(()),
            (Self::Chat(writer), _) => {
                writer.write(event, out);
                Ok(())
            }
            (Self::Messages(writer), _) => writer.write(event, out),
        }
    }

    /// Writes the end, which is held.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Chat(writer) => writer.end(out),
            Self::Messages(writer) => writer.end(out),
        }
    }
}
