//! The definitions of tools.

use serde_json::value::RawValue;

use super::name_rest;
use crate::{
    canon::{Json, Losses, Tool},
    json::{Misfit, Object, writer::Members},
};

/// Takes the tools out of a request, those of the older form too.
pub(super) fn read<'a>(
    body: &mut Object<'a>,
    losses: &mut Losses,
) -> Result<Vec<Tool<'a>>, Misfit> {
    let mut tools = Vec::new();
    for (at, tool) in body.list("tools")?.into_iter().flatten().enumerate() {
        tools.extend(read_tool(tool, losses).map_err(|misfit| misfit.within(at).at("tools"))?);
    }
    for (at, function) in body.list("functions")?.into_iter().flatten().enumerate() {
        losses.approximated("functions", "they are tools, and called as such");
        let tool = Object::read(function).and_then(|it| read_function(it, "functions[].", losses));
        tools.push(tool.map_err(|misfit| misfit.within(at).at("functions"))?);
    }
    Ok(tools)
}

/// One tool; nothing where it is none of the caller's own, or takes no JSON.
fn read_tool<'a>(tool: &'a RawValue, losses: &mut Losses) -> Result<Option<Tool<'a>>, Misfit> {
    let mut tool = Object::read(tool)?;
    let kind = tool.text("type")?;
    match kind.as_deref() {
        None | Some("function") => {}
        Some("custom") => {
            losses.dropped("tools[].custom", "a tool that takes free text");
            return Ok(None);
        }
        Some(hosted) => {
            losses.dropped(format!("tools[].{hosted}"), "a tool of the provider's own");
            return Ok(None);
        }
    }
    let function = tool.object("function")?;
    let function = function.ok_or_else(|| Misfit::new("is missing").at("function"))?;
    let read = read_function(function, "tools[].function.", losses);
    name_rest(&tool, "tools[].", losses);
    read.map(Some).map_err(|misfit| misfit.at("function"))
}

fn read_function<'a>(
    mut function: Object<'a>,
    place: &str,
    losses: &mut Losses,
) -> Result<Tool<'a>, Misfit> {
    let read = Tool {
        grouped: None,
        name: function.needed_text("name")?,
        description: function.text("description")?,
        schema: schema(&mut function, "parameters")?,
        strict: function.flag("strict")?,
    };
    name_rest(&function, place, losses);
    Ok(read)
}

/// Takes a JSON Schema out.
pub(super) fn schema<'a>(object: &mut Object<'a>, name: &str) -> Result<Option<Json<'a>>, Misfit> {
    let Some(value) = object.take(name) else { return Ok(None) };
    if !value.get().starts_with('{') {
        return Err(Misfit::new("should be a JSON Schema that is an object").at(name));
    }
    Ok(Some(Json::of(value)))
}

/// Writes the tools of a request.
pub(crate) fn write(body: &mut Members<'_>, tools: &[Tool<'_>]) {
    if tools.is_empty() {
        return;
    }
    body.list("tools", |items| {
        for tool in tools {
            items.object(|it| {
                it.text("type", "function");
                it.object("function", |function| write_function(function, tool));
            });
        }
    });
}

fn write_function(function: &mut Members<'_>, tool: &Tool<'_>) {
    function.text("name", &tool.name);
    if let Some(description) = &tool.description {
        function.text("description", description);
    }
    if let Some(schema) = &tool.schema {
        function.raw("parameters", schema.as_str());
    }
    if let Some(strict) = tool.strict {
        function.flag("strict", strict);
    }
}
