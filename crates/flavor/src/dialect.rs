//! The dialects that are converted, and what each does in its own way.

use std::borrow::Cow;

use crate::anthropic;
use crate::canon::{Face, Losses, Reply, Request, Target};
use crate::json::Misfit;

/// A dialect of conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Anthropic's messages.
    Messages,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Messages];

    /// Its name, as receipts and reports have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Messages => "anthropic",
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
            Self::Messages => anthropic::write_request(request, target, losses),
        }
    }

    /// Reads a whole reply.
    ///
    /// # Errors
    /// [`Misfit`] for what is none.
    pub fn read_reply(self, body: &str) -> Result<Reply<'_>, Misfit> {
        match self {
            Self::Messages => anthropic::read_reply(body),
        }
    }

    /// Writes a whole reply for a caller.
    pub fn write_reply(self, reply: &Reply<'_>, face: &Face) -> Vec<u8> {
        match self {
            Self::Messages => anthropic::write_reply(reply, face),
        }
    }

    /// What says in a stream that it goes on.
    pub const fn ping(self) -> &'static [u8] {
        match self {
            Self::Messages => anthropic::PING,
        }
    }

    /// The body of a refusal with this status.
    pub fn error_body(self, status: u16, message: &str, request_id: Option<&str>) -> Vec<u8> {
        match self {
            Self::Messages => {
                anthropic::error_body(anthropic::error_kind(status), message, request_id)
            }
        }
    }

    /// What a failing stream ends in.
    pub fn error_event(self, status: u16, message: &str, request_id: Option<&str>) -> Vec<u8> {
        match self {
            Self::Messages => {
                anthropic::error_event(anthropic::error_kind(status), message, request_id)
            }
        }
    }

    /// The provider's own sentence in the body of its refusal. For the log.
    pub fn read_failure(self, body: &str) -> Option<Cow<'_, str>> {
        match self {
            Self::Messages => anthropic::read_failure(body).map(Cow::Owned),
        }
    }
}
