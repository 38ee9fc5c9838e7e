//! A whole reply, and the pieces of a stream, which are like it.

use super::draft::Draft;
use super::source::Source;
use super::{Custom, ReplyPlaces, StopWords};
use crate::canon::{Block, Choice, Face, Reply, Stop, Text, Usage};
use crate::json::Misfit;

/// Reads a whole reply.
///
/// # Errors
/// [`Misfit`] for what is none.
pub fn read_reply<'a>(custom: &Custom, body: &'a str) -> Result<Reply<'a>, Misfit> {
    let places = &custom.reply;
    let mut source = Source::parse(body)?;
    let text = source.needed_text(&places.text)?;
    let said = Said::read(places, &mut source)?;
    Ok(Reply {
        id: source.text(places.id.as_ref())?,
        model: source.text(places.model.as_ref())?,
        created: None,
        choices: vec![Choice {
            blocks: vec![Block::Text(text)],
            stop: said.stop.unwrap_or(Stop::End),
            logprobs: None,
        }],
        usage: said.usage,
    })
}

/// Writes a whole reply: the words of the first answer.
pub fn write_reply(custom: &Custom, reply: &Reply<'_>, face: &Face) -> Vec<u8> {
    let places = &custom.reply;
    let choice = reply.choices.first();
    let blocks = choice.into_iter().flat_map(|choice| &choice.blocks);
    let text: String = blocks
        .filter_map(|block| match block {
            Block::Text(text) | Block::Refusal(text) => Some(text.as_ref()),
            _ => None,
        })
        .collect();
    let mut draft = Draft::default();
    draft.text(places.id.as_ref(), &face.id);
    draft.text(places.model.as_ref(), &face.model);
    draft.text(Some(&places.text), &text);
    put_end(places, choice.map(|choice| &choice.stop), reply.usage.as_ref(), &mut draft);
    let mut out = Vec::new();
    draft.write(&mut out);
    out
}

/// Puts why it ended, and what was used.
pub(super) fn put_end(
    places: &ReplyPlaces,
    stop: Option<&Stop<'_>>,
    usage: Option<&Usage>,
    draft: &mut Draft,
) {
    if let Some(word) = stop.and_then(|stop| places.stops.word(stop)) {
        draft.text(places.stop.as_ref(), word);
    }
    let usage = usage.copied().unwrap_or_default();
    draft.put(places.input_tokens.as_ref(), usage.input.to_string());
    draft.put(places.output_tokens.as_ref(), usage.output.to_string());
}

/// What a reply or a piece of a stream says beside words.
pub(super) struct Said<'a> {
    pub(super) stop: Option<Stop<'a>>,
    pub(super) usage: Option<Usage>,
}

impl<'a> Said<'a> {
    pub(super) fn read(places: &ReplyPlaces, source: &mut Source<'a>) -> Result<Self, Misfit> {
        let stop = source.text(places.stop.as_ref())?.filter(|word| !word.is_empty());
        // A count that is none says nothing; no reply is lost for it.
        let input = source.whole(places.input_tokens.as_ref()).ok().flatten();
        let output = source.whole(places.output_tokens.as_ref()).ok().flatten();
        let usage = (input.is_some() || output.is_some()).then(|| Usage {
            input: input.unwrap_or(0),
            output: output.unwrap_or(0),
            ..Usage::default()
        });
        Ok(Self { stop: stop.map(|word| places.stops.read(word)), usage })
    }
}

impl StopWords {
    fn read<'a>(&self, word: Text<'a>) -> Stop<'a> {
        let is = |own: &Option<String>| own.as_ref().is_some_and(|own| *own == word);
        if is(&self.end) {
            Stop::End
        } else if is(&self.length) {
            Stop::Length
        } else if is(&self.filtered) {
            Stop::Filtered(Some(word))
        } else {
            Stop::Other(word)
        }
    }

    /// The word for a reason: the nearest that there is.
    fn word(&self, stop: &Stop<'_>) -> Option<&str> {
        let own = match stop {
            Stop::Length => &self.length,
            Stop::Filtered(_) => &self.filtered,
            _ => &self.end,
        };
        own.as_ref().or(self.end.as_ref()).map(String::as_str)
    }
}
