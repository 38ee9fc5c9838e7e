//! OpenAI's chat completions and the canonical form: requests, replies and streams, read and
//! written. Nothing passes here when caller and provider both speak this flavor.
//!
//! What compatible servers have agreed on beside OpenAI's own words is read too: `reasoning_content`,
//! `reasoning`, `reasoning_details`, calls without ids or indices. It is written only where OpenAI
//! has no word for it.

mod assistant;
mod content;
mod conversation;
mod finish;
mod media;
mod read_reply;
mod read_request;
mod read_stream;
mod reasoning;
mod tool_choice;
mod tools;
mod usage;
mod write_messages;
mod write_reply;
mod write_request;
mod write_stream;

pub use read_reply::read_reply;
pub use read_request::read_request;
pub use read_stream::StreamReader;
pub use write_reply::write_reply;
pub use write_request::write_request;
pub use write_stream::StreamWriter;

use crate::{canon::Losses, json::Object};

/// Names what nobody has taken out of an object that stands at `place`.
fn name_rest(object: &Object<'_>, place: &str, losses: &mut Losses) {
    for (name, _) in object.rest() {
        losses.dropped(format!("{place}{name}"), "not known here");
    }
}
