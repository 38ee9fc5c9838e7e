//! Writing the messages of a chat.
//!
//! A message has one place each for thoughts, pictures, words and calls. What does not fit behind
//! the rest of its message starts the next of the same role: servers set neighbours of one role
//! together again, and the order is kept.

use std::collections::HashMap;

use super::{arguments, media};
use crate::canon::{Block, Losses, Reasoning, Role, Text, ToolCall, ToolResult, Turn};
use crate::json::writer::Items;

/// Writes messages into the list of them.
#[derive(Debug)]
pub(super) struct MessageWriter<'w, 'o, 'l, 'r> {
    items: &'w mut Items<'o>,
    losses: &'l mut Losses,
    /// The tools of calls so far, by the calls' ids.
    tools: HashMap<&'r str, &'r str>,
}

/// A message that is being put together.
#[derive(Debug, Default)]
struct Draft<'r> {
    thinking: Option<Text<'r>>,
    images: Vec<&'r str>,
    content: Option<Text<'r>>,
    calls: Vec<&'r ToolCall<'r>>,
}

impl Draft<'_> {
    fn is_empty(&self) -> bool {
        self.thinking.is_none()
            && self.images.is_empty()
            && self.content.is_none()
            && self.calls.is_empty()
    }
}

impl<'w, 'o, 'l, 'r> MessageWriter<'w, 'o, 'l, 'r> {
    pub(super) fn new(items: &'w mut Items<'o>, losses: &'l mut Losses) -> Self {
        Self { items, losses, tools: HashMap::new() }
    }

    /// A piece of what stands before the conversation.
    pub(super) fn system(&mut self, text: &str) {
        self.items.object(|item| {
            item.text("role", "system");
            item.text("content", text);
        });
    }

    /// A turn, in as many messages as it needs.
    pub(super) fn turn(&mut self, turn: &'r Turn<'r>) {
        let mut draft = Draft::default();
        for block in &turn.blocks {
            match block {
                Block::Text(text) if text.is_empty() && turn.blocks.len() > 1 => {}
                Block::Text(text) => self.text(turn.role, &mut draft, text),
                Block::Refusal(text) => {
                    self.losses.approximated("messages[].refusal", "sent as plain words");
                    self.text(turn.role, &mut draft, text);
                }
                Block::Image(_) | Block::Audio(_) | Block::File(_) => {
                    let Some(data) = media::inline(block, self.losses) else { continue };
                    if draft.content.is_some() || !draft.calls.is_empty() {
                        self.flush(turn.role, &mut draft);
                    }
                    draft.images.push(data);
                }
                Block::Reasoning(reasoning) => self.reasoning(turn.role, &mut draft, reasoning),
                Block::ToolCall(call) => {
                    if !call.id.is_empty() {
                        self.tools.insert(&call.id, &call.name);
                    }
                    draft.calls.push(call);
                }
                Block::ToolResult(result) => {
                    self.flush(turn.role, &mut draft);
                    self.result(result);
                }
            }
        }
        self.flush(turn.role, &mut draft);
    }

    fn text(&mut self, role: Role, draft: &mut Draft<'r>, text: &'r str) {
        if !draft.calls.is_empty() {
            self.flush(role, draft);
        }
        match &mut draft.content {
            // A model's pieces are one text that was interrupted; anyone else's stand apart.
            Some(content) if role == Role::Assistant => content.to_mut().push_str(text),
            Some(_) => {
                self.flush(role, draft);
                draft.content = Some(text.into());
            }
            None => draft.content = Some(text.into()),
        }
    }

    fn reasoning(&mut self, role: Role, draft: &mut Draft<'r>, reasoning: &'r Reasoning<'r>) {
        if reasoning.signature.is_some() || reasoning.sealed.is_some() {
            let reason = "a proof of thought means nothing to another provider";
            self.losses.dropped("messages[].thinking.signature", reason);
        }
        if reasoning.text.is_empty() {
            return;
        }
        if !draft.images.is_empty() || draft.content.is_some() || !draft.calls.is_empty() {
            self.flush(role, draft);
        }
        match &mut draft.thinking {
            Some(thinking) => {
                self.losses.approximated("messages[].thinking", "several are sent as one");
                thinking.to_mut().push_str("\n\n");
                thinking.to_mut().push_str(&reasoning.text);
            }
            None => draft.thinking = Some(reasoning.text.as_ref().into()),
        }
    }

    fn flush(&mut self, role: Role, draft: &mut Draft<'r>) {
        if draft.is_empty() {
            return;
        }
        let Draft { thinking, images, content, calls } = std::mem::take(draft);
        let losses = &mut *self.losses;
        self.items.object(|item| {
            item.text("role", role_word(role));
            item.text("content", content.as_deref().unwrap_or_default());
            if let Some(thinking) = &thinking {
                item.text("thinking", thinking);
            }
            if !images.is_empty() {
                item.list("images", |items| images.iter().for_each(|image| items.text(image)));
            }
            if !calls.is_empty() {
                item.list("tool_calls", |items| {
                    for (call, at) in calls.into_iter().zip(0..) {
                        if arguments::whole(&call.arguments).is_none() {
                            let reason = "they are no JSON object, and are sent within one";
                            losses.approximated("messages[].tool_calls[].arguments", reason);
                        }
                        arguments::write_call(
                            items,
                            at,
                            call,
                            &arguments::or_wrapped(&call.arguments),
                        );
                    }
                });
            }
        });
    }

    fn result(&mut self, result: &'r ToolResult<'r>) {
        let (content, images) = self.content(result);
        let called = self.tools.get(result.call.as_ref()).copied();
        let name = result.name.as_deref().or(called);
        self.items.object(|item| {
            item.text("role", "tool");
            item.text("content", &content);
            if !images.is_empty() {
                item.list("images", |items| images.iter().for_each(|image| items.text(image)));
            }
            if let Some(name) = name {
                item.text("tool_name", name);
            }
            if !result.call.is_empty() {
                item.text("tool_call_id", &result.call);
            }
        });
    }

