//! The caller's side.

use crate::canon::{Event, Face};
use crate::custom;
use crate::dialect::Dialect;
use crate::json::Misfit;
use crate::openai::{chat, completion, responses};
use crate::{anthropic, aog, gemini, ollama};

/// Writes a stream in the caller's dialect.
#[derive(Debug)]
pub(super) enum Writer {
    Chat(chat::StreamWriter),
    Completion(completion::StreamWriter),
    Responses(Box<responses::StreamWriter>),
    Messages(anthropic::StreamWriter),
    Gemini(gemini::StreamWriter),
    Ollama(ollama::StreamWriter),
    Custom(custom::StreamWriter),
    Aog(aog::StreamWriter),
}

impl Writer {
    pub(super) fn new(dialect: Dialect, face: Face) -> Self {
        match dialect {
            Dialect::Chat => Self::Chat(chat::StreamWriter::new(face)),
            Dialect::Completion => Self::Completion(completion::StreamWriter::new(face)),
            Dialect::Responses => Self::Responses(Box::new(responses::StreamWriter::new(face))),
            Dialect::Messages => Self::Messages(anthropic::StreamWriter::new(face)),
            Dialect::Gemini => Self::Gemini(gemini::StreamWriter::new(face)),
            Dialect::OllamaChat => {
                Self::Ollama(ollama::StreamWriter::new(ollama::Mode::Chat, face))
            }
            Dialect::OllamaGenerate => {
                Self::Ollama(ollama::StreamWriter::new(ollama::Mode::Generate, face))
            }
            Dialect::Custom(own) => Self::Custom(custom::StreamWriter::new(own, face)),
            Dialect::AogChat => Self::Aog(aog::StreamWriter::new(aog::Mode::Chat, face)),
            Dialect::AogGenerate => Self::Aog(aog::StreamWriter::new(aog::Mode::Generate, face)),
        }
    }

    /// Writes what happens. State that only its provider can read goes to nobody: clients would send
    /// it to any.
    pub(super) fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
        match (self, event) {
            // Clients of messages want to see where a thought ends; its signature is not written.
            (Self::Messages(writer), _) => writer.write(event, out),
            (_, Event::Signature { .. } | Event::Sealed { .. }) => Ok(()),
            (Self::Chat(writer), _) => {
                writer.write(event, out);
                Ok(())
            }
            (Self::Completion(writer), _) => {
                writer.write(event, out);
                Ok(())
            }
            (Self::Responses(writer), _) => writer.write(event, out),
            (Self::Gemini(writer), _) => {
                writer.write(event, out);
                Ok(())
            }
            (Self::Custom(writer), _) => {
                writer.write(event, out);
                Ok(())
            }
            (Self::Aog(writer), _) => {
                writer.write(event, out);
                Ok(())
            }
            (Self::Ollama(writer), _) => {
                writer.write(event, out);
                if writer.has_failed() {
                    return Err(Misfit::new("calls of tools are longer than can be held"));
                }
                Ok(())
            }
        }
    }

    /// Writes the end, which is held.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Chat(writer) => writer.end(out),
            Self::Completion(writer) => writer.end(out),
            Self::Responses(writer) => writer.end(out),
            Self::Messages(writer) => writer.end(out),
            Self::Gemini(writer) => writer.end(out),
            Self::Ollama(writer) => writer.end(out),
            Self::Custom(writer) => writer.end(out),
            Self::Aog(writer) => writer.end(out),
        }
    }

    /// See [`super::Course::fail`].
    pub(super) fn fail(&mut self, code: &str, message: &str) -> Option<Vec<u8>> {
        let Self::Responses(writer) = self else { return None };
        let mut out = Vec::new();
        writer.fail(code, message, &mut out);
        Some(out)
    }
}
