//! A scripted provider: it counts the calls it gets, of whatever flavor, and behaves as its script
//! says, which may be badly. By itself it speaks OpenAI's chat completions.

mod asked;
mod behaviour;
mod exchange;
mod gates;
mod play;
mod script;
mod seen;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout_at};

pub use asked::Asked;
pub use behaviour::{Behaviour, Chooser, Chunk, StreamEnd};
use gates::Gates;
pub use script::Script;
pub use seen::Seen;
use seen::Watched;

/// How often a wait looks again.
const TICK: Duration = Duration::from_millis(5);

/// A provider that listens until it is dropped.
#[derive(Debug)]
pub struct Provider {
    address: SocketAddr,
    stage: Arc<Stage>,
    listening: JoinHandle<()>,
}

/// What every connection shares.
#[derive(Debug)]
struct Stage {
    script: Script,
    calls: Mutex<Calls>,
    gates: Gates,
    /// What is answered beside calls, by its path.
    asides: Mutex<HashMap<String, (u16, Value)>>,
    /// Connections that are open.
    visits: AtomicUsize,
}

/// One connection, as long as it is open.
struct Visit(Arc<Stage>);

#[derive(Debug, Default)]
struct Calls {
    /// How many there were, forgotten ones included.
    count: u64,
    kept: Vec<Watched>,
}

impl Provider {
    /// Starts a provider with the standard script: a model `ok` that replies and streams properly.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Script::new()).await
    }

    /// Starts a provider that behaves as `script` says.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start_with(script: Script) -> io::Result<Self> {
        Self::start_at("127.0.0.1:0", script).await
    }

    /// Starts a provider at this very address, for instance where another one was before.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn start_at(address: &str, script: Script) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let calls = Mutex::default();
        let gates = Gates::default();
        let visits = AtomicUsize::new(0);
        let stage = Arc::new(Stage { script, calls, gates, asides: Mutex::default(), visits });
        let listening = tokio::spawn(listen(listener, Arc::clone(&stage)));
        Ok(Self { address, stage, listening })
    }

    /// What goes into a configuration as `base_url`: ends in `/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The models that its script knows.
    pub fn models(&self) -> Vec<String> {
        self.stage.script.models()
    }

    /// Answers whatever is asked at this path beside calls, with any query or this very one, like this from
    /// now on: how a server lists its models, in the form of its flavor.
    pub fn answer(&self, path: &str, status: u16, json: Value) {
        let mut asides = self.stage.asides.lock().unwrap_or_else(PoisonError::into_inner);
        asides.insert(path.to_owned(), (status, json));
    }

    /// Every chat completion that arrived, head and body, and was not forgotten; in order.
    pub fn calls(&self) -> Vec<Seen> {
        self.stage.calls().kept.iter().map(Watched::look).collect()
    }

    /// How many chat completions arrived, forgotten ones included.
    pub fn seen_count(&self) -> u64 {
        self.stage.calls().count
    }

    /// Takes the calls that are kept, so that long runs stay small.
    pub fn take(&self) -> Vec<Seen> {
        let kept = std::mem::take(&mut self.stage.calls().kept);
        kept.iter().map(Watched::look).collect()
    }

    /// Waits, after its only client has gone without a word, until everything that this client
    /// sent has been read and counted, at most this long. Whether that is so.
    pub async fn drained(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        // Connections are taken in order, so when this one is, the client's are.
        let last = TcpStream::connect(self.address).await;
        let Ok(Ok(last)) = timeout_at(deadline, answered(last)).await else { return false };
        drop(last);
        while self.stage.visits.load(Ordering::Acquire) > 0 {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(TICK).await;
        }
        true
    }

    /// Lets the gate `name` pass one more chunk.
    pub fn release(&self, name: &str) {
        self.stage.gates.release(name);
    }

    /// Waits until `holds` of the calls, at most this long. Whether it did.
    pub async fn until(&self, patience: Duration, holds: impl Fn(&[Seen]) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            if holds(&self.calls()) {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            sleep(TICK).await;
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Visit {
    fn new(stage: &Arc<Stage>) -> Self {
        stage.visits.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(stage))
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.0.visits.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Stage {
    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn listen(listener: TcpListener, stage: Arc<Stage>) {
    // Aborting this task drops the set, and with it every connection.
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let visit = Visit::new(&stage);
                connections.spawn(async move { exchange::serve(stream, &visit.0).await });
            }
            Err(_) => sleep(TICK).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

/// A connection over which something was answered.
async fn answered(stream: io::Result<TcpStream>) -> io::Result<TcpStream> {
    let mut stream = stream?;
    stream.write_all(b"GET /v1/models HTTP/1.1\r\n\r\n").await?;
    stream.read_u8().await?;
    Ok(stream)
}
