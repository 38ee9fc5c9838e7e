//! Accounts, and who the asker is.

use std::sync::Arc;

use http::{Response, StatusCode};
use serde_json::{Value, json};
use weighbridge_core::account::Account;
use weighbridge_core::act::{Actor, Stamp};
use weighbridge_core::credential::Principal;
use weighbridge_core::day::Day;
use weighbridge_core::entropy;
use weighbridge_core::failure::Code;
use weighbridge_core::failure::{Failure, Retry};
use weighbridge_core::id::AccountId;
use weighbridge_core::level;
use weighbridge_core::role::Permission;
use weighbridge_gateway::money::BudgetChange;
use weighbridge_gateway::{Gateway, ReplyBody};
use weighbridge_store::Page;

use crate::answer::{json_answer, page};
use crate::ask::{Ask, Fields, invalid, missing, store_failure};
use crate::budget;

const FIELDS: [&str; 3] = ["name", "level", "budget"];

pub(crate) async fn create(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::ManageAccounts)?;
    let (gateway, principal, fields) = ask.object(&FIELDS, &[]).await?;
    let name = fields.name()?.ok_or_else(|| invalid("name", "is needed"))?.to_owned();
    let level = read_level(&gateway, &fields)?.unwrap_or_else(|| level::DEFAULT.to_owned());
    let now = gateway.clock().now().wall;
    let budget = match budget::read(&fields)? {
        None | Some(BudgetChange::Remove) => None,
        Some(change) => change.applied(None).map_err(budget::not_changed)?,
    };
    let budget = budget.map(|budget| (budget, budget.period.start(Day::of(now))));
    let random = entropy::fresh(gateway.entropy()).map_err(|_| no_entropy())?;
    let account = Account { id: AccountId::new(now, random), name, level };
    let stamp = stamp(&gateway, &principal)?;
    gateway.store().add_account(account.clone(), budget, stamp).await.map_err(store_failure)?;
    Ok(json_answer(StatusCode::CREATED, &show(&gateway, &account).await?))
}

pub(crate) async fn list(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::ManageAccounts)?;
    let (limit, after) = ask.page(&[], |text| text.parse().ok())?;
    let accounts = ask.gateway.store().accounts(limit, after).await.map_err(store_failure)?;
    let mut items = Vec::with_capacity(accounts.items.len());
    for account in &accounts.items {
        items.push(show(&ask.gateway, account).await?);
    }
    Ok(page(Page { items, next: accounts.next }))
}

pub(crate) async fn read(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    let id: AccountId = ask.id("account")?;
    if id != ask.principal.account.id && !ask.principal.key.role.may(Permission::ManageAccounts) {
        return Err(missing("account"));
    }
    let account = find(&ask.gateway, id).await?;
    Ok(json_answer(StatusCode::OK, &show(&ask.gateway, &account).await?))
}

pub(crate) async fn change(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::ManageAccounts)?;
    let id: AccountId = ask.id("account")?;
    let (gateway, principal, fields) = ask.object(&FIELDS, &[]).await?;
    let name = fields.name()?.map(str::to_owned);
    let level = read_level(&gateway, &fields)?;
    let live = gateway.account(&find(&gateway, id).await?).await?;
    // What can be refused comes first, so that a refusal changes nothing.
    if let Some(change) = budget::read(&fields)? {
        let stamp = stamp(&gateway, &principal)?;
        live.change_budget(gateway.store(), change, stamp).await.map_err(budget::not_changed)?;
    }
    if name.is_some() || level.is_some() {
        let stamp = stamp(&gateway, &principal)?;
        gateway.store().change_account(id, name, level, stamp).await.map_err(store_failure)?;
    }
    let account = find(&gateway, id).await?;
    Ok(json_answer(StatusCode::OK, &show(&gateway, &account).await?))
}

pub(crate) async fn me(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    let principal = &ask.principal;
    let key = &principal.key;
    let value = json!({
        "account": show(&ask.gateway, &principal.account).await?,
        "key": {
            "id": key.id,
            "role": key.role.as_str(),
            "name": key.name,
            "trusted_headers": key.trusted_headers,
        },
    });
    Ok(json_answer(StatusCode::OK, &value))
}

async fn show(gateway: &Arc<Gateway>, account: &Account) -> Result<Value, Failure> {
    let standings = gateway.account(account).await?.standings(gateway.clock().now().wall);
    Ok(budget::show(account, &standings))
}

async fn find(gateway: &Arc<Gateway>, id: AccountId) -> Result<Account, Failure> {
    let found = gateway.store().account(id).await.map_err(store_failure)?;
    found.ok_or_else(|| missing("account"))
}

/// The level that a body names, which the operator's file has to have.
fn read_level(gateway: &Gateway, fields: &Fields) -> Result<Option<String>, Failure> {
    let Some(name) = fields.text("level")? else { return Ok(None) };
    let levels = &gateway.setting().levels;
    if levels.find(name).is_some() {
        return Ok(Some(name.to_owned()));
    }
    let known = levels.names().collect::<Vec<_>>().join(", ");
    let words = format!("there is no level `{name}`; the configuration has {known}");
    Err(invalid("level", &words))
}

/// What an act of `principal` is written down with.
pub(crate) fn stamp(gateway: &Gateway, principal: &Principal) -> Result<Stamp, Failure> {
    let by = Actor { account: principal.account.id, key: principal.key.id };
    let now = gateway.clock().now().wall;
    Stamp::new(now, Some(by), gateway.entropy()).map_err(|_| no_entropy())
}

/// The system gave no random bytes, so nothing can be named or keyed.
pub(crate) fn no_entropy() -> Failure {
    Failure::gateway(Code::Internal, Retry::After(1), "the gateway has no random bytes; try again")
}
