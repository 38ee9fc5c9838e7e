//! The header that names a part.

use crate::canon::Text;
use crate::json::Misfit;

/// Reads `form-data; name="a"; filename="b"`: the field's name, and that of its file.
pub(super) fn read(value: &str) -> Result<(Text<'_>, Option<Text<'_>>), Misfit> {
    let (kind, mut rest) = value.split_once(';').unwrap_or((value, ""));
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return Err(Misfit::new("has a part that is no form-data"));
    }
    let (mut name, mut file) = (None, None);
    while !rest.trim().is_empty() {
        let (key, value) = rest.split_once('=').ok_or_else(garbled)?;
        let (value, after) = read_value(value.trim_start())?;
        let key = key.trim();
        let place = if key.eq_ignore_ascii_case("name") {
            Some(&mut name)
        } else if key.eq_ignore_ascii_case("filename") {
            Some(&mut file)
        } else {
            None
        };
        if let Some(place) = place
            && place.replace(value).is_some()
        {
            return Err(garbled());
        }
        // The form that some clients add for other letters is not of these forms (RFC 7578): it
        // says only that there is a file.
        if key.eq_ignore_ascii_case("filename*") {
            file = file.or(Some(Text::default()));
        }
        rest = match after.trim_start().split_once(';') {
            Some(("", more)) => more,
            _ if after.trim().is_empty() => "",
            _ => return Err(garbled()),
        };
    }
    let name = name.ok_or_else(|| Misfit::new("has a part without a name"))?;
    Ok((name, file))
}

/// A value, in quotes or without, and what follows it.
fn read_value(text: &str) -> Result<(Text<'_>, &str), Misfit> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        let (value, after) = text.split_at(end);
        return Ok((Text::Borrowed(value.trim_end()), after));
    };
    // Nearly always nothing is escaped.
    let plain = quoted.find(['"', '\\']).ok_or_else(garbled)?;
    let (value, after) = quoted.split_at(plain);
    if let Some(after) = after.strip_prefix('"') {
        return Ok((Text::Borrowed(value), after));
    }
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((Text::Owned(value), quoted.get(at + 1..).unwrap_or_default())),
            '\\' => match letters.next() {
                // Windows' paths are not escaped by those who send them.
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                Some((_, other)) => value.extend(['\\', other]),
                None => return Err(garbled()),
            },
            other => value.push(other),
        }
    }
    Err(garbled())
}

fn garbled() -> Misfit {
    Misfit::new("has a part whose name cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(value: &str) -> Option<(String, Option<String>)> {
        let (name, file) = read(value).ok()?;
        Some((name.into_owned(), file.map(Text::into_owned)))
    }

    #[test]
    fn names_come_in_quotes_or_without() {
        for (value, name, file) in [
            (r#"form-data; name="a""#, "a", None),
            (r#"Form-Data;name=a ; filename=b.wav"#, "a", Some("b.wav")),
            (r#"form-data; name="a;\"b\\"; filename="C:\x.wav";"#, "a;\"b\\", Some("C:\\x.wav")),
            (r#"form-data; name="a"; filename*=utf-8''%e2%82%ac.wav"#, "a", Some("")),
            (r#"form-data; name="a"; filename="x.wav"; filename*=utf-8''y"#, "a", Some("x.wav")),
            (r#"form-data; name="timestamp_granularities[]""#, "timestamp_granularities[]", None),
        ] {
            assert_eq!(named(value), Some((name.into(), file.map(str::to_owned))), "{value}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for value in [
            "form-data",
            "attachment; name=\"a\"",
            "form-data; name=\"a\"; name=\"b\"",
            "form-data; name=\"a",
            "form-data; name=\"a\\",
            "form-data; name=\"a\" b; filename=c",
            "form-data; name",
        ] {
            assert_eq!(named(value), None, "{value}");
        }
    }
}
