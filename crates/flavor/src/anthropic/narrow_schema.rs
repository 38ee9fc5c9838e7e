//! A JSON Schema as Anthropic takes it where answers and calls have to keep to it: every object in it
//! says that it has no other members than those that are named, and nothing bounds a number, a
//! text's length or a list's. What it cannot say there is told in its description, as Anthropic's
//! own SDKs do (Anthropic's reference, structured outputs, "JSON Schema limitations").

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::value::RawValue;

use crate::canon::{Json, Losses};
use crate::json::object::{self, Object};
use crate::json::writer::{self, Items, Members};

/// How deep schemas may nest. What is deeper goes on as it is.
const DEPTH: usize = 24;

/// The longest limit that is told in words, in bytes.
const TOLD: usize = 64;

/// Members that are schemas by name.
const MAPS: [&str; 3] = ["properties", "$defs", "definitions"];

/// Members that are lists of schemas.
const LISTS: [&str; 4] = ["anyOf", "allOf", "oneOf", "prefixItems"];

/// Members that are no limits of a value, and stand outside its alternatives.
const NOTES: [&str; 5] = ["title", "description", "default", "$schema", "$id"];

/// Members that limit a value, and are refused there.
const LIMITS: [&str; 11] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// The formats of texts that are known there.
const FORMATS: [&str; 10] =
    ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];

const CLOSED: &str = "additionalProperties";

/// The schema within that; where it says less than before, `field` is named.
pub(super) fn of<'a>(schema: &'a Json<'_>, field: &'static str, losses: &mut Losses) -> Json<'a> {
    let mut narrowing = Narrowing::default();
    let Ok(root) = Object::parse(schema.as_str()) else {
        return Json(Cow::Borrowed(schema.as_str()));
    };
    let mut out = Vec::with_capacity(schema.as_str().len() + 64);
    writer::object(&mut out, |members| narrowing.schema(&root, members, 0));
    if narrowing.is_lossy {
        losses.approximated(field, "no other members of objects and no limits of values there");
    }
    match String::from_utf8(out) {
        Ok(narrowed) if narrowing.is_changed => Json(Cow::Owned(narrowed)),
        _ => Json(Cow::Borrowed(schema.as_str())),
    }
}

/// What has become of a schema so far.
#[derive(Default)]
struct Narrowing {
    /// Whether it is written in other words.
    is_changed: bool,
    /// Whether these say something else.
    is_lossy: bool,
}

impl Narrowing {
    fn value(&mut self, name: &str, value: &RawValue, out: &mut Members<'_>, depth: usize) {
        match Object::read(value) {
            Ok(schema) if depth < DEPTH => {
                out.object(name, |inside| self.schema(&schema, inside, depth + 1));
            }
            _ => out.raw(name, value.get()),
        }
    }

    fn item(&mut self, value: &RawValue, out: &mut Items<'_>, depth: usize) {
        match Object::read(value) {
            Ok(schema) if depth < DEPTH => {
                out.object(|inside| self.schema(&schema, inside, depth + 1));
            }
            _ => out.raw(value.get()),
        }
    }

    fn schema(&mut self, schema: &Object<'_>, out: &mut Members<'_>, depth: usize) {
        let has = |name: &str| schema.all().any(|(own, _)| own == name);
        let kinds = kinds(schema);
        if kinds.len() < 2 || has("anyOf") {
            let is_object = kinds.contains(&"object") || (kinds.is_empty() && has("properties"));
            return self.members(schema, is_object, out, depth);
        }
        self.is_changed = true;
        if has("enum") || has("const") {
            // The values say it themselves.
            let mut schema = schema.clone();
            schema.take_any("type");
            return self.members(&schema, false, out, depth);
        }
        self.alternatives(schema, &kinds, out, depth);
    }

