//! What the first bytes of a sound tell.

/// How many letters of base64 hold all that is looked at.
pub(super) const TELLING_LETTERS: usize = 64;

/// The length of the head of a WAV file that has nothing but a format and samples.
const WAV_HEAD: u64 = 44;

/// The media type.
pub(super) fn mime(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some("audio/wav"),
        [b'I', b'D', b'3', ..] => Some("audio/mpeg"),
        [b'f', b'L', b'a', b'C', ..] => Some("audio/flac"),
        [b'O', b'g', b'g', b'S', ..] => Some("audio/ogg"),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some("audio/webm"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("audio/mp4"),
        // Frames without a tag before them. Those of AAC say that they are of no layer.
        [0xff, second, ..] if second & 0xf6 == 0xf0 => Some("audio/aac"),
        [0xff, second, ..] if second & 0xe0 == 0xe0 => Some("audio/mpeg"),
        _ => None,
    }
}

/// How a file of this media type is called, for servers that tell formats by it.
pub(super) fn file_name(mime: Option<&str>) -> &'static str {
    match mime {
        Some("audio/mpeg" | "audio/mp3") => "audio.mp3",
        Some("audio/flac" | "audio/x-flac") => "audio.flac",
        Some("audio/ogg" | "audio/opus") => "audio.ogg",
        Some("audio/webm") => "audio.webm",
        Some("audio/mp4" | "audio/x-m4a") => "audio.m4a",
        Some("audio/aac") => "audio.aac",
        _ => "audio.wav",
    }
}

/// Bytes to a second of a sound that does not say so: 128 kbit, the commonest of MP3.
const USUAL_RATE: u64 = 16_000;

/// How many seconds a sound of `bytes` bytes probably lasts that begins with `head`; a started one
/// counts whole. Only WAV says it so early; the others go by their size.
pub(super) fn seconds(head: &[u8], bytes: u64) -> u64 {
    match rate(head) {
        Some(rate) => bytes.saturating_sub(WAV_HEAD).div_ceil(rate),
        None => bytes.div_ceil(USUAL_RATE),
    }
}

/// Bytes to a second, as the head of a WAV says: the less of the rate itself, which players do not go
/// by, and of what the others come to that they do go by.
fn rate(head: &[u8]) -> Option<u64> {
    if mime(head) != Some("audio/wav") || head.get(12..16) != Some(b"fmt ") {
        return None;
    }
    let number = |from: usize| {
        let bytes = head.get(from..from.checked_add(4)?)?.first_chunk::<4>()?;
        Some(u64::from(u32::from_le_bytes(*bytes)))
    };
    let said = number(28)?;
    let block = head.get(32..34)?.first_chunk::<2>()?;
    let played = number(24)?.saturating_mul(u64::from(u16::from_le_bytes(*block)));
    Some(said.min(played)).filter(|rate| *rate > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of a WAV file with so many bytes to a second.
    fn head(rate: u32) -> Vec<u8> {
        let mut head = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0".to_vec();
        head.extend(rate.to_le_bytes());
        head.extend([2, 0, 16, 0]);
        head
    }

    #[test]
    fn wav_says_how_long_it_lasts() {
        assert_eq!(seconds(&head(32_000), 44 + 64_000), 2);
        assert_eq!(seconds(&head(32_000), 44 + 64_001), 3);
    }

    #[test]
    fn what_does_not_say_it_or_lies_lasts_as_long_as_its_size_makes_likely() {
        assert_eq!(seconds(&head(u32::MAX), 44 + 64_000), 2, "nobody plays it that fast");
        assert_eq!(seconds(&head(0), 32_001), 3);
        assert_eq!(seconds(b"ID3", 160_000), 10);
        assert_eq!(seconds(b"RIFF\0\0\0\0WAVEfmt ", 100), 1);
    }

    #[test]
    fn the_first_bytes_tell_what_it_is() {
        assert_eq!(mime(&head(1)), Some("audio/wav"));
        assert_eq!(mime(b"\xff\xfb\x90"), Some("audio/mpeg"));
        assert_eq!(mime(b"\xff\xf1\x50"), Some("audio/aac"));
        assert_eq!(mime(b"OggS"), Some("audio/ogg"));
        assert_eq!(mime(b"\0\0\0\x20ftypM4A "), Some("audio/mp4"));
        assert_eq!(mime(b"{}"), None);
    }
}
