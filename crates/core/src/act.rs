//! Acts: who changed an account, a budget or a key, and how. Never key material.

use serde::Serialize;
use weighbridge_proof::{Salt, Timestamp, entry, section};

use crate::budget::Budget;
use crate::credential::{KeyPolicy, Kind};
use crate::entropy::{self, Entropy, NoEntropy};
use crate::id::{AccountId, ActId, KeyId};
use crate::money::{Amount, Currency};
use crate::routing::Policy;

/// Who did something: a key, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// The account behind the key.
    pub account: AccountId,
    /// The key that was used.
    pub key: KeyId,
}

/// What an act is written down with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Its name.
    pub id: ActId,
    /// When.
    pub at: Timestamp,
    /// By whom; nobody where the gateway did it at its start.
    pub by: Option<Actor>,
    /// What keeps its section from being guessed.
    pub salt: Salt,
}

impl Stamp {
    /// A stamp for something that is done now.
    ///
    /// # Errors
    /// [`NoEntropy`] when the system gives no random bytes.
    pub fn new(at: Timestamp, by: Option<Actor>, entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        let id = ActId::new(at, entropy::fresh(entropy)?);
        Ok(Self { id, at, by, salt: Salt::from_bytes(entropy::fresh(entropy)?) })
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed<'a> {
    /// An account was made.
    CreateAccount {
        /// Which.
        account: AccountId,
        /// Its name.
        name: &'a str,
        /// Its level.
        level: &'a str,
        /// Its budget.
        budget: Option<Budget>,
    },
    /// An account got another name or level.
    ChangeAccount {
        /// Which.
        account: AccountId,
        /// Its new name.
        name: Option<&'a str>,
        /// Its new level.
        level: Option<&'a str>,
    },
    /// An account got another budget, or none.
    ChangeBudget {
        /// Which.
        account: AccountId,
        /// What it is now.
        budget: Option<Budget>,
    },
    /// A key was made.
    CreateKey {
        /// Which.
        key: KeyId,
        /// Whose.
        account: AccountId,
        /// Where it may stand.
        kind: Kind,
        /// What it may be used for.
        role: &'a str,
        /// Its name.
        name: Option<&'a str>,
        /// Whether its headers about people count.
        trusted_headers: bool,
        /// What it says of where its calls run.
        policy: KeyPolicy,
        /// The models that it may use; all where none is named.
        models: &'a [String],
    },
    /// A key was revoked.
    RevokeKey {
        /// Which.
        key: KeyId,
    },
}

impl Deed<'_> {
    /// The word for it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::CreateAccount { .. } => "account.create",
            Self::ChangeAccount { .. } => "account.change",
            Self::ChangeBudget { .. } => "budget.change",
            Self::CreateKey { .. } => "key.create",
            Self::RevokeKey { .. } => "key.revoke",
        }
    }
}

// Members stand in the order of canonical JSON (RFC 8785).

#[derive(Serialize)]
struct Section<'a> {
    act: &'static str,
    by: Option<By>,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Serialize)]
struct By {
    account: AccountId,
    key: KeyId,
}

#[derive(Serialize)]
struct What<'a> {
    of: String,
    to: To<'a>,
}

/// What it was changed to; what is not named stayed as it was.
#[derive(Serialize, Default)]
struct To<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<BudgetEntry>,
    /// Of a key whose policy no request may override.
    #[serde(skip_serializing_if = "Option::is_none")]
    hybrid_override: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hybrid_policy: Option<&'static str>,
    /// Of a key that stands elsewhere than in a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    models: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trusted_headers: Option<bool>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum BudgetEntry {
    Some { amount: Amount, credit: Amount, currency: Currency, period: &'static str },
    None(()),
}

impl From<Option<Budget>> for BudgetEntry {
    fn from(budget: Option<Budget>) -> Self {
        budget.map_or(Self::None(()), |budget| Self::Some {
            amount: budget.amount,
            credit: budget.credit,
            currency: budget.currency,
            period: budget.period.as_str(),
        })
    }
}

