//! A provider that answers as quickly as can be, or as slowly as it is told.
//!
//! HTTP/1.1 by hand, nothing remembered, every reply different. How it behaves is in the model
//! that is asked for, so that one mock serves all peers at once.

mod chat;
mod request;

use std::io::Result;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use chat::Chat;
pub(crate) use chat::{CHUNKS, USAGE};
use request::{Asked, Requests};

/// Well-behaved.
pub(crate) const MODEL: &str = "bench";
/// Its streams say no usage.
pub(crate) const MUTE: &str = "bench-mute";
/// Its streams break off in the middle, with their connection.
pub(crate) const CUT: &str = "bench-cut";

/// How slow it is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pace {
    /// Until the head of a reply.
    pub(crate) latency: Duration,
    /// From one write of a stream to the next; none means that all come as quickly as can be.
    pub(crate) gap: Duration,
    /// Events to a write; 0 is 1 as well.
    pub(crate) together: u64,
}

/// A running mock. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Mock {
    address: String,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    latency_micros: AtomicU64,
    gap_micros: AtomicU64,
    together: AtomicU64,
    replies: AtomicU64,
}

impl Mock {
    /// Starts one on a free port.
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let shared = Arc::new(Shared::default());
        let listening = tokio::spawn(listen(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, listening })
    }

    /// `HOST:PORT`.
    pub(crate) fn address(&self) -> String {
        self.address.clone()
    }

    /// The `base_url` for a gateway's configuration.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Sets the pace of all replies that have not begun.
    pub(crate) fn pace(&self, pace: Pace) {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.shared.latency_micros.store(micros(pace.latency), Ordering::Relaxed);
        self.shared.gap_micros.store(micros(pace.gap), Ordering::Relaxed);
        self.shared.together.store(pace.together, Ordering::Relaxed);
    }
}

impl Shared {
    fn pace(&self) -> Pace {
        let micros = |of: &AtomicU64| Duration::from_micros(of.load(Ordering::Relaxed));
        Pace {
            latency: micros(&self.latency_micros),
            gap: micros(&self.gap_micros),
            together: self.together.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        // One that cannot be taken leaves its caller without a reply, and the load says so.
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&shared)));
        }
    }
}

/// Serves one connection to its end.
async fn serve(stream: TcpStream, shared: Arc<Shared>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = Requests::of(stream);
    let mut out = Vec::new();
    while let Some(asked) = requests.next().await? {
        let pace = shared.pace();
        let chat = Chat { number: shared.replies.fetch_add(1, Ordering::Relaxed) };
        if !pace.latency.is_zero() {
            sleep(pace.latency).await;
        }
        let stream = requests.stream();
        if asked.stream {
            if !events(stream, &mut out, chat, asked, pace).await? {
                return Ok(());
            }
        } else {
            out.clear();
            chat.whole(&mut out);
            stream.write_all(&out).await?;
        }
    }
    Ok(())
}

/// Writes a stream, so many events to a write. Whether it came to its end.
async fn events(
    stream: &mut TcpStream,
    out: &mut Vec<u8>,
    chat: Chat,
    asked: Asked,
    pace: Pace,
) -> Result<bool> {
    let mut due = Instant::now();
    let mut together = 0;
    let last = CHUNKS + USAGE;
    out.clear();
    Chat::head(out);
    for at in 0..=last {
        if at == CHUNKS && asked.mute {
            continue;
        }
        if at == CHUNKS / 2 && asked.cut {
            return Ok(false);
        }
        chat.event(out, at);
        together += 1;
        if together < pace.together && at < last {
            continue;
        }
        stream.write_all(out).await?;
        out.clear();
        together = 0;
        if !pace.gap.is_zero() && at < last {
            due += pace.gap;
            sleep_until(due).await;
        }
    }
    Ok(true)
}
