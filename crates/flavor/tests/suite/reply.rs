//! Reading whole replies.

use proptest::prelude::*;
use weighbridge_flavor::openai::{ReplyError, ReplyFacts, ReplyScan};

use super::generate::{BOUNDS, cut, cuts, damaged, object};

fn read(bytes: &[u8], at: &[u16]) -> Result<ReplyFacts, ReplyError> {
    let mut scan = ReplyScan::new(BOUNDS);
    for piece in cut(bytes, at) {
        scan.push(piece)?;
    }
    scan.finish()
}

proptest! {
    #[test]
    fn cutting_changes_nothing(
        bytes in damaged(object().prop_map(String::into_bytes)), at in cuts(),
    ) {
        prop_assert_eq!(read(&bytes, &at), read(&bytes, &[]));
    }
}

#[test]
fn what_is_no_reply_is_refused() {
    let says = |body: &str| read(body.as_bytes(), &[]).unwrap_err().to_string();
    assert_eq!(says("[]"), "the provider's reply is no object");
    assert_eq!(says("{\"choices\":null}"), "the provider's reply has no choices");
    assert_eq!(
        says("<html>"),
        "the provider's reply cannot be read: invalid JSON at byte 0: a value was expected"
    );
}

#[test]
fn an_error_can_stand_for_a_reply() {
    let facts = read(br#"{"error":{"message":"no","code":7}}"#, &[]).unwrap();
    assert_eq!(facts.error.unwrap().code.as_deref(), Some("7"));
    assert_eq!(read(br#"{"error":null,"choices":[]}"#, &[]).unwrap().error, None);
}

#[test]
fn the_first_reason_counts() {
    let reply = br#"{"choices":[{"message":{"finish_reason":"x"},"finish_reason":null},
        {"finish_reason":"length"},{"finish_reason":"stop"}]}"#;
    assert_eq!(read(reply, &[]).unwrap().finish_reason.as_deref(), Some("length"));
}

#[test]
fn the_text_of_a_reply_that_breaks_off_counts_as_far_as_it_came() {
    let mut scan = ReplyScan::new(BOUNDS);
    scan.push(br#"{"choices":[{"message":{"content":"0123"}},{"message":{"content":"456"#).unwrap();
    assert_eq!(scan.text_bytes(), 7);
    scan.push(b"789").unwrap();
    assert_eq!(scan.text_bytes(), 10);
    scan.push(br#"","x":"not text"#).unwrap();
    assert_eq!(scan.text_bytes(), 10);
}
