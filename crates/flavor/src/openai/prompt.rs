//! The texts of a request that a model reads, for whoever counts their tokens.

use serde_json::{Map, Value};

/// What a model reads of a request, apart from what its own template puts around it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prompt {
    /// Roles, names, contents, calls of tools, and the tools themselves as JSON.
    pub texts: Vec<String>,
    /// How many messages.
    pub messages: u64,
    /// How many of them have a name.
    pub names: u64,
}

/// Reads a request's prompt. Nothing where the body is no chat request, or has anything in it of
/// which it is not known that a model reads it in full here: what is left out would not be counted.
#[must_use]
pub fn read_prompt(body: &[u8]) -> Option<Prompt> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let body = known(&body, ROOT_KEYS)?;
    let mut prompt = Prompt::default();
    for message in body.get("messages").and_then(Value::as_array).into_iter().flatten() {
        let message = known(message, MESSAGE_KEYS)?;
        prompt.messages += 1;
        prompt.names += u64::from(message.get("name").is_some_and(Value::is_string));
        for key in ["role", "name", "content", "refusal", "reasoning_content", "tool_call_id"] {
            prompt.take(message.get(key))?;
        }
        for call in message.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            let call = known(call, &["id", "type", "index", "function"])?;
            prompt.take(call.get("id"))?;
            let function = known(call.get("function")?, &["name", "arguments"])?;
            prompt.take(function.get("name"))?;
            prompt.take(function.get("arguments"))?;
        }
    }
    for key in ["tools", "functions", "response_format"] {
        if let Some(schema) = body.get(key).filter(|schema| !schema.is_null()) {
            prompt.texts.push(schema.to_string());
        }
    }
    Some(prompt)
}

/// Keys of a request that hold texts which are read here, or none that a model reads.
const ROOT_KEYS: &[&str] = &[
    "model",
    "messages",
    "tools",
    "functions",
    "response_format",
    "tool_choice",
    "function_call",
    "parallel_tool_calls",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "n",
    "temperature",
    "top_p",
    "stop",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "reasoning_effort",
    "verbosity",
    "service_tier",
    "store",
    "metadata",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    // It goes no further than the gateway.
    "hybrid_policy",
];

/// The same for a message.
const MESSAGE_KEYS: &[&str] = &[
    "role",
    "name",
    "content",
    "refusal",
    "reasoning_content",
    "tool_calls",
    "tool_call_id",
    "annotations",
];

/// An object with no keys but these.
fn known<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a Map<String, Value>> {
    let object = value.as_object()?;
    object
        .iter()
        .all(|(key, value)| value.is_null() || keys.contains(&key.as_str()))
        .then_some(object)
}

impl Prompt {
    /// Takes a text, or the texts of parts.
    fn take(&mut self, value: Option<&Value>) -> Option<()> {
        match value {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => self.texts.push(text.clone()),
            Some(Value::Array(parts)) => {
                for part in parts {
                    let part = known(part, &["type", "text", "refusal", "cache_control"])?;
                    self.take(part.get("text"))?;
                    self.take(part.get("refusal"))?;
                }
            }
            Some(_) => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Prompt, read_prompt};

    #[test]
    fn every_text_that_a_model_reads_is_there() {
        let body = br#"{"model":"m","user":"u","hybrid_policy":"x","messages":[
            {"role":"user","name":"ann","content":[{"type":"text","text":"a"}]},
            {"role":"assistant","content":null,"tool_calls":[
                {"id":"c","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"c","content":"r"}],
            "tools":[{"type":"function"}]}"#;
        let texts = ["user", "ann", "a", "assistant", "c", "f", "{}", "tool", "r", "c"];
        let mut texts: Vec<_> = texts.map(str::to_owned).into();
        texts.push(r#"[{"type":"function"}]"#.to_owned());
        assert_eq!(read_prompt(body), Some(Prompt { texts, messages: 3, names: 1 }));
        assert_eq!(read_prompt(b"nonsense"), None);
        for unread in [
            r#"{"messages":[{"content":[{"image_url":{}}]}]}"#,
            r#"{"messages":[{"function_call":{"arguments":"long"}}]}"#,
            r#"{"messages":[{"content":{"text":"long"}}]}"#,
            r#"{"messages":[{"tool_calls":[{"custom":{"input":"long"}}]}]}"#,
            r#"{"messages":[],"documents":["long"]}"#,
            r#"{"messages":[],"prediction":{"content":"long"}}"#,
        ] {
            assert_eq!(read_prompt(unread.as_bytes()), None, "{unread}");
        }
    }
}
