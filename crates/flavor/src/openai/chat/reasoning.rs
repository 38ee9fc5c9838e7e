//! What the model thought. OpenAI has no words for it; servers have three.
//!
//! `reasoning_content` and `reasoning` hold the words alone. OpenRouter's `reasoning_details` holds
//! one item for each piece, with its signature, or sealed; pieces of one thought share an index.

use serde_json::value::RawValue;

use super::name_rest;
use crate::{
    canon::{Losses, Reasoning, Text},
    json::{Misfit, Object, writer::Members},
};

const DETAILS: &str = "reasoning_details";
const PLAIN: &str = "reasoning_content";
const PLAIN_TOO: &str = "reasoning";
const TEXT: &str = "reasoning.text";
const SUMMARY: &str = "reasoning.summary";
const ENCRYPTED: &str = "reasoning.encrypted";

/// Takes what a message or a delta says of reasoning out of it. `place` is where it stands.
pub(super) fn read<'a>(
    message: &mut Object<'a>,
    place: &str,
    losses: &mut Losses,
) -> Result<Vec<Reasoning<'a>>, Misfit> {
    // A server that has both says the same in both.
    let (first, second) = (message.text(PLAIN)?, message.text(PLAIN_TOO)?);
    let is_said = |words: &Text<'_>| !words.is_empty();
    let plain = first.filter(is_said).or(second.filter(is_said));
    let details = message.list(DETAILS)?.unwrap_or_default();
    let mut thoughts = read_details(&details, place, losses)?;
    let Some(plain) = plain else { return Ok(thoughts) };
    if thoughts.iter().any(|thought| !thought.text.is_empty()) {
        return Ok(thoughts);
    }
    let mut without = thoughts.iter_mut().filter(|thought| thought.sealed.is_none());
    match (without.next(), without.next()) {
        (Some(thought), None) => thought.text = plain,
        (None, _) => thoughts.insert(0, Reasoning { text: plain, ..Reasoning::default() }),
        (Some(_), Some(_)) => {
            // A signature over other words would be refused.
            losses.approximated(format!("{place}{DETAILS}"), "whose words they sign is not said");
            thoughts.retain(|thought| thought.sealed.is_some());
            thoughts.insert(0, Reasoning { text: plain, ..Reasoning::default() });
        }
    }
    Ok(thoughts)
}

fn read_details<'a>(
    details: &[&'a RawValue],
    place: &str,
    losses: &mut Losses,
) -> Result<Vec<Reasoning<'a>>, Misfit> {
    let mut thoughts = Vec::new();
    let mut last = None;
    for (at, detail) in details.iter().enumerate() {
        let read = read_detail(detail, place, losses);
        let (index, piece) = read.map_err(|misfit| misfit.within(at).at(DETAILS))?;
        let Some(piece) = piece else { continue };
        let same = index.is_some() && std::mem::replace(&mut last, index) == index;
        match thoughts.last_mut().filter(|_| same) {
            Some(thought) => join(thought, piece),
            None => thoughts.push(piece),
        }
    }
    Ok(thoughts)
}

/// One item and its index. Nothing where its type is not known.
fn read_detail<'a>(
    detail: &'a RawValue,
    place: &str,
    losses: &mut Losses,
) -> Result<(Option<u64>, Option<Reasoning<'a>>), Misfit> {
    let mut detail = Object::read(detail)?;
    let kind = detail.needed_text("type")?;
    let index = detail.whole("index")?;
    let piece = match kind.as_ref() {
        TEXT => Reasoning {
            text: detail.text("text")?.unwrap_or_default(),
            signature: detail.text("signature")?,
            sealed: None,
        },
        SUMMARY => {
            Reasoning { text: detail.text("summary")?.unwrap_or_default(), ..Reasoning::default() }
        }
        ENCRYPTED => Reasoning { sealed: detail.text("data")?, ..Reasoning::default() },
        _ => {
            losses.dropped(format!("{place}{DETAILS}[].type"), "not known here");
            return Ok((index, None));
        }
    };
    name_rest(&detail, &format!("{place}{DETAILS}[]."), losses);
    Ok((index, Some(piece)))
}

fn join<'a>(thought: &mut Reasoning<'a>, piece: Reasoning<'a>) {
    if thought.text.is_empty() {
        thought.text = piece.text;
    } else {
        thought.text.to_mut().push_str(&piece.text);
    }
    thought.signature = piece.signature.or(thought.signature.take());
    thought.sealed = piece.sealed.or(thought.sealed.take());
}

