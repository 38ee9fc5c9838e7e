//! Bodies of requests, of a bounded size and read in a bounded time.

use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::EXPECT;
use hyper::{Request, StatusCode};
use tokio::time::timeout;

use crate::failure::Failure;

/// The largest body.
const BODY_BYTES: usize = 4 * 1024 * 1024;
/// How much of a body that is too large is read all the same: a client that is still sending does
/// not listen, and would see a broken connection instead of the answer.
const IGNORED_BYTES: usize = 16 * 1024 * 1024;
/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(30);

/// The whole body of a request.
pub(crate) async fn read(request: Request<Incoming>) -> Result<Vec<u8>, Failure> {
    let waits = request.headers().contains_key(EXPECT);
    let body = request.into_body();
    let least = body.size_hint().lower();
    if waits && usize::try_from(least).is_ok_and(|least| least > BODY_BYTES) {
        return Err(too_large());
    }
    match timeout(BODY_TIME, collect(body)).await {
        Ok(collected) => collected,
        Err(_) => {
            let message = format!("The body did not arrive in {} s.", BODY_TIME.as_secs());
            Err(Failure::new(StatusCode::REQUEST_TIMEOUT, message))
        }
    }
}

async fn collect(mut body: Incoming) -> Result<Vec<u8>, Failure> {
    let mut all = Vec::new();
    let mut ignored = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Failure::bad_request("The body ended early."))?;
        let data: Bytes = frame.into_data().unwrap_or_default();
        if ignored == 0 && data.len() <= BODY_BYTES - all.len() {
            all.extend_from_slice(&data);
            continue;
        }
        ignored = ignored.saturating_add(data.len());
        if ignored > IGNORED_BYTES {
            break;
        }
    }
    if ignored == 0 { Ok(all) } else { Err(too_large()) }
}

fn too_large() -> Failure {
    let message = format!("The body is over {} MiB.", BODY_BYTES / (1024 * 1024));
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, message).code("request_too_large")
}
