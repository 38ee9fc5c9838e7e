//! What is held of an account's purse for one call.

use std::sync::Arc;

use weighbridge_core::budget::Short;
use weighbridge_core::money::{Amount, Currency};
use weighbridge_proof::Timestamp;

use crate::money::account::LiveAccount;

/// What is held. Whatever of it is not settled is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    account: Arc<LiveAccount>,
    currency: Currency,
    amount: Amount,
    settled: bool,
}

impl Hold {
    /// Holds `amount`.
    ///
    /// # Errors
    /// [`Short`] where the budget does not allow it.
    pub(crate) fn take(
        account: &Arc<LiveAccount>,
        currency: Currency,
        amount: Amount,
        now: Timestamp,
    ) -> Result<Self, Short> {
        account.purse().reserve(currency, amount, now)?;
        Ok(Self { account: Arc::clone(account), currency, amount, settled: false })
    }

    pub(crate) fn currency(&self) -> Currency {
        self.currency
    }

    /// What is held now.
    pub(crate) fn amount(&self) -> Amount {
        self.amount
    }

    /// Holds more, as far as that is free, until `target` is held.
    pub(crate) fn extend_to(&mut self, target: Amount, now: Timestamp) {
        let more = target.minus_down_to_zero(self.amount);
        if !more.is_zero() {
            self.amount += self.account.purse().extend(self.currency, more, now);
        }
    }

    /// Charges `charged` of what is held; the rest is free again.
    pub(crate) fn settle(mut self, charged: Amount, now: Timestamp) {
        self.settled = true;
        self.account.purse().settle(self.currency, self.amount, charged, now);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if !self.settled {
            self.account.purse().release(self.currency, self.amount);
        }
    }
}
