//! Reading a body by places, and naming what no place was for.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::value::RawValue;

use super::Place;
use crate::canon::{Losses, Text};
use crate::json::{Misfit, Object, object};

/// The most parts of a body that are looked through for what is lost.
const MOST: usize = 256;

/// A body, and which of its places were read.
pub(super) struct Source<'a> {
    root: Object<'a>,
    read: BTreeSet<Vec<String>>,
}

impl<'a> Source<'a> {
    /// Reads a body, or a part of one.
    pub(super) fn parse(text: &'a str) -> Result<Self, Misfit> {
        Ok(Self { root: Object::parse(text)?, read: BTreeSet::new() })
    }

    /// What stands at a place; nothing for null.
    pub(super) fn raw(&mut self, place: Option<&Place>) -> Result<Option<&'a RawValue>, Misfit> {
        let Some(place) = place else { return Ok(None) };
        self.read.insert(place.names().map(str::to_owned).collect());
        let (first, inner) = place.split();
        let mut found = self.root.clone().take(first);
        for name in inner {
            let Some(outer) = found else { return Ok(None) };
            let mut members = Object::read(outer).map_err(|misfit| misfit.at(first))?;
            found = members.take(name);
        }
        Ok(found)
    }

    /// The text at a place.
    pub(super) fn text(&mut self, place: Option<&Place>) -> Result<Option<Text<'a>>, Misfit> {
        self.at(place, object::text)
    }

    /// The text at a place, which has to be there.
    pub(super) fn needed_text(&mut self, place: &Place) -> Result<Text<'a>, Misfit> {
        let missing = || Misfit::new("is missing; a text has to stand here").at(&place.to_string());
        self.text(Some(place))?.ok_or_else(missing)
    }

    /// The whole number at a place.
    pub(super) fn whole(&mut self, place: Option<&Place>) -> Result<Option<u64>, Misfit> {
        let wrong = |_| Misfit::new("should be a whole number that is not negative");
        self.at(place, |value| value.get().parse().map_err(wrong))
    }

    /// The number at a place, in its own digits.
    pub(super) fn number(&mut self, place: Option<&Place>) -> Result<Option<&'a str>, Misfit> {
        let is_number = |text: &str| text.starts_with(|it: char| it == '-' || it.is_ascii_digit());
        self.at(place, |value| {
            let text = value.get();
            if is_number(text) { Ok(text) } else { Err(Misfit::new("should be a number")) }
        })
    }

    /// The yes or no at a place.
    pub(super) fn flag(&mut self, place: Option<&Place>) -> Result<Option<bool>, Misfit> {
        self.at(place, |value| match value.get() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Misfit::new("should be true or false")),
        })
    }

    /// The list at a place.
    pub(super) fn list(
        &mut self,
        place: Option<&Place>,
    ) -> Result<Option<Vec<&'a RawValue>>, Misfit> {
        self.at(place, object::list)
    }

    fn at<T>(
        &mut self,
        place: Option<&Place>,
        read: impl Fn(&'a RawValue) -> Result<T, Misfit>,
    ) -> Result<Option<T>, Misfit> {
        let value = self.raw(place)?;
        let named = |misfit: Misfit| match place {
            Some(place) => misfit.at(&place.to_string()),
            None => misfit,
        };
        value.map(read).transpose().map_err(named)
    }

    /// Counts a member of the body as read.
    pub(super) fn pass_over(&mut self, name: &str) {
        self.read.insert(vec![name.to_owned()]);
    }

    /// Names what stands in the body and was not read, each under `path` and its own place.
    pub(super) fn name_rest(&self, path: &str, losses: &mut Losses) {
        let mut parts = vec![(Vec::new(), self.root.clone())];
        let mut looked = 0;
        while let Some((names, members)) = parts.pop() {
            for (name, value) in members.all() {
                looked += 1;
                if looked > MOST || value.get() == "null" {
                    continue;
                }
                let mut here: Vec<String> = names.clone();
                here.push(name.to_owned());
                if self.read.contains(&here) {
                    continue;
                }
                let holds_more = self.read.iter().any(|read| read.starts_with(&here));
                match Object::read(value).ok().filter(|_| holds_more) {
                    Some(inner) => parts.push((here, inner)),
                    None => losses.unread(
                        Cow::Owned(format!("{path}{}", here.join("."))),
                        "a field that its flavor's file does not name",
                    ),
                }
            }
        }
    }
}
