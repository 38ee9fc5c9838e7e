//! The field of a request that is addressed to the gateway itself, `hybrid_policy`: what stands in it,
//! and a body without it, every other byte as it was. No provider knows it, and some refuse what they
//! do not know.

use std::ops::Range;

use bytes::Bytes;

use crate::dialect::Dialect;
use crate::json::{self, Bounds, Document, Kind, Member, Splice};
use crate::openai::PeekError;
use crate::services::multipart::{self, Part};
use crate::services::{Form, Service};

/// The field's name.
pub(crate) const POLICY: &str = "hybrid_policy";

/// Its names in most bodies.
const NAMES: &[&str] = &[POLICY];
/// Google's servers take a member under either of two names, and its clients may write both.
const GOOGLES_NAMES: &[&str] = &[POLICY, "hybridPolicy"];

/// The longest policy, in bytes.
const POLICY_BYTES: usize = 64;
/// The longest one as it may stand in JSON, in bytes: each of them escaped, and quotes.
const RAW_BYTES: usize = 6 * POLICY_BYTES + 2;

/// What stands in the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Policy {
    /// Null, or an empty part of a form: nothing is said.
    Nothing,
    /// A text of at most 64 bytes. Whether it is one of the policies is for others to say.
    Said(String),
    /// No text, or one that is longer than any policy.
    NotText,
}

impl Policy {
    /// What stands under one of `names` in a document that was scanned for them; `None` where none of
    /// them is there.
    ///
    /// # Errors
    /// When it is there under two of them.
    pub(crate) fn of(document: &Document, names: &[&str]) -> Result<Option<Self>, PeekError> {
        Ok(only(document, names)?.map(|member| Self::of_member(&member)))
    }

    fn of_member(member: &Member<'_>) -> Self {
        match member.kind {
            Kind::Null => Self::Nothing,
            Kind::String if member.raw.len() <= RAW_BYTES => {
                let text = json::text(member.raw).filter(|text| text.len() <= POLICY_BYTES);
                text.map_or(Self::NotText, Self::Said)
            }
            _ => Self::NotText,
        }
    }

    /// What stands in a part of a form. Clients send the empty one for none.
    pub(crate) fn of_part(part: &Part<'_>) -> Self {
        match std::str::from_utf8(part.data) {
            Ok("") => Self::Nothing,
            Ok(text) if text.len() <= POLICY_BYTES => Self::Said(text.to_owned()),
            _ => Self::NotText,
        }
    }
}

/// The names of the field in this dialect.
pub(crate) fn names(dialect: Dialect) -> &'static [&'static str] {
    if dialect == Dialect::Gemini { GOOGLES_NAMES } else { NAMES }
}

/// The names of the field in this form of a service.
pub(crate) fn service_names(form: Form) -> &'static [&'static str] {
    match form {
        Form::Gemini | Form::GeminiBatch => GOOGLES_NAMES,
        Form::OpenAi | Form::Ollama | Form::OllamaOlder | Form::Aog | Form::Jina => NAMES,
    }
}

/// A conversation's request in `dialect` without the field; the same bytes where it is not there.
/// Nothing where the body cannot be read so far, or has the field twice, and then it must not go out.
pub fn without_policy(dialect: Dialect, body: &Bytes) -> Option<Bytes> {
    without_member(body, names(dialect))
}

/// The same for a service beside conversation. Of a form, the whole part goes.
pub fn without_policy_service(
    service: Service,
    form: Form,
    body: &Bytes,
    content_type: Option<&str>,
) -> Option<Bytes> {
    if service == Service::Transcription && form == Form::OpenAi {
        return without_part(body, content_type);
    }
    without_member(body, service_names(form))
}

/// Whatever the value is goes with it, and what else stands in the body is not looked at: what a
/// provider takes that nobody here can read goes out as well.
fn without_member(body: &Bytes, names: &'static [&'static str]) -> Option<Bytes> {
    // Both are bounded by the body, which is in memory.
    let bounds = Bounds { depth: usize::MAX, capture: usize::MAX };
    let document = json::scan(body, names, bounds).ok()?;
    if document.repeated().is_some() {
        return None;
    }
    match only(&document, names).ok()? {
        Some(member) => cut(body, with_comma(body, member.span)?),
        None => Some(body.clone()),
    }
}

fn without_part(body: &Bytes, content_type: Option<&str>) -> Option<Bytes> {
    let parts = multipart::read(body, content_type).ok()?;
    let mut own = parts.into_iter().filter(|part| part.name == POLICY);
    match (own.next(), own.next()) {
        (Some(part), None) => cut(body, part.span),
        (None, _) => Some(body.clone()),
        (Some(_), Some(_)) => None,
    }
}

