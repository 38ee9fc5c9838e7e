//! A reply, read to its end.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::wire::Head;

/// A reply as it came.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Names (in lower case) and values.
    pub headers: Vec<(String, String)>,
    /// The body, as far as it came.
    pub body: Bytes,
    /// What followed the last chunk.
    pub trailers: Vec<(String, String)>,
    /// Whether the body ended as its framing says.
    pub complete: bool,
    /// From the connection's opening to the reply's end.
    pub at: Duration,
}

impl Reply {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The first value of a trailer.
    pub fn trailer(&self, name: &str) -> Option<&str> {
        find(&self.trailers, name)
    }

    /// The body as text, what is not UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// The first value under `name`, in any case.
pub(crate) fn find<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let named = |(found, _): &&(String, String)| found.eq_ignore_ascii_case(name);
    fields.iter().find(named).map(|(_, value)| value.as_str())
}

/// The status in a reply's first line.
pub(crate) fn status(head: &Head) -> Option<u16> {
    head.first.starts_with("HTTP/1.").then(|| head.word(1).parse().ok())?
}