    /// A value of several kinds, which are told one by one there.
    fn alternatives(
        &mut self,
        schema: &Object<'_>,
        kinds: &[&str],
        out: &mut Members<'_>,
        depth: usize,
    ) {
        let is_note = |name: &str| NOTES.contains(&name) || MAPS[1..].contains(&name);
        let (mut notes, mut others) = (schema.clone(), schema.clone());
        for (name, _) in schema.all() {
            let foreign = if is_note(name) { &mut others } else { &mut notes };
            foreign.take_any(name);
        }
        others.take_any("type");
        self.members(&notes, false, out, depth);
        out.list("anyOf", |alternatives| {
            for kind in kinds {
                alternatives.object(|one| {
                    one.text("type", kind);
                    if *kind != "null" {
                        self.members(&others, *kind == "object", one, depth);
                    }
                });
            }
        });
    }

    fn members(
        &mut self,
        schema: &Object<'_>,
        is_object: bool,
        out: &mut Members<'_>,
        depth: usize,
    ) {
        let mut told = String::new();
        let mut description = None;
        let has_any_of = schema.all().any(|(name, _)| name == "anyOf");
        let is_closed = |value: &RawValue| value.get() == "false";
        for (name, value) in schema.all() {
            if is_refused(name, value) {
                self.is_changed = true;
                self.is_lossy = true;
                tell(&mut told, name, value);
            } else if name == CLOSED && is_object && !is_closed(value) {
                // It stands at the end.
            } else if name == "description" && object::is_text(value) {
                description = Some(value);
            } else if MAPS.contains(&name)
                && let Ok(named) = Object::read(value)
            {
                out.object(name, |map| {
                    named.all().for_each(|(name, value)| self.value(name, value, map, depth));
                });
            } else if LISTS.contains(&name)
                && let Ok(items) = object::list(value)
            {
                // One of several is taken there as any of them.
                let any = name == "oneOf" && !has_any_of;
                self.is_changed |= any;
                self.is_lossy |= any;
                out.list(if any { "anyOf" } else { name }, |list| {
                    items.into_iter().for_each(|item| self.item(item, list, depth));
                });
            } else if matches!(name, "items" | "not") {
                self.value(name, value, out, depth);
            } else {
                out.raw(name, value.get());
            }
        }
        match (description, told.as_str()) {
            (None, "") => {}
            (Some(description), "") => out.raw("description", description.get()),
            (description, told) => {
                let own = description.and_then(|own| object::text(own).ok()).unwrap_or_default();
                let space = if own.is_empty() { "" } else { " " };
                out.text("description", &format!("{own}{space}({told})"));
            }
        }
        let has_closed = schema.all().any(|(name, value)| name == CLOSED && is_closed(value));
        if is_object && !has_closed {
            self.is_changed = true;
            self.is_lossy = true;
            out.flag(CLOSED, false);
        }
    }
}

/// The kinds of value it names.
fn kinds<'a>(schema: &Object<'a>) -> Vec<&'a str> {
    let kind = schema.all().find(|(name, _)| *name == "type");
    let plain = |value: &'a RawValue| serde_json::from_str::<&str>(value.get()).ok();
    let Some((_, kind)) = kind else { return Vec::new() };
    match object::list(kind) {
        Ok(kinds) => kinds.into_iter().filter_map(plain).collect(),
        Err(_) => plain(kind).into_iter().collect(),
    }
}

fn is_refused(name: &str, value: &RawValue) -> bool {
    match name {
        "minItems" => !matches!(value.get(), "0" | "1"),
        "format" => {
            serde_json::from_str::<&str>(value.get()).is_ok_and(|it| !FORMATS.contains(&it))
        }
        _ => LIMITS.contains(&name),
    }
}