/// The member that has one of the names.
fn only<'d>(document: &'d Document, names: &[&str]) -> Result<Option<Member<'d>>, PeekError> {
    let mut members = names.iter().filter_map(|name| document.member(name));
    let member = members.next();
    match members.next() {
        Some(_) => Err(PeekError::Repeated { field: POLICY }),
        None => Ok(member),
    }
}

fn cut(body: &Bytes, range: Range<usize>) -> Option<Bytes> {
    let mut splice = Splice::new();
    splice.replace(range, Bytes::new());
    splice.apply(body).ok()
}

/// Where a member of which the value is given stands, with the comma that is then one too many: the
/// one behind it, and the white space up to the next member; or, of the last, the one before it.
fn with_comma(body: &[u8], value: Range<usize>) -> Option<Range<usize>> {
    let colon = last(body, value.start)?;
    let quote = last(body, colon)?;
    // However its name is spelled, no other quote can stand in it.
    let start = memchr::memrchr(b'"', body.get(..quote)?)?;
    let behind = next(body, value.end)?;
    if body.get(behind) == Some(&b',') {
        return Some(start..next(body, behind + 1)?);
    }
    let before = last(body, start)?;
    let is_last = body.get(before) == Some(&b',');
    Some(if is_last { before } else { start }..value.end)
}

/// Where before `end` the last byte is that is no white space.
fn last(body: &[u8], end: usize) -> Option<usize> {
    body.get(..end)?.iter().rposition(|byte| !is_space(*byte))
}

