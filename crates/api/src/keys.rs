//! Keys. A key's text is in the answer that creates it and never again.

use http::{Response, StatusCode};
use serde_json::{Value, json};
use weighbridge_core::credential::{
    self, Fingerprint, Key, KeyPolicy, Kind, MODEL_BYTES, MODELS_LIMIT,
};
use weighbridge_core::entropy;
use weighbridge_core::failure::{Code, Failure};
use weighbridge_core::id::{AccountId, KeyId};
use weighbridge_core::role::{Permission, Role};
use weighbridge_core::routing::{NoSuchPolicy, Policy};
use weighbridge_gateway::ReplyBody;
use weighbridge_store::keyring::{ListedKey, NewKey};

use crate::accounts::{no_entropy, stamp};
use crate::answer::{json_answer, nothing, page};
use crate::ask::{Ask, Fields, invalid, missing, shown, store_failure};

const FIELDS: [&str; 8] = [
    "account",
    "role",
    "name",
    "kind",
    "trusted_headers",
    "hybrid_policy",
    "hybrid_override",
    "models",
];
const NOT_YET: [&str; 1] = ["capability"];

fn show(listed: &ListedKey) -> Value {
    json!({
        "id": listed.key.id,
        "account": listed.account,
        "kind": listed.key.kind.as_str(),
        "role": listed.key.role.as_str(),
        "name": listed.key.name,
        "trusted_headers": listed.key.trusted_headers,
        "hybrid_policy": listed.key.policy.policy.map(Policy::as_str),
        "hybrid_override": !listed.key.policy.fixed,
        "models": if listed.key.models.is_empty() { Value::Null } else { json!(listed.key.models) },
        "created_at": listed.created_at,
        "revoked_at": listed.revoked_at,
    })
}

pub(crate) async fn create(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::ManageOwnKeys)?;
    let (gateway, principal, fields) = ask.object(&FIELDS, &NOT_YET).await?;
    let mine = principal.account.id;
    let account = match fields.text("account")? {
        None => mine,
        Some(text) => text.parse::<AccountId>().map_err(|_| missing("account"))?,
    };
    if account != mine && !principal.key.role.may(Permission::ManageAccounts) {
        return Err(missing("account"));
    }
    let kind = kind(fields.text("kind")?)?;
    let role = match fields.text("role")? {
        None if kind == Kind::Endpoint => Role::User,
        None => Role::Developer,
        Some(text) => text.parse().map_err(|error: weighbridge_core::role::NotARole| {
            invalid("role", &error.to_string())
        })?,
    };
    if !principal.key.role.may_grant(role) {
        let own = principal.key.role;
        let words = format!("a key of role `{own}` cannot create one of role `{role}`");
        return Err(Failure::client(Code::Forbidden, words).at("role"));
    }
    if kind == Kind::Endpoint && role != Role::User {
        // It stands in addresses, which are written down in many places.
        let words = "role: an endpoint token makes calls and nothing else, so its role is `user`";
        return Err(Failure::client(Code::InvalidRequest, words).at("role"));
    }
    let now = gateway.clock().now().wall;
    let entropy = gateway.entropy();
    let text = credential::make(kind, entropy::fresh(entropy).map_err(|_| no_entropy())?);
    let fingerprint = Fingerprint::of(text.reveal()).ok_or_else(no_entropy)?;
    let key = Key {
        id: KeyId::new(now, entropy::fresh(entropy).map_err(|_| no_entropy())?),
        kind,
        role,
        name: fields.name()?.map(str::to_owned),
        trusted_headers: fields.flag("trusted_headers")?.unwrap_or(false),
        policy: policy(&fields)?,
        models: models(&fields)?,
    };
    let may_all = principal.key.role.may(Permission::ManageAccounts);
    if !may_all && !principal.key.may_hand_out(&key) {
        let words = "a key that is bound to models or to a policy creates only keys that are bound to the \
                     same, or to fewer models: send its `models`, `hybrid_policy` and `hybrid_override`";
        return Err(Failure::client(Code::Forbidden, words));
    }
    let listed = ListedKey { key: key.clone(), account, created_at: now, revoked_at: None };
    let stamp = stamp(&gateway, &principal)?;
    let new = NewKey { key, account, fingerprint, stamp };
    gateway.store().add_key(new).await.map_err(store_failure)?;
    let mut value = show(&listed);
    match kind {
        Kind::Bearer => value["key"] = json!(text.reveal()),
        Kind::Endpoint => value["token"] = json!(text.reveal()),
    }
    Ok(json_answer(StatusCode::CREATED, &value))
}

/// Where the key's calls run, and whether a request may say otherwise.
fn policy(fields: &Fields) -> Result<KeyPolicy, Failure> {
    let read = |text: &str| {
        text.parse().map_err(|error: NoSuchPolicy| invalid("hybrid_policy", &error.to_string()))
    };
    Ok(KeyPolicy {
        policy: fields.text("hybrid_policy")?.map(read).transpose()?,
        fixed: !fields.flag("hybrid_override")?.unwrap_or(true),
    })
}

/// The models that the key may use.
fn models(fields: &Fields) -> Result<Vec<String>, Failure> {
    let wrong = || {
        let words = format!(
            "should be a list of 1 to {MODELS_LIMIT} names of models, or of patterns with `*`"
        );
        invalid("models", &words)
    };
    let listed = match fields.value("models") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(listed)) if (1..=MODELS_LIMIT).contains(&listed.len()) => listed,
        Some(_) => return Err(wrong()),
    };
    let name = |value: &Value| {
        let name = value.as_str().filter(|name| (1..=MODEL_BYTES).contains(&name.len()));
        name.map(str::to_owned).ok_or_else(wrong)
    };
    listed.iter().map(name).collect()
}

fn kind(text: Option<&str>) -> Result<Kind, Failure> {
    match text {
        None => Ok(Kind::Bearer),
        Some("hmac") => {
            let words = "kind: `hmac` is not in this version; `bearer` and `endpoint` are";
            Err(Failure::client(Code::NotAvailable, words).at("kind"))
        }
        Some(word) => {
            Kind::read(word).ok_or_else(|| invalid("kind", "should be `bearer` or `endpoint`"))
        }
    }
}

pub(crate) async fn list(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::ManageOwnKeys)?;
    let account = ask.account_filter(Permission::ManageAccounts)?;
    let (limit, after) = ask.page(&["account"], |text| text.parse().ok())?;
    let keys = ask.gateway.store().keys(account, limit, after).await.map_err(store_failure)?;
    Ok(page(shown(keys, |listed| show(&listed))))
}

pub(crate) async fn revoke(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::ManageOwnKeys)?;
    let id: KeyId = ask.id("key")?;
    let all = ask.principal.key.role.may(Permission::ManageAccounts);
    let account = (!all).then_some(ask.principal.account.id);
    let stamp = stamp(&ask.gateway, &ask.principal)?;
    ask.gateway.store().revoke_key(id, account, stamp).await.map_err(store_failure)?;
    Ok(nothing())
}
