//! Who changed what.

use http::Response;
use serde_json::{Map, Value, json};
use weighbridge_core::failure::Failure;
use weighbridge_core::role::Permission;
use weighbridge_gateway::ReplyBody;
use weighbridge_store::acts::ListedAct;
use weighbridge_store::receipts::read_cursor;

use crate::answer::page;
use crate::ask::{Ask, shown, store_failure};

pub(crate) async fn list(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::ReadEntries)?;
    let (limit, before) = ask.page(&[], |text| read_cursor(text).ok())?;
    let acts = ask.gateway.store().acts(limit, before).await.map_err(store_failure)?;
    Ok(page(shown(acts, |act| show(&act))))
}

/// An act. What was forgotten is null.
fn show(act: &ListedAct) -> Value {
    let section = act.section.as_deref();
    let section: Map<String, Value> =
        section.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    let part = |name: &str| section.get(name).cloned().unwrap_or(Value::Null);
    json!({
        "id": act.id,
        "at": act.at,
        "act": part("act"),
        "by": part("by"),
        "of": part("of"),
        "to": part("to"),
        "leaf_index": act.leaf_index,
    })
}
