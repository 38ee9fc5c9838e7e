//! What the gateway reads of a chat request, and the one thing it may ask for in it.

use bytes::Bytes;

use super::output_limit::{LimitSite, OutputLimit};
use super::request_error::PeekError;
use super::usage_site::UsageSite;
use crate::addressed::{self, Policy};
use crate::dialect::Dialect;
use crate::facts::Facts;
use crate::json::{self, Bounds, Document, Kind, Member, Scanner, Splice};

const MODEL_BYTES: usize = 256;
const END_USER_BYTES: usize = 256;
/// The longest name of an end user that a provider takes, in characters. Source: `safety_identifier`
/// in the reference of OpenAI's API; OpenRouter takes as many.
pub(super) const END_USER_LETTERS: usize = 128;
const WATCH: &[&str] = &[
    "model",
    "stream",
    "stream_options",
    "max_completion_tokens",
    "max_tokens",
    "n",
    "safety_identifier",
    "user",
    "background",
    "hybrid_policy",
    "tools",
    "tools[].type",
    "n_predict",
    "max_new_tokens",
    "web_search_options",
    "messages",
    "messages[].audio",
];
/// Other names for the limit of the answer: llama.cpp's, and that of Hugging Face's servers.
pub(crate) const OTHER_LIMITS: [&str; 2] = ["n_predict", "max_new_tokens"];
/// Keys of a message's parts that are text, or that say something about text. Whatever stands under
/// another key may be a picture, a sound or a file; some servers take one without a `type`.
const TEXT_KEYS: &[&[u8]] = &[
    b"type",
    b"text",
    b"refusal",
    b"annotations",
    b"citations",
    b"cache_control",
    b"prompt_cache_breakpoint",
    b"id",
    b"index",
];

/// What the gateway reads of a chat request. Nothing else of the body is taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatPeek {
    /// The model that is asked for.
    pub model: String,
    /// Whether the reply is to be a stream.
    pub stream: bool,
    /// Whether the caller wants the stream's usage chunk.
    pub asks_usage: bool,
    /// The most tokens of one reply: the greater one, where both of the fields for it are there.
    pub max_output: Option<u64>,
    /// How many replies are asked for.
    pub n: u64,
    /// Whom the caller calls for, at most 256 bytes of it.
    pub end_user: Option<String>,
    /// What stands in `hybrid_policy`; `None` where it is not there. A body that has it goes on only
    /// [without it](addressed::without_policy).
    pub policy: Option<Policy>,
    /// Whether the call is to go on without its caller.
    pub background: bool,
    /// The bytes of all text in the request, as it stands there, its tools as a whole.
    pub text_bytes: u64,
    /// How many parts of messages may be no text: pictures, sounds, files, earlier spoken answers.
    /// Never zero where there is one.
    pub media: u64,
    /// Whether there are tools.
    pub tools: bool,
    /// A name of some server's own for the limit of the answer, if one is there: it may count more
    /// than the limit that is known.
    pub other_limit: Option<&'static str>,
    /// Whether the model is to search.
    pub searches: bool,
    usage_site: UsageSite,
    limit_site: LimitSite,
}

/// Reads what the gateway needs of a chat request.
///
/// # Errors
/// When the body is not one JSON object with a model, or when a field that is read has the wrong
/// type or is there twice. A field that is null counts as absent.
pub fn peek_chat(body: &Bytes, bounds: Bounds) -> Result<ChatPeek, PeekError> {
    let mut scanner = Scanner::new(WATCH, bounds).parts("messages", "content", TEXT_KEYS);
    scanner.push(body)?;
    let document = scanner.finish()?;
    if !document.root_is_object() {
        return Err(PeekError::NotAnObject);
    }
    if let Some(field) = document.repeated() {
        return Err(PeekError::Repeated { field });
    }
    if let Some(field) = document.respelled() {
        return Err(PeekError::Respelled { field });
    }
    let max_tokens = whole(&document, "max_tokens")?;
    // Servers differ in which of the two they go by.
    let max_output = whole(&document, "max_completion_tokens")?.max(max_tokens);
    // Some take nothing for no limit.
    let max_output = max_output.filter(|tokens| *tokens > 0);
    let spoken = document.found("messages[].audio").filter(|it| it.value.kind != Kind::Null);
    let spoken = u64::try_from(spoken.count()).unwrap_or(u64::MAX);
    let media = document.odd_keys() + spoken + u64::from(document.crowded());
    let user = text(&document, "user")?;
    let end_user = text(&document, "safety_identifier")?.or(user);
    let usage_site = UsageSite::of(&document, bounds)?;
    Ok(ChatPeek {
        model: model(&document)?,
        stream: flag(&document, "stream")?,
        asks_usage: usage_site.is_asked(),
        max_output,
        n: count(&document)?,
        end_user: end_user.map(|user| shortened(user, END_USER_BYTES)),
        policy: Policy::of(&document, addressed::names(Dialect::Chat))?,
        background: flag(&document, "background")?,
        text_bytes: document.text_bytes() + tools_bytes(&document),
        media,
        tools: given(&document, "tools").is_some_and(|tools| !tools.empty),
        other_limit: OTHER_LIMITS.into_iter().find(|field| given(&document, field).is_some()),
        searches: given(&document, "web_search_options").is_some(),
        usage_site,
        limit_site: LimitSite::of(&document),
    })
}

