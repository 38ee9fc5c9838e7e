//! The gateway's own lines in a stream, and the line that ends one.

use bytes::{Bytes, BytesMut};

/// How every comment of the gateway starts. A provider's lines that start so are not passed on.
pub(crate) const OURS: &[u8] = b": weighbridge";

/// The comment that keeps a silent stream alive.
pub const PING: Bytes = Bytes::from_static(b": weighbridge ping\n\n");

/// The event that ends a stream.
pub const DONE: Bytes = Bytes::from_static(b"data: [DONE]\n\n");

/// The comment that carries `json`, which stands just before a stream's terminator.
#[must_use]
pub fn comment(json: &str) -> Bytes {
    let mut line = BytesMut::with_capacity(OURS.len() + json.len() + 3);
    line.extend_from_slice(OURS);
    line.extend_from_slice(b" ");
    // A line end would turn the rest of the comment into lines of the stream. In JSON it can stand
    // only between tokens, where a space says the same.
    line.extend(json.bytes().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }));
    line.extend_from_slice(b"\n\n");
    line.freeze()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_comment_is_one_line() {
        let comment = super::comment("{\"a\":\r\n1}");
        assert_eq!(comment, ": weighbridge {\"a\":  1}\n\n");
    }
}
