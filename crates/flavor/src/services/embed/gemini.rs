//! Gemini's `:embedContent` and `:batchEmbedContents`. Both have the model in the path; the second
//! says it again with every content.

use serde_json::value::RawValue;

use super::{Input, Reply, Request, Vector};
use crate::canon::{Losses, Text};
use crate::gemini::Fields;
use crate::json::writer::{self, Members};
use crate::json::{Misfit, object};
use crate::services::Usage;

pub(super) fn read_request<'a>(
    body: &'a str,
    model: &'a str,
    losses: &mut Losses,
) -> Result<Request<'a>, Misfit> {
    let mut root = Fields::parse(body)?;
    root.take("hybridPolicy")?;
    let asked = read_asked(root, "", losses)?;
    let mut request = Request::to(model, Input::Texts(vec![asked.text]));
    request.dimensions = asked.dimensions;
    request.truncate = asked.truncate;
    request.task = asked.task;
    request.title = asked.title;
    Ok(request)
}

pub(super) fn read_batch_request<'a>(
    body: &'a str,
    model: &'a str,
    losses: &mut Losses,
) -> Result<Request<'a>, Misfit> {
    const FIELD: &str = "requests";
    let mut root = Fields::parse(body)?;
    let list = root.list(FIELD)?.filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| Misfit::new("should hold one request at least").at(FIELD))?;
    let mut texts = Vec::with_capacity(list.len());
    let mut first: Option<Asked<'a>> = None;
    for (at, asked) in list.into_iter().enumerate() {
        let asked = Fields::read(asked).and_then(|it| read_asked(it, "requests[].", losses));
        let mut asked = asked.map_err(|misfit| misfit.within(at).at(FIELD))?;
        texts.push(std::mem::take(&mut asked.text));
        match &mut first {
            Some(first) => first.agree(&asked, losses),
            None => first = Some(asked),
        }
    }
    // The gateway has read it itself.
    root.take("hybridPolicy")?;
    root.note_rest("", losses);
    let said = first.unwrap_or_default();
    let mut request = Request::to(model, Input::Texts(texts));
    request.dimensions = said.dimensions;
    request.truncate = said.truncate;
    request.task = said.task;
    request.title = said.title;
    Ok(request)
}

/// What is asked for one content.
#[derive(Debug, Default)]
struct Asked<'a> {
    text: Text<'a>,
    dimensions: Option<u64>,
    truncate: Option<bool>,
    task: Option<Text<'a>>,
    title: Option<Text<'a>>,
}

impl Asked<'_> {
    /// Keeps what another content of the batch is asked for too: elsewhere it is said once for all.
    fn agree(&mut self, other: &Self, losses: &mut Losses) {
        const ONCE: &str = "it is said once for all texts elsewhere";
        if self.dimensions != other.dimensions {
            losses.refused("requests[].outputDimensionality", ONCE);
        }
        if self.truncate != other.truncate {
            losses.dropped("requests[].autoTruncate", ONCE);
            self.truncate = None;
        }
        if self.task != other.task {
            losses.dropped("requests[].taskType", ONCE);
            self.task = None;
        }
        if self.title != other.title {
            losses.dropped("requests[].title", ONCE);
            self.title = None;
        }
    }
}

fn read_asked<'a>(
    mut root: Fields<'a>,
    place: &str,
    losses: &mut Losses,
) -> Result<Asked<'a>, Misfit> {
    // The path decides.
    root.take("model")?;
    let content = root.take("content")?.ok_or_else(|| Misfit::new("is missing").at("content"))?;
    let text = read_content(content, place, losses).map_err(|misfit| misfit.at("content"))?;
    let mut asked = Asked {
        text,
        dimensions: root.whole("outputDimensionality")?,
        truncate: root.flag("autoTruncate")?,
        task: root.text("taskType")?,
        title: root.text("title")?,
    };
    // The newer place for the same.
    if let Some(mut config) = root.object("embedContentConfig")? {
        let mut read = || {
            asked.dimensions = config.whole("outputDimensionality")?.or(asked.dimensions);
            asked.truncate = config.flag("autoTruncate")?.or(asked.truncate);
            asked.task = config.text("taskType")?.or(asked.task.take());
            asked.title = config.text("title")?.or(asked.title.take());
            Ok(())
        };
        read().map_err(|misfit: Misfit| misfit.at("embedContentConfig"))?;
        config.note_rest(&format!("{place}embedContentConfig."), losses);
    }
    root.note_rest(place, losses);
    Ok(asked)
}

