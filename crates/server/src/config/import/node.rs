//! What stands in a file that is imported: texts, lists and maps, with their lines. A number is its
//! text, as it was written: a price must not pass through a float.

use std::cell::RefCell;
use std::collections::BTreeSet;

/// Something that stands in the file.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// The line, from 1.
    pub(super) line: usize,
    pub(super) value: Value,
}

/// What it is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// A word, a number, yes or no; `plain` when it has no quotes.
    Text { text: String, plain: bool },
    /// One after another.
    List(Vec<Node>),
    /// Each with its name.
    Map(Vec<Entry>),
}

/// One of a map.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) node: Node,
}

impl Node {
    /// Whether it says that there is nothing.
    fn is_nothing(&self) -> bool {
        match &self.value {
            Value::Text { text, plain } => {
                text.is_empty() || *plain && matches!(text.as_str(), "~" | "null" | "Null" | "NULL")
            }
            Value::List(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
        }
    }
}

/// Something with the way to it.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    /// The names and numbers that lead here: `model_list[0].litellm_params`.
    pub(super) path: String,
    pub(super) line: usize,
    node: &'a Node,
}

impl<'a> Field<'a> {
    /// The whole file.
    pub(super) fn whole(node: &'a Node) -> Self {
        Self { path: String::new(), line: node.line, node }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&'a str> {
        match &self.node.value {
            Value::Text { text, .. } => Some(text),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The whole number, if it is one.
    pub(super) fn count(&self) -> Option<u64> {
        self.text()?.parse().ok()
    }

    /// What is in it, if it is a list.
    pub(super) fn items(&self) -> Option<Vec<Field<'a>>> {
        let Value::List(items) = &self.node.value else { return None };
        let items = items.iter().enumerate().map(|(at, node)| Field {
            path: format!("{}[{at}]", self.path),
            line: node.line,
            node,
        });
        Some(items.collect())
    }

    /// The map, if it is one.
    pub(super) fn map(&self) -> Option<Map<'a>> {
        let Value::Map(entries) = &self.node.value else { return None };
        Some(Map { path: self.path.clone(), line: self.line, entries, taken: RefCell::default() })
    }
}

/// A map that is being read. It knows what nobody has asked for, so that nothing is left out
/// unseen.
#[derive(Debug)]
pub(super) struct Map<'a> {
    /// The names and numbers that lead here.
    pub(super) path: String,
    /// Where it begins.
    pub(super) line: usize,
    entries: &'a [Entry],
    taken: RefCell<BTreeSet<&'a str>>,
}

impl<'a> Map<'a> {
    /// What stands at `name`, unless it is nothing.
    pub(super) fn take(&self, name: &str) -> Option<Field<'a>> {
        let entry = self.entries.iter().find(|entry| entry.name == name)?;
        self.taken.borrow_mut().insert(&entry.name);
        (!entry.node.is_nothing()).then(|| self.field(entry))
    }

    /// Whether anything stands at `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name)
    }

    /// All that was not taken, with the names. From here on it is.
    pub(super) fn rest(&self) -> Vec<(&'a str, Field<'a>)> {
        let mut taken = self.taken.borrow_mut();
        let rest = self.entries.iter().filter(|entry| taken.insert(&entry.name));
        let rest = rest.filter(|entry| !entry.node.is_nothing());
        rest.map(|entry| (entry.name.as_str(), self.field(entry))).collect()
    }

    fn field(&self, entry: &'a Entry) -> Field<'a> {
        let dot = if self.path.is_empty() { "" } else { "." };
        Field {
            path: format!("{}{dot}{}", self.path, entry.name),
            line: entry.line,
            node: &entry.node,
        }
    }
}
