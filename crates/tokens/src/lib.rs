//! Tokenisers of models, for counts that have to be exact.
//!
//! Pure: text in, numbers out. The vocabularies are compiled in and unpacked when one is first
//! needed, which takes about a tenth of a second and some tens of megabytes that stay. Counting is
//! work for a thread that may block, and its caller bounds how much of it there is.

mod family;

pub use family::Family;

/// Tokens that every message of a conversation has around its texts in OpenAI's chat format.
/// Source: "How to count tokens with tiktoken" in OpenAI's cookbook, which counts three for each
/// message, one more for a name, and three that prime the reply.
const PER_MESSAGE: u64 = 3;
const PER_NAME: u64 = 1;
const REPLY: u64 = 3;

/// The texts of a conversation, as its request has them.
#[derive(Debug, Clone, Copy)]
pub struct Conversation<'a> {
    /// Everything that the model reads.
    pub texts: &'a [String],
    /// How many messages.
    pub messages: u64,
    /// How many of them have a name.
    pub names: u64,
}

/// Counts the tokens of a conversation as a model of this family sees it.
pub fn count(family: Family, conversation: &Conversation<'_>) -> u64 {
    let texts: u64 = conversation.texts.iter().map(|text| family.count(text)).sum();
    let around = conversation.messages * PER_MESSAGE + conversation.names * PER_NAME + REPLY;
    texts.saturating_add(around)
}

#[cfg(test)]
mod tests;
