//! Streams on their way, from every dialect to every other and as they came.

use std::{fs, path::PathBuf};

use bytes::Bytes;
use serde::Deserialize;
use weighbridge_flavor::canon::{Face, Fault, ToolNames};
use weighbridge_flavor::course::{Broken, Close, Course, Way, Why};
use weighbridge_flavor::dialect::Dialect;

const MAX_EVENT: usize = 1 << 16;

#[derive(Deserialize)]
struct Wire {
    wire: Vec<String>,
}

fn wire(dialect: Dialect, name: &str) -> Vec<u8> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let path = root.join(folder(dialect)).join(name);
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice::<Wire>(&text).unwrap().wire.concat().into_bytes()
}

fn folder(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Chat | Dialect::Completion | Dialect::Responses => "openai",
        Dialect::Messages => "anthropic",
        Dialect::Gemini => "gemini",
        Dialect::OllamaChat | Dialect::OllamaGenerate => "ollama",
        Dialect::AogChat | Dialect::AogGenerate => "aog",
        Dialect::Custom(_) => panic!("has no samples"),
    }
}

/// A stream with words and, where the dialect has them, calls.
fn tools(dialect: Dialect) -> Vec<u8> {
    match dialect {
        Dialect::Chat => wire(dialect, "chat_stream_tools.json"),
        Dialect::Completion => wire(dialect, "completion_stream.json"),
        Dialect::Responses => wire(dialect, "responses_stream.json"),
        Dialect::Messages => wire(dialect, "stream_tools.json"),
        Dialect::Gemini => wire(dialect, "stream.json"),
        Dialect::OllamaChat => wire(dialect, "chat_stream_tools.json"),
        Dialect::OllamaGenerate | Dialect::AogGenerate => wire(dialect, "generate_stream.json"),
        Dialect::AogChat => wire(dialect, "stream_tools.json"),
        Dialect::Custom(_) => panic!("has no samples"),
    }
}

fn course(from: Dialect, to: Option<Dialect>, max_event: usize) -> Course {
    let face = Face {
        names: ToolNames::default(),
        id: "01".to_owned(),
        model: "asked".to_owned(),
        created: 1_760_000_000,
        wants_usage: true,
    };
    Course::new(Way { from, to: to.map(|to| (to, face)), strip_usage: false, max_event })
}

/// All that can be seen of a stream from outside.
#[derive(Debug, PartialEq)]
struct Seen {
    forward: Vec<u8>,
    held: Option<Vec<u8>>,
    broken: Option<Why>,
    close: Option<Close>,
    usage: Option<(u64, u64, bool)>,
    text_bytes: u64,
    finished: bool,
}

impl Seen {
    /// What is held of it: from the provider's terminator on, or from where it closed the stream.
    fn end(&self) -> Option<Vec<u8>> {
        match (&self.held, &self.close) {
            (Some(held), _) => Some(held.clone()),
            (None, Some(Close::Finished { forward, held })) => {
                Some([&forward[..], &held[..]].concat())
            }
            _ => None,
        }
    }

    /// All of it.
    fn wire(&self) -> Vec<u8> {
        [&self.forward[..], &self.end().unwrap()].concat()
    }
}

fn follow(course: &mut Course, pieces: &[&[u8]]) -> Seen {
    let (mut forward, mut held, mut broken) = (Vec::new(), None, None);
    for piece in pieces {
        let was_over = course.is_over();
        match course.push(Bytes::copy_from_slice(piece)) {
            Ok(relay) => {
                assert!(!was_over || (relay.forward.is_empty() && relay.held.is_none()), "F2");
                forward.extend_from_slice(&relay.forward);
                held = relay.held.map(|held| held.to_vec()).or(held);
            }
            Err(Broken { why, before }) => {
                assert!(!was_over || before.is_empty(), "F2");
                forward.extend_from_slice(&before);
                broken = Some(why);
            }
        }
    }
    let close = course.close().ok();
    let usage = course.usage().map(|used| (used.input, used.output, course.usage_is_last()));
    let finished = course.finish_seen();
    Seen { forward, held, broken, close, usage, text_bytes: course.text_bytes(), finished }
}

