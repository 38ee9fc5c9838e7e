//! Which tools the model has to use.

use serde_json::value::RawValue;

use crate::{
    canon::{Losses, Tool, ToolChoice},
    json::{Misfit, Object, object, writer::Members},
};

const FIELD: &str = "tool_choice";
const OLDER_FIELD: &str = "function_call";
const ALLOWED: &str = "allowed_tools";

/// Takes the choice out of a request. Where only some of the tools are allowed, the others leave
/// `tools`.
pub(super) fn read<'a>(
    body: &mut Object<'a>,
    tools: &mut Vec<Tool<'a>>,
    losses: &mut Losses,
) -> Result<Option<ToolChoice<'a>>, Misfit> {
    let older = body.take(OLDER_FIELD);
    if let Some(choice) = body.take(FIELD) {
        return read_choice(choice, tools, losses).map_err(|misfit| misfit.at(FIELD));
    }
    let Some(choice) = older else { return Ok(None) };
    let read = if object::is_text(choice) {
        read_word(choice).map(Some)
    } else {
        Object::read(choice)
            .and_then(|mut it| it.needed_text("name"))
            .map(|it| Some(ToolChoice::Named(it)))
    };
    read.map_err(|misfit| misfit.at(OLDER_FIELD))
}

fn read_word<'a>(choice: &RawValue) -> Result<ToolChoice<'a>, Misfit> {
    match object::text(choice)?.as_ref() {
        "auto" => Ok(ToolChoice::Auto),
        "none" => Ok(ToolChoice::None),
        // Some servers took the one word before there was the other.
        "required" | "any" => Ok(ToolChoice::Required),
        _ => Err(Misfit::new("should be auto, none or required, or name a tool")),
    }
}

fn read_choice<'a>(
    choice: &'a RawValue,
    tools: &mut Vec<Tool<'a>>,
    losses: &mut Losses,
) -> Result<Option<ToolChoice<'a>>, Misfit> {
    if object::is_text(choice) {
        return read_word(choice).map(Some);
    }
    let mut choice = Object::read(choice)?;
    match choice.text("type")?.as_deref() {
        None | Some("function") => {
            let function = choice.object("function")?;
            let mut function = function.ok_or_else(|| Misfit::new("is missing").at("function"))?;
            let name = function.needed_text("name").map_err(|misfit| misfit.at("function"))?;
            Ok(Some(ToolChoice::Named(name)))
        }
        Some(ALLOWED) => {
            let allowed = choice.object(ALLOWED)?;
            let allowed = allowed.ok_or_else(|| Misfit::new("is missing").at(ALLOWED))?;
            read_allowed(allowed, tools, losses).map(Some).map_err(|misfit| misfit.at(ALLOWED))
        }
        Some(_) => {
            losses.refused(FIELD, "it forces a tool that cannot be carried");
            Ok(None)
        }
    }
}

fn read_allowed<'a>(
    mut allowed: Object<'a>,
    tools: &mut Vec<Tool<'a>>,
    losses: &mut Losses,
) -> Result<ToolChoice<'a>, Misfit> {
    let choice = match allowed.needed_text("mode")?.as_ref() {
        "auto" => ToolChoice::Auto,
        "required" => ToolChoice::Required,
        _ => return Err(Misfit::new("should be auto or required").at("mode")),
    };
    let mut names = std::collections::HashSet::new();
    for (at, tool) in allowed.list("tools")?.unwrap_or_default().into_iter().enumerate() {
        let name = Object::read(tool).and_then(|mut tool| match tool.object("function")? {
            Some(mut function) => function.text("name").map_err(|misfit| misfit.at("function")),
            None => Ok(None),
        });
        names.extend(name.map_err(|misfit| misfit.within(at).at("tools"))?);
    }
    losses.approximated("tool_choice.allowed_tools", "the other tools are left out");
    tools.retain(|tool| names.contains(&tool.name));
    Ok(choice)
}

/// Writes the choice, and whether there may be several calls at once. Servers take neither where
/// there are no tools.
pub(crate) fn write(
    body: &mut Members<'_>,
    choice: Option<&ToolChoice<'_>>,
    parallel: Option<bool>,
    tools: &[Tool<'_>],
    losses: &mut Losses,
) {
    if tools.is_empty() {
        if let Some(ToolChoice::Required | ToolChoice::Named(_)) = choice {
            losses.refused(FIELD, "there is no tool left to force");
        }
        return;
    }
    match choice {
        None => {}
        Some(ToolChoice::Auto) => body.text(FIELD, "auto"),
        Some(ToolChoice::None) => body.text(FIELD, "none"),
        Some(ToolChoice::Required) => body.text(FIELD, "required"),
        Some(ToolChoice::Named(name)) => body.object(FIELD, |it| {
            it.text("type", "function");
            it.object("function", |function| function.text("name", name));
        }),
    }
    if let Some(parallel) = parallel {
        body.flag("parallel_tool_calls", parallel);
    }
}
