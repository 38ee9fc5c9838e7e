//! What a conversion could not carry, named field by field.

use std::borrow::Cow;
use std::fmt;

/// The most losses that are named; what is beyond them is counted.
const NAMED: usize = 32;

/// The longest name of a field, in bytes.
const FIELD_BYTES: usize = 64;

/// Something that a conversion could not carry as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Where it stood, as the caller would look for it: `messages[].cache_control`.
    pub field: Cow<'static, str>,
    /// What became of it.
    pub action: Action,
    /// Why, in words.
    pub reason: &'static str,
}

/// What became of something that could not be carried, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Something near to it is sent.
    Approximated,
    /// It is not sent.
    Dropped,
    /// Without it the call would mean something else, so it is refused.
    Refused,
}

impl Action {
    /// The word in headers and on receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Approximated => "approximated",
            Self::Refused => "refused",
        }
    }
}

/// All that a conversion could not carry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses {
    named: Vec<Loss>,
    more: u64,
    unread: u64,
}

impl Losses {
    /// Something is not sent.
    pub fn dropped(&mut self, field: impl Into<Cow<'static, str>>, reason: &'static str) {
        self.add(field.into(), Action::Dropped, reason);
    }

    /// Something with content of its own, which nobody here can read, is not sent.
    pub fn unread(&mut self, field: impl Into<Cow<'static, str>>, reason: &'static str) {
        self.unread += 1;
        self.add(field.into(), Action::Dropped, reason);
    }

    /// Something near to it is sent.
    pub fn approximated(&mut self, field: impl Into<Cow<'static, str>>, reason: &'static str) {
        self.add(field.into(), Action::Approximated, reason);
    }

    /// The call is refused.
    pub fn refused(&mut self, field: impl Into<Cow<'static, str>>, reason: &'static str) {
        self.add(field.into(), Action::Refused, reason);
    }

    /// One field is named once, however often it stands, for the worst that became of it.
    fn add(&mut self, field: Cow<'static, str>, action: Action, reason: &'static str) {
        if let Some(same) = self.named.iter_mut().find(|loss| loss.field == field) {
            if action > same.action {
                *same = Loss { field, action, reason };
            }
        } else if self.named.len() < NAMED
            || (action == Action::Refused && self.named.len() < 2 * NAMED)
        {
            self.named.push(Loss { field: plain(field), action, reason });
        } else {
            self.more += 1;
        }
    }

    /// What is named, in the order it was found.
    pub fn named(&self) -> &[Loss] {
        &self.named
    }

    /// How many things there were whose content nobody here can read.
    pub fn count_unread(&self) -> u64 {
        self.unread
    }

    /// How many fields there were beyond those that are named.
    pub fn count_unnamed(&self) -> u64 {
        self.more
    }

    /// Whether everything was carried.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// Those for which the call is refused: those that change what it means, or any at all where
    /// the caller wants no other.
    pub fn refusals(&self, strict: bool) -> impl Iterator<Item = &Loss> {
        self.named.iter().filter(move |loss| strict || loss.action == Action::Refused)
    }
}

/// A field's name as headers and receipts can hold it; callers may have chosen it.
fn plain(field: Cow<'static, str>) -> Cow<'static, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte);
    if field.len() <= FIELD_BYTES && field.bytes().all(is_plain) {
        return field;
    }
    let letters = field.chars().take(FIELD_BYTES);
    let plain = letters.map(|it| if u8::try_from(it).is_ok_and(is_plain) { it } else { '?' });
    Cow::Owned(plain.collect())
}

impl fmt::Display for Losses {
    /// As a header has it: `field;dropped, other;approximated`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Loss { field, action, .. }) in self.named.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{field};{}", action.as_str())?;
        }
        if self.more > 0 {
            write!(f, ", and {} more", self.more)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_named_once_for_the_worst_of_it() {
        let mut losses = Losses::default();
        losses.dropped("top_k", "no such knob there");
        losses.dropped("top_k", "no such knob there");
        losses.approximated("temperature", "at most 1 there");
        losses.refused("top_k", "wanted");
        assert_eq!(losses.to_string(), "top_k;refused, temperature;approximated");
        assert_eq!(losses.refusals(false).count(), 1);
        assert_eq!(losses.refusals(true).count(), 2);
    }

    #[test]
    fn a_name_that_the_caller_chose_fits_into_a_header() {
        let mut losses = Losses::default();
        losses.dropped("a\r\nb: 秤".to_owned(), "unknown there");
        losses.dropped("x".repeat(500), "unknown there");
        assert!(losses.to_string().starts_with("a??b???;dropped, xxx"));
        assert!(losses.to_string().len() < 200);
    }

    #[test]
    fn what_is_named_is_bounded_but_no_refusal_is_lost() {
        let mut losses = Losses::default();
        for field in 0..NAMED + 5 {
            losses.dropped(format!("f{field}"), "unknown there");
        }
        losses.refused("tool_choice", "cannot be forced there");
        assert!(losses.to_string().ends_with("tool_choice;refused, and 5 more"));
    }
}
