//! Whoever has the bytes of a call can hold them against its receipt.

use weighbridge_proof::content::{Content, ContentHasher};
use weighbridge_proof::verify::{Held, Trust, Verdict, verify};

use crate::made::{REPLY, REQUEST, bundle, key};

fn content(bytes: &[u8]) -> Option<Content> {
    let mut hasher = ContentHasher::default();
    hasher.update(bytes);
    Some(hasher.finish())
}

#[test]
fn request_and_reply_are_held_against_the_receipt() {
    let trust = Trust::Key(key(1).verifier());
    let bundle = bundle(&key(1), 3, 9);
    let json = bundle.to_json();
    let verdict = |request: Option<&[u8]>, reply: Option<&[u8]>| {
        let held = Held { request: request.and_then(content), reply: reply.and_then(content) };
        verify(json.as_bytes(), &trust, held).verdict()
    };
    assert_eq!(verdict(Some(REQUEST), Some(REPLY)), Verdict::Proved);
    assert_eq!(verdict(Some(REPLY), None), Verdict::Refuted);
    assert_eq!(verdict(None, Some(REQUEST)), Verdict::Refuted);
    assert_eq!(verdict(None, Some(&REPLY[1..])), Verdict::Refuted);
    // As it was caught from the wire, with the gateway's own comment lines.
    let line = b": weighbridge {\"call\":\"rcpt_1\"}\n\n";
    let (events, done) = REPLY.split_at(REPLY.len() - 14);
    let caught = [b": weighbridge ping\n\n", events, line, done].concat();
    assert_eq!(verdict(None, Some(&caught)), Verdict::Proved);
    // A reader of the stream ends lines at a carriage return, too.
    let forged: &[u8] = b": weighbridge {}\rdata: {\"a\":2}\r\r\n\n";
    assert_eq!(verdict(None, Some(&[forged, REPLY].concat())), Verdict::Refuted);
    let request = [b": weighbridge ping\n\n", REQUEST].concat();
    assert_eq!(verdict(Some(&request), None), Verdict::Refuted);

    let mut kept_back = bundle;
    drop(kept_back.disclosures.remove("content"));
    let held = Held { request: content(REQUEST), reply: None };
    let without = verify(kept_back.to_json().as_bytes(), &trust, held).verdict();
    assert!(matches!(without, Verdict::Unusable(_)), "{without:?}");
}