fn read_content<'a>(
    content: &'a RawValue,
    place: &str,
    losses: &mut Losses,
) -> Result<Text<'a>, Misfit> {
    // Its servers take a text for a content of one.
    if object::is_text(content) {
        return object::text(content);
    }
    let mut content = Fields::read(content)?;
    content.take("role")?;
    let mut texts = Vec::new();
    for (at, part) in content.list("parts")?.unwrap_or_default().into_iter().enumerate() {
        let read = || {
            let mut part = Fields::read(part)?;
            let text = part.text("text")?;
            Ok((text, part.rest().next().is_some()))
        };
        let (text, has_more) = read().map_err(|it: Misfit| it.within(at).at("parts"))?;
        if has_more || text.is_none() {
            losses
                .refused(format!("{place}content.parts[]"), "only texts become vectors elsewhere");
        }
        texts.extend(text);
    }
    content.note_rest(&format!("{place}content."), losses);
    if texts.len() > 1 {
        losses.approximated(format!("{place}content.parts"), "sent as one text, line by line");
        return Ok(Text::Owned(texts.join("\n")));
    }
    Ok(texts.into_iter().next().unwrap_or_default())
}

pub(super) fn write_request(request: &Request<'_>, losses: &mut Losses) -> Vec<u8> {
    let mut out = Vec::new();
    let text = request.one_text(losses);
    writer::object(&mut out, |root| write_asked(root, text, request));
    note(request, losses);
    out
}

pub(super) fn write_batch_request(
    request: &Request<'_>,
    model: &str,
    losses: &mut Losses,
) -> Vec<u8> {
    let named = model.starts_with("models/") || model.starts_with("tunedModels/");
    let model = if named { Text::Borrowed(model) } else { format!("models/{model}").into() };
    let mut out = Vec::new();
    let texts = request.texts(losses);
    writer::object(&mut out, |root| {
        root.list("requests", |requests| {
            for text in texts {
                requests.object(|it| {
                    it.text("model", &model);
                    write_asked(it, text, request);
                });
            }
        });
    });
    note(request, losses);
    out
}

fn write_asked(root: &mut Members<'_>, text: &str, request: &Request<'_>) {
    root.object("content", |content| {
        content.list("parts", |parts| parts.object(|part| part.text("text", text)));
    });
    if let Some(task) = &request.task {
        root.text("taskType", task);
    }
    if let Some(title) = &request.title {
        root.text("title", title);
    }
    if let Some(dimensions) = request.dimensions {
        root.whole("outputDimensionality", dimensions);
    }
}

/// Names what has no place in either of them.
fn note(request: &Request<'_>, losses: &mut Losses) {
    // Its developers' servers refuse the field for it.
    request.note_truncate(losses);
    request.note_user(losses);
}

pub(super) fn read_reply(body: &str) -> Result<Reply<'_>, Misfit> {
    const FIELD: &str = "embedding";
    let mut root = root(body)?;
    let vector = root.object(FIELD)?.ok_or_else(|| Misfit::new("is missing").at(FIELD))?;
    let vector = read_vector(vector).map_err(|misfit| misfit.at(FIELD))?;
    Ok(Reply { vectors: vec![vector], usage: usage(&mut root) })
}

pub(super) fn read_batch_reply(body: &str) -> Result<Reply<'_>, Misfit> {
    const FIELD: &str = "embeddings";
    let mut root = root(body)?;
    let list = root.list(FIELD)?.ok_or_else(|| Misfit::new("is missing").at(FIELD))?;
    let mut vectors = Vec::with_capacity(list.len());
    for (at, vector) in list.into_iter().enumerate() {
        let vector = Fields::read(vector).and_then(read_vector);
        vectors.push(vector.map_err(|misfit| misfit.within(at).at(FIELD))?);
    }
    Ok(Reply { vectors, usage: usage(&mut root) })
}

fn root(body: &str) -> Result<Fields<'_>, Misfit> {
    let mut root = Fields::parse(body)?;
    if root.take("error")?.is_some() {
        return Err(Misfit::new("stands in the place of a reply").at("error"));
    }
    Ok(root)
}

