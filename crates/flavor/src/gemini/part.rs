//! The parts of a turn, as they are read.

use serde_json::value::RawValue;

use super::{fields::Fields, media, tool_result::read_result};
use crate::canon::{Block, Losses, Reasoning, ToolCall};
use crate::json::object::Misfit;

/// What Google takes for the signature of a thought that it did not think itself, on a call of
/// another provider's model.
pub(super) const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// Where parts stand, for the loss report.
const PATH: &str = "contents[].parts[].";

/// Parts that speak of tools which Google runs itself.
const HOSTED: [&str; 4] = ["executableCode", "codeExecutionResult", "toolCall", "toolResponse"];

/// Reads a list of parts.
///
/// `made` counts the calls that came without an id and were given one: `call_0`, `call_1`.
pub(super) fn read_parts<'a>(
    parts: &[&'a RawValue],
    made: &mut u32,
    losses: &mut Losses,
) -> Result<Vec<Block<'a>>, Misfit> {
    let mut blocks = Vec::with_capacity(parts.len());
    for (at, part) in parts.iter().enumerate() {
        let read = read_part(part, made, losses, &mut blocks);
        read.map_err(|misfit| misfit.within(at).at("parts"))?;
    }
    Ok(blocks)
}

/// Reads one part. A signature stays on the call or the thought that it stands on; on anything
/// else it becomes an empty thought behind it.
fn read_part<'a>(
    part: &'a RawValue,
    made: &mut u32,
    losses: &mut Losses,
    blocks: &mut Vec<Block<'a>>,
) -> Result<(), Misfit> {
    let mut part = Fields::read(part)?;
    let is_thought = part.flag("thought")?.unwrap_or(false);
    let signature = part.text("thoughtSignature")?;
    let mut signature = signature.filter(|it| !it.is_empty() && it != NO_SIGNATURE);
    let had_signature = signature.is_some();
    let block = if let Some(call) = part.object("functionCall")? {
        let call = read_call(call, made, losses).map_err(|it| it.at("functionCall"))?;
        Some(Block::ToolCall(ToolCall { signature: signature.take(), ..call }))
    } else if let Some(result) = part.object("functionResponse")? {
        let result = read_result(result, losses).map_err(|it| it.at("functionResponse"))?;
        Some(Block::ToolResult(result))
    } else if let Some(data) = part.object("inlineData")? {
        let path = "contents[].parts[].inlineData.";
        Some(media::read_inline(data, path, losses).map_err(|it| it.at("inlineData"))?)
    } else if let Some(data) = part.object("fileData")? {
        let path = "contents[].parts[].fileData.";
        Some(media::read_file(data, path, losses).map_err(|it| it.at("fileData"))?)
    } else {
        let text = part.text("text")?.filter(|text| !text.is_empty() || is_thought);
        text.map(|text| match is_thought {
            false => Block::Text(text),
            true => Block::Reasoning(Reasoning { text, signature: signature.take(), sealed: None }),
        })
    };
    let is_known = block.is_some() || had_signature || part.rest().next().is_none();
    match block {
        Some(Block::Image(_) | Block::Audio(_) | Block::File(_)) if is_thought => {
            losses.dropped("contents[].parts[].thought", "thoughts are texts in other protocols");
        }
        Some(Block::Reasoning(Reasoning { text, signature: None, .. })) if text.is_empty() => {}
        block => blocks.extend(block),
    }
    if signature.is_some() {
        blocks.push(Block::Reasoning(Reasoning { signature, ..Reasoning::default() }));
    }
    note_rest(part, is_known, losses)
}

/// Names what is left of a part. A part that is nothing else is a content that cannot be left out.
fn note_rest(mut part: Fields<'_>, is_known: bool, losses: &mut Losses) -> Result<(), Misfit> {
    let mut is_known = is_known;
    for name in HOSTED {
        if part.take(name)?.is_some() {
            is_known = true;
            losses.unread(format!("{PATH}{name}"), "only Google runs this tool");
        }
    }
    if is_known {
        part.note_rest(PATH, losses);
        return Ok(());
    }
    for (name, _) in part.rest() {
        losses.refused(format!("{PATH}{name}"), "content of a kind that is not known here");
    }
    Ok(())
}

fn read_call<'a>(
    mut call: Fields<'a>,
    made: &mut u32,
    losses: &mut Losses,
) -> Result<ToolCall<'a>, Misfit> {
    let id = call.text("id")?.filter(|id| !id.is_empty()).unwrap_or_else(|| {
        let id = format!("call_{made}");
        *made = made.saturating_add(1);
        id.into()
    });
    let name = call.needed_text("name")?;
    let arguments = match call.take("args")?.map(RawValue::get) {
        None => "{}",
        Some(arguments) if arguments.starts_with('{') => arguments,
        Some(_) => return Err(Misfit::new("should be an object").at("args")),
    };
    call.note_rest("contents[].parts[].functionCall.", losses);
    Ok(ToolCall { id, name, arguments: arguments.into(), signature: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parts: &str) -> (Vec<Block<'_>>, String) {
        let parts: Vec<&RawValue> = serde_json::from_str(parts).unwrap();
        let mut losses = Losses::default();
        let blocks = read_parts(&parts, &mut 0, &mut losses).unwrap();
        (blocks, losses.to_string())
    }

    fn thought(text: &'static str, signature: Option<&'static str>) -> Block<'static> {
        let signature = signature.map(Into::into);
        Block::Reasoning(Reasoning { text: text.into(), signature, sealed: None })
    }

    #[test]
    fn a_signature_stays_where_it_stands() {
        let parts = r#"[{"text":"hm","thought":true,"thoughtSignature":"a"},
            {"text":"so","thought_signature":"b"},{"text":"","thoughtSignature":"c"},
            {"functionCall":{"name":"f","args":{ "z":1.50 }},"thoughtSignature":"d"},
            {"functionCall":{"id":"x","name":"g"},
             "thoughtSignature":"skip_thought_signature_validator"}]"#;
        let call = |id: &'static str, name: &'static str, arguments: &'static str, signature| {
            Block::ToolCall(ToolCall {
                id: id.into(),
                name: name.into(),
                arguments: arguments.into(),
                signature,
            })
        };
        let expected = vec![
            thought("hm", Some("a")),
            Block::Text("so".into()),
            thought("", Some("b")),
            thought("", Some("c")),
            call("call_0", "f", r#"{ "z":1.50 }"#, Some("d".into())),
            call("x", "g", "{}", None),
        ];
        assert_eq!(read(parts), (expected, String::new()));
    }

    #[test]
    fn what_google_runs_is_left_out_and_what_nobody_knows_is_refused() {
        let parts = r#"[{"executableCode":{"language":"PYTHON","code":"1"}},{},{"hologram":{}},
            {"text":"x","videoMetadata":{"fps":1},"partMetadata":null}]"#;
        let (blocks, losses) = read(parts);
        assert_eq!(blocks, [Block::Text("x".into())]);
        assert_eq!(
            losses,
            "contents[].parts[].executableCode;dropped, contents[].parts[].hologram;refused, \
             contents[].parts[].videoMetadata;dropped"
        );
    }
}
