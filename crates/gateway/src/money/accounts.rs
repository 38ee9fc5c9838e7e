//! Every account that was used since the process began.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use weighbridge_core::clock::Moment;
use weighbridge_core::id::AccountId;
use weighbridge_core::window::Pace;
use weighbridge_store::{Store, StoreError};

use crate::money::account::LiveAccount;

/// Accounts by their ids. One node leases everything: what is held here is all that is held. An
/// account stays once it was used, because what it spent may not be in the database yet; there are
/// at most `limits.accounts` of them.
#[derive(Debug, Default)]
pub struct Accounts {
    used: RwLock<HashMap<AccountId, Arc<LiveAccount>>>,
    /// Held while one is read: many callers of one account read it once.
    reading: tokio::sync::Mutex<()>,
}

impl Accounts {
    /// The account, read from the books when it is used for the first time.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn get(
        &self,
        store: &Store,
        id: AccountId,
        pace: Pace,
        now: Moment,
    ) -> Result<Arc<LiveAccount>, StoreError> {
        if let Some(found) = self.find(id) {
            return Ok(found);
        }
        let _one_at_a_time = self.reading.lock().await;
        if let Some(found) = self.find(id) {
            return Ok(found);
        }
        let read = LiveAccount::load(store, id, pace, now).await?;
        let mut used = self.used.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(used.entry(id).or_insert_with(|| Arc::new(read))))
    }

    fn find(&self, id: AccountId) -> Option<Arc<LiveAccount>> {
        self.used.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }
}
