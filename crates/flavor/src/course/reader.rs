//! The provider's side.

use super::cutter::Piece;
use crate::canon::{Event, Fault};
use crate::custom;
use crate::dialect::Dialect;
use crate::openai::{chat, completion, responses};
use crate::{anthropic, aog, gemini, ollama};

/// Reads a stream in the provider's dialect.
#[derive(Debug)]
pub(super) enum Reader {
    Chat(Box<chat::StreamReader>),
    Completion(Box<completion::StreamReader>),
    Responses(Box<responses::StreamReader>),
    Messages(Box<anthropic::StreamReader>),
    Gemini(Box<gemini::StreamReader>),
    Ollama(Box<ollama::StreamReader>),
    Custom(Box<custom::StreamReader>),
    Aog(Box<aog::StreamReader>),
}

impl Reader {
    pub(super) fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Chat => Self::Chat(Box::default()),
            Dialect::Completion => Self::Completion(Box::default()),
            Dialect::Responses => Self::Responses(Box::new(responses::StreamReader::new())),
            Dialect::Messages => Self::Messages(Box::default()),
            Dialect::Gemini => Self::Gemini(Box::default()),
            Dialect::OllamaChat => {
                Self::Ollama(Box::new(ollama::StreamReader::new(ollama::Mode::Chat)))
            }
            Dialect::OllamaGenerate => {
                Self::Ollama(Box::new(ollama::StreamReader::new(ollama::Mode::Generate)))
            }
            Dialect::Custom(own) => Self::Custom(Box::new(custom::StreamReader::new(own))),
            Dialect::AogChat => Self::Aog(Box::new(aog::StreamReader::new(aog::Mode::Chat))),
            Dialect::AogGenerate => {
                Self::Aog(Box::new(aog::StreamReader::new(aog::Mode::Generate)))
            }
        }
    }

    pub(super) fn read(
        &mut self,
        piece: &Piece,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Fault> {
        match (self, piece) {
            (Self::Chat(reader), Piece::Event(event)) => reader.read(event, give),
            (Self::Completion(reader), Piece::Event(event)) => reader.read(event, give),
            (Self::Responses(reader), Piece::Event(event)) => reader.read(event, give),
            (Self::Messages(reader), Piece::Event(event)) => reader.read(event, give),
            (Self::Gemini(reader), Piece::Event(event)) => reader.read(event, give),
            (Self::Ollama(reader), Piece::Line(line)) => reader.read(line, give),
            (Self::Custom(reader), Piece::Event(event)) => reader.read(&event.data, give),
            (Self::Custom(reader), Piece::Line(line)) => reader.read(line, give),
            (Self::Aog(reader), Piece::Event(event)) => reader.read(event, give),
            // A course cuts its stream as its dialect has it.
            _ => Ok(()),
        }
    }

    /// Whether every answer that was begun has its finish mark.
    pub(super) fn is_finished(&self) -> bool {
        match self {
            Self::Chat(reader) => reader.is_finished(),
            Self::Completion(reader) => reader.is_finished(),
            Self::Responses(reader) => reader.is_finished(),
            Self::Messages(reader) => reader.is_finished(),
            Self::Gemini(reader) => reader.is_finished(),
            Self::Ollama(reader) => reader.is_finished(),
            Self::Custom(reader) => reader.is_finished(),
            Self::Aog(reader) => reader.is_finished(),
        }
    }

    /// Whether the terminator was seen, where the dialect has one.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Chat(reader) => reader.is_over(),
            Self::Completion(reader) => reader.is_over(),
            Self::Responses(reader) => reader.is_over(),
            Self::Messages(reader) => reader.is_over(),
            Self::Gemini(reader) => reader.is_over(),
            Self::Ollama(reader) => reader.is_over(),
            Self::Custom(reader) => reader.is_over(),
            Self::Aog(reader) => reader.is_over(),
        }
    }
}
