//! Receipts, as callers see them.

use http::{Response, StatusCode};
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::id::CallId;
use weighbridge_core::receipt;
use weighbridge_core::role::Permission;
use weighbridge_gateway::ReplyBody;
use weighbridge_store::Page;
use weighbridge_store::receipts::read_cursor;

use crate::answer::{json_answer, page};
use crate::ask::{Ask, missing, store_failure};

pub(crate) async fn list(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::ReadOwnReceipts)?;
    let account = ask.account_filter(Permission::ReadAllReceipts)?;
    let (limit, before) = ask.page(&["account"], |text| read_cursor(text).ok())?;
    let stored =
        ask.gateway.store().receipts(account, limit, before).await.map_err(store_failure)?;
    let items = stored.items.iter().map(receipt::show).collect::<Result<_, _>>();
    Ok(page(Page { items: items.map_err(not_readable)?, next: stored.next }))
}

pub(crate) async fn read(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::ReadOwnReceipts)?;
    let id: CallId = ask.id("receipt")?;
    let all = ask.principal.key.role.may(Permission::ReadAllReceipts);
    let account = (!all).then_some(ask.principal.account.id);
    let found = ask.gateway.store().receipt(id, account).await.map_err(store_failure)?;
    let stored = found.ok_or_else(|| missing("receipt"))?;
    Ok(json_answer(StatusCode::OK, &receipt::show(&stored).map_err(not_readable)?))
}

pub(crate) fn not_readable(error: receipt::NotReadable) -> Failure {
    tracing::error!(%error, "a stored receipt cannot be read");
    let words = "the receipt is stored, but cannot be read; the gateway's log says why";
    Failure::gateway(Code::Internal, Retry::Never, words)
}
