//! One connection: requests in, behaviour out.

use std::sync::PoisonError;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::Stage;
use super::asked::Asked;
use super::behaviour::Behaviour;
use super::play::Player;
use super::seen::{Seen, Watched};
use crate::wire::{Framing, Head, Reader};

/// Serves a connection until it ends or a behaviour ends it.
pub(super) async fn serve(stream: TcpStream, stage: &Stage) {
    let _ = stream.set_nodelay(true);
    let (reader, mut writer) = stream.into_split();
    let mut reader = Reader::new(reader);
    while let Ok(Some(head)) = reader.head().await {
        reader.begin(Framing::of_request(&head));
        if head.header("expect").is_some() && writer.write_all(CONTINUE).await.is_err() {
            return;
        }
        let Ok(body) = reader.whole().await else { return };
        let (asked, behaviour, seen) = stage.receive(&head, body);
        let lines = head.word(1).starts_with("/api/");
        let mut player = Player::new(&mut writer, &stage.gates, &asked, &seen, lines);
        let kept = tokio::select! {
            biased;
            kept = player.play(&behaviour) => kept.unwrap_or_else(|_| {
                seen.leave();
                false
            }),
            () = reader.gone() => {
                seen.leave();
                false
            }
        };
        if !kept {
            return;
        }
    }
}

/// Whether a path is one of a call, in whatever flavor.
fn is_call(path: &str) -> bool {
    const CALLS: &[&str] = &[
        "/chat/completions",
        "/completions",
        "/responses",
        "/responses/compact",
        "/messages",
        "/api/chat",
        "/api/generate",
        "/services/chat",
        "/services/generate",
        ":generateContent",
        ":streamGenerateContent",
        "/embeddings",
        "/images/generations",
        "/audio/speech",
        "/audio/transcriptions",
        "/rerank",
        "/api/embed",
        ":embedContent",
        ":batchEmbedContents",
        "/services/embed",
        "/services/text-to-image",
        // Of a flavor that a file describes.
        "/turns",
    ];
    let path = path.split('?').next().unwrap_or(path);
    CALLS.iter().any(|call| path.ends_with(call))
}

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

impl Stage {
    /// Counts a call, if it is one, and decides how to behave.
    fn receive(&self, head: &Head, body: Bytes) -> (Asked, Behaviour, Watched) {
        let path = head.word(1);
        if head.word(0) != "POST" || !is_call(path) {
            return (Asked::default(), self.aside(path), Watched::default());
        }
        let mut calls = self.calls();
        calls.count += 1;
        let asked = Asked::read(path, &body, calls.count);
        let seen = Watched::new(Seen {
            path: path.to_owned(),
            headers: head.headers.clone(),
            body,
            marker: asked.marker.clone(),
            ..Seen::default()
        });
        calls.kept.push(seen.clone());
        drop(calls);
        let mut behaviour = self.script.behaviour(&asked.model).clone();
        // A chooser may hand on to another one, not for ever.
        for _ in 0..8 {
            let Behaviour::Choose(chooser) = &behaviour else { break };
            behaviour = chooser.choose(&asked);
        }
        (asked, behaviour, seen)
    }

    /// What is answered beside chat completions.
    fn aside(&self, path: &str) -> Behaviour {
        if let Some((status, json)) = self.told(path) {
            return Behaviour::Error { status, json };
        }
        if path.ends_with("/models") {
            let models: Vec<_> = self.script.models();
            let data: Vec<_> =
                models.iter().map(|id| json!({"id": id, "object": "model"})).collect();
            return Behaviour::bytes(json!({"object": "list", "data": data}).to_string());
        }
        Behaviour::Error { status: 404, json: json!({"error": {"message": "not here"}}) }
    }

    /// What it was told to answer there: at this very path, or at it with any query.
    fn told(&self, path: &str) -> Option<(u16, Value)> {
        let asides = self.asides.lock().unwrap_or_else(PoisonError::into_inner);
        let plain = path.split('?').next().unwrap_or(path);
        asides.get(path).or_else(|| asides.get(plain)).cloned()
    }
}