/// A limit in words, for the model to keep to by itself.
fn tell(told: &mut String, name: &str, value: &RawValue) {
    let value = value.get();
    if value.len() > TOLD {
        return;
    }
    let comma = if told.is_empty() { "" } else { ", " };
    // Nothing that is written to memory fails.
    let written = write!(told, "{comma}{name}: {value}");
    debug_assert!(written.is_ok(), "a text can always be written");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrowed(schema: &str) -> (String, String) {
        let mut losses = Losses::default();
        let json = Json(Cow::Borrowed(schema));
        (of(&json, "schema", &mut losses).as_str().to_owned(), losses.to_string())
    }

    fn lossy(text: &str) -> (String, String) {
        (text.to_owned(), "schema;approximated".to_owned())
    }

    #[test]
    fn every_object_is_closed_and_keeps_its_order() {
        let open = r#"{"type":"object","properties":{"z":{"type":"array","items":{"type":"object"}},"a":{"anyOf":[{"properties":{}},{"type":"null"}]}},"required":["z"]}"#;
        let shut = r#"{"type":"object","properties":{"z":{"type":"array","items":{"type":"object","additionalProperties":false}},"a":{"anyOf":[{"properties":{},"additionalProperties":false},{"type":"null"}]}},"required":["z"],"additionalProperties":false}"#;
        assert_eq!(narrowed(open), lossy(shut));
        assert_eq!(narrowed(shut), (shut.to_owned(), String::new()));
        for open in ["true", r#"{"type":"string"}"#, "null"] {
            let open = format!(r#"{{"type":"object","additionalProperties":{open}}}"#);
            assert_eq!(narrowed(&open), lossy(r#"{"type":"object","additionalProperties":false}"#));
        }
    }

    #[test]
    fn limits_are_told_in_words() {
        for (given, written) in [
            (
                r#"{"type":"integer","minimum":1,"maximum":1e3,"description":"Tonnes."}"#,
                r#"{"type":"integer","description":"Tonnes. (minimum: 1, maximum: 1e3)"}"#,
            ),
            (
                r#"{"type":"array","minItems":2,"items":{"type":"string","format":"plate"}}"#,
                r#"{"type":"array","items":{"type":"string","description":"(format: \"plate\")"},"description":"(minItems: 2)"}"#,
            ),
            (
                r#"{"oneOf":[{"type":"string","maxLength":3},{"type":"null"}]}"#,
                r#"{"anyOf":[{"type":"string","description":"(maxLength: 3)"},{"type":"null"}]}"#,
            ),
        ] {
            assert_eq!(narrowed(given), lossy(written));
        }
    }

    #[test]
    fn several_kinds_are_alternatives() {
        let whole = |text: &str| (text.to_owned(), String::new());
        assert_eq!(
            narrowed(r#"{"type":["string","null"],"description":"d","pattern":"a"}"#),
            whole(
                r#"{"description":"d","anyOf":[{"type":"string","pattern":"a"},{"type":"null"}]}"#
            )
        );
        assert_eq!(
            narrowed(r#"{"type":["string","null"],"enum":["a",null]}"#),
            whole(r#"{"enum":["a",null]}"#)
        );
        assert_eq!(
            narrowed(r#"{"type":["object","null"],"properties":{}}"#),
            lossy(
                r#"{"anyOf":[{"type":"object","properties":{},"additionalProperties":false},{"type":"null"}]}"#
            )
        );
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        for schema in [
            r#"{ "type" : "string" , "format" : "date" }"#,
            "true",
            r#"{"enum":[{"type":"object"}]}"#,
            r#"{"type":"array","minItems":1}"#,
            r#"{"properties":{"minimum":{"type":"string"}},"additionalProperties":false}"#,
        ] {
            assert_eq!(narrowed(schema), (schema.to_owned(), String::new()));
        }
    }

    #[test]
    fn a_schema_that_nests_without_end_takes_no_time_to_speak_of() {
        let deep = format!("{}{{}}{}", "{\"not\":".repeat(100), "}".repeat(100));
        assert_eq!(narrowed(&deep), (deep, String::new()));
    }
}
