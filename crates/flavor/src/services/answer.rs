//! The root of a reply, whatever the service.

use super::Usage;
use crate::canon::tokens;
use crate::json::{Misfit, Object};

/// The bytes as text.
pub(super) fn text(body: &[u8]) -> Result<&str, Misfit> {
    std::str::from_utf8(body).map_err(|_| Misfit::new("should be UTF-8"))
}

/// The members of a reply. A provider's error is no reply.
pub(super) fn read(body: &str) -> Result<Object<'_>, Misfit> {
    let mut root = Object::parse(body)?;
    if root.take("error").is_some() {
        return Err(Misfit::new("stands in the place of a reply").at("error"));
    }
    Ok(root)
}

/// Takes a `usage` with tokens out, as vectors and ranking have it: there is only a prompt.
pub(super) fn usage(root: &mut Object<'_>) -> Usage {
    let mut usage = root.object("usage").ok().flatten();
    let mut figure = |name| usage.as_mut().and_then(|usage| tokens(usage, name));
    // Some say the total alone, or nought beside it.
    let (prompt, total) = (figure("prompt_tokens"), figure("total_tokens"));
    let input_tokens = prompt.filter(|tokens| *tokens > 0).or(total).or(prompt);
    Usage { input_tokens, ..Usage::default() }
}

/// Whether a media type, with or without parameters, is JSON.
pub(super) fn is_json(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|given| {
        let kind = kind(given);
        kind == "application/json" || kind.ends_with("+json")
    })
}

/// A media type without its parameters, in small letters.
pub(super) fn kind(content_type: &str) -> String {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_says_what_the_prompt_does_not() {
        let read_usage = |body| usage(&mut read(body).unwrap()).input_tokens;
        assert_eq!(read_usage(r#"{"usage":{"prompt_tokens":7,"total_tokens":9}}"#), Some(7));
        assert_eq!(read_usage(r#"{"usage":{"total_tokens":9}}"#), Some(9));
        assert_eq!(read_usage(r#"{"usage":{"prompt_tokens":0,"total_tokens":9}}"#), Some(9));
        assert_eq!(read_usage(r#"{"usage":{"total_tokens":"9"}}"#), None);
        assert_eq!(read_usage(r#"{"usage":[]}"#), None);
        assert_eq!(read_usage("{}"), None);
    }

    #[test]
    fn an_error_is_no_reply() {
        assert!(read(r#"{"error":{"message":"no"}}"#).is_err());
        assert!(read(r#"{"error":null}"#).is_ok());
    }

    #[test]
    fn json_is_told_by_its_media_type() {
        assert!(is_json(Some("Application/JSON; charset=utf-8")));
        assert!(!is_json(Some("text/plain")));
        assert!(!is_json(None));
    }
}
