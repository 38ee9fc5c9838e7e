//! Ids of tool calls: Anthropic takes letters, digits, `_` and `-`, and other servers make others.

use std::borrow::Cow;
use std::fmt::Write as _;

/// An id as Anthropic takes it; the same for the same id wherever it stands. One that is fine is
/// left as it is, in another every odd byte is spelled out.
pub(super) fn legal(id: &str) -> Cow<'_, str> {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !id.is_empty() && id.bytes().all(|byte| is_legal(byte) || byte == b'_') {
        return Cow::Borrowed(id);
    }
    let mut spelled = String::from("id_");
    for byte in id.bytes() {
        if is_legal(byte) {
            spelled.push(char::from(byte));
        } else {
            // Nothing that is written to memory fails.
            let _ = write!(spelled, "_{byte:02x}");
        }
    }
    Cow::Owned(spelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_ids_are_spelled_out_and_stay_apart() {
        assert_eq!(legal("toolu_01-A"), "toolu_01-A");
        assert_eq!(legal("functions.get:0"), "id_functions_2eget_3a0");
        assert_ne!(legal("a.b"), legal("a_b."));
        assert_eq!(legal(""), "id_");
    }
}
