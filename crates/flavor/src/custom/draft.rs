//! Writing a body by places, in the order in which they are filled.

use super::Place;
use crate::json::writer::{self, Members};

/// A body that is being put together.
#[derive(Debug, Default)]
pub(super) struct Draft {
    members: Vec<(String, Slot)>,
}

#[derive(Debug)]
enum Slot {
    Json(String),
    Inner(Draft),
}

impl Draft {
    /// Puts JSON at a place, where there is one. Whether there is.
    pub(super) fn put(&mut self, place: Option<&Place>, json: impl Into<String>) -> bool {
        let Some(place) = place else { return false };
        let (first, inner) = place.split();
        self.put_at(first, inner, json.into());
        true
    }

    /// Puts a text at a place, where there is one. Whether there is.
    pub(super) fn text(&mut self, place: Option<&Place>, text: &str) -> bool {
        let mut json = Vec::with_capacity(text.len() + 2);
        writer::text(&mut json, text);
        self.put(place, String::from_utf8(json).unwrap_or_default())
    }

    fn put_at(&mut self, name: &str, inner: &[String], json: String) {
        let Some((next, rest)) = inner.split_first() else {
            self.members.push((name.to_owned(), Slot::Json(json)));
            return;
        };
        let is_it =
            |(own, slot): &&mut (String, Slot)| own == name && matches!(slot, Slot::Inner(_));
        if let Some((_, Slot::Inner(draft))) = self.members.iter_mut().find(is_it) {
            return draft.put_at(next, rest, json);
        }
        let mut draft = Self::default();
        draft.put_at(next, rest, json);
        self.members.push((name.to_owned(), Slot::Inner(draft)));
    }

    /// The body.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        writer::object(out, |root| self.fill(root));
    }

    fn fill(&self, members: &mut Members<'_>) {
        for (name, slot) in &self.members {
            match slot {
                Slot::Json(json) => members.raw(name, json),
                Slot::Inner(draft) => members.object(name, |inner| draft.fill(inner)),
            }
        }
    }

    /// The body, by itself.
    pub(super) fn json(&self) -> String {
        let mut out = Vec::new();
        self.write(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_meet_stand_in_one_object() {
        let place = |text: &str| Place::read(text).unwrap();
        let mut draft = Draft::default();
        assert!(draft.text(Some(&place("a.b")), "x\n"));
        assert!(draft.put(Some(&place("c")), "1"));
        assert!(draft.put(Some(&place("a.d.e")), "[]"));
        assert!(!draft.put(None, "2"));
        assert_eq!(draft.json(), r#"{"a":{"b":"x\n","d":{"e":[]}},"c":1}"#);
    }
}
