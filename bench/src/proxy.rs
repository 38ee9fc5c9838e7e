//! The floor: what hyper costs when it only passes on. Small on purpose, and without a thought.

use std::io::Read as _;

use anyhow::{Context, Result};
use http::uri::{Authority, Scheme};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

use crate::progress;

/// What a child says when it is ready.
pub(crate) const READY: &str = "listening on ";

/// What the proxy takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where everything goes, as HOST:PORT
    #[arg(long, value_name = "ADDR")]
    to: Authority,
}

type Pool = Client<HttpConnector, Incoming>;

/// Serves until standard input ends: until whoever started it has gone, however it went.
pub(crate) async fn run(args: Args) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port")?;
    progress::line(format_args!("{READY}{}", listener.local_addr()?));
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0)
    });
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let pool: Pool = Client::builder(TokioExecutor::new()).build(connector);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (pool, to) = (pool.clone(), args.to.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| pass_on(pool.clone(), to.clone(), request));
            let server = hyper::server::conn::http1::Builder::new();
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn pass_on(
    pool: Pool,
    to: Authority,
    mut request: Request<Incoming>,
) -> Result<Response<Incoming>, hyper_util::client::legacy::Error> {
    let mut uri = std::mem::take(request.uri_mut()).into_parts();
    (uri.scheme, uri.authority) = (Some(Scheme::HTTP), Some(to));
    // A path that came in goes out again.
    *request.uri_mut() = uri.try_into().unwrap_or_default();
    pool.request(request).await
}
