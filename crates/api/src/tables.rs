//! The tables of levels and prices that receipts cite.

use http::{Response, StatusCode};
use serde_json::{Value, json};
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::role::Permission;
use weighbridge_gateway::ReplyBody;
use weighbridge_proof::Digest;

use crate::answer::json_answer;
use crate::ask::{Ask, missing, store_failure};

pub(crate) async fn read(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::ReadOwnReceipts)?;
    let digest: Digest = ask.id("table")?;
    let found = ask.gateway.store().table(digest).await.map_err(store_failure)?;
    let found = found.ok_or_else(|| missing("table"))?;
    let table: Value = serde_json::from_str(&found.json).map_err(|error| {
        tracing::error!(%error, %digest, "a stored table cannot be read");
        let words = "the table is stored, but cannot be read; the gateway's log says why";
        Failure::gateway(Code::Internal, Retry::Never, words)
    })?;
    let value = json!({
        "sha256": digest,
        "kind": found.kind,
        "in_force_since": found.since,
        "table": table,
    });
    Ok(json_answer(StatusCode::OK, &value))
}
