//! What a call asks for, as far as a provider's behaviour depends on it.

use serde::Deserialize;

/// What a call asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The model; empty where none could be read.
    pub model: String,
    /// Whether a stream is wanted.
    pub stream: bool,
    /// Whether `stream_options.include_usage` is set.
    pub include_usage: bool,
    /// The first text like `m-1-2` in the body.
    pub marker: Option<String>,
    /// The how-manieth call of this provider it is, from one.
    pub number: u64,
}

/// Whatever else there is, numbers beyond any range and keys given twice, does not matter.
#[derive(Deserialize, Default)]
struct Body {
    model: Option<String>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

impl Asked {
    /// Reads it out of a request: of its body, and in Google's flavor of its path.
    pub(crate) fn read(path: &str, body: &[u8], number: u64) -> Self {
        let read: Body = serde_json::from_slice(body).unwrap_or_default();
        let include_usage = read.stream_options.and_then(|options| options.include_usage);
        Self {
            model: read.model.or_else(|| model_in(path)).unwrap_or_default(),
            stream: read.stream.unwrap_or_else(|| path.contains(":stream")),
            include_usage: include_usage.unwrap_or_default(),
            marker: marker(body),
            number,
        }
    }
}

/// The model of a path like `/v1beta/models/m:generateContent`.
fn model_in(path: &str) -> Option<String> {
    let (model, _method) = path.rsplit_once("/models/")?.1.rsplit_once(':')?;
    Some(model.to_owned())
}

/// The first `m-` with a digit behind it that begins a word, up to the word's end.
fn marker(body: &[u8]) -> Option<String> {
    let begins = |at: usize| at == 0 || !body[at - 1].is_ascii_alphanumeric();
    let start = body.windows(3).enumerate().find_map(|(at, window)| {
        let is_one = window.starts_with(b"m-") && window[2].is_ascii_digit() && begins(at);
        is_one.then_some(at)
    })?;
    let word =
        body[start..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-');
    String::from_utf8(word.copied().collect()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_is_read_whatever_stands_around_it() {
        let body = br#" {"seed":1e400, "model":"ok","stream" : true, "x":"\u00e9",
            "stream_options":{"include_usage":true,"y":[1]}, "x":{}, "messages":
            [{"role":"user","content":"say m-3-17, please"}]}"#;
        let asked = Asked::read("/v1/chat/completions", body, 4);
        assert_eq!((asked.model.as_str(), asked.number), ("ok", 4));
        assert!(asked.stream && asked.include_usage);
        assert_eq!(asked.marker.as_deref(), Some("m-3-17"));
    }

    #[test]
    fn a_body_that_says_nothing_asks_for_nothing() {
        assert_eq!(Asked::read("/", b"not JSON", 1), Asked { number: 1, ..Asked::default() });
        assert_eq!(marker(b"them-1 m-x m-"), None);
    }
}
