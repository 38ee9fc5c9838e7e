//! How long the answers of each model usually are.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use weighbridge_core::directory::Directory;
use weighbridge_core::usual::{AT_FIRST, Usual};

/// One running figure per served model. Begins anew with the process.
#[derive(Debug)]
pub(crate) struct Lengths {
    of: HashMap<String, Mutex<Usual>>,
}

impl Lengths {
    /// For the models of the directory, so there are only so many.
    pub(crate) fn new(directory: &Directory) -> Self {
        let models = directory.models().map(|(model, _)| (model.to_owned(), Mutex::default()));
        Self { of: models.collect() }
    }

    /// What to expect of one answer of this model, in tokens.
    pub(crate) fn expected(&self, model: &str) -> u64 {
        self.of.get(model).map_or(AT_FIRST, |usual| {
            usual.lock().unwrap_or_else(PoisonError::into_inner).expected()
        })
    }

    /// Counts an answer of this many tokens.
    pub(crate) fn learn(&self, model: &str, tokens: u64) {
        if let Some(usual) = self.of.get(model) {
            usual.lock().unwrap_or_else(PoisonError::into_inner).learn(tokens);
        }
    }
}
