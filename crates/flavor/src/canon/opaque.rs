//! State that only the provider who made it can read.

use super::Block;

/// Takes it out of a turn: it is never sent to another provider, and in another dialect nobody can
/// know whose it is. A thought that held nothing else goes with it. Says whether there was any.
pub(crate) fn take_out(blocks: &mut Vec<Block<'_>>) -> bool {
    let mut any = false;
    for block in blocks.iter_mut() {
        match block {
            Block::Reasoning(thought) => {
                any |= thought.signature.take().is_some();
                any |= thought.sealed.take().is_some();
            }
            Block::ToolCall(call) => any |= call.signature.take().is_some(),
            _ => {}
        }
    }
    blocks.retain(|block| !matches!(block, Block::Reasoning(thought) if thought.text.is_empty()));
    any
}
