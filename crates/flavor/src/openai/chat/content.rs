//! The content of a message: a text, or parts.

use serde_json::value::RawValue;

use super::{media, name_rest};
use crate::{
    canon::{Block, Losses, Media, Reasoning, Source, Text},
    json::{
        Misfit, Object, object,
        writer::{Items, Members},
    },
};

const PLACE: &str = "messages[].content[].";
const PROVIDERS_OWN: &str = "an id of one provider means nothing to another";

/// Takes what a message says out of it. Flavors differ in the forms that they have for it.
pub(crate) type ReadContent =
    for<'a> fn(&mut Object<'a>, &mut Losses) -> Result<Vec<Block<'a>>, Misfit>;

/// Takes the content of a message out, as it stands in this flavor.
pub(crate) fn of_message<'a>(
    message: &mut Object<'a>,
    losses: &mut Losses,
) -> Result<Vec<Block<'a>>, Misfit> {
    read(message.take("content"), read_part, losses)
}

/// Reads one part; nothing where it is empty or cannot be carried.
pub(crate) type ReadPart = for<'a> fn(Object<'a>, &mut Losses) -> Result<Option<Block<'a>>, Misfit>;

/// Reads the content of a message. An empty text is nothing.
pub(crate) fn read<'a>(
    content: Option<&'a RawValue>,
    read_part: ReadPart,
    losses: &mut Losses,
) -> Result<Vec<Block<'a>>, Misfit> {
    let Some(content) = content else { return Ok(Vec::new()) };
    if object::is_text(content) {
        let words = object::text(content).map_err(|misfit| misfit.at("content"))?;
        return Ok(if words.is_empty() { Vec::new() } else { vec![Block::Text(words)] });
    }
    let wrong = |_| Misfit::new("should be a text or a list of parts").at("content");
    let mut blocks = Vec::new();
    for (at, part) in object::list(content).map_err(wrong)?.into_iter().enumerate() {
        let part = Object::read(part).and_then(|part| read_part(part, losses));
        let part = part.map_err(|it| it.within(at).at("content"))?;
        blocks.extend(part);
    }
    Ok(blocks)
}

/// The content of a message that can be nothing but words.
pub(super) fn only_texts<'a>(blocks: Vec<Block<'a>>, losses: &mut Losses) -> Vec<Text<'a>> {
    let mut texts = Vec::new();
    for block in blocks {
        match block {
            Block::Text(text) => texts.push(text),
            _ => losses.refused("messages[].content[]", "only words can stand here"),
        }
    }
    texts
}

/// Reads one part as it stands in this flavor.
pub(crate) fn read_part<'a>(
    mut part: Object<'a>,
    losses: &mut Losses,
) -> Result<Option<Block<'a>>, Misfit> {
    let kind = part.needed_text("type")?;
    let block = match kind.as_ref() {
        "text" => Some(Block::Text(part.needed_text("text")?)).filter(says_something),
        "refusal" => Some(Block::Refusal(part.needed_text("refusal")?)).filter(says_something),
        "thinking" => Some(Block::Reasoning(read_thought(&mut part)?)),
        "image_url" => Some(Block::Image(read_image(&mut part, losses)?)),
        "input_audio" => Some(Block::Audio(read_sound(&mut part, losses)?)),
        "file" => Some(Block::File(read_file(&mut part, losses)?)),
        other => {
            losses.refused(format!("{PLACE}{other}"), "a part that is not known here");
            return Ok(None);
        }
    };
    name_rest(&part, PLACE, losses);
    Ok(block)
}

/// What the model thought, where a server has it among its words: Mistral's does.
fn read_thought<'a>(part: &mut Object<'a>) -> Result<Reasoning<'a>, Misfit> {
    const FIELD: &str = "thinking";
    let mut words = Text::default();
    for (at, piece) in part.list(FIELD)?.into_iter().flatten().enumerate() {
        let piece = Object::read(piece).and_then(|mut piece| piece.text("text"));
        let piece = piece.map_err(|misfit| misfit.within(at).at(FIELD))?.unwrap_or_default();
        if words.is_empty() {
            words = piece;
        } else {
            words.to_mut().push_str(&piece);
        }
    }
    // It says when a thought is whole; what follows says so too.
    part.take("closed");
    Ok(Reasoning { text: words, ..Reasoning::default() })
}

fn says_something(block: &Block<'_>) -> bool {
    !matches!(block, Block::Text(text) | Block::Refusal(text) if text.is_empty())
}

fn read_image<'a>(part: &mut Object<'a>, losses: &mut Losses) -> Result<Media<'a>, Misfit> {
    const FIELD: &str = "image_url";
    let value = part.take(FIELD).ok_or_else(|| Misfit::new("is missing").at(FIELD))?;
    // Some callers have the address here at once.
    if object::is_text(value) {
        let address = object::text(value).map_err(|misfit| misfit.at(FIELD))?;
        return media::read_address(address).map_err(|misfit| misfit.at(FIELD));
    }
    let mut read = || {
        let mut image = Object::read(value)?;
        let address = image.needed_text("url")?;
        let mut media = media::read_address(address).map_err(|misfit| misfit.at("url"))?;
        media.detail = image.text("detail")?;
        name_rest(&image, "messages[].content[].image_url.", losses);
        Ok(media)
    };
    read().map_err(|misfit: Misfit| misfit.at(FIELD))
}

