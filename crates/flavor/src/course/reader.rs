//! The provider's side.

use crate::anthropic;
use crate::canon::{Event, Fault};
use crate::dialect::Dialect;
use crate::openai::chat;
use crate::sse;

/// Reads a stream in the provider's dialect.
#[derive(Debug)]
pub(super) enum Reader {
    Chat(Box<chat::StreamReader>),
    Messages(Box<anthropic::StreamReader>),
}

impl Reader {
    pub(super) fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Chat => Self::Chat(Box::default()),
            Dialect::Messages => Self::Messages(Box::default()),
        }
    }

    pub(super) fn read(
        &mut self,
        event: &sse::Event,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Fault> {
        match self {
            Self::Chat(reader) => reader.read(event, give),
            Self::Messages(reader) => reader.read(event, give),
        }
    }

    /// Whether every answer that was begun has its finish mark.
    pub(super) fn is_finished(&self) -> bool {
        match self {
            Self::Chat(reader) => reader.is_finished(),
            Self::Messages(reader) => reader.is_finished(),
        }
    }

    /// Whether the terminator was seen, where the dialect has one.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Chat(reader) => reader.is_over(),
            Self::Messages(reader) => reader.is_over(),
        }
    }
}
