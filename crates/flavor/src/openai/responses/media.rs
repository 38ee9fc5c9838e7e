//! Pictures, files and sounds among the parts of a message.

use crate::canon::{Losses, Media, Source, Text};
use crate::json::writer::Items;
use crate::json::{Misfit, Object};

const PDF: &str = "application/pdf";
const MP3: &str = "audio/mpeg";
const WAV: &str = "audio/wav";

/// Reads an `input_image`.
pub(super) fn read_image<'a>(part: &mut Object<'a>) -> Result<Media<'a>, Misfit> {
    let detail = part.text("detail")?;
    let (source, mime) = match (part.text("image_url")?, part.text("file_id")?) {
        (Some(url), None) => place(url).map_err(|misfit| misfit.at("image_url"))?,
        (None, Some(id)) => (Source::Id(id), None),
        _ => return Err(Misfit::new("should have one of `image_url` and `file_id`")),
    };
    Ok(Media { source, mime, name: None, detail })
}

/// Reads an `input_file`.
pub(super) fn read_file<'a>(part: &mut Object<'a>) -> Result<Media<'a>, Misfit> {
    const ONE: &str = "should have one of `file_data`, `file_url` and `file_id`";
    let (name, detail) = (part.text("filename")?, part.text("detail")?);
    let places = (part.text("file_data")?, part.text("file_url")?, part.text("file_id")?);
    let (source, mime) = match places {
        (Some(data), None, None) if data.starts_with("data:") => {
            place(data).map_err(|misfit| misfit.at("file_data"))?
        }
        // Some clients send the content alone; the name is all that tells what it is.
        (Some(data), None, None) => {
            let pdf = name.as_ref().is_some_and(|name| name.to_ascii_lowercase().ends_with(".pdf"));
            let mime = if pdf { PDF } else { "application/octet-stream" };
            (Source::Inline(data), Some(mime.into()))
        }
        (None, Some(url), None) => (Source::Url(url), None),
        (None, None, Some(id)) => (Source::Id(id), None),
        _ => return Err(Misfit::new(ONE)),
    };
    Ok(Media { source, mime, name, detail })
}

/// Reads an `input_audio`.
pub(super) fn read_audio<'a>(part: &mut Object<'a>) -> Result<Media<'a>, Misfit> {
    let wrong = || Misfit::new("is missing; an object has to stand here").at("input_audio");
    let mut audio = part.object("input_audio")?.ok_or_else(wrong)?;
    let at = |misfit: Misfit| misfit.at("input_audio");
    let mime = match audio.needed_text("format").map_err(at)?.as_ref() {
        "mp3" => MP3,
        "wav" => WAV,
        _ => return Err(at(Misfit::new("should be `mp3` or `wav`").at("format"))),
    };
    let source = Source::Inline(audio.needed_text("data").map_err(at)?);
    Ok(Media { source, mime: Some(mime.into()), name: None, detail: None })
}

/// An address, or what it holds if it is a `data:` one.
fn place(url: Text<'_>) -> Result<(Source<'_>, Option<Text<'_>>), Misfit> {
    const MARK: &str = ";base64,";
    let Some(inside) = url.strip_prefix("data:") else { return Ok((Source::Url(url), None)) };
    // Media types are short; the mark is not looked for in megabytes of content.
    let comma = inside.find(',').filter(|comma| inside[..=*comma].ends_with(MARK));
    let Some(comma) = comma else {
        return Err(Misfit::new("should be base64 where it is a `data:` address"));
    };
    let (start, end) = ("data:".len(), "data:".len() + comma + 1 - MARK.len());
    if start == end {
        return Err(Misfit::new("should say its media type where it is a `data:` address"));
    }
    match url {
        Text::Borrowed(url) => {
            let (mime, data) = (&url[start..end], &url[end + MARK.len()..]);
            Ok((Source::Inline(data.into()), Some(mime.into())))
        }
        Text::Owned(mut url) => {
            let data = url.split_off(end + MARK.len());
            url.truncate(end);
            Ok((Source::Inline(data.into()), Some(url.split_off(start).into())))
        }
    }
}

/// Writes an `input_image`. `path` is how the loss report names it.
pub(super) fn write_image(
    media: &Media<'_>,
    into: &mut Items<'_>,
    path: &str,
    losses: &mut Losses,
) {
    if let Source::Id(_) = media.source {
        losses.refused(format!("{path}[].file_id"), "files of another provider");
        return;
    }
    into.object(|part| {
        part.text("type", "input_image");
        match &media.source {
            Source::Inline(data) => {
                let mime = media.mime.as_deref().unwrap_or("image/png");
                part.format("image_url", format_args!("data:{mime};base64,{data}"));
            }
            Source::Url(url) | Source::Id(url) => part.text("image_url", url),
        }
        if let Some(detail) = &media.detail {
            part.text("detail", detail);
        }
    });
}

/// Writes an `input_file`.
pub(super) fn write_file(media: &Media<'_>, into: &mut Items<'_>, path: &str, losses: &mut Losses) {
    if let Source::Id(_) = media.source {
        losses.refused(format!("{path}[].file_id"), "files of another provider");
        return;
    }
    into.object(|part| {
        part.text("type", "input_file");
        match &media.source {
            Source::Inline(data) => {
                let mime = media.mime.as_deref().unwrap_or(PDF);
                part.format("file_data", format_args!("data:{mime};base64,{data}"));
            }
            Source::Url(url) | Source::Id(url) => part.text("file_url", url),
        }
        if let Some(name) = &media.name {
            part.text("filename", name);
        }
        if let Some(detail) = &media.detail {
            part.text("detail", detail);
        }
    });
}

/// Writes an `input_audio`.
pub(super) fn write_audio(
    media: &Media<'_>,
    into: &mut Items<'_>,
    path: &str,
    losses: &mut Losses,
) {
    let format = match media.mime.as_deref() {
        Some(MP3 | "audio/mp3") => "mp3",
        Some(WAV | "audio/x-wav" | "audio/wave") => "wav",
        _ => {
            losses.refused(format!("{path}[audio]"), "only MP3 and WAV there");
            return;
        }
    };
    let Source::Inline(data) = &media.source else {
        losses.refused(format!("{path}[audio]"), "no sounds at addresses there");
        return;
    };
    into.object(|part| {
        part.text("type", "input_audio");
        part.object("input_audio", |audio| {
            audio.text("data", data);
            audio.text("format", format);
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_address_is_taken_apart_without_a_copy() {
        let (source, mime) = place("data:image/png;base64,AAAA".into()).unwrap();
        assert!(matches!(source, Source::Inline(Text::Borrowed("AAAA"))));
        assert_eq!(mime.as_deref(), Some("image/png"));
        let owned = Text::Owned("data:text/plain;charset=utf-8;base64,AA,A".to_owned());
        let (source, mime) = place(owned).unwrap();
        assert_eq!(source, Source::Inline("AA,A".into()));
        assert_eq!(mime.as_deref(), Some("text/plain;charset=utf-8"));
        for odd in [
            "data:",
            "data:;base64,AAAA",
            "data:text/plain,hello",
            "data:;base64",
            "data:a,;base64,",
        ] {
            assert!(place(odd.into()).is_err(), "{odd}");
        }
    }
}