    /// The words and the pictures of a result.
    fn content(&mut self, result: &'r ToolResult<'r>) -> (Text<'r>, Vec<&'r str>) {
        let (mut words, mut images) = (None::<Text<'r>>, Vec::new());
        for block in &result.blocks {
            match block {
                Block::Text(text) => match &mut words {
                    None => words = Some(text.as_ref().into()),
                    Some(words) => {
                        let reason = "several texts of one result are sent as one";
                        self.losses.approximated("messages[].tool_result.content", reason);
                        words.to_mut().push('\n');
                        words.to_mut().push_str(text);
                    }
                },
                Block::Image(_) | Block::Audio(_) | Block::File(_) => {
                    if words.is_some() {
                        let reason = "pictures of a result stand before its words";
                        self.losses.approximated("messages[].tool_result.content", reason);
                    }
                    images.extend(media::inline(block, self.losses));
                }
                _ => self.losses.refused(
                    "messages[].tool_result.content",
                    "a result holds only words, pictures and sounds there",
                ),
            }
        }
        let words = words.unwrap_or_default();
        if !result.failed {
            return (words, images);
        }
        let reason = "that a tool failed is said in words";
        self.losses.approximated("messages[].tool_result.is_error", reason);
        (format!("Error: {words}").into(), images)
    }
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canon::{Media, Source};
    use crate::json::writer;

    fn written(turns: &[Turn<'_>]) -> (String, String) {
        let (mut out, mut losses) = (Vec::new(), Losses::default());
        writer::object(&mut out, |root| {
            root.list("messages", |items| {
                let mut messages = MessageWriter::new(items, &mut losses);
                turns.iter().for_each(|turn| messages.turn(turn));
            });
        });
        (String::from_utf8(out).unwrap(), losses.to_string())
    }

    fn text(text: &'static str) -> Block<'static> {
        Block::Text(text.into())
    }

    fn media(source: Source<'static>) -> Media<'static> {
        Media { source, mime: None, name: None, detail: None }
    }

    fn image() -> Block<'static> {
        Block::Image(media(Source::Inline("AA==".into())))
    }

    fn call(id: &'static str, arguments: &'static str) -> Block<'static> {
        Block::ToolCall(ToolCall {
            signature: None,
            id: id.into(),
            name: "weigh".into(),
            arguments: arguments.into(),
        })
    }

    #[test]
    fn what_does_not_fit_behind_the_rest_starts_the_next_message() {
        let blocks = vec![image(), text("first"), text(""), image(), text("second")];
        let (messages, losses) = written(&[Turn { role: Role::User, blocks }]);
        let expected = r#"{"messages":[{"role":"user","content":"first","images":["AA=="]},{"role":"user","content":"second","images":["AA=="]}]}"#;
        assert_eq!((messages.as_str(), losses.as_str()), (expected, ""));
    }

    #[test]
    fn a_result_says_its_tool_and_in_words_that_it_failed() {
        let result = Block::ToolResult(ToolResult {
            call: "a".into(),
            name: None,
            blocks: vec![text("no such lorry"), image()],
            failed: true,
        });
        let turns = [
            Turn {
                role: Role::Assistant,
                blocks: vec![text("a"), text("b"), call("a", "{\"n\":")],
            },
            Turn { role: Role::User, blocks: vec![result, text("go on")] },
        ];
        let (messages, losses) = written(&turns);
        let expected = r#"{"messages":[{"role":"assistant","content":"ab","tool_calls":[{"id":"a","function":{"index":0,"name":"weigh","arguments":{"_raw":"{\"n\":"}}}]},{"role":"tool","content":"Error: no such lorry","images":["AA=="],"tool_name":"weigh","tool_call_id":"a"},{"role":"user","content":"go on"}]}"#;
        assert_eq!(messages, expected);
        assert_eq!(
            losses,
            "messages[].tool_calls[].arguments;approximated, messages[].tool_result.content;approximated, messages[].tool_result.is_error;approximated"
        );
    }

    #[test]
    fn thoughts_go_without_their_proof() {
        let thought = |text: &'static str| Reasoning {
            text: text.into(),
            signature: Some("sig".into()),
            sealed: None,
        };
        let blocks = vec![
            Block::Reasoning(thought("")),
            Block::Reasoning(thought("one")),
            Block::Reasoning(thought("two")),
            text("said"),
            Block::Reasoning(thought("three")),
            call("", ""),
        ];
        let (messages, losses) = written(&[Turn { role: Role::Assistant, blocks }]);
        let expected = r#"{"messages":[{"role":"assistant","content":"said","thinking":"one\n\ntwo"},{"role":"assistant","content":"","thinking":"three","tool_calls":[{"function":{"index":0,"name":"weigh","arguments":{}}}]}]}"#;
        assert_eq!(messages, expected);
        assert_eq!(
            losses,
            "messages[].thinking.signature;dropped, messages[].thinking;approximated"
        );
    }

    #[test]
    fn what_lies_elsewhere_and_files_are_refused_by_name() {
        let blocks = vec![
            Block::Image(media(Source::Url("https://example.org/a.png".into()))),
            Block::Audio(media(Source::Id("file-1".into()))),
            Block::File(media(Source::Inline("JVBERi0=".into()))),
        ];
        let (messages, losses) = written(&[Turn { role: Role::User, blocks }]);
        assert_eq!(messages, r#"{"messages":[]}"#);
        assert_eq!(
            losses,
            "messages[].image;refused, messages[].audio;refused, messages[].file;refused"
        );
    }
}
