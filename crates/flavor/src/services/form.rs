//! Which services there are, and in which forms.

use crate::json::Misfit;

/// What can be asked for beside conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Texts become vectors.
    Embed,
    /// A description becomes pictures.
    Image,
    /// A text is spoken.
    Speech,
    /// A sound becomes text.
    Transcription,
    /// Documents are put into the order in which they answer a question.
    Rerank,
}

/// The shape of a request and its reply. The same name may stand for a form of several services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// OpenAI's, which many servers speak.
    OpenAi,
    /// Gemini's, for one content: `:embedContent`. The model stands in the path.
    Gemini,
    /// Gemini's, for several contents: `:batchEmbedContents`. The model stands in the path.
    GeminiBatch,
    /// Ollama's.
    Ollama,
    /// Ollama's older one, for one text: `/api/embeddings`.
    OllamaOlder,
    /// Intel's AIPC Open Gateway's.
    Aog,
    /// What Jina and Cohere have in common, and many servers after them.
    Jina,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Embed, Self::Image, Self::Speech, Self::Transcription, Self::Rerank];

    /// Its name, as reports have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Embed => "embed",
            Self::Image => "image",
            Self::Speech => "speech",
            Self::Transcription => "transcription",
            Self::Rerank => "rerank",
        }
    }

    /// The forms that there are for it.
    pub const fn forms(self) -> &'static [Form] {
        match self {
            Self::Embed => &[
                Form::OpenAi,
                Form::Gemini,
                Form::GeminiBatch,
                Form::Ollama,
                Form::OllamaOlder,
                Form::Aog,
            ],
            Self::Image | Self::Speech | Self::Transcription => &[Form::OpenAi, Form::Aog],
            Self::Rerank => &[Form::Jina, Form::Aog],
        }
    }

    /// Whether it has this form.
    pub fn has(self, form: Form) -> bool {
        self.forms().contains(&form)
    }
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::OpenAi,
        Self::Gemini,
        Self::GeminiBatch,
        Self::Ollama,
        Self::OllamaOlder,
        Self::Aog,
        Self::Jina,
    ];

    /// Its name, as reports have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Gemini => "gemini",
            Self::GeminiBatch => "gemini batch",
            Self::Ollama => "ollama",
            Self::OllamaOlder => "ollama older",
            Self::Aog => "aog",
            Self::Jina => "jina",
        }
    }

    /// The flavor that it belongs to, as receipts have it.
    pub const fn flavor(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Gemini | Self::GeminiBatch => "gemini",
            Self::Ollama | Self::OllamaOlder => "ollama",
            Self::Aog => "aog",
            Self::Jina => "jina",
        }
    }

    /// Whether the path names the model, and the body need not.
    pub const fn model_in_path(self) -> bool {
        matches!(self, Self::Gemini | Self::GeminiBatch)
    }

    /// What there is to say where a service has no such form.
    pub(super) fn missing(self) -> Misfit {
        Misfit::new(format!("there is no {} form of this service", self.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_serves_something() {
        for form in Form::ALL {
            assert!(Service::ALL.iter().any(|service| service.has(form)), "{form:?}");
        }
        assert!(!Service::Rerank.has(Form::OpenAi));
        assert!(Service::Embed.has(Form::OllamaOlder));
    }
}
