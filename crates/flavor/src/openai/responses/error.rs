//! Failures in the shape of responses. Refusals have the shape of all of OpenAI's API.

use super::event::event;
use super::output::{Status, write_response};
use crate::canon::Face;

/// The event that a failing stream ends in, where nothing was written of it. Of one that was begun
/// see [`super::StreamWriter::fail`]. `code` is one that clients know, such as `server_error`,
/// `rate_limit_exceeded`, `invalid_prompt` or `insufficient_quota`.
pub fn error_event(face: &Face, code: &str, message: &str) -> Vec<u8> {
    let mut out = Vec::new();
    write(face, &mut 0, code, message, &mut out);
    out
}

/// Writes that event at its place in the stream. Its error stands in it twice: agents read it in the
/// response, and OpenAI's own SDKs raise an exception only for an `error` beside that.
pub(super) fn write(face: &Face, sequence: &mut u64, code: &str, message: &str, out: &mut Vec<u8>) {
    event(sequence, out, "response.failed", |root| {
        root.object("response", |response| {
            write_response(face, Status::Failed(code, message), |_| (), response);
        });
        root.object("error", |error| {
            error.text("code", code);
            error.text("message", message);
        });
    });
}
