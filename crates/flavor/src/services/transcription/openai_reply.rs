//! What OpenAI's `/v1/audio/transcriptions` answers: JSON, or the bare transcript.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{Millis, Reply, Segment, Shape, subtitles};
use crate::canon::{Text, tokens};
use crate::json::{Misfit, Object, writer};
use crate::services::usage::count;
use crate::services::{Face, Usage, answer};

const PLAIN: &str = "text/plain; charset=utf-8";

pub(super) fn read<'a>(body: &'a str, content_type: Option<&str>) -> Result<Reply<'a>, Misfit> {
    if !is_json(body, content_type) {
        let text = Text::Borrowed(body.trim());
        let usage = Usage { text_bytes: long(&text), ..Usage::default() };
        return Ok(Reply { text, segments: Vec::new(), language: None, duration: None, usage });
    }
    let mut root = answer::read(body)?;
    let segments = root.list("segments")?.unwrap_or_default();
    let usage = usage(&mut root);
    let text = root.needed_text("text")?;
    let usage = Usage { text_bytes: long(&text), ..usage };
    Ok(Reply {
        text,
        segments: read_segments(&segments).map_err(|misfit| misfit.at("segments"))?,
        language: root.text("language")?,
        duration: root.take("duration").and_then(|it| Millis::of_seconds(bare(it))),
        usage,
    })
}

/// Some servers send a bare transcript although they were asked for JSON.
fn is_json(body: &str, content_type: Option<&str>) -> bool {
    answer::is_json(content_type) || content_type.is_none() && body.trim_start().starts_with('{')
}

fn read_segments<'a>(segments: &[&'a RawValue]) -> Result<Vec<Segment<'a>>, Misfit> {
    let read = |segment: &'a RawValue| {
        let mut segment = Object::read(segment)?;
        let mut time = |name| {
            let time = segment.take(name).and_then(|it| Millis::of_seconds(bare(it)));
            time.ok_or_else(|| Misfit::new("should be a time in seconds").at(name))
        };
        let (start, end) = (time("start")?, time("end")?);
        Ok(Segment { start, end, text: segment.text("text")?.unwrap_or_default() })
    };
    let segments = segments.iter().enumerate();
    segments.map(|(at, it)| read(it).map_err(|misfit: Misfit| misfit.within(at))).collect()
}

/// A number, which some servers put into quotes.
fn bare(value: &RawValue) -> &str {
    value.get().trim_matches('"')
}

pub(in crate::services) fn usage(root: &mut Object<'_>) -> Usage {
    let mut used = root.object("usage").ok().flatten();
    let seconds = used.as_mut().and_then(|used| used.take("seconds"));
    let seconds = seconds.and_then(|seconds| count(bare(seconds)));
    let mut figure = |name| used.as_mut().and_then(|used| tokens(used, name));
    // vLLM has the names of chat.
    let input_tokens = figure("input_tokens").or_else(|| figure("prompt_tokens"));
    let output_tokens = figure("output_tokens").or_else(|| figure("completion_tokens"));
    let details = used.as_mut().and_then(|used| used.object("input_token_details").ok().flatten());
    Usage {
        input_tokens,
        output_tokens,
        audio_input_tokens: details.and_then(|mut it| tokens(&mut it, "audio_tokens")),
        // The longer form of a transcript says it at its root.
        seconds: seconds.or_else(|| duration(root)),
        ..Usage::default()
    }
}

fn duration(root: &Object<'_>) -> Option<u64> {
    let (_, duration) = root.rest().find(|(name, _)| *name == "duration")?;
    count(bare(duration))
}

pub(super) fn weigh(body: &str, content_type: Option<&str>) -> Result<Usage, Misfit> {
    if is_json(body, content_type) {
        let mut root = answer::read(body)?;
        let text = root.text("text").ok().flatten().unwrap_or_default();
        return Ok(Usage { text_bytes: long(&text), ..usage(&mut root) });
    }
    Ok(Usage { text_bytes: long(body.trim()), ..Usage::default() })
}

fn long(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}

