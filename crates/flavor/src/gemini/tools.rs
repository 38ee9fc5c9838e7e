//! Tools, and which of them the model has to use.

use serde_json::value::RawValue;

use super::{fields::Fields, schema::json_schema};
use crate::canon::{Json, Losses, Request, Text, Tool, ToolChoice};
use crate::json::{object::Misfit, writer::Members};

/// Where functions stand, for the loss report.
const PATH: &str = "tools[].functionDeclarations[].";

/// Tools of Google's own that search.
const SEARCHES: [&str; 4] =
    ["googleSearch", "google_search", "googleSearchRetrieval", "google_search_retrieval"];

/// Reads `tools`. Those that Google runs itself are left out; whether one of them searches is said.
pub(super) fn read_tools<'a>(
    values: &[&'a RawValue],
    losses: &mut Losses,
) -> Result<(Vec<Tool<'a>>, bool), Misfit> {
    let mut tools = Vec::new();
    let mut searches = false;
    for (at, value) in values.iter().enumerate() {
        let read = read_group(value, &mut tools, losses);
        searches |= read.map_err(|misfit| misfit.within(at).at("tools"))?;
    }
    Ok((tools, searches))
}

fn read_group<'a>(
    group: &'a RawValue,
    tools: &mut Vec<Tool<'a>>,
    losses: &mut Losses,
) -> Result<bool, Misfit> {
    let mut group = Fields::read(group)?;
    let functions = group.list("functionDeclarations")?.unwrap_or_default();
    for (at, function) in functions.into_iter().enumerate() {
        let tool = read_tool(function, losses);
        tools.push(tool.map_err(|misfit| misfit.within(at).at("functionDeclarations"))?);
    }
    let mut searches = false;
    for (name, _) in group.rest() {
        losses.unread(format!("tools[].{name}"), "only Google runs this tool");
        searches |= SEARCHES.contains(&name);
    }
    Ok(searches)
}

fn read_tool<'a>(function: &'a RawValue, losses: &mut Losses) -> Result<Tool<'a>, Misfit> {
    let mut function = Fields::read(function)?;
    let name = function.needed_text("name")?;
    let description = function.text("description")?;
    let json = function.take("parametersJsonSchema")?;
    let own = function.take("parameters")?;
    let schema = match (json, own) {
        (Some(json), _) => Some(Json::of(json)),
        (None, Some(own)) => Some(json_schema(own, losses).map_err(|it| it.at("parameters"))?),
        (None, None) => None,
    };
    function.note_rest(PATH, losses);
    Ok(Tool { grouped: None, name, description, schema, strict: None })
}

/// Reads `toolConfig`, which also narrows `tools` where only some of them are allowed.
pub(super) fn read_choice<'a>(
    mut config: Fields<'a>,
    tools: &mut Vec<Tool<'a>>,
    losses: &mut Losses,
) -> Result<Option<ToolChoice<'a>>, Misfit> {
    let choice = match config.object("functionCallingConfig")? {
        Some(calling) => {
            let choice = read_calling(calling, tools, losses);
            choice.map_err(|misfit| misfit.at("functionCallingConfig"))?
        }
        None => None,
    };
    config.note_rest("toolConfig.", losses);
    Ok(choice)
}

fn read_calling<'a>(
    mut calling: Fields<'a>,
    tools: &mut Vec<Tool<'a>>,
    losses: &mut Losses,
) -> Result<Option<ToolChoice<'a>>, Misfit> {
    let mode = calling.text("mode")?.map(|mode| mode.to_ascii_uppercase());
    let mut allowed = Vec::new();
    for (at, name) in calling.list("allowedFunctionNames")?.unwrap_or_default().iter().enumerate() {
        let name = crate::json::object::text(name);
        allowed.push(name.map_err(|it| it.within(at).at("allowedFunctionNames"))?);
    }
    calling.note_rest("toolConfig.functionCallingConfig.", losses);
    match mode.as_deref() {
        None | Some("MODE_UNSPECIFIED") => Ok(None),
        Some("AUTO") => Ok(Some(ToolChoice::Auto)),
        Some("NONE") => Ok(Some(ToolChoice::None)),
        Some("ANY") if allowed.len() == 1 => Ok(allowed.pop().map(ToolChoice::Named)),
        Some("ANY") => {
            narrow(tools, &allowed, losses)?;
            Ok(Some(ToolChoice::Required))
        }
        Some("VALIDATED") => {
            narrow(tools, &allowed, losses)?;
            tools.iter_mut().for_each(|tool| tool.strict = Some(true));
            Ok(Some(ToolChoice::Auto))
        }
        Some(_) => Err(Misfit::new("should be AUTO, ANY, NONE or VALIDATED").at("mode")),
    }
}

