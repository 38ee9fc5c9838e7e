//! A model's name, read.

use std::collections::BTreeSet;

use super::kind::Kind;
use super::vendor;
use super::word::{Word, words};

/// The longest name that is read, in bytes. What is longer is a name for itself.
const LONGEST: usize = 256;

/// What a model's name says, word by word. Everything is in small letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelName {
    /// Whose it is.
    pub vendor: Option<String>,
    /// Its family: `qwen`, `claude`, `gpt`.
    pub family: String,
    /// What it is there for.
    pub kind: Kind,
    /// Its version: `2.5`, `4o`.
    pub version: Option<String>,
    /// How many parameters it has: `8b`.
    pub size: Option<String>,
    /// How many of them are at work at a time: `a3b`.
    pub active: Option<String>,
    /// What tells it from its kin: `mini`, `coder`, `r1`.
    pub variant: BTreeSet<String>,
    /// How much it reads, where its name says so: `32k`.
    pub context: Option<String>,
    /// How exactly its parameters are kept: `q4_k_m`.
    pub quantisation: BTreeSet<String>,
    /// When it was made, or which revision it is: `20241022`.
    pub date: Option<String>,
}

impl ModelName {
    /// Reads a name. Whatever it is, it says something.
    pub fn read(name: &str) -> Self {
        let name = name.trim().to_ascii_lowercase();
        // A model that somebody has trained further is like no other.
        if name.len() > LONGEST || name.starts_with("ft:") {
            return Self::bare(name);
        }
        let (vendor, own) = vendor::split(&name);
        let words = words(own);
        let mut read = Self { vendor: vendor.map(str::to_owned), ..Self::bare(String::new()) };
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            match word {
                Word::Plain(word) => {
                    let next = words.peek();
                    let only_whose =
                        matches!(next, Some(Word::Plain(next)) if vendor::is_before(&word, next));
                    if read.family.is_empty() && only_whose {
                        read.vendor.get_or_insert(word);
                    } else if read.family.is_empty() {
                        read.family = word;
                    } else {
                        read.variant.insert(word);
                    }
                }
                Word::Number(number) => {
                    // `3-5` is a version in two words, and `09-2025` a month.
                    match words.peek() {
                        Some(Word::Number(minor)) if is_digit(minor) && is_digit(&number) => {
                            read.number(format!("{number}.{minor}"));
                            words.next();
                        }
                        Some(Word::Date(_)) if number.len() == 2 && number.starts_with('0') => {
                            read.dated(&number);
                        }
                        _ if read.date.is_some() && number.len() == 2 => read.dated(&number),
                        _ => read.number(number),
                    }
                }
                Word::Version(version) => read.number(version),
                Word::Size(size) => read.size = read.size.or(Some(size)),
                Word::Active(active) => read.active = read.active.or(Some(active)),
                Word::Context(context) => read.context = read.context.or(Some(context)),
                Word::Date(date) => read.dated(&date),
                Word::Quantisation(word) => {
                    read.quantisation.insert(word);
                }
                Word::Neutral => {}
            }
        }
        if read.family.is_empty() {
            return Self::bare(name);
        }
        let all = std::iter::once(&read.family).chain(&read.variant).map(String::as_str);
        read.kind = Kind::of(all);
        read
    }

    fn bare(family: String) -> Self {
        Self {
            vendor: None,
            family,
            kind: Kind::Chat,
            version: None,
            size: None,
            active: None,
            variant: BTreeSet::new(),
            context: None,
            quantisation: BTreeSet::new(),
            date: None,
        }
    }

    /// The first number is the version. Clouds put revisions of their own behind it.
    fn number(&mut self, number: String) {
        if self.version.is_none() {
            self.version = Some(number);
        } else if self.date.is_none() {
            self.variant.insert(number);
        }
    }

    fn dated(&mut self, digits: &str) {
        self.date.get_or_insert_with(String::new).push_str(digits);
    }
}

fn is_digit(text: &str) -> bool {
    text.len() == 1 && text != "0"
}
