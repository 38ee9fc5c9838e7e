//! Pictures and sounds, which here are bare base64 in one list.

use serde_json::value::RawValue;

use crate::canon::{Block, Losses, Media, Source};
use crate::json::{Misfit, Object, object};

/// How many letters of base64 the bytes that tell a format are in: twelve bytes.
const TELLING: usize = 16;

/// What the first bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Image,
    Audio,
    File,
}

/// Takes the `images` out of a message.
pub(crate) fn read<'a>(members: &mut Object<'a>) -> Result<Vec<Block<'a>>, Misfit> {
    let images = members.list("images")?.unwrap_or_default();
    let read = images
        .into_iter()
        .enumerate()
        .map(|(at, image)| block(image).map_err(|misfit| misfit.within(at).at("images")));
    read.collect()
}

/// Reads one of them.
pub(crate) fn block(value: &RawValue) -> Result<Block<'_>, Misfit> {
    let data = object::text(value)?;
    let Some((kind, mime)) = sniff(&data) else {
        return Err(Misfit::new(
            "should be base64, without a prefix, of a PNG, JPEG, GIF, WebP, WAV, MP3 or PDF",
        ));
    };
    let source = Source::Inline(data);
    let media = Media { source, mime: Some(mime.into()), name: None, detail: None };
    Ok(match kind {
        Kind::Image => Block::Image(media),
        Kind::Audio => Block::Audio(media),
        Kind::File => Block::File(media),
    })
}

/// The format by the first bytes, which is all that says it here.
fn sniff(base64: &str) -> Option<(Kind, &'static str)> {
    match first_bytes(base64)?.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => Some((Kind::Image, "image/png")),
        [0xff, 0xd8, 0xff, ..] => Some((Kind::Image, "image/jpeg")),
        [b'G', b'I', b'F', b'8', ..] => Some((Kind::Image, "image/gif")),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
            Some((Kind::Image, "image/webp"))
        }
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => {
            Some((Kind::Audio, "audio/wav"))
        }
        [b'I', b'D', b'3', ..] => Some((Kind::Audio, "audio/mpeg")),
        // A frame without a tag before it: eleven bits that are set.
        [0xff, second, ..] if second & 0xe0 == 0xe0 => Some((Kind::Audio, "audio/mpeg")),
        [b'%', b'P', b'D', b'F', ..] => Some((Kind::File, "application/pdf")),
        _ => None,
    }
}

/// The first bytes, of which there are twelve unless it ends before; nothing when it is no base64.
fn first_bytes(base64: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(TELLING);
    let (mut bits, mut held) = (0_u32, 0_u32);
    // Line ends may stand anywhere in it.
    let letters = base64.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).take(TELLING);
    for letter in letters.take_while(|letter| *letter != b'=') {
        bits = (bits << 6) | u32::from(value(letter)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.extend(u8::try_from((bits >> held) & 0xff).ok());
        }
    }
    Some(bytes)
}

fn value(letter: u8) -> Option<u8> {
    match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// The base64 of a picture or sound that is to be sent; nothing when it has no place here.
pub(super) fn inline<'r>(block: &'r Block<'_>, losses: &mut Losses) -> Option<&'r str> {
    const NOT_HERE: &str = "only what is sent along can be sent on, not what lies elsewhere";
    let (media, field) = match block {
        Block::Image(media) => (media, "messages[].image"),
        Block::Audio(media) => (media, "messages[].audio"),
        _ => {
            losses.refused("messages[].file", "there is no place for files there");
            return None;
        }
    };
    if media.detail.as_deref().is_some_and(|detail| detail != "auto") {
        losses.dropped("messages[].image.detail", "cannot be said there");
    }
    match &media.source {
        Source::Inline(data) => Some(data),
        Source::Url(_) | Source::Id(_) => {
            losses.refused(field, NOT_HERE);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_what_it_is() {
        let mime = |base64: &str| sniff(base64).map(|(_, mime)| mime);
        assert_eq!(mime("iVBORw0KGgo="), Some("image/png"));
        assert_eq!(mime("/9j/4AAQSkZJRg=="), Some("image/jpeg"));
        assert_eq!(mime("R0lGODlhAQABAAAAACw="), Some("image/gif"));
        assert_eq!(mime("UklGRiQAAABXRUJQVlA4"), Some("image/webp"));
        assert_eq!(mime("UklGRiQA\r\nAABXQVZFZm10"), Some("audio/wav"));
        assert_eq!(mime("SUQzBAAAAAAA"), Some("audio/mpeg"));
        assert_eq!(mime("//uQxAAA"), Some("audio/mpeg"));
        assert_eq!(mime("JVBERi0xLjQK"), Some("application/pdf"));
    }

    #[test]
    fn what_is_not_known_or_no_base64_is_nothing() {
        for base64 in ["", "=", "AAAA", "data:image/png;base64,iVBORw0KGgo=", "秤", "https://a/b"]
        {
            assert_eq!(sniff(base64), None, "{base64}");
        }
    }
}
