//! Keeping an answer to a limit, whatever the request says, in every dialect.

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::anthropic::LEAST_BUDGET;
use crate::dialect::Dialect;
use crate::json::{Object, Splice, span};
use crate::openai::{self, LimitField, OutputLimit};

/// Where a dialect has the limit of its answers: from the body inwards, each with all the names that
/// its servers read.
fn place(dialect: Dialect) -> Vec<Vec<&'static str>> {
    let alone = |names: &[&'static str]| names.iter().map(|name| vec![*name]).collect();
    match dialect {
        // They have a way of their own.
        Dialect::Chat | Dialect::AogChat | Dialect::AogGenerate => Vec::new(),
        Dialect::Messages | Dialect::Completion => alone(&["max_tokens"]),
        Dialect::Responses => alone(&["max_output_tokens"]),
        Dialect::Gemini => vec![
            vec!["generationConfig", "generation_config"],
            vec!["maxOutputTokens", "max_output_tokens"],
        ],
        Dialect::OllamaChat | Dialect::OllamaGenerate => alone(&["options", "num_predict"]),
        Dialect::Custom(own) => match &own.request.max_output {
            Some(place) => place.names().map(|name| vec![name]).collect(),
            None => Vec::new(),
        },
    }
}

/// Why a request cannot be kept to a limit. Then it must not go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unkept {
    /// It cannot be read so far.
    #[error("the request cannot be read")]
    Unreadable,
    /// Within the limit its model cannot think, as it was asked to.
    #[error("{0} tokens leave no room for {least} of thought and an answer", least = LEAST_BUDGET)]
    NoRoomToThink(u64),
}

/// A request in `dialect` with the limit put into it, or what it says lowered to it, and what may be
/// thought within that. Every other byte is as it was.
///
/// # Errors
/// [`Unkept`]; then it must not go out.
pub fn keep_to(dialect: Dialect, body: &Bytes, limit: OutputLimit) -> Result<Bytes, Unkept> {
    match dialect {
        Dialect::Chat => return openai::keep_to(body, limit).ok_or(Unkept::Unreadable),
        // The one name that AOG's own servers read; what stands under the other is lowered too.
        Dialect::AogChat | Dialect::AogGenerate => {
            let limit = OutputLimit { field: LimitField::MaxTokens, ..limit };
            return openai::keep_to(body, limit).ok_or(Unkept::Unreadable);
        }
        _ => {}
    }
    let text = std::str::from_utf8(body).map_err(|_| Unkept::Unreadable)?;
    let mut splice = Splice::new();
    put(text, text, &place(dialect), limit.tokens, &mut splice).ok_or(Unkept::Unreadable)?;
    if dialect == Dialect::Messages {
        keep_thought(text, limit.tokens, &mut splice)?;
    }
    splice.apply(body).map_err(|_| Unkept::Unreadable)
}

/// Keeps what may be thought below a limit that was lowered, as Anthropic wants it: half of the limit
/// is left to the answer. Thought is never turned off, for the answer would be another one.
fn keep_thought(body: &str, tokens: u64, splice: &mut Splice) -> Result<(), Unkept> {
    let unreadable = |_| Unkept::Unreadable;
    let mut root = Object::parse(body).map_err(unreadable)?;
    let own = root.take("max_tokens").and_then(own_limit);
    let thinking = root.take("thinking").filter(|value| value.get().starts_with('{'));
    // What the caller's own limit does not allow is between the caller and the provider.
    let Some(thinking) = thinking.filter(|_| own.is_none_or(|own| own > tokens)) else {
        return Ok(());
    };
    let mut thinking = Object::read(thinking).map_err(unreadable)?;
    let Some(budget) = thinking.take("budget_tokens") else { return Ok(()) };
    if own_limit(budget).is_none_or(|budget| budget < tokens) {
        return Ok(());
    }
    if tokens <= LEAST_BUDGET {
        return Err(Unkept::NoRoomToThink(tokens));
    }
    let lowered = (tokens / 2).max(LEAST_BUDGET);
    let place = span(body, budget.get()).ok_or(Unkept::Unreadable)?;
    splice.replace(place, Bytes::from(lowered.to_string()));
    Ok(())
}

/// Puts it into `object`, which stands in `body`.
fn put(
    body: &str,
    object: &str,
    place: &[Vec<&str>],
    tokens: u64,
    splice: &mut Splice,
) -> Option<()> {
    let (names, inside) = place.split_first()?;
    let mut members = Object::parse(object).ok()?;
    let is_empty = members.rest().next().is_none() && !object.contains(':');
    let found: Vec<&RawValue> = names.iter().filter_map(|name| members.take_any(name)).collect();
    if found.is_empty() {
        let at = span(body, object)?.start + object.find('{')? + 1;
        let comma = if is_empty { "" } else { "," };
        splice.insert(at, Bytes::from(format!("{}{comma}", member(place, tokens)?)));
    }
    for value in found {
        if !inside.is_empty() && value.get().starts_with('{') {
            put(body, value.get(), inside, tokens, splice)?;
        } else if !inside.is_empty() || own_limit(value).is_none_or(|own| own > tokens) {
            let put = if inside.is_empty() {
                tokens.to_string()
            } else {
                format!("{{{}}}", member(inside, tokens)?)
            };
            splice.replace(span(body, value.get())?, Bytes::from(put));
        }
    }
    Some(())
}

