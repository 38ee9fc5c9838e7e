//! Reading JSON without building it: a strict push scanner that knows where the few members the
//! gateway cares about stand, and edits that leave every other byte alone.

mod document;
mod error;
mod key;
mod number;
pub mod object;
mod scanner;
mod splice;
mod string;
mod watch;
pub mod writer;

pub use document::{Document, Found, Kind, Member};
pub use error::{JsonError, JsonErrorKind};
pub use object::{Misfit, Object};
pub use scanner::{Bounds, Scanner};
pub use splice::{Splice, SpliceError};

/// Scans one whole document that is in memory.
///
/// # Errors
/// When `bytes` is not exactly one JSON document, or goes past a bound.
pub fn scan(
    bytes: &[u8],
    watch: &'static [&'static str],
    bounds: Bounds,
) -> Result<Document, JsonError> {
    let mut scanner = Scanner::new(watch, bounds);
    scanner.push(bytes)?;
    scanner.finish()
}

/// Where a part of a text stands in it.
pub(crate) fn span(whole: &str, part: &str) -> Option<std::ops::Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    (start + part.len() <= whole.len()).then(|| start..start + part.len())
}

/// The text of a string as it stands in a document, quotes included. `None` when `raw` is no
/// string, or holds half of a surrogate pair, which no text can hold.
#[must_use]
pub fn text(raw: &[u8]) -> Option<String> {
    serde_json::from_slice(raw).ok()
}

/// How many bytes come before the quote that closes a string, counted from after the one that opens
/// it. `None` when `bytes` do not hold the string's end, or are no inside of a string.
pub(crate) fn text_length(bytes: &[u8]) -> Option<usize> {
    let plain = string::plain(bytes);
    if bytes.get(plain) == Some(&b'"') {
        return Some(plain);
    }
    match string::Inside::new().advance(bytes, None) {
        Ok(string::Progress::Closed(length)) => Some(length - 1),
        Ok(string::Progress::Open) | Err(_) => None,
    }
}

/// The value of a whole number as it stands in a document. `None` when `raw` is anything else, is
/// negative, has a fraction or an exponent, or does not fit.
#[must_use]
pub fn whole(raw: &[u8]) -> Option<u64> {
    std::str::from_utf8(raw).ok()?.parse().ok()
}
