//! Cutting a stream into what can be read by itself.

use bytes::Bytes;

use crate::dialect::Dialect;
use crate::json::object::{self, Object};
use crate::lines::LineReader;
use crate::openai::OURS;
use crate::sse::{Event, EventReader};

/// Cuts a stream into events or lines.
#[derive(Debug)]
pub(super) enum Cutter {
    Events(EventReader),
    Lines(LineReader),
}

/// What is read by itself.
#[derive(Debug)]
pub(super) enum Piece {
    Event(Event),
    /// With its end, if it has one.
    Line(Bytes),
}

/// A piece is longer than the bound.
pub(super) struct TooLong {
    pub(super) limit: usize,
}

impl Cutter {
    pub(super) fn new(dialect: Dialect, max: usize) -> Self {
        if dialect.is_lines() {
            Self::Lines(LineReader::new(max))
        } else {
            Self::Events(EventReader::new(max))
        }
    }

    pub(super) fn push(&mut self, piece: Bytes) {
        match self {
            Self::Events(reader) => reader.push(piece),
            Self::Lines(reader) => reader.push(piece),
        }
    }

    /// The next whole one, if there is one.
    pub(super) fn next(&mut self) -> Result<Option<Piece>, TooLong> {
        match self {
            Self::Events(reader) => match reader.next_event() {
                Ok(event) => Ok(event.map(Piece::Event)),
                Err(crate::sse::SseError::TooLong { limit }) => Err(TooLong { limit }),
            },
            Self::Lines(reader) => match reader.next_with_end() {
                Ok(line) => Ok(line.map(Piece::Line)),
                Err(error) => Err(TooLong { limit: error.limit }),
            },
        }
    }

    /// The last one, if the stream ended without its end. What is too long is none.
    pub(super) fn finish(self) -> Option<Piece> {
        match self {
            Self::Events(reader) => reader.finish().map(Piece::Event),
            Self::Lines(reader) => reader.finish().ok().flatten().map(Piece::Line),
        }
    }
}

impl Piece {
    /// Whether it is a chunk that is about no answer.
    pub(super) fn has_no_choices(&self) -> bool {
        let Self::Event(event) = self else { return false };
        let text = std::str::from_utf8(&event.data).unwrap_or_default();
        let choices = Object::parse(text).map(|mut chunk| chunk.take("choices"));
        match choices {
            Ok(None) => true,
            Ok(Some(choices)) => object::list(choices).is_ok_and(|choices| choices.is_empty()),
            Err(_) => false,
        }
    }

    /// What goes on of it to a caller of the same dialect: all but comments that look like ours.
    pub(super) fn raw(&self) -> Option<Bytes> {
        match self {
            Self::Event(event) => event.without_comments(OURS),
            Self::Line(line) => Some(line.clone()),
        }
    }
}
