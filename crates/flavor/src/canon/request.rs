//! A request.

use super::{Block, Json, Text, Tool, ToolChoice};

/// A request for the next turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The model by the caller's name for it.
    pub model: Text<'a>,
    /// What the model is told before the conversation, piece by piece.
    pub system: Vec<Text<'a>>,
    /// The conversation.
    pub turns: Vec<Turn<'a>>,
    /// What the model may ask for.
    pub tools: Vec<Tool<'a>>,
    /// Whether it has to; nothing where that is not said.
    pub tool_choice: Option<ToolChoice<'a>>,
    /// Whether it may ask for several at once; nothing where that is not said.
    pub parallel_tools: Option<bool>,
    /// The most tokens of one answer.
    pub max_output: Option<u64>,
    /// How it chooses its words.
    pub sampling: Sampling<'a>,
    /// Texts that it stops at.
    pub stop: Vec<Text<'a>>,
    /// The form of the answer.
    pub format: Format<'a>,
    /// How much it thinks; nothing where that is not said.
    pub thinking: Option<Thinking>,
    /// Whether what it thought is shown; nothing where that is not said.
    pub show_thinking: Option<bool>,
    /// How many answers.
    pub n: u64,
    /// How many are made in all, where most of them are thrown away, or for several prompts at once.
    /// Nothing carries that over: the reader names what asks for it.
    pub made: Option<u64>,
    /// How likely its tokens were, with this many others at each place.
    pub logprobs: Option<u64>,
    /// Whether the reply is a stream.
    pub stream: bool,
    /// Whom the caller calls for.
    pub end_user: Option<Text<'a>>,
    /// Whether the model is to search by means of its provider's own. Nothing carries that over: the
    /// reader names it as lost.
    pub searches: bool,
}

impl<'a> Request<'a> {
    /// A request that says nothing yet, for one answer.
    pub fn to(model: impl Into<Text<'a>>) -> Self {
        Self {
            model: model.into(),
            system: Vec::new(),
            turns: Vec::new(),
            tools: Vec::new(),
            tool_choice: None,
            parallel_tools: None,
            max_output: None,
            sampling: Sampling::default(),
            stop: Vec::new(),
            format: Format::Text,
            thinking: None,
            show_thinking: None,
            n: 1,
            made: None,
            logprobs: None,
            stream: false,
            end_user: None,
            searches: false,
        }
    }
}

/// One turn of a conversation. Neighbours may be of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn<'a> {
    /// Whose.
    pub role: Role,
    /// What it consists of, in its order.
    pub blocks: Vec<Block<'a>>,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Told by whoever built the application, in the midst of the conversation.
    System,
    /// The caller's; what tools came to is theirs too.
    User,
    /// The model's.
    Assistant,
}

/// How the model chooses its words. Numbers are in the caller's own digits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sampling<'a> {
    /// How freely.
    pub temperature: Option<&'a str>,
    /// Among how much of the likely ones.
    pub top_p: Option<&'a str>,
    /// Among how many of the likely ones.
    pub top_k: Option<u64>,
    /// The start of what looks like chance.
    pub seed: Option<&'a str>,
    /// Against what was said at all.
    pub presence_penalty: Option<&'a str>,
    /// Against what was said often.
    pub frequency_penalty: Option<&'a str>,
    /// For or against single tokens.
    pub logit_bias: Option<Json<'a>>,
}

/// The form of the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Format<'a> {
    /// Words.
    #[default]
    Text,
    /// Some JSON object.
    Json,
    /// JSON of this schema.
    Schema {
        /// What the form is called.
        name: Option<Text<'a>>,
        /// What it is for.
        description: Option<Text<'a>>,
        /// The JSON Schema.
        schema: Json<'a>,
        /// Whether the answer has to keep to it.
        strict: Option<bool>,
    },
}

/// How much the model thinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thinking {
    /// Not at all.
    Off,
    /// As it sees fit, or this hard.
    Effort(Option<Effort>),
    /// Up to this many tokens.
    Budget(u64),
}

/// How hard the model thinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// Hardly.
    Minimal,
    /// A little.
    Low,
    /// Somewhat.
    Medium,
    /// Much.
    High,
    /// Very much.
    XHigh,
    /// As much as it can.
    Max,
}

impl Effort {
    const ALL: [(Self, &'static str, u64); 6] = [
        (Self::Minimal, "minimal", 1024),
        (Self::Low, "low", 2048),
        (Self::Medium, "medium", 8192),
        (Self::High, "high", 16384),
        (Self::XHigh, "xhigh", 32768),
        (Self::Max, "max", 65536),
    ];

    /// The word that all flavors with efforts have for it.
    pub fn as_str(self) -> &'static str {
        let of = |(effort, ..): &&(Self, &'static str, u64)| *effort == self;
        Self::ALL.iter().find(of).map_or("medium", |(_, word, _)| word)
    }

    /// What a word says.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, own, _)| *own == word).map(|(effort, ..)| *effort)
    }

    /// About how many tokens that comes to, for flavors that count them.
    pub fn tokens(self) -> u64 {
        let of = |(effort, ..): &&(Self, &'static str, u64)| *effort == self;
        Self::ALL.iter().find(of).map_or(8192, |(_, _, tokens)| *tokens)
    }

    /// The least effort that thinks for so many tokens.
    pub fn for_tokens(tokens: u64) -> Self {
        let enough = |(_, _, own): &&(Self, &'static str, u64)| *own >= tokens;
        Self::ALL.iter().find(enough).map_or(Self::Max, |(effort, ..)| *effort)
    }
}
