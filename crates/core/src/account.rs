//! Accounts: who calls are made for.

use crate::id::AccountId;

/// The name of the account that the administrator's key belongs to.
pub const OPERATOR: &str = "operator";

/// The longest name an account or a key may have, in bytes.
pub const NAME_LIMIT: usize = 128;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What people call it. Not unique.
    pub name: String,
    /// The level whose windows and caps it has.
    pub level: String,
}

/// The name cannot stand: empty, too long, or with control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {NAME_LIMIT} bytes and no control characters")]
pub struct NotAName;

/// Checks a name that a person gave.
///
/// # Errors
/// [`NotAName`] where it cannot stand.
pub fn check_name(name: &str) -> Result<(), NotAName> {
    let fits = !name.trim().is_empty() && name.len() <= NAME_LIMIT;
    if fits && !name.chars().any(char::is_control) { Ok(()) } else { Err(NotAName) }
}
