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

/// How many seconds a sound of `bytes` bytes lasts that begins with `head`; a started one counts
/// whole. Only WAV says it so early.
pub(super) fn seconds(head: &[u8], bytes: u64) -> Option<u64> {
    if mime(head) != Some("audio/wav") || head.get(12..16) != Some(b"fmt ") {
        return None;
    }
    let rate = head.get(28..32)?.first_chunk::<4>()?;
    let rate = u64::from(u32::from_le_bytes(*rate));
    (rate > 0).then(|| bytes.saturating_sub(WAV_HEAD).div_ceil(rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of a WAV file with so many bytes to a second.
    fn head(rate: u32) -> Vec<u8> {
        let mut head = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0".to_vec();
        head.extend(rate.to_le_bytes());
        head
    }

    #[test]
    fn wav_says_how_long_it_lasts() {
        assert_eq!(seconds(&head(32_000), 44 + 64_000), Some(2));
        assert_eq!(seconds(&head(32_000), 44 + 64_001), Some(3));
        assert_eq!(seconds(&head(0), 100), None);
        assert_eq!(seconds(b"ID3", 100), None);
        assert_eq!(seconds(b"RIFF\0\0\0\0WAVEfmt ", 100), None);
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
