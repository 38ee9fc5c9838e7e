//! What the cost of a request depends on, service by service. It is read as it stands: whatever is
//! not what has to stand there is for the provider to refuse, and counts with all its bytes.

use serde_json::value::RawValue;

use super::Peek;
use crate::json::{Misfit, Object, object};
use crate::services::{Form, Service, packed, sound};

/// The most pictures of a request that are believed to be asked for.
const MOST_ITEMS: u64 = 1_000_000;

/// Counts into a peek.
pub(super) struct Count<'p> {
    pub(super) peek: &'p mut Peek,
}

impl Count<'_> {
    pub(super) fn add(
        &mut self,
        service: Service,
        form: Form,
        mut root: Object<'_>,
    ) -> Result<(), Misfit> {
        self.peek.items = 1;
        match service {
            Service::Embed => match form {
                Form::Gemini => {
                    self.content(needed(&mut root, "content")?);
                    self.titles(root);
                }
                Form::GeminiBatch => {
                    self.items(needed(&mut root, "requests")?, Self::batched);
                }
                Form::OllamaOlder => self.text(needed(&mut root, "prompt")?),
                _ => self.input(needed(&mut root, "input")?),
            },
            Service::Image => {
                self.text(needed(&mut root, "prompt")?);
                let n = root.whole("n")?.unwrap_or(1);
                if !(1..=MOST_ITEMS).contains(&n) {
                    return Err(Misfit::new("should be a whole number from 1").at("n"));
                }
                self.peek.items = n;
                self.media(root.take("image"));
            }
            Service::Speech => {
                let field = if form == Form::Aog { "text" } else { "input" };
                let text = needed(&mut root, field)?;
                self.text(text);
                let said = object::text(text).map_err(|misfit| misfit.at(field))?;
                self.peek.characters = u64::try_from(said.chars().count()).ok();
                root.take("instructions").into_iter().for_each(|words| self.text(words));
            }
            Service::Transcription => {
                let audio = root.take("audio").or_else(|| root.take("file"));
                let missing = || Misfit::new("is missing").at("audio");
                let text = object::text(audio.ok_or_else(missing)?);
                self.sound(&text.map_err(|misfit| misfit.at("audio"))?);
            }
            Service::Rerank => {
                self.text(needed(&mut root, "query")?);
                let query = self.peek.text_bytes;
                self.items(needed(&mut root, "documents")?, Self::text);
                // A model reads the question anew with each document, and whoever charges tokens
                // counts it as often (jina.ai/reranker: the query's tokens times the documents).
                let more = self.peek.items.saturating_sub(1);
                self.peek.again_bytes = query.saturating_mul(more);
            }
        }
        Ok(())
    }

    /// A text, without its quotes; of anything else, all of it.
    fn text(&mut self, value: &RawValue) {
        let quotes = if object::is_text(value) { 2 } else { 0 };
        let bytes = value.get().len().saturating_sub(quotes);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.peek.text_bytes = self.peek.text_bytes.saturating_add(bytes);
    }

    fn media(&mut self, value: Option<&RawValue>) {
        let bytes = value.map_or(0, |value| value.get().len());
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.peek.media_bytes = self.peek.media_bytes.saturating_add(bytes);
    }

    /// The items of a list; of what is none, all of it.
    fn items(&mut self, value: &RawValue, mut each: impl FnMut(&mut Self, &RawValue)) {
        let Ok(items) = object::list(value) else { return self.text(value) };
        self.peek.items = u64::try_from(items.len()).unwrap_or(u64::MAX).max(1);
        items.into_iter().for_each(|item| each(self, item));
    }

    /// Texts or tokens.
    fn input(&mut self, value: &RawValue) {
        let Ok(items) = object::list(value) else { return self.text(value) };
        let is_number = |item: &&RawValue| item.get().starts_with(|it: char| it.is_ascii_digit());
        if !items.is_empty() && items.iter().all(is_number) {
            self.peek.tokens = u64::try_from(items.len()).ok();
            return self.text(value);
        }
        let lists = items.iter().map(|item| {
            let tokens = object::list(item).ok().filter(|tokens| tokens.iter().all(is_number));
            tokens.and_then(|tokens| u64::try_from(tokens.len()).ok())
        });
        let tokens = lists.sum::<Option<u64>>();
        self.peek.tokens = tokens.filter(|_| !items.is_empty());
        self.items(value, Self::text);
    }

    /// One of Gemini's requests for a vector.
    fn batched(&mut self, value: &RawValue) {
        let Ok(mut request) = Object::read(value) else { return self.text(value) };
        match request.take("content") {
            Some(content) => self.content(content),
            None => self.text(value),
        }
        self.titles(request);
    }

    /// What is read with a content; in the newer of its places, all that stands there.
    fn titles(&mut self, mut request: Object<'_>) {
        for field in ["title", "embedContentConfig", "embed_content_config"] {
            request.take(field).into_iter().for_each(|words| self.text(words));
        }
    }

    /// One of Gemini's contents: its parts are texts, or something else.
    fn content(&mut self, value: &RawValue) {
        let parts = Object::read(value).and_then(|mut content| content.list("parts"));
        let Ok(Some(parts)) = parts else { return self.text(value) };
        for part in parts {
            let text = Object::read(part).ok().and_then(|mut part| {
                let text = part.take("text");
                text.filter(|_| part.rest().next().is_none())
            });
            match text {
                Some(text) => self.text(text),
                None => self.media(Some(part)),
            }
        }
    }

    /// A sound in base64, or where it is.
    fn sound(&mut self, text: &str) {
        let data = packed::data_address(text).map_or(text, |(_, data)| data);
        let bytes = packed::unpacked_len(data);
        let head = packed::unpack_start(data, sound::TELLING_LETTERS);
        self.peek.media_bytes = bytes;
        self.peek.seconds = Some(sound::seconds(&head, bytes));
    }
}

