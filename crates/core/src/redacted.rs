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

#[cfg(test)]
mod tests {
    #[test]
    fn a_secret_does_not_show_in_debug_output() {
        let secret = super::Redacted::new("sk-123".to_owned());
        assert_eq!(format!("{secret:?}"), "Redacted(..)");
    }
}