/// Where from `start` on the first byte is that is no white space.
fn next(body: &[u8], start: usize) -> Option<usize> {
    let at = body.get(start..)?.iter().position(|byte| !is_space(*byte))?;
    Some(start + at)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Option<&str> = Some("multipart/form-data; boundary=b");

    fn without(dialect: Dialect, body: &'static str) -> Option<String> {
        let body = without_policy(dialect, &Bytes::from_static(body.as_bytes()))?;
        String::from_utf8(body.to_vec()).ok()
    }

    fn part(name: &str, data: &str) -> String {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{data}\r\n")
    }

    fn without_in_form(body: &str) -> Option<String> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let made = without_policy_service(Service::Transcription, Form::OpenAi, &body, FORM)?;
        String::from_utf8(made.to_vec()).ok()
    }

    #[test]
    fn the_right_comma_goes_with_it() {
        for (body, made) in [
            (r#"{"hybrid_policy":"x","a":1}"#, r#"{"a":1}"#),
            (r#"{"a":1,"hybrid_policy":"x","b":2}"#, r#"{"a":1,"b":2}"#),
            (r#"{"a":1,"hybrid_policy":"x"}"#, r#"{"a":1}"#),
            (r#"{"hybrid_policy":"x"}"#, "{}"),
            (r#"{ "hybrid_policy" : null , "a" : 1 }"#, r#"{ "a" : 1 }"#),
            (r#"{ "a" : 1 , "hybrid_policy" : {"b":[",\""]} } "#, r#"{ "a" : 1  } "#),
            (r#" { "hybrid_policy":"a\"," } "#, " {  } "),
            (r#"{"a":"\\","hybrid\u005f\u0070olicy":[{}],"b":1e400}"#, r#"{"a":"\\","b":1e400}"#),
            (
                "{\n  \"a\": 1,\n  \"hybrid_policy\": \"x\",\n  \"b\": 2\n}",
                "{\n  \"a\": 1,\n  \"b\": 2\n}",
            ),
            ("{\n  \"a\": 1,\n  \"hybrid_policy\": \"x\"\n}", "{\n  \"a\": 1\n}"),
        ] {
            assert_eq!(without(Dialect::Chat, body).unwrap(), made, "{body}");
        }
    }

    #[test]
    fn a_body_that_does_not_have_it_is_the_same() {
        for body in [
            r#"{"messages":[{"hybrid_policy":"x"}],"a":{"hybrid_policy":1},"a":2}"#,
            r#"{"hybridPolicy":"x","Hybrid_policy":1,"a":"hybrid_policy"}"#,
            "{ }",
            r#"[{"hybrid_policy":"x"}]"#,
        ] {
            let body = Bytes::from_static(body.as_bytes());
            let same = without_policy(Dialect::Messages, &body).unwrap();
            assert_eq!(same.as_ptr(), body.as_ptr());
            assert_eq!(same, body);
        }
    }

    #[test]
    fn a_body_that_readers_could_take_in_two_ways_has_none_without_it() {
        for body in [
            r#"{"hybrid_policy":"x","hybrid_policy":"x"}"#,
            r#"{"hybrid_policy":"x","a":1,"hybrid\u005fpolicy":null}"#,
            r#"{"hybrid_policy":"x""#,
            r#"{"hybrid_policy":"x",}"#,
            "",
        ] {
            assert_eq!(without(Dialect::Responses, body), None, "{body}");
        }
        let both = r#"{"hybrid_policy":"x","hybridPolicy":"x"}"#;
        assert_eq!(without(Dialect::Gemini, both), None);
        assert_eq!(without(Dialect::Chat, both).unwrap(), r#"{"hybridPolicy":"x"}"#);
    }

    #[test]
    fn gemini_has_it_under_two_names() {
        for body in [
            r#"{"hybridPolicy":"x","contents":[]}"#,
            r#"{"hybrid_policy":"x","contents":[]}"#,
            r#"{"contents":[],"hybridPolicy":"x"}"#,
        ] {
            assert_eq!(without(Dialect::Gemini, body).unwrap(), r#"{"contents":[]}"#);
            let body = Bytes::from_static(body.as_bytes());
            for form in [Form::Gemini, Form::GeminiBatch] {
                let made = without_policy_service(Service::Embed, form, &body, None);
                assert_eq!(made.unwrap(), r#"{"contents":[]}"#);
            }
        }
        let inside = r#"{"requests":[{"hybridPolicy":"x"}]}"#;
        assert_eq!(without(Dialect::Gemini, inside).unwrap(), inside);
    }

    #[test]
    fn of_a_form_the_whole_part_goes() {
        let (own, model, file) = (part(POLICY, "x"), part("model", "m"), part("file", "\r\n--\0"));
        let whole = format!("{model}{file}--b--\r\n");
        for body in [
            format!("{own}{model}{file}--b--\r\n"),
            format!("{model}{own}{file}--b--\r\n"),
            format!("{model}{file}{own}--b--\r\n"),
            whole.clone(),
        ] {
            assert_eq!(without_in_form(&body).unwrap(), whole);
            let around = |body: &str| format!("before\r\n{body}after");
            assert_eq!(without_in_form(&around(&body)).unwrap(), around(&whole));
        }
        assert_eq!(without_in_form(&format!("{own}--b--")).unwrap(), "--b--");
        assert_eq!(without_in_form(&format!("{own}{own}{whole}")), None);
        assert_eq!(without_in_form(&own), None);
        let json = Bytes::from_static(br#"{"audio":"","hybrid_policy":"x"}"#);
        let made = without_policy_service(Service::Transcription, Form::Aog, &json, FORM);
        assert_eq!(made.unwrap(), r#"{"audio":""}"#);
    }

    #[test]
    fn what_is_said_is_a_short_text_or_none() {
        let read = |value: &str, names: &'static [&'static str]| {
            let body = format!(r#"{{"{}":{value}}}"#, names.last().unwrap());
            let bounds = Bounds { depth: 8, capture: 1024 };
            let document = json::scan(body.as_bytes(), names, bounds).unwrap();
            Policy::of(&document, names).unwrap().unwrap()
        };
        let said = |text: &str| Policy::Said(text.to_owned());
        let (longest, longer) = ("p".repeat(POLICY_BYTES), "p".repeat(POLICY_BYTES + 1));
        let escaped = "\\u0070".repeat(POLICY_BYTES);
        for (value, policy) in [
            ("null".to_owned(), Policy::Nothing),
            (r#""always_remote""#.to_owned(), said("always_remote")),
            (r#""always\u005fremote""#.to_owned(), said("always_remote")),
            (r#""""#.to_owned(), said("")),
            (format!("\"{longest}\""), said(&longest)),
            (format!("\"{escaped}\""), said(&longest)),
            (format!("\"{longer}\""), Policy::NotText),
            (format!("\"{escaped}p\""), Policy::NotText),
            (r#""\ud83d""#.to_owned(), Policy::NotText),
            ("true".to_owned(), Policy::NotText),
            ("1e400".to_owned(), Policy::NotText),
            (r#"["always_remote"]"#.to_owned(), Policy::NotText),
            (format!("[\"{}\"]", "p".repeat(2048)), Policy::NotText),
        ] {
            assert_eq!(read(&value, NAMES), policy, "{value}");
            assert_eq!(read(&value, GOOGLES_NAMES), policy, "{value}");
        }
    }

    #[test]
    fn what_a_part_says_is_a_short_text_or_none() {
        for (data, policy) in [
            (&b""[..], Policy::Nothing),
            (b"always_local", Policy::Said("always_local".to_owned())),
            (b"\xff", Policy::NotText),
            (&[b'p'; POLICY_BYTES + 1], Policy::NotText),
        ] {
            let part = Part { name: POLICY.into(), file: None, mime: None, data, span: 0..0 };
            assert_eq!(Policy::of_part(&part), policy);
        }
    }
}
