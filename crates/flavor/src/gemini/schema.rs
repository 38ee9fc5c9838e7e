//! Google's own form of schema, a part of OpenAPI's: read as JSON Schema.

use serde_json::value::RawValue;

use super::fields::Fields;
use crate::canon::{Json, Losses};
use crate::json::object::{Misfit, Object, is_text, list, text};
use crate::json::writer::{self, Members};

/// The most levels of a schema.
const DEPTH: usize = 64;

/// Members with one schema.
const ONE: [(&str, &str); 4] = [
    ("items", "items"),
    ("additionalProperties", "additional_properties"),
    ("contains", "contains"),
    ("not", "not"),
];
/// Members with a list of schemas.
const SOME: [(&str, &str); 4] = [
    ("anyOf", "any_of"),
    ("oneOf", "one_of"),
    ("allOf", "all_of"),
    ("prefixItems", "prefix_items"),
];
/// Members with schemas by their names.
const NAMED: [(&str, &str); 5] = [
    ("properties", "properties"),
    ("$defs", "$defs"),
    ("defs", "defs"),
    ("definitions", "definitions"),
    ("patternProperties", "pattern_properties"),
];
/// Members that count something, which protocol buffers write in quotes.
const COUNTS: [(&str, &str); 6] = [
    ("minItems", "min_items"),
    ("maxItems", "max_items"),
    ("minLength", "min_length"),
    ("maxLength", "max_length"),
    ("minProperties", "min_properties"),
    ("maxProperties", "max_properties"),
];

/// Reads a schema of Google's as JSON Schema: types in small letters, `nullable` as a type, counts
/// as numbers, `example` among `examples`. A schema that is JSON Schema already stays what it is.
pub(super) fn json_schema(schema: &RawValue, losses: &mut Losses) -> Result<Json<'static>, Misfit> {
    let mut out = Vec::with_capacity(schema.get().len());
    convert(schema, DEPTH, &mut out, losses)?;
    Ok(Json(written(out).into()))
}

/// What was written as a text, which it always is.
fn written(out: Vec<u8>) -> String {
    String::from_utf8(out).unwrap_or_default()
}

fn convert(
    schema: &RawValue,
    depth: usize,
    out: &mut Vec<u8>,
    losses: &mut Losses,
) -> Result<(), Misfit> {
    if matches!(schema.get(), "true" | "false") {
        out.extend_from_slice(schema.get().as_bytes());
        return Ok(());
    }
    let depth = depth.checked_sub(1).ok_or_else(|| Misfit::new("is nested too deep"))?;
    let mut schema = Fields::read(schema)?;
    let nullable = schema.flag("nullable")?.unwrap_or(false);
    if schema.take("propertyOrdering")?.is_some() {
        losses.dropped("propertyOrdering", "the members of an object have no order elsewhere");
    }
    let mut result = Ok(());
    writer::object(out, |members| {
        for (name, value) in schema.rest() {
            if result.is_ok() {
                let written = convert_member(members, name, value, nullable, depth, losses);
                result = written.map_err(|misfit| misfit.at(name));
            }
        }
    });
    result
}