/// An act as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The bytes that the log commits to.
    pub leaf: String,
    /// What they commit to: canonical JSON.
    pub section: String,
}

/// The act could not be written as JSON.
#[derive(Debug, thiserror::Error)]
#[error("an act could not be written: {0}")]
pub struct NotWritable(#[from] serde_json::Error);

/// Writes an act down.
///
/// # Errors
/// [`NotWritable`], which no deed can reach.
pub fn write(stamp: &Stamp, deed: &Deed<'_>) -> Result<Written, NotWritable> {
    let section = serde_json::to_string(&Section {
        act: deed.as_str(),
        by: stamp.by.map(|by| By { account: by.account, key: by.key }),
        what: what(deed),
    })?;
    let commitment = section::commitment(entry::ACT_SECTION, &stamp.salt, &section);
    let leaf = entry::act(&stamp.id.to_string(), stamp.at, &commitment);
    Ok(Written { leaf, section })
}

fn what<'a>(deed: &Deed<'a>) -> What<'a> {
    match *deed {
        Deed::CreateAccount { account, name, level, budget } => What {
            of: account.to_string(),
            to: To {
                name: Some(name),
                level: Some(level),
                budget: Some(budget.into()),
                ..To::default()
            },
        },
        Deed::ChangeAccount { account, name, level } => {
            What { of: account.to_string(), to: To { name, level, ..To::default() } }
        }
        Deed::ChangeBudget { account, budget } => What {
            of: account.to_string(),
            to: To { budget: Some(budget.into()), ..To::default() },
        },
        Deed::CreateKey { key, account, kind, role, name, trusted_headers, policy, models } => {
            What {
                of: key.to_string(),
                to: To {
                    account: Some(account),
                    hybrid_override: policy.fixed.then_some(false),
                    hybrid_policy: policy.policy.map(Policy::as_str),
                    kind: (kind != Kind::Bearer).then(|| kind.as_str()),
                    models: (!models.is_empty()).then_some(models),
                    name,
                    role: Some(role),
                    trusted_headers: Some(trusted_headers),
                    ..To::default()
                },
            }
        }
        Deed::RevokeKey { key } => What { of: key.to_string(), to: To::default() },
    }
}

#[cfg(test)]
mod tests {
    use weighbridge_proof::canonical::is_canonical;

    use super::*;
    use crate::budget::Period;

    #[test]
    fn every_deed_is_canonical_json_that_its_leaf_commits_to() {
        let (account, key) = (AccountId::from_bytes([1; 16]), KeyId::from_bytes([2; 16]));
        let budget = Budget {
            amount: "5".parse().unwrap(),
            currency: "USD".parse().unwrap(),
            period: Period::Month,
            credit: Amount::ZERO,
        };
        let stamp = Stamp {
            id: ActId::from_bytes([3; 16]),
            at: Timestamp::from_micros(7),
            by: Some(Actor { account, key }),
            salt: Salt::from_bytes([4; 32]),
        };
        let deeds = [
            Deed::CreateAccount { account, name: "acme", level: "default", budget: None },
            Deed::ChangeAccount { account, name: Some("new"), level: None },
            Deed::ChangeBudget { account, budget: Some(budget) },
            Deed::CreateKey {
                key,
                account,
                kind: Kind::Endpoint,
                role: "user",
                name: None,
                trusted_headers: false,
                policy: KeyPolicy { policy: Some(Policy::Private), fixed: true },
                models: &["qwen*".to_owned()],
            },
            Deed::RevokeKey { key },
        ];
        for deed in &deeds {
            let Written { leaf, section } = write(&stamp, deed).unwrap();
            assert!(is_canonical(section.as_bytes()), "{section}");
            let commitment = section::commitment("act", &stamp.salt, &section).base64();
            assert!(leaf.contains(&commitment), "{leaf}");
            assert!(section.starts_with(&format!("{{\"act\":\"{}\"", deed.as_str())), "{section}");
        }
    }
}
