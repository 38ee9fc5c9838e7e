//! OpenAI's chat completions: what is read of a request, a reply and a stream, and what is written
//! in the gateway's own name.

pub mod chat;
pub(crate) mod chunks;
mod comment;
pub mod completion;
mod error;
mod failure;
mod forward;
mod models;
mod mould;
mod output_limit;
mod progress;
mod prompt;
mod reply;
mod request;
mod request_error;
pub mod responses;
mod stream;
mod stream_error;
mod usage;
mod usage_site;

pub(crate) use comment::OURS;
pub use comment::{DONE, PING, comment};
pub use error::{ErrorWords, error_body, error_event};
pub use failure::{ProviderFailure, read_failure};
pub use models::{ModelCard, model_body, model_list};
pub use output_limit::{LimitField, OutputLimit, keep_to};
pub use prompt::{Prompt, read_prompt};
pub use reply::{ReplyError, ReplyFacts, ReplyScan};
pub(crate) use request::OTHER_LIMITS;
pub use request::{ChatPeek, peek_chat};
pub use request_error::PeekError;
pub use stream::{ChatStream, Ended, Relay, StreamEnd, StreamOptions};
pub use stream_error::StreamError;
pub use usage::Usage;
pub use usage_site::UsageSite;
