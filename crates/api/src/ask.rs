//! One request to the native API: who asks, for what, with which body.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;

use http::request::Parts;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use serde_json::{Map, Value};
use weighbridge_core::credential::Principal;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::id::AccountId;
use weighbridge_core::role::Permission;
use weighbridge_gateway::Gateway;
use weighbridge_gateway::pipeline::received::principal;
use weighbridge_store::{Page, StoreError};

/// How many items a page has when nobody says.
const DEFAULT_PAGE: u32 = 50;

/// See the module's words.
pub(crate) struct Ask {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) principal: Arc<Principal>,
    head: Parts,
    body: Incoming,
    id: Option<String>,
}

impl Ask {
    /// A request whose credential is good.
    pub(crate) async fn new(
        gateway: &Arc<Gateway>,
        head: Parts,
        body: Incoming,
        id: Option<String>,
    ) -> Result<Self, Failure> {
        let principal = principal(gateway, &head.headers).await?;
        Ok(Self { gateway: Arc::clone(gateway), principal, head, body, id })
    }

    /// Goes on only with this permission.
    pub(crate) fn may(&self, permission: Permission) -> Result<(), Failure> {
        let role = self.principal.key.role;
        if role.may(permission) {
            return Ok(());
        }
        Err(Failure::client(Code::Forbidden, format!("a key of role `{role}` may not do this")))
    }

    /// The id in the path.
    pub(crate) fn id<T: FromStr>(&self, what: &'static str) -> Result<T, Failure> {
        let text = self.id.as_deref().unwrap_or_default();
        text.parse().map_err(|_| missing(what))
    }

    /// A value of the query.
    pub(crate) fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        let query = self.head.uri.query().unwrap_or_default();
        query.split('&').find_map(|pair| {
            let (found, value) = pair.split_once('=').unwrap_or((pair, ""));
            (found == name).then_some(Cow::Borrowed(value))
        })
    }

    /// `limit` and `cursor`, and nothing that this list does not take.
    pub(crate) fn page<C>(
        &self,
        also: &[&str],
        cursor: impl Fn(&str) -> Option<C>,
    ) -> Result<(u32, Option<C>), Failure> {
        let query = self.head.uri.query().unwrap_or_default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let name = pair.split_once('=').map_or(pair, |(name, _)| name);
            if !["limit", "cursor"].contains(&name) && !also.contains(&name) {
                let words = format!("{name}: this list has no such parameter");
                return Err(Failure::client(Code::InvalidRequest, words).at(name.to_owned()));
            }
        }
        let limit = match self.query("limit") {
            None => DEFAULT_PAGE,
            Some(text) => {
                let fits = |limit: &u32| (1..=weighbridge_store::page::PAGE_LIMIT).contains(limit);
                text.parse().ok().filter(fits).ok_or_else(|| {
                    let most = weighbridge_store::page::PAGE_LIMIT;
                    let words = format!("limit: should be a whole number from 1 to {most}");
                    Failure::client(Code::InvalidRequest, words).at("limit")
                })?
            }
        };
        let cursor = match self.query("cursor") {
            None => None,
            Some(text) => Some(cursor(&text).ok_or_else(|| {
                let words = "cursor: should be what `next` of this list said";
                Failure::client(Code::InvalidRequest, words).at("cursor")
            })?),
        };
        Ok((limit, cursor))
    }

    /// The account whose things are asked for: the one in the query, else the own one, else, for
    /// who may see all, nothing, which means all.
    pub(crate) fn account_filter(&self, all: Permission) -> Result<Option<AccountId>, Failure> {
        let own = self.principal.account.id;
        let asked = match self.query("account") {
            None => None,
            Some(text) => Some(text.parse::<AccountId>().map_err(|_| missing("account"))?),
        };
        if self.principal.key.role.may(all) {
            return Ok(asked);
        }
        match asked {
            Some(asked) if asked != own => Err(missing("account")),
            _ => Ok(Some(own)),
        }
    }

    /// The body, which must be a JSON object with no members but `known` ones; `not_yet` are those
    /// of the finished design that this version refuses by name.
    pub(crate) async fn object(
        self,
        known: &[&str],
        not_yet: &[&str],
    ) -> Result<(Arc<Gateway>, Arc<Principal>, Fields), Failure> {
        let limits = *self.gateway.limits();
        let read = Limited::new(self.body, limits.api_body).collect();
        let collected = tokio::time::timeout(limits.body_idle, read).await.map_err(|_| {
            Failure::client(Code::RequestTimeout, "the request's body came too slowly")
        })?;
        let bytes = collected
            .map_err(|error| {
                if error.is::<LengthLimitError>() {
                    let words = format!("the body is longer than {} bytes", limits.api_body);
                    Failure::client(Code::BodyTooLarge, words)
                } else {
                    let words = "the request's body ended before its end";
                    Failure::client(Code::BodyIncomplete, words)
                }
            })?
            .to_bytes();
        let fields: Map<String, Value> = serde_json::from_slice(&bytes).map_err(|error| {
            Failure::client(
                Code::InvalidRequest,
                format!("the body should be a JSON object: {error}"),
            )
        })?;
        for name in fields.keys() {
            if not_yet.contains(&name.as_str()) {
                let words = format!("{name}: not in this version");
                return Err(Failure::client(Code::NotAvailable, words).at(name.clone()));
            }
            if !known.contains(&name.as_str()) {
                let words = format!("{name}: no such field; known are {}", known.join(", "));
                return Err(Failure::client(Code::InvalidRequest, words).at(name.clone()));
            }
        }
        Ok((self.gateway, self.principal, Fields(fields)))
    }
}

