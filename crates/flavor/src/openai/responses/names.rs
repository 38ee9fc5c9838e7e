//! Names of functions that come in groups, for models whose tools have one name each.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use crate::canon::Text;

/// The longest name of a function, in bytes.
const NAME_BYTES: usize = 64;

/// What tells two names apart that would be the same otherwise: `_` and eight digits.
const MARK_BYTES: usize = 9;

/// The names of a request's functions.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    taken: HashSet<Text<'a>>,
    /// By group and name, with a byte between them that stands in neither.
    grouped: HashMap<String, String>,
    /// By the name within a group, for those who leave the group out; the first one of each.
    short: HashMap<String, String>,
}

impl<'a> Names<'a> {
    /// Takes note of a function that is in no group. Note them all before those in groups.
    pub(super) fn take(&mut self, name: Text<'a>) {
        self.taken.insert(name);
    }

    /// A name for a function of a group that no other function has; nothing if it has one already.
    pub(super) fn add(&mut self, group: &str, name: &str) -> Option<String> {
        let key = key(group, name);
        if self.grouped.contains_key(&key) {
            return None;
        }
        let mut flat = joined(group, name);
        let mut turn = 0;
        while self.taken.contains(flat.as_str()) {
            flat = marked(group, name, turn);
            turn += 1;
        }
        self.taken.insert(Text::Owned(flat.clone()));
        self.grouped.insert(key, flat.clone());
        self.short.entry(name.to_owned()).or_insert_with(|| flat.clone());
        Some(flat)
    }

    /// The name of a function that is chosen. One that stands in a group may be named without it.
    pub(super) fn chosen<'n>(&self, group: Option<&str>, name: Text<'n>) -> Text<'n> {
        if group.is_some() || self.taken.contains(name.as_ref()) {
            return self.flat(group, name);
        }
        match self.short.get(name.as_ref()) {
            Some(flat) => Text::Owned(flat.clone()),
            None => name,
        }
    }

    /// The name by which a call of earlier goes. Its function may not be there any more.
    pub(super) fn flat<'n>(&self, group: Option<&str>, name: Text<'n>) -> Text<'n> {
        let Some(group) = group.filter(|group| !group.is_empty()) else { return name };
        match self.grouped.get(&key(group, &name)) {
            Some(flat) => Text::Owned(flat.clone()),
            None => Text::Owned(joined(group, &name)),
        }
    }
}

fn key(group: &str, name: &str) -> String {
    format!("{group}\0{name}")
}

/// Both, as the servers of tools that agents know are commonly spelled.
fn joined(group: &str, name: &str) -> String {
    let between = if group.ends_with("__") { "" } else { "__" };
    let whole = format!("{group}{between}{name}");
    if whole.len() <= NAME_BYTES && whole.bytes().all(is_legal) {
        return whole;
    }
    marked(group, name, 0)
}

/// Both, kept to the letters and the length of a name, with a mark of what they were.
fn marked(group: &str, name: &str, turn: u32) -> String {
    let between = if group.ends_with("__") { "" } else { "__" };
    let letters = group.chars().chain(between.chars()).chain(name.chars());
    let legal = letters.map(|letter| match u8::try_from(letter) {
        Ok(byte) if is_legal(byte) => letter,
        _ => '_',
    });
    let mut flat: String = legal.take(NAME_BYTES - MARK_BYTES).collect();
    let mark = mark(key(group, name).bytes().chain(turn.to_le_bytes()));
    // Nothing that is written to memory fails.
    let _ = write!(flat, "_{mark:08x}");
    flat
}

fn is_legal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// The 32-bit FNV-1a hash: the same in every process, as a conversation may move between them.
fn mark(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_of_its_group_and_itself() {
        let mut names = Names::default();
        assert_eq!(names.add("mcp__scale", "weigh").unwrap(), "mcp__scale__weigh");
        assert_eq!(names.add("mcp__scale__", "zero").unwrap(), "mcp__scale__zero");
        assert_eq!(names.flat(Some("mcp__scale"), "weigh".into()), "mcp__scale__weigh");
        assert_eq!(names.flat(None, "weigh".into()), "weigh");
    }

    #[test]
    fn names_stay_apart_legal_and_short() {
        let mut names = Names::default();
        names.take("a__b".into());
        let long = "x".repeat(60);
        let all = [
            names.add("a", "b").unwrap(),
            names.add("a__", "b").unwrap(),
            names.add("a.b", "c").unwrap(),
            names.add("a b", "c").unwrap(),
            names.add(&long, "one").unwrap(),
            names.add(&long, "two").unwrap(),
            names.add("秤", "秤").unwrap(),
        ];
        for (at, name) in all.iter().enumerate() {
            assert!(name.len() <= NAME_BYTES && name.bytes().all(is_legal), "{name}");
            assert!(!all[at + 1..].contains(name) && name != "a__b", "{name}");
        }
        assert_eq!(names.add("a", "b"), None, "it has a name already");
    }

    #[test]
    fn a_call_keeps_its_name_when_its_function_is_gone() {
        let mut names = Names::default();
        let flat = names.add("a.b", "c").unwrap();
        assert_eq!(Names::default().flat(Some("a.b"), "c".into()), flat);
    }
}
