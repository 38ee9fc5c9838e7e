//! A request as it goes to a provider of responses.

use super::write_item::{self, ItemWriter};
use crate::canon::{Effort, Format, Losses, Request, Sampling, Target, Thinking, Tool, ToolChoice};
use crate::json::writer::{self, Items, Members};
use crate::openai::request::END_USER_LETTERS;

/// Writes a request. What responses have no place for is named in `losses`.
pub fn write_request(request: &Request<'_>, target: &Target, losses: &mut Losses) -> Vec<u8> {
    note_losses(request, losses);
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.text("model", &target.model);
        // The provider keeps nothing that the caller did not ask it to keep.
        root.flag("store", false);
        let (first, others) = match request.system.split_first() {
            Some((first, others)) => (Some(first), others),
            None => (None, &[][..]),
        };
        if let Some(first) = first {
            root.text("instructions", first);
        }
        root.list("input", |items| {
            for text in others {
                write_item::write_system(text, items);
            }
            let mut writer = ItemWriter::default();
            for turn in &request.turns {
                writer.write(turn, items, losses);
            }
        });
        tools(request, root);
        if let Some(most) = request.max_output {
            root.whole("max_output_tokens", most);
        }
        if let Some(temperature) = request.sampling.temperature {
            root.raw("temperature", temperature);
        }
        if let Some(top_p) = request.sampling.top_p {
            root.raw("top_p", top_p);
        }
        format(&request.format, root);
        reasoning(request, root, losses);
        include(request, root);
        if request.stream {
            root.flag("stream", true);
        }
        end_user(request, root, losses);
    });
    out
}

/// What is wanted beside the answer. Thoughts come sealed where the caller asks for any, to be sent back
/// with what tools came to; models that do not think refuse that.
fn include(request: &Request<'_>, root: &mut Members<'_>) {
    let thinks = matches!(request.thinking, Some(Thinking::Effort(_) | Thinking::Budget(_)));
    if thinks || request.logprobs.is_some() {
        root.list("include", |items| {
            if thinks {
                items.text("reasoning.encrypted_content");
            }
            if request.logprobs.is_some() {
                items.text("message.output_text.logprobs");
            }
        });
    }
    if let Some(most) = request.logprobs {
        root.whole("top_logprobs", most);
    }
}

/// Whatever is lost whole.
fn note_losses(request: &Request<'_>, losses: &mut Losses) {
    let Sampling { top_k, seed, presence_penalty, frequency_penalty, logit_bias, .. } =
        &request.sampling;
    for (field, given) in [
        ("top_k", top_k.is_some()),
        ("seed", seed.is_some()),
        ("presence_penalty", presence_penalty.is_some()),
        ("frequency_penalty", frequency_penalty.is_some()),
        ("logit_bias", logit_bias.is_some()),
    ] {
        if given {
            losses.dropped(field, "no such knob there");
        }
    }
    if !request.stop.is_empty() {
        losses.refused("stop", "no stopping at texts there");
    }
    if request.n > 1 {
        losses.refused("n", "one answer at a time there");
    }
}

fn tools(request: &Request<'_>, root: &mut Members<'_>) {
    if request.tools.is_empty() {
        return;
    }
    root.list("tools", |items| request.tools.iter().for_each(|tool| write_tool(tool, items)));
    match &request.tool_choice {
        None => {}
        Some(ToolChoice::Auto) => root.text("tool_choice", "auto"),
        Some(ToolChoice::Required) => root.text("tool_choice", "required"),
        Some(ToolChoice::None) => root.text("tool_choice", "none"),
        Some(ToolChoice::Named(name)) => root.object("tool_choice", |choice| {
            choice.text("type", "function");
            choice.text("name", name);
        }),
    }
    if let Some(parallel) = request.parallel_tools {
        root.flag("parallel_tool_calls", parallel);
    }
}

fn write_tool(tool: &Tool<'_>, into: &mut Items<'_>) {
    into.object(|object| {
        object.text("type", "function");
        object.text("name", &tool.name);
        if let Some(description) = &tool.description {
            object.text("description", description);
        }
        match &tool.schema {
            Some(schema) => object.raw("parameters", schema.as_str()),
            None => object.object("parameters", |schema| {
                schema.text("type", "object");
                schema.object("properties", |_| ());
            }),
        }
        // Left out it means that OpenAI tries to be strict, which changes what a schema asks for.
        object.flag("strict", tool.strict.unwrap_or(false));
    });
}

fn format(format: &Format<'_>, root: &mut Members<'_>) {
    let kind = match format {
        Format::Text => return,
        Format::Json => "json_object",
        Format::Schema { .. } => "json_schema",
    };
    root.object("text", |text| {
        text.object("format", |object| {
            object.text("type", kind);
            if let Format::Schema { name, description, schema, strict } = format {
                object.text("name", name.as_deref().unwrap_or("response"));
                if let Some(description) = description {
                    object.text("description", description);
                }
                object.raw("schema", schema.as_str());
                if let Some(strict) = strict {
                    object.flag("strict", *strict);
                }
            }
        });
    });
}

fn reasoning(request: &Request<'_>, root: &mut Members<'_>, losses: &mut Losses) {
    let effort = match request.thinking {
        // As it sees fit is how it thinks unless it is told otherwise.
        None | Some(Thinking::Effort(None)) => None,
        Some(Thinking::Off) => Some("none"),
        Some(Thinking::Effort(Some(effort))) => Some(effort.as_str()),
        Some(Thinking::Budget(tokens)) => {
            losses.approximated("thinking.budget_tokens", "sent as an effort");
            Some(Effort::for_tokens(tokens).as_str())
        }
    };
    let shown = request.show_thinking == Some(true);
    if effort.is_none() && !shown {
        return;
    }
    root.object("reasoning", |object| {
        if let Some(effort) = effort {
            object.text("effort", effort);
        }
        if shown {
            object.text("summary", "auto");
        }
    });
}

fn end_user(request: &Request<'_>, root: &mut Members<'_>, losses: &mut Losses) {
    let Some(user) = &request.end_user else { return };
    if user.chars().nth(END_USER_LETTERS).is_some() {
        losses.dropped("user", "it is longer than can be said there");
    } else {
        root.text("safety_identifier", user);
    }
}
