//! Who serves a model.

use std::sync::Arc;

use super::provider::Provider;

/// A provider with one of its models, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seat {
    /// The provider's number.
    pub provider: u32,
    /// The number of the two together.
    pub pair: u32,
}

/// A provider that serves a model, and what is known of the model there.
#[derive(Debug, Clone)]
pub struct Serving {
    /// Who.
    pub provider: Arc<Provider>,
    /// The model by the name that it knows.
    pub model: Arc<str>,
    /// The numbers of the two.
    pub seat: Seat,
    /// The provider's place in the file, from 0.
    pub place: u32,
    /// The most tokens of prompt and answer together, where that is said.
    pub context_length: Option<u64>,
    /// What the model is said not to do there.
    pub lacks: Abilities,
}

/// What a call may need beside words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Abilities {
    /// Tools that are called.
    pub tools: bool,
    /// Pictures that are looked at.
    pub vision: bool,
    /// Sounds that are listened to.
    pub audio: bool,
}

impl Abilities {
    /// Whether any of these is among the others.
    pub const fn meets(self, others: Self) -> bool {
        (self.tools && others.tools)
            || (self.vision && others.vision)
            || (self.audio && others.audio)
    }
}

/// What is known of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Whose it is; everybody's who serves it, where nobody is named.
    pub provider: Option<String>,
    /// The most tokens of prompt and answer together, where that is said.
    pub context_length: Option<u64>,
    /// What it does not do.
    pub lacks: Abilities,
}

/// Who serves what was asked for.
#[derive(Debug, Clone)]
pub struct Served {
    /// The model, by the name that the first of its providers knows.
    pub model: String,
    /// Who, in the order of the file.
    pub by: Arc<Vec<Serving>>,
    /// Their number: all calls of one group choose among the same providers.
    pub group: u32,
    /// How it was found.
    pub how: Match,
    /// The name by which it is known here: its own, `provider/model`, or the alias as the file has it.
    pub name: String,
}

/// How a model was found by the name that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It has that name.
    Exact,
    /// It has that name, and a provider before it.
    OfProvider,
    /// An alias stands for it.
    Alias,
    /// It is the most similar one, so much of a thousand.
    Similar(u32),
}

impl Match {
    /// The word on receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::OfProvider => "provider",
            Self::Alias => "alias",
            Self::Similar(_) => "similar",
        }
    }
}
