//! Whatever the canonical form can say, AOG's flavor here can.

use proptest::{collection::vec, option, prelude::*, sample::select};
use weighbridge_flavor::aog::{
    Mode, StreamReader, StreamWriter, read_reply, read_request, write_reply,
};
use weighbridge_flavor::canon::{Effort, Event, Losses, Request, Text, Thinking};
use weighbridge_flavor::sse::EventReader;

use super::{Sample, face, read_stream, sample, written};
use crate::chat::property;
use crate::generate::{cut, cuts, damaged};

/// All that chat completions can say and, beyond that, several pieces of system text, the likely
/// words to choose among, and every way to think.
fn requests() -> impl Strategy<Value = Request<'static>> {
    let thinking = select(vec![
        Thinking::Off,
        Thinking::Effort(None),
        Thinking::Effort(Some(Effort::Medium)),
        Thinking::Budget(5000),
    ]);
    let system = vec("[a-z秤]{1,6}".prop_map(Text::Owned), 0..3);
    let more = (system, option::of(1..99_u64), option::of(thinking), option::of(any::<bool>()));
    (property::requests(), more).prop_map(|(mut request, (system, top_k, thinking, show))| {
        (request.system, request.sampling.top_k, request.n) = (system, top_k, 1);
        Request { thinking, show_thinking: show, ..request }
    })
}

fn modes() -> impl Strategy<Value = Mode> {
    select(vec![Mode::Chat, Mode::Generate])
}

proptest! {
    #[test]
    fn a_request_survives_writing_and_reading(request in requests()) {
        let mut losses = Losses::default();
        let body = written(Mode::Chat, &request, &mut losses);
        let read = read_request(Mode::Chat, &body, &mut losses).unwrap();
        prop_assert_eq!(losses.to_string(), "");
        prop_assert_eq!(read, request);
    }

    #[test]
    fn a_reply_survives_writing_and_reading(mut reply in property::replies(), mode in modes()) {
        reply.choices.truncate(1);
        reply.id = Some(face().id.into());
        let written = String::from_utf8(write_reply(mode, &reply, &face())).unwrap();
        prop_assert_eq!(read_reply(mode, &written).unwrap(), reply);
    }

    #[test]
    fn a_stream_survives_writing_and_reading(
        events in property::streams(), cuts in cuts(), mode in modes(),
    ) {
        let mut writer = StreamWriter::new(mode, face());
        let mut out = Vec::new();
        events.iter().for_each(|event| writer.write(event, &mut out));
        writer.end(&mut out);
        let (mut stream, mut reader) = (EventReader::new(1 << 16), StreamReader::new(mode));
        let mut read = Vec::new();
        for piece in cut(&out, &cuts) {
            stream.push(bytes::Bytes::copy_from_slice(piece));
            while let Some(event) = stream.next_event().unwrap() {
                reader.read(&event, &mut |event| read.push(format!("{event:?}"))).unwrap();
            }
        }
        // State of its provider's own goes to nobody, and a stream in which nothing was said begins
        // with its end.
        let is_said = |event: &&Event<'_>| {
            !matches!(event, Event::Signature { .. } | Event::Sealed { .. } | Event::Start { .. })
        };
        let expected = events.iter().filter(is_said).map(|event| format!("{event:?}"));
        prop_assert_eq!(&read[1..], &expected.collect::<Vec<_>>()[..]);
        prop_assert!(read[0].starts_with("Start") && reader.is_finished() && reader.is_over());
    }

    #[test]
    fn a_damaged_request_is_read_or_named(
        body in damaged(select(vec!["request_tools.json", "request_stock.json", "generate_request.json"])
            .prop_map(|name| sample(name).into_bytes())),
        mode in modes(),
    ) {
        let body = String::from_utf8_lossy(&body);
        if let Ok(request) = read_request(mode, &body, &mut Losses::default()) {
            let mut losses = Losses::default();
            let once = written(mode, &request, &mut losses);
            let read = read_request(mode, &once, &mut losses).unwrap();
            let twice = written(mode, &read, &mut losses);
            prop_assert_eq!(once, twice);
        }
    }

    #[test]
    fn a_damaged_stream_ends_at_most_once(
        bytes in damaged(select(vec!["stream.json", "stream_tools.json", "stream_engine.json"])
            .prop_map(|name| {
                let Sample { wire, .. } = serde_json::from_str(&sample(name)).unwrap();
                wire.concat().into_bytes()
            })),
        at in cuts(), mode in modes(),
    ) {
        let (read, out) = read_stream(mode, &cut(&bytes, &at));
        let stops = read.events.iter().filter(|event| event.starts_with("stop")).count();
        prop_assert_eq!(stops, usize::from(read.finished));
        prop_assert!(!(read.over && read.failure.is_some()));
        prop_assert_eq!((read, out), read_stream(mode, &[&bytes]));
    }
}
