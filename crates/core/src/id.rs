//! Names of things: a prefix that says what it is, then a UUID of version 7 in hexadecimal.
//!
//! Version 7 begins with the time, so new rows land beside one another in an index.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use weighbridge_proof::Timestamp;

/// What an id names.
pub trait Named: Copy + Eq {
    /// What the text of the id begins with, the underscore included.
    const PREFIX: &'static str;
}

/// An id of a `T`.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<T> {
    value: u128,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

macro_rules! named {
    ($($(#[$doc:meta])* $name:ident = $kind:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $kind;
        impl Named for $kind {
            const PREFIX: &'static str = $prefix;
        }
        $(#[$doc])*
        pub type $name = Id<$kind>;
    )*};
}

named! {
    /// An account.
    AccountId = AccountName "acct_";
    /// A credential of an account.
    KeyId = KeyName "key_";
    /// Something that was done to an account, a budget or a key.
    ActId = ActName "act_";
    /// A call, and with it its one receipt.
    CallId = CallName "rcpt_";
    /// A gateway's data directory.
    NodeId = NodeName "node_";
    /// A quote of what a call will cost.
    EstimateId = EstimateName "est_";
    /// An HTTP request, counted or not.
    RequestId = RequestName "req_";
}

impl<T: Named> Id<T> {
    /// A UUID of version 7 (RFC 9562, section 5.7) out of the time and ten random bytes.
    pub fn new(at: Timestamp, random: [u8; 10]) -> Self {
        let millis = (at.micros() / 1000).unsigned_abs();
        let mut bytes = [0u8; 16];
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random);
        bytes[6] = bytes[6] & 0x0f | 0x70;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self::from_bytes(bytes)
    }

    /// The id of these 16 bytes, as stored.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self { value: u128::from_be_bytes(bytes), of: PhantomData }
    }

    /// The 16 bytes, in the order in which they sort by time.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.value.to_be_bytes()
    }
}

impl<T: Named> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:032x}", T::PREFIX, self.value)
    }
}

impl<T: Named> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T: Named> serde::Serialize for Id<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text is not an id of the kind that was wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: it should be `{0}` and 32 hexadecimal digits")]
pub struct NotAnId(&'static str);

impl<T: Named> FromStr for Id<T> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let digits = text.strip_prefix(T::PREFIX).ok_or(NotAnId(T::PREFIX))?;
        let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if digits.len() != 32 || !digits.bytes().all(lower) {
            return Err(NotAnId(T::PREFIX));
        }
        let value = u128::from_str_radix(digits, 16).map_err(|_| NotAnId(T::PREFIX))?;
        Ok(Self { value, of: PhantomData })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_is_of_version_7() {
        let id = CallId::new(Timestamp::from_micros(1_795_532_454_000_001), [0xff; 10]);
        let text = id.to_string();
        assert!(text.starts_with("rcpt_"));
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(&text[5 + 12..5 + 13], "7");
        assert_eq!(&text[5 + 16..5 + 17], "b");
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let early = CallId::new(Timestamp::from_micros(1_000_000), [0xff; 10]);
        let late = CallId::new(Timestamp::from_micros(1_001_000), [0; 10]);
        assert!(early < late);
        assert!(early.to_string() < late.to_string());
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let text = KeyId::new(Timestamp::from_micros(0), [1; 10]).to_string();
        assert!(text.parse::<AccountId>().is_err());
        assert!(text.to_uppercase().parse::<KeyId>().is_err());
    }
}
