//! AOG's `chat` and `generate` services: both directions between them and the canonical form.
//!
//! AOG is Intel's AIPC Open Gateway; its services stand at `/aog/v0.2/services/chat` and
//! `/aog/v0.2/services/generate`. The source is its specification (`aog_spec.rst` and
//! `service_specs/chat.rst`), and where that is silent the templates and SDKs of its last version.
//! There never was a schema of it, and what AOG did not name it dropped without a word.
//!
//! The form here is the canonical form's own spelling, so that a caller who can say something can
//! say it in AOG's flavor too:
//!
//! - What AOG names keeps AOG's name: `messages`, `prompt`, `images`, `think`, `max_tokens`, `top_k`,
//!   `created_at` (a time), `message`, `response`, `finished`, and `function_call`, the finish reason
//!   of an answer that waits for tools.
//! - What AOG lacks and chat completions have is spelled as there: `tool_choice`, `response_format`,
//!   `reasoning_effort`, penalties, `logprobs`, `user`, `usage`, parts of content that are pictures,
//!   sounds or files, `reasoning_content` and `refusal` in an answer, and pieces of calls in a stream.
//!   What `think` and an effort cannot say of thinking stands in OpenRouter's `reasoning` and
//!   `include_reasoning`, as there.
//! - A system message is one piece of system text: several stay several.
//! - What a message holds in `chat` stands in the reply itself in `generate`, where the words are
//!   `response`. A system text for a prompt is `system`, as Ollama has it.
//!
//! There is one answer, so `n` is refused beyond one. `keep_alive` means something to one provider
//! only and is dropped by name. `hybrid_policy` is read by the gateway and passes here unseen;
//! `remote_service_provider` is refused, for who serves a call is a matter of money.
//!
//! A stream is of events, whose data are replies with the next piece each. **It ends in the one event
//! with `finished: true`**, which says why, and what was used; nothing follows it, and a stream that
//! fails ends in an error instead. That is what the specification says of the last message and what
//! AOG's .NET client waits for. AOG itself never wrote any other end mark in this flavor, and its
//! clients read every line as JSON, which rules out `[DONE]` as well as comments. For most of its
//! providers it set `finished` for `stop` alone, so that answers cut short or waiting for tools never
//! finished: such a stream is read as finished where a reason was seen and the body ends.

mod content;
mod error;
mod mode;
mod reply;
mod request_reader;
mod request_writer;
mod stop;
mod stream_reader;
mod stream_writer;
mod thinking;

pub use error::{error_body, error_event, read_failure};
pub use mode::Mode;
pub use reply::{read_reply, write_reply};
pub use request_reader::read_request;
pub use request_writer::write_request;
pub use stream_reader::StreamReader;
pub use stream_writer::StreamWriter;
