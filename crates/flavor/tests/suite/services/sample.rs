//! The wire samples.

use std::{fs, path::PathBuf};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use weighbridge_flavor::services::{Form, Service};

/// Samples of every form of every service: requests, and replies.
pub(super) const SAMPLES: [(Service, Form, &[&str], &[&str]); 14] = [
    (
        Service::Embed,
        Form::OpenAi,
        &["openai/embed_request", "openai/embed_request_tokens"],
        &["openai/embed_reply", "openai/embed_reply_packed"],
    ),
    (Service::Embed, Form::Gemini, &["gemini/embed_request"], &["gemini/embed_reply"]),
    (
        Service::Embed,
        Form::GeminiBatch,
        &["gemini/embed_batch_request"],
        &["gemini/embed_batch_reply"],
    ),
    (Service::Embed, Form::Ollama, &["ollama/embed_request"], &["ollama/embed_reply"]),
    (
        Service::Embed,
        Form::OllamaOlder,
        &["ollama/embed_older_request"],
        &["ollama/embed_older_reply"],
    ),
    (Service::Embed, Form::Aog, &["aog/embed_request"], &["aog/embed_reply"]),
    (Service::Image, Form::OpenAi, &["openai/image_request"], &["openai/image_reply"]),
    (Service::Image, Form::Aog, &["aog/image_request"], &["aog/image_reply"]),
    (Service::Speech, Form::OpenAi, &["openai/speech_request"], &["openai/speech_reply"]),
    (Service::Speech, Form::Aog, &["aog/speech_request"], &["aog/speech_reply"]),
    (
        Service::Transcription,
        Form::OpenAi,
        &["openai/transcription_request"],
        &["openai/transcription_reply", "openai/transcription_reply_short"],
    ),
    (
        Service::Transcription,
        Form::Aog,
        &["aog/transcription_request"],
        &["aog/transcription_reply"],
    ),
    (
        Service::Rerank,
        Form::Jina,
        &["jina/rerank_request"],
        &["jina/rerank_reply", "jina/rerank_reply_cohere"],
    ),
    (Service::Rerank, Form::Aog, &["aog/rerank_request"], &["aog/rerank_reply"]),
];

/// A body with its media type.
pub(super) struct Sample {
    pub(super) body: Bytes,
    pub(super) content_type: String,
}

/// A sample that says more than its body.
#[derive(Deserialize)]
struct Described<'a> {
    content_type: String,
    #[serde(borrow)]
    body: &'a RawValue,
}

pub(super) fn sample(name: &str) -> Sample {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let path = path.join(format!("{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|it| panic!("{}: {it}", path.display()));
    match serde_json::from_str::<Described<'_>>(&text) {
        Ok(Described { content_type, body }) => {
            let body: String = serde_json::from_str(body.get()).unwrap();
            Sample { body: body.into(), content_type }
        }
        Err(_) => Sample { body: text.into(), content_type: "application/json".into() },
    }
}
