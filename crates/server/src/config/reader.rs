//! Reads a TOML document table by table, collecting every mistake with its line.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;
use std::str::FromStr;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::amount;
use super::complaint::{Complaint, ConfigError};

/// A document being read.
pub(super) struct Reader<'a> {
    file: &'a Path,
    text: &'a str,
    variable: &'a dyn Fn(&str) -> Option<String>,
    complaints: Rc<RefCell<Vec<Complaint>>>,
}

/// One table of it. Asking for a key that is missing is no mistake; a key of the wrong kind is.
pub(super) struct Table<'a> {
    reader: &'a Reader<'a>,
    /// The keys that lead here, with a dot after each.
    path: String,
    entries: &'a DeTable<'a>,
    /// Where the table itself stands.
    span: Range<usize>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        file: &'a Path,
        text: &'a str,
        variable: &'a dyn Fn(&str) -> Option<String>,
    ) -> Self {
        Self { file, text, variable, complaints: Rc::default() }
    }

    pub(super) fn document(&self) -> Result<Spanned<DeTable<'a>>, ConfigError> {
        DeTable::parse(self.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let words = format!("this is not TOML: {}", error.message());
            ConfigError::Mistakes(vec![self.complaint(&span, String::new(), words)])
        })
    }

    pub(super) fn root(&'a self, entries: &'a DeTable<'a>) -> Table<'a> {
        Table { reader: self, path: String::new(), entries, span: 0..0 }
    }

    /// The mistakes, in the order of their lines, if there were any.
    pub(super) fn finish(&self) -> Result<(), ConfigError> {
        let mut complaints = self.complaints.take();
        if complaints.is_empty() {
            return Ok(());
        }
        complaints.sort_by_key(|complaint| complaint.line);
        Err(ConfigError::Mistakes(complaints))
    }

    fn complaint(&self, span: &Range<usize>, key: String, words: String) -> Complaint {
        let before = &self.text[..span.start.min(self.text.len())];
        let line = before.matches('\n').count() + 1;
        let text = self.text.lines().nth(line - 1).unwrap_or_default().trim_end().to_owned();
        Complaint { file: self.file.to_owned(), line, text, key, words }
    }

    fn complain(&self, span: &Range<usize>, key: String, words: String) {
        self.complaints.borrow_mut().push(self.complaint(span, key, words));
    }
}

impl<'a> Table<'a> {
    /// Complains of every key that is not `known`; those in `not_yet` are refused by name.
    pub(super) fn only(&self, known: &[&str], not_yet: &[&str]) {
        for (key, value) in self.entries {
            let name = key.get_ref().as_ref();
            if known.contains(&name) {
                continue;
            }
            if not_yet.contains(&name) {
                self.complain_not_yet(name, key.span(), value.get_ref());
                continue;
            }
            let words = match nearest(name, known) {
                Some(near) => format!("no such key; did you mean `{near}`?"),
                None => format!("no such key; known here are {}", known.join(", ")),
            };
            self.reader.complain(&key.span(), format!("{}{name}", self.path), words);
        }
    }

    /// The innermost key says best what it is that is missing: `hybrid.policy`, not `hybrid`.
    fn complain_not_yet(&self, name: &str, span: Range<usize>, value: &DeValue<'_>) {
        let words = "not in this version; take it out".to_owned();
        let inner = match value {
            DeValue::Table(table) if !table.is_empty() => table,
            _ => return self.reader.complain(&span, format!("{}{name}", self.path), words),
        };
        for key in inner.keys() {
            let path = format!("{}{name}.{}", self.path, key.get_ref());
            self.reader.complain(&key.span(), path, words.clone());
        }
    }

    /// Complains of the value at `name`, or of the table when there is none.
    pub(super) fn complain(&self, name: &str, words: String) {
        let span = self.entries.get(name).map_or_else(|| self.span.clone(), Spanned::span);
        self.reader.complain(&span, format!("{}{name}", self.path), words);
    }

