//! Reading a form.

use std::ops::Range;

use memchr::memmem::Finder;

use super::{boundary, disposition};
use crate::canon::Text;
use crate::json::Misfit;

/// The most parts of a form.
const PARTS: usize = 128;
/// The longest head of a part, in bytes.
const HEAD_BYTES: usize = 8 * 1024;

const LINE_END: &[u8] = b"\r\n";
const HEAD_END: &[u8] = b"\r\n\r\n";

/// One part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// The field's name. A field may stand more than once.
    pub name: Text<'a>,
    /// The name of the file, where it is one; it may be empty.
    pub file: Option<Text<'a>>,
    /// Its media type, where that is said.
    pub mime: Option<&'a str>,
    /// What it holds.
    pub data: &'a [u8],
    /// All of it, in the form: from the boundary before it to the one behind it.
    pub span: Range<usize>,
}

impl<'a> Part<'a> {
    /// What it holds, as text.
    ///
    /// # Errors
    /// When it is no UTF-8.
    pub fn text(&self) -> Result<&'a str, Misfit> {
        let text = std::str::from_utf8(self.data);
        text.map_err(|_| Misfit::new("should be UTF-8").at(&self.name))
    }
}

/// Reads the parts of a form, in their order.
///
/// # Errors
/// [`Misfit`] when the media type names no boundary, or the body is not whole or goes past a bound:
/// 128 parts, 8 KiB for the head of each.
pub fn read<'a>(body: &'a [u8], content_type: Option<&str>) -> Result<Vec<Part<'a>>, Misfit> {
    let delimiter = format!("\r\n--{}", boundary(content_type)?);
    let delimiter = Finder::new(delimiter.as_bytes());
    let bare = delimiter.needle().len() - LINE_END.len();
    // What is left to read is always the end of the body, and follows a boundary.
    let before = |rest: &[u8]| body.len() - rest.len() - bare;
    let mut rest = first(body, &delimiter)?;
    let mut parts = Vec::new();
    while let Some(inside) = next(rest)? {
        if parts.len() == PARTS {
            return Err(Misfit::new("should have at most 128 parts"));
        }
        let (head, content) = split_head(inside)?;
        let end = delimiter.find(content).ok_or_else(|| Misfit::new("is cut off"))?;
        let (data, after) = content.split_at(end);
        let after = after.get(delimiter.needle().len()..).unwrap_or_default();
        parts.push(read_part(head, data, before(rest)..before(after))?);
        rest = after;
    }
    Ok(parts)
}

/// What follows the first boundary. What stands before it says nothing.
fn first<'a>(body: &'a [u8], delimiter: &Finder<'_>) -> Result<&'a [u8], Misfit> {
    let bare = delimiter.needle().get(LINE_END.len()..).unwrap_or_default();
    if let Some(rest) = body.strip_prefix(bare) {
        return Ok(rest);
    }
    let at = delimiter.find(body).ok_or_else(|| Misfit::new("should hold its boundary"))?;
    Ok(body.get(at + delimiter.needle().len()..).unwrap_or_default())
}

/// The rest of the body from the next part on, seen from behind a boundary; nothing where that was
/// the last.
fn next(rest: &[u8]) -> Result<Option<&[u8]>, Misfit> {
    if rest.starts_with(b"--") {
        return Ok(None);
    }
    let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let line = rest.get(blank..).unwrap_or_default();
    let inside = line.strip_prefix(LINE_END);
    inside.map(Some).ok_or_else(|| Misfit::new("should have its boundaries on lines of their own"))
}

/// A part's head, and what follows it.
fn split_head(inside: &[u8]) -> Result<(&[u8], &[u8]), Misfit> {
    let reach = inside.get(..HEAD_BYTES).unwrap_or(inside);
    let head_end = memchr::memmem::find(reach, HEAD_END);
    let head_end =
        head_end.ok_or_else(|| Misfit::new("has a part without a head, or too long a one"))?;
    let (head, rest) = inside.split_at(head_end);
    Ok((head, rest.get(HEAD_END.len()..).unwrap_or_default()))
}

fn read_part<'a>(head: &'a [u8], data: &'a [u8], span: Range<usize>) -> Result<Part<'a>, Misfit> {
    let head = std::str::from_utf8(head);
    let head = head.map_err(|_| Misfit::new("has a part whose head is no UTF-8"))?;
    let mut named = None;
    let mut mime = None;
    for line in head.split("\r\n") {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-disposition") {
            if named.replace(disposition::read(value)?).is_some() {
                return Err(Misfit::new("has a part with two names"));
            }
        } else if name.eq_ignore_ascii_case("content-type") {
            mime = Some(value);
        } else if name.eq_ignore_ascii_case("content-transfer-encoding") {
            let plain = ["binary", "8bit", "7bit"];
            if !plain.iter().any(|plain| value.eq_ignore_ascii_case(plain)) {
                return Err(Misfit::new("has a part in an encoding of its own"));
            }
        }
    }
    let (name, file) = named.ok_or_else(|| Misfit::new("has a part without a name"))?;
    Ok(Part { name, file, mime, data, span })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: Option<&str> = Some("multipart/form-data; boundary=b");

    fn words(body: &str) -> String {
        read(body.as_bytes(), TYPE).unwrap_err().to_string()
    }

    #[test]
    fn parts_are_found_where_they_stand() {
        let body = "before\r\n--b \t\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n\
            --b\r\ncontent-type: audio/wav\r\nContent-Disposition: form-data; name=file; \
            filename=\"a \\\"b\\\".wav\"\r\n\r\n\r\n--\r\n-b\0\r\n--b\r\n\
            Content-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--b--\r\nafter";
        let parts = read(body.as_bytes(), TYPE).unwrap();
        let file = Part {
            name: "file".into(),
            file: Some("a \"b\".wav".into()),
            mime: Some("audio/wav"),
            data: b"\r\n--\r\n-b\0",
            span: 66..176,
        };
        let plain = |name: &'static str, data, span| Part {
            name: name.into(),
            file: None,
            mime: None,
            data,
            span,
        };
        let model = plain("model", b"m", 8..66);
        assert_eq!(parts, [model, file, plain("empty", b"", 176..231)]);
        for span in parts.into_iter().map(|part| part.span) {
            assert!(body[span.clone()].starts_with("--b") && body[span.end..].starts_with("--b"));
        }
        assert_eq!(read(b"--b--", TYPE).unwrap(), []);
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        let head = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
        assert_eq!(words(&format!("{head}x")), "is cut off");
        assert_eq!(
            words(&format!("{head}x\r\n--bx")),
            "should have its boundaries on lines of their own"
        );
        assert_eq!(words("x"), "should hold its boundary");
        assert_eq!(words("--b\r\nA: b\r\n\r\nx\r\n--b--"), "has a part without a name");
        assert!(words("--b\r\nx\r\n--b--").starts_with("has a part without a head"));
        let coded = "--b\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n--b--";
        assert_eq!(words(coded), "has a part in an encoding of its own");
    }

    #[test]
    fn everything_is_bounded() {
        let part = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n";
        let many = |count| format!("{}--b--", part.repeat(count));
        assert_eq!(read(many(PARTS).as_bytes(), TYPE).unwrap().len(), PARTS);
        assert_eq!(words(&many(PARTS + 1)), "should have at most 128 parts");
        let long = format!("--b\r\nA: {}\r\n\r\n\r\n--b--", "x".repeat(HEAD_BYTES));
        assert!(words(&long).ends_with("or too long a one"));
    }
}