fn convert_member(
    members: &mut Members<'_>,
    name: &str,
    value: &RawValue,
    nullable: bool,
    depth: usize,
    losses: &mut Losses,
) -> Result<(), Misfit> {
    let known = |names: &'static [(&'static str, &'static str)]| {
        names.iter().find(|(own, other)| *own == name || *other == name).map(|(own, _)| *own)
    };
    let converted = |value: &RawValue, losses: &mut Losses| {
        let mut out = Vec::with_capacity(value.get().len());
        convert(value, depth, &mut out, losses)?;
        Ok(written(out))
    };
    if name == "type" && is_text(value) {
        write_type(members, &text(value)?, nullable);
    } else if name == "enum" && nullable {
        members.list("enum", |items| {
            list(value).unwrap_or_default().iter().for_each(|item| items.raw(item.get()));
            items.raw("null");
        });
    } else if name == "example" {
        members.list("examples", |examples| examples.raw(value.get()));
    } else if name == "ref" {
        members.raw("$ref", value.get());
    } else if let Some(name) = known(&COUNTS) {
        let count = value.get().trim_matches('"');
        let is_count = !count.is_empty() && count.bytes().all(|it| it.is_ascii_digit());
        members.raw(name, if is_count { count } else { value.get() });
    } else if let Some(name) = known(&ONE) {
        members.raw(name, &converted(value, losses)?);
    } else if let Some(name) = known(&SOME) {
        let mut choices = Vec::new();
        for (at, choice) in list(value)?.into_iter().enumerate() {
            choices.push(converted(choice, losses).map_err(|misfit: Misfit| misfit.within(at))?);
        }
        if nullable && name == "anyOf" {
            choices.push(r#"{"type":"null"}"#.to_owned());
        }
        members.list(name, |items| choices.iter().for_each(|choice| items.raw(choice)));
    } else if let Some(name) = known(&NAMED) {
        let mut result = Ok(());
        let named = Object::read(value)?;
        members.object(name, |members| {
            for (own, schema) in named.rest() {
                match converted(schema, losses) {
                    Ok(schema) => members.raw(own, &schema),
                    Err(misfit) => result = Err(Misfit::at(misfit, own)),
                }
            }
        });
        return result;
    } else {
        members.raw(name, value.get());
    }
    Ok(())
}

fn write_type(members: &mut Members<'_>, name: &str, nullable: bool) {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "type_unspecified" => {}
        _ if nullable && name != "null" => members.list("type", |types| {
            types.text(&name);
            types.text("null");
        }),
        _ => members.text("type", &name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(schema: &str) -> Result<(String, String), Misfit> {
        let mut losses = Losses::default();
        let schema: &RawValue = serde_json::from_str(schema).unwrap();
        let read = json_schema(schema, &mut losses)?;
        Ok((read.as_str().to_owned(), losses.to_string()))
    }

    #[test]
    fn googles_schema_becomes_json_schema() {
        let schema = r#"{"type":"OBJECT","properties":{"type":{"type":"STRING","nullable":true,
            "enum":["a","b"],"example":"a"},"n":{"type":"ARRAY","min_items":"1","maxItems":9,
            "items":{"type":"INTEGER","format":"int64","minimum":-1.50}},
            "x":{"nullable":true,"anyOf":[{"type":"NUMBER"},{"type":"BOOLEAN"}]}},
            "required":["type"],"propertyOrdering":["type","n"]}"#;
        let expected = concat!(
            r#"{"type":"object","properties":{"type":{"type":["string","null"],"#,
            r#""enum":["a","b",null],"examples":["a"]},"n":{"type":"array","minItems":1,"#,
            r#""maxItems":9,"items":{"type":"integer","format":"int64","minimum":-1.50}},"#,
            r#""x":{"anyOf":[{"type":"number"},{"type":"boolean"},{"type":"null"}]}},"#,
            r#""required":["type"]}"#
        );
        let read = read(schema).unwrap();
        assert_eq!(read, (expected.to_owned(), "propertyOrdering;dropped".to_owned()));
    }

    #[test]
    fn a_reference_still_points_to_what_it_did() {
        let schema = r##"{"items":{"ref":"#/defs/w"},"defs":{"w":{"type":"NUMBER"}}}"##;
        let expected = r##"{"items":{"$ref":"#/defs/w"},"defs":{"w":{"type":"number"}}}"##;
        assert_eq!(read(schema).unwrap().0, expected);
    }

    #[test]
    fn json_schema_stays_what_it_is() {
        let schema = r##"{"$defs":{"w":{"type":["number","null"]}},"type":"object","additionalProperties":false,"properties":{"w":{"$ref":"#/$defs/w"}}}"##;
        assert_eq!(read(schema).unwrap(), (schema.to_owned(), String::new()));
    }

    #[test]
    fn a_schema_that_nests_without_end_is_refused() {
        let deep = r#"{"items":"#.repeat(5000) + "{}" + &"}".repeat(5000);
        assert!(read(&deep).unwrap_err().to_string().ends_with("is nested too deep"));
        let wrong = read(r#"{"properties":{"a":{"items":7}}}"#).unwrap_err();
        assert_eq!(wrong.to_string(), "properties.a.items: should be an object");
    }
}
