//! Gates by name: a chunk passes when a test lets it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

/// Every gate that was named so far.
#[derive(Debug, Default)]
pub(crate) struct Gates(Mutex<HashMap<String, Arc<Semaphore>>>);

impl Gates {
    /// Lets one more chunk pass, one that comes later too.
    pub(crate) fn release(&self, name: &str) {
        self.gate(name).add_permits(1);
    }

    /// Waits to be let through.
    pub(crate) async fn pass(&self, name: &str) {
        let gate = self.gate(name);
        // A gate is never closed.
        if let Ok(permit) = gate.acquire().await {
            permit.forget();
        }
    }

    fn gate(&self, name: &str) -> Arc<Semaphore> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = gates.entry(name.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(0)));
        Arc::clone(gate)
    }
}
