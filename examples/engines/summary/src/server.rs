//! The server: connections in, answers out.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::clock::Clock;
use crate::route;
use crate::stop::Stop;

/// Connections that are open at the same time; others wait to be accepted.
const CONNECTIONS: usize = 64;
/// How long a connection may take to send a request's head, the time before it included.
const HEAD_TIME: Duration = Duration::from_secs(60);
/// The largest head.
const HEAD_BYTES: usize = 64 * 1024;
/// How long calls may go on after the program was told to stop.
const LAST_CALLS: Duration = Duration::from_secs(2);
/// How long to wait when a connection could not be accepted, for want of files above all.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all calls have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The time.
    pub(crate) clock: Clock,
    /// When the server started.
    pub(crate) started: u64,
    calls: AtomicU64,
}

impl Shared {
    /// A name for a call that no other call of this machine has.
    pub(crate) fn next_id(&self) -> String {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        format!("chatcmpl-{:x}-{:x}-{call:x}", self.started, std::process::id())
    }
}

/// A server that has its address and does not answer yet.
#[derive(Debug)]
pub(crate) struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
}

impl Server {
    /// Takes an address.
    pub(crate) async fn bind(address: SocketAddr, clock: Clock) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let shared = Shared { clock, started: clock(), calls: AtomicU64::new(0) };
        Ok(Self { listener, shared: Arc::new(shared) })
    }

    /// The address, with the port that was given to it.
    pub(crate) fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until told to stop, then lets the calls in progress end for a while.
    pub(crate) async fn run(self, stop: Stop) {
        let (stopping, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        tokio::select! {
            () = stop.told() => {}
            () = accept(&self.listener, &places, |stream, place| {
                let connection = serve(stream, Arc::clone(&self.shared), stopped.clone());
                while connections.try_join_next().is_some() {}
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }) => {}
        }
        drop(self.listener);
        stopping.send_replace(true);
        // What has not ended by now ends with the program.
        let _ =
            timeout(LAST_CALLS, async { while connections.join_next().await.is_some() {} }).await;
    }
}

/// Accepts connections for ever, each when there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    mut start: impl FnMut(TcpStream, OwnedSemaphorePermit),
) {
    while let Ok(place) = Arc::clone(places).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => start(stream, place),
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Serves one connection to its end.
async fn serve(stream: TcpStream, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    // Without it a stream's pieces may wait for each other; a stream that arrives late is no fault.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(route::answer(request, shared).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        _ = stopped.wait_for(|stopped| *stopped) => None,
    };
    if ended.is_none() {
        connection.as_mut().graceful_shutdown();
        // How a connection ends is its client's affair; there is nobody to tell.
        let _ = connection.await;
    }
}
