//! The caller is known.

use std::sync::Arc;

use weighbridge_core::credential::Principal;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::level::Level;
use weighbridge_core::role::Permission;
use weighbridge_core::window::{Allowance, Full, Pace};

use crate::money::LiveAccount;
use crate::pipeline::{Admitted, Received};

/// How soon a caller may try again while the gateway stops and another starts, in seconds.
const RESTART_SECONDS: u32 = 2;

/// The second stage: account, key and role are known; still no byte of the body is read.
pub struct Authenticated {
    pub(crate) received: Received,
    pub(crate) principal: Arc<Principal>,
    pub(crate) account: Arc<LiveAccount>,
    pub(crate) level: Arc<Level>,
}

impl Authenticated {
    /// Lets the call in, or refuses it before its body costs anything. `allowance` gets what is left
    /// of the level's window, whether or not there was room.
    ///
    /// # Errors
    /// 403 when the key's role makes no calls; 429 when its account's level allows no more now; 503
    /// while the gateway stops.
    pub fn admit(self, allowance: &mut Option<Allowance>) -> Result<Admitted, Failure> {
        self.may_call()?;
        if self.received.gateway.is_draining() {
            let words = "the gateway is stopping and takes no new calls; try again in a moment";
            let retry = Retry::After(RESTART_SECONDS);
            return Err(Failure::gateway(Code::ShuttingDown, retry, words));
        }
        let pace = self.level.sync;
        let admission = self.account.admit_call(pace, self.received.at);
        self.passed(admission, pace, "calls", allowance)
    }

    /// The same for somebody who only wants to know what a call would cost: it counts as a read.
    ///
    /// # Errors
    /// As for [`Self::admit`].
    pub fn admit_view(self, allowance: &mut Option<Allowance>) -> Result<Admitted, Failure> {
        self.may_call()?;
        let pace = self.level.view;
        let admission = self.account.admit_view(pace, self.received.at);
        self.passed(admission, pace, "reads", allowance)
    }

    /// The same for what is free: what is asked about a call without making it.
    ///
    /// # Errors
    /// 403 when the key's role makes no calls.
    pub fn admit_free(self) -> Result<Admitted, Failure> {
        self.may_call()?;
        let Self { received, principal, account, level } = self;
        Ok(Admitted { received, principal, account, level })
    }

    fn passed(
        self,
        admission: Result<Allowance, Full>,
        pace: Pace,
        what: &str,
        allowance: &mut Option<Allowance>,
    ) -> Result<Admitted, Failure> {
        let Self { received, principal, account, level } = self;
        match admission {
            Ok(left) => *allowance = Some(left),
            Err(full) => {
                *allowance = Some(full.allowance);
                return Err(too_many_requests(pace, full, what));
            }
        }
        Ok(Admitted { received, principal, account, level })
    }

    fn may_call(&self) -> Result<(), Failure> {
        let role = self.principal.key.role;
        if role.may(Permission::Call) {
            return Ok(());
        }
        let words = format!("a key of role `{role}` cannot make calls; use a developer's key");
        Err(Failure::client(Code::Forbidden, words))
    }
}

/// The level allows no more of `what` now.
pub fn too_many_requests(pace: Pace, full: Full, what: &str) -> Failure {
    let Pace { requests, window } = pace;
    let millis = u64::try_from(full.retry.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX);
    let words = format!(
        "the account's level allows {requests} {what} in any {window:?}, and they are used up; try \
         again in {} s",
        millis.div_ceil(1_000)
    );
    let failure = Failure::client(Code::RateLimited, words);
    Failure { retry: Retry::AfterMillis(millis), ..failure }
}
