//! What could not be carried, and what to do about it.

use std::collections::HashMap;
use std::fmt;

use serde_json::{Value, json};

use super::node::{Field, Map};

/// One thing that could not be carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCarried {
    /// Where it stood: the names that lead there, and the line, or the lines.
    pub at: String,
    /// What it was, and why it is not in the configuration.
    pub what: String,
    /// What to do about it.
    pub instead: String,
}

impl NotCarried {
    /// For programs.
    pub fn to_json(&self) -> Value {
        json!({ "at": self.at, "what": self.what, "instead": self.instead })
    }
}

impl fmt::Display for NotCarried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.at, self.what, self.instead)
    }
}

/// The most lines that are named of one thing.
const LINES: usize = 8;

/// The most letters of a name out of the file.
const LETTERS: usize = 120;

/// A name out of the file, as it may be shown: on one line, and not endless.
pub(super) fn shown(text: &str) -> String {
    let plain = text.chars().map(|letter| if letter.is_control() { '?' } else { letter });
    let mut shown: String = plain.clone().take(LETTERS).collect();
    if plain.count() > LETTERS {
        shown.push_str("...");
    }
    shown
}

/// What could not be carried so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    losses: Vec<Loss>,
    /// Where each is among them, by pattern, what and instead.
    places: HashMap<(String, String, String), usize>,
}

/// The same thing, wherever it stood.
#[derive(Debug)]
struct Loss {
    /// Where it stood first.
    path: String,
    /// The same without numbers.
    pattern: String,
    lines: Vec<usize>,
    what: String,
    instead: String,
}

impl Report {
    /// Something at `path` could not be carried.
    pub(super) fn lose(
        &mut self,
        path: &str,
        line: usize,
        what: impl Into<String>,
        instead: impl Into<String>,
    ) {
        let (what, instead, pattern) = (what.into(), instead.into(), without_numbers(path));
        let same = (pattern.clone(), what.clone(), instead.clone());
        let at = *self.places.entry(same).or_insert(self.losses.len());
        match self.losses.get_mut(at) {
            Some(loss) => loss.lines.push(line),
            None => self.losses.push(Loss {
                path: shown(path),
                pattern,
                lines: vec![line],
                what,
                instead,
            }),
        }
    }

    /// The text of a field; one that is none is lost.
    pub(super) fn text<'a>(&mut self, field: Option<Field<'a>>) -> Option<&'a str> {
        let field = field?;
        field.text().or_else(|| self.lose_shape(&field, "a word"))
    }

    /// The map of a field; one that is none is lost.
    pub(super) fn map<'a>(&mut self, field: Option<Field<'a>>) -> Option<Map<'a>> {
        let field = field?;
        field.map().or_else(|| self.lose_shape(&field, "a map"))
    }

    /// The list of a field; one that is none is lost.
    pub(super) fn items<'a>(&mut self, field: Option<Field<'a>>) -> Option<Vec<Field<'a>>> {
        let field = field?;
        field.items().or_else(|| self.lose_shape(&field, "a list"))
    }

    fn lose_shape<T>(&mut self, field: &Field<'_>, wanted: &str) -> Option<T> {
        let what = format!("it should be {wanted}, and is none");
        self.lose(&field.path, field.line, what, "mend it and import again");
        None
    }

    /// All of it, in the order of the file.
    pub(super) fn finish(mut self) -> Vec<NotCarried> {
        self.losses.sort_by_key(|loss| loss.lines.first().copied());
        self.losses.into_iter().map(Loss::finish).collect()
    }
}

impl Loss {
    fn finish(mut self) -> NotCarried {
        self.lines.dedup();
        let at = match self.lines.as_slice() {
            [line] => format!("{}, line {line}", self.path),
            lines => {
                let named: Vec<String> = lines.iter().take(LINES).map(usize::to_string).collect();
                let more = match lines.len().saturating_sub(LINES) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!("{}, lines {}{more}", shown(&self.pattern), named.join(", "))
            }
        };
        NotCarried { at, what: self.what, instead: self.instead }
    }
}

/// `a[3].b` as `a[].b`.
fn without_numbers(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('[') {
        pattern.push_str(before);
        pattern.push('[');
        rest = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
    }
    pattern.push_str(rest);
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_loss_in_many_places_is_said_once_with_its_lines() {
        let mut report = Report::default();
        report.lose("list[0].b", 9, "later", "nothing");
        for at in 0..10 {
            report.lose(&format!("list[{at}].a"), at + 1, "a wish", "nothing");
        }
        let said: Vec<String> = report.finish().iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "list[].a, lines 1, 2, 3, 4, 5, 6, 7, 8 and 2 more: a wish; nothing",
                "list[0].b, line 9: later; nothing"
            ]
        );
    }

    #[test]
    fn names_out_of_the_file_stay_on_their_line() {
        assert_eq!(shown("a\nb\u{1b}[1m"), "a?b?[1m");
        assert_eq!(shown(&"x".repeat(200)).len(), LETTERS + 3);
    }
}
