//! From one dialect to another: requests and whole replies. Streams take their [course](crate::course).

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;

use crate::canon::{
    Block, Choice, Face, Keeper, Keepsake, Losses, Request, Role, Target, ToolNames, Turn, Usage,
    put_back, take_out, unique,
};
use crate::dialect::{Dialect, Path};
use crate::json::{Misfit, Object};
use crate::openai::responses;

/// The longest name of a tool, in bytes. Some dialects say it again with each of its results.
const NAME_BYTES: usize = 256;

/// A whole reply in the caller's dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// Its bytes.
    pub body: Vec<u8>,
    /// What the provider says was used.
    pub usage: Option<Usage>,
    /// The bytes of its text: words, thoughts, refusals and arguments, unescaped.
    pub text_bytes: u64,
    /// What is to be kept for when its caller's tools have answered.
    pub kept: Vec<Keepsake>,
}

/// A request as its caller's dialect has it: read once, and written for as many providers as may
/// serve it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<'a> {
    /// What is asked for, without state that only its provider can read.
    pub request: Request<'a>,
    /// What of it the canonical form does not hold.
    pub losses: Losses,
}

/// A request in the provider's dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its bytes.
    pub body: Vec<u8>,
    /// What the caller calls its tools; a part of the [`Face`] of whatever is replied.
    pub names: ToolNames,
    /// All that could not be carried. Whether the call goes on with that is for others to say.
    pub losses: Losses,
}

impl<'a> Asked<'a> {
    /// Reads a request that a caller made in `from`.
    ///
    /// # Errors
    /// [`Misfit`] for what is no request.
    pub fn read(from: Dialect, body: &'a str, path: Path<'a>) -> Result<Self, Misfit> {
        let mut losses = Losses::default();
        let mut request = from.read_request(body, path, &mut losses)?;
        keep_names_short(&request)?;
        for turn in &mut request.turns {
            if take_out(&mut turn.blocks) {
                losses.dropped("messages[].signature", "state that only its provider can read");
            }
        }
        Ok(Self { request, losses })
    }

    /// Writes it as a provider takes it in `to`.
    pub fn write(&self, to: Dialect, target: &Target) -> Outgoing {
        Self::write_request(&self.request, to, target, self.losses.clone())
    }

    /// The same, with what its own model had thought before its calls, as far as that was kept for it.
    /// It has to be that very provider's: nobody else may see it.
    pub fn write_reminded(
        &self,
        to: Dialect,
        target: &Target,
        find: &dyn Fn(&str) -> Option<Keepsake>,
    ) -> Outgoing {
        // A thought goes back once, however often its call stands there.
        let found = RefCell::new(HashSet::new());
        let once = |call: &str| {
            let keepsake = find(call)?;
            found.borrow_mut().insert(call.to_owned()).then_some(keepsake)
        };
        let calls = self.request.turns.iter().flat_map(|turn| &turn.blocks);
        let is_kept = |block: &Block<'_>| match block {
            Block::ToolCall(call) => find(&call.id).is_some(),
            _ => false,
        };
        if !calls.into_iter().any(is_kept) {
            return self.write(to, target);
        }
        let mut request = self.request.clone();
        for turn in &mut request.turns {
            put_back(turn, &once);
        }
        Self::write_request(&request, to, target, self.losses.clone())
    }

    fn write_request(
        request: &Request<'_>,
        to: Dialect,
        target: &Target,
        mut losses: Losses,
    ) -> Outgoing {
        let request = fitted(request, to, target, &mut losses);
        let body = to.write_request(&request, target, &mut losses);
        Outgoing { body, names: ToolNames::of(&request.tools), losses }
    }
}

/// Sees to it that no name of a tool is longer than any provider takes.
fn keep_names_short(request: &Request<'_>) -> Result<(), Misfit> {
    let is_long = |name: &str| name.len() > NAME_BYTES;
    let is_called_long = |block: &Block<'_>| match block {
        Block::ToolCall(call) => is_long(&call.name),
        Block::ToolResult(result) => result.name.as_deref().is_some_and(is_long),
        _ => false,
    };
    let words = format!("has a name longer than {NAME_BYTES} bytes");
    if request.tools.iter().any(|tool| is_long(&tool.name)) {
        return Err(Misfit::new(words).at("tools"));
    }
    if request.turns.iter().flat_map(|turn| &turn.blocks).any(is_called_long) {
        return Err(Misfit::new(format!("calls a tool that {words}")).at("messages"));
    }
    Ok(())
}

