//! What a turn consists of.

use std::borrow::Cow;

/// A text, a part of the document it came in where that is possible.
pub type Text<'a> = Cow<'a, str>;

/// A value that is JSON, as it was spelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json<'a>(pub Cow<'a, str>);

impl<'a> Json<'a> {
    /// What stands in a document.
    pub fn of(value: &'a serde_json::value::RawValue) -> Self {
        Self(Cow::Borrowed(value.get()))
    }

    /// The empty object.
    pub const fn empty_object() -> Self {
        Self(Cow::Borrowed("{}"))
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One piece of a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block<'a> {
    /// Words.
    Text(Text<'a>),
    /// A picture.
    Image(Media<'a>),
    /// A sound.
    Audio(Media<'a>),
    /// A document.
    File(Media<'a>),
    /// The model asks for a tool.
    ToolCall(ToolCall<'a>),
    /// What a tool came to.
    ToolResult(ToolResult<'a>),
    /// What the model thought.
    Reasoning(Reasoning<'a>),
    /// The model declines, in words.
    Refusal(Text<'a>),
}

/// Something that is no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media<'a> {
    /// Where it is.
    pub source: Source<'a>,
    /// Its media type, such as `image/png`, where that is said. Of inline content it always is.
    pub mime: Option<Text<'a>>,
    /// A file's name.
    pub name: Option<Text<'a>>,
    /// How closely a picture is to be looked at: `low`, `high`, `auto`.
    pub detail: Option<Text<'a>>,
}

/// Where something that is no text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source<'a> {
    /// Here, in base64.
    Inline(Text<'a>),
    /// At an address that the provider fetches it from.
    Url(Text<'a>),
    /// At its provider, under an id that means nothing elsewhere.
    Id(Text<'a>),
}

/// The model asks for a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall<'a> {
    /// Names the call; empty where the flavor has no ids.
    pub id: Text<'a>,
    /// The tool.
    pub name: Text<'a>,
    /// An object; of a reply that was cut off it may be cut off, and then is no JSON.
    pub arguments: Text<'a>,
    /// What proves the thought behind it to the provider it came from, where that stands on the
    /// call itself. See [`Reasoning::signature`].
    pub signature: Option<Text<'a>>,
}

/// What a tool came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolResult<'a> {
    /// The call that this answers; empty where the flavor has no ids.
    pub call: Text<'a>,
    /// The tool, where the flavor says it here.
    pub name: Option<Text<'a>>,
    /// Texts, pictures and files.
    pub blocks: Vec<Block<'a>>,
    /// The tool failed.
    pub failed: bool,
}

/// What the model thought. Order and number matter: none is merged with another, and an empty one
/// with a signature is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reasoning<'a> {
    /// In words, as far as they are shown.
    pub text: Text<'a>,
    /// What proves it to the provider it came from, and means nothing to any other.
    pub signature: Option<Text<'a>>,
    /// The whole of it, sealed by the provider.
    pub sealed: Option<Text<'a>>,
}
