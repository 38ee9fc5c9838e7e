//! How likely tokens were: here as lists side by side, and in chats token by token.

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use crate::{
    canon::{Json, Text},
    json::{
        Misfit, Object, object,
        writer::{self, Members},
    },
};

/// Lists side by side, in the form of chats. Nothing where they are none; a token of which it is
/// not said, as the first of a prompt, is left out.
pub(super) fn to_chat(lists: &RawValue) -> Option<Json<'static>> {
    let mut lists = Object::read(lists).ok()?;
    let tokens = lists.list("tokens").ok()??;
    let likely = lists.list("token_logprobs").ok()??;
    let others = lists.list("top_logprobs").ok().flatten().unwrap_or_default();
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.list("content", |content| {
            for (at, (token, likely)) in tokens.iter().zip(&likely).enumerate() {
                if !object::is_text(token) || !is_number(likely) {
                    continue;
                }
                let others = others.get(at).and_then(|others| Object::read(others).ok());
                content.object(|it| {
                    write_token(it, token.get(), likely);
                    it.list("top_logprobs", |top| {
                        let others = others.iter().flat_map(Object::rest);
                        for (name, likely) in others.filter(|(_, likely)| is_number(likely)) {
                            let mut token = Vec::new();
                            writer::text(&mut token, name);
                            let token = String::from_utf8_lossy(&token);
                            top.object(|other| write_token(other, &token, likely));
                        }
                    });
                });
            }
        });
        root.null("refusal");
    });
    String::from_utf8(out).ok().map(|json| Json(json.into()))
}

fn write_token(it: &mut Members<'_>, token: &str, likely: &RawValue) {
    it.raw("token", token);
    it.raw("logprob", likely.get());
    it.null("bytes");
}

fn is_number(value: &RawValue) -> bool {
    value.get().starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

/// One token of a chat's.
struct Token<'a> {
    text: &'a RawValue,
    likely: &'a RawValue,
    others: Vec<(Text<'a>, &'a RawValue)>,
    /// How many characters stand before it.
    offset: u64,
}

/// Those of a chat as lists side by side. Nothing where they are not in that form.
pub(super) fn of_chat(logprobs: &Json<'_>) -> Option<String> {
    let mut root = Object::parse(logprobs.as_str()).ok()?;
    let content = root.list("content").ok()??;
    let mut tokens = Vec::with_capacity(content.len());
    let mut offset = 0;
    for token in content {
        let token = read_token(token, offset).ok()?;
        let length = object::text(token.text).ok()?.chars().count();
        offset += u64::try_from(length).unwrap_or(u64::MAX);
        tokens.push(token);
    }
    let mut out = Vec::new();
    writer::object(&mut out, |it| write_lists(it, &tokens));
    String::from_utf8(out).ok()
}

fn read_token(token: &RawValue, offset: u64) -> Result<Token<'_>, Misfit> {
    let (text, likely, mut rest) = read_pair(token)?;
    let (mut others, mut known) = (Vec::new(), BTreeSet::new());
    for other in rest.list("top_logprobs")?.unwrap_or_default() {
        let (text, likely, _) = read_pair(other)?;
        let text = object::text(text)?;
        // Two of one text would be one member. A provider may send as many as its reply holds.
        if known.insert(text.clone()) {
            others.push((text, likely));
        }
    }
    Ok(Token { text, likely, others, offset })
}

fn read_pair(token: &RawValue) -> Result<(&RawValue, &RawValue, Object<'_>), Misfit> {
    let mut token = Object::read(token)?;
    let text = token.take("token").filter(|text| object::is_text(text));
    let likely = token.take("logprob").filter(|likely| is_number(likely));
    let pair = text.zip(likely).map(|(text, likely)| (text, likely, token));
    pair.ok_or_else(|| Misfit::new("should be a token and how likely it was"))
}

fn write_lists(it: &mut Members<'_>, tokens: &[Token<'_>]) {
    it.list("tokens", |items| tokens.iter().for_each(|token| items.raw(token.text.get())));
    it.list("token_logprobs", |items| {
        tokens.iter().for_each(|token| items.raw(token.likely.get()));
    });
    it.list("top_logprobs", |items| {
        for token in tokens {
            items.object(|others| {
                for (text, likely) in &token.others {
                    others.raw(text, likely.get());
                }
            });
        }
    });
    it.list("text_offset", |items| {
        tokens.iter().for_each(|token| items.raw(&token.offset.to_string()));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTS: &str = r#"{"tokens":["A","秤 "],"token_logprobs":[-0.10,0],"top_logprobs":[{"A":-0.10,"\"":-2e-5},{}],"text_offset":[0,1]}"#;

    #[test]
    fn there_and_back_nothing_is_lost() {
        let chat = to_chat(serde_json::from_str(LISTS).unwrap()).unwrap();
        let expected = r#"{"content":[{"token":"A","logprob":-0.10,"bytes":null,"top_logprobs":[{"token":"A","logprob":-0.10,"bytes":null},{"token":"\"","logprob":-2e-5,"bytes":null}]},{"token":"秤 ","logprob":0,"bytes":null,"top_logprobs":[]}],"refusal":null}"#;
        assert_eq!(chat.as_str(), expected);
        assert_eq!(of_chat(&chat).unwrap(), LISTS);
    }

    #[test]
    fn a_text_stands_once_however_many_there_are() {
        // Were each compared with all before it, this would go on for minutes.
        let other = |at: usize| format!(r#"{{"token":"{}","logprob":-1}}"#, at % 200_000);
        let others: Vec<String> = (0..400_000).map(other).collect();
        let chat = format!(
            r#"{{"content":[{{"token":"a","logprob":0,"top_logprobs":[{}]}}]}}"#,
            others.join(",")
        );
        let lists = of_chat(&Json(chat.into())).unwrap();
        let mut lists = Object::parse(&lists).unwrap();
        let top = lists.list("top_logprobs").unwrap().unwrap();
        assert_eq!(Object::read(top[0]).unwrap().rest().count(), 200_000);
    }

    #[test]
    fn what_is_not_said_is_left_out_and_what_is_odd_is_nothing() {
        let read = |lists: &str| to_chat(serde_json::from_str(lists).unwrap());
        let first = read(r#"{"tokens":["a","b"],"token_logprobs":[null,-1],"top_logprobs":null}"#);
        assert_eq!(
            of_chat(&first.unwrap()).unwrap(),
            r#"{"tokens":["b"],"token_logprobs":[-1],"top_logprobs":[{}],"text_offset":[0]}"#
        );
        assert_eq!(read("{}"), None);
        assert_eq!(read("[]"), None);
        for chat in [r#"{"content":null}"#, r#"{"content":[{"token":"a"}]}"#, "[]"] {
            assert_eq!(of_chat(&Json(chat.into())), None, "{chat}");
        }
    }
}