fn read_vector(mut vector: Fields<'_>) -> Result<Vector<'_>, Misfit> {
    let values = vector.take("values")?.ok_or_else(|| Misfit::new("is missing").at("values"))?;
    Vector::read(values).map_err(|misfit| misfit.at("values"))
}

pub(super) fn weigh(body: &str) -> Result<Usage, Misfit> {
    root(body).map(|mut root| usage(&mut root))
}

fn usage(root: &mut Fields<'_>) -> Usage {
    let mut figure = |place: &str, name| {
        let mut place = root.object(place).ok().flatten()?;
        place.whole(name).ok().flatten()
    };
    Usage {
        input_tokens: figure("usageMetadata", "promptTokenCount"),
        characters: figure("metadata", "billableCharacterCount"),
        ..Usage::default()
    }
}

pub(super) fn write_reply(reply: &Reply<'_>) -> Result<Vec<u8>, Misfit> {
    let vector = reply.vectors.first().map(Vector::digits).transpose()?.unwrap_or("[]".into());
    let mut out = Vec::with_capacity(vector.len() + 128);
    writer::object(&mut out, |root| {
        root.object("embedding", |it| it.raw("values", &vector));
        write_usage(root, reply);
    });
    Ok(out)
}

pub(super) fn write_batch_reply(reply: &Reply<'_>) -> Result<Vec<u8>, Misfit> {
    let mut vectors = Vec::with_capacity(reply.vectors.len());
    for vector in &reply.vectors {
        vectors.push(vector.digits()?);
    }
    let size = vectors.iter().map(|vector| vector.len() + 16).sum::<usize>();
    let mut out = Vec::with_capacity(size + 128);
    writer::object(&mut out, |root| {
        root.list("embeddings", |items| {
            vectors.iter().for_each(|vector| items.object(|it| it.raw("values", vector)));
        });
        write_usage(root, reply);
    });
    Ok(out)
}

fn write_usage(root: &mut Members<'_>, reply: &Reply<'_>) {
    let Some(tokens) = reply.usage.input_tokens else { return };
    root.object("usageMetadata", |usage| {
        usage.whole("promptTokenCount", tokens);
        usage.whole("totalTokenCount", tokens);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(requests: &str) -> Result<(Option<u64>, Option<String>, String), Misfit> {
        let body = format!(r#"{{"requests":[{requests}]}}"#);
        let mut losses = Losses::default();
        let request = read_batch_request(&body, "m", &mut losses)?;
        Ok((request.dimensions, request.task.map(Text::into_owned), losses.to_string()))
    }

    #[test]
    fn what_all_contents_are_asked_for_is_said_once() {
        let one = r#"{"content":{"parts":[{"text":"a"}]},"taskType":"X","outputDimensionality":9}"#;
        let other =
            r#"{"content":{"parts":[{"text":"b"}]},"task_type":"X","output_dimensionality":9}"#;
        let agreed = (Some(9), Some("X".to_owned()), String::new());
        assert_eq!(batch(&format!("{one},{other}")).unwrap(), agreed);
        let third = r#"{"content":{"parts":[{"text":"c"}]},"taskType":"Y","title":"t"}"#;
        let (_, task, losses) = batch(&format!("{one},{third}")).unwrap();
        assert_eq!(task, None);
        assert_eq!(
            losses,
            "requests[].outputDimensionality;refused, requests[].taskType;dropped, requests[].title;dropped"
        );
        assert!(batch("").is_err());
    }

    #[test]
    fn the_newer_place_for_what_is_asked_counts() {
        let config = r#"{"content":{"parts":[{"text":"a"}]},"outputDimensionality":9,
            "embedContentConfig":{"outputDimensionality":8,"taskType":"Z","mimeType":"x"}}"#;
        let expected = (
            Some(8),
            Some("Z".to_owned()),
            "requests[].embedContentConfig.mimeType;dropped".into(),
        );
        assert_eq!(batch(config).unwrap(), expected);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let picture =
            r#"{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":""}}]}}"#;
        assert_eq!(batch(picture).unwrap().2, "requests[].content.parts[];refused");
        let two = r#"{"content":{"parts":[{"text":"a"},{"text":"b"}]}}"#;
        assert_eq!(batch(two).unwrap().2, "requests[].content.parts;approximated");
        assert!(batch("{}").is_err());
    }

    #[test]
    fn characters_that_are_charged_for_are_read() {
        let body = r#"{"embeddings":[],"metadata":{"billableCharacterCount":7}}"#;
        let expected = Usage { characters: Some(7), ..Usage::default() };
        assert_eq!(read_batch_reply(body).unwrap().usage, expected);
        assert_eq!(weigh(body).unwrap(), expected);
    }
}
