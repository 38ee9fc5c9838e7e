//! How long the answers of each model usually are.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, RwLock};

use weighbridge_core::directory::Directory;
use weighbridge_core::usual::{AT_FIRST, Usual};

/// One running figure per served model. Begins anew with the process.
#[derive(Debug)]
pub(crate) struct Lengths {
    of: RwLock<HashMap<String, Mutex<Usual>>>,
}

impl Lengths {
    /// For the models of the directory, so there are only so many.
    pub(crate) fn new(directory: &Directory) -> Self {
        let lengths = Self { of: RwLock::default() };
        lengths.settle(directory);
        lengths
    }

    /// Takes in the models that are served now, and forgets the others.
    pub(crate) fn settle(&self, directory: &Directory) {
        let mut of = self.of.write().unwrap_or_else(PoisonError::into_inner);
        let known = std::mem::take(&mut *of);
        of.extend(directory.models().map(|(model, _)| (model.to_owned(), Mutex::default())));
        for (model, usual) in known {
            if let Some(own) = of.get_mut(&model) {
                *own = usual;
            }
        }
    }

    /// What to expect of one answer of this model, in tokens.
    pub(crate) fn expected(&self, model: &str) -> u64 {
        let of = self.of.read().unwrap_or_else(PoisonError::into_inner);
        of.get(model).map_or(AT_FIRST, |usual| {
            usual.lock().unwrap_or_else(PoisonError::into_inner).expected()
        })
    }

    /// Counts an answer of this many tokens.
    pub(crate) fn learn(&self, model: &str, tokens: u64) {
        let of = self.of.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(usual) = of.get(model) {
            usual.lock().unwrap_or_else(PoisonError::into_inner).learn(tokens);
        }
    }
}
