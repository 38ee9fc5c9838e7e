//! Writing a request.

use super::message_writer::MessageWriter;
use super::{Mode, options, prompt, think, tools};
use crate::canon::{Format, Json, Losses, Request, Target};
use crate::json::writer;

/// The most others that a server gives at each place.
const MOST_LOGPROBS: u64 = 20;

/// Writes a request.
#[must_use]
pub fn write_request(
    mode: Mode,
    request: &Request<'_>,
    target: &Target,
    losses: &mut Losses,
) -> Vec<u8> {
    note_what_cannot_be_said(request, losses);
    let mut out = Vec::with_capacity(1024);
    writer::object(&mut out, |root| {
        root.text("model", &target.model);
        match mode {
            Mode::Chat => write_messages(request, root, losses),
            Mode::Generate => prompt::write(request, root, losses),
        }
        if mode == Mode::Chat {
            tools::write(&request.tools, request.tool_choice.as_ref(), root, losses);
        }
        root.flag("stream", request.stream);
        write_format(&request.format, root, losses);
        options::write(request, root, losses);
        think::write(request, root, losses);
        write_logprobs(request, root, losses);
    });
    out
}

fn note_what_cannot_be_said(request: &Request<'_>, losses: &mut Losses) {
    if request.n > 1 {
        losses.refused("n", "there is but one answer there");
    }
    if request.parallel_tools == Some(false) {
        losses.dropped("parallel_tool_calls", "several at once cannot be forbidden there");
    }
    if request.end_user.is_some() {
        losses.dropped("user", "whom a call is for has no place there");
    }
}

fn write_messages(request: &Request<'_>, root: &mut writer::Members<'_>, losses: &mut Losses) {
    root.list("messages", |items| {
        let mut messages = MessageWriter::new(items, losses);
        request.system.iter().for_each(|text| messages.system(text));
        request.turns.iter().for_each(|turn| messages.turn(turn));
    });
}

/// A schema is always kept to there, so that its being strict needs no word.
fn write_format(format: &Format<'_>, root: &mut writer::Members<'_>, losses: &mut Losses) {
    match format {
        Format::Text => {}
        Format::Json => root.text("format", "json"),
        Format::Schema { name, description, schema, .. } => {
            if name.is_some() || description.is_some() {
                losses.dropped("format.name", "a schema has neither name nor description there");
            }
            root.raw("format", Json::as_str(schema));
        }
    }
}

fn write_logprobs(request: &Request<'_>, root: &mut writer::Members<'_>, losses: &mut Losses) {
    let Some(others) = request.logprobs else { return };
    if request.stream {
        losses.dropped("logprobs", "they are not carried in a stream between flavors");
        return;
    }
    if others > MOST_LOGPROBS {
        losses.approximated("top_logprobs", "at most 20 there");
    }
    root.flag("logprobs", true);
    root.whole("top_logprobs", others.min(MOST_LOGPROBS));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canon::{Effort, Role, Thinking, Tool, ToolChoice, Turn};

    /// What becomes of a plain request that was changed.
    fn written(mode: Mode, change: impl FnOnce(&mut Request<'_>)) -> (String, String) {
        let body = r#"{"model":"m","messages":[{"role":"user","content":"a"}],"stream":false}"#;
        let mut request =
            crate::ollama::read_request(Mode::Chat, body, &mut Losses::default()).unwrap();
        change(&mut request);
        let target = Target::usual("served".to_owned(), 7);
        let mut losses = Losses::default();
        let out = write_request(mode, &request, &target, &mut losses);
        (String::from_utf8(out).unwrap(), losses.to_string())
    }

    fn tool() -> Tool<'static> {
        Tool {
            grouped: None,
            name: "weigh".into(),
            description: None,
            schema: None,
            strict: Some(true),
        }
    }

    const PLAIN: &str =
        r#"{"model":"served","messages":[{"role":"user","content":"a"}],"stream":false}"#;

    #[test]
    fn what_changes_the_meaning_is_refused() {
        let (_, losses) = written(Mode::Chat, |request| {
            request.n = 2;
            request.tools = vec![tool()];
            request.tool_choice = Some(ToolChoice::Required);
        });
        assert_eq!(losses, "n;refused, tool_choice;refused, tools[].strict;dropped");
        let (_, losses) = written(Mode::Generate, |request| {
            request.tools = vec![tool()];
            let turn = request.turns.first().cloned();
            let earlier = turn.map(|turn| Turn { role: Role::Assistant, ..turn });
            request.turns.splice(0..0, earlier);
        });
        assert_eq!(losses, "messages;refused, tools;refused");
    }

    #[test]
    fn no_tools_are_sent_to_a_model_that_may_use_none() {
        let none = |request: &mut Request<'_>| {
            request.tools = vec![tool()];
            request.tool_choice = Some(ToolChoice::None);
        };
        assert_eq!(written(Mode::Chat, none), (PLAIN.to_owned(), String::new()));
    }

    #[test]
    fn a_tool_that_takes_nothing_has_a_schema_all_the_same() {
        let (body, _) = written(Mode::Chat, |request| request.tools = vec![tool()]);
        assert!(body.contains(r#""parameters":{"type":"object","properties":{}}"#));
    }

    #[test]
    fn knobs_that_are_not_there_are_dropped() {
        let (body, losses) = written(Mode::Chat, |request| {
            request.sampling.logit_bias = Some(Json::empty_object());
            request.parallel_tools = Some(false);
            request.end_user = Some("driver-7".into());
        });
        assert_eq!(body, PLAIN);
        assert_eq!(losses, "parallel_tool_calls;dropped, user;dropped, logit_bias;dropped");
    }

    #[test]
    fn thinking_comes_down_to_the_steps_that_there_are() {
        let think = |thinking| {
            let (body, losses) = written(Mode::Chat, |request| {
                request.thinking = Some(thinking);
                request.show_thinking = Some(false);
            });
            let think = body.rsplit_once("\"think\":").map(|(_, think)| think.to_owned());
            (think.unwrap(), losses)
        };
        let shown = "thinking.display;dropped";
        let expected = |think: &str, losses: String| (format!("{think}}}"), losses);
        assert_eq!(think(Thinking::Off), expected("false", String::new()));
        assert_eq!(think(Thinking::Effort(None)), expected("true", shown.to_owned()));
        let near = format!("{shown}, thinking.effort;approximated");
        assert_eq!(think(Thinking::Effort(Some(Effort::XHigh))), expected("\"high\"", near));
        let near = format!("{shown}, thinking.budget;approximated");
        assert_eq!(think(Thinking::Budget(5000)), expected("\"medium\"", near));
    }

    #[test]
    fn likelihoods_are_asked_for_as_far_as_they_are_given() {
        let (body, losses) = written(Mode::Chat, |request| request.logprobs = Some(25));
        assert!(body.ends_with(r#","logprobs":true,"top_logprobs":20}"#));
        assert_eq!(losses, "top_logprobs;approximated");
        let (_, losses) = written(Mode::Chat, |request| {
            request.logprobs = Some(0);
            request.stream = true;
        });
        assert_eq!(losses, "logprobs;dropped");
    }
}