/// The request without what a server of chat completions does not take, though its dialect has it.
fn fitted<'r, 'a>(
    request: &'r Request<'a>,
    to: Dialect,
    target: &Target,
    losses: &mut Losses,
) -> Cow<'r, Request<'a>> {
    let mut request = Cow::Borrowed(request);
    if !matches!(to, Dialect::Chat | Dialect::AogChat) {
        return request;
    }
    let is_thought = |block: &Block<'_>| matches!(block, Block::Reasoning(_));
    let thinks = |turn: &Turn<'_>| turn.blocks.iter().any(is_thought);
    if !target.thoughts && request.turns.iter().any(thinks) {
        losses.dropped("messages[].reasoning", "what was thought is not taken back there");
        for turn in &mut request.to_mut().turns {
            turn.blocks.retain(|block| !is_thought(block));
        }
    }
    // A turn of the system with more than words is left to the writer to refuse.
    let is_late = |turn: &Turn<'_>| {
        let is_text = |block: &Block<'_>| matches!(block, Block::Text(_));
        turn.role == Role::System && turn.blocks.iter().all(is_text)
    };
    if !target.late_system && request.turns.iter().any(is_late) {
        losses.approximated("messages[system]", "the system speaks before the conversation there");
        let request = request.to_mut();
        let (late, turns): (Vec<_>, Vec<_>) =
            std::mem::take(&mut request.turns).into_iter().partition(is_late);
        request.turns = turns;
        let texts = late.into_iter().flat_map(|turn| turn.blocks).filter_map(|block| match block {
            Block::Text(text) => Some(text),
            _ => None,
        });
        request.system.extend(texts);
    }
    request
}

/// Writes a whole reply that a provider made in `from` as the caller takes it in `to`.
///
/// # Errors
/// [`Misfit`] for what is no reply.
pub fn reply(from: Dialect, to: Dialect, body: &str, face: &Face) -> Result<Converted, Misfit> {
    let mut reply = from.read_reply(body)?;
    let mut keeper = Keeper::of(&face.id);
    for (index, choice) in reply.choices.iter_mut().enumerate() {
        for block in &mut choice.blocks {
            if let Block::ToolCall(call) = block {
                call.id = unique(std::mem::take(&mut call.id), face);
            }
        }
        // It was paid for and would be gone without a word; a stream of it breaks, too.
        let is_media =
            |block: &Block<'_>| matches!(block, Block::Image(_) | Block::Audio(_) | Block::File(_));
        if choice.blocks.iter().any(is_media) {
            let words = "a picture, a sound or a file, which an answer in the caller's dialect \
                         has no place for";
            return Err(Misfit::new(words).within(index).at("choices"));
        }
        if index == 0 {
            keeper.note_blocks(&choice.blocks);
        }
        take_out(&mut choice.blocks);
    }
    let text_bytes = reply.choices.iter().map(text_bytes).sum();
    let body = to.write_reply(&reply, face);
    Ok(Converted { body, usage: reply.usage, text_bytes, kept: keeper.take() })
}

/// What a whole reply is metered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// What the provider says was used.
    pub usage: Option<Usage>,
    /// The bytes of its text.
    pub text_bytes: u64,
}

/// Reads what a whole reply is metered by that goes on as it came. One that is JSON and holds what
/// nobody here knows says nothing.
///
/// # Errors
/// [`Misfit`] for what is no JSON object.
pub fn weigh(dialect: Dialect, body: &str) -> Result<Said, Misfit> {
    let Ok(reply) = dialect.read_reply(body) else {
        Object::parse(body)?;
        if dialect.read_failure(body).is_some() {
            return Err(Misfit::new("an error stands in the place of the answer"));
        }
        let usage = (dialect == Dialect::Responses).then(|| responses::read_usage(body)).flatten();
        return Ok(Said { usage, text_bytes: u64::try_from(body.len()).unwrap_or(u64::MAX) });
    };
    Ok(Said { usage: reply.usage, text_bytes: reply.choices.iter().map(text_bytes).sum() })
}