    /// The table at `name`.
    pub(super) fn table(&self, name: &str) -> Option<Table<'a>> {
        let value = self.entries.get(name)?;
        let DeValue::Table(entries) = value.get_ref() else {
            self.complain(name, "should be a table".to_owned());
            return None;
        };
        let path = format!("{}{name}.", self.path);
        Some(Table { reader: self.reader, path, entries, span: value.span() })
    }

    /// The table at `name`, which has to be there.
    pub(super) fn needed_table(&self, name: &str) -> Option<Table<'a>> {
        if self.entries.get(name).is_none() {
            self.complain(name, "is needed: a table".to_owned());
        }
        self.table(name)
    }

    /// Every table in this one, by its name; anything else is complained of.
    pub(super) fn each(&self) -> Vec<(String, Table<'a>)> {
        let names = self.entries.iter().map(|(key, _)| key.get_ref().as_ref());
        names.filter_map(|name| Some((name.to_owned(), self.table(name)?))).collect()
    }

    /// The text at `name`, which has to be there.
    pub(super) fn needed(&self, name: &str) -> Option<String> {
        if self.entries.get(name).is_none() {
            self.complain(name, "is needed".to_owned());
        }
        self.text(name)
    }

    /// The array of tables at `name`.
    pub(super) fn tables(&self, name: &str) -> Vec<Table<'a>> {
        let Some(value) = self.entries.get(name) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.complain(name, format!("should be tables that begin with `[[{name}]]`"));
            return Vec::new();
        };
        let tables = items.iter().filter_map(|item| match item.get_ref() {
            DeValue::Table(entries) => {
                let path = format!("{}{name}.", self.path);
                Some(Table { reader: self.reader, path, entries, span: item.span() })
            }
            _ => None,
        });
        tables.collect()
    }

    /// The text at `name`, with `${NAME}` replaced.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let value = self.entries.get(name)?;
        match value.get_ref() {
            DeValue::String(text) => self.expand(name, text),
            _ => {
                self.complain(name, "should be a text in quotes".to_owned());
                None
            }
        }
    }

    /// The text at `name`, or the list of them.
    pub(super) fn text_or_texts(&self, name: &str) -> Option<Vec<String>> {
        match self.entries.get(name)?.get_ref() {
            DeValue::Array(_) => self.texts(name),
            _ => self.text(name).map(|text| vec![text]),
        }
    }

    /// The texts of this table, each by its name.
    pub(super) fn each_text(&self) -> Vec<(String, String)> {
        let names = self.entries.iter().map(|(key, _)| key.get_ref().as_ref());
        names.filter_map(|name| Some((name.to_owned(), self.text(name)?))).collect()
    }

    /// The list of texts at `name`.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let value = self.entries.get(name)?;
        let DeValue::Array(items) = value.get_ref() else {
            self.complain(name, "should be a list such as [\"a\", \"b\"]".to_owned());
            return None;
        };
        let texts = items.iter().map(|item| match item.get_ref() {
            DeValue::String(text) => self.expand(name, text),
            _ => {
                let words = "every entry should be a text in quotes".to_owned();
                self.reader.complain(&item.span(), format!("{}{name}", self.path), words);
                None
            }
        });
        texts.collect()
    }

    /// The yes or no at `name`.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.entries.get(name)?.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => {
                self.complain(name, "should be true or false".to_owned());
                None
            }
        }
    }

    /// The word or the yes or no at `name`, as a word.
    pub(super) fn spelled(&self, name: &str) -> Option<String> {
        match self.entries.get(name)?.get_ref() {
            DeValue::Boolean(flag) => Some(flag.to_string()),
            _ => self.text(name),
        }
    }

    /// Whether anything stands at `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// The whole number at `name`, from 1 to `most`.
    pub(super) fn count(&self, name: &str, most: usize) -> Option<usize> {
        self.count_from(1, name, most)
    }

    /// The whole number at `name`, from `least` to `most`.
    pub(super) fn count_from(&self, least: usize, name: &str, most: usize) -> Option<usize> {
        let value = self.entries.get(name)?.get_ref();
        let count = value
            .as_integer()
            .and_then(|number| usize::from_str_radix(number.as_str(), number.radix()).ok())
            .filter(|count| (least..=most).contains(count));
        if count.is_none() {
            self.complain(name, format!("should be a whole number from {least} to {most}"));
        }
        count
    }

    /// The list of whole numbers at `name`, each from 1 to `most`.
    pub(super) fn counts(&self, name: &str, most: usize) -> Option<Vec<usize>> {
        let wanted = || format!("should be a list of whole numbers from 1 to {most}");
        let DeValue::Array(items) = self.entries.get(name)?.get_ref() else {
            self.complain(name, wanted());
            return None;
        };
        let read = |item: &Spanned<DeValue<'_>>| {
            let number = item.get_ref().as_integer()?;
            let count = usize::from_str_radix(number.as_str(), number.radix()).ok()?;
            (1..=most).contains(&count).then_some(count)
        };
        let counts: Option<Vec<usize>> = items.iter().map(read).collect();
        if counts.is_none() {
            self.complain(name, wanted());
        }
        counts
    }

    /// The duration at `name`.
    pub(super) fn duration(&self, name: &str) -> Option<Duration> {
        self.amount(name, amount::duration, amount::DURATION)
    }

    /// The size at `name`, in bytes.
    pub(super) fn size(&self, name: &str) -> Option<usize> {
        self.amount(name, amount::size, amount::SIZE)
    }

    fn amount<T>(&self, name: &str, read: fn(&str) -> Option<T>, wanted: &str) -> Option<T> {
        let value = self.entries.get(name)?;
        let read = match value.get_ref() {
            DeValue::String(text) => self.expand(name, text).and_then(|text| read(&text)),
            _ => None,
        };
        if read.is_none() {
            self.complain(name, format!("should be {wanted}"));
        }
        read
    }

    /// What stands at `name`, out of a list of words; `not_yet` ones are refused by name.
    pub(super) fn one_of<T: Copy>(
        &self,
        name: &str,
        words: &[(&str, T)],
        not_yet: &[&str],
    ) -> Option<T> {
        let text = self.text(name)?;
        self.word(name, &text, words, not_yet)
    }

    /// The same for a text that was read already.
    pub(super) fn word<T: Copy>(
        &self,
        name: &str,
        text: &str,
        words: &[(&str, T)],
        not_yet: &[&str],
    ) -> Option<T> {
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let known = known.join("\" or \"");
        if not_yet.contains(&text) {
            self.complain(name, format!("\"{text}\": not in this version; use \"{known}\""));
        } else {
            self.complain(name, format!("\"{text}\" should be \"{known}\""));
        }
        None
    }

    /// `text` as a `T`, or a complaint that it should be `wanted`.
    pub(super) fn parsed<T: FromStr>(&self, name: &str, text: &str, wanted: &str) -> Option<T> {
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.complain(name, format!("\"{text}\" should be {wanted}"));
        }
        parsed
    }

    /// `text` with every `${NAME}` replaced by that environment variable.
    fn expand(&self, name: &str, text: &str) -> Option<String> {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            expanded.push_str(before);
            let Some((variable, after)) = after.split_once('}') else {
                self.complain(name, "`${` without `}`".to_owned());
                return None;
            };
            let Some(value) = (self.reader.variable)(variable) else {
                let words = format!("the environment variable {variable} is not set");
                self.complain(name, words);
                return None;
            };
            expanded.push_str(&value);
            rest = after;
        }
        expanded.push_str(rest);
        Some(expanded)
    }
}

/// The known key that a mistyped one was probably meant to be.
fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = known.iter().map(|key| (strsim::damerau_levenshtein(name, key), *key)).min()?;
    (near.0 <= 1 + name.len() / 4).then_some(near.1)
}
