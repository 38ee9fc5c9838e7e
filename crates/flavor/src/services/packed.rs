//! Base64.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_PAD_INDIFFERENT};

/// The bytes as base64.
pub(super) fn pack(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes that base64 stands for, be it with line ends and without what fills it up. Nothing
/// where it is none.
pub(super) fn unpack(text: &str) -> Option<Vec<u8>> {
    let has_lines = text.bytes().any(|byte| byte.is_ascii_whitespace());
    if !has_lines {
        return STANDARD_PAD_INDIFFERENT.decode(text).ok();
    }
    let bare: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD_PAD_INDIFFERENT.decode(bare).ok()
}

/// The first bytes that base64 stands for, `letters` of it.
pub(super) fn unpack_start(text: &str, letters: usize) -> Vec<u8> {
    let start = text.get(..letters.min(text.len()) / 4 * 4);
    start.and_then(unpack).unwrap_or_default()
}

/// About how many bytes base64 stands for, and never fewer.
pub(super) fn unpacked_len(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX).div_ceil(4).saturating_mul(3)
}

/// A media type and the base64 of a `data:` address; nothing where it is none or is not in base64.
pub(super) fn data_address(address: &str) -> Option<(&str, &str)> {
    let (head, data) = address.strip_prefix("data:")?.split_once(',')?;
    let head = head.strip_suffix(";base64")?;
    let mime = head.split(';').next().unwrap_or_default();
    Some((mime, data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fills_it_up_and_line_ends_may_be_missing_or_there() {
        for text in ["aGV5IQ==", "aGV5IQ", "aGV5\r\nIQ=="] {
            assert_eq!(unpack(text).unwrap(), b"hey!", "{text}");
        }
        assert_eq!(pack(b"hey!"), "aGV5IQ==");
        assert_eq!(unpack("aGV5IQ=x"), None);
        assert_eq!(unpack("秤"), None);
    }

    #[test]
    fn the_start_can_be_read_alone() {
        assert_eq!(unpack_start("aGV5IQ==", 6), b"hey");
        assert_eq!(unpack_start("aG秤", 8), b"");
        assert_eq!(unpacked_len("aGV5IQ=="), 6);
    }

    #[test]
    fn an_address_may_hold_what_it_leads_to() {
        assert_eq!(data_address("data:audio/wav;base64,UklG"), Some(("audio/wav", "UklG")));
        assert_eq!(data_address("data:audio/wav;x=y;base64,"), Some(("audio/wav", "")));
        assert_eq!(data_address("data:text/plain,a"), None);
        assert_eq!(data_address("https://a/b"), None);
    }
}