/// The members of a body.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// A member as it stands, null included.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A text, if it is there and not null.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&str>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(invalid(name, "should be a text")),
        }
    }

    /// A yes or no, if it is there and not null.
    pub(crate) fn flag(&self, name: &'static str) -> Result<Option<bool>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(invalid(name, "should be true or false")),
        }
    }

    /// A name that people gave.
    pub(crate) fn name(&self) -> Result<Option<&str>, Failure> {
        let Some(name) = self.text("name")? else { return Ok(None) };
        weighbridge_core::account::check_name(name)
            .map_err(|error| invalid("name", &error.to_string()))?;
        Ok(Some(name))
    }
}

/// A field that cannot stand as it is.
pub(crate) fn invalid(field: &'static str, words: &str) -> Failure {
    Failure::client(Code::InvalidRequest, format!("{field}: {words}")).at(field)
}

/// Something that is not there, or not to be seen by who asks.
pub(crate) fn missing(what: &'static str) -> Failure {
    Failure::client(Code::NotFound, format!("there is no such {what}"))
}

/// What a caller is told when the store fails.
pub(crate) fn store_failure(error: StoreError) -> Failure {
    match error {
        StoreError::Missing(what) => missing(what),
        StoreError::Full => {
            let words = "the gateway has no space left to record this; try again";
            Failure::gateway(Code::CannotRecord, Retry::After(5), words)
        }
        StoreError::Unavailable => {
            let words = "the gateway is stopping or too busy; try again";
            Failure::gateway(Code::CannotRecord, Retry::After(1), words)
        }
        StoreError::TooMany(what, limit) => {
            let words = format!(
                "there are {limit} {what} already (limits.{what}), and no more are allowed"
            );
            Failure::client(Code::LimitReached, words)
        }
        StoreError::Database(detail) => {
            tracing::error!(detail, "the database failed");
            let words = "something of the gateway's own went wrong; its log says what";
            Failure::gateway(Code::Internal, Retry::After(1), words)
        }
    }
}

/// The same page with every item in the shape that callers see.
pub(crate) fn shown<T>(page: Page<T>, show: impl Fn(T) -> Value) -> Page<Value> {
    Page { items: page.items.into_iter().map(show).collect(), next: page.next }
}
