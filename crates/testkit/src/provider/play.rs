//! Playing a behaviour to one client.

use std::future::pending;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::sleep;

use super::asked::Asked;
use super::behaviour::{Behaviour, StreamEnd};
use super::gates::Gates;
use super::seen::Watched;
use crate::chat::Chat;

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";
const LINES: &str = "application/x-ndjson";
/// Between the events of a stream without an end.
const ENDLESS_PACE: Duration = Duration::from_millis(1);

/// Plays to one client, for one call.
pub(crate) struct Player<'a> {
    writer: &'a mut OwnedWriteHalf,
    gates: &'a Gates,
    asked: &'a Asked,
    seen: &'a Watched,
    /// Whether a stream is of lines, as Ollama's.
    lines: bool,
}

impl<'a> Player<'a> {
    pub(crate) fn new(
        writer: &'a mut OwnedWriteHalf,
        gates: &'a Gates,
        asked: &'a Asked,
        seen: &'a Watched,
        lines: bool,
    ) -> Self {
        Self { writer, gates, asked, seen, lines }
    }

    /// Plays it. Whether the connection can go on afterwards.
    pub(crate) async fn play(&mut self, behaviour: &Behaviour) -> io::Result<bool> {
        match behaviour {
            Behaviour::Chat { chat, pace, end } => self.chat(chat, *pace, *end).await,
            Behaviour::Reply { status, headers, body, delay } => {
                pause(*delay).await;
                self.reply(*status, headers, body).await
            }
            Behaviour::Stream { chunks, end } => {
                self.begin().await?;
                for chunk in chunks {
                    pause(chunk.delay_before).await;
                    self.chunk(&chunk.bytes).await?;
                }
                self.end(*end).await
            }
            Behaviour::Gate { name, content_type, chunks, end } => {
                match content_type {
                    Some(content_type) => self.head(200, content_type, &[], None).await?,
                    None => self.begin().await?,
                }
                for (index, chunk) in chunks.iter().enumerate() {
                    if index > 0 {
                        self.gates.pass(name).await;
                    }
                    self.chunk(chunk).await?;
                }
                self.end(*end).await
            }
            Behaviour::NeverAnswer => pending().await,
            Behaviour::CloseEarly | Behaviour::Choose(_) => Ok(false),
            Behaviour::Garbage => {
                self.write(b"\x00\xff\x16\x03 this is no HTTP at all\n\r\n\r\n").await?;
                Ok(false)
            }
            Behaviour::EndlessLine => self.endless_line().await,
            Behaviour::EndlessStream => self.endless_stream().await,
            Behaviour::LongReply { bytes } => {
                let words = vec!["a".repeat(*bytes)];
                let body = Chat { words, ..Chat::default() }.whole(self.asked);
                self.reply(200, &[], &body).await
            }
            Behaviour::Error { status, json } => {
                self.reply(*status, &[], json.to_string().as_bytes()).await
            }
            Behaviour::Unauthorized => {
                let json = json!({"error": {"message": "Incorrect API key provided: sk-1234",
                    "type": "invalid_request_error", "param": null, "code": "invalid_api_key"}});
                self.reply(401, &[], json.to_string().as_bytes()).await
            }
            Behaviour::RetryAfter { seconds } => {
                let json = json!({"error": {"message": "Rate limit reached",
                    "type": "requests", "param": null, "code": "rate_limit_exceeded"}});
                let headers = [("retry-after".to_owned(), seconds.to_string())];
                self.reply(429, &headers, json.to_string().as_bytes()).await
            }
        }
    }

    async fn chat(&mut self, chat: &Chat, pace: Duration, end: StreamEnd) -> io::Result<bool> {
        if self.asked.stream {
            self.begin().await?;
            for event in chat.events(self.asked) {
                pause(pace).await;
                self.chunk(&event).await?;
            }
            return self.end(end).await;
        }
        pause(pace).await;
        let body = chat.whole(self.asked);
        if end == StreamEnd::End {
            return self.reply(200, &[], &body).await;
        }
        self.head(200, JSON, &[], Some(body.len())).await?;
        self.write(&body[..body.len() / 2]).await?;
        if end == StreamEnd::Hang { pending().await } else { Ok(false) }
    }

    async fn endless_line(&mut self) -> io::Result<bool> {
        self.begin().await?;
        self.chunk(b"data: ").await?;
        let piece = Bytes::from(vec![b'a'; 16 << 10]);
        loop {
            self.chunk(&piece).await?;
        }
    }

    async fn endless_stream(&mut self) -> io::Result<bool> {
        self.begin().await?;
        let chat = Chat { finish_reason: false, done: false, ..Chat::default() };
        let events = chat.events(self.asked);
        loop {
            for event in &events {
                pause(ENDLESS_PACE).await;
                self.chunk(event).await?;
            }
        }
    }

    /// A whole reply. JSON, unless its headers say something else.
    async fn reply(
        &mut self,
        status: u16,
        headers: &[(String, String)],
        body: &[u8],
    ) -> io::Result<bool> {
        self.head(status, JSON, headers, Some(body.len())).await?;
        self.write(body).await?;
        self.seen.chunk_written();
        self.seen.finish();
        Ok(true)
    }

    /// The head of a stream.
    async fn begin(&mut self) -> io::Result<()> {
        let content_type = if self.lines { LINES } else { EVENTS };
        self.head(200, content_type, &[], None).await
    }

    /// The head; chunked where no length is given.
    async fn head(
        &mut self,
        status: u16,
        content_type: &str,
        headers: &[(String, String)],
        length: Option<usize>,
    ) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {status} Scripted\r\n");
        let mut line = |name: &str, value: &str| head.extend([name, ": ", value, "\r\n"]);
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            line("content-type", content_type);
        }
        for (name, value) in headers {
            line(name, value);
        }
        match length {
            Some(length) => line("content-length", &length.to_string()),
            None => line("transfer-encoding", "chunked"),
        }
        head.push_str("\r\n");
        self.write(head.as_bytes()).await
    }

    /// One chunk of a stream, in one write.
    async fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        self.write(&chunk).await?;
        self.seen.chunk_written();
        Ok(())
    }

    async fn end(&mut self, end: StreamEnd) -> io::Result<bool> {
        match end {
            StreamEnd::End => {
                self.write(b"0\r\n\r\n").await?;
                self.seen.finish();
                Ok(true)
            }
            StreamEnd::Cut => {
                self.write(b"40\r\ndata: {\"id\":\"chatcmpl").await?;
                Ok(false)
            }
            StreamEnd::Hang => pending().await,
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes).await
    }
}

/// Waits; for nothing not even a turn.
async fn pause(time: Duration) {
    if !time.is_zero() {
        sleep(time).await;
    }
}
