//! The services beside conversation, from every form to every other: whatever is read can be
//! written, what is written can be read again, and the same form on both sides is left alone. The
//! input's first bytes say which service, from where to where, and of which media type.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use weighbridge_flavor::dialect::Path;
use weighbridge_flavor::json::Bounds;
use weighbridge_flavor::services::transcription::Shape;
use weighbridge_flavor::services::{self, Face, Flow, Form, Service, Wants};

const PATH: Path<'static> = Path { model: "m", stream: false };
const BOUNDS: Bounds = Bounds { depth: 64, capture: 1024 };
const TYPES: [Option<&str>; 4] = [
    None,
    Some("application/json"),
    Some("multipart/form-data; boundary=b"),
    Some("text/plain"),
];
const SHAPES: [Shape; 5] = [Shape::Json, Shape::Verbose, Shape::Text, Shape::Srt, Shape::Vtt];

fuzz_target!(|input: &[u8]| {
    let Some((head, bytes)) = input.split_first_chunk::<4>() else { return };
    let service = Service::ALL[usize::from(head[0]) % Service::ALL.len()];
    let form = |byte: u8| service.forms()[usize::from(byte) % service.forms().len()];
    let (from, to) = (form(head[1]), form(head[2]));
    let kind = TYPES[usize::from(head[3]) % TYPES.len()];
    let body = Bytes::copy_from_slice(bytes);
    request(service, from, to, &body, kind);
    let wants = Wants {
        packed: head[3] & 0x80 != 0,
        linked: Some(head[3] & 0x40 != 0),
        shape: SHAPES[usize::from(head[3] / 4) % SHAPES.len()],
        ..Wants::default()
    };
    let face = Face { id: "x1".into(), model: "m".into(), created: 0, wants };
    reply(service, from, to, &body, kind, &face);
    let (one, two) = bytes.split_at(usize::from(head[1]).min(bytes.len()));
    assert_eq!(follow(service, &[one, two]), follow(service, &[bytes]));
});

/// What goes on of a stream of events, what is held of it, and what is known of it: the same however
/// it is cut.
fn follow(service: Service, pieces: &[&[u8]]) -> (Vec<u8>, Result<Bytes, String>, String) {
    let mut flow = Flow::new(service, 2, 1024);
    let mut out = Vec::new();
    let read = pieces.iter().try_for_each(|piece| flow.push(Bytes::copy_from_slice(piece), &mut out));
    let held = read.and_then(|()| flow.close()).map_err(|error| error.to_string());
    (out, held, format!("{:?} {} {}", flow.usage(), flow.text_bytes(), flow.is_whole()))
}

fn request(service: Service, from: Form, to: Form, body: &Bytes, kind: Option<&str>) {
    let seen = services::peek(service, from, body, kind, PATH, BOUNDS);
    let Ok(made) = services::request(service, from, to, body, kind, PATH, "m") else { return };
    if from == to {
        assert_eq!(&made.body, body);
        return;
    }
    assert!(made.losses.to_string().is_ascii());
    // What is refused is not sent, so it need not make sense.
    if made.losses.refusals(false).next().is_some() {
        return;
    }
    let kind = Some(made.content_type.as_ref());
    let again = services::peek(service, to, &made.body, kind, PATH, BOUNDS).unwrap();
    if let Ok(seen) = seen {
        assert_eq!(again.items, seen.items);
        assert_eq!(again.characters, seen.characters);
    }
    // On its way back it says the same.
    let back = services::request(service, to, from, &made.body, kind, PATH, "m").unwrap();
    let kind = Some(back.content_type.as_ref());
    services::peek(service, from, &back.body, kind, PATH, BOUNDS).unwrap();
}

fn reply(
    service: Service,
    from: Form,
    to: Form,
    body: &Bytes,
    kind: Option<&str>,
    face: &Face,
) {
    let weighed = services::weigh(service, from, body, kind);
    let Ok(made) = services::reply(service, from, to, body, kind, face) else { return };
    assert_eq!(weighed.unwrap(), made.usage);
    if from == to {
        assert_eq!(&made.body, body);
        return;
    }
    services::weigh(service, to, &made.body, Some(made.content_type.as_ref())).unwrap();
}
