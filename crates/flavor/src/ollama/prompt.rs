//! The prompt of a generate call, which is a conversation of one turn.

use super::media;
use super::message_reader::Conversation;
use crate::canon::{Block, Losses, Request, Role, Text, ToolChoice, Turn};
use crate::json::{Misfit, Object, writer};

/// Takes the prompt and what stands around it out of a request.
pub(crate) fn read<'a>(
    request: &mut Object<'a>,
    losses: &mut Losses,
) -> Result<Conversation<'a>, Misfit> {
    let given = |text: &Text<'_>| !text.is_empty();
    let system = request.text("system")?.filter(given);
    let prompt = request.text("prompt")?.filter(given);
    if request.text("suffix")?.is_some_and(|suffix| given(&suffix)) {
        losses.refused("suffix", "filling in between two texts has no place elsewhere");
    }
    if request.text("template")?.is_some_and(|template| given(&template)) {
        losses.refused("template", "the provider's model has its own");
    }
    if request.flag("raw")? == Some(true) {
        losses.refused("raw", "the provider's model always has its template");
    }
    if request.list("context")?.is_some_and(|context| !context.is_empty()) {
        losses.refused("context", "tokens of one model mean nothing to another");
    }
    let mut blocks = media::read(request)?;
    blocks.extend(prompt.map(Block::Text));
    let turns =
        if blocks.is_empty() { Vec::new() } else { vec![Turn { role: Role::User, blocks }] };
    Ok((system.into_iter().collect(), turns))
}

/// Writes the prompt and what stands around it into a request.
pub(crate) fn write(request: &Request<'_>, root: &mut writer::Members<'_>, losses: &mut Losses) {
    if request.system.len() > 1 {
        losses.approximated("system", "several pieces are sent as one");
    }
    let (mut words, mut images) = (Vec::new(), Vec::new());
    let mut out_of_order = false;
    for turn in &request.turns {
        for block in &turn.blocks {
            match block {
                Block::Text(text) if turn.role == Role::User => words.push(text.as_ref()),
                Block::Image(_) | Block::Audio(_) | Block::File(_) if turn.role == Role::User => {
                    out_of_order |= !words.is_empty();
                    images.extend(media::inline(block, losses));
                }
                _ => losses.refused("messages", "there is but one prompt there"),
            }
        }
    }
    if words.len() > 1 || out_of_order {
        losses.approximated("messages[].content", "sent as one text behind all pictures");
    }
    root.text("prompt", &words.join("\n\n"));
    if !request.system.is_empty() {
        root.text("system", &request.system.join("\n\n"));
    }
    if !images.is_empty() {
        root.list("images", |items| images.iter().for_each(|image| items.text(image)));
    }
    if !request.tools.is_empty() && request.tool_choice != Some(ToolChoice::None) {
        losses.refused("tools", "there are none in a single prompt there");
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Mode, read_request, write_request};
    use crate::canon::{Losses, Target};

    /// What a chat comes to as a prompt.
    fn prompted(messages: &str) -> (String, String) {
        let body = format!(r#"{{"model":"m","messages":{messages},"stream":false}}"#);
        let mut losses = Losses::default();
        let request = read_request(Mode::Chat, &body, &mut losses).unwrap();
        let target = Target::usual("m".to_owned(), 7);
        let out = write_request(Mode::Generate, &request, &target, &mut losses);
        (String::from_utf8(out).unwrap(), losses.to_string())
    }

    #[test]
    fn one_turn_is_a_prompt() {
        let (body, losses) = prompted(
            r#"[{"role":"system","content":"a"},{"role":"user","content":"b","images":["iVBORw0KGgo="]}]"#,
        );
        let expected =
            r#"{"model":"m","prompt":"b","system":"a","images":["iVBORw0KGgo="],"stream":false}"#;
        assert_eq!((body.as_str(), losses.as_str()), (expected, ""));
    }

    #[test]
    fn what_is_set_together_or_left_out_is_named() {
        let (body, losses) = prompted(
            r#"[{"role":"system","content":"a"},{"role":"system","content":"b"},{"role":"user","content":"c"},{"role":"user","content":"d"}]"#,
        );
        assert_eq!(body, r#"{"model":"m","prompt":"c\n\nd","system":"a\n\nb","stream":false}"#);
        assert_eq!(losses, "system;approximated, messages[].content;approximated");
        let (_, losses) =
            prompted(r#"[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]"#);
        assert_eq!(losses, "messages;refused");
    }
}
