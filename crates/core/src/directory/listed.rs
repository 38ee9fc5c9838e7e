//! A model as its provider lists it.

use super::provider::Service;
use crate::naming::{Kind, ModelName};

/// See the module's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// The most tokens of prompt and answer together, where the provider says so.
    pub context_length: Option<u64>,
    /// What it is there for, where the provider says so.
    pub kind: Option<Kind>,
}

impl Listed {
    /// Of which nothing but its name is known.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), context_length: None, kind: None }
    }

    /// What it is there for: as the provider says, else as its name tells. A name that tells nothing may
    /// be anybody's.
    pub fn kind(&self) -> Option<Kind> {
        let told = || Some(ModelName::read(&self.name).kind).filter(|kind| *kind != Kind::Chat);
        self.kind.or_else(told)
    }

    /// Which of these services it is for. Of one that is known to be for something, it is that and nothing
    /// else. Most models converse, so one of which nothing is known is for conversation, and where its
    /// provider has none, for whatever it has.
    pub fn services(&self, of: &[Service]) -> Vec<Service> {
        let only = match self.kind() {
            Some(kind) => Service::of(kind),
            None if of.contains(&Service::Chat) => Some(Service::Chat),
            None => return of.to_vec(),
        };
        of.iter().copied().filter(|service| Some(*service) == only).collect()
    }
}

impl Service {
    /// What models of a kind are asked for; nothing where there is no such service. What judges others does
    /// so in conversation.
    pub const fn of(kind: Kind) -> Option<Self> {
        Some(match kind {
            Kind::Chat | Kind::Guard => Self::Chat,
            Kind::Embedding => Self::Embed,
            Kind::Rerank => Self::Rerank,
            Kind::Image => Self::TextToImage,
            Kind::Speech => Self::TextToSpeech,
            Kind::Transcription => Self::SpeechToText,
            Kind::Video => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_for_what_its_provider_or_its_name_says() {
        let services = |name: &str, kind| {
            let of = [Service::Chat, Service::Embed, Service::TextToImage];
            Listed { kind, ..Listed::named(name) }.services(&of)
        };
        assert_eq!(services("qwen3:8b", None), [Service::Chat]);
        assert_eq!(services("qwen3:8b", Some(Kind::Embedding)), [Service::Embed]);
        assert_eq!(services("bge-m3", None), [Service::Embed]);
        assert_eq!(services("bge-m3", Some(Kind::Chat)), [Service::Chat]);
        assert_eq!(services("dall-e-3", None), [Service::TextToImage]);
        assert_eq!(services("llama-guard3", None), [Service::Chat]);
        assert_eq!(services("whisper-1", None), []);
        assert_eq!(services("sora-2", None), []);
    }

    #[test]
    fn where_nobody_converses_what_is_unknown_is_for_all_there_is() {
        let of = [Service::Rerank, Service::Embed];
        assert_eq!(Listed::named("m").services(&of), of);
        assert_eq!(Listed::named("bge-reranker-v2").services(&of), [Service::Rerank]);
    }
}
