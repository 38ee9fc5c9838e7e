//! A request as a provider takes it.

use super::draft::Draft;
use super::{Custom, Messages, Place};
use crate::canon::{Block, Format, Losses, Request, Role, Target, Text, Turn};
use crate::json::writer;

const NO_PLACE: &str = "its flavor's file names no place for it";

/// Writes a request. What the flavor has no place for is named in `losses`.
pub fn write_request(
    custom: &Custom,
    request: &Request<'_>,
    target: &Target,
    losses: &mut Losses,
) -> Vec<u8> {
    note_losses(custom, request, losses);
    let places = &custom.request;
    let mut draft = Draft::default();
    draft.text(Some(&places.model), &target.model);
    if request.stream
        && !draft.put(places.stream.as_ref().filter(|_| custom.stream.is_some()), "true")
    {
        losses.refused("stream", "its replies come whole");
    }
    knobs(custom, request, &mut draft, losses);
    let (system, turns) = conversation(&places.messages, places.system.as_ref(), request, losses);
    if !system.is_empty() {
        draft.text(places.system.as_ref(), &system.join("\n\n"));
    }
    let messages = turns.iter().map(|(role, text)| message(&places.messages, *role, text));
    let messages: Vec<String> = messages.collect();
    draft.put(Some(&places.messages.place), format!("[{}]", messages.join(",")));
    let mut out = Vec::new();
    draft.write(&mut out);
    out
}

/// Whatever is lost whole.
fn note_losses(custom: &Custom, request: &Request<'_>, losses: &mut Losses) {
    if !request.tools.is_empty() {
        losses.refused("tools", NO_PLACE);
    }
    if request.format != Format::Text {
        losses.refused("response_format", NO_PLACE);
    }
    if request.n > 1 {
        losses.refused("n", "one answer at a time there");
    }
    if !request.stop.is_empty() && custom.request.stop.is_none() {
        losses.refused("stop", NO_PLACE);
    }
    let sampling = &request.sampling;
    for (field, given) in [
        ("presence_penalty", sampling.presence_penalty.is_some()),
        ("frequency_penalty", sampling.frequency_penalty.is_some()),
        ("logit_bias", sampling.logit_bias.is_some()),
        ("logprobs", request.logprobs.is_some()),
        ("reasoning_effort", request.thinking.is_some()),
    ] {
        if given {
            losses.dropped(field, NO_PLACE);
        }
    }
}

fn knobs(custom: &Custom, request: &Request<'_>, draft: &mut Draft, losses: &mut Losses) {
    let places = &custom.request;
    let sampling = &request.sampling;
    let digits = |number: Option<u64>| number.map(|number| number.to_string());
    let own = |number: Option<&str>| number.map(str::to_owned);
    for (field, place, number) in [
        ("max_tokens", &places.max_output, digits(request.max_output)),
        ("temperature", &places.temperature, own(sampling.temperature)),
        ("top_p", &places.top_p, own(sampling.top_p)),
        ("top_k", &places.top_k, digits(sampling.top_k)),
        ("seed", &places.seed, own(sampling.seed)),
    ] {
        if let Some(number) = number
            && !draft.put(place.as_ref(), number)
        {
            losses.dropped(field, NO_PLACE);
        }
    }
    if !request.stop.is_empty() {
        draft.put(places.stop.as_ref(), list(&request.stop));
    }
    if let Some(user) = &request.end_user
        && !draft.text(places.end_user.as_ref(), user)
    {
        losses.dropped("user", NO_PLACE);
    }
}

fn list(texts: &[Text<'_>]) -> String {
    let mut out = Vec::from(*b"[");
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        writer::text(&mut out, text);
    }
    out.push(b']');
    String::from_utf8(out).unwrap_or_default()
}

/// What the system says by itself, and who says what in turn.
fn conversation(
    places: &Messages,
    system: Option<&Place>,
    request: &Request<'_>,
    losses: &mut Losses,
) -> (Vec<String>, Vec<(Role, String)>) {
    let mut beforehand: Vec<String> = request.system.iter().map(ToString::to_string).collect();
    let mut turns = Vec::new();
    if system.is_none() && !beforehand.is_empty() {
        turns.push((Role::System, std::mem::take(&mut beforehand).join("\n\n")));
    }
    for turn in &request.turns {
        let Some(text) = words(turn, losses) else { continue };
        if turn.role == Role::System && places.system.is_none() {
            losses
                .approximated("messages[].role", "the system speaks before the conversation there");
            beforehand.push(text);
        } else {
            turns.push((turn.role, text));
        }
    }
    if places.system.is_none() && system.is_none() {
        let told = turns.iter().any(|(role, _)| *role == Role::System) || !beforehand.is_empty();
        if told {
            losses.refused("messages[system]", NO_PLACE);
        }
        turns.retain(|(role, _)| *role != Role::System);
    }
    (beforehand, turns)
}

/// The words of a turn; nothing where it has none.
fn words(turn: &Turn<'_>, losses: &mut Losses) -> Option<String> {
    let mut text = String::new();
    for block in &turn.blocks {
        match block {
            Block::Text(words) | Block::Refusal(words) => text.push_str(words),
            Block::Reasoning(_) => {
                losses.dropped("messages[].reasoning", "thoughts of another provider");
            }
            Block::Image(_) | Block::Audio(_) | Block::File(_) => {
                losses.refused("messages[].content[]", "words only there");
            }
            Block::ToolCall(_) | Block::ToolResult(_) => {
                losses.refused("messages[].tool_calls", NO_PLACE);
            }
        }
    }
    (!text.is_empty()).then_some(text)
}

fn message(places: &Messages, role: Role, text: &str) -> String {
    let word = match role {
        Role::System => places.system.as_deref().unwrap_or(&places.user),
        Role::User => &places.user,
        Role::Assistant => &places.assistant,
    };
    let mut draft = Draft::default();
    draft.text(Some(&places.role), word);
    draft.text(Some(&places.text), text);
    draft.json()
}
