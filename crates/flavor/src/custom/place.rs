//! Where something stands in a body.

use std::fmt;

/// How deep a place may lie.
const DEPTH: usize = 8;

/// The longest name in a place, in bytes.
const NAME_BYTES: usize = 64;

/// The names that lead from a body to a member of it, written `options.max_tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    names: Vec<String>,
}

/// A text that names no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "should be up to 8 names with dots between them, each of 1 to 64 letters, digits, `_` and `-`, \
     such as \"options.max_tokens\""
)]
pub struct NotAPlace;

impl Place {
    /// Reads a place.
    ///
    /// # Errors
    /// [`NotAPlace`].
    pub fn read(text: &str) -> Result<Self, NotAPlace> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let is_name =
            |name: &&str| (1..=NAME_BYTES).contains(&name.len()) && name.bytes().all(plain);
        let names: Vec<&str> = text.split('.').collect();
        if names.len() > DEPTH || !names.iter().all(is_name) {
            return Err(NotAPlace);
        }
        Ok(Self { names: names.into_iter().map(str::to_owned).collect() })
    }

    /// The names, from the body inwards.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The name in the body itself, and those within.
    pub(super) fn split(&self) -> (&str, &[String]) {
        self.names.split_first().map_or(("", &[]), |(first, rest)| (first.as_str(), rest))
    }

    /// The last name.
    pub(super) fn last(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_and_nothing_else_is_one() {
        for text in ["model", "a.b-c.d_9"] {
            assert_eq!(Place::read(text).unwrap().to_string(), text);
        }
        let deep = ["a"; 9].join(".");
        for text in ["", ".", "a.", "a..b", "a b", "ä", "a[0]", &deep, &"a".repeat(65)] {
            assert_eq!(Place::read(text), Err(NotAPlace), "{text}");
        }
    }
}
