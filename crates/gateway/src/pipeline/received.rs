//! The head of a call has been read, no byte of its body.

use std::sync::Arc;

use http::request::Parts;
use hyper::body::Incoming;
use weighbridge_core::clock::Moment;
use weighbridge_core::credential::Fingerprint;
use weighbridge_core::failure::{Code, Failure, Retry};

use crate::front::credential;
use crate::gateway::Gateway;
use crate::pipeline::Authenticated;

/// The first stage: a time, a head, and a body that nobody has touched.
pub struct Received {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) head: Parts,
    pub(crate) body: Incoming,
    pub(crate) at: Moment,
}

impl Received {
    /// A call whose head came in at `at`.
    pub fn new(gateway: Arc<Gateway>, head: Parts, body: Incoming, at: Moment) -> Self {
        Self { gateway, head, body, at }
    }

    /// Finds out who calls.
    ///
    /// # Errors
    /// 401 without a valid credential; 503 when credentials cannot be looked up.
    pub async fn authenticate(self) -> Result<Authenticated, Failure> {
        let principal = principal(&self.gateway, &self.head.headers).await?;
        let account = self.gateway.account(&principal.account).await?;
        let level = Arc::clone(self.gateway.levels().of(&principal.account.level));
        Ok(Authenticated { received: self, principal, account, level })
    }
}

/// Who sent these headers.
///
/// # Errors
/// 401 without a valid credential; 503 when credentials cannot be looked up.
pub async fn principal(
    gateway: &Gateway,
    headers: &http::HeaderMap,
) -> Result<Arc<weighbridge_core::credential::Principal>, Failure> {
    let sent = credential::find(headers)?;
    let unknown = || {
        Failure::client(
            Code::InvalidApiKey,
            "this API key is not known here, or was revoked; ask whoever runs this gateway for a \
             new one",
        )
    };
    let fingerprint = Fingerprint::of(sent).ok_or_else(unknown)?;
    let found = gateway.store().principal(fingerprint).await.map_err(|error| {
        tracing::error!(%error, "a credential could not be looked up");
        let words = "credentials cannot be looked up now; try again";
        Failure::gateway(Code::Internal, Retry::After(1), words)
    })?;
    found.ok_or_else(unknown)
}
