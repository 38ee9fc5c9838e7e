//! Reads YAML, and with it JSON, into nodes. Files come from strangers: how deep they nest and how
//! much their aliases grow to is bounded.

use std::collections::HashMap;
use std::collections::hash_map::Entry::Vacant;

use granit_parser::{Event, Options, Parser, ScalarStyle};

use super::failure::ImportError;
use super::node::{Entry, Node, Value};

/// The most maps and lists within one another.
const DEPTH: usize = 64;

/// The most memory that a file may grow to, in bytes, about: each alias counts what it stands for.
const GROWTH: usize = 64 << 20;

/// What a node counts beside its text.
const NODE: usize = 64;

/// A file that was read.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) root: Node,
    /// Names that stood twice in one map, with the line of the one that counts: the last.
    pub(super) doubled: Vec<(String, usize)>,
}

/// Reads one document.
pub(super) fn read(text: &str) -> Result<Document, ImportError> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str_with_options(text, options()) {
        let (event, span) = event.map_err(|error| ImportError::NotYaml {
            line: error.marker().line(),
            words: error.info(),
        })?;
        reader.take(event, span.start.line())?;
    }
    let Some(root) = reader.root else {
        return Err(ImportError::NotYaml { line: 1, words: "there is nothing in it".to_owned() });
    };
    Ok(Document { root, doubled: reader.doubled })
}

fn options() -> Options {
    granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: DEPTH,
        block_nesting_limit: DEPTH,
    }
}

/// A list or a map whose end is still to come.
struct Begun {
    line: usize,
    anchor: usize,
    holds: Holds,
}

enum Holds {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        /// Where each name is among them.
        places: HashMap<String, usize>,
        /// A name whose value is still to come.
        name: Option<(String, usize)>,
        /// What `<<` brought.
        merged: Vec<Entry>,
    },
}

#[derive(Default)]
struct Reader {
    root: Option<Node>,
    begun: Vec<Begun>,
    anchors: HashMap<usize, Node>,
    grown: usize,
    doubled: Vec<(String, usize)>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), ImportError> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                self.node(Node { line, value: Value::Text { text: text.into(), plain } }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.begin(Begun { line, anchor, holds: Holds::List(Vec::new()) })
            }
            Event::MappingStart(_, anchor, _) => {
                let holds = Holds::Map {
                    entries: Vec::new(),
                    places: HashMap::new(),
                    name: None,
                    merged: Vec::new(),
                };
                self.begin(Begun { line, anchor, holds })
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor) else {
                    let words = "an alias stands within what it stands for".to_owned();
                    return Err(ImportError::NotYaml { line, words });
                };
                self.grown = self.grown.saturating_add(size(node));
                self.bounded()?;
                let node = node.clone();
                self.place(Node { line, ..node })
            }
            Event::DocumentStart(..) if self.root.is_some() => {
                let words = "a second document begins here; one is read".to_owned();
                Err(ImportError::NotYaml { line, words })
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, begun: Begun) -> Result<(), ImportError> {
        if self.begun.len() >= DEPTH {
            let words = format!("it nests deeper than {DEPTH}");
            return Err(ImportError::NotYaml { line: begun.line, words });
        }
        self.begun.push(begun);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ImportError> {
        let Some(Begun { line, anchor, holds }) = self.begun.pop() else { return Ok(()) };
        let value = match holds {
            Holds::List(items) => Value::List(items),
            Holds::Map { mut entries, mut places, merged, .. } => {
                for entry in merged {
                    if let Vacant(place) = places.entry(entry.name.clone()) {
                        place.insert(entries.len());
                        entries.push(entry);
                    }
                }
                Value::Map(entries)
            }
        };
        self.node(Node { line, value }, anchor)
    }

    /// A node that was written out.
    fn node(&mut self, node: Node, anchor: usize) -> Result<(), ImportError> {
        let text = match &node.value {
            Value::Text { text, .. } => text.len(),
            Value::List(_) | Value::Map(_) => 0,
        };
        self.grown = self.grown.saturating_add(NODE + text);
        if anchor > 0 {
            self.grown = self.grown.saturating_add(size(&node));
            self.bounded()?;
            self.anchors.insert(anchor, node.clone());
        }
        self.bounded()?;
        self.place(node)
    }

    fn bounded(&self) -> Result<(), ImportError> {
        if self.grown > GROWTH { Err(ImportError::GrowsTooFar { most: GROWTH }) } else { Ok(()) }
    }

    /// Puts a node where it belongs.
    fn place(&mut self, node: Node) -> Result<(), ImportError> {
        let Some(begun) = self.begun.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut begun.holds {
            Holds::List(items) => items.push(node),
            Holds::Map { entries, places, name, merged } => match name.take() {
                None => *name = Some(name_of(node)?),
                Some((name, _)) if name == "<<" => merge(node, merged),
                Some((name, line)) => {
                    let entry = Entry { name: name.clone(), line, node };
                    match places.get(&name).and_then(|at| entries.get_mut(*at)) {
                        Some(earlier) => {
                            *earlier = entry;
                            self.doubled.push((name, line));
                        }
                        None => {
                            places.insert(name, entries.len());
                            entries.push(entry);
                        }
                    }
                }
            },
        }
        Ok(())
    }
}

