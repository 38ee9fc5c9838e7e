//! Tools, and which of them the model has to use.

use std::collections::HashMap;

use super::{Json, Text};

/// Something the model may ask the caller to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool<'a> {
    /// Its name, which no other tool of the request has.
    pub name: Text<'a>,
    /// What it does.
    pub description: Option<Text<'a>>,
    /// The JSON Schema of its arguments; nothing where it takes none.
    pub schema: Option<Json<'a>>,
    /// Whether the arguments have to keep to the schema.
    pub strict: Option<bool>,
    /// How the caller calls it, where that is not its name alone.
    pub grouped: Option<Grouped<'a>>,
}

/// A tool's place in a group of tools. Only some flavors have groups; the name of the tool is made
/// of both, so that it is unique without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouped<'a> {
    /// The group.
    pub group: Text<'a>,
    /// The tool's name within it.
    pub name: Text<'a>,
}

/// Which tools the model has to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice<'a> {
    /// As it likes.
    Auto,
    /// At least one.
    Required,
    /// None.
    None,
    /// This one.
    Named(Text<'a>),
}

/// What the caller calls the tools that have another name on the way to the provider: a reply that
/// asks for one of them has to say it in the caller's words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolNames {
    grouped: HashMap<String, Grouped<'static>>,
}

impl ToolNames {
    /// Those of a request's tools.
    pub fn of(tools: &[Tool<'_>]) -> Self {
        let owned = |text: &Text<'_>| Text::Owned(text.clone().into_owned());
        let grouped = tools.iter().filter_map(|tool| {
            let Grouped { group, name } = tool.grouped.as_ref()?;
            Some((tool.name.to_string(), Grouped { group: owned(group), name: owned(name) }))
        });
        Self { grouped: grouped.collect() }
    }

    /// The place of the tool that goes by `name` on the way, if it has one.
    pub fn grouped(&self, name: &str) -> Option<&Grouped<'static>> {
        self.grouped.get(name)
    }
}
