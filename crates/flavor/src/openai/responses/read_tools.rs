//! Tools of a request, and which of them the model has to use.

use serde_json::value::RawValue;

use super::names::Names;
use crate::canon::{Grouped, Json, Losses, Text, Tool, ToolChoice};
use crate::json::object::{self, Misfit, Object};

const NOT_HERE: &str = "a tool that only OpenAI has";

/// The tools of a request.
#[derive(Debug, Default)]
pub(super) struct Tools<'a> {
    /// Those that the caller runs.
    pub known: Vec<Tool<'a>>,
    /// Their names, those in groups too.
    pub names: Names<'a>,
    /// Whether there were others: they run at OpenAI, or take no JSON.
    pub others: bool,
    /// Whether one of those searches.
    pub searches: bool,
}

/// An entry of the list.
enum Entry<'a> {
    Function(Tool<'a>),
    Group(usize, Object<'a>),
}

/// The longest name of a group, in bytes: each of its functions carries it.
const GROUP_BYTES: usize = 256;

/// Reads the tools. A group becomes its functions, each with a name that says both.
pub(super) fn read<'a>(root: &mut Object<'a>, losses: &mut Losses) -> Result<Tools<'a>, Misfit> {
    let mut tools = Tools::default();
    let mut entries = Vec::new();
    for (index, value) in root.list("tools")?.unwrap_or_default().into_iter().enumerate() {
        let at = |misfit: Misfit| misfit.within(index).at("tools");
        let mut tool = Object::read(value).map_err(at)?;
        match tool.needed_text("type").map_err(at)?.as_ref() {
            "function" => {
                let tool = function(tool, losses).map_err(at)?;
                tools.names.take(tool.name.clone());
                entries.push(Entry::Function(tool));
            }
            // Only when all other names are taken it is known what those in groups may be.
            "namespace" => entries.push(Entry::Group(index, tool)),
            kind => {
                losses.unread(format!("tools[{kind}]"), NOT_HERE);
                tools.others = true;
                tools.searches |= kind.starts_with("web_search");
            }
        }
    }
    for entry in entries {
        match entry {
            Entry::Function(tool) => tools.known.push(tool),
            Entry::Group(index, entry) => {
                let read = group(entry, &mut tools, losses);
                read.map_err(|misfit| misfit.within(index).at("tools"))?;
            }
        }
    }
    Ok(tools)
}

fn group<'a>(
    mut group: Object<'a>,
    tools: &mut Tools<'a>,
    losses: &mut Losses,
) -> Result<(), Misfit> {
    losses.approximated("tools[namespace]", "sent as functions that stand alone");
    let name = group.needed_text("name")?;
    if name.len() > GROUP_BYTES {
        let words = format!("is longer than {GROUP_BYTES} bytes");
        return Err(Misfit::new(words).at("name"));
    }
    if group.take("description").is_some() {
        losses.dropped("tools[namespace].description", "functions stand alone there");
    }
    for (index, value) in group.list("tools")?.unwrap_or_default().into_iter().enumerate() {
        let at = |misfit: Misfit| misfit.within(index).at("tools");
        let mut tool = Object::read(value).map_err(at)?;
        let kind = tool.needed_text("type").map_err(at)?;
        if kind != "function" {
            losses.unread(format!("tools[{kind}]"), NOT_HERE);
            tools.others = true;
            continue;
        }
        let mut tool = function(tool, losses).map_err(at)?;
        let twice = || at(Misfit::new("stands twice in its namespace").at("name"));
        let flat = tools.names.add(&name, &tool.name).ok_or_else(twice)?;
        let own = std::mem::replace(&mut tool.name, Text::Owned(flat));
        tool.grouped = Some(Grouped { group: name.clone(), name: own });
        tools.known.push(tool);
    }
    for (name, _) in group.rest() {
        losses.dropped(format!("tools[namespace].{name}"), "a field that only OpenAI knows");
    }
    Ok(())
}

