//! A whole reply.

use super::{Block, Json, Stop, Text, Usage};

/// A whole reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<'a> {
    /// The provider's name for it.
    pub id: Option<Text<'a>>,
    /// The model that the provider says answered.
    pub model: Option<Text<'a>>,
    /// When it was made, in seconds since 1970.
    pub created: Option<u64>,
    /// The answers, in their order; one, unless several were asked for.
    pub choices: Vec<Choice<'a>>,
    /// What was used, where that is said.
    pub usage: Option<Usage>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<'a> {
    /// What it consists of.
    pub blocks: Vec<Block<'a>>,
    /// Why it ended.
    pub stop: Stop<'a>,
    /// How likely its tokens were, in the form of chat completions.
    pub logprobs: Option<Json<'a>>,
}