fn text_bytes(choice: &Choice<'_>) -> u64 {
    let bytes = |block: &Block<'_>| match block {
        Block::Text(text) | Block::Refusal(text) => text.len(),
        Block::Reasoning(thought) => thought.text.len(),
        Block::ToolCall(call) => call.arguments.len(),
        Block::Image(_) | Block::Audio(_) | Block::File(_) | Block::ToolResult(_) => 0,
    };
    choice.blocks.iter().map(|block| u64::try_from(bytes(block)).unwrap_or(u64::MAX)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canon::Reasoning;

    #[test]
    fn what_a_server_does_not_take_is_left_out_or_said_before() {
        let body = r#"{"model":"m","max_tokens":9,"system":"first","messages":[
            {"role":"user","content":"a"},{"role":"system","content":"late"},
            {"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":""},
            {"type":"text","text":"b"}]},{"role":"user","content":"c"}]}"#;
        let asked = Asked::read(Dialect::Messages, body, Path::default()).unwrap();
        let usual = Target::usual("m", 9);
        let all = asked.write(Dialect::Chat, &usual);
        assert!(all.losses.is_empty(), "{}", all.losses);
        let fitted = Target { thoughts: false, late_system: false, ..usual };
        let made = asked.write(Dialect::Chat, &fitted);
        let losses = "messages[].reasoning;dropped, messages[system];approximated";
        assert_eq!(made.losses.to_string(), losses);
        let made = String::from_utf8(made.body).unwrap();
        assert!(made.contains(r#"{"role":"system","content":"first\n\nlate"}"#), "{made}");
        assert!(!made.contains("reasoning"), "{made}");
    }

    #[test]
    fn a_kept_thought_goes_back_once_however_often_its_call_is_repeated() {
        let call = r#"{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function",
            "function":{"name":"weigh","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"c1","content":"12"}"#;
        let calls = vec![call; 50].join(",");
        let body = format!(
            r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"a"}},{calls}]}}"#
        );
        let asked = Asked::read(Dialect::Chat, &body, Path::default()).unwrap();
        let thought =
            Reasoning { text: "thought of".into(), signature: Some("s".into()), sealed: None };
        let kept = |call: &str| {
            let thoughts = vec![thought.clone()];
            (call == "c1").then(|| Keepsake { call: call.into(), thoughts, ..Keepsake::default() })
        };
        let made = asked.write_reminded(Dialect::Messages, &Target::usual("m", 9), &kept);
        let made = String::from_utf8(made.body).unwrap();
        assert_eq!(made.matches("thought of").count(), 1);
    }

    #[test]
    fn a_name_too_long_for_any_provider_is_not_repeated_with_each_result() {
        let long = "n".repeat(NAME_BYTES + 1);
        for body in [
            format!(
                r#"{{"model":"m","messages":[],"tools":[{{"type":"function","function":{{"name":"{long}"}}}}]}}"#
            ),
            format!(
                r#"{{"model":"m","messages":[{{"role":"assistant","content":null,"tool_calls":[{{"id":"1",
                    "type":"function","function":{{"name":"{long}","arguments":"{{}}"}}}}]}}]}}"#
            ),
        ] {
            let misfit = Asked::read(Dialect::Chat, &body, Path::default()).unwrap_err();
            assert!(misfit.to_string().contains("longer than 256 bytes"), "{misfit}");
        }
    }

    #[test]
    fn a_picture_in_an_answer_is_not_left_out_in_silence() {
        let drawn = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"Here."},
            {"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]},"finishReason":"STOP"}]}"#;
        let face = Face {
            names: ToolNames::default(),
            id: "01".into(),
            model: "m".into(),
            created: 0,
            wants_usage: false,
        };
        let misfit = reply(Dialect::Gemini, Dialect::Chat, drawn, &face).unwrap_err();
        assert!(misfit.to_string().contains("no place"), "{misfit}");
    }
}
