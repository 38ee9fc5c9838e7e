//! OpenAI's chat completions and the canonical form: requests, replies and streams, read and
//! written. Nothing passes here when caller and provider both speak this flavor.
//!
//! What compatible servers have agreed on beside OpenAI's own words is read too: `reasoning_content`,
//! `reasoning`, `reasoning_details`, calls without ids or indices. It is written only where OpenAI
//! has no word for it.

// Another flavor has much of this in the same spelling, and reads and writes it with what is here.
pub(crate) mod assistant;
pub(crate) mod content;
mod conversation;
pub(crate) mod finish;
mod media;
pub(crate) mod read_reply;
pub(crate) mod read_request;
pub(crate) mod read_stream;
pub(crate) mod reasoning;
pub(crate) mod tool_choice;
pub(crate) mod tools;
pub(crate) mod usage;
pub(crate) mod write_messages;
pub(crate) mod write_reply;
pub(crate) mod write_request;
pub(crate) mod write_stream;

pub use read_reply::read_reply;
pub use read_request::read_request;
pub use read_stream::StreamReader;
pub use write_reply::write_reply;
pub use write_request::write_request;
pub use write_stream::StreamWriter;

// What the older completions have in common with these.
pub(super) use finish::word as finish_word;
pub(super) use read_reply::{read_stop as read_finish, said};
pub(super) use read_request::{
    read_count, read_end_user, read_limit, read_sampling, read_stop, read_stream_options,
};
pub(super) use usage::{read as read_usage, write as write_usage};
pub(super) use write_request::{write_sampling, write_stop};

use crate::{canon::Losses, json::Object};

/// Names what nobody has taken out of an object that stands at `place`.
pub(crate) fn name_rest(object: &Object<'_>, place: &str, losses: &mut Losses) {
    for (name, _) in object.rest() {
        losses.dropped(format!("{place}{name}"), "not known here");
    }
}
