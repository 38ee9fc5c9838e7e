//! Quotes for calls.

use http::{Response, StatusCode, request};
use hyper::body::Incoming;
use std::sync::Arc;
use weighbridge_core::clock::Moment;
use weighbridge_core::failure::{Code, Failure};
use weighbridge_core::window::Allowance;
use weighbridge_gateway::pipeline::Received;
use weighbridge_gateway::{Gateway, ReplyBody};

use crate::answer::json_answer;

/// A quote for the call whose body this is, byte for byte: it goes through the stages of the call
/// itself, up to the one where money would be held.
pub(crate) async fn create(
    gateway: &Arc<Gateway>,
    head: request::Parts,
    body: Incoming,
    at: Moment,
    allowance: &mut Option<Allowance>,
) -> Result<Response<ReplyBody>, Failure> {
    check_query(head.uri.query().unwrap_or_default())?;
    let received = Received::new(Arc::clone(gateway), head, body, at);
    let admitted = received.authenticate().await?.admit_view(allowance)?;
    let quote = admitted.read().await?.resolve()?.quote().await?;
    Ok(json_answer(StatusCode::CREATED, &quote.show()))
}

/// `flavor` says what the body is; today it can only be OpenAI's.
fn check_query(query: &str) -> Result<(), Failure> {
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("flavor", "openai")) => {}
            Some(("flavor", other)) => {
                let words = format!("flavor: `{other}` is not in this version; `openai` is");
                return Err(Failure::client(Code::NotAvailable, words).at("flavor"));
            }
            _ => {
                let words = "estimates take `flavor=openai` and nothing else";
                return Err(Failure::client(Code::InvalidRequest, words));
            }
        }
    }
    Ok(())
}
