//! What a caller asks for.

use serde::Deserialize;
use serde_json::Value;

use crate::failure::Failure;
use crate::models;

/// The request, as far as it matters here. Everything else in it is ignored.
#[derive(Debug, Deserialize)]
struct Request {
    model: Option<String>,
    messages: Option<Vec<Message>>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    n: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Value,
}

/// A request that can be answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    /// The text to summarise: the user's last message.
    pub(crate) text: String,
    /// The texts of all other messages, which are counted and not read.
    pub(crate) others: Vec<String>,
    /// The most tokens that the answer may have.
    pub(crate) limit: Option<usize>,
    /// Whether the answer comes in pieces.
    pub(crate) stream: bool,
    /// Whether the pieces end with the usage.
    pub(crate) include_usage: bool,
}

impl Ask {
    /// Reads the body of a request.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Failure> {
        let request: Request = serde_json::from_slice(body).map_err(|error| {
            Failure::bad_request(format!("The body is not a request in JSON: {error}."))
        })?;
        let missing = || Failure::bad_request("A `model` is missing.").param("model");
        models::check(request.model.as_deref().ok_or_else(missing)?)?;
        let limit = limit(&request)?;
        if request.n.is_some_and(|n| n != 1) {
            return Err(Failure::bad_request("There is one summary; `n` can only be 1.").param("n"));
        }
        let options = request.stream_options;
        let (text, others) = texts(request.messages.unwrap_or_default())?;
        Ok(Self {
            text,
            others,
            limit,
            stream: request.stream.unwrap_or(false),
            include_usage: options.and_then(|options| options.include_usage).unwrap_or(false),
        })
    }
}

/// The most tokens, by the newer of the two names if both are there.
fn limit(request: &Request) -> Result<Option<usize>, Failure> {
    let (limit, param) = match request.max_completion_tokens {
        Some(limit) => (Some(limit), "max_completion_tokens"),
        None => (request.max_tokens, "max_tokens"),
    };
    if limit == Some(0) {
        return Err(Failure::bad_request(format!("`{param}` is 1 or more.")).param(param));
    }
    Ok(limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)))
}

/// The text of the last message of the user, and the texts of all others.
fn texts(mut messages: Vec<Message>) -> Result<(String, Vec<String>), Failure> {
    let none = || Failure::bad_request("There is no text to summarise.").param("messages");
    let last = messages.iter().rposition(|message| message.role == "user").ok_or_else(none)?;
    let asked = messages.remove(last);
    let foreign = |part: &Value| part.get("text").and_then(Value::as_str).is_none();
    if asked.content.as_array().is_some_and(|parts| parts.iter().any(foreign)) {
        let message = "Only text can be summarised; a part of the message is something else.";
        return Err(Failure::bad_request(message).param("messages"));
    }
    let text = text(asked.content).filter(|text| !text.trim().is_empty()).ok_or_else(none)?;
    Ok((text, messages.into_iter().filter_map(|message| self::text(message.content)).collect()))
}

/// The text of a message's content: a string, or the texts among its parts.
fn text(content: Value) -> Option<String> {
    match content {
        Value::String(text) => Some(text),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
            Some(texts.collect::<Vec<_>>().join("\n\n"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, proptest};
    use serde_json::json;

    fn read(request: &Value) -> Result<Ask, Failure> {
        Ask::read(request.to_string().as_bytes())
    }

    #[test]
    fn the_last_message_of_the_user_is_the_text() {
        let ask = read(&json!({"model": "summary", "max_tokens": 5, "stream": true,
        "stream_options": {"include_usage": true}, "temperature": 0.2, "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Old."},
            {"role": "user", "content": [{"type": "text", "text": "A"}, {"text": "B"}]},
            {"role": "assistant", "content": null, "tool_calls": []},
        ]}));
        let ask = ask.unwrap();
        assert_eq!((ask.text.as_str(), ask.limit), ("A\n\nB", Some(5)));
        assert_eq!(ask.others, ["Be brief.", "Old."]);
        assert!(ask.stream && ask.include_usage);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_field() {
        let user = |content: Value| json!([{"role": "user", "content": content}]);
        for (request, param) in [
            (json!({"messages": user(json!("x"))}), Some("model")),
            (json!({"model": "gpt", "messages": user(json!("x"))}), Some("model")),
            (json!({"model": "summary"}), Some("messages")),
            (json!({"model": "summary", "messages": []}), Some("messages")),
            (json!({"model": "summary", "messages": user(json!(" \n"))}), Some("messages")),
            (json!({"model": "summary", "messages": user(json!([]))}), Some("messages")),
            (
                json!({"model": "summary", "messages": user(json!([{"image_url": {}}]))}),
                Some("messages"),
            ),
            (json!({"model": "summary", "messages": user(json!("x")), "n": 2}), Some("n")),
            (
                json!({"model": "summary", "messages": user(json!("x")), "max_tokens": 0}),
                Some("max_tokens"),
            ),
            (json!({"model": "summary", "messages": user(json!("x")), "max_tokens": -1}), None),
            (json!({"model": 7}), None),
            (json!([]), None),
        ] {
            assert_eq!(read(&request).unwrap_err().param, param, "{request}");
        }
        assert!(Ask::read("[".repeat(1000).as_bytes()).is_err());
        assert!(Ask::read(b"{\"model\": \"\xff\"}").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in any::<Vec<u8>>()) {
            let _ = Ask::read(&body);
        }
    }
}
