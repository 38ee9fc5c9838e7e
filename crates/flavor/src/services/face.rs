//! What the conversion of a reply has to know beside its bytes.

use super::transcription::Shape;

/// How a converted reply looks to its caller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Face {
    /// Random, and unique to this reply: letters and digits, without a flavor's prefix.
    pub id: String,
    /// The model by the caller's name for it.
    pub model: String,
    /// In seconds since 1970.
    pub created: u64,
    /// What the caller wants of it.
    pub wants: Wants,
}

/// What a caller wants of its reply, as its request says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wants {
    /// How many vectors there have to be, or documents there are to be ranked. Nothing where the
    /// request was not read.
    pub items: Option<u64>,
    /// Vectors: each as base64 of its numbers, little-endian and of 32 bits, and not as a list.
    pub packed: bool,
    /// Pictures: at an address, and not in the reply itself; nothing where that is not said.
    pub linked: Option<bool>,
    /// Transcripts: their shape.
    pub shape: Shape,
    /// Transcripts: the language that the caller says is spoken.
    pub language: Option<String>,
    /// Ranking: without the documents.
    pub bare: bool,
}
