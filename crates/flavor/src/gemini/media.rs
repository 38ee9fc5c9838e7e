//! Pictures, sounds and files.

use super::fields::Fields;
use crate::canon::{Block, Losses, Media, Source, Text};
use crate::json::{object::Misfit, writer::Members};

/// How addresses start that mean something to Google alone.
const GOOGLES: [&str; 3] = ["https://generativelanguage.googleapis.com/", "gs://", "files/"];

/// The media types of files by the ends of their names.
const TYPES: [(&str, &str); 14] = [
    (".png", "image/png"),
    (".jpg", "image/jpeg"),
    (".jpeg", "image/jpeg"),
    (".webp", "image/webp"),
    (".gif", "image/gif"),
    (".heic", "image/heic"),
    (".wav", "audio/wav"),
    (".mp3", "audio/mp3"),
    (".flac", "audio/flac"),
    (".ogg", "audio/ogg"),
    (".mp4", "video/mp4"),
    (".pdf", "application/pdf"),
    (".txt", "text/plain"),
    (".csv", "text/csv"),
];

/// Reads `inlineData`.
pub(super) fn read_inline<'a>(
    mut data: Fields<'a>,
    path: &str,
    losses: &mut Losses,
) -> Result<Block<'a>, Misfit> {
    let mime = data.needed_text("mimeType")?;
    let source = Source::Inline(data.needed_text("data")?);
    let name = data.text("displayName")?;
    data.note_rest(path, losses);
    Ok(block(Media { source, mime: Some(mime), name, detail: None }))
}

/// Reads `fileData`.
pub(super) fn read_file<'a>(
    mut data: Fields<'a>,
    path: &str,
    losses: &mut Losses,
) -> Result<Block<'a>, Misfit> {
    let uri = data.needed_text("fileUri")?;
    let source = if is_address(&uri) { Source::Url(uri) } else { Source::Id(uri) };
    let (mime, name) = (data.text("mimeType")?, data.text("displayName")?);
    data.note_rest(path, losses);
    Ok(block(Media { source, mime, name, detail: None }))
}

/// Writes the member of a part that says where something is. Nothing is written, and the call is
/// refused, where Google cannot find it.
pub(super) fn write_media(part: &mut Members<'_>, block: &Block<'_>, losses: &mut Losses) {
    let (media, default) = match block {
        Block::Image(media) => (media, "image/jpeg"),
        Block::Audio(media) => (media, "audio/wav"),
        Block::File(media) => (media, "application/pdf"),
        _ => return,
    };
    if media.detail.is_some() {
        losses.dropped("detail", "how closely to look is not said picture by picture there");
    }
    if media.name.is_some() {
        losses.dropped("filename", "files have no names there");
    }
    let mime = media.mime.as_deref();
    match &media.source {
        Source::Inline(data) => part.object("inlineData", |inline| {
            inline.text("mimeType", mime.unwrap_or(default));
            inline.text("data", data);
        }),
        Source::Url(uri) | Source::Id(uri) => part.object("fileData", |file| {
            let mime = mime.or_else(|| type_by_name(uri)).unwrap_or_else(|| {
                losses.approximated("mime_type", "has to be said there, and was guessed");
                default
            });
            file.text("mimeType", mime);
            file.text("fileUri", uri);
        }),
    }
}

/// Whether Google can find it, which is noted where it cannot.
pub(super) fn is_reachable(block: &Block<'_>, losses: &mut Losses) -> bool {
    let (Block::Image(media) | Block::Audio(media) | Block::File(media)) = block else {
        return true;
    };
    match &media.source {
        Source::Id(id) if !is_googles(id) => {
            losses.refused("file_id", "a file of another provider is not there");
            false
        }
        Source::Url(uri) if !is_address(uri) => {
            losses.refused("url", "only http and https addresses are fetched there");
            false
        }
        _ => true,
    }
}

fn block(media: Media<'_>) -> Block<'_> {
    let is = |kind: &str, mime: &Text<'_>| {
        mime.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind))
    };
    match &media.mime {
        Some(mime) if is("image/", mime) => Block::Image(media),
        Some(mime) if is("audio/", mime) => Block::Audio(media),
        _ => Block::File(media),
    }
}

fn is_googles(uri: &str) -> bool {
    GOOGLES.iter().any(|start| uri.starts_with(start))
}

fn is_address(uri: &str) -> bool {
    (uri.starts_with("https://") || uri.starts_with("http://")) && !is_googles(uri)
}

/// The media type of what an address ends in.
fn type_by_name(uri: &str) -> Option<&'static str> {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let ends = |end: &str| {
        let at = path.len().checked_sub(end.len());
        at.and_then(|at| path.get(at..)).is_some_and(|own| own.eq_ignore_ascii_case(end))
    };
    TYPES.iter().find(|(end, _)| ends(end)).map(|(_, mime)| *mime)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::writer;

    fn written(block: &Block<'_>) -> (String, String) {
        let (mut out, mut losses) = (Vec::new(), Losses::default());
        if is_reachable(block, &mut losses) {
            writer::object(&mut out, |part| write_media(part, block, &mut losses));
        }
        (String::from_utf8(out).unwrap(), losses.to_string())
    }

    fn at(source: Source<'static>) -> Media<'static> {
        Media { source, mime: None, name: None, detail: None }
    }

    #[test]
    fn the_type_of_an_address_is_told_by_its_end_or_guessed() {
        let told = Block::Image(at(Source::Url("https://a.example/b.PNG?x=.pdf".into())));
        let expected =
            r#"{"fileData":{"mimeType":"image/png","fileUri":"https://a.example/b.PNG?x=.pdf"}}"#;
        assert_eq!(written(&told), (expected.to_owned(), String::new()));
        let guessed = Block::Image(at(Source::Url("https://a.example/秤".into())));
        let (out, losses) = written(&guessed);
        assert!(out.contains("image/jpeg"));
        assert_eq!(losses, "mime_type;approximated");
    }

    #[test]
    fn files_of_other_providers_are_refused() {
        let foreign = Block::File(at(Source::Id("file-abc".into())));
        assert_eq!(written(&foreign), (String::new(), "file_id;refused".to_owned()));
        let uri = "https://generativelanguage.googleapis.com/v1beta/files/abc";
        let own = Block::File(Media {
            mime: Some("application/pdf".into()),
            ..at(Source::Id(uri.into()))
        });
        assert_eq!(written(&own).1, "");
    }
}
