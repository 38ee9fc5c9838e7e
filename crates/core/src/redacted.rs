//! Secrets: values that never show themselves (invariant K1).

use std::fmt;

/// A secret text. It has no way to be printed; whoever needs it says so by calling
/// [`Redacted::reveal`].
#[derive(Clone, PartialEq, Eq)]
pub struct Redacted(String);

impl Redacted {
    /// Takes a secret in.
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    /// The secret itself: for the wire, never for a log.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redacted(..)")
    }
}

/// The longest segment of a path that is shown, in bytes. Our route names are shorter, keys longer.
const SEGMENT_LIMIT: usize = 24;

/// The longest path that is shown, in bytes.
const PATH_LIMIT: usize = 128;

/// A path as messages and logs may show it: people paste keys into the strangest places, so long
/// segments are left out.
pub fn path(path: &str) -> String {
    let mut shown = String::new();
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            shown.push('/');
        }
        let long = segment.len() > SEGMENT_LIMIT;
        shown.push_str(if long { "..." } else { segment });
        if shown.len() > PATH_LIMIT {
            shown.push_str("/...");
            break;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_secret_does_not_show_in_debug_output() {
        let secret = super::Redacted::new("sk-123".to_owned());
        assert_eq!(format!("{secret:?}"), "Redacted(..)");
    }

    #[test]
    fn a_path_is_shown_without_what_may_be_a_key() {
        assert_eq!(super::path("/v1/chat/completions"), "/v1/chat/completions");
        let key = crate::credential::make(crate::credential::Kind::Endpoint, [1; 32]);
        assert_eq!(super::path(&format!("/v1/{}/x", key.reveal())), "/v1/.../x");
        assert!(super::path(&"/a".repeat(1000)).len() < 140);
    }
}