/// Every way that a stream can go.
fn ways() -> impl Iterator<Item = (Dialect, Option<Dialect>)> {
    let to = || std::iter::once(None).chain(Dialect::ALL.map(Some));
    Dialect::ALL.into_iter().flat_map(move |from| to().map(move |to| (from, to)))
}

#[test]
fn a_stream_goes_the_same_way_wherever_it_is_cut() {
    let ways: Vec<_> = ways().collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for first in 0..threads {
            let mine = ways.iter().skip(first).step_by(threads);
            scope.spawn(|| mine.for_each(|(from, to)| goes_the_same_way(*from, *to)));
        }
    });
}

fn goes_the_same_way(from: Dialect, to: Option<Dialect>) {
    let wire = tools(from);
    let whole = follow(&mut course(from, to, MAX_EVENT), &[&wire]);
    assert!(whole.end().is_some() && whole.finished && whole.broken.is_none(), "{from:?} {to:?}");
    for at in 0..=wire.len() {
        let (one, other) = wire.split_at(at);
        let cut = follow(&mut course(from, to, MAX_EVENT), &[one, other]);
        assert_eq!(cut, whole, "{from:?} to {to:?}, cut at {at}");
    }
    let bytes: Vec<&[u8]> = wire.chunks(1).collect();
    assert_eq!(follow(&mut course(from, to, MAX_EVENT), &bytes), whole);
}

#[test]
fn a_stream_of_the_callers_own_dialect_goes_on_byte_for_byte() {
    for dialect in Dialect::ALL {
        let wire = tools(dialect);
        let seen = follow(&mut course(dialect, None, MAX_EVENT), &[&wire]);
        let given = String::from_utf8(seen.wire()).unwrap();
        // Comments that look like the gateway's own are the one thing that does not.
        let wire = String::from_utf8(wire).unwrap();
        let events = wire.split_inclusive("\n\r\n").filter(|it| !it.starts_with(": weighbridge"));
        assert_eq!(given, events.collect::<String>(), "{dialect:?}");
    }
}

#[test]
fn what_a_converted_stream_says_reads_back_as_the_same() {
    for (from, to) in ways() {
        let Some(to) = to else { continue };
        let mut first = course(from, Some(to), MAX_EVENT);
        let seen = follow(&mut first, &[&tools(from)]);
        let wire = seen.wire();
        let again = follow(&mut course(to, None, MAX_EVENT), &[&wire]);
        assert!(again.end().is_some() && again.finished, "{from:?} to {to:?}");
        assert_eq!(again.usage, seen.usage, "{from:?} to {to:?}");
        // A completion is words alone: whoever asks for one has no tools, and sees no thoughts.
        if to == Dialect::Completion {
            assert!(again.text_bytes <= seen.text_bytes, "{from:?} to {to:?}");
        } else {
            assert_eq!(again.text_bytes, seen.text_bytes, "{from:?} to {to:?}");
        }
    }
}

#[test]
fn a_stream_that_is_cut_off_has_no_end() {
    for (from, to) in ways() {
        let wire = tools(from);
        // Before the finish mark nothing says that all is well, whatever came.
        for at in (0..wire.len() / 2).step_by(17) {
            let seen = follow(&mut course(from, to, MAX_EVENT), &[&wire[..at]]);
            assert_eq!((seen.held, seen.close), (None, Some(Close::Cut)), "{from:?} {to:?} {at}");
        }
    }
}

#[test]
fn a_finished_stream_without_its_terminator_is_ended_all_the_same() {
    let wire = tools(Dialect::Messages);
    let at = wire.windows(19).position(|it| it == b"event: message_stop").unwrap();
    for to in [None, Some(Dialect::Messages)] {
        let seen = follow(&mut course(Dialect::Messages, to, MAX_EVENT), &[&wire[..at]]);
        let Some(Close::Finished { held, .. }) = seen.close else { panic!("{seen:?}") };
        assert_eq!(held.is_empty(), to.is_none());
    }
}

