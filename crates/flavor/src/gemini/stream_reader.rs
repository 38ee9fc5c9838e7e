//! Reading a provider's stream.

use serde_json::value::RawValue;

use super::{
    fields::Fields,
    finish::read_finish,
    reply::{read_block, read_content},
    searches::Searches,
    usage::read_usage,
};
use crate::canon::{Block, Event, Fault, ToolCall};
use crate::json::object::Misfit;
use crate::sse;

/// The most answers of one stream; Google makes eight.
const MOST_CHOICES: u32 = 128;

/// Reads a provider's stream of events.
///
/// It has no terminator: each answer says its reason to finish, and then the stream ends.
#[derive(Debug, Default)]
pub struct StreamReader {
    started: bool,
    /// How many calls came without an id, and were given one.
    made: u32,
    choices: Vec<Progress>,
    searches: Searches,
}

/// How far an answer has come.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    begun: bool,
    finished: bool,
    calls: u32,
}

impl StreamReader {
    /// At the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one event, and gives out what happens in it.
    ///
    /// # Errors
    /// When it is not of this flavor, or says that the provider failed. Nothing can be read after.
    pub fn read(
        &mut self,
        event: &sse::Event,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Fault> {
        let data = event.data.trim_ascii();
        if data.is_empty() {
            return Ok(());
        }
        let data = std::str::from_utf8(data).map_err(|_| Misfit::new("should be UTF-8"))?;
        let mut root = Fields::parse(unlisted(data)?)?;
        if let Some(error) = root.take("error")? {
            return Err(Fault::Failed(failure(error)));
        }
        if !std::mem::replace(&mut self.started, true) {
            let (id, model) = (root.text("responseId")?, root.text("modelVersion")?);
            self.searches.answered_by(model.as_deref());
            give(Event::Start { id, model });
        }
        let candidates = root.list("candidates")?.unwrap_or_default();
        for (at, candidate) in candidates.iter().enumerate() {
            let read = self.read_candidate(candidate, give);
            read.map_err(|misfit| misfit.within(at).at("candidates"))?;
        }
        if candidates.is_empty()
            && let Some(stop) = read_block(&mut root)?
            && let Some(progress) = self.progress(0)?
        {
            progress.finished = true;
            give(Event::Stop { choice: 0, stop });
        }
        if let Some(usage) = root.object("usageMetadata")? {
            let usage = read_usage(usage, self.searches.count());
            let usage = usage.map_err(|misfit| misfit.at("usageMetadata"))?;
            usage.into_iter().for_each(|usage| give(Event::Usage(usage)));
        }
        Ok(())
    }

    /// Whether every answer that was begun has said its reason to finish, and any was.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let mut begun = self.choices.iter().filter(|choice| choice.begun).peekable();
        begun.peek().is_some() && begun.all(|choice| choice.finished)
    }

    /// Whether the terminator was seen, of which this flavor has none.
    #[must_use]
    pub fn is_over(&self) -> bool {
        false
    }

    /// How far an answer has come; nothing once it has finished.
    fn progress(&mut self, choice: u32) -> Result<Option<&mut Progress>, Misfit> {
        if choice >= MOST_CHOICES {
            return Err(Misfit::new("is more than any answer's number").at("index"));
        }
        let at = choice as usize;
        if self.choices.len() <= at {
            self.choices.resize(at + 1, Progress::default());
        }
        let Some(progress) = self.choices.get_mut(at) else { return Ok(None) };
        progress.begun = true;
        Ok((!progress.finished).then_some(progress))
    }

    fn read_candidate(
        &mut self,
        candidate: &RawValue,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        let mut candidate = Fields::read(candidate)?;
        self.searches.note(&mut candidate);
        let index = candidate.whole("index")?.unwrap_or(0);
        let choice = u32::try_from(index).unwrap_or(u32::MAX);
        let blocks = read_content(&mut candidate, &mut self.made)?;
        let word = candidate.text("finishReason")?;
        let Some(progress) = self.progress(choice)? else {
            // The last words are sometimes followed by empty ones.
            if blocks
                .iter()
                .all(|block| matches!(block, Block::Reasoning(it) if it.text.is_empty()))
            {
                return Ok(());
            }
            return Err(Misfit::new("comes after its answer's end").at("content"));
        };
        for block in blocks {
            give_block(block, choice, progress, give)?;
        }
        if let Some(word) = word.filter(|word| word != "FINISH_REASON_UNSPECIFIED") {
            progress.finished = true;
            give(Event::Stop { choice, stop: read_finish(word, progress.calls > 0) });
        }
        Ok(())
    }
}

