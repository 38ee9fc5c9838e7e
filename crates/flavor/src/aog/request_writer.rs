//! Writing a request.

use super::{Mode, thinking};
use crate::canon::{Losses, Request, Target};
use crate::json::writer::{self, Members};
use crate::ollama::prompt;
use crate::openai::chat::write_messages::{write_system, write_turns};
use crate::openai::chat::write_request::{write_format, write_logprobs, write_sampling};
use crate::openai::chat::{tool_choice, tools};

/// Writes a request. Of `target` only the model counts.
#[must_use]
pub fn write_request(
    mode: Mode,
    request: &Request<'_>,
    target: &Target,
    losses: &mut Losses,
) -> Vec<u8> {
    note_what_cannot_be_said(request, losses);
    let mut out = Vec::with_capacity(1024);
    writer::object(&mut out, |body| {
        body.text("model", &target.model);
        match mode {
            Mode::Chat => {
                write_messages(body, request, losses);
                tools::write(body, &request.tools);
                let (choice, parallel) = (request.tool_choice.as_ref(), request.parallel_tools);
                tool_choice::write(body, choice, parallel, &request.tools, losses);
            }
            Mode::Generate => prompt::write(request, body, losses),
        }
        body.flag("stream", request.stream);
        if let Some(tokens) = request.max_output {
            body.whole("max_tokens", tokens);
        }
        write_sampling(body, &request.sampling);
        if let Some(top_k) = request.sampling.top_k {
            body.whole("top_k", top_k);
        }
        // Always a list: AOG handed it on to servers that take nothing else.
        if !request.stop.is_empty() {
            body.list("stop", |items| request.stop.iter().for_each(|text| items.text(text)));
        }
        write_format(body, &request.format);
        thinking::write(body, request);
        write_logprobs(body, request.logprobs.filter(|_| !request.stream));
        if let Some(user) = &request.end_user {
            body.text("user", user);
        }
    });
    out
}

fn note_what_cannot_be_said(request: &Request<'_>, losses: &mut Losses) {
    if request.n > 1 {
        losses.refused("n", "there is but one answer in a reply there");
    }
    if request.stream && request.logprobs.is_some() {
        losses.dropped("logprobs", "they are not carried in a stream between flavors");
    }
}

fn write_messages(body: &mut Members<'_>, request: &Request<'_>, losses: &mut Losses) {
    body.list("messages", |items| {
        request.system.iter().for_each(|text| write_system(items, std::iter::once(text)));
        write_turns(items, &request.turns, losses);
    });
}
