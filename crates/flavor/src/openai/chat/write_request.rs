//! Writing a request.

use super::{tool_choice, tools, write_messages};
use crate::openai::request::END_USER_LETTERS;
use crate::{
    canon::{Effort, Format, Losses, Request, Sampling, Target, Thinking},
    json::{writer, writer::Members},
};

/// Writes a request. A stream is always asked to say what was used.
pub fn write_request(request: &Request<'_>, target: &Target, losses: &mut Losses) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |body| {
        body.text("model", &target.model);
        write_messages::write(body, request, losses);
        tools::write(body, &request.tools);
        let (choice, parallel) = (request.tool_choice.as_ref(), request.parallel_tools);
        tool_choice::write(body, choice, parallel, &request.tools, losses);
        if let Some(tokens) = request.max_output {
            body.whole(target.limit.as_str(), tokens);
        }
        write_sampling(body, &request.sampling);
        if request.sampling.top_k.is_some() {
            losses.dropped("top_k", "no field of chat completions");
        }
        write_stop(body, request);
        write_format(body, &request.format);
        write_thinking(body, request, losses);
        if request.n != 1 {
            body.whole("n", request.n);
        }
        write_logprobs(body, request.logprobs);
        if request.stream {
            body.flag("stream", true);
            body.object("stream_options", |options| options.flag("include_usage", true));
        }
        write_end_user(body, request, losses);
    });
    out
}

/// Claude Code's is a whole object, and longer than OpenAI and others take.
fn write_end_user(body: &mut Members<'_>, request: &Request<'_>, losses: &mut Losses) {
    let Some(user) = &request.end_user else { return };
    if user.chars().nth(END_USER_LETTERS).is_some() {
        losses.dropped("user", "it is longer than can be said there");
    } else {
        body.text("user", user);
    }
}

/// Writes how the model chooses its words, but for `top_k`.
pub(crate) fn write_sampling(body: &mut Members<'_>, sampling: &Sampling<'_>) {
    let numbers = [
        ("temperature", sampling.temperature),
        ("top_p", sampling.top_p),
        ("seed", sampling.seed),
        ("presence_penalty", sampling.presence_penalty),
        ("frequency_penalty", sampling.frequency_penalty),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            body.raw(name, number);
        }
    }
    if let Some(bias) = &sampling.logit_bias {
        body.raw("logit_bias", bias.as_str());
    }
}

pub(in crate::openai) fn write_stop(body: &mut Members<'_>, request: &Request<'_>) {
    match request.stop.as_slice() {
        [] => {}
        [text] => body.text("stop", text),
        texts => body.list("stop", |items| {
            for text in texts {
                items.text(text);
            }
        }),
    }
}

/// Writes the form of the answer.
pub(crate) fn write_format(body: &mut Members<'_>, format: &Format<'_>) {
    const FIELD: &str = "response_format";
    match format {
        Format::Text => {}
        Format::Json => body.object(FIELD, |it| it.text("type", "json_object")),
        Format::Schema { name, description, schema, strict } => body.object(FIELD, |it| {
            it.text("type", "json_schema");
            it.object("json_schema", |form| {
                // It has to have one.
                form.text("name", name.as_deref().unwrap_or("response"));
                if let Some(description) = description {
                    form.text("description", description);
                }
                form.raw("schema", schema.as_str());
                if let Some(strict) = strict {
                    form.flag("strict", *strict);
                }
            });
        }),
    }
}

fn write_thinking(body: &mut Members<'_>, request: &Request<'_>, losses: &mut Losses) {
    const FIELD: &str = "reasoning_effort";
    match request.thinking {
        None => {}
        Some(Thinking::Off) => body.text(FIELD, "none"),
        Some(Thinking::Effort(Some(effort))) => body.text(FIELD, effort.as_str()),
        // A model that does not think takes no effort at all.
        Some(Thinking::Effort(None)) => {
            losses.approximated("thinking", "how much is left to the model's default there");
        }
        Some(Thinking::Budget(tokens)) => {
            losses.approximated("thinking", "an effort there, and no number of tokens");
            body.text(FIELD, Effort::for_tokens(tokens).as_str());
        }
    }
    if request.show_thinking.is_some() {
        losses.dropped("show_thinking", "it is up to the server there");
    }
}

/// Writes whether it is to be said how likely the words were.
pub(crate) fn write_logprobs(body: &mut Members<'_>, logprobs: Option<u64>) {
    let Some(others) = logprobs else { return };
    body.flag("logprobs", true);
    if others > 0 {
        body.whole("top_logprobs", others);
    }
}