fn name_of(node: Node) -> Result<(String, usize), ImportError> {
    match node.value {
        Value::Text { text, .. } => Ok((text, node.line)),
        Value::List(_) | Value::Map(_) => {
            let words = "a name has to be a word, not a list or a map".to_owned();
            Err(ImportError::NotYaml { line: node.line, words })
        }
    }
}

/// `<<: *other`: what the map itself does not say, in the words of others; the first one counts.
fn merge(node: Node, merged: &mut Vec<Entry>) {
    match node.value {
        Value::Map(entries) => merged.extend(entries),
        Value::List(maps) => {
            for map in maps {
                merge(map, merged);
            }
        }
        Value::Text { .. } => {}
    }
}

fn size(node: &Node) -> usize {
    NODE + match &node.value {
        Value::Text { text, .. } => text.len(),
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(entries) => {
            entries.iter().map(|entry| entry.name.len() + size(&entry.node)).sum()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::import::node::Field;

    fn text(document: &Document, name: &str) -> String {
        let whole = Field::whole(&document.root).map().unwrap();
        whole.take(name).unwrap().text().unwrap().to_owned()
    }

    #[test]
    fn numbers_keep_the_text_that_was_written() {
        let document = read("a: 1.50e-07\nb: 0.000000150\nc: \"007\"\n").unwrap();
        assert_eq!(text(&document, "a"), "1.50e-07");
        assert_eq!(text(&document, "b"), "0.000000150");
        assert_eq!(text(&document, "c"), "007");
    }

    #[test]
    fn what_is_merged_gives_way_to_what_the_map_says() {
        let document = read("base: &b {x: 1, y: 2}\nown: {<<: *b, y: 3}\n").unwrap();
        let own = Field::whole(&document.root).map().unwrap().take("own").unwrap();
        let own = own.map().unwrap();
        assert_eq!(own.take("x").unwrap().text(), Some("1"));
        assert_eq!(own.take("y").unwrap().text(), Some("3"));
    }

    #[test]
    fn of_a_name_that_stands_twice_the_last_counts_and_it_is_said() {
        let document = read("a: 1\na: 2\n").unwrap();
        assert_eq!(text(&document, "a"), "2");
        assert_eq!(document.doubled, [("a".to_owned(), 2)]);
    }

    #[test]
    fn aliases_that_grow_without_end_are_refused() {
        let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            laughs.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert!(matches!(read(&laughs), Err(ImportError::GrowsTooFar { .. })));
    }

    #[test]
    fn what_nests_too_deep_or_is_no_document_is_refused_with_its_line() {
        let deep = format!("a:\n  {}1{}", "[".repeat(5000), "]".repeat(5000));
        for (wrong, at) in [
            (deep.as_str(), 2),
            ("a: [1, 2\nb: 3", 2),
            ("a: *b", 1),
            ("a: &b [*b]", 1),
            ("a: 1\n---\nb: 2", 2),
            ("", 1),
            ("[1]: 2", 1),
        ] {
            match read(wrong) {
                Err(ImportError::NotYaml { line, .. }) => assert_eq!(line, at, "{wrong:.40}"),
                other => panic!("{wrong:.40}: {other:?}"),
            }
        }
    }
}