#[test]
fn a_providers_failure_breaks_a_stream_and_is_not_passed_on() {
    for to in [None, Some(Dialect::Messages)] {
        let wire = wire(Dialect::Messages, "stream_failure.json");
        let seen = follow(&mut course(Dialect::Messages, to, MAX_EVENT), &[&wire, b"more"]);
        let failed = Fault::Failed("overloaded_error: Overloaded".to_owned());
        assert_eq!(seen.broken, Some(Why::Provider(failed)));
        assert!(!String::from_utf8_lossy(&seen.forward).contains("overloaded_error"));
        assert!(seen.held.is_none() && !seen.forward.is_empty());
    }
}

#[test]
fn an_event_beyond_the_bound_breaks_a_stream() {
    for (from, to) in ways() {
        let seen = follow(&mut course(from, to, 64), &[&tools(from)]);
        assert_eq!(seen.broken, Some(Why::TooLong(64)), "{from:?} to {to:?}");
        assert!(seen.forward.len() <= 64 && seen.held.is_none());
    }
}

#[test]
fn a_picture_goes_on_to_callers_of_its_own_dialect_and_to_no_others() {
    let picture = concat!(
        r#"data: {"candidates":[{"content":{"role":"model","parts":[{"inlineData":{"mimeType":"#,
        r#""image/png","data":"iVBORw0KGgo="}}]},"finishReason":"STOP"}],"usageMetadata":"#,
        r#"{"promptTokenCount":9,"candidatesTokenCount":1290,"totalTokenCount":1299}}"#,
        "\r\n\r\n"
    );
    let seen = follow(&mut course(Dialect::Gemini, None, MAX_EVENT), &[picture.as_bytes()]);
    assert_eq!(seen.wire(), picture.as_bytes());
    assert_eq!(seen.usage, Some((9, 1290, true)));
    let other = &mut course(Dialect::Gemini, Some(Dialect::Chat), MAX_EVENT);
    assert!(matches!(follow(other, &[picture.as_bytes()]).broken, Some(Why::Unsayable(_))));
}

#[test]
fn a_providers_ping_leaves_no_comment_in_a_reply() {
    let wire = tools(Dialect::Messages);
    assert!(String::from_utf8_lossy(&wire).contains("event: ping"));
    for to in [Dialect::Chat, Dialect::Completion, Dialect::Responses] {
        let mut course = course(Dialect::Messages, Some(to), MAX_EVENT);
        let seen = follow(&mut course, &[&wire]);
        let said = String::from_utf8([seen.forward, seen.held.unwrap_or_default()].concat());
        let said = said.unwrap();
        assert!(!said.lines().any(|line| line.starts_with(':')), "{to:?}: {said}");
    }
}

#[test]
fn what_is_written_to_a_tool_of_any_text_counts() {
    const PATCH: &str = "data: {\"type\":\"response.custom_tool_call_input.delta\",\"output_index\":0,\"delta\":\"*** Begin\"}\n\n";
    let mut course = course(Dialect::Responses, None, MAX_EVENT);
    let relay = course.push(Bytes::from_static(PATCH.as_bytes())).unwrap();
    assert_eq!((relay.forward, course.text_bytes()), (PATCH.into(), 9));
}

#[test]
fn only_an_event_of_usage_alone_is_kept_from_who_did_not_ask_for_it() {
    const ONE: &str =
        "data: {\"choices\":[{\"index\":200,\"text\":\"a\",\"finish_reason\":\"stop\"}]}\n\n";
    const AGAIN: &str = "data: {\"choices\":[{\"index\":200,\"text\":\"\",\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3}}\n\n";
    const ALONE: &str =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}\n\n";
    let way = Way { from: Dialect::Completion, to: None, strip_usage: true, max_event: MAX_EVENT };
    let mut course = Course::new(way);
    for (event, goes_on) in [(ONE, true), (AGAIN, true), (ALONE, false)] {
        let relay = course.push(Bytes::from_static(event.as_bytes())).unwrap();
        assert_eq!(relay.forward, if goes_on { event } else { "" });
    }
    assert_eq!(course.usage().unwrap().output, 4);
}