/// What is put where nothing stands: `"options":{"num_predict":7}`.
fn member(place: &[Vec<&str>], tokens: u64) -> Option<String> {
    let (names, inside) = place.split_first()?;
    let name = names.first()?;
    Some(match member(inside, tokens) {
        Some(inner) => format!("\"{name}\":{{{inner}}}"),
        None => format!("\"{name}\":{tokens}"),
    })
}

/// The limit that stands there; nothing where it says none, as null, zero and a negative number do.
fn own_limit(value: &RawValue) -> Option<u64> {
    let digits = value.get().trim_matches('"');
    digits.parse().ok().filter(|tokens| *tokens > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(dialect: Dialect, body: &str) -> Option<String> {
        kept_to(7, dialect, body).ok()
    }

    fn kept_to(tokens: u64, dialect: Dialect, body: &str) -> Result<String, Unkept> {
        let limit = OutputLimit { field: LimitField::MaxTokens, tokens };
        let kept = keep_to(dialect, &Bytes::copy_from_slice(body.as_bytes()), limit)?;
        Ok(String::from_utf8(kept.to_vec()).unwrap())
    }

    #[test]
    fn what_may_be_thought_is_kept_below_the_limit() {
        let body = |limit: u64, budget: u64| {
            format!(
                r#"{{"max_tokens":{limit},"thinking":{{"type":"enabled","budget_tokens":{budget}}}}}"#
            )
        };
        let kept = |tokens, limit, budget| kept_to(tokens, Dialect::Messages, &body(limit, budget));
        assert_eq!(kept(4000, 9000, 8000), Ok(body(4000, 2000)));
        assert_eq!(kept(4000, 9000, 4000), Ok(body(4000, 2000)));
        assert_eq!(kept(4000, 9000, 3999), Ok(body(4000, 3999)));
        assert_eq!(kept(1500, 9000, 8000), Ok(body(1500, 1024)));
        assert_eq!(kept(1025, 9000, 8000), Ok(body(1025, 1024)));
        assert_eq!(kept(1024, 9000, 8000), Err(Unkept::NoRoomToThink(1024)));
        // Nothing was lowered.
        assert_eq!(kept(7, 6, 2000), Ok(body(6, 2000)));
        for free in [r#"{"type":"disabled"}"#, r#"{"type":"adaptive"}"#, "null"] {
            let body = format!(r#"{{"max_tokens":9000,"thinking":{free}}}"#);
            let after = body.replace("9000", "7");
            assert_eq!(kept_to(7, Dialect::Messages, &body), Ok(after));
        }
    }

    #[test]
    fn a_greater_limit_is_lowered_and_a_missing_one_put_in() {
        for (dialect, before, after) in [
            (Dialect::Messages, r#"{"max_tokens":9}"#, r#"{"max_tokens":7}"#),
            (Dialect::Messages, r#"{"max_tokens": 6 }"#, r#"{"max_tokens": 6 }"#),
            (Dialect::Messages, r#"{"a":1}"#, r#"{"max_tokens":7,"a":1}"#),
            (Dialect::Responses, r#"{ }"#, r#"{"max_output_tokens":7 }"#),
            (Dialect::Responses, r#"{"max_output_tokens":null}"#, r#"{"max_output_tokens":7}"#),
            (Dialect::Gemini, r#"{"b":1}"#, r#"{"generationConfig":{"maxOutputTokens":7},"b":1}"#),
            (
                Dialect::Gemini,
                r#"{"generation_config":{"max_output_tokens":"9"}}"#,
                r#"{"generation_config":{"max_output_tokens":7}}"#,
            ),
            (Dialect::OllamaChat, r#"{"options":null}"#, r#"{"options":{"num_predict":7}}"#),
            (
                Dialect::OllamaChat,
                r#"{"options":{"num_predict":-1,"seed":1}}"#,
                r#"{"options":{"num_predict":7,"seed":1}}"#,
            ),
            (Dialect::OllamaGenerate, r#"{"options":{}}"#, r#"{"options":{"num_predict":7}}"#),
            (Dialect::Chat, r#"{"model":"m","max_tokens":9}"#, r#"{"model":"m","max_tokens":7}"#),
            (Dialect::Chat, r#"{"model":"m"}"#, r#"{"max_tokens":7,"model":"m"}"#),
            (Dialect::AogChat, r#"{"model":"m"}"#, r#"{"max_tokens":7,"model":"m"}"#),
            (
                Dialect::AogGenerate,
                r#"{"model":"m","max_completion_tokens":9}"#,
                r#"{"max_tokens":7,"model":"m","max_completion_tokens":7}"#,
            ),
        ] {
            assert_eq!(kept(dialect, before).as_deref(), Some(after), "{dialect:?}");
        }
    }

    #[test]
    fn both_spellings_are_lowered() {
        let both = r#"{"generationConfig":{"maxOutputTokens":9},"generation_config":{"seed":1}}"#;
        let after = r#"{"generationConfig":{"maxOutputTokens":7},"generation_config":{"maxOutputTokens":7,"seed":1}}"#;
        assert_eq!(kept(Dialect::Gemini, both).as_deref(), Some(after));
    }

    #[test]
    fn what_cannot_be_read_does_not_go_out() {
        assert_eq!(kept(Dialect::Messages, r#"{"max_tokens":9,"max_tokens":9}"#), None);
        assert_eq!(kept(Dialect::Messages, "[]"), None);
        assert_eq!(kept(Dialect::Chat, "{"), None);
    }
}
