//! The dialects that are converted, and what each does in its own way.

use crate::canon::{Face, Losses, Reply, Request, Target};
use crate::custom::{self, Custom, Framing};
use crate::json::Misfit;
use crate::openai::{self, chat, completion, responses};
use crate::{anthropic, aog, gemini, ollama};

/// A dialect of conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI's chat completions, which many servers speak.
    Chat,
    /// OpenAI's older completions.
    Completion,
    /// OpenAI's responses.
    Responses,
    /// Anthropic's messages.
    Messages,
    /// Gemini's generateContent.
    Gemini,
    /// Ollama's chat.
    OllamaChat,
    /// Ollama's generate.
    OllamaGenerate,
    /// One that a file describes.
    Custom(&'static Custom),
    /// AOG's chat.
    AogChat,
    /// AOG's generate.
    AogGenerate,
}

/// What stands beside a request's body, in the dialects where that matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Path<'a> {
    /// The model, where the path names it.
    pub model: &'a str,
    /// Whether the path asks for a stream.
    pub stream: bool,
}

impl Dialect {
    /// All that the gateway itself has.
    pub const ALL: [Self; 9] = [
        Self::Chat,
        Self::Completion,
        Self::Responses,
        Self::Messages,
        Self::Gemini,
        Self::OllamaChat,
        Self::OllamaGenerate,
        Self::AogChat,
        Self::AogGenerate,
    ];

    /// Its name, as reports have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "openai chat",
            Self::Completion => "openai completion",
            Self::Responses => "openai responses",
            Self::Messages => "anthropic messages",
            Self::Gemini => "gemini",
            Self::OllamaChat => "ollama chat",
            Self::OllamaGenerate => "ollama generate",
            Self::Custom(custom) => custom.name.as_str(),
            Self::AogChat => "aog chat",
            Self::AogGenerate => "aog generate",
        }
    }

    /// The flavor that it belongs to, as receipts have it.
    pub const fn flavor(self) -> &'static str {
        match self {
            Self::Chat => "openai",
            Self::Completion => "openai-completion",
            Self::Responses => "openai-responses",
            Self::Messages => "anthropic",
            Self::Gemini => "gemini",
            Self::OllamaChat | Self::OllamaGenerate => "ollama",
            Self::Custom(custom) => custom.name.as_str(),
            Self::AogChat | Self::AogGenerate => "aog",
        }
    }

    /// Whether its streams are of lines, not of events.
    pub const fn is_lines(self) -> bool {
        match self {
            Self::OllamaChat | Self::OllamaGenerate => true,
            Self::Custom(Custom { stream: Some(stream), .. }) => {
                matches!(stream.framing, Framing::Lines)
            }
            _ => false,
        }
    }

    /// Reads a request.
    ///
    /// # Errors
    /// [`Misfit`] for what is none.
    pub fn read_request<'a>(
        self,
        body: &'a str,
        path: Path<'a>,
        losses: &mut Losses,
    ) -> Result<Request<'a>, Misfit> {
        match self {
            Self::Chat => chat::read_request(body, losses),
            Self::Completion => completion::read_request(body, losses),
            Self::Responses => responses::read_request(body, losses),
            Self::Messages => anthropic::read_request(body, losses),
            Self::Gemini => gemini::read_request(body, path.model, path.stream, losses),
            Self::OllamaChat => ollama::read_request(ollama::Mode::Chat, body, losses),
            Self::OllamaGenerate => ollama::read_request(ollama::Mode::Generate, body, losses),
            Self::Custom(own) => custom::read_request(own, body, losses),
            Self::AogChat => aog::read_request(aog::Mode::Chat, body, losses),
            Self::AogGenerate => aog::read_request(aog::Mode::Generate, body, losses),
        }
    }

    /// Writes a request for a provider.
    pub fn write_request(
        self,
        request: &Request<'_>,
        target: &Target,
        losses: &mut Losses,
    ) -> Vec<u8> {
        match self {
            Self::Chat => chat::write_request(request, target, losses),
            Self::Completion => completion::write_request(request, target, losses),
            Self::Responses => responses::write_request(request, target, losses),
            Self::Messages => anthropic::write_request(request, target, losses),
            Self::Gemini => gemini::write_request(request, target, losses),
            Self::OllamaChat => ollama::write_request(ollama::Mode::Chat, request, target, losses),
            Self::OllamaGenerate => {
                ollama::write_request(ollama::Mode::Generate, request, target, losses)
            }
            Self::Custom(own) => custom::write_request(own, request, target, losses),
            Self::AogChat => aog::write_request(aog::Mode::Chat, request, target, losses),
            Self::AogGenerate => aog::write_request(aog::Mode::Generate, request, target, losses),
        }
    }

    /// Reads a whole reply.
    ///
    /// # Errors
    /// [`Misfit`] for what is none.
    pub fn read_reply(self, body: &str) -> Result<Reply<'_>, Misfit> {
        match self {
            Self::Chat => chat::read_reply(body),
            Self::Completion => completion::read_reply(body),
            Self::Responses => responses::read_reply(body),
            Self::Messages => anthropic::read_reply(body),
            Self::Gemini => gemini::read_reply(body),
            Self::OllamaChat => ollama::read_reply(ollama::Mode::Chat, body),
            Self::OllamaGenerate => ollama::read_reply(ollama::Mode::Generate, body),
            Self::Custom(own) => custom::read_reply(own, body),
            Self::AogChat => aog::read_reply(aog::Mode::Chat, body),
            Self::AogGenerate => aog::read_reply(aog::Mode::Generate, body),
        }
    }

    /// Writes a whole reply for a caller.
    pub fn write_reply(self, reply: &Reply<'_>, face: &Face) -> Vec<u8> {
        match self {
            Self::Chat => chat::write_reply(reply, face),
            Self::Completion => completion::write_reply(reply, face),
            Self::Responses => responses::write_reply(reply, face),
            Self::Messages => anthropic::write_reply(reply, face),
            Self::Gemini => gemini::write_reply(reply, face),
            Self::OllamaChat => ollama::write_reply(ollama::Mode::Chat, reply, face),
            Self::OllamaGenerate => ollama::write_reply(ollama::Mode::Generate, reply, face),
            Self::Custom(own) => custom::write_reply(own, reply, face),
            Self::AogChat => aog::write_reply(aog::Mode::Chat, reply, face),
            Self::AogGenerate => aog::write_reply(aog::Mode::Generate, reply, face),
        }
    }

    /// Whether what was answered with 400 is a refusal of the gateway's own credential. Others say so
    /// by the status; Google does not, wherever it speaks OpenAI's words either.
    pub fn refuses_key(self, body: &str) -> bool {
        matches!(self, Self::Gemini | Self::Chat) && gemini::refuses_key(body)
    }

    /// The provider's own sentence in the body of its refusal, where it is one of its dialect. It
    /// may hold anything, and is for the log.
    pub fn read_failure(self, body: &str) -> Option<String> {
        match self {
            Self::Messages => anthropic::read_failure(body),
            Self::Custom(own) => custom::read_failure(own, body),
            Self::AogChat | Self::AogGenerate => aog::read_failure(body),
            // All of these have an `error`, an object or a text.
            Self::Chat
            | Self::Completion
            | Self::Responses
            | Self::Gemini
            | Self::OllamaChat
            | Self::OllamaGenerate => {
                openai::read_failure(body.as_bytes()).map(|failure| failure.message)
            }
        }
    }
}
