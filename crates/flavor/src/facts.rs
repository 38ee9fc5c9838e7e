//! What a call's cost depends on, in whatever dialect it is made.

use crate::canon::{Action, Block, Loss, Losses, Media, Request, Source};

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
    /// How many of those are known to be pictures, or sounds. A peek does not tell them apart and says
    /// none.
    pub pictures: u64,
    /// See `pictures`.
    pub sounds: u64,
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

/// Fields of a request's root that no form of it here has, and that bring nothing into its prompt
/// which does not stand in the request. Any other may stand for more: a container, a server of tools.
const HARMLESS: [&str; 34] = [
    "anthropic_beta",
    "anthropic_version",
    "background",
    "client_metadata",
    "context_management",
    "diagnostics",
    "hybrid_policy",
    "include",
    "inference_geo",
    "keep_alive",
    "labels",
    "logit_bias",
    "logprobs",
    "max_tool_calls",
    "metadata",
    "min_p",
    "output_config",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "propertyOrdering",
    "repetition_penalty",
    "safetySettings",
    "safety_identifier",
    "seed",
    "service_tier",
    "speed",
    "store",
    "stream_options",
    "top_k",
    "top_logprobs",
    "truncation",
    "user",
];

/// Whether something that is not carried may bring more into the prompt than stands in the request.
fn is_hiding(loss: &Loss) -> bool {
    match loss.action {
        // What is refused elsewhere may go on to its own provider, and nobody knows what it holds.
        Action::Refused => true,
        Action::Approximated => false,
        // What stands within something else that is read stands there in whole.
        Action::Dropped => {
            let is_in_root = !loss.field.contains(['.', '[']);
            is_in_root && HARMLESS.binary_search(&loss.field.as_ref()).is_err()
        }
    }
}

impl Facts {
    /// What a request of so many bytes says of it, and what of it nobody here could read.
    pub fn of(request: &Request<'_>, losses: &Losses, bytes: usize) -> Self {
        let mut count = Count::default();
        let turns = request.turns.iter().flat_map(|turn| &turn.blocks);
        turns.for_each(|block| count.add(block));
        request.system.iter().for_each(|text| count.text(text));
        for tool in &request.tools {
            count.text(&tool.name);
            count.text(tool.description.as_deref().unwrap_or_default());
            count.text(tool.schema.as_ref().map_or("", |schema| schema.as_str()));
        }
        let hiding = losses.named().iter().filter(|loss| is_hiding(loss)).count();
        let hidden = u64::try_from(hiding)
            .unwrap_or(u64::MAX)
            .saturating_add(losses.count_unread())
            .saturating_add(losses.count_unnamed());
        if hidden > 0 {
            // What nobody can read may be text, all but the pictures and sounds that are known.
            let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
            count.text_bytes = count.text_bytes.max(bytes.saturating_sub(count.media_bytes));
        }
        let end_user = request.end_user.as_ref().map(|user| {
            let end = user.floor_char_boundary(END_USER_BYTES);
            user.get(..end).unwrap_or_default().to_owned()
        });
        Self {
            max_output: request.max_output,
            n: request.made.unwrap_or(request.n),
            text_bytes: count.text_bytes,
            media: count.media.saturating_add(hidden),
            pictures: count.pictures,
            sounds: count.sounds,
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
            pictures: 0,
            sounds: 0,
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
    media_bytes: u64,
    pictures: u64,
    sounds: u64,
}

impl Count {
    fn text(&mut self, text: &str) {
        self.text_bytes =
            self.text_bytes.saturating_add(u64::try_from(text.len()).unwrap_or(u64::MAX));
    }

    fn media(&mut self, media: &Media<'_>) {
        self.media = self.media.saturating_add(1);
        if let Source::Inline(content) = &media.source {
            let bytes = u64::try_from(content.len()).unwrap_or(u64::MAX);
            self.media_bytes = self.media_bytes.saturating_add(bytes);
        }
    }

    fn add(&mut self, block: &Block<'_>) {
        match block {
            Block::Text(text) | Block::Refusal(text) => self.text(text),
            Block::Image(media) => {
                self.pictures += 1;
                self.media(media);
            }
            Block::Audio(media) => {
                self.sounds += 1;
                self.media(media);
            }
            Block::File(media) => self.media(media),
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
        Facts::of(&asked.request, &asked.losses, body.len())
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
    fn pictures_and_sounds_are_told_apart() {
        let said = facts(
            Dialect::Chat,
            r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},
                {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},
                {"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}]}"#,
        );
        assert_eq!((said.pictures, said.sounds, said.media), (1, 1, 2));
    }

    #[test]
    fn knobs_that_only_their_provider_has_hide_nothing() {
        let knobs = r#"{"model":"m","max_tokens":1,"messages":[],"context_management":{"edits":[]},
            "output_config":{"effort":"high"},"metadata":{"user_id":"u"},"service_tier":"auto"}"#;
        assert_eq!(facts(Dialect::Messages, knobs).media, 0);
        let knobs = r#"{"model":"m","input":"a","include":["reasoning.encrypted_content"],
            "prompt_cache_key":"k","store":false,"client_metadata":{"a":"b"}}"#;
        assert_eq!(facts(Dialect::Responses, knobs).media, 0);
        assert!(HARMLESS.is_sorted());
    }

    #[test]
    fn prompts_that_no_conversation_can_be_made_of_are_weighed_whole() {
        let long = "a".repeat(1000);
        let body = format!(r#"{{"model":"m","prompt":["{long}","b"],"best_of":3,"n":2}}"#);
        let said = facts(Dialect::Completion, &body);
        assert!(said.text_bytes > 1000 && said.text_bytes <= body.len() as u64);
        assert_eq!(said.n, 6);
        let tokens = facts(Dialect::Completion, r#"{"model":"m","prompt":[[1,2],[3],[4]]}"#);
        assert_eq!(tokens.n, 3);
        let unread = format!(
            r#"{{"model":"m","max_tokens":1,"messages":[{{"role":"user","content":[{{"type":"new","of":"{long}"}}]}}]}}"#
        );
        assert!(facts(Dialect::Messages, &unread).text_bytes > 1000);
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
            (
                Dialect::Messages,
                r#"{"model":"m","max_tokens":1,"messages":[],"mcp_servers":[{"url":"https://a"}]}"#,
            ),
            (Dialect::Messages, r#"{"model":"m","max_tokens":1,"messages":[],"container":"c_1"}"#),
            (
                Dialect::Responses,
                r#"{"model":"m","input":[{"type":"item_reference","id":"rs_1"}]}"#,
            ),
            (
                Dialect::Responses,
                r#"{"model":"m","input":[{"type":"reasoning","id":"rs_1","summary":[]}]}"#,
            ),
            (Dialect::Completion, r#"{"model":"m","prompt":["a","b"]}"#),
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