/// Gives out one part.
fn give_block(
    block: Block<'_>,
    choice: u32,
    progress: &mut Progress,
    give: &mut dyn FnMut(Event<'_>),
) -> Result<(), Misfit> {
    match block {
        Block::Text(piece) => give(Event::Text { choice, piece }),
        Block::Refusal(piece) => give(Event::Refusal { choice, piece }),
        Block::Reasoning(thought) => {
            if !thought.text.is_empty() {
                give(Event::Reasoning { choice, piece: thought.text });
            }
            if let Some(signature) = thought.signature {
                give(Event::Signature { choice, signature });
            }
        }
        Block::ToolCall(ToolCall { id, name, arguments, signature }) => {
            let call = progress.calls;
            progress.calls = progress.calls.saturating_add(1);
            give(Event::CallStart { choice, call, id, name, signature });
            give(Event::CallArguments { choice, call, piece: arguments });
        }
        Block::Image(_) | Block::Audio(_) | Block::File(_) => give(Event::Media { choice }),
        Block::ToolResult(_) => {
            return Err(Misfit::new("should be text or calls of tools").at("content"));
        }
    }
    Ok(())
}

/// What stands in a list of one, as which Google sends some of its errors; the same otherwise.
pub(super) fn unlisted(data: &str) -> Result<&str, Misfit> {
    if !data.starts_with('[') {
        return Ok(data);
    }
    let items: Vec<&RawValue> =
        serde_json::from_str(data).map_err(|error| Misfit::new(error.to_string()))?;
    match items.as_slice() {
        [item] => Ok(item.get()),
        _ => Err(Misfit::new("should be an object")),
    }
}

/// The provider's words for why it failed.
fn failure(error: &RawValue) -> String {
    let words = Fields::read(error).and_then(|mut error| {
        let words = [error.text("status")?, error.text("message")?];
        Ok(words.into_iter().flatten().collect::<Vec<_>>().join(": "))
    });
    words.unwrap_or_else(|_| error.get().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sse::EventReader;

    fn read(reader: &mut StreamReader, data: &str) -> Result<Vec<String>, Fault> {
        let mut events = EventReader::new(1 << 16);
        events.push(format!("data: {data}\r\n\r\n").into());
        let mut given = Vec::new();
        let event = events.next_event().unwrap().unwrap();
        reader.read(&event, &mut |event| given.push(format!("{event:?}")))?;
        Ok(given)
    }

    fn says(text: &str, finish: &str) -> String {
        format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{text}"}}]}},"finishReason":{finish}}}]}}"#
        )
    }

    #[test]
    fn an_answer_is_finished_by_its_reason_alone() {
        let mut reader = StreamReader::new();
        assert!(!reader.is_finished());
        read(&mut reader, &says("a", "null")).unwrap();
        assert!(!reader.is_finished());
        read(&mut reader, &says("b", "\"FINISH_REASON_UNSPECIFIED\"")).unwrap();
        assert!(!reader.is_finished());
        read(&mut reader, &says("c", "\"STOP\"")).unwrap();
        assert!(reader.is_finished() && !reader.is_over());
    }

    #[test]
    fn after_the_end_only_nothing_may_come() {
        let mut reader = StreamReader::new();
        read(&mut reader, &says("a", "\"STOP\"")).unwrap();
        let usage = r#"{"usageMetadata":{"promptTokenCount":1}}"#;
        assert_eq!(read(&mut reader, usage).unwrap().len(), 1);
        assert!(read(&mut reader, &says("", "\"STOP\"")).unwrap().is_empty());
        let fault = read(&mut reader, &says("b", "null")).unwrap_err();
        assert!(matches!(fault, Fault::Garbage(_)), "{fault}");
    }

    #[test]
    fn a_prompt_that_was_held_back_is_an_answer_that_was() {
        let mut reader = StreamReader::new();
        let given = read(&mut reader, r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#).unwrap();
        assert!(given[1].contains("Filtered(Some(\"SAFETY\"))"), "{given:?}");
        assert!(reader.is_finished());
    }

    #[test]
    fn a_provider_that_fails_says_why() {
        let error = r#"{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}"#;
        for data in [error.to_owned(), format!("[{error}]")] {
            let fault = read(&mut StreamReader::new(), &data).unwrap_err();
            assert_eq!(fault, Fault::Failed("UNAVAILABLE: overloaded".to_owned()));
        }
        let fault = read(&mut StreamReader::new(), r#"{"error":"no"}"#).unwrap_err();
        assert_eq!(fault, Fault::Failed("\"no\"".to_owned()));
    }

    #[test]
    fn what_is_no_event_of_this_flavor_is_garbage() {
        let far = r#"{"candidates":[{"index":4000000000}]}"#;
        for data in ["<html>", "[]", "7", far] {
            let fault = read(&mut StreamReader::new(), data).unwrap_err();
            assert!(matches!(fault, Fault::Garbage(_)), "{data}");
        }
    }
}
