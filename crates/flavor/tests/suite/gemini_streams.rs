//! Gemini: canonical streams, written in either form and read back.

use bytes::Bytes;
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, value::RawValue};
use weighbridge_flavor::{
    canon::{Event, Face, Stop, ToolNames, Usage},
    gemini::{Listing, StreamReader, StreamWriter},
    sse::EventReader,
};

/// One thing that an answer says.
#[derive(Debug, Clone, PartialEq)]
enum Said {
    Text(String),
    Thought(String),
    Signature(String),
    Call { id: String, name: String, signature: Option<String>, arguments: String },
}

fn said() -> impl Strategy<Value = Said> {
    let arguments = vec![r#"{"a":[1.50,"\n秤"]}"#, "{}", "{ }", r#"{"a":{"b":{}}}"#];
    let call = ("[a-z0-9]{1,6}", "[a-z_]{1,6}", option::of("[A-Z]{4}"), select(arguments));
    prop_oneof![
        "[a-z秤\"\n]{1,8}".prop_map(Said::Text),
        "[a-z秤\"\n]{1,8}".prop_map(Said::Thought),
        "[A-Z]{4}".prop_map(Said::Signature),
        call.prop_map(|(id, name, signature, arguments)| {
            Said::Call { id, name, signature, arguments: arguments.to_owned() }
        }),
    ]
}

/// The events of an answer; arguments come in pieces of `step` letters.
fn events(choice: u32, all: &[Said], step: usize) -> Vec<Event<'_>> {
    let (mut events, mut calls) = (Vec::new(), 0..);
    for said in all {
        match said {
            Said::Text(piece) => events.push(Event::Text { choice, piece: piece.into() }),
            Said::Thought(piece) => events.push(Event::Reasoning { choice, piece: piece.into() }),
            Said::Signature(signature) => {
                events.push(Event::Signature { choice, signature: signature.into() });
            }
            Said::Call { id, name, signature, arguments } => {
                let call = calls.next().unwrap();
                let (id, name) = (id.into(), name.into());
                let signature = signature.as_ref().map(Into::into);
                events.push(Event::CallStart { choice, call, id, name, signature });
                let letters: Vec<char> = arguments.chars().collect();
                for piece in letters.chunks(step) {
                    let piece = piece.iter().collect::<String>().into();
                    events.push(Event::CallArguments { choice, call, piece });
                }
            }
        }
    }
    let calls = all.iter().any(|said| matches!(said, Said::Call { .. }));
    events.push(Event::Stop { choice, stop: Stop::End.with_calls(calls) });
    events
}

/// What is read back: the calls of an answer may come later than the words behind them.
fn read_back(wire: Vec<u8>) -> (Vec<Vec<Said>>, Option<Usage>, bool) {
    let (mut cutter, mut reader) = (EventReader::new(1 << 20), StreamReader::new());
    let (mut answers, mut usage) = (vec![Vec::new(); 2], None);
    cutter.push(Bytes::from(wire));
    while let Some(event) = cutter.next_event().unwrap() {
        let read = reader.read(&event, &mut |event| match event {
            Event::Text { choice, piece } => {
                answers[choice as usize].push(Said::Text(piece.into_owned()));
            }
            Event::Reasoning { choice, piece } => {
                answers[choice as usize].push(Said::Thought(piece.into_owned()));
            }
            Event::Signature { choice, signature } => {
                answers[choice as usize].push(Said::Signature(signature.into_owned()));
            }
            Event::CallStart { choice, id, name, signature, .. } => {
                answers[choice as usize].push(Said::Call {
                    id: id.into_owned(),
                    name: name.into_owned(),
                    signature: signature.map(std::borrow::Cow::into_owned),
                    arguments: String::new(),
                });
            }
            Event::CallArguments { choice, piece, .. } => {
                let last = answers[choice as usize].last_mut();
                let Some(Said::Call { arguments, .. }) = last else { panic!("no call") };
                arguments.push_str(&piece);
            }
            Event::Usage(all) => usage = Some(all),
            Event::Start { .. } | Event::Stop { .. } => {}
            other => panic!("{other:?}"),
        });
        read.unwrap();
    }
    (answers, usage, reader.is_finished())
}

/// The words of an answer, and its calls.
fn parted(answer: &[Said]) -> (Vec<Said>, Vec<Said>) {
    answer.iter().cloned().partition(|said| !matches!(said, Said::Call { .. }))
}

fn write(events: &[Event<'_>]) -> Vec<u8> {
    let (id, model) = ("7Lq".to_owned(), "weigher".to_owned());
    let mut writer = StreamWriter::new(Face {
        names: ToolNames::default(),
        id,
        model,
        created: 0,
        wants_usage: false,
    });
    let mut out = Vec::new();
    events.iter().for_each(|event| writer.write(event, &mut out));
    assert!(!String::from_utf8_lossy(&out).contains("\"finishReason\""));
    writer.end(&mut out);
    out
}

proptest! {
    #[test]
    fn streams_survive_the_way_there_and_back(
        first in vec(said(), 0..8), second in vec(said(), 0..8),
        step in 1..9_usize, turns in vec(any::<bool>(), 0..60),
    ) {
        let (mut one, mut other) = (events(0, &first, step), events(1, &second, step));
        one.reverse();
        other.reverse();
        let mut mixed = vec![Event::Start { id: None, model: None }];
        for turn in turns {
            mixed.extend(if turn { one.pop() } else { other.pop() });
        }
        mixed.extend(one.into_iter().rev().chain(other.into_iter().rev()));
        let (reasoning, searches) = (Some(2), Some(0));
        let usage = Usage { input: 3, output: 5, reasoning, searches, ..Usage::default() };
        mixed.push(Event::Usage(usage));

        let wire = write(&mixed);
        let (answers, read, finished) = read_back(wire.clone());
        prop_assert!(finished);
        prop_assert_eq!(read, Some(usage));
        prop_assert_eq!(parted(&answers[0]), parted(&first));
        prop_assert_eq!(parted(&answers[1]), parted(&second));

        let list = Listing::default().end(wire.clone().into());
        let pieces: Vec<&RawValue> = serde_json::from_slice(&list).unwrap();
        let text = String::from_utf8(wire).unwrap();
        let lines: Vec<&str> = text.lines().filter_map(|it| it.strip_prefix("data: ")).collect();
        prop_assert_eq!(pieces.iter().map(|it| it.get()).collect::<Vec<_>>(), lines);
    }
}

#[test]
fn an_error_after_the_reasons_to_finish_is_the_only_end() {
    let face = Face {
        names: ToolNames::default(),
        id: "7".into(),
        model: "w".into(),
        created: 0,
        wants_usage: false,
    };
    let mut writer = StreamWriter::new(face);
    let mut out = Vec::new();
    for event in events(0, &[Said::Text("a".into())], 1) {
        writer.write(&event, &mut out);
    }
    writer.fail(503, "no receipt", &mut out);
    writer.end(&mut out);
    let list = Listing::default().end(out.into());
    let pieces: Vec<Value> = serde_json::from_slice(&list).unwrap();
    assert_eq!(pieces.len(), 2);
    assert_eq!(pieces[1]["error"]["status"], "UNAVAILABLE");
    assert!(pieces[0]["candidates"][0].get("finishReason").is_none());
}
