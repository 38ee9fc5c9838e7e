//! A whole message.

use super::usage::Counts;
use super::{read_block, stop};
use crate::canon::{Choice, Losses, Reply, Stop};
use crate::json::{Misfit, Object};

/// Reads a whole reply.
///
/// # Errors
/// [`Misfit`] for what is none.
pub fn read_reply(body: &str) -> Result<Reply<'_>, Misfit> {
    let mut root = Object::parse(body)?;
    let kind = root.needed_text("type")?;
    if kind != "message" {
        return Err(Misfit::new("should be `message`").at("type"));
    }
    let wrong = || Misfit::new("is missing; a list of blocks has to stand here").at("content");
    let content = root.take("content").ok_or_else(wrong)?;
    // Of a reply nothing is reported as lost: whoever asked for what only Anthropic has was told.
    let mut unreported = Losses::default();
    let blocks = read_block::content(content, "content[]", &mut unreported);
    let blocks = blocks.map_err(|misfit| misfit.at("content"))?;
    let sequence = root.text("stop_sequence")?;
    let stop = match root.text("stop_reason")? {
        Some(reason) => stop::read(reason, sequence),
        None => Stop::Other("".into()),
    };
    let usage = match root.object("usage")? {
        Some(usage) => {
            let mut counts = Counts::default();
            counts.take(usage);
            Some(counts.usage())
        }
        None => None,
    };
    Ok(Reply {
        id: root.text("id")?,
        model: root.text("model")?,
        created: None,
        choices: vec![Choice { blocks, stop, logprobs: None }],
        usage,
    })
}
