//! What a deployment of LiteLLM's is for: its `mode`, or what its model is called.

use weighbridge_core::directory::Service;

/// The service, and whether it is guessed by the name.
///
/// # Errors
/// The mode, where no service is like it.
pub(super) fn of<'m>(mode: Option<&'m str>, model: &str) -> Result<(Service, bool), &'m str> {
    let Some(mode) = mode else { return Ok((by_name(model), true)) };
    let service = match mode {
        "chat" | "completion" | "responses" => Service::Chat,
        "embedding" => Service::Embed,
        "image_generation" => Service::TextToImage,
        "audio_speech" => Service::TextToSpeech,
        "audio_transcription" => Service::SpeechToText,
        "rerank" => Service::Rerank,
        other => return Err(other),
    };
    Ok((service, false))
}

/// LiteLLM looks it up in a list of its own; the words in names are nearly as good.
fn by_name(model: &str) -> Service {
    let name = model.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["embed", "bge-", "/e5-"]) && !has(&["rerank"]) {
        Service::Embed
    } else if has(&["rerank"]) {
        Service::Rerank
    } else if has(&["whisper", "transcribe"]) {
        Service::SpeechToText
    } else if has(&["dall-e", "gpt-image", "stable-diffusion", "flux"]) {
        Service::TextToImage
    } else if name.starts_with("tts-") || name.ends_with("-tts") {
        Service::TextToSpeech
    } else {
        Service::Chat
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_says_the_service_and_a_name_where_there_is_none() {
        assert_eq!(of(Some("embedding"), "x"), Ok((Service::Embed, false)));
        assert_eq!(of(Some("video_generation"), "x"), Err("video_generation"));
        for (model, service) in [
            ("text-embedding-3-small", Service::Embed),
            ("BAAI/bge-reranker-v2", Service::Rerank),
            ("whisper-1", Service::SpeechToText),
            ("gpt-4o-mini-transcribe", Service::SpeechToText),
            ("gpt-4o-mini-tts", Service::TextToSpeech),
            ("gpt-image-1", Service::TextToImage),
            ("gpt-4o", Service::Chat),
        ] {
            assert_eq!(of(None, model), Ok((service, true)), "{model}");
        }
    }
}
