//! A small HTTP client for the command line: one connection a request.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::HeaderMap;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most bytes of one answer.
const ANSWER_LIMIT: usize = 16 << 20;

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Sends one request with a bearer key and reads its answer.
pub(crate) async fn send(
    address: SocketAddr,
    method: Method,
    path: &str,
    key: &str,
    body: Option<Bytes>,
) -> anyhow::Result<Answer> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", address.to_string())
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .body(Full::new(body.unwrap_or_default()))?;
    tokio::time::timeout(PATIENCE, exchange(address, request))
        .await
        .with_context(|| format!("{path} took longer than {PATIENCE:?}"))?
        .with_context(|| format!("asking http://{address}{path}"))
}

async fn exchange(address: SocketAddr, request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, ANSWER_LIMIT)
        .collect()
        .await
        .map_err(|error| anyhow::anyhow!("the answer broke off: {error}"))?
        .to_bytes();
    drop(sender);
    drop(driver);
    Ok(Answer { status: head.status, headers: head.headers, body })
}

/// The same with JSON both ways; anything but success is an error with the gateway's words.
pub(crate) async fn json(
    address: SocketAddr,
    method: Method,
    path: &str,
    key: &str,
    body: Option<&Value>,
) -> anyhow::Result<Value> {
    let body = body.map(|value| Bytes::from(value.to_string()));
    let answer = send(address, method, path, key, body).await?;
    let value: Value = serde_json::from_slice(&answer.body)
        .with_context(|| format!("{path} answered {} without JSON", answer.status))?;
    if !answer.status.is_success() {
        bail!("{path} answered {}: {}", answer.status, value["error"]["message"]);
    }
    Ok(value)
}
