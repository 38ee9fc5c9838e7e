//! The objects of a reply, as OpenAI's clients read them.

use serde_json::{Value, json};

use super::answer::Answer;
use crate::models::MODEL;

/// What all objects of one reply have in common.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    id: String,
    created: u64,
    include_usage: bool,
}

impl Reply {
    /// The reply of a name, made at a time. With `include_usage` its chunks end with the usage.
    pub(crate) fn new(id: String, created: u64, include_usage: bool) -> Self {
        Self { id, created, include_usage }
    }

    /// The reply that is all there.
    pub(crate) fn whole(&self, answer: &Answer) -> Value {
        let message = json!({"role": "assistant", "content": answer.text, "refusal": null});
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": MODEL,
            "choices": [{
                "index": 0,
                "message": message,
                "logprobs": null,
                "finish_reason": answer.finish_reason(),
            }],
            "usage": usage(answer),
        })
    }

    /// The chunk that says who speaks.
    pub(crate) fn role(&self) -> Value {
        self.delta(json!({"role": "assistant", "content": ""}), None)
    }

    /// The chunks after that one: the text, why it ends, and the usage if it is wanted.
    pub(crate) fn chunks(&self, answer: &Answer) -> Vec<Value> {
        let texts = answer.pieces().into_iter();
        let mut chunks: Vec<Value> =
            texts.map(|piece| self.delta(json!({"content": piece}), None)).collect();
        chunks.push(self.delta(json!({}), Some(answer.finish_reason())));
        if self.include_usage {
            chunks.push(self.chunk(json!([]), usage(answer)));
        }
        chunks
    }

    fn delta(&self, delta: Value, finish_reason: Option<&str>) -> Value {
        let choice = json!({
            "index": 0,
            "delta": delta,
            "logprobs": null,
            "finish_reason": finish_reason,
        });
        self.chunk(json!([choice]), Value::Null)
    }

    fn chunk(&self, choices: Value, usage: Value) -> Value {
        let mut chunk = json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": MODEL,
            "choices": choices,
        });
        if let Some(members) = chunk.as_object_mut().filter(|_| self.include_usage) {
            members.insert("usage".to_owned(), usage);
        }
        chunk
    }
}

fn usage(answer: &Answer) -> Value {
    json!({
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "total_tokens": answer.prompt_tokens + answer.completion_tokens,
    })
}
