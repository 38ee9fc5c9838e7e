//! How likely an answer's tokens were: `logprobsResult`, and the form of chat completions.

use serde_json::value::RawValue;

use super::fields::Fields;
use crate::canon::{Json, Text};
use crate::json::object::{Misfit, Object};
use crate::json::writer::{self, Items, Members};

/// A token, and how likely it was in the digits it came with.
struct Token<'a> {
    text: Text<'a>,
    likely: &'a str,
}

/// Reads `logprobsResult` into the form of chat completions.
pub(super) fn read_logprobs(mut result: Fields<'_>) -> Result<Json<'static>, Misfit> {
    let chosen = result.list("chosenCandidates")?.unwrap_or_default();
    let chosen = read_tokens(&chosen).map_err(|it| it.at("chosenCandidates"))?;
    let mut others = Vec::new();
    for (at, place) in result.list("topCandidates")?.unwrap_or_default().into_iter().enumerate() {
        let read = Fields::read(place).and_then(|mut place| {
            let tokens = place.list("candidates")?.unwrap_or_default();
            read_tokens(&tokens).map_err(|it| it.at("candidates"))
        });
        others.push(read.map_err(|it| it.within(at).at("topCandidates"))?);
    }
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.list("content", |content| {
            for (at, token) in chosen.iter().enumerate() {
                content.object(|item| {
                    write_chat_token(item, token);
                    item.list("top_logprobs", |top| {
                        for other in others.get(at).into_iter().flatten() {
                            top.object(|item| write_chat_token(item, other));
                        }
                    });
                });
            }
        });
    });
    Ok(Json(String::from_utf8(out).unwrap_or_default().into()))
}

fn read_tokens<'a>(tokens: &[&'a RawValue]) -> Result<Vec<Token<'a>>, Misfit> {
    let read = |token: &'a RawValue| {
        let mut token = Fields::read(token)?;
        let text = token.text("token")?.unwrap_or_default();
        // What is zero is left out there.
        Ok(Token { text, likely: token.number("logProbability")?.unwrap_or("0") })
    };
    let tokens = tokens.iter().enumerate();
    tokens.map(|(at, token)| read(token).map_err(|it: Misfit| it.within(at))).collect()
}

fn write_chat_token(item: &mut Members<'_>, token: &Token<'_>) {
    item.text("token", &token.text);
    item.raw("logprob", token.likely);
    item.list("bytes", |bytes| {
        for byte in token.text.bytes() {
            bytes.raw(&byte.to_string());
        }
    });
}

/// Writes `logprobsResult` from the form of chat completions; nothing where it is something else.
pub(super) fn write_logprobs(candidate: &mut Members<'_>, logprobs: &Json<'_>) {
    let Ok(places) = chat_places(logprobs.as_str()) else { return };
    candidate.object("logprobsResult", |result| {
        result.list("chosenCandidates", |chosen| {
            places.iter().for_each(|(token, _)| write_token(chosen, token));
        });
        result.list("topCandidates", |top| {
            for (_, others) in &places {
                top.object(|place| {
                    place.list("candidates", |tokens| {
                        others.iter().for_each(|token| write_token(tokens, token));
                    });
                });
            }
        });
    });
}

fn write_token(tokens: &mut Items<'_>, token: &Token<'_>) {
    tokens.object(|item| {
        item.text("token", &token.text);
        item.raw("logProbability", token.likely);
    });
}

fn chat_places(logprobs: &str) -> Result<Vec<(Token<'_>, Vec<Token<'_>>)>, Misfit> {
    let mut places = Vec::new();
    for place in Object::parse(logprobs)?.list("content")?.unwrap_or_default() {
        let mut place = Object::read(place)?;
        let token = chat_token(&mut place)?;
        let mut others = Vec::new();
        for other in place.list("top_logprobs")?.unwrap_or_default() {
            others.push(chat_token(&mut Object::read(other)?)?);
        }
        places.push((token, others));
    }
    Ok(places)
}

fn chat_token<'a>(token: &mut Object<'a>) -> Result<Token<'a>, Misfit> {
    let text = token.needed_text("token")?;
    let likely = token.number("logprob")?;
    Ok(Token { text, likely: likely.ok_or_else(|| Misfit::new("is missing").at("logprob"))? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likelihoods_keep_their_digits_both_ways() {
        let own = concat!(
            r#"{"chosenCandidates":[{"token":"秤","logProbability":-0.10}],"#,
            r#""topCandidates":[{"candidates":[{"token":"秤","logProbability":-0.10},"#,
            r#"{"token":"x","logProbability":-2.5e0}]}]}"#
        );
        let chat = read_logprobs(Fields::parse(own).unwrap()).unwrap();
        assert!(chat.as_str().starts_with(
            r#"{"content":[{"token":"秤","logprob":-0.10,"bytes":[231,167,164],"top_logprobs":["#
        ));
        let mut out = Vec::new();
        writer::object(&mut out, |candidate| write_logprobs(candidate, &chat));
        assert_eq!(String::from_utf8(out).unwrap(), format!(r#"{{"logprobsResult":{own}}}"#));
    }
}
