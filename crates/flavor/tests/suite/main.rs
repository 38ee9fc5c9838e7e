//! What holds for any input, cut in any way, and what the wire samples show.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed; the lint's own exception covers only the test functions"
)]

mod addressed;
mod anthropic;
mod aog;
mod chat;
mod completion;
mod course;
mod events;
mod gemini;
mod gemini_requests;
mod gemini_streams;
mod generate;
mod ollama;
mod pairs;
mod reply;
mod request;
mod responses;
mod responses_stream;
mod samples;
mod scanner;
mod services;
mod splice;
mod stream;
