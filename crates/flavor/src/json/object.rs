//! Reading an object member by member, each value as it stands in the text. What is opaque (a
//! schema, arguments) so keeps its spelling, its order and the digits of its numbers.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

/// The longest name of a caller's own that messages show, in bytes.
const NAME_BYTES: usize = 64;

/// A value that is not what has to stand in its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Misfit {
    /// Where, as `messages[2].content`; empty for the document itself.
    pub path: String,
    /// What is wrong with it, as in `should be a text`.
    pub words: Cow<'static, str>,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.words),
            path => write!(f, "{path}: {}", self.words),
        }
    }
}

impl Misfit {
    /// A misfit of the value at hand.
    pub fn new(words: impl Into<Cow<'static, str>>) -> Self {
        Self { path: String::new(), words: words.into() }
    }

    /// The same, seen from the object that has the value under `name`.
    #[must_use]
    pub fn at(mut self, name: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{name}{dot}{}", self.path);
        self
    }

    /// The same, seen from the list that has the value at `index`.
    #[must_use]
    pub fn within(self, index: usize) -> Self {
        self.at(&format!("[{index}]"))
    }
}

/// The members of an object. Reading takes them out: what is left was not known.
#[derive(Debug, Clone)]
pub struct Object<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Object<'a> {
    /// Reads a whole document.
    ///
    /// # Errors
    /// When it is no object, or has a name twice.
    pub fn parse(text: &'a str) -> Result<Self, Misfit> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let members = reader.deserialize_map(Members);
        let members = members.and_then(|members| reader.end().map(|()| members));
        let members = members.map_err(|error| Misfit::new(error.to_string()))?;
        Self { members }.once_each()
    }

    /// Reads a value.
    ///
    /// # Errors
    /// As [`Object::parse`].
    pub fn read(value: &'a RawValue) -> Result<Self, Misfit> {
        if !value.get().starts_with('{') {
            return Err(Misfit::new("should be an object"));
        }
        Self::parse(value.get())
    }

    /// Servers differ in which of two they go by.
    fn once_each(self) -> Result<Self, Misfit> {
        let mut names: Vec<&str> = self.members.iter().map(|(name, _)| name.as_ref()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair.first() == pair.last()) {
            Some(pair) => Err(Misfit::new("stands twice").at(&shown(pair.first().unwrap_or(&"")))),
            None => Ok(self),
        }
    }

    /// All members, nulls too, in their order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.members.iter().map(|(name, value)| (name.as_ref(), *value))
    }

    /// Takes a member out. One that is null counts as absent.
    pub fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        self.take_any(name).filter(|value| value.get() != "null")
    }

    /// Takes a member out, be it null.
    pub fn take_any(&mut self, name: &str) -> Option<&'a RawValue> {
        let at = self.members.iter().position(|(own, _)| own == name)?;
        Some(self.members.remove(at).1)
    }

    /// Takes a text out.
    ///
    /// # Errors
    /// When it is something else.
    pub fn text(&mut self, name: &str) -> Result<Option<Cow<'a, str>>, Misfit> {
        self.take(name).map(|value| text(value).map_err(|misfit| misfit.at(name))).transpose()
    }

    /// Takes a text out that has to be there.
    ///
    /// # Errors
    /// When it is not there or something else.
    pub fn needed_text(&mut self, name: &str) -> Result<Cow<'a, str>, Misfit> {
        self.text(name)?.ok_or_else(|| Misfit::new("is missing; a text has to stand here").at(name))
    }

    /// Takes `true` or `false` out.
    ///
    /// # Errors
    /// When it is something else.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, Misfit> {
        match self.take(name).map(RawValue::get) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Misfit::new("should be true or false").at(name)),
        }
    }

    /// Takes a whole number out.
    ///
    /// # Errors
    /// When it is something else.
    pub fn whole(&mut self, name: &str) -> Result<Option<u64>, Misfit> {
        let wrong = || Misfit::new("should be a whole number that is not negative").at(name);
        self.take(name).map(|value| value.get().parse().map_err(|_| wrong())).transpose()
    }

    /// Takes a number out, in its own digits.
    ///
    /// # Errors
    /// When it is something else.
    pub fn number(&mut self, name: &str) -> Result<Option<&'a str>, Misfit> {
        let Some(value) = self.take(name).map(RawValue::get) else { return Ok(None) };
        if value.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            return Ok(Some(value));
        }
        Err(Misfit::new("should be a number").at(name))
    }

    /// Takes an object out.
    ///
    /// # Errors
    /// When it is something else.
    pub fn object(&mut self, name: &str) -> Result<Option<Object<'a>>, Misfit> {
        self.take(name).map(|value| Self::read(value).map_err(|it| it.at(name))).transpose()
    }

    /// Takes a list out.
    ///
    /// # Errors
    /// When it is something else.
    pub fn list(&mut self, name: &str) -> Result<Option<Vec<&'a RawValue>>, Misfit> {
        self.take(name).map(|value| list(value).map_err(|it| it.at(name))).transpose()
    }

    /// What nobody has taken out, nulls left out, in the order it stood.
    pub fn rest(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        let given = self.members.iter().filter(|(_, value)| value.get() != "null");
        given.map(|(name, value)| (name.as_ref(), *value))
    }
}

