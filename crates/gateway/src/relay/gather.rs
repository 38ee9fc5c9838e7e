//! Taking a reply in whole, as long as it is short.

use std::collections::VecDeque;
use std::time::Duration;

use crate::upstream::ProviderBody;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::time::Instant;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_flavor::openai::ReplyScan;

/// What was taken in.
pub(crate) enum Gathered {
    /// All of it.
    Whole(Bytes),
    /// It is longer than may be held; this much of it has come.
    Longer(Bytes),
}

/// Reads `body` up to `limit` bytes, scanning it as it passes where there is a scan for it.
///
/// # Errors
/// When it breaks off, is not JSON, or takes longer than until `deadline`.
pub(crate) async fn gather(
    body: &mut ProviderBody,
    mut scan: Option<&mut ReplyScan>,
    limit: usize,
    deadline: Instant,
) -> Result<Gathered, Failure> {
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    loop {
        let frame = tokio::time::timeout_at(deadline, body.frame()).await.map_err(|_| late())?;
        let Some(frame) = frame else { break };
        let Ok(data) = frame.map_err(|_| broken_off())?.into_data() else { continue };
        if let Some(scan) = &mut scan {
            scan.push(&data).map_err(|error| not_json(&error))?;
        }
        if first.is_empty() && joined.is_empty() {
            first = data;
        } else {
            if joined.is_empty() {
                joined.extend_from_slice(&std::mem::take(&mut first));
            }
            joined.extend_from_slice(&data);
        }
        if first.len() + joined.len() > limit {
            return Ok(Gathered::Longer(if joined.is_empty() { first } else { joined.freeze() }));
        }
    }
    Ok(Gathered::Whole(if joined.is_empty() { first } else { joined.freeze() }))
}

/// What came first of a reply that goes on as it comes.
pub(crate) enum Begun {
    /// All of it.
    Whole(Bytes),
    /// Its first two pieces, of which the second may be held; more may come.
    Going(VecDeque<Bytes>),
}

/// Waits for the second piece of `body`, or its end: a reply that fails before there is anything to
/// give out can still be refused in words.
///
/// # Errors
/// When it breaks off, or takes longer than until `deadline`.
pub(crate) async fn begin(body: &mut ProviderBody, deadline: Instant) -> Result<Begun, Failure> {
    let mut pieces = VecDeque::new();
    while pieces.len() < 2 {
        let frame = tokio::time::timeout_at(deadline, body.frame()).await.map_err(|_| late())?;
        let Some(frame) = frame else {
            return Ok(Begun::Whole(pieces.pop_front().unwrap_or_default()));
        };
        let Ok(data) = frame.map_err(|_| broken_off())?.into_data() else { continue };
        if !data.is_empty() {
            pieces.push_back(data);
        }
    }
    Ok(Begun::Going(pieces))
}

/// The reply took too long.
pub(crate) fn late() -> Failure {
    let words = "the provider did not finish its reply in time (timeout.total)";
    Failure::provider(Code::ProviderTimeout, Retry::After(1), words)
}

/// The provider was silent for too long.
pub(crate) fn silent(idle: Duration) -> Failure {
    let words = format!("the provider was silent for {idle:?} (timeout.idle)");
    Failure::provider(Code::ProviderTimeout, Retry::After(1), words)
}

/// The reply broke off.
pub(crate) fn broken_off() -> Failure {
    let words = "the provider's reply ended before its end";
    Failure::provider(Code::ProviderIncomplete, Retry::After(1), words)
}

/// The reply is not JSON.
pub(crate) fn not_json(error: &weighbridge_flavor::json::JsonError) -> Failure {
    let words = format!("the provider sent a reply that is none: {error}");
    Failure::provider(Code::ProviderGarbage, Retry::After(1), words)
}
