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

/// How long a look-up waits for the index, which is behind by less than a second.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);

pub(crate) async fn read(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::ReadOwnReceipts)?;
    let digest: Digest =
        ask.id("content").map_err(|_| invalid("sha256", "should be 64 lower-case hex digits"))?;
    let account = ask.account_filter(Permission::ReadAllReceipts)?;
    let (limit, before) = ask.page(&["account"], |text| read_cursor(text).ok())?;
    let store = ask.gateway.store();
    let mut indexed = store.indexed();
    let look = async {
        loop {
            match store.provenance(digest, account, limit, before).await {
                Err(ProvenanceError::Behind { through, last }) => {
                    if indexed.wait_for(|now| *now > through).await.is_err() {
                        return Err(ProvenanceError::Behind { through, last });
                    }
                }
                answer => return answer,
            }
        }
    };
    let found = tokio::time::timeout(PATIENCE, look)
        .await
        .unwrap_or(Err(ProvenanceError::Behind { through: 0, last: 0 }));
    let found = found.map_err(|error| match error {
        ProvenanceError::Store(error) => store_failure(error),
        ProvenanceError::Behind { .. } => {
            let through = *store.indexed().borrow();
            let words = format!(
                "the index of hashes is being built: {through} receipts are in it; ask again"
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