/// A name that a caller chose, as messages show it.
fn shown(name: &str) -> Cow<'_, str> {
    match name.get(..name.floor_char_boundary(NAME_BYTES)) {
        Some(start) if start.len() < name.len() => Cow::Owned(format!("{start}...")),
        _ => Cow::Borrowed(name),
    }
}

/// A text; a part of the document unless it has escapes.
///
/// # Errors
/// When the value is something else, or holds half of a surrogate pair.
pub fn text(value: &RawValue) -> Result<Cow<'_, str>, Misfit> {
    let raw = value.get();
    if let Ok(plain) = serde_json::from_str::<&str>(raw) {
        return Ok(Cow::Borrowed(plain));
    }
    let owned = serde_json::from_str::<String>(raw);
    owned.map(Cow::Owned).map_err(|_| Misfit::new("should be a text"))
}

/// The values of a list.
///
/// # Errors
/// When the value is something else.
pub fn list(value: &RawValue) -> Result<Vec<&RawValue>, Misfit> {
    if !value.get().starts_with('[') {
        return Err(Misfit::new("should be a list"));
    }
    serde_json::from_str(value.get()).map_err(|error| Misfit::new(error.to_string()))
}

/// Reads `value` as what it begins as.
pub fn is_text(value: &RawValue) -> bool {
    value.get().starts_with('"')
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((name, value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
            members.push((name.0, value));
        }
        Ok(members)
    }
}

/// A member's name, which nearly always stands as it is meant.
struct Name<'a>(Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Named;
        impl<'de> Visitor<'de> for Named {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }
            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        reader.deserialize_str(Named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_spelling_and_what_is_left_is_known() {
        let text = r#"{"a":"x","b":1.50,"schema":{"z":1, "a":12345678901234567890},"n":null,"\u0063":[true]}"#;
        let mut object = Object::parse(text).unwrap();
        assert!(matches!(object.text("a").unwrap(), Some(Cow::Borrowed("x"))));
        assert_eq!(object.number("b").unwrap(), Some("1.50"));
        let schema = object.take("schema").unwrap();
        assert_eq!(schema.get(), r#"{"z":1, "a":12345678901234567890}"#);
        assert_eq!(object.flag("n").unwrap(), None);
        let rest: Vec<_> = object.rest().map(|(name, value)| (name, value.get())).collect();
        assert_eq!(rest, [("c", "[true]")]);
    }

    #[test]
    fn a_misfit_says_where_it_stands() {
        let misfit = Misfit::new("should be a text").at("type").within(0).at("content").within(3);
        assert_eq!(
            misfit.at("messages").to_string(),
            "messages[3].content[0].type: should be a text"
        );
        let mut object = Object::parse(r#"{"a":{"b":1}}"#).unwrap();
        let misfit = object.object("a").unwrap().unwrap().text("b").unwrap_err().at("a");
        assert_eq!(misfit.to_string(), "a.b: should be a text");
        assert_eq!(
            Object::parse(r#"{"a":1,"\u0061":2}"#).unwrap_err().to_string(),
            "a: stands twice"
        );
        assert!(Object::parse("[]").is_err() && Object::parse("{} x").is_err());
    }
}
