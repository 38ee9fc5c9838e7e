//! What happens in a stream.

use super::{Stop, Text, Usage};

/// What happens in a stream, in the order it happens.
///
/// A reader gives out a start, then pieces, then a stop for every answer and nothing after the last
/// one but usage. A call of a tool is begun before its arguments come, and calls are told apart by
/// `call`, which counts from zero within an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// It begins.
    Start {
        /// The provider's name for it.
        id: Option<Text<'a>>,
        /// The model that the provider says answers.
        model: Option<Text<'a>>,
    },
    /// Words.
    Text {
        /// Which answer.
        choice: u32,
        /// The next words.
        piece: Text<'a>,
    },
    /// What the model thinks.
    Reasoning {
        /// Which answer.
        choice: u32,
        /// The next words.
        piece: Text<'a>,
    },
    /// The signature of what the model has thought, which ends that thought.
    Signature {
        /// Which answer.
        choice: u32,
        /// See [`super::Reasoning::signature`].
        signature: Text<'a>,
    },
    /// A whole thought, sealed by the provider.
    Sealed {
        /// Which answer.
        choice: u32,
        /// See [`super::Reasoning::sealed`].
        sealed: Text<'a>,
    },
    /// The model declines, in words.
    Refusal {
        /// Which answer.
        choice: u32,
        /// The next words.
        piece: Text<'a>,
    },
    /// The model begins to ask for a tool.
    CallStart {
        /// Which answer.
        choice: u32,
        /// Which of its calls.
        call: u32,
        /// Names the call; empty where the flavor has no ids.
        id: Text<'a>,
        /// The tool.
        name: Text<'a>,
        /// See [`super::ToolCall::signature`].
        signature: Option<Text<'a>>,
    },
    /// The next of a call's arguments.
    CallArguments {
        /// Which answer.
        choice: u32,
        /// Which of its calls.
        call: u32,
        /// The next of the JSON text.
        piece: Text<'a>,
    },
    /// An answer ends.
    Stop {
        /// Which answer.
        choice: u32,
        /// Why.
        stop: Stop<'a>,
    },
    /// What was used so far, in all: a later word counts over an earlier one.
    Usage(Usage),
    /// A picture, a sound or a file, which no dialect but the provider's own has in a stream.
    Media {
        /// Which answer.
        choice: u32,
    },
    /// What is written to a tool that takes any text, which only responses have. It counts, and goes
    /// on to nobody else.
    Freeform {
        /// The next of it.
        piece: Text<'a>,
    },
    /// Nothing, to say that it goes on.
    Ping,
}