fn function<'a>(mut tool: Object<'a>, losses: &mut Losses) -> Result<Tool<'a>, Misfit> {
    let schema = tool.take("parameters");
    if schema.is_some_and(|schema| !schema.get().starts_with('{')) {
        return Err(Misfit::new("should be an object").at("parameters"));
    }
    let read = Tool {
        name: tool.needed_text("name")?,
        description: tool.text("description")?,
        schema: schema.map(Json::of),
        strict: tool.flag("strict")?,
        grouped: None,
    };
    for (name, _) in tool.rest() {
        losses.dropped(format!("tools[].{name}"), "a field that only OpenAI knows");
    }
    Ok(read)
}

/// Reads what the model has to use. Where it may use only some of the tools, the others go.
pub(super) fn read_choice<'a>(
    root: &mut Object<'a>,
    tools: &mut Tools<'a>,
    losses: &mut Losses,
) -> Result<Option<ToolChoice<'a>>, Misfit> {
    let Some(value) = root.take("tool_choice") else { return Ok(None) };
    let choice = if object::is_text(value) {
        mode(&object::text(value)?, tools, losses)
    } else {
        Object::read(value).and_then(|choice| choice_of(choice, tools, losses))
    };
    choice.map_err(|misfit| misfit.at("tool_choice"))
}

fn mode<'a>(
    word: &str,
    tools: &Tools<'_>,
    losses: &mut Losses,
) -> Result<Option<ToolChoice<'a>>, Misfit> {
    match word {
        // Without tools there is nothing to choose.
        "auto" | "none" | "required" if tools.known.is_empty() => {
            if word == "required" {
                losses.refused("tool_choice", "none of the tools is one that others have");
            }
            Ok(None)
        }
        "auto" => Ok(Some(ToolChoice::Auto)),
        "none" => Ok(Some(ToolChoice::None)),
        "required" => {
            if tools.others {
                losses.approximated("tool_choice", "required of the tools that are left");
            }
            Ok(Some(ToolChoice::Required))
        }
        _ => Err(Misfit::new("should be `auto`, `none`, `required` or an object")),
    }
}

fn choice_of<'a>(
    mut choice: Object<'a>,
    tools: &mut Tools<'a>,
    losses: &mut Losses,
) -> Result<Option<ToolChoice<'a>>, Misfit> {
    match choice.needed_text("type")?.as_ref() {
        "function" => {
            let group = choice.text("namespace")?;
            let name = choice.needed_text("name")?;
            Ok(Some(ToolChoice::Named(tools.names.chosen(group.as_deref(), name))))
        }
        "allowed_tools" => {
            let word = choice.text("mode")?.unwrap_or(Text::Borrowed("auto"));
            let wrong = || Misfit::new("is missing; a list has to stand here").at("tools");
            let allowed = choice.list("tools")?.ok_or_else(wrong)?;
            keep(tools, &allowed).map_err(|misfit| misfit.at("tools"))?;
            mode(&word, tools, losses).map_err(|misfit| misfit.at("mode"))
        }
        kind => {
            losses.refused(format!("tool_choice[{kind}]"), NOT_HERE);
            Ok(None)
        }
    }
}

/// Keeps the tools that are allowed.
fn keep(tools: &mut Tools<'_>, allowed: &[&RawValue]) -> Result<(), Misfit> {
    let mut names = std::collections::HashSet::new();
    let mut groups = std::collections::HashSet::new();
    for (index, value) in allowed.iter().enumerate() {
        let at = |misfit: Misfit| misfit.within(index);
        let mut tool = Object::read(value).map_err(at)?;
        match tool.needed_text("type").map_err(at)?.as_ref() {
            "function" => {
                let group = tool.text("namespace").map_err(at)?;
                let name = tool.needed_text("name").map_err(at)?;
                names.insert(tools.names.chosen(group.as_deref(), name).into_owned());
            }
            "namespace" => {
                groups.insert(tool.needed_text("name").map_err(at)?.into_owned());
            }
            _ => {}
        }
    }
    tools.known.retain(|tool| {
        let grouped = tool.grouped.as_ref();
        names.contains(tool.name.as_ref())
            || grouped.is_some_and(|grouped| groups.contains(grouped.group.as_ref()))
    });
    Ok(())
}
