//! The caller is known.

use std::sync::Arc;

use weighbridge_core::credential::Principal;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::role::Permission;

use crate::pipeline::{Admitted, Received};

/// How soon a caller may try again while the gateway stops and another starts, in seconds.
const RESTART_SECONDS: u32 = 2;

/// The second stage: account, key and role are known; still no byte of the body is read.
pub struct Authenticated {
    pub(crate) received: Received,
    pub(crate) principal: Arc<Principal>,
}

impl Authenticated {
    /// Lets the call in, or refuses it before its body costs anything.
    ///
    /// # Errors
    /// 403 when the key's role makes no calls; 503 while the gateway stops.
    pub fn admit(self) -> Result<Admitted, Failure> {
        let role = self.principal.key.role;
        if !role.may(Permission::Call) {
            let words = format!("a key of role `{role}` cannot make calls; use a developer's key");
            return Err(Failure::client(Code::Forbidden, words));
        }
        if self.received.gateway.is_draining() {
            let words = "the gateway is stopping and takes no new calls; try again in a moment";
            let retry = Retry::After(RESTART_SECONDS);
            return Err(Failure::gateway(Code::ShuttingDown, retry, words));
        }
        Ok(Admitted { received: self.received, principal: self.principal })
    }
}
