//! Accounts, and who the asker is.

use http::{Response, StatusCode};
use serde_json::{Value, json};
use weighbridge_core::account::Account;
use weighbridge_core::entropy;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::id::AccountId;
use weighbridge_core::role::Permission;
use weighbridge_gateway::ReplyBody;

use crate::answer::{json_answer, page};
use crate::ask::{Ask, invalid, missing, shown, store_failure};

/// Levels come with a later version; every account has this one.
const LEVEL: &str = "default";

fn show(account: &Account) -> Value {
    json!({ "id": account.id, "name": account.name, "level": account.level, "budget": null })
}

pub(crate) async fn create(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::ManageAccounts)?;
    let (gateway, _, fields) = ask.object(&["name", "level"], &["budget"]).await?;
    let name = fields.name()?.ok_or_else(|| invalid("name", "is needed"))?.to_owned();
    if fields.text("level")?.is_some_and(|level| level != LEVEL) {
        let words = "level: other levels than `default` are not in this version";
        return Err(Failure::client(Code::NotAvailable, words).at("level"));
    }
    let now = gateway.clock().now().wall;
    let random = entropy::fresh(gateway.entropy()).map_err(|_| no_entropy())?;
    let account = Account { id: AccountId::new(now, random), name, level: LEVEL.to_owned() };
    gateway.store().add_account(account.clone(), now).await.map_err(store_failure)?;
    Ok(json_answer(StatusCode::CREATED, &show(&account)))
}

pub(crate) async fn list(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::ManageAccounts)?;
    let (limit, after) = ask.page(&[], |text| text.parse().ok())?;
    let accounts = ask.gateway.store().accounts(limit, after).await.map_err(store_failure)?;
    Ok(page(shown(accounts, |account| show(&account))))
}

pub(crate) async fn read(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    let id: AccountId = ask.id("account")?;
    if id != ask.principal.account.id && !ask.principal.key.role.may(Permission::ManageAccounts) {
        return Err(missing("account"));
    }
    let found = ask.gateway.store().account(id).await.map_err(store_failure)?;
    let account = found.ok_or_else(|| missing("account"))?;
    Ok(json_answer(StatusCode::OK, &show(&account)))
}

pub(crate) async fn change(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::ManageAccounts)?;
    let id: AccountId = ask.id("account")?;
    let (gateway, _, fields) = ask.object(&["name"], &["level", "budget"]).await?;
    let store = gateway.store();
    if let Some(name) = fields.name()? {
        store.rename_account(id, name.to_owned()).await.map_err(store_failure)?;
    }
    let account = store.account(id).await.map_err(store_failure)?;
    let account = account.ok_or_else(|| missing("account"))?;
    Ok(json_answer(StatusCode::OK, &show(&account)))
}

pub(crate) fn me(ask: &Ask) -> Result<Response<ReplyBody>, Failure> {
    let principal = &ask.principal;
    let key = &principal.key;
    let value = json!({
        "account": show(&principal.account),
        "key": {
            "id": key.id,
            "role": key.role.as_str(),
            "name": key.name,
            "trusted_headers": key.trusted_headers,
        },
    });
    Ok(json_answer(StatusCode::OK, &value))
}

/// The system gave no random bytes, so nothing can be named or keyed.
pub(crate) fn no_entropy() -> Failure {
    Failure::gateway(Code::Internal, Retry::After(1), "the gateway has no random bytes; try again")
}
