//! One page of a provider's list, in each flavor's form.

use serde_json::Value;
use weighbridge_core::directory::Listed;
use weighbridge_core::naming::Kind;

/// See the module's words.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) models: Vec<Listed>,
    /// What the next page is asked for by; nothing where this is the last one.
    pub(super) next: Option<String>,
}

/// OpenAI's own list has names only. Others of its flavor say more, each by a name of its own: vLLM
/// `max_model_len`, LM Studio and Mistral `max_context_length`, Groq `context_window`, OpenRouter and
/// Together `context_length`, llama.cpp under `meta`. Together's list stands in no object.
pub(super) fn openai(answer: &Value) -> Option<Page> {
    let list = answer.as_array().or_else(|| answer.get("data")?.as_array())?;
    let read = |item: &Value| {
        let meta = item.get("meta");
        let lengths = ["max_model_len", "context_length", "max_context_length", "context_window"];
        let own = lengths.into_iter().find_map(|name| tokens(item.get(name)));
        let of_meta = || {
            let said = |name| tokens(meta?.get(name));
            said("n_ctx").or_else(|| said("n_ctx_train"))
        };
        Some(Listed {
            name: text(item, "id")?,
            context_length: own.or_else(of_meta),
            kind: item.get("type").and_then(Value::as_str).and_then(typed),
        })
    };
    Some(Page { models: list.iter().filter_map(read).collect(), next: None })
}

/// The word that some servers of OpenAI's flavor have for what a model is.
fn typed(word: &str) -> Option<Kind> {
    Some(match word {
        "llm" | "vlm" | "chat" | "language" => Kind::Chat,
        "embedding" | "embeddings" => Kind::Embedding,
        "rerank" => Kind::Rerank,
        "image" => Kind::Image,
        "video" => Kind::Video,
        "transcribe" => Kind::Transcription,
        _ => return None,
    })
}

/// Anthropic's models all converse.
pub(super) fn anthropic(answer: &Value) -> Option<Page> {
    let read = |item: &Value| {
        Some(Listed {
            name: text(item, "id")?,
            context_length: tokens(item.get("max_input_tokens")),
            kind: Some(Kind::Chat),
        })
    };
    let models = answer.get("data")?.as_array()?.iter().filter_map(read).collect();
    let goes_on = answer.get("has_more").and_then(Value::as_bool).unwrap_or_default();
    Some(Page { models, next: text(answer, "last_id").filter(|_| goes_on) })
}

/// A model of Google's that neither converses nor embeds (it answers live, or asks another way) has no
/// place here and is left out.
pub(super) fn gemini(answer: &Value) -> Option<Page> {
    let read = |item: &Value| {
        let name = text(item, "name")?;
        let methods = item.get("supportedGenerationMethods").and_then(Value::as_array);
        let kind = match methods {
            None => None,
            Some(methods) => {
                let has = |name: &str| methods.iter().any(|method| method == name);
                Some(if has("generateContent") {
                    Kind::Chat
                } else if has("embedContent") || has("batchEmbedContents") {
                    Kind::Embedding
                } else if has("predict") {
                    Kind::Image
                } else {
                    return None;
                })
            }
        };
        Some(Listed {
            name: name.strip_prefix("models/").unwrap_or(&name).to_owned(),
            context_length: tokens(item.get("inputTokenLimit")),
            kind,
        })
    };
    // An empty list is an object without the member.
    let models = match answer.as_object()?.get("models") {
        Some(models) => models.as_array()?.iter().filter_map(read).collect(),
        None if answer.get("error").is_some() => return None,
        None => Vec::new(),
    };
    let next = text(answer, "nextPageToken").filter(|token| !token.is_empty());
    Some(Page { models, next })
}

/// Ollama's tags.
pub(super) fn ollama(answer: &Value) -> Option<Page> {
    let read = |item: &Value| text(item, "name").or_else(|| text(item, "model"));
    let names = answer.get("models")?.as_array()?.iter().filter_map(read);
    Some(Page { models: names.map(Listed::named).collect(), next: None })
}

/// What Ollama's page of a model says of it. The length stands under the name of its architecture.
pub(super) fn shown(model: &mut Listed, answer: &Value) {
    if let Some(abilities) = answer.get("capabilities").and_then(Value::as_array) {
        let has = |word: &str| abilities.iter().any(|ability| ability == word);
        if has("completion") {
            model.kind = Some(Kind::Chat);
        } else if has("embedding") {
            model.kind = Some(Kind::Embedding);
        } else if has("image") {
            model.kind = Some(Kind::Image);
        }
    }
    let Some(about) = answer.get("model_info") else { return };
    if let Some(architecture) = about.get("general.architecture").and_then(Value::as_str) {
        model.context_length = tokens(about.get(format!("{architecture}.context_length")));
    }
}

/// AOG lists what was asked to be there; only what has been fetched is.
pub(super) fn aog(answer: &Value) -> Option<Page> {
    let read = |item: &Value| {
        let is_there =
            item.get("status").and_then(Value::as_str).is_none_or(|it| it == "downloaded");
        text(item, "model_name").filter(|_| is_there).map(Listed::named)
    };
    // Where there are none it says null.
    let models = match answer.as_object()?.get("data")? {
        Value::Null => Vec::new(),
        list => list.as_array()?.iter().filter_map(read).collect(),
    };
    Some(Page { models, next: None })
}

fn text(item: &Value, name: &str) -> Option<String> {
    item.get(name)?.as_str().map(str::to_owned)
}

fn tokens(said: Option<&Value>) -> Option<u64> {
    said?.as_u64().filter(|tokens| *tokens > 0)
}
