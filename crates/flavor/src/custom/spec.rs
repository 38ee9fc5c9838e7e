//! What a file says of a flavor.

use super::Place;

/// A flavor that a file describes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Custom {
    /// Its name, as providers and receipts have it.
    pub name: String,
    /// Where the gateway takes its calls: a path that begins with `/`.
    pub path: String,
    /// Where its providers take calls, behind their base address.
    pub provider_path: String,
    /// How a key is sent.
    pub credential: Credential,
    /// A request.
    pub request: RequestPlaces,
    /// A whole reply.
    pub reply: ReplyPlaces,
    /// A stream, where there are any.
    pub stream: Option<Stream>,
    /// The sentence in an error.
    pub error: Place,
}

/// How a key is sent: in a header, with something before it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Credential {
    /// The header, in lower case.
    pub header: String,
    /// What stands before the key.
    pub prefix: String,
}

/// Where everything stands in a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestPlaces {
    /// The model.
    pub model: Place,
    /// Whether a stream is wanted.
    pub stream: Option<Place>,
    /// The most tokens of an answer.
    pub max_output: Option<Place>,
    /// How freely words are chosen.
    pub temperature: Option<Place>,
    /// Among how much of the likely ones.
    pub top_p: Option<Place>,
    /// Among how many of the likely ones.
    pub top_k: Option<Place>,
    /// The start of what looks like chance.
    pub seed: Option<Place>,
    /// A list of texts to stop at.
    pub stop: Option<Place>,
    /// Whom the caller calls for.
    pub end_user: Option<Place>,
    /// What the model is told beforehand, where that is no message.
    pub system: Option<Place>,
    /// The conversation.
    pub messages: Messages,
}

/// A list of messages.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Messages {
    /// The list.
    pub place: Place,
    /// Who speaks, within a message.
    pub role: Place,
    /// The words, within a message.
    pub text: Place,
    /// The word for whoever built the application, where that speaks in messages.
    pub system: Option<String>,
    /// The word for the caller.
    pub user: String,
    /// The word for the model.
    pub assistant: String,
}

/// Where everything stands in a whole reply.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReplyPlaces {
    /// Its name.
    pub id: Option<Place>,
    /// The model that answered.
    pub model: Option<Place>,
    /// The words.
    pub text: Place,
    /// Why it ended.
    pub stop: Option<Place>,
    /// The words for that.
    pub stops: StopWords,
    /// Tokens of the prompt.
    pub input_tokens: Option<Place>,
    /// Tokens of the answer.
    pub output_tokens: Option<Place>,
}

/// The words for why an answer ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct StopWords {
    /// The model had said all.
    pub end: Option<String>,
    /// It came to its limit.
    pub length: Option<String>,
    /// It was held back.
    pub filtered: Option<String>,
}

/// A stream: pieces like replies, whose text is the next words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Stream {
    /// What its pieces are.
    pub framing: Framing,
    /// Where everything stands in a piece.
    pub piece: ReplyPlaces,
    /// The data of the event, or the line, that ends it; without one it ends with the reason.
    pub terminator: Option<String>,
}

/// What the pieces of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Server-sent events.
    Events,
    /// Lines of JSON.
    Lines,
}
