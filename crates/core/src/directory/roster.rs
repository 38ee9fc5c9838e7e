//! Where the models of a provider come from, if its file does not name them all.

use std::collections::HashMap;

use weighbridge_proof::Timestamp;

use super::listed::Listed;
use super::provider::{Provider, Service};
use super::served::Model;

/// See the module's words.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    /// The provider serves what it lists, beside what its file names.
    pub is_open: bool,
    /// It was found on this machine; no file names it.
    pub is_discovered: bool,
    /// When it listed its models last.
    pub listed_at: Option<Timestamp>,
    /// What models are for, where that is not all that the provider serves.
    only: HashMap<String, Vec<Service>>,
}

impl Roster {
    /// Of a provider of the file.
    pub fn of_file(is_open: bool) -> Self {
        Self { is_open, ..Self::default() }
    }

    /// Of a provider that no file names.
    pub fn discovered() -> Self {
        Self { is_open: true, is_discovered: true, ..Self::default() }
    }
}

impl Provider {
    /// Whether it serves this model for that. What the file names is for all that the file says.
    pub fn is_for(&self, model: &str, service: Service) -> bool {
        self.services.contains(&service)
            && self.roster.only.get(model).is_none_or(|only| only.contains(&service))
    }

    /// The same provider, which has listed these models. What is for nothing that it serves is left out.
    #[must_use]
    pub fn listing(mut self, listed: &[Listed], at: Timestamp) -> Self {
        let named: std::collections::HashSet<String> = self.models.iter().cloned().collect();
        for model in listed.iter().filter(|model| !named.contains(&model.name)) {
            let services = model.services(&self.services);
            if services.is_empty() {
                continue;
            }
            if services != self.services {
                self.roster.only.insert(model.name.clone(), services);
            }
            self.models.push(model.name.clone());
        }
        self.roster.listed_at = Some(at);
        self
    }

    /// What its list says of how much models take, where `known` does not say it: each as an addition to
    /// what is known of that model.
    pub fn lengths(&self, listed: &[Listed], known: &[Model]) -> Vec<Model> {
        let served: std::collections::HashSet<&str> =
            self.models.iter().map(String::as_str).collect();
        let add = |model: &Listed| {
            let context_length = Some(model.context_length?);
            if !served.contains(model.name.as_str()) {
                return None;
            }
            let named = || known.iter().filter(|it| it.name == model.name);
            let own = named().find(|it| it.provider.as_ref() == Some(&self.name));
            let said = own.or_else(|| named().find(|it| it.provider.is_none()));
            if said.is_some_and(|said| said.context_length.is_some()) {
                return None;
            }
            let lacks = said.map(|said| said.lacks).unwrap_or_default();
            let (name, provider) = (model.name.clone(), Some(self.name.clone()));
            Some(Model { name, provider, context_length, lacks })
        };
        listed.iter().filter_map(add).collect()
    }
}
