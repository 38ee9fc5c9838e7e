//! Ids for calls of tools that have none. Other flavors tie a result to its call by them; here they
//! are new, and many clients tie the two by name and order.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::canon::{Block, Text, ToolCall, Turn};

/// Gives the calls of one reply that have no id one: `call_N`, where N counts the reply's calls.
pub(super) fn of_reply(calls: &mut [ToolCall<'_>], first: u32) {
    for (call, at) in calls.iter_mut().zip(first..) {
        if call.id.is_empty() {
            call.id = format!("call_{at}").into();
        }
    }
}

/// Gives the calls of a conversation that have no id one that no other has, and every result
/// without one the id of the first call of its tool that has no result yet.
pub(super) fn of_conversation(turns: &mut [Turn<'_>]) {
    let given: HashSet<String> = calls(turns).map(|call| call.id.to_string()).collect();
    let mut made = (0_u64..).map(|at| format!("call_{at}")).filter(|id| !given.contains(id));
    let mut open = Open::default();
    for block in turns.iter_mut().flat_map(|turn| &mut turn.blocks) {
        match block {
            Block::ToolCall(call) => {
                if call.id.is_empty() {
                    call.id = made.next().map_or(Text::Borrowed(""), Text::Owned);
                }
                open.add(call);
            }
            Block::ToolResult(result) if result.call.is_empty() => {
                if let Some(id) = open.answer_first(result.name.as_deref()) {
                    result.call = id.into();
                }
            }
            Block::ToolResult(result) => open.answer(&result.call),
            _ => {}
        }
    }
}

fn calls<'t, 'a>(turns: &'t [Turn<'a>]) -> impl Iterator<Item = &'t ToolCall<'a>> {
    turns.iter().flat_map(|turn| &turn.blocks).filter_map(|block| match block {
        Block::ToolCall(call) => Some(call),
        _ => None,
    })
}

/// Calls, and which of them have a result.
#[derive(Debug, Default)]
struct Open {
    ids: Vec<Option<String>>,
    in_order: VecDeque<usize>,
    by_name: HashMap<String, VecDeque<usize>>,
    by_id: HashMap<String, usize>,
}

impl Open {
    fn add(&mut self, call: &ToolCall<'_>) {
        let at = self.ids.len();
        self.ids.push(Some(call.id.to_string()));
        self.in_order.push_back(at);
        self.by_name.entry(call.name.to_string()).or_default().push_back(at);
        self.by_id.insert(call.id.to_string(), at);
    }

    fn answer(&mut self, id: &str) {
        let call = self.by_id.get(id).and_then(|at| self.ids.get_mut(*at));
        if let Some(call) = call {
            *call = None;
        }
    }

    /// Answers the first open call, of the tool where that is said, and tells its id.
    fn answer_first(&mut self, name: Option<&str>) -> Option<String> {
        let candidates = match name {
            Some(name) => self.by_name.get_mut(name)?,
            None => &mut self.in_order,
        };
        while let Some(at) = candidates.pop_front() {
            if let Some(id) = self.ids.get_mut(at).and_then(Option::take) {
                return Some(id);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canon::{Role, ToolResult};

    fn call(id: &'static str, name: &'static str) -> Block<'static> {
        Block::ToolCall(ToolCall {
            id: id.into(),
            name: name.into(),
            arguments: "{}".into(),
            signature: None,
        })
    }

    fn result(call: &'static str, name: Option<&'static str>) -> Block<'static> {
        let name = name.map(Text::from);
        Block::ToolResult(ToolResult { call: call.into(), name, blocks: Vec::new(), failed: false })
    }

    fn ids(blocks: Vec<Block<'static>>) -> Vec<String> {
        let mut turns = [Turn { role: Role::User, blocks }];
        of_conversation(&mut turns);
        let id = |block: &Block<'_>| match block {
            Block::ToolCall(ToolCall { id, .. }) => id.to_string(),
            Block::ToolResult(ToolResult { call, .. }) => call.to_string(),
            _ => String::new(),
        };
        turns.iter().flat_map(|turn| &turn.blocks).map(id).collect()
    }

    #[test]
    fn an_id_that_is_made_is_no_other_call_s() {
        let blocks = vec![call("", "a"), call("call_1", "a"), call("", "a")];
        assert_eq!(ids(blocks), ["call_0", "call_1", "call_2"]);
    }

    #[test]
    fn a_result_answers_the_first_open_call_of_its_tool() {
        let blocks = vec![
            call("", "a"),
            call("", "b"),
            call("", "a"),
            result("call_0", None),
            result("", Some("a")),
            result("", None),
            result("", None),
            result("", Some("c")),
        ];
        let expected = ["call_0", "call_1", "call_2", "call_0", "call_2", "call_1", "", ""];
        assert_eq!(ids(blocks), expected);
    }
}
