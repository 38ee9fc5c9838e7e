//! The receipt is committed, or could not be: only now is it known how the reply ends.

use weighbridge_core::failure::{Code, Failure, Retry};

use crate::meter::Weighed;

/// The last stage. Nothing that was held back leaves it but through [`Recorded::release`].
pub struct Recorded<H> {
    pub(crate) held: H,
    pub(crate) weighed: Weighed,
    pub(crate) durable: bool,
}

impl<H> Recorded<H> {
    /// What was held, now that its receipt is durable (invariant R1).
    ///
    /// # Errors
    /// When it is not: the failure that the reply ends in instead. The provider has done its work,
    /// so trying again would pay twice.
    pub fn release(self) -> Result<(H, Weighed), Failure> {
        if self.durable {
            return Ok((self.held, self.weighed));
        }
        let call = self.weighed.call;
        tracing::error!(%call, "a reply was withheld: its receipt is not committed yet");
        let words = format!(
            "the call was made, but its receipt could not be recorded in time, so its reply is \
             withheld; look for the receipt {call} later"
        );
        Err(Failure::gateway(Code::CannotRecord, Retry::Never, words))
    }

    /// What the call weighed, durable or not.
    pub fn weighed(&self) -> Weighed {
        self.weighed
    }
}
