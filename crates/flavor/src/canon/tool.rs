//! Tools, and which of them the model has to use.

use super::{Json, Text};

/// Something the model may ask the caller to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool<'a> {
    /// Its name.
    pub name: Text<'a>,
    /// What it does.
    pub description: Option<Text<'a>>,
    /// The JSON Schema of its arguments; nothing where it takes none.
    pub schema: Option<Json<'a>>,
    /// Whether the arguments have to keep to the schema.
    pub strict: Option<bool>,
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
