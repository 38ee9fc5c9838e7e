//! The dialects that are converted, and what each does in its own way.

use crate::anthropic;
use crate::canon::{Face, Losses, Reply, Request, Target};
use crate::json::Misfit;
use crate::openai::{self, chat};

/// A dialect of conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI's chat completions, which many servers speak.
    Chat,
    /// Anthropic's messages.
    Messages,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Chat, Self::Messages];

    /// Its name, as reports have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "openai chat",
            Self::Messages => "anthropic messages",
        }
    }

    /// Reads a request.
    ///
    /// # Errors
    /// [`Misfit`] for what is none.
    pub fn read_request<'a>(
        self,
        body: &'a str,
        losses: &mut Losses,
    ) -> Result<Request<'a>, Misfit> {
        match self {
            Self::Chat => chat::read_request(body, losses),
            Self::Messages => anthropic::read_request(body, losses),
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
            Self::Messages => anthropic::write_request(request, target, losses),
        }
    }

    /// Reads a whole reply.
    ///
    /// # Errors
    /// [`Misfit`] for what is none.
    pub fn read_reply(self, body: &str) -> Result<Reply<'_>, Misfit> {
        match self {
            Self::Chat => chat::read_reply(body),
            Self::Messages => anthropic::read_reply(body),
        }
    }

    /// Writes a whole reply for a caller.
    pub fn write_reply(self, reply: &Reply<'_>, face: &Face) -> Vec<u8> {
        match self {
            Self::Chat => chat::write_reply(reply, face),
            Self::Messages => anthropic::write_reply(reply, face),
        }
    }

    /// What says in a stream that it goes on.
    pub const fn ping(self) -> &'static [u8] {
        match self {
            Self::Chat => b": weighbridge ping\n\n",
            Self::Messages => anthropic::PING,
        }
    }

    /// The provider's own sentence in the body of its refusal. For the log.
    pub fn read_failure(self, body: &str) -> Option<String> {
        match self {
            Self::Chat => openai::read_failure(body.as_bytes()).map(|failure| failure.message),
            Self::Messages => anthropic::read_failure(body),
        }
    }
}
