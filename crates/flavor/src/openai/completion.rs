//! OpenAI's older completions, `/v1/completions`, and the canonical form: requests, replies and
//! streams, read and written. A prompt is a conversation of one turn. Nothing passes here when
//! caller and provider both speak this dialect.
//!
//! What a conversation has no place for is refused by name: text to be filled in before a `suffix`,
//! the prompt as an `echo`, the `best_of` several answers, prompts of tokens, and several prompts at
//! once. A request without a limit stays without one.

mod logprobs;
mod read_reply;
mod read_request;
mod read_stream;
mod write_reply;
mod write_request;
mod write_stream;

pub use read_reply::read_reply;
pub use read_request::read_request;
pub use read_stream::StreamReader;
pub use write_reply::write_reply;
pub use write_request::write_request;
pub use write_stream::StreamWriter;
