//! Following streams, against a plain account of what becomes of each event.

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};
use weighbridge_flavor::openai::{ChatStream, Ended, StreamError, StreamOptions};

use super::generate::{cut, cuts, damaged, letters};

const MAX: usize = 4096;

/// Everything that can be seen of a stream from outside.
#[derive(Debug, PartialEq)]
struct Seen {
    forward: Vec<u8>,
    held: Vec<u8>,
    how: Option<Ended>,
    error: Option<String>,
    usage: Option<u64>,
    reason: Option<String>,
    model: Option<String>,
    failure: Option<String>,
    text_bytes: u64,
    events: u64,
}

fn follow(bytes: &[u8], at: &[u16], strip_usage: bool) -> Seen {
    follow_pieces(cut(bytes, at), strip_usage)
}

fn follow_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, strip_usage: bool) -> Seen {
    let mut stream = ChatStream::new(StreamOptions { strip_usage, max_event: MAX });
    let (mut forward, mut held) = (Vec::new(), Vec::new());
    let mut broken: Option<StreamError> = None;
    for piece in pieces {
        let was_over = stream.is_over();
        match stream.push(Bytes::copy_from_slice(piece)) {
            Ok(relay) => {
                let given = relay.forward.len() + relay.held.as_ref().map_or(0, Bytes::len);
                assert!(!was_over || given == 0, "F2");
                forward.extend_from_slice(&relay.forward);
                held.extend(relay.held.into_iter().flatten());
            }
            Err(error) => {
                assert!(!was_over || error.before().is_empty(), "F2");
                forward.extend_from_slice(error.before());
                broken = Some(error);
            }
        }
        assert!(stream.pending() <= MAX);
    }
    let end = stream.end();
    let how = end.as_ref().ok().map(|end| end.how);
    match end {
        Ok(end) => held.extend_from_slice(&end.held),
        Err(error) => broken = Some(error),
    }
    assert_eq!(stream.end().ok().map(|end| end.held.len()), how.map(|_| 0), "F2");
    Seen {
        forward,
        held,
        how,
        error: broken.map(|error| error.to_string()),
        usage: stream.usage().map(|usage| usage.output_tokens),
        reason: stream.finish_reason().map(str::to_owned),
        model: stream.served_model().map(str::to_owned),
        failure: stream.failure().map(|failure| failure.message.clone()),
        text_bytes: stream.text_bytes(),
        events: stream.events(),
    }
}

/// One event, as a provider means it.
#[derive(Debug, Clone)]
enum Sent {
    Text(String),
    Finish,
    LastUsage(u64),
    Usage(u64),
    Comment,
    Ours,
    Mixed,
    Blank,
    Done,
    Failure,
    Garbage,
}

