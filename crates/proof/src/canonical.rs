//! Canonical JSON, RFC 8785, for the values that we sign: strings, booleans, null, arrays, objects
//! and whole numbers. Fractions are refused, because nothing that is signed needs one.

use serde_json::Value;

/// The greatest whole number that every JSON reader keeps exactly (2^53 - 1).
pub const GREATEST_INTEGER: u64 = (1 << 53) - 1;

/// The value has no canonical form here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("canonical JSON holds whole numbers from -(2^53-1) to 2^53-1 only")]
pub struct NotCanonical;

/// The canonical bytes of `value`.
///
/// # Errors
/// [`NotCanonical`] for a number that is not whole or beyond [`GREATEST_INTEGER`].
pub fn to_bytes(value: &Value) -> Result<Vec<u8>, NotCanonical> {
    let mut out = Vec::new();
    write(value, &mut out)?;
    Ok(out)
}

/// Whether `bytes` are exactly the canonical form of the JSON they hold. A repeated name, a
/// fraction or a stray space makes the answer no.
pub fn is_canonical(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes)
        .ok()
        .and_then(|value| to_bytes(&value).ok())
        .is_some_and(|canonical| canonical == bytes)
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => {
            let magnitude = number
                .as_u64()
                .or_else(|| number.as_i64().map(i64::unsigned_abs))
                .ok_or(NotCanonical)?;
            if magnitude > GREATEST_INTEGER {
                return Err(NotCanonical);
            }
            out.extend_from_slice(number.to_string().as_bytes());
        }
        Value::String(text) => write_text(text, out)?,
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            // RFC 8785 sorts names by their UTF-16 code units, not by their bytes.
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (index, name) in names.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_text(name, out)?;
                out.push(b':');
                write(&members[name], out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn write_text(text: &str, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    // serde_json escapes what RFC 8785 escapes, in the same short forms, and nothing else.
    serde_json::to_writer(out, text).map_err(|_| NotCanonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        let value: Value = serde_json::from_str(text).unwrap();
        String::from_utf8(to_bytes(&value).unwrap()).unwrap()
    }

    #[test]
    fn names_sort_by_utf16_code_units() {
        // The example of RFC 8785, section 3.2.3.
        let text = r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#;
        let values: Vec<String> = canonical(text)
            .split("\":\"")
            .skip(1)
            .map(|rest| rest.chars().take_while(|c| *c != '"').collect())
            .collect();
        let order = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"];
        assert_eq!(values.len(), order.len());
        for (value, start) in values.iter().zip(order) {
            assert!(value.starts_with(start), "{value} should start with {start}");
        }
    }

    #[test]
    fn text_is_escaped_in_its_shortest_form() {
        // The string example of RFC 8785, section 3.2.2.2.
        let text = r#"{"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"}"#;
        assert_eq!(canonical(text), "{\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    }

    #[test]
    fn fractions_and_great_numbers_are_refused() {
        for text in ["1.5", "1e3", "9007199254740992", "-9007199254740992"] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(to_bytes(&value), Err(NotCanonical), "{text}");
        }
        assert_eq!(canonical("-9007199254740991"), "-9007199254740991");
    }

    #[test]
    fn another_spelling_is_not_canonical() {
        assert!(is_canonical(br#"{"a":1,"b":[true,null]}"#));
        for text in [r#"{"b":1,"a":2}"#, r#"{"a": 1}"#, r#"{"a":1,"a":1}"#, r#""\u0041""#, "{"] {
            assert!(!is_canonical(text.as_bytes()), "{text}");
        }
    }
}
