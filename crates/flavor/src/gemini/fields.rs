//! The members of an object in the JSON form of protocol buffers.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::canon::Losses;
use crate::json::object::{Misfit, Object, list, text};

/// The members of an object, each under either of the two names that Google's servers take for it:
/// `topP` and `top_p`. Reading takes them out by the first.
#[derive(Debug)]
pub(crate) struct Fields<'a>(Object<'a>);

impl<'a> Fields<'a> {
    /// Reads a whole document.
    pub(crate) fn parse(document: &'a str) -> Result<Self, Misfit> {
        Object::parse(document).map(Self)
    }

    /// Reads a value.
    pub(crate) fn read(value: &'a RawValue) -> Result<Self, Misfit> {
        Object::read(value).map(Self)
    }

    /// Takes a member out. One that is null counts as absent.
    pub(crate) fn take(&mut self, name: &str) -> Result<Option<&'a RawValue>, Misfit> {
        let own = self.0.take(name);
        let Some(snake) = snake_case(name) else { return Ok(own) };
        match (own, self.0.take(&snake)) {
            (Some(_), Some(_)) => Err(Misfit::new("stands twice").at(name)),
            (own, other) => Ok(own.or(other)),
        }
    }

    /// Takes a text out.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<Cow<'a, str>>, Misfit> {
        self.take(name)?.map(|value| text(value).map_err(|it| it.at(name))).transpose()
    }

    /// Takes a text out that has to be there.
    pub(crate) fn needed_text(&mut self, name: &str) -> Result<Cow<'a, str>, Misfit> {
        self.text(name)?.ok_or_else(|| Misfit::new("is missing; a text has to stand here").at(name))
    }

    /// Takes `true` or `false` out.
    pub(crate) fn flag(&mut self, name: &str) -> Result<Option<bool>, Misfit> {
        match self.take(name)?.map(RawValue::get) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Misfit::new("should be true or false").at(name)),
        }
    }

    /// Takes a whole number out.
    pub(crate) fn whole(&mut self, name: &str) -> Result<Option<u64>, Misfit> {
        let Some(value) = self.take(name)? else { return Ok(None) };
        let number = digits(value.get()).parse();
        let wrong = |_| Misfit::new("should be a whole number that is not negative").at(name);
        number.map(Some).map_err(wrong)
    }

    /// Takes a whole number out that may be negative.
    pub(crate) fn signed(&mut self, name: &str) -> Result<Option<i64>, Misfit> {
        let Some(value) = self.take(name)? else { return Ok(None) };
        let number = digits(value.get()).parse();
        number.map(Some).map_err(|_| Misfit::new("should be a whole number").at(name))
    }

    /// Takes a number out, in its own digits.
    pub(crate) fn number(&mut self, name: &str) -> Result<Option<&'a str>, Misfit> {
        let Some(value) = self.take(name)?.map(RawValue::get) else { return Ok(None) };
        if value.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            return Ok(Some(value));
        }
        Err(Misfit::new("should be a number").at(name))
    }

    /// Takes an object out.
    pub(crate) fn object(&mut self, name: &str) -> Result<Option<Self>, Misfit> {
        self.take(name)?.map(|value| Self::read(value).map_err(|it| it.at(name))).transpose()
    }

    /// Takes a list out. Google's servers take a single item for a list of it, and its guide has
    /// examples of that.
    pub(crate) fn list(&mut self, name: &str) -> Result<Option<Vec<&'a RawValue>>, Misfit> {
        let Some(value) = self.take(name)? else { return Ok(None) };
        if value.get().starts_with('{') {
            return Ok(Some(vec![value]));
        }
        list(value).map(Some).map_err(|misfit| misfit.at(name))
    }

    /// What nobody has taken out, nulls left out, under the names it stood there.
    pub(crate) fn rest(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.rest()
    }

    /// Names what nobody has taken out, each as `path` and its name.
    pub(crate) fn note_rest(&self, path: &str, losses: &mut Losses) {
        for (name, _) in self.rest() {
            losses.dropped(format!("{path}{name}"), "has no place in other protocols");
        }
    }
}

/// The other name of a member; nothing where it is the same.
fn snake_case(name: &str) -> Option<String> {
    if !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    Some(snake)
}

/// The digits of a whole number. In this form of JSON it may stand in quotes, and some of Google's
/// own clients write `40.0`.
fn digits(value: &str) -> &str {
    let bare = value.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(value);
    match bare.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|it| it == b'0') => whole,
        _ => bare,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_stands_under_either_of_its_names_but_not_both() {
        let mut fields = Fields::parse(r#"{"top_p":0.50,"topK":40.0,"n":"7"}"#).unwrap();
        assert_eq!(fields.number("topP").unwrap(), Some("0.50"));
        assert_eq!(fields.whole("topK").unwrap(), Some(40));
        assert_eq!(fields.whole("n").unwrap(), Some(7));
        let mut fields = Fields::parse(r#"{"top_p":1,"topP":1}"#).unwrap();
        assert_eq!(fields.number("topP").unwrap_err().to_string(), "topP: stands twice");
    }

    #[test]
    fn numbers_that_are_not_whole_are_refused() {
        for value in ["1.5", "1.", "-1", "1e3", "\"\"", "true", "18446744073709551616"] {
            let document = format!(r#"{{"n":{value}}}"#);
            let Ok(mut fields) = Fields::parse(&document) else { continue };
            assert!(fields.whole("n").is_err(), "{value}");
        }
    }

    #[test]
    fn one_item_may_stand_for_a_list_of_it() {
        let mut fields = Fields::parse(r#"{"parts":{"text":"x"},"tools":"y"}"#).unwrap();
        assert_eq!(fields.list("parts").unwrap().unwrap().len(), 1);
        assert!(fields.list("tools").is_err());
    }
}
