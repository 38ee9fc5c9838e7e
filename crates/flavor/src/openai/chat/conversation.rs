//! The messages of a request, read into turns.

use serde_json::value::RawValue;

use super::{
    assistant::{self, CallIds},
    content::{ReadContent, only_texts},
    name_rest,
};
use crate::{
    canon::{Block, Losses, Role, Text, ToolResult, Turn},
    json::{Misfit, Object},
};

/// What the messages of a request say.
#[derive(Debug)]
pub(super) struct Conversation<'a> {
    /// What stands before the first turn.
    pub(super) system: Vec<Text<'a>>,
    /// The turns.
    pub(super) turns: Vec<Turn<'a>>,
    content: ReadContent,
    ids: CallIds,
    /// The last turn is results of tools, and takes in those that follow.
    in_results: bool,
}

impl<'a> Conversation<'a> {
    pub(super) fn read(
        messages: &[&'a RawValue],
        content: ReadContent,
        losses: &mut Losses,
    ) -> Result<Self, Misfit> {
        let (system, turns) = (Vec::new(), Vec::new());
        let mut conversation =
            Self { system, turns, content, ids: CallIds::default(), in_results: false };
        for (at, message) in messages.iter().enumerate() {
            let read = Object::read(message).and_then(|it| conversation.read_message(it, losses));
            read.map_err(|misfit| misfit.within(at).at("messages"))?;
        }
        Ok(conversation)
    }

    fn read_message(&mut self, mut message: Object<'a>, losses: &mut Losses) -> Result<(), Misfit> {
        let role = message.needed_text("role")?;
        let was_in_results = std::mem::replace(&mut self.in_results, false);
        match role.as_ref() {
            // Two words for one thing; servers take either for the one they know.
            "system" | "developer" => self.read_system(&mut message, losses)?,
            "user" => {
                let blocks = (self.content)(&mut message, losses)?;
                self.turns.push(Turn { role: Role::User, blocks });
            }
            "assistant" => {
                let blocks = assistant::read(&mut message, self.content, &mut self.ids, losses)?;
                self.turns.push(Turn { role: Role::Assistant, blocks });
            }
            "tool" => {
                let call = message.needed_text("tool_call_id")?;
                self.read_result(&mut message, call, was_in_results, losses)?;
            }
            "function" => {
                let call = self.ids.last_function.clone().unwrap_or_default();
                self.read_result(&mut message, call.into(), was_in_results, losses)?;
            }
            _ => {
                let known = "should be system, developer, user, assistant or tool";
                return Err(Misfit::new(known).at("role"));
            }
        }
        name_rest(&message, "messages[].", losses);
        Ok(())
    }

    fn read_system(&mut self, message: &mut Object<'a>, losses: &mut Losses) -> Result<(), Misfit> {
        let texts = only_texts((self.content)(message, losses)?, losses);
        if self.turns.is_empty() {
            self.system.extend(texts);
        } else if !texts.is_empty() {
            let blocks = texts.into_iter().map(Block::Text).collect();
            self.turns.push(Turn { role: Role::System, blocks });
        }
        Ok(())
    }

    fn read_result(
        &mut self,
        message: &mut Object<'a>,
        call: Text<'a>,
        was_in_results: bool,
        losses: &mut Losses,
    ) -> Result<(), Misfit> {
        let name = message.text("name")?;
        let blocks = (self.content)(message, losses)?;
        let result = Block::ToolResult(ToolResult { call, name, blocks, failed: false });
        match self.turns.last_mut() {
            Some(turn) if was_in_results => turn.blocks.push(result),
            _ => self.turns.push(Turn { role: Role::User, blocks: vec![result] }),
        }
        self.in_results = true;
        Ok(())
    }
}
