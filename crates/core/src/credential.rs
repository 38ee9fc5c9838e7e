//! Keys: 256 random bits in a text that says what it is and whether it was copied whole.

use std::fmt;

use weighbridge_proof::Digest;

use crate::account::Account;
use crate::directory::fits;
use crate::id::KeyId;
use crate::redacted::Redacted;
use crate::role::Role;
use crate::routing::Policy;

/// What kind of key it is: where it may stand. A key's text says it, so that none of one kind is taken
/// for one of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In a header.
    Bearer,
    /// In the address, for clients that can send no header: it makes calls and nothing else.
    Endpoint,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Bearer, Self::Endpoint];

    /// The word in requests and lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Endpoint => "endpoint",
        }
    }

    /// What every key of this kind begins with that the gateway makes.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Bearer => "wb_",
            Self::Endpoint => "wbe_",
        }
    }

    /// The kind that a word names.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The kind of key that this text is. One that the gateway did not make stands in a header.
    pub fn of(text: &str) -> Self {
        if text.starts_with(Self::Endpoint.prefix()) { Self::Endpoint } else { Self::Bearer }
    }
}

/// Hexadecimal digits of the secret, then of its checksum.
const SECRET_DIGITS: usize = 64;
const CHECK_DIGITS: usize = 8;

/// The longest credential that is looked at.
pub const LONGEST: usize = 512;

/// The fewest characters a key given from outside may have.
pub const SHORTEST_GIVEN: usize = 32;

/// A key of the gateway's own making out of 32 random bytes: its prefix, 64 digits, 8 of check.
pub fn make(kind: Kind, random: [u8; 32]) -> Redacted {
    let secret = Digest::from_bytes(random).to_string();
    let check = check(&secret);
    Redacted::new(format!("{}{secret}{check}", kind.prefix()))
}

/// What is kept of a key, and what it is found by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(Digest);

impl Fingerprint {
    /// The fingerprint of what a caller sent, unless it can be no key: too long, or one of ours
    /// that lost or changed a character, which needs no look-up.
    pub fn of(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > LONGEST {
            return None;
        }
        let made = Kind::ALL.into_iter().find_map(|kind| text.strip_prefix(kind.prefix()));
        if let Some(rest) = made {
            let (secret, given) = rest.split_at_checked(SECRET_DIGITS)?;
            if given.len() != CHECK_DIGITS || given != check(secret) {
                return None;
            }
        }
        Some(Self(Digest::of(text.as_bytes())))
    }

    /// The fingerprint of these bytes, as stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Digest::from_bytes(bytes))
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(..)")
    }
}

fn check(secret: &str) -> String {
    let mut digits = Digest::of(secret.as_bytes()).to_string();
    digits.truncate(CHECK_DIGITS);
    digits
}

/// Who a call is made by: an account, and the key that spoke for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The account.
    pub account: Account,
    /// The key.
    pub key: Key,
}

/// A key as it is listed: never its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// Where it may stand.
    pub kind: Kind,
    /// What it may be used for.
    pub role: Role,
    /// What its owner calls it.
    pub name: Option<String>,
    /// Whether headers about the end user are believed when they come with it.
    pub trusted_headers: bool,
    /// What it says of where its calls run.
    pub policy: KeyPolicy,
    /// The models that it may use, each `*` standing for any letters; all where none is named.
    pub models: Vec<String>,
}

impl Key {
    /// Whether it may use what is known by this name. An alias that stands for many names is one that
    /// the key has to name as it is.
    pub fn may_use(&self, name: &str) -> bool {
        let is_meant = |pattern: &String| match name.contains('*') {
            true => pattern == name,
            false => fits(pattern, name),
        };
        self.models.is_empty() || self.models.iter().any(is_meant)
    }

    /// Whether whoever has it may hand out the other: nobody gives away what they may not use, nor frees
    /// from what they are bound to.
    pub fn may_hand_out(&self, other: &Self) -> bool {
        let within = |pattern: &String| self.models.contains(pattern) || self.may_use(pattern);
        let models =
            self.models.is_empty() || (!other.models.is_empty() && other.models.iter().all(within));
        let policy =
            !self.policy.fixed || (other.policy.fixed && other.policy.policy == self.policy.policy);
        models && policy
    }
}

/// The most models that a key may name, and how long each name may be, in bytes.
pub const MODELS_LIMIT: usize = 100;
/// See [`MODELS_LIMIT`].
pub const MODEL_BYTES: usize = 256;

/// What a key says of where its calls run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyPolicy {
    /// How that is chosen, where it says so.
    pub policy: Option<Policy>,
    /// Whether no request may say otherwise.
    pub fixed: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_prefix_256_bits_and_check() {
        let key = make(Kind::Bearer, [0xab; 32]);
        assert_eq!(key.reveal().len(), 3 + 64 + 8);
        assert!(Fingerprint::of(key.reveal()).is_some());
    }

    #[test]
    fn nobody_hands_out_what_they_are_not_given() {
        let key = |policy, fixed, models: &[&str]| Key {
            id: KeyId::from_bytes([1; 16]),
            kind: Kind::Bearer,
            role: Role::Developer,
            name: None,
            trusted_headers: false,
            policy: KeyPolicy { policy, fixed },
            models: models.iter().map(|it| (*it).to_owned()).collect(),
        };
        let free = key(None, false, &[]);
        let bound = key(Some(Policy::Private), true, &["qwen*", "m"]);
        assert!(free.may_hand_out(&bound) && free.may_hand_out(&free));
        assert!(bound.may_hand_out(&key(Some(Policy::Private), true, &["qwen*"])));
        assert!(bound.may_hand_out(&key(Some(Policy::Private), true, &["qwen3:8b", "m"])));
        for other in [
            free,
            key(Some(Policy::Private), true, &[]),
            key(Some(Policy::Private), true, &["*"]),
            key(Some(Policy::Private), true, &["q*"]),
            key(Some(Policy::Private), false, &["m"]),
            key(None, true, &["m"]),
        ] {
            assert!(!bound.may_hand_out(&other), "{other:?}");
        }
    }

    #[test]
    fn any_changed_or_lost_character_is_seen_without_a_look_up() {
        let key = make(Kind::Bearer, [0xab; 32]);
        let text = key.reveal();
        for at in Kind::Bearer.prefix().len()..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            assert_eq!(Fingerprint::of(std::str::from_utf8(&bytes).unwrap()), None, "at {at}");
        }
        assert_eq!(Fingerprint::of(&text[..text.len() - 1]), None);
        assert_eq!(Fingerprint::of("wb_é"), None);
    }

    #[test]
    fn keys_from_outside_are_looked_up_as_they_are() {
        assert!(Fingerprint::of(&"x".repeat(SHORTEST_GIVEN)).is_some());
        assert_eq!(Fingerprint::of(&"x".repeat(LONGEST + 1)), None);
        assert_eq!(Fingerprint::of(""), None);
    }
}
