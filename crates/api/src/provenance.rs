//! Which calls took or gave a content.

use http::Response;
use serde_json::json;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::receipt;
use weighbridge_core::role::Permission;
use weighbridge_gateway::ReplyBody;
use weighbridge_proof::Digest;
use weighbridge_store::Page;
use weighbridge_store::provenance::{ProvenanceError, Trace};
use weighbridge_store::receipts::read_cursor;

use crate::answer::page;
use crate::ask::{Ask, invalid, store_failure};
use crate::receipts::not_readable;

pub(crate) async fn read(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::ReadOwnReceipts)?;
    let digest: Digest =
        ask.id("content").map_err(|_| invalid("sha256", "should be 64 lower-case hex digits"))?;
    let account = ask.account_filter(Permission::ReadAllReceipts)?;
    let (limit, before) = ask.page(&["account"], |text| read_cursor(text).ok())?;
    let found = ask.gateway.store().provenance(digest, account, limit, before).await;
    let found = found.map_err(|error| match error {
        ProvenanceError::Store(error) => store_failure(error),
        ProvenanceError::Behind { through, last } => {
            let words = format!(
                "the index of hashes is being built: {through} of {last} receipts are in it; ask \
                 again"
            );
            Failure::gateway(Code::NotSequenced, Retry::After(5), words)
        }
    })?;
    let items = found.items.iter().map(show).collect::<Result<_, _>>().map_err(not_readable)?;
    Ok(page(Page { items, next: found.next }))
}

fn show(trace: &Trace) -> Result<serde_json::Value, receipt::NotReadable> {
    let roles = [(trace.input, "input"), (trace.output, "output")];
    let roles: Vec<&str> = roles.into_iter().filter_map(|(it, role)| it.then_some(role)).collect();
    Ok(json!({ "as": roles, "receipt": receipt::show(&trace.stored)? }))
}
