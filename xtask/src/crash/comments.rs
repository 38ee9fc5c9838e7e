//! The gateway's own comment lines, which stand outside the output hash.

/// How they begin.
const OURS: &[u8] = b": weighbridge";

/// A stream's bytes without the gateway's comment lines, and without the empty line after each.
pub(crate) fn without(stream: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(stream.len());
    let mut lines = stream.split_inclusive(|byte| *byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        if !line.starts_with(OURS) {
            kept.extend_from_slice(line);
        } else if lines.peek().is_some_and(|next| matches!(*next, b"\n" | b"\r\n")) {
            lines.next();
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn only_our_comments_go_each_with_its_empty_line() {
        let stream =
            b": theirs\n\ndata: 1\n\n: weighbridge ping\n\n: weighbridge {}\ndata: 2\r\n\r\n";
        assert_eq!(without(stream), b": theirs\n\ndata: 1\n\ndata: 2\r\n\r\n");
        assert_eq!(without(b"data: : weighbridge\n\nx"), b"data: : weighbridge\n\nx");
        assert_eq!(without(b": weighbridge cut"), b"");
    }
}