impl ChatPeek {
    /// What the call's cost depends on.
    #[must_use]
    pub fn facts(&self) -> Facts {
        Facts {
            max_output: self.max_output,
            n: self.n,
            text_bytes: self.text_bytes,
            media: self.media,
            pictures: 0,
            sounds: 0,
            tools: self.tools,
            other_limit: self.other_limit,
            searches: self.searches,
            end_user: self.end_user.clone(),
        }
    }

    /// The body as it goes to a provider: with a request for the stream's usage and, where the answer
    /// has to be kept to a limit, that limit. Every other byte is as it was, and it is the same bytes
    /// when there is nothing to put in. `body` has to be the one that was peeked at.
    #[must_use]
    pub fn outgoing(&self, body: &Bytes, limit: Option<OutputLimit>) -> Bytes {
        let mut splice = Splice::new();
        if let Some(limit) = limit {
            self.limit_site.keep_to(limit, &mut splice);
        }
        if self.stream {
            self.usage_site.put(&mut splice);
        }
        let edited = splice.apply(body);
        debug_assert!(edited.is_ok(), "edits at places that were read in this body");
        edited.unwrap_or_else(|_| body.clone())
    }
}

/// The start of a text, at most `bytes` long, cut between characters.
pub(super) fn shortened(mut text: String, bytes: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes));
    text
}

fn model(document: &Document) -> Result<String, PeekError> {
    const EXPECTED: &str = "a text of 1 to 256 bytes";
    let member = document.member("model").ok_or(PeekError::MissingModel)?;
    json::text(member.raw)
        .filter(|model| (1..=MODEL_BYTES).contains(&model.len()))
        .ok_or(PeekError::WrongType { field: "model", expected: EXPECTED })
}

fn tools_bytes(document: &Document) -> u64 {
    let tools = given(document, "tools").map_or(0, |tools| tools.span.len());
    u64::try_from(tools).unwrap_or(u64::MAX)
}

fn count(document: &Document) -> Result<u64, PeekError> {
    match whole(document, "n")? {
        Some(0) => Err(PeekError::WrongType { field: "n", expected: "a whole number from 1" }),
        Some(n) => Ok(n),
        None => Ok(1),
    }
}

fn flag(document: &Document, field: &'static str) -> Result<bool, PeekError> {
    match given(document, field).map(|member| member.raw) {
        None | Some(b"false") => Ok(false),
        Some(b"true") => Ok(true),
        Some(_) => Err(PeekError::WrongType { field, expected: "true or false" }),
    }
}

fn whole(document: &Document, field: &'static str) -> Result<Option<u64>, PeekError> {
    let Some(member) = given(document, field) else { return Ok(None) };
    let expected = "a whole number that is not negative";
    json::whole(member.raw).map(Some).ok_or(PeekError::WrongType { field, expected })
}

fn text(document: &Document, field: &'static str) -> Result<Option<String>, PeekError> {
    let Some(member) = given(document, field) else { return Ok(None) };
    json::text(member.raw).map(Some).ok_or(PeekError::WrongType { field, expected: "a text" })
}

/// A member that is there and not null.
fn given<'a>(document: &'a Document, field: &str) -> Option<Member<'a>> {
    document.member(field).filter(|member| member.kind != Kind::Null)
}