/// Leaves out the tools that are not allowed; all are where none is named.
fn narrow(
    tools: &mut Vec<Tool<'_>>,
    allowed: &[Text<'_>],
    losses: &mut Losses,
) -> Result<(), Misfit> {
    if allowed.is_empty() {
        return Ok(());
    }
    let names: std::collections::HashSet<&str> = allowed.iter().map(AsRef::as_ref).collect();
    let all = tools.len();
    tools.retain(|tool| names.contains(tool.name.as_ref()));
    if tools.is_empty() {
        return Err(Misfit::new("names no tool that is here").at("allowedFunctionNames"));
    }
    if tools.len() < all {
        losses.approximated(
            "toolConfig.functionCallingConfig.allowedFunctionNames",
            "the tools that are not allowed are left out",
        );
    }
    Ok(())
}

/// Writes `tools` and `toolConfig`.
pub(super) fn write_tools(root: &mut Members<'_>, request: &Request<'_>, losses: &mut Losses) {
    if request.parallel_tools == Some(false) {
        losses.dropped("parallel_tool_calls", "the model may always call several tools there");
    }
    if !request.tools.is_empty() {
        root.list("tools", |tools| {
            tools.object(|group| {
                group.list("functionDeclarations", |functions| {
                    for tool in &request.tools {
                        functions.object(|function| write_tool(function, tool));
                    }
                });
            });
        });
    }
    let strict = request.tools.iter().filter(|tool| tool.strict == Some(true)).count();
    let (mode, name) = match &request.tool_choice {
        None | Some(ToolChoice::Auto) if strict > 0 => ("VALIDATED", None),
        None => return,
        Some(ToolChoice::Auto) => ("AUTO", None),
        Some(ToolChoice::Required) => ("ANY", None),
        Some(ToolChoice::None) => ("NONE", None),
        Some(ToolChoice::Named(name)) => ("ANY", Some(name)),
    };
    if strict > 0 && (mode != "VALIDATED" || strict < request.tools.len()) {
        losses.approximated("tools[].strict", "all tools are held to their schemas there, or none");
    }
    root.object("toolConfig", |config| {
        config.object("functionCallingConfig", |calling| {
            calling.text("mode", mode);
            if let Some(name) = name {
                calling.list("allowedFunctionNames", |names| names.text(name));
            }
        });
    });
}

fn write_tool(function: &mut Members<'_>, tool: &Tool<'_>) {
    function.text("name", &tool.name);
    if let Some(description) = &tool.description {
        function.text("description", description);
    }
    if let Some(schema) = &tool.schema {
        function.raw("parametersJsonSchema", schema.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::writer;

    fn tool(name: &'static str, strict: Option<bool>) -> Tool<'static> {
        Tool { grouped: None, name: name.into(), description: None, schema: None, strict }
    }

    type Read = (Option<ToolChoice<'static>>, Vec<Tool<'static>>, String);

    fn read(calling: &'static str) -> Result<Read, Misfit> {
        let config = format!(r#"{{"functionCallingConfig":{calling}}}"#);
        let config: &'static str = Box::leak(config.into());
        let (mut tools, mut losses) = (vec![tool("f", None), tool("g", None)], Losses::default());
        let choice = read_choice(Fields::parse(config)?, &mut tools, &mut losses)?;
        Ok((choice, tools, losses.to_string()))
    }

    #[test]
    fn every_mode_is_a_choice() {
        let all = vec![tool("f", None), tool("g", None)];
        let named = r#"{"mode":"ANY","allowedFunctionNames":["g"]}"#;
        for (calling, choice) in [
            ("{}", None),
            (r#"{"mode":"MODE_UNSPECIFIED"}"#, None),
            (r#"{"mode":"AUTO"}"#, Some(ToolChoice::Auto)),
            (r#"{"mode":"ANY"}"#, Some(ToolChoice::Required)),
            (r#"{"mode":"NONE"}"#, Some(ToolChoice::None)),
            (named, Some(ToolChoice::Named("g".into()))),
        ] {
            assert_eq!(read(calling).unwrap(), (choice, all.clone(), String::new()));
        }
        let strict = vec![tool("f", Some(true)), tool("g", Some(true))];
        let expected = (Some(ToolChoice::Auto), strict, String::new());
        assert_eq!(read(r#"{"mode":"VALIDATED"}"#).unwrap(), expected);
        assert!(read(r#"{"mode":"SOME"}"#).is_err());
    }

    #[test]
    fn tools_that_are_not_allowed_are_left_out() {
        let (choice, tools, losses) =
            read(r#"{"mode":"ANY","allowed_function_names":["g","h"]}"#).unwrap();
        assert_eq!((choice, tools), (Some(ToolChoice::Required), vec![tool("g", None)]));
        assert!(losses.ends_with("allowedFunctionNames;approximated"));
        let none = read(r#"{"mode":"ANY","allowedFunctionNames":["h","i"]}"#).unwrap_err();
        assert!(none.to_string().ends_with("allowedFunctionNames: names no tool that is here"));
    }

    #[test]
    fn tools_are_held_to_their_schemas_where_one_has_to_be() {
        for (choice, strict, mode, losses) in [
            (None, [None, None], "", ""),
            (None, [Some(true); 2], "VALIDATED", ""),
            (
                Some(ToolChoice::Auto),
                [Some(true), None],
                "VALIDATED",
                "tools[].strict;approximated",
            ),
            (Some(ToolChoice::Required), [Some(true); 2], "ANY", "tools[].strict;approximated"),
            (Some(ToolChoice::None), [Some(false); 2], "NONE", ""),
        ] {
            let mut request = crate::canon::Request::to("m");
            request.tools = strict.map(|strict| tool("f", strict)).into();
            request.tool_choice = choice;
            let (mut out, mut named) = (Vec::new(), Losses::default());
            writer::object(&mut out, |root| write_tools(root, &request, &mut named));
            let out = String::from_utf8(out).unwrap();
            assert_eq!(named.to_string(), losses);
            assert_eq!(out.contains("toolConfig"), !mode.is_empty(), "{out}");
            assert!(out.contains(mode));
        }
    }
}
