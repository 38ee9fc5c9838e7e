//! What a call's cost depends on, in whatever dialect it is made.

use crate::canon::{Action, Block, Losses, Request};

/// What a call's cost depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The most tokens of one answer.
    pub max_output: Option<u64>,
    /// How many answers are asked for.
    pub n: u64,
    /// The bytes of all text in the request, its tools as a whole.
    pub text_bytes: u64,
    /// How many things in it may be no text, or hold more than stands here: pictures, sounds, files,
    /// what only its provider can read. Never zero where there is one.
    pub media: u64,
    /// Whether there are tools.
    pub tools: bool,
    /// A name of some server's own for the limit of the answer, if one is there: it may count more
    /// than the limit that is known.
    pub other_limit: Option<&'static str>,
    /// Whether the model is to search.
    pub searches: bool,
    /// Whom the caller calls for, at most 256 bytes of it.
    pub end_user: Option<String>,
}

/// The longest name of an end user that is kept, in bytes.
const END_USER_BYTES: usize = 256;

impl Facts {
    /// What a request says of it, and what of it nobody here could read.
    pub fn of(request: &Request<'_>, losses: &Losses) -> Self {
        let mut count = Count::default();
        let turns = request.turns.iter().flat_map(|turn| &turn.blocks);
        turns.for_each(|block| count.add(block));
        request.system.iter().for_each(|text| count.text(text));
        for tool in &request.tools {
            count.text(&tool.name);
            count.text(tool.description.as_deref().unwrap_or_default());
            count.text(tool.schema.as_ref().map_or("", |schema| schema.as_str()));
        }
        // What is refused elsewhere may go on to its own provider, and nobody knows what it holds.
        let hidden = losses.named().iter().filter(|loss| loss.action == Action::Refused).count();
        let hidden =
            u64::try_from(hidden).unwrap_or(u64::MAX).saturating_add(losses.count_unread());
        let end_user = request.end_user.as_ref().map(|user| {
            let end = user.floor_char_boundary(END_USER_BYTES);
            user.get(..end).unwrap_or_default().to_owned()
        });
        Self {
            max_output: request.max_output,
            n: request.n,
            text_bytes: count.text_bytes,
            media: count.media.saturating_add(hidden),
            tools: !request.tools.is_empty(),
            other_limit: None,
            searches: request.searches,
            end_user,
        }
    }

    /// Of a request that its own provider may understand and nobody here does: `bytes` of something.
    pub fn of_unknown(bytes: usize, max_output: Option<u64>) -> Self {
        Self {
            max_output,
            n: 1,
            text_bytes: u64::try_from(bytes).unwrap_or(u64::MAX),
            media: 1,
            tools: true,
            other_limit: None,
            searches: false,
            end_user: None,
        }
    }
}

#[derive(Default)]
struct Count {
    text_bytes: u64,
    media: u64,
}

impl Count {
    fn text(&mut self, text: &str) {
        self.text_bytes =
            self.text_bytes.saturating_add(u64::try_from(text.len()).unwrap_or(u64::MAX));
    }

    fn add(&mut self, block: &Block<'_>) {
        match block {
            Block::Text(text) | Block::Refusal(text) => self.text(text),
            Block::Image(_) | Block::Audio(_) | Block::File(_) => self.media += 1,
            Block::ToolCall(call) => {
                self.text(&call.name);
                self.text(&call.arguments);
            }
            Block::ToolResult(result) => result.blocks.iter().for_each(|block| self.add(block)),
            Block::Reasoning(thought) => self.text(&thought.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::Asked;
    use crate::dialect::{Dialect, Path};

    fn facts(dialect: Dialect, body: &str) -> Facts {
        let asked = Asked::read(dialect, body, Path::default()).unwrap();
        Facts::of(&asked.request, &asked.losses)
    }

    #[test]
    fn words_are_counted_wherever_they_stand() {
        let said = facts(
            Dialect::Messages,
            r#"{"model":"m","max_tokens":9,"system":"ab","metadata":{"user_id":"u"},
                "tools":[{"name":"t","description":"d","input_schema":{}}],
                "messages":[{"role":"user","content":"cd"},
                {"role":"assistant","content":[{"type":"tool_use","id":"1","name":"t","input":{}}]},
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":"ef"}]}]}"#,
        );
        assert_eq!((said.text_bytes, said.media), (2 + 4 + 2 + 3 + 2, 0));
        assert_eq!((said.max_output, said.n, said.tools), (Some(9), 1, true));
        assert_eq!(said.end_user.as_deref(), Some("u"));
    }

    #[test]
    fn what_nobody_can_read_is_never_taken_for_text() {
        for (dialect, body) in [
            (
                Dialect::Messages,
                r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"new"}]}]}"#,
            ),
            (
                Dialect::Messages,
                r#"{"model":"m","max_tokens":1,"messages":[],"tools":[{"type":"web_search_1","name":"s"}]}"#,
            ),
            (Dialect::Responses, r#"{"model":"m","input":"a","previous_response_id":"r"}"#),
            (Dialect::Responses, r#"{"model":"m","input":[{"type":"new_item"}]}"#),
            (Dialect::Gemini, r#"{"contents":[],"cachedContent":"c"}"#),
            (Dialect::Gemini, r#"{"contents":[],"tools":[{"googleSearch":{}}]}"#),
            (Dialect::Chat, r#"{"model":"m","messages":[],"web_search_options":{}}"#),
        ] {
            assert!(facts(dialect, body).media > 0, "{body}");
        }
        let searching = r#"{"model":"m","input":"a","tools":[{"type":"web_search"}]}"#;
        assert!(facts(Dialect::Responses, searching).searches);
    }
}