fn read_sound<'a>(part: &mut Object<'a>, losses: &mut Losses) -> Result<Media<'a>, Misfit> {
    const FIELD: &str = "input_audio";
    let mut sound = part.object(FIELD)?.ok_or_else(|| Misfit::new("is missing").at(FIELD))?;
    let data = sound.needed_text("data").map_err(|misfit| misfit.at(FIELD))?;
    let format = sound.needed_text("format").map_err(|misfit| misfit.at(FIELD))?;
    name_rest(&sound, "messages[].content[].input_audio.", losses);
    let mime = Some(media::mime_of_sound(&format).into());
    Ok(Media { source: Source::Inline(data), mime, name: None, detail: None })
}

fn read_file<'a>(part: &mut Object<'a>, losses: &mut Losses) -> Result<Media<'a>, Misfit> {
    const FIELD: &str = "file";
    let mut file = part.object(FIELD)?.ok_or_else(|| Misfit::new("is missing").at(FIELD))?;
    let mut read = || {
        let name = file.text("filename")?;
        let media = match (file.text("file_data")?, file.text("file_id")?) {
            (Some(data), _) => read_file_data(data, name)?,
            (None, Some(id)) => Media { source: Source::Id(id), mime: None, name, detail: None },
            (None, None) => return Err(Misfit::new("is missing").at("file_data")),
        };
        name_rest(&file, "messages[].content[].file.", losses);
        Ok(media)
    };
    read().map_err(|misfit| misfit.at(FIELD))
}

/// Some callers leave the head of the address away.
fn read_file_data<'a>(data: Text<'a>, name: Option<Text<'a>>) -> Result<Media<'a>, Misfit> {
    let media = media::read_address(data).map_err(|misfit| misfit.at("file_data"))?;
    Ok(match media.source {
        Source::Url(bare) if !bare.contains("://") => {
            let mime = Some(media::mime_of_file(name.as_deref()).into());
            Media { source: Source::Inline(bare), mime, name, detail: None }
        }
        source => Media { source, name, ..media },
    })
}

/// Writes a member `content`: a text where it is one, or else parts.
pub(super) fn write(message: &mut Members<'_>, blocks: &[&Block<'_>], losses: &mut Losses) {
    match blocks {
        [] => message.text("content", ""),
        [Block::Text(text)] => message.text("content", text),
        _ => message.list("content", |parts| {
            for block in blocks {
                write_part(parts, block, losses);
            }
        }),
    }
}

/// Writes one part of a message of the caller.
pub(super) fn write_part(parts: &mut Items<'_>, block: &Block<'_>, losses: &mut Losses) {
    match block {
        Block::Text(text) => parts.object(|part| {
            part.text("type", "text");
            part.text("text", text);
        }),
        Block::Image(media) => write_image(parts, media, losses),
        Block::Audio(media) => write_sound(parts, media, losses),
        Block::File(media) => write_file(parts, media, losses),
        Block::ToolCall(_) | Block::ToolResult(_) | Block::Reasoning(_) | Block::Refusal(_) => {
            losses.refused("messages[].content[]", "no part of a message of the caller there");
        }
    }
}

fn write_image(parts: &mut Items<'_>, media: &Media<'_>, losses: &mut Losses) {
    if let Source::Id(_) = media.source {
        return losses.refused("messages[].content[].image", PROVIDERS_OWN);
    }
    parts.object(|part| {
        part.text("type", "image_url");
        part.object("image_url", |image| {
            image.text("url", &address(media));
            if let Some(detail) = &media.detail {
                image.text("detail", detail);
            }
        });
    });
}

fn write_sound(parts: &mut Items<'_>, media: &Media<'_>, losses: &mut Losses) {
    let format = media.mime.as_deref().and_then(media::format_of_sound);
    let (Source::Inline(data), Some(format)) = (&media.source, format) else {
        return losses.refused("messages[].content[].audio", "a sound has to be inline there");
    };
    parts.object(|part| {
        part.text("type", "input_audio");
        part.object("input_audio", |sound| {
            sound.text("data", data);
            sound.text("format", format);
        });
    });
}

fn write_file(parts: &mut Items<'_>, media: &Media<'_>, losses: &mut Losses) {
    const FIELD: &str = "messages[].content[].file";
    match media.source {
        Source::Inline(_) => {}
        Source::Url(_) => return losses.refused(FIELD, "a file has to be inline there"),
        Source::Id(_) => return losses.refused(FIELD, PROVIDERS_OWN),
    }
    parts.object(|part| {
        part.text("type", "file");
        part.object("file", |file| {
            // Without a name OpenAI refuses the file.
            file.text("filename", media.name.as_deref().unwrap_or("file"));
            file.text("file_data", &address(media));
        });
    });
}

fn address<'m>(media: &'m Media<'_>) -> Text<'m> {
    match &media.source {
        Source::Inline(data) => media::data_address(media.mime.as_deref(), data).into(),
        Source::Url(url) | Source::Id(url) => Text::Borrowed(url),
    }
}
