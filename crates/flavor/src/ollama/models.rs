//! What clients ask for before they call: which models there are, and what these can do.

use super::created;
use crate::json::writer::{self, Members};
use crate::json::{Misfit, Object};
use crate::peek::{MODEL, is_model};

/// The version of Ollama whose calls are spoken here. Some clients refuse what is older than 0.6.4,
/// or is no number.
pub const VERSION: &str = "0.12.11";

/// One model, as lists and descriptions show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCard {
    /// The name to call it by.
    pub name: String,
    /// When it came to be as it is, in seconds since 1970.
    pub modified: u64,
    /// Tells its content from any other's: 64 hexadecimal digits, of which clients show twelve.
    pub digest: String,
    /// The bytes of its weights; zero where that is not known.
    pub size: u64,
    /// Its architecture, such as `qwen3`; not empty, for names of facts begin with it.
    pub architecture: String,
    /// The most tokens of prompt and answer together, where that is known.
    pub context: Option<u64>,
    /// What it can do.
    pub capabilities: Vec<Capability>,
}

/// Something a model can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// It answers.
    Completion,
    /// It asks for tools.
    Tools,
    /// It fills in between two texts.
    Insert,
    /// It sees pictures.
    Vision,
    /// It hears.
    Audio,
    /// It thinks before it answers.
    Thinking,
    /// It turns texts into vectors.
    Embedding,
    /// It makes pictures.
    Image,
}

impl Capability {
    /// The word that Ollama has for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completion => "completion",
            Self::Tools => "tools",
            Self::Insert => "insert",
            Self::Vision => "vision",
            Self::Audio => "audio",
            Self::Thinking => "thinking",
            Self::Embedding => "embedding",
            Self::Image => "image",
        }
    }
}

/// The body that answers `/api/tags`: all models.
#[must_use]
pub fn tags(models: &[ModelCard]) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.list("models", |items| {
            for model in models {
                items.object(|item| {
                    item.text("name", &model.name);
                    item.text("model", &model.name);
                    item.text("modified_at", &created::written(model.modified));
                    item.whole("size", model.size);
                    item.text("digest", &model.digest);
                    write_details(model, item);
                    write_capabilities(model, item);
                });
            }
        });
    });
    out
}

/// The body that answers `/api/show`: one model.
#[must_use]
pub fn show(model: &ModelCard) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        // Clients read these without asking whether they are there.
        root.text("modelfile", "");
        root.text("parameters", "");
        root.text("template", "");
        write_details(model, root);
        root.object("model_info", |info| {
            info.text("general.architecture", &model.architecture);
            if let Some(context) = model.context {
                info.whole(&format!("{}.context_length", model.architecture), context);
            }
        });
        write_capabilities(model, root);
        root.text("modified_at", &created::written(model.modified));
    });
    out
}

/// The model that a request to `/api/show` asks for.
///
/// # Errors
/// When it names none, or one that is too long for a name.
pub fn read_show_request(body: &str) -> Result<String, Misfit> {
    let mut members = Object::parse(body)?;
    // Older clients know it by its older name.
    let name = members.text("name")?.filter(|name| !name.is_empty());
    let model = members.text("model")?.filter(|model| !model.is_empty());
    match model.or(name) {
        Some(model) if is_model(&model) => Ok(model.into_owned()),
        Some(_) => Err(Misfit::new(MODEL).at("model")),
        None => Err(Misfit::new("is missing; a text has to stand here").at("model")),
    }
}

/// The body that answers `/api/ps`: no models, for whoever stands between knows of none which of
/// them lie in some provider's memory.
#[must_use]
pub fn ps() -> Vec<u8> {
    br#"{"models":[]}"#.to_vec()
}

/// The body that answers `/api/version`.
#[must_use]
pub fn version() -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| root.text("version", VERSION));
    out
}

fn write_details(model: &ModelCard, members: &mut Members<'_>) {
    members.object("details", |details| {
        details.text("parent_model", "");
        details.text("format", "");
        details.text("family", &model.architecture);
        details.list("families", |items| items.text(&model.architecture));
        details.text("parameter_size", "");
        details.text("quantization_level", "");
    });
}

fn write_capabilities(model: &ModelCard, members: &mut Members<'_>) {
    members.list("capabilities", |items| {
        model.capabilities.iter().for_each(|capability| items.text(capability.as_str()));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> ModelCard {
        ModelCard {
            name: "qwen3:8b".to_owned(),
            modified: 1_760_000_000,
            digest: "ab".repeat(32),
            size: 0,
            architecture: "qwen3".to_owned(),
            context: Some(40_960),
            capabilities: vec![Capability::Completion, Capability::Tools],
        }
    }

    #[test]
    fn a_description_says_what_clients_look_for() {
        let shown: serde_json::Value = serde_json::from_slice(&show(&card())).unwrap();
        assert_eq!(shown["model_info"]["qwen3.context_length"], 40_960);
        assert_eq!(shown["model_info"]["general.architecture"], "qwen3");
        assert_eq!(shown["capabilities"], serde_json::json!(["completion", "tools"]));
    }

    #[test]
    fn a_list_holds_its_models() {
        let listed: serde_json::Value = serde_json::from_slice(&tags(&[card()])).unwrap();
        let model = &listed["models"][0];
        assert_eq!((&model["name"], &model["model"]), (&model["model"], &model["name"]));
        assert_eq!(model["modified_at"], "2025-10-09T08:53:20Z");
        assert_eq!(tags(&[]), ps());
    }

    #[test]
    fn a_model_is_asked_for_by_either_name() {
        assert_eq!(read_show_request(r#"{"model":"","name":"a"}"#).unwrap(), "a");
        assert_eq!(read_show_request(r#"{"model":"b","verbose":true}"#).unwrap(), "b");
        assert!(read_show_request("{}").is_err());
        let named = |bytes: usize| format!(r#"{{"name":"{}"}}"#, "x".repeat(bytes));
        assert!(read_show_request(&named(256)).is_ok());
        let words = read_show_request(&named(257)).unwrap_err().to_string();
        assert_eq!(words, "model: should be a text of 1 to 256 bytes");
    }

    #[test]
    fn the_version_is_a_number_that_clients_take() {
        let parts: Vec<u64> = VERSION.split('.').map(|part| part.parse().unwrap()).collect();
        assert!(parts >= vec![0, 6, 4]);
        assert_eq!(version(), br#"{"version":"0.12.11"}"#);
    }
}
