//! Errors in Ollama's words.

use crate::json::writer;

/// The body of an error.
#[must_use]
pub fn error_body(message: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 16);
    writer::object(&mut out, |root| root.text("error", message));
    out
}

/// The line that ends a stream in an error; nothing may come after it.
#[must_use]
pub fn error_line(message: &str) -> Vec<u8> {
    let mut line = error_body(message);
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_error_in_a_stream_is_one_line() {
        let line = super::error_line("no \"x\"\nhere");
        assert_eq!(line, b"{\"error\":\"no \\\"x\\\"\\nhere\"}\n");
    }
}
