//! What a model is there for, as far as its name tells.

/// See the module's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It converses. So does every model whose name says nothing else.
    Chat,
    /// It makes vectors.
    Embedding,
    /// It puts documents into order.
    Rerank,
    /// It makes pictures.
    Image,
    /// It makes films.
    Video,
    /// It speaks.
    Speech,
    /// It listens.
    Transcription,
    /// It judges what others say.
    Guard,
}

/// Words that tell a kind, the more telling ones first: `bge-reranker` ranks.
const TELLING: [(Kind, &[&str]); 7] = [
    (Kind::Rerank, &["rerank", "reranker"]),
    (
        Kind::Embedding,
        &[
            "embed",
            "embedding",
            "embeddings",
            "bge",
            "e5",
            "gte",
            "minilm",
            "arctic",
            "ada",
            "titan",
        ],
    ),
    (Kind::Transcription, &["whisper", "transcribe", "asr", "stt", "paraformer", "sensevoice"]),
    (Kind::Speech, &["tts", "kokoro", "cosyvoice", "bark"]),
    (Kind::Image, &["dall", "image", "imagen", "flux", "diffusion", "sdxl", "wanx", "kolors"]),
    (Kind::Video, &["sora", "veo", "cogvideox", "kling"]),
    (Kind::Guard, &["guard", "moderation", "shieldgemma"]),
];

impl Kind {
    /// What words tell, in a name's order.
    pub(super) fn of<'w>(words: impl Iterator<Item = &'w str> + Clone) -> Self {
        let tells =
            |telling: &&(Self, &[&str])| words.clone().any(|word| telling.1.contains(&word));
        TELLING.iter().find(tells).map_or(Self::Chat, |(kind, _)| *kind)
    }
}
