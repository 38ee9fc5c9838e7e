//! The texts of a request that a model reads, for whoever counts their tokens.

use serde_json::Value;

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

/// Reads a request's prompt. Nothing where the body is no chat request; parts that are no text are
/// left out.
#[must_use]
pub fn read_prompt(body: &[u8]) -> Option<Prompt> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let mut prompt = Prompt::default();
    for message in body.get("messages").and_then(Value::as_array).into_iter().flatten() {
        prompt.messages += 1;
        prompt.names += u64::from(message.get("name").is_some_and(Value::is_string));
        for key in ["role", "name", "content", "refusal", "reasoning_content", "tool_call_id"] {
            prompt.take(message.get(key));
        }
        for call in message.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            prompt.take(call.get("id"));
            let function = call.get("function").or_else(|| call.get("custom"));
            for key in ["name", "arguments", "input"] {
                prompt.take(function.and_then(|function| function.get(key)));
            }
        }
    }
    for key in ["tools", "functions", "response_format"] {
        if let Some(schema) = body.get(key).filter(|schema| !schema.is_null()) {
            prompt.texts.push(schema.to_string());
        }
    }
    Some(prompt)
}

impl Prompt {
    /// Takes a text, or the texts of parts.
    fn take(&mut self, value: Option<&Value>) {
        match value {
            Some(Value::String(text)) => self.texts.push(text.clone()),
            Some(Value::Array(parts)) => {
                for part in parts {
                    self.take(part.get("text"));
                    self.take(part.get("refusal"));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Prompt, read_prompt};

    #[test]
    fn every_text_that_a_model_reads_is_there() {
        let body = br#"{"model":"m","user":"u","messages":[
            {"role":"user","name":"ann","content":[{"type":"text","text":"a"},{"image_url":{}}]},
            {"role":"assistant","content":null,"tool_calls":[
                {"id":"c","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"c","content":"r"}],
            "tools":[{"type":"function"}]}"#;
        let texts = ["user", "ann", "a", "assistant", "c", "f", "{}", "tool", "r", "c"];
        let mut texts: Vec<_> = texts.map(str::to_owned).into();
        texts.push(r#"[{"type":"function"}]"#.to_owned());
        assert_eq!(read_prompt(body), Some(Prompt { texts, messages: 3, names: 1 }));
        assert_eq!(read_prompt(b"nonsense"), None);
    }
}