/// Writes the words, and item by item what is more than words.
pub(super) fn write(message: &mut Members<'_>, thoughts: &[&Reasoning<'_>]) {
    let words: String = thoughts.iter().map(|thought| thought.text.as_ref()).collect();
    if !words.is_empty() {
        message.text(PLAIN, &words);
    }
    let is_plain =
        |thought: &&Reasoning<'_>| thought.signature.is_none() && thought.sealed.is_none();
    // A server that knows the words alone may refuse the other.
    if thoughts.iter().all(is_plain) {
        return;
    }
    message.list(DETAILS, |details| {
        for (index, thought) in (0..).zip(thoughts) {
            if thought.sealed.is_none() || !thought.text.is_empty() || thought.signature.is_some() {
                details.object(|it| {
                    write_text(it, index, &thought.text, thought.signature.as_deref())
                });
            }
            if let Some(sealed) = &thought.sealed {
                details.object(|it| write_sealed(it, index, sealed));
            }
        }
    });
}

/// Writes the next words of what the model thinks.
pub(crate) fn write_piece(delta: &mut Members<'_>, piece: &str) {
    delta.text(PLAIN, piece);
}

/// Writes the signature of a thought whose words went out before.
pub(super) fn write_signature(delta: &mut Members<'_>, index: u64, signature: &str) {
    delta.list(DETAILS, |details| {
        details.object(|it| write_text(it, index, "", Some(signature)));
    });
}

/// Writes a thought that is sealed.
pub(super) fn write_seal(delta: &mut Members<'_>, index: u64, sealed: &str) {
    delta.list(DETAILS, |details| details.object(|it| write_sealed(it, index, sealed)));
}

fn write_text(detail: &mut Members<'_>, index: u64, text: &str, signature: Option<&str>) {
    detail.text("type", TEXT);
    detail.text("text", text);
    if let Some(signature) = signature {
        detail.text("signature", signature);
    }
    detail.whole("index", index);
}

fn write_sealed(detail: &mut Members<'_>, index: u64, sealed: &str) {
    detail.text("type", ENCRYPTED);
    detail.text("data", sealed);
    detail.whole("index", index);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::writer;

    fn thoughts(message: &str) -> Vec<Reasoning<'_>> {
        let mut message = Object::parse(message).unwrap();
        read(&mut message, "", &mut Losses::default()).unwrap()
    }

    fn thought<'a>(
        text: &'a str,
        signature: Option<&'a str>,
        sealed: Option<&'a str>,
    ) -> Reasoning<'a> {
        Reasoning {
            text: text.into(),
            signature: signature.map(Into::into),
            sealed: sealed.map(Into::into),
        }
    }

    #[test]
    fn words_that_stand_twice_are_read_once() {
        let both = r#"{"reasoning":"a","reasoning_content":"a","reasoning_details":
            [{"type":"reasoning.text","text":"a","signature":"s","index":0}]}"#;
        assert_eq!(thoughts(both), [thought("a", Some("s"), None)]);
        assert_eq!(
            thoughts(r#"{"reasoning_content":"","reasoning":"b"}"#),
            [thought("b", None, None)]
        );
    }

    #[test]
    fn words_go_with_the_signature_that_has_none() {
        let apart = r#"{"reasoning_content":"a","reasoning_details":
            [{"type":"reasoning.encrypted","data":"x"},{"type":"reasoning.text","text":"","signature":"s"}]}"#;
        assert_eq!(thoughts(apart), [thought("", None, Some("x")), thought("a", Some("s"), None)]);
    }

    #[test]
    fn words_of_several_thoughts_go_with_no_signature() {
        let apart = r#"{"reasoning_content":"ab","reasoning_details":[
            {"type":"reasoning.text","text":"","signature":"s","index":0},
            {"type":"reasoning.encrypted","data":"x","index":1},
            {"type":"reasoning.text","text":"","signature":"t","index":2}]}"#;
        assert_eq!(thoughts(apart), [thought("ab", None, None), thought("", None, Some("x"))]);
    }

    #[test]
    fn pieces_of_one_index_are_one_thought() {
        let pieces = r#"{"reasoning_details":[
            {"type":"reasoning.summary","summary":"a","index":0},
            {"type":"reasoning.summary","summary":"b","index":0},
            {"type":"reasoning.encrypted","data":"x","index":0},
            {"type":"reasoning.text","text":"c","index":1},
            {"type":"reasoning.text","text":"d"},{"type":"reasoning.text","text":"e"}]}"#;
        let expected = [
            thought("ab", None, Some("x")),
            thought("c", None, None),
            thought("d", None, None),
            thought("e", None, None),
        ];
        assert_eq!(thoughts(pieces), expected);
    }

    #[test]
    fn number_and_order_survive_writing() {
        let many = [
            thought("a", Some("s"), None),
            thought("", Some("t"), None),
            thought("", None, Some("x")),
            thought("b", None, Some("y")),
            thought("c", None, None),
        ];
        let mut out = Vec::new();
        writer::object(&mut out, |it| write(it, &many.iter().collect::<Vec<_>>()));
        assert_eq!(thoughts(std::str::from_utf8(&out).unwrap()), many);
    }
}
