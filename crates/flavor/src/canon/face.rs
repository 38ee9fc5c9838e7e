//! What a conversion has to know beside the words.

use super::ToolNames;
use crate::openai::LimitField;

/// How a converted reply looks to its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Face {
    /// Random, and unique to this reply: letters and digits, without a flavor's prefix.
    pub id: String,
    /// The model by the caller's name for it.
    pub model: String,
    /// In seconds since 1970.
    pub created: u64,
    /// Whether the caller of a stream wants to be told what was used, where its flavor asks that.
    pub wants_usage: bool,
    /// What the caller calls the tools of its request.
    pub names: ToolNames,
}

/// Where a converted request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The model by the provider's name for it.
    pub model: String,
    /// The limit of the answer where the provider's flavor needs one and the caller set none.
    pub max_output: u64,
    /// Chat completions: the name under which a limit of the answer is read there.
    pub limit: LimitField,
    /// Chat completions and AOG: whether what the model thought in earlier turns is taken back there.
    pub thoughts: bool,
    /// Chat completions: whether what the system says in the midst of a conversation is taken there.
    pub late_system: bool,
}

impl Target {
    /// A server that does as most do.
    pub fn usual(model: impl Into<String>, max_output: u64) -> Self {
        let limit = LimitField::MaxCompletionTokens;
        Self { model: model.into(), max_output, limit, thoughts: true, late_system: true }
    }
}
