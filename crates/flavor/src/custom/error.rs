//! Refusals and failures in the flavor's shape.

use super::draft::Draft;
use super::source::Source;
use super::{Custom, Framing};

/// The longest sentence that is kept of a provider's failure, in bytes.
const MESSAGE_BYTES: usize = 1024;

/// The body of a refusal.
pub fn error_body(custom: &Custom, message: &str) -> Vec<u8> {
    let mut draft = Draft::default();
    draft.text(Some(&custom.error), message);
    let mut out = Vec::new();
    draft.write(&mut out);
    out
}

/// What a failing stream ends in.
pub fn error_event(custom: &Custom, message: &str) -> Vec<u8> {
    let body = error_body(custom, message);
    match custom.stream.as_ref().map(|stream| stream.framing) {
        Some(Framing::Lines) => [body.as_slice(), b"\n"].concat(),
        _ => [b"data: ".as_slice(), &body, b"\n\n"].concat(),
    }
}

/// The provider's sentence in the body of its refusal, if it is one. It may hold anything.
pub fn read_failure(custom: &Custom, body: &str) -> Option<String> {
    let mut source = Source::parse(body).ok()?;
    let mut message = source.text(Some(&custom.error)).ok()??.into_owned();
    message.truncate(message.floor_char_boundary(MESSAGE_BYTES));
    Some(message)
}
