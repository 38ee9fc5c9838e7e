//! Where pictures, sounds and files are: `data:` addresses and the formats of sound.

use crate::{
    canon::{Media, Source, Text},
    json::Misfit,
};

const SCHEME: &str = "data:";

/// Reads an address, which may hold the content itself.
pub(super) fn read_address(mut address: Text<'_>) -> Result<Media<'_>, Misfit> {
    let scheme = address.get(..SCHEME.len());
    if !scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME)) {
        return Ok(Media { source: Source::Url(address), mime: None, name: None, detail: None });
    }
    let wrong = || Misfit::new("should be a data: address in base64");
    let comma = address.find(',').ok_or_else(wrong)?;
    let head = address.get(SCHEME.len()..comma).ok_or_else(wrong)?;
    let kind = head.strip_suffix(";base64").ok_or_else(wrong)?;
    // Parameters such as a character set or a name say nothing that others can hold.
    let kind = kind.split(';').next().filter(|kind| !kind.is_empty());
    let mime = kind.unwrap_or("text/plain").to_owned();
    // Content is long: it stays where it is, or is moved within its own memory.
    let data = match &mut address {
        Text::Borrowed(address) => Text::Borrowed(address.get(comma + 1..).unwrap_or_default()),
        Text::Owned(address) => {
            address.drain(..=comma);
            Text::Owned(std::mem::take(address))
        }
    };
    Ok(Media { source: Source::Inline(data), mime: Some(mime.into()), name: None, detail: None })
}

/// The address of content that is here.
pub(super) fn data_address(mime: Option<&str>, data: &str) -> String {
    let mime = mime.unwrap_or("application/octet-stream");
    let mut address = String::with_capacity(SCHEME.len() + mime.len() + data.len() + 8);
    for part in [SCHEME, mime, ";base64,", data] {
        address.push_str(part);
    }
    address
}

/// The media type of a file that does not say it, by its name. Nearly all such are PDFs.
pub(super) fn mime_of_file(name: Option<&str>) -> &'static str {
    let ending = name.map(|name| name.rsplit_once('.').map_or("", |(_, ending)| ending));
    match ending.map(str::to_ascii_lowercase).as_deref() {
        None | Some("pdf") => "application/pdf",
        Some("txt") => "text/plain",
        Some(_) => "application/octet-stream",
    }
}

/// The media type of a sound's format.
pub(super) fn mime_of_sound(format: &str) -> String {
    match format {
        "mp3" => "audio/mpeg".to_owned(),
        other => format!("audio/{other}"),
    }
}

/// The format of a sound of this media type; nothing where it is no sound.
pub(super) fn format_of_sound(mime: &str) -> Option<&str> {
    match mime.strip_prefix("audio/")? {
        "mpeg" | "mp3" | "mpeg3" | "x-mpeg" => Some("mp3"),
        "wav" | "wave" | "x-wav" | "vnd.wave" => Some("wav"),
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_address_holds_its_content() {
        let media = read_address("data:image/png;base64,iVBO".into()).unwrap();
        assert!(matches!(&media.source, Source::Inline(Text::Borrowed("iVBO"))));
        assert_eq!(data_address(media.mime.as_deref(), "iVBO"), "data:image/png;base64,iVBO");
        let owned = Text::Owned("DATA:application/pdf;name=a.pdf;base64,JVBE".to_owned());
        let media = read_address(owned).unwrap();
        assert_eq!(media.source, Source::Inline("JVBE".into()));
        assert_eq!(media.mime.as_deref(), Some("application/pdf"));
        let media = read_address("https://example.com/a,b.png".into()).unwrap();
        assert_eq!(media.source, Source::Url("https://example.com/a,b.png".into()));
    }

    #[test]
    fn a_data_address_that_is_not_in_base64_is_a_misfit() {
        for odd in ["data:", "data:image/png", "data:text/plain,a%20b", "data:;base64"] {
            assert!(read_address(odd.into()).is_err(), "{odd}");
        }
    }

    #[test]
    fn sounds_have_formats() {
        for (format, mime) in [("wav", "audio/wav"), ("mp3", "audio/mpeg"), ("flac", "audio/flac")]
        {
            assert_eq!(mime_of_sound(format), mime);
            assert_eq!(format_of_sound(mime), Some(format));
        }
        assert_eq!(format_of_sound("video/mp4"), None);
    }
}