fn needed<'a>(root: &mut Object<'a>, field: &'static str) -> Result<&'a RawValue, Misfit> {
    root.take(field).ok_or_else(|| Misfit::new("is missing").at(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(service: Service, form: Form, body: &str) -> Peek {
        let mut peek = Peek::default();
        Count { peek: &mut peek }.add(service, form, Object::parse(body).unwrap()).unwrap();
        peek
    }

    #[test]
    fn vectors_are_counted_in_every_form() {
        for (form, body, items, text_bytes, tokens) in [
            (Form::OpenAi, r#"{"input":"abc"}"#, 1, 3, None),
            (Form::OpenAi, r#"{"input":["ab","c"]}"#, 2, 3, None),
            (Form::OpenAi, r#"{"input":[1,22]}"#, 1, 6, Some(2)),
            (Form::OpenAi, r#"{"input":[[1],[2,3]]}"#, 2, 8, Some(3)),
            (Form::OpenAi, r#"{"input":[]}"#, 1, 0, None),
            (Form::OpenAi, r#"{"input":["a",[1]]}"#, 2, 4, None),
            (Form::OllamaOlder, r#"{"prompt":"abc"}"#, 1, 3, None),
            (Form::Gemini, r#"{"content":{"parts":[{"text":"ab"},{"text":"c"}]}}"#, 1, 3, None),
            (
                Form::GeminiBatch,
                r#"{"requests":[{"content":{"parts":[{"text":"ab"}]},"title":"t"},{"content":"c"}]}"#,
                2,
                4,
                None,
            ),
        ] {
            let peek = counted(Service::Embed, form, body);
            let seen = (peek.items, peek.text_bytes, peek.tokens);
            assert_eq!(seen, (items, text_bytes, tokens), "{body}");
        }
    }

    #[test]
    fn what_is_no_text_is_counted_apart() {
        let body = r#"{"content":{"parts":[{"inlineData":{"data":"AAAA"}}]}}"#;
        let peek = counted(Service::Embed, Form::Gemini, body);
        assert_eq!((peek.text_bytes, peek.media_bytes), (0, 30));
        let wav = format!("{}AAAA", packed::pack(b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\x02\0\0\0\x02\0\x10\0data\0\0\0\0\0"));
        let peek = counted(Service::Transcription, Form::Aog, &format!(r#"{{"audio":"{wav}"}}"#));
        assert_eq!((peek.media_bytes, peek.seconds), (48, Some(2)));
    }

    #[test]
    fn documents_and_pictures_are_counted() {
        let body = r#"{"query":"ab","documents":["c",{"text":"d"}]}"#;
        let peek = counted(Service::Rerank, Form::Jina, body);
        // The question is read with each of them.
        assert_eq!((peek.items, peek.text_bytes, peek.again_bytes), (2, 15, 2));
        let mut peek = Peek::default();
        let none = Object::parse(r#"{"prompt":"p","n":0}"#).unwrap();
        assert!(Count { peek: &mut peek }.add(Service::Image, Form::OpenAi, none).is_err());
    }
}
