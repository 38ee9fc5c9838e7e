//! What kind of machine this runs on: a developer's, or CI's.

use std::path::PathBuf;

/// Whether this is CI, where a missing tool is a failure and not a reason to skip.
pub(crate) fn is_ci() -> bool {
    says_ci(std::env::var("CI").ok().as_deref())
}

fn says_ci(value: Option<&str>) -> bool {
    value.is_some_and(|value| !value.is_empty() && !value.eq_ignore_ascii_case("false"))
}

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    let mut here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.pop();
    here
}

/// Where cargo puts what it builds, and we what we install.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

#[cfg(test)]
mod tests {
    use super::says_ci;

    #[test]
    fn an_empty_or_false_ci_is_none() {
        assert!(says_ci(Some("true")));
        assert!(says_ci(Some("1")));
        assert!(!says_ci(Some("")));
        assert!(!says_ci(Some("false")));
        assert!(!says_ci(None));
    }
}
