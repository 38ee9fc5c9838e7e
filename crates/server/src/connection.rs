//! Listening, and one connection after another.

use std::convert::Infallible;
use std::future::{Future as _, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_gateway::Bell;
use weighbridge_gateway::front::words::{self, Dialect};

use crate::patient::Patient;
use crate::router::Router;

/// The most bytes of a head that the parser takes before it refuses by itself.
const PARSER_BUFFER: usize = 128 << 10;

/// How long accepting pauses when the system has no more files to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a connection beyond the limit is given to read why.
const FULL_PATIENCE: Duration = Duration::from_secs(1);

/// A listener with its connections.
pub(crate) struct Listener {
    listener: TcpListener,
    router: Arc<Router>,
    room: Arc<Semaphore>,
    open: TaskTracker,
    closing: CancellationToken,
}

impl Listener {
    pub(crate) async fn bind(
        address: SocketAddr,
        router: Router,
        open: TaskTracker,
        closing: CancellationToken,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let room = Arc::new(Semaphore::new(router.limits.connections));
        Ok(Self { listener, router: Arc::new(router), room, open, closing })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Accepts until closing.
    pub(crate) async fn run(self) {
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = self.closing.cancelled() => return,
            };
            let (stream, _) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else {
                self.open.spawn(refuse(stream));
                continue;
            };
            let serving = serve(stream, Arc::clone(&self.router), self.closing.clone());
            self.open.spawn(async move {
                serving.await;
                drop(room);
            });
        }
    }
}

async fn serve(stream: TcpStream, router: Arc<Router>, closing: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection without nodelay");
    }
    let limits = router.limits;
    let io = TokioIo::new(Patient::new(stream, limits.stream_idle, limits.linger));
    let service = service_fn(move |request: Request<Incoming>| {
        let router = Arc::clone(&router);
        async move { Ok::<_, Infallible>(router.route(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(PARSER_BUFFER)
        .serve_connection(io, service);
    let mut connection = std::pin::pin!(connection);
    let mut closing = std::pin::pin!(closing.cancelled());
    let (mut bell, mut told) = (Bell::new(), false);
    let ended = poll_fn(|context| {
        if !told && bell.ask(context, |context| closing.as_mut().poll(context)).is_ready() {
            connection.as_mut().graceful_shutdown();
            told = true;
        }
        connection.as_mut().poll(context)
    });
    if let Err(error) = ended.await {
        tracing::debug!(%error, "a connection ended");
    }
}

/// Tells a connection beyond `limits.connections` why it is closed.
async fn refuse(mut stream: TcpStream) {
    let words = "the gateway has as many connections as it takes (limits.connections); try again";
    let failure = Failure::gateway(Code::Overloaded, Retry::After(1), words);
    let body = words::refusal(Dialect::Chat, &failure);
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let answer = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&body).await?;
        stream.shutdown().await
    };
    if let Ok(Err(error)) = tokio::time::timeout(FULL_PATIENCE, answer).await {
        tracing::debug!(%error, "a refused connection was gone already");
    }
}
