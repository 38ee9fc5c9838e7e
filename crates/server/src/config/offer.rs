//! Whether what a file speaks of is there: what it says is served, and what may come beside it.

use weighbridge_core::directory::Provider;

use super::discovery::Discovery;

/// See the module's words.
pub(super) struct Offer<'a> {
    pub(super) providers: &'a [Provider],
    pub(super) discovery: Option<&'a Discovery>,
}

impl Offer<'_> {
    /// Whether a provider has that name, or one may be found that has.
    pub(super) fn has_provider(&self, name: &str) -> bool {
        self.providers.iter().any(|provider| provider.name == name)
            || self.discovery.is_some_and(|it| it.may_find(name))
    }

    /// Whether the model is served by that provider, or by anybody, or may come to be.
    pub(super) fn serves(&self, provider: Option<&str>, model: &str) -> bool {
        let is_meant = |it: &&Provider| provider.is_none_or(|name| it.name == name);
        let has = |it: &Provider| it.roster.is_open || it.models.iter().any(|own| own == model);
        let is_found = match provider {
            Some(name) => self.discovery.is_some_and(|it| it.may_find(name)),
            None => self.discovery.is_some(),
        };
        is_found || self.providers.iter().filter(is_meant).any(has)
    }
}
