//! Well-formed chat completions: a reply or the events of a stream, every one different.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::provider::Asked;

/// When usage is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UsageSaid {
    /// In whole replies, and in streams where `include_usage` asked for it.
    #[default]
    AsAsked,
    /// Always, asked or not.
    Always,
    /// Never, asked or not.
    Never,
}

/// What a chat completion looks like. The defaults are what a well-behaved provider does.
#[derive(Debug, Clone)]
pub struct Chat {
    /// The words of the answer, one event each in a stream. The marker and the number of the
    /// call follow them, so that no two answers are the same.
    pub words: Vec<String>,
    /// When usage is said.
    pub usage: UsageSaid,
    /// What it says: tokens in and out. Where nothing is given, 7 and one for every word.
    pub tokens: Option<(u64, u64)>,
    /// Whether a stream has its finish reason.
    pub finish_reason: bool,
    /// Whether a stream ends in `data: [DONE]`.
    pub done: bool,
    /// Whether lines end in CR LF.
    pub crlf: bool,
    /// Whether comment lines stand between the events.
    pub comments: bool,
}

impl Default for Chat {
    fn default() -> Self {
        Self {
            words: ["So", " be", " it", ":"].map(str::to_owned).to_vec(),
            usage: UsageSaid::AsAsked,
            tokens: None,
            finish_reason: true,
            done: true,
            crlf: false,
            comments: false,
        }
    }
}

impl Chat {
    /// An answer of this many words.
    pub fn of_words(count: usize) -> Self {
        let words = (0..count).map(|number| format!(" word{number}")).collect();
        Self { words, ..Self::default() }
    }

    /// The body of a reply that is no stream.
    pub fn whole(&self, asked: &Asked) -> Bytes {
        let content = self.words.concat() + &signature(asked);
        let mut reply = json!({
            "id": id(asked), "object": "chat.completion", "created": 1_700_000_000,
            "model": asked.model,
            "choices": [{"index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": content}}],
        });
        if self.usage != UsageSaid::Never {
            reply["usage"] = self.counts();
        }
        Bytes::from(reply.to_string())
    }

    /// The events of a stream, in order, each with its empty line.
    pub fn events(&self, asked: &Asked) -> Vec<Bytes> {
        let mut events = vec![self.event(&delta(asked, json!({"role": "assistant"}), None))];
        if self.comments {
            events.push(self.lines(": a comment of the provider's"));
        }
        let signature = signature(asked);
        for word in self.words.iter().chain([&signature]) {
            events.push(self.event(&delta(asked, json!({"content": word}), None)));
        }
        if self.finish_reason {
            events.push(self.event(&delta(asked, json!({}), Some("stop"))));
        }
        if self.says_usage(asked) {
            let mut last = delta(asked, json!({}), None);
            last["choices"] = json!([]);
            last["usage"] = self.counts();
            events.push(self.event(&last));
        }
        if self.done {
            events.push(self.lines("data: [DONE]"));
        }
        events
    }

    fn says_usage(&self, asked: &Asked) -> bool {
        match self.usage {
            UsageSaid::AsAsked => asked.include_usage,
            UsageSaid::Always => true,
            UsageSaid::Never => false,
        }
    }

    fn counts(&self) -> Value {
        let words = u64::try_from(self.words.len() + 1).unwrap_or(u64::MAX);
        let (input, output) = self.tokens.unwrap_or((7, words));
        json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output})
    }

    fn event(&self, data: &Value) -> Bytes {
        self.lines(&format!("data: {data}"))
    }

    fn lines(&self, line: &str) -> Bytes {
        let end = if self.crlf { "\r\n" } else { "\n" };
        Bytes::from(format!("{line}{end}{end}"))
    }
}

fn delta(asked: &Asked, delta: Value, finish_reason: Option<&str>) -> Value {
    json!({
        "id": id(asked), "object": "chat.completion.chunk", "created": 1_700_000_000,
        "model": asked.model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    })
}

fn id(asked: &Asked) -> String {
    format!("chatcmpl-{}", asked.number)
}

fn signature(asked: &Asked) -> String {
    format!(" {} #{}", asked.marker.as_deref().unwrap_or("unmarked"), asked.number)
}
