//! The gateway's own API, under `/gateway/v1`.
//!
//! One table of routes ([`route::ROUTES`]) is what requests are matched against and what
//! `/openapi.json` is made from, so the two cannot part.

mod accounts;
pub mod answer;
mod ask;
mod keys;
pub mod openapi;
mod receipts;
pub mod route;

use std::sync::Arc;

use http::{Response, request};
use hyper::body::Incoming;
use weighbridge_core::failure::{Code, Failure};
use weighbridge_core::redacted;
use weighbridge_gateway::{Gateway, ReplyBody};

use crate::ask::Ask;
use crate::route::{Found, Operation};

/// What every path of this API begins with.
pub const PREFIX: &str = "/gateway/v1";

/// Answers one request whose path begins with [`PREFIX`].
pub async fn serve(
    gateway: &Arc<Gateway>,
    head: request::Parts,
    body: Incoming,
) -> Response<ReplyBody> {
    match Box::pin(answer_to(gateway, head, body)).await {
        Ok(response) => response,
        Err(failure) => {
            gateway.metrics().refused(failure.code);
            answer::refuse(&failure)
        }
    }
}

async fn answer_to(
    gateway: &Arc<Gateway>,
    head: request::Parts,
    body: Incoming,
) -> Result<Response<ReplyBody>, Failure> {
    let path = head.uri.path().strip_prefix(PREFIX).unwrap_or_default().to_owned();
    let shown = redacted::path(&path);
    let (operation, id) = match route::find(&head.method, &path) {
        Found::Operation(operation, id) => (operation, id),
        Found::OtherMethod(methods) => {
            let words = format!("{PREFIX}{shown} takes {methods}");
            return Err(Failure::client(Code::MethodNotAllowed, words));
        }
        Found::NotYet => {
            let words = format!("{PREFIX}{shown}: not in this version");
            return Err(Failure::client(Code::NotBuilt, words));
        }
        Found::Nothing => {
            let words =
                format!("no such route: {PREFIX}{shown}; /openapi.json lists what there is");
            return Err(Failure::client(Code::NotFound, words));
        }
    };
    let ask = Ask::new(gateway, head, body, id).await?;
    match operation {
        Operation::CreateAccount => accounts::create(ask).await,
        Operation::ListAccounts => accounts::list(ask).await,
        Operation::ReadAccount => accounts::read(ask).await,
        Operation::ChangeAccount => accounts::change(ask).await,
        Operation::Me => accounts::me(&ask),
        Operation::CreateKey => keys::create(ask).await,
        Operation::ListKeys => keys::list(ask).await,
        Operation::RevokeKey => keys::revoke(ask).await,
        Operation::ListReceipts => receipts::list(ask).await,
        Operation::ReadReceipt => receipts::read(ask).await,
    }
}
