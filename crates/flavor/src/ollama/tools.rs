//! Tools, in the shape that chat completions have, and the model's calls of them.

use serde_json::value::RawValue;

use crate::canon::{Json, Losses, Text, Tool, ToolCall, ToolChoice};
use crate::json::{Misfit, Object, writer};

/// The schema of a tool that takes nothing.
const NO_ARGUMENTS: &str = r#"{"type":"object","properties":{}}"#;

/// Takes the tools out of a request.
pub(super) fn read<'a>(
    request: &mut Object<'a>,
    losses: &mut Losses,
) -> Result<Vec<Tool<'a>>, Misfit> {
    let tools = request.list("tools")?.unwrap_or_default().into_iter().enumerate();
    let mut read = Vec::with_capacity(tools.len());
    for (at, tool) in tools {
        read.push(read_tool(tool, losses).map_err(|misfit| misfit.within(at).at("tools"))?);
    }
    Ok(read)
}

fn read_tool<'a>(value: &'a RawValue, losses: &mut Losses) -> Result<Tool<'a>, Misfit> {
    let mut members = Object::read(value)?;
    let kind = members.text("type")?;
    if kind.is_some_and(|kind| kind != "function") {
        return Err(Misfit::new("should be function").at("type"));
    }
    let missing = || Misfit::new("is missing; an object has to stand here").at("function");
    let mut function = members.object("function")?.ok_or_else(missing)?;
    let tool = read_function(&mut function).map_err(|misfit| misfit.at("function"))?;
    for (name, _) in members.rest() {
        losses.dropped(format!("tools[].{name}"), "not known in a tool");
    }
    for (name, _) in function.rest() {
        losses.dropped(format!("tools[].function.{name}"), "not known in a tool");
    }
    Ok(tool)
}

fn read_function<'a>(function: &mut Object<'a>) -> Result<Tool<'a>, Misfit> {
    let schema = function.take("parameters");
    if schema.is_some_and(|schema| !schema.get().starts_with('{')) {
        return Err(Misfit::new("should be an object").at("parameters"));
    }
    Ok(Tool {
        grouped: None,
        name: function.needed_text("name")?,
        description: function.text("description")?,
        schema: schema.map(Json::of),
        strict: function.flag("strict")?,
    })
}

/// Takes the model's calls out of a message. Replies have no loss report: what is not known there
/// is passed over.
pub(super) fn read_calls<'a>(
    message: &mut Object<'a>,
    mut losses: Option<&mut Losses>,
) -> Result<Vec<ToolCall<'a>>, Misfit> {
    let calls = message.list("tool_calls")?.unwrap_or_default().into_iter().enumerate();
    let mut read = Vec::with_capacity(calls.len());
    for (at, call) in calls {
        let placed = |misfit: Misfit| misfit.within(at).at("tool_calls");
        read.push(read_call(call, losses.as_deref_mut()).map_err(placed)?);
    }
    Ok(read)
}

fn read_call<'a>(value: &'a RawValue, losses: Option<&mut Losses>) -> Result<ToolCall<'a>, Misfit> {
    let mut members = Object::read(value)?;
    // Said by clients that also speak to chat completions, where it is always the same.
    members.take("type");
    let id = members.text("id")?.unwrap_or_default();
    let missing = || Misfit::new("is missing; an object has to stand here").at("function");
    let mut function = members.object("function")?.ok_or_else(missing)?;
    let inside = |misfit: Misfit| misfit.at("function");
    // Calls stand in their order.
    function.take("index");
    let name = function.needed_text("name").map_err(inside)?;
    let arguments = function.take("arguments").map_or("{}", RawValue::get);
    if !arguments.starts_with('{') {
        return Err(inside(Misfit::new("should be an object").at("arguments")));
    }
    if let Some(losses) = losses {
        let names = members.rest().chain(function.rest()).map(|(name, _)| name);
        for name in names {
            losses.dropped(format!("messages[].tool_calls[].{name}"), "not known in a call");
        }
    }
    Ok(ToolCall { id, name, arguments: Text::Borrowed(arguments), signature: None })
}

/// Writes the tools into a request, as far as the model may use them.
pub(super) fn write(
    tools: &[Tool<'_>],
    choice: Option<&ToolChoice<'_>>,
    root: &mut writer::Members<'_>,
    losses: &mut Losses,
) {
    match choice {
        None | Some(ToolChoice::Auto) => {}
        // What is not there is not used.
        Some(ToolChoice::None) => return,
        Some(ToolChoice::Required | ToolChoice::Named(_)) => {
            losses.refused("tool_choice", "no tool can be forced there");
        }
    }
    if tools.is_empty() {
        return;
    }
    if tools.iter().any(|tool| tool.strict == Some(true)) {
        losses.dropped("tools[].strict", "arguments are not held to their schema there");
    }
    root.list("tools", |items| {
        for tool in tools {
            items.object(|item| {
                item.text("type", "function");
                item.object("function", |function| write_function(tool, function));
            });
        }
    });
}

fn write_function(tool: &Tool<'_>, function: &mut writer::Members<'_>) {
    function.text("name", &tool.name);
    if let Some(description) = &tool.description {
        function.text("description", description);
    }
    function.raw("parameters", tool.schema.as_ref().map_or(NO_ARGUMENTS, Json::as_str));
}
