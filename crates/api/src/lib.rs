//! The gateway's own API, under `/gateway/v1`.
//!
//! One table of routes ([`route::ROUTES`]) is what requests are matched against and what
//! `/openapi.json` is made from, so the two cannot part.

mod accounts;
mod acts;
pub mod answer;
mod ask;
mod budget;
mod described;
mod estimates;
mod explain;
mod keys;
pub mod ledger;
pub mod openapi;
mod proof;
mod provenance;
mod providers;
mod receipts;
pub mod route;
mod tables;

use std::sync::Arc;

use http::{Method, Response, request};
use hyper::body::Incoming;
use weighbridge_core::clock::Moment;
use weighbridge_core::failure::{Code, Failure};
use weighbridge_core::redacted;
use weighbridge_core::window::Allowance;
use weighbridge_gateway::front::pace;
use weighbridge_gateway::pipeline::authenticated::too_many_requests;
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
    at: Moment,
) -> Response<ReplyBody> {
    let mut allowance = None;
    let answer = Box::pin(answer_to(gateway, head, body, at, &mut allowance)).await;
    let mut response = answer.unwrap_or_else(|failure| {
        gateway.metrics().refused(failure.code);
        answer::refuse(&failure)
    });
    if let Some(allowance) = allowance {
        pace::dress(response.headers_mut(), &allowance);
    }
    response
}

async fn answer_to(
    gateway: &Arc<Gateway>,
    head: request::Parts,
    body: Incoming,
    at: Moment,
    allowance: &mut Option<Allowance>,
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
    if operation == Operation::CreateEstimate {
        return estimates::create(gateway, head, body, at, allowance).await;
    }
    if operation == Operation::Explain {
        return explain::create(gateway, head, body, at, allowance).await;
    }
    let reads = head.method == Method::GET;
    let ask = Ask::new(gateway, head, body, id).await?;
    if reads {
        admit_view(&ask, at, allowance).await?;
    }
    match operation {
        Operation::CreateAccount => accounts::create(ask).await,
        Operation::ListAccounts => accounts::list(ask).await,
        Operation::ReadAccount => accounts::read(ask).await,
        Operation::ChangeAccount => accounts::change(ask).await,
        Operation::Me => accounts::me(ask).await,
        Operation::CreateKey => keys::create(ask).await,
        Operation::ListKeys => keys::list(ask).await,
        Operation::RevokeKey => keys::revoke(ask).await,
        Operation::ListReceipts => receipts::list(ask).await,
        Operation::ReadReceipt => receipts::read(ask).await,
        Operation::ProveReceipt => proof::read(ask).await,
        Operation::ReadProvenance => provenance::read(ask).await,
        Operation::ListActs => acts::list(ask).await,
        Operation::ReadTable => tables::read(ask).await,
        // Its body is a call's, and is read as one.
        Operation::ListProviders => providers::list(ask).await,
        Operation::CreateEstimate | Operation::Explain => {
            Err(Failure::client(Code::NotFound, "no such route"))
        }
    }
}

/// Lets a read in, or not.
async fn admit_view(
    ask: &Ask,
    at: Moment,
    allowance: &mut Option<Allowance>,
) -> Result<(), Failure> {
    let account = &ask.principal.account;
    let pace = ask.gateway.setting().levels.of(&account.level).view;
    match ask.gateway.account(account).await?.admit_view(pace, at) {
        Ok(left) => {
            *allowance = Some(left);
            Ok(())
        }
        Err(full) => {
            *allowance = Some(full.allowance);
            Err(too_many_requests(pace, full, "reads"))
        }
    }
}
