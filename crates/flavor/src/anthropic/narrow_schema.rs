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

/// The kinds of value that there are.
const KINDS: [&str; 7] = ["object", "array", "string", "number", "integer", "boolean", "null"];

const OF_OBJECTS: [&str; 10] = [
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedProperties",
];
const OF_LISTS: [&str; 8] = [
    "items",
    "prefixItems",
    "contains",
    "minContains",
    "maxContains",
    "minItems",
    "maxItems",
    "uniqueItems",
];
const OF_TEXTS: [&str; 4] = ["minLength", "maxLength", "pattern", "format"];
const OF_NUMBERS: [&str; 5] =
    ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];

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
        let kinds = Kinds::of(schema);
        match kinds.names.as_slice() {
            // The alternatives that are there already say more than their kinds.
            _ if has("anyOf") || has("oneOf") => self.members(schema, false, out, depth, |_| true),
            // The values say it themselves.
            [_, _, ..] if has("enum") || has("const") => {
                self.is_changed = true;
                self.members(schema, false, out, depth, |name| name != "type");
            }
            [_, _, ..] => self.alternatives(schema, &kinds, out, depth),
            [kind] if kinds.is_list => {
                self.is_changed = true;
                out.text("type", kind);
                self.members(schema, *kind == "object", out, depth, |name| name != "type");
            }
            [kind] => self.members(schema, *kind == "object", out, depth, |_| true),
            [] => self.members(schema, has("properties"), out, depth, |_| true),
        }
    }

    /// A value of several kinds, which are told one by one there. What limits one kind stands with that
    /// alone, so nothing is written twice that may hold more schemas.
    fn alternatives(
        &mut self,
        schema: &Object<'_>,
        kinds: &Kinds<'_>,
        out: &mut Members<'_>,
        depth: usize,
    ) {
        self.is_changed = true;
        self.members(schema, false, out, depth, |name| name != "type" && !is_of_a_kind(name));
        out.list("anyOf", |alternatives| {
            for kind in &kinds.names {
                alternatives.object(|one| {
                    one.text("type", kind);
                    let own = keywords(kind);
                    self.members(schema, *kind == "object", one, depth, |name| own.contains(&name));
                });
            }
        });
    }

    /// Writes those members of a schema that are `wanted`.
    fn members(
        &mut self,
        schema: &Object<'_>,
        is_object: bool,
        out: &mut Members<'_>,
        depth: usize,
        wanted: impl Fn(&str) -> bool,
    ) {
        let mut told = String::new();
        let mut description = None;
        let has_any_of = schema.all().any(|(name, _)| name == "anyOf");
        let is_closed = |value: &RawValue| value.get() == "false";
        for (name, value) in schema.all().filter(|(name, _)| wanted(name)) {
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
        if is_object && !(has_closed && wanted(CLOSED)) {
            self.is_changed = true;
            self.is_lossy = true;
            out.flag(CLOSED, false);
        }
    }
}

/// The kinds of value that a schema names.
struct Kinds<'a> {
    /// Each once, and no more than there are.
    names: Vec<&'a str>,
    is_list: bool,
}

impl<'a> Kinds<'a> {
    fn of(schema: &Object<'a>) -> Self {
        let kind = schema.all().find(|(name, _)| *name == "type");
        let Some((_, kind)) = kind else { return Self { names: Vec::new(), is_list: false } };
        let known = |value: &'a RawValue| {
            let kind = serde_json::from_str::<&str>(value.get()).ok();
            kind.filter(|kind| KINDS.contains(kind))
        };
        let Ok(list) = object::list(kind) else {
            return Self { names: known(kind).into_iter().collect(), is_list: false };
        };
        let mut names = Vec::new();
        for kind in list.into_iter().filter_map(known) {
            if !names.contains(&kind) {
                names.push(kind);
            }
        }
        Self { names, is_list: true }
    }
}

/// What limits values of this kind, and of no other.
fn keywords(kind: &str) -> &'static [&'static str] {
    match kind {
        "object" => &OF_OBJECTS,
        "array" => &OF_LISTS,
        "string" => &OF_TEXTS,
        "number" | "integer" => &OF_NUMBERS,
        _ => &[],
    }
}

fn is_of_a_kind(name: &str) -> bool {
    ["object", "array", "string", "number"].into_iter().any(|kind| keywords(kind).contains(&name))
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
    fn several_kinds_are_alternatives_each_with_its_own_limits() {
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
            narrowed(r#"{"type":["string","string"],"pattern":"a"}"#),
            whole(r#"{"type":"string","pattern":"a"}"#)
        );
        assert_eq!(
            narrowed(
                r#"{"type":["object","array","integer"],"properties":{},"required":[],"items":{},"minimum":1,"$defs":{}}"#
            ),
            lossy(
                r#"{"$defs":{},"anyOf":[{"type":"object","properties":{},"required":[],"additionalProperties":false},{"type":"array","items":{}},{"type":"integer","description":"(minimum: 1)"}]}"#
            )
        );
        let closed = r#"{"type":["object","null"],"additionalProperties":false}"#;
        assert_eq!(
            narrowed(closed),
            whole(r#"{"anyOf":[{"type":"object","additionalProperties":false},{"type":"null"}]}"#)
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
    fn a_schema_is_as_long_afterwards_however_it_nests() {
        let open = r#"{"type":["object","array","null"],"items":{},"properties":{"a":"#;
        for levels in [4, 20, 60] {
            let deep = format!("{}{{}}{}", open.repeat(levels), "}}".repeat(levels));
            let (made, _) = narrowed(&deep);
            assert!(made.len() < 4 * deep.len(), "{} of {}", made.len(), deep.len());
        }
        let kinds = format!(r#"{{"type":[{}"object"]}}"#, r#""object","#.repeat(3000));
        assert!(narrowed(&kinds).0.len() < 100);
        let deep = format!("{}{{}}{}", "{\"not\":".repeat(100), "}".repeat(100));
        assert_eq!(narrowed(&deep), (deep, String::new()));
    }

    #[test]
    fn many_members_stay_in_their_order() {
        let members: String = (0..20_000).map(|at| format!(",\"x{at}\":1")).collect();
        let (made, _) = narrowed(&format!(r#"{{"type":["string","null"]{members}}}"#));
        assert!(made.contains("\"x19999\":1,\"anyOf\""));
    }
}
