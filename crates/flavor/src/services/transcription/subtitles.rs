//! Subtitles, written from segments.

use std::fmt::Write as _;

use super::{Segment, Shape};

/// The segments as subtitles: WebVTT, or else SubRip.
pub(super) fn write(shape: Shape, segments: &[Segment<'_>]) -> String {
    let is_vtt = shape == Shape::Vtt;
    let (mut out, between) = if is_vtt { ("WEBVTT\n\n".into(), '.') } else { (String::new(), ',') };
    for (at, Segment { start, end, text }) in segments.iter().enumerate() {
        if !is_vtt {
            // What is written to memory does not fail.
            let _ = writeln!(out, "{}", at + 1);
        }
        let _ = writeln!(out, "{} --> {}", start.clock(between), end.clock(between));
        let lines = text.trim().lines().map(str::trim).filter(|line| !line.is_empty());
        for line in lines {
            // It would be taken for the times of another.
            let _ = writeln!(out, "{}", line.replace("-->", "->"));
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::transcription::Millis;

    #[test]
    fn both_kinds_have_their_own_head_and_times() {
        let segment = |start, end, text: &'static str| Segment {
            start: Millis(start),
            end: Millis(end),
            text: text.into(),
        };
        let segments = [segment(0, 3500, " One.\n\ntwo --> three"), segment(3500, 7200, "秤")];
        assert_eq!(
            write(Shape::Srt, &segments),
            "1\n00:00:00,000 --> 00:00:03,500\nOne.\ntwo -> three\n\n\
             2\n00:00:03,500 --> 00:00:07,200\n秤\n\n"
        );
        assert_eq!(
            write(Shape::Vtt, &segments[1..]),
            "WEBVTT\n\n00:00:03.500 --> 00:00:07.200\n秤\n\n"
        );
    }
}
