//! Quotes for calls.

use http::{Response, StatusCode, request};
use hyper::body::Incoming;
use std::sync::Arc;
use weighbridge_core::clock::Moment;
use weighbridge_core::failure::Failure;
use weighbridge_core::window::Allowance;
use weighbridge_gateway::pipeline::Received;
use weighbridge_gateway::{Gateway, ReplyBody};

use crate::answer::json_answer;
use crate::described::address;

/// A quote for the call whose body this is, byte for byte: it goes through the stages of the call
/// itself, up to the one where money would be held.
pub(crate) async fn create(
    gateway: &Arc<Gateway>,
    head: request::Parts,
    body: Incoming,
    at: Moment,
    allowance: &mut Option<Allowance>,
) -> Result<Response<ReplyBody>, Failure> {
    let address = address(gateway, head.uri.query().unwrap_or_default(), false)?;
    let received = Received::new(Arc::clone(gateway), address, head, body, at);
    let admitted = received.authenticate().await?.admit_view(allowance)?;
    let quote = Box::pin(admitted.read().await?.resolve_apart()).await?.quote().await?;
    Ok(json_answer(StatusCode::CREATED, &quote.show()))
}
