//! What the HTTP parser refuses before any handler sees it (a head too long, bytes that are no
//! HTTP) it answers with an empty body. Callers get words instead.

use bytes::Bytes;
use weighbridge_core::failure::{Code, Failure};
use weighbridge_gateway::front::words::{self, Dialect};

/// The mark of every answer of ours.
const OURS: &[u8] = b"x-request-id";

/// Our words in the place of a bare refusal, if `written` is one: an answer of class 4 with no
/// body that does not carry our mark.
pub(crate) fn in_words(written: &[u8]) -> Option<Bytes> {
    let status = written.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    let bare = written.ends_with(b"\r\n\r\n")
        && !written.windows(OURS.len()).any(|window| window.eq_ignore_ascii_case(OURS));
    if !bare {
        return None;
    }
    let failure = match status {
        b"431" => Failure::client(
            Code::HeadersTooLarge,
            "the request's head is longer, or has more fields, than limits.header_bytes and \
             limits.headers allow",
        ),
        b"414" => Failure::client(Code::InvalidRequest, "the request's address is too long"),
        b"400" => Failure::client(Code::InvalidRequest, "the request is not HTTP/1.1"),
        _ => return None,
    };
    let body = words::refusal(Dialect::Chat, &failure);
    let mut answer = Vec::with_capacity(256 + body.len());
    answer.extend_from_slice(b"HTTP/1.1 ");
    answer.extend_from_slice(status);
    answer.extend_from_slice(b" Refused\r\ncontent-type: application/json\r\n");
    answer.extend_from_slice(b"x-should-retry: false\r\nconnection: close\r\ncontent-length: ");
    answer.extend_from_slice(body.len().to_string().as_bytes());
    answer.extend_from_slice(b"\r\n\r\n");
    answer.extend_from_slice(&body);
    Some(Bytes::from(answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_refusal_gets_words_and_our_own_answers_stay() {
        let bare = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n\r\n";
        let words = in_words(bare).unwrap();
        assert!(std::str::from_utf8(&words).unwrap().contains("headers_too_large"));
        assert_eq!(in_words(b"HTTP/1.1 400 Bad Request\r\nX-Request-Id: req_1\r\n\r\n"), None);
        assert_eq!(in_words(b"HTTP/1.1 200 OK\r\n\r\n"), None);
    }
}