pub(super) fn write(
    reply: &Reply<'_>,
    face: &Face,
) -> Result<(Vec<u8>, Cow<'static, str>), Misfit> {
    let shape = face.wants.shape;
    let body = match shape {
        Shape::Json => write_json(reply, face, false),
        Shape::Verbose => write_json(reply, face, true),
        Shape::Text => format!("{}\n", reply.text).into_bytes(),
        Shape::Srt | Shape::Vtt if reply.segments.is_empty() && !reply.text.is_empty() => {
            return Err(Misfit::new("does not say when what is said, which subtitles need"));
        }
        Shape::Srt | Shape::Vtt => subtitles::write(shape, &reply.segments).into_bytes(),
    };
    let kind =
        if matches!(shape, Shape::Json | Shape::Verbose) { "application/json" } else { PLAIN };
    Ok((body, Cow::Borrowed(kind)))
}

/// How a segment was made, which the canonical form does not hold and OpenAI's SDKs have no transcript
/// without. The request's losses name it.
const UNTOLD: [(&str, &str); 6] = [
    ("seek", "0"),
    ("tokens", "[]"),
    ("temperature", "0.0"),
    ("avg_logprob", "0.0"),
    ("compression_ratio", "0.0"),
    ("no_speech_prob", "0.0"),
];

fn write_json(reply: &Reply<'_>, face: &Face, verbose: bool) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        if verbose {
            root.text("task", "transcribe");
            let asked = face.wants.language.as_deref();
            root.text("language", reply.language.as_deref().or(asked).unwrap_or("unknown"));
            let last = reply.segments.last().map(|segment| segment.end);
            root.raw("duration", &reply.duration.or(last).unwrap_or_default().seconds());
        }
        root.text("text", &reply.text);
        if verbose {
            root.list("segments", |segments| {
                for (id, segment) in (0..).zip(&reply.segments) {
                    segments.object(|it| {
                        it.whole("id", id);
                        it.raw("start", &segment.start.seconds());
                        it.raw("end", &segment.end.seconds());
                        it.text("text", &segment.text);
                        UNTOLD.iter().for_each(|(name, nothing)| it.raw(name, nothing));
                    });
                }
            });
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Option<&str> = Some("application/json");

    #[test]
    fn both_ways_to_charge_are_read() {
        let by_time = r#"{"text":"a","usage":{"type":"duration","seconds":8.2}}"#;
        assert_eq!(weigh(by_time, JSON).unwrap().seconds, Some(9));
        let by_length = r#"{"text":"a","duration":"8.47","language":"english"}"#;
        assert_eq!(weigh(by_length, JSON).unwrap().seconds, Some(9));
        let by_tokens = r#"{"text":"a","usage":{"type":"tokens","input_tokens":14,"output_tokens":5,
            "total_tokens":19,"input_token_details":{"text_tokens":0,"audio_tokens":14}}}"#;
        let expected = Usage {
            input_tokens: Some(14),
            output_tokens: Some(5),
            audio_input_tokens: Some(14),
            text_bytes: 1,
            ..Usage::default()
        };
        assert_eq!(weigh(by_tokens, JSON).unwrap(), expected);
        assert_eq!(read(by_tokens, JSON).unwrap().usage, expected);
        let bare = Usage { text_bytes: 1, ..Usage::default() };
        assert_eq!(weigh("a", Some(PLAIN)).unwrap(), bare);
        assert!(weigh(r#"{"error":{}}"#, JSON).is_err());
    }

    #[test]
    fn a_bare_transcript_is_one() {
        assert_eq!(read(" a\n", Some(PLAIN)).unwrap().text, "a");
        assert_eq!(read("{a}", Some(PLAIN)).unwrap().text, "{a}");
        assert_eq!(read(r#"{"text":"a"}"#, None).unwrap().text, "a");
    }

    #[test]
    fn subtitles_need_times() {
        let reply = read(r#"{"text":"a"}"#, JSON).unwrap();
        let mut face = Face::default();
        face.wants.shape = Shape::Srt;
        assert!(write(&reply, &face).is_err());
        let silent = read(r#"{"text":""}"#, JSON).unwrap();
        assert_eq!(write(&silent, &face).unwrap().0, b"");
    }
}
