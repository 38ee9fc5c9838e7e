//! A JSON Schema as Anthropic takes it for an answer: every object in it has to say that it has no
//! other members than those that are named.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::canon::{Json, Losses};
use crate::json::object::{self, Object};
use crate::json::writer;

/// How deep schemas may nest. What is deeper goes on as it is.
const DEPTH: usize = 64;

/// Members that are schemas by name.
const MAPS: [&str; 3] = ["properties", "$defs", "definitions"];

/// Members that are lists of schemas.
const LISTS: [&str; 4] = ["anyOf", "allOf", "oneOf", "prefixItems"];

const CLOSED: &str = "additionalProperties";

/// The schema, with every object closed.
pub(super) fn of<'a>(schema: &'a Json<'_>, losses: &mut Losses) -> Json<'a> {
    match closed(schema.as_str(), 0) {
        None => Json(Cow::Borrowed(schema.as_str())),
        Some(closed) => {
            losses.approximated("response_format.schema", "objects have no other members there");
            Json(Cow::Owned(closed))
        }
    }
}

/// The schema with every object closed; nothing where that changes nothing.
fn closed(schema: &str, depth: usize) -> Option<String> {
    let members = Object::parse(schema).ok().filter(|_| depth < DEPTH)?;
    let is_open = {
        let mut members = members.clone();
        let is_object = members.take("type").is_some_and(|kind| kind.get() == "\"object\"");
        is_object && members.take_any(CLOSED).is_none()
    };
    let mut changed = is_open;
    let mut inside = |value: &RawValue| match closed(value.get(), depth + 1) {
        None => value.get().to_owned(),
        Some(closed) => {
            changed = true;
            closed
        }
    };
    let mut out = Vec::with_capacity(schema.len() + 64);
    writer::object(&mut out, |root| {
        for (name, value) in members.all() {
            if MAPS.contains(&name)
                && let Ok(named) = Object::read(value)
            {
                root.object(name, |map| {
                    for (name, value) in named.all() {
                        map.raw(name, &inside(value));
                    }
                });
            } else if LISTS.contains(&name)
                && let Ok(items) = object::list(value)
            {
                root.list(name, |list| items.iter().for_each(|item| list.raw(&inside(item))));
            } else if matches!(name, "items" | "not") {
                root.raw(name, &inside(value));
            } else {
                root.raw(name, value.get());
            }
        }
        if is_open {
            root.flag(CLOSED, false);
        }
    });
    String::from_utf8(out).ok().filter(|_| changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(schema: &str) -> (String, String) {
        let mut losses = Losses::default();
        let json = Json(Cow::Borrowed(schema));
        (of(&json, &mut losses).as_str().to_owned(), losses.to_string())
    }

    #[test]
    fn every_object_is_closed_and_keeps_its_order() {
        let open = r#"{"type":"object","properties":{"z":{"type":"array","items":{"type":"object"}},"a":{"anyOf":[{"type":"object"},{"type":"null"}]}},"required":["z"]}"#;
        let shut = r#"{"type":"object","properties":{"z":{"type":"array","items":{"type":"object","additionalProperties":false}},"a":{"anyOf":[{"type":"object","additionalProperties":false},{"type":"null"}]}},"required":["z"],"additionalProperties":false}"#;
        assert_eq!(
            written(open),
            (shut.to_owned(), "response_format.schema;approximated".to_owned())
        );
        assert_eq!(written(shut), (shut.to_owned(), String::new()));
    }

    #[test]
    fn what_is_no_object_stays_as_it_is() {
        for schema in [r#"{ "type" : "string" }"#, "true", r#"{"enum":[{"type":"object"}]}"#] {
            assert_eq!(written(schema), (schema.to_owned(), String::new()));
        }
    }
}
