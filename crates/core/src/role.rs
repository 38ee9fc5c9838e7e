//! Roles, and what each may do. A role belongs to a key.

use std::fmt;
use std::str::FromStr;

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything but reading others' bodies.
    Admin,
    /// Reads receipts of all accounts; nothing else.
    Auditor,
    /// Own plugins and capabilities.
    Vendor,
    /// Calls, keys of the own account, own receipts.
    Developer,
    /// Calls and own receipts.
    User,
}

/// Something a key may or may not be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Make calls that reach a provider; list models.
    Call,
    /// Read receipts of the own account.
    ReadOwnReceipts,
    /// Read receipts of every account.
    ReadAllReceipts,
    /// Read the log's entries, and who changed what.
    ReadEntries,
    /// Create, list and revoke keys of the own account.
    ManageOwnKeys,
    /// Create, list and change accounts; keys of any account.
    ManageAccounts,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] =
        [Self::Admin, Self::Auditor, Self::Vendor, Self::Developer, Self::User];

    /// Whether this role has that permission.
    pub const fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::Call => matches!(self, Self::Admin | Self::Developer | Self::User),
            Permission::ReadOwnReceipts => {
                matches!(self, Self::Admin | Self::Auditor | Self::Developer | Self::User)
            }
            Permission::ReadAllReceipts | Permission::ReadEntries => {
                matches!(self, Self::Admin | Self::Auditor)
            }
            Permission::ManageOwnKeys => matches!(self, Self::Admin | Self::Developer),
            Permission::ManageAccounts => matches!(self, Self::Admin),
        }
    }

    /// Whether a key of this role may create a key of role `other`: nobody hands out more than
    /// they hold.
    pub const fn may_grant(self, other: Self) -> bool {
        match self {
            Self::Admin => true,
            Self::Developer => matches!(other, Self::Developer | Self::User),
            Self::Auditor | Self::Vendor | Self::User => false,
        }
    }

    /// The role's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Auditor => "auditor",
            Self::Vendor => "vendor",
            Self::Developer => "developer",
            Self::User => "user",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of admin, auditor, vendor, developer, user")]
pub struct NotARole;

impl FromStr for Role {
    type Err = NotARole;

    fn from_str(text: &str) -> Result<Self, NotARole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(NotARole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_grants_more_than_they_hold() {
        for giver in Role::ALL {
            for given in Role::ALL.into_iter().filter(|given| giver.may_grant(*given)) {
                for permission in [
                    Permission::Call,
                    Permission::ReadOwnReceipts,
                    Permission::ReadAllReceipts,
                    Permission::ReadEntries,
                    Permission::ManageOwnKeys,
                    Permission::ManageAccounts,
                ] {
                    assert!(
                        giver.may(permission) || !given.may(permission),
                        "{giver} grants {given}, which may do {permission:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_role_reads_back() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        assert!("root".parse::<Role>().is_err());
    }
}