impl Sent {
    fn wire(&self, end: &str) -> String {
        let lines = match self {
            Self::Text(text) => vec![format!(
                r#"data: {{"model":"m","choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":null}}],"usage":null}}"#
            )],
            Self::Finish => {
                vec![r#"data:{"choices":[{"delta":{},"finish_reason":"stop"}]}"#.to_owned()]
            }
            Self::LastUsage(n) => vec![
                "event: message".to_owned(),
                format!(
                    r#"data: {{"choices":[{{"index":0,"finish_reason":"stop"}}],"usage":{}}}"#,
                    usage(*n)
                ),
            ],
            Self::Usage(n) => vec![
                "data: {\"choices\":[ ],".to_owned(),
                format!("data: \"usage\":{}}}", usage(*n)),
            ],
            Self::Comment => vec![": keep-alive".to_owned()],
            Self::Ours => vec![": weighbridge {\"call\":1}".to_owned()],
            Self::Mixed => {
                vec![": weighbridge ping".to_owned(), ": note".to_owned(), "id: 1".to_owned()]
            }
            Self::Blank => vec![],
            Self::Done => vec!["data: [DONE]".to_owned()],
            Self::Failure => vec![r#"data: {"error":{"message":"no"}}"#.to_owned()],
            Self::Garbage => vec!["data: <html>".to_owned()],
        };
        lines.iter().map(|line| format!("{line}{end}")).collect::<String>() + end
    }
}

fn usage(n: u64) -> String {
    format!(r#"{{"prompt_tokens":1,"completion_tokens":{n}}}"#)
}

fn sent() -> impl Strategy<Value = Sent> {
    prop_oneof![
        12 => letters().prop_map(Sent::Text),
        2 => Just(Sent::Finish),
        1 => (0..=1_000_000_000_000u64).prop_map(Sent::LastUsage),
        2 => (0..=1_000_000_000_000u64).prop_map(Sent::Usage),
        1 => Just(Sent::Comment),
        2 => Just(Sent::Ours),
        1 => Just(Sent::Mixed),
        1 => Just(Sent::Blank),
        1 => Just(Sent::Done),
        1 => prop_oneof![Just(Sent::Failure), Just(Sent::Garbage)],
    ]
}

/// What has to come of it.
fn expected(all: &[Sent], end: &str, strip: bool) -> Seen {
    let mut seen = Seen {
        forward: Vec::new(),
        held: Vec::new(),
        how: None,
        error: None,
        usage: None,
        reason: None,
        model: None,
        failure: None,
        text_bytes: 0,
        events: 0,
    };
    for sent in all {
        let wire = sent.wire(end);
        let mut forward = wire.clone();
        match sent {
            Sent::Text(text) => {
                seen.text_bytes += text.len() as u64;
                seen.model = Some("m".to_owned());
            }
            Sent::Finish => seen.reason = Some("stop".to_owned()),
            Sent::LastUsage(n) => {
                seen.reason = Some("stop".to_owned());
                seen.usage = Some(*n);
            }
            Sent::Usage(n) => {
                seen.usage = Some(*n);
                if strip {
                    forward.clear();
                }
            }
            Sent::Ours => forward.clear(),
            Sent::Mixed => forward = format!(": note{end}id: 1{end}{end}"),
            Sent::Comment | Sent::Blank => {}
            Sent::Done => {
                seen.held = wire.into_bytes();
                seen.how = Some(Ended::Done);
                return seen;
            }
            Sent::Failure => {
                seen.events += 1;
                seen.failure = Some("no".to_owned());
                seen.how = Some(Ended::Cut);
                return seen;
            }
            Sent::Garbage => {
                seen.error = Some(
                    "the provider sent an event that cannot be read: \
                     invalid JSON at byte 0: a value was expected"
                        .to_owned(),
                );
                return seen;
            }
        }
        seen.events += u64::from(wire.contains("choices"));
        seen.forward.extend_from_slice(forward.as_bytes());
    }
    let finished = seen.reason.is_some();
    seen.how = Some(if finished { Ended::FinishedWithoutDone } else { Ended::Cut });
    seen
}

fn joined(seen: &Seen) -> Vec<u8> {
    [seen.forward.clone(), seen.held.clone()].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_event_meets_its_fate(
        all in vec(sent(), 0..12), at in cuts(), strip in any::<bool>(),
        end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
    ) {
        let wire: String = all.iter().map(|sent| sent.wire(end)).collect();
        let seen = follow(wire.as_bytes(), &at, strip);
        let expected = expected(&all, end, strip);
        // An event that a lone CR closes at the very end is given out only there.
        prop_assert_eq!(joined(&seen), joined(&expected));
        let part = |seen: Seen| Seen { forward: Vec::new(), held: Vec::new(), ..seen };
        prop_assert_eq!(part(seen), part(expected));
    }

    /// Events that come whole, one or several at a time, are often not read: only their text is.
    #[test]
    fn whole_events_meet_the_same_fate(
        all in vec(sent(), 0..16), together in 1usize..4, strip in any::<bool>(),
        end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        damage in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let mut wires: Vec<Vec<u8>> = all
            .chunks(together)
            .map(|some| some.iter().map(|sent| sent.wire(end)).collect::<String>().into_bytes())
            .collect();
        if let Some((at, byte)) = damage {
            let count = wires.iter().map(Vec::len).sum::<usize>();
            if count > 0
                && let Some(damaged) = wires.iter_mut().flatten().nth(at.index(count))
            {
                *damaged = byte;
            }
        }
        let in_one = wires.concat();
        let pieces = wires.iter().map(Vec::as_slice);
        prop_assert_eq!(follow_pieces(pieces, strip), follow(&in_one, &[], strip));
    }

    #[test]
    fn cutting_changes_nothing(
        all in damaged(vec(sent(), 0..8).prop_map(|all| {
            all.iter().map(|sent| sent.wire("\n")).collect::<String>().into_bytes()
        })),
        at in cuts(), strip in any::<bool>(),
    ) {
        prop_assert_eq!(follow(&all, &at, strip), follow(&all, &[], strip));
    }

    #[test]
    fn noise_ends_well(bytes in vec(any::<u8>(), 0..400), at in cuts()) {
        prop_assert_eq!(follow(&bytes, &at, true), follow(&bytes, &[], true));
    }
}

fn stream() -> ChatStream {
    ChatStream::new(StreamOptions { strip_usage: false, max_event: MAX })
}

#[test]
fn whole_events_are_not_copied() {
    let wire = [Sent::Text("a".to_owned()), Sent::Comment, Sent::Text("b".to_owned())];
    let wire: String = wire.iter().map(|sent| sent.wire("\n")).collect();
    let piece = Bytes::from(wire.clone() + "data: {\"cho");
    let relay = stream().push(piece.clone()).unwrap();
    assert_eq!(relay.forward, wire);
    assert_eq!(relay.forward.as_ptr(), piece.as_ptr());
}

#[test]
fn an_end_mark_without_a_blank_line_is_held() {
    let mut stream = stream();
    let relay = stream.push(Bytes::from_static(b"data: [DONE]")).unwrap();
    assert_eq!((relay.forward.len(), relay.held), (0, None));
    let end = stream.end().unwrap();
    assert_eq!((end.held.as_ref(), end.how), (&b"data: [DONE]"[..], Ended::Done));
}

#[test]
fn a_cut_end_is_not_passed_on() {
    for tail in ["data: [DO", "data: {\"choices\":[{\"finish_reason\":\"stop\"", "data: \"秤"] {
        let mut stream = stream();
        stream.push(Bytes::from(tail)).unwrap();
        let end = stream.end().unwrap();
        assert_eq!((end.held.len(), end.how), (0, Ended::Cut), "{tail}");
    }
    let mut stream = stream();
    stream.push(Bytes::from_static(b"data: <html>")).unwrap();
    assert!(matches!(stream.end(), Err(StreamError::Garbage { .. })));
}

#[test]
fn text_cannot_pose_as_a_finish() {
    for event in [
        r#"data: {"choices":[{"delta":{"content":"\"finish_reason\":\"stop\""}}]}"#,
        r#"data: {"choices":[{"delta":{"finish_reason":"stop"}}]}"#,
        r#"data: {"choices":[{"finish_reason":""}]}"#,
        r#"data: {"finish_reason":"stop","choices":[{}],"x":[{"finish_reason":"stop"}]}"#,
    ] {
        let mut stream = stream();
        stream.push(Bytes::from(format!("{event}\n\n"))).unwrap();
        assert_eq!(stream.end().unwrap().how, Ended::Cut, "{event}");
    }
}

#[test]
fn an_endless_line_is_refused() {
    let mut stream = stream();
    let mut pushed = 0;
    let error = loop {
        match stream.push(Bytes::from_static(b"data: {\"choices\":[ ")) {
            Ok(_) => pushed += 19,
            Err(error) => break error,
        }
        assert!(pushed <= MAX);
    };
    assert_eq!(error.to_string(), "the provider sent an event longer than 4096 bytes");
    assert_eq!(stream.pending(), 0);
    assert!(stream.end().is_err());
}

#[test]
fn a_choice_that_goes_on_is_seen_even_where_no_choice_has_an_index() {
    let options = StreamOptions { strip_usage: false, max_event: 1 << 20 };
    let mut stream = ChatStream::new(options);
    let both = r#"data: {"choices":[{"finish_reason":null},{"finish_reason":"stop"}]}"#;
    stream.push(Bytes::from(format!("{both}\n\n"))).unwrap();
    assert!(!stream.finish_seen());
    let first = r#"data: {"choices":[{"finish_reason":"stop"}]}"#;
    stream.push(Bytes::from(format!("{first}\n\n"))).unwrap();
    assert!(stream.finish_seen());
}

#[test]
fn a_byte_order_mark_in_the_midst_of_a_stream_is_no_part_of_a_mould() {
    let event = "\u{feff}data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    let twice = [event.as_bytes(), event.as_bytes()].concat();
    let seen = follow_pieces([event.as_bytes(), event.as_bytes()], false);
    assert_eq!(seen, follow(&twice, &[], false));
}
