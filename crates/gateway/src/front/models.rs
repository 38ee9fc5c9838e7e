//! Which models are served, whatever shape a list of them has.

use std::sync::Arc;

use http::HeaderMap;
use weighbridge_core::credential::{Key, Principal};
use weighbridge_core::directory::{NoSuchModel, Provider, Served, Service};
use weighbridge_core::failure::{Code, Failure};
use weighbridge_core::role::Permission;
use weighbridge_core::routing::Policy;

use crate::gateway::Gateway;
use crate::pipeline::decision::ruled_out;
use crate::pipeline::received::principal;
use crate::setting::Setting;

/// The models that a key may use.
pub(super) struct Sight {
    setting: Arc<Setting>,
    principal: Arc<Principal>,
}

impl Sight {
    /// Those of whoever sent these headers.
    ///
    /// # Errors
    /// 401 and 403, as for a call.
    pub(super) async fn of(gateway: &Gateway, headers: &HeaderMap) -> Result<Self, Failure> {
        let principal = principal(gateway, headers).await?;
        let role = principal.key.role;
        if role.may(Permission::Call) {
            return Ok(Self { setting: gateway.setting(), principal });
        }
        let words = format!("a key of role `{role}` cannot list models; use a developer's key");
        Err(Failure::client(Code::Forbidden, words))
    }

    /// Every one of them, with a provider that serves it.
    pub(super) fn models(&self) -> impl Iterator<Item = (&str, &Provider)> {
        self.setting.directory.models().filter(|(model, _)| self.shows(model))
    }

    /// Whether this model is served to it.
    ///
    /// # Errors
    /// 404, with names of some that are.
    pub(super) fn find(&self, id: &str) -> Result<(), Failure> {
        if self.shows(id) {
            return Ok(());
        }
        let missing = |words: String| Failure::client(Code::ModelNotFound, words).at("model");
        match self.setting.directory.candidates(Service::Chat, id) {
            Ok(served) if self.serves(Service::Chat, &served) => Ok(()),
            Ok(_) => Err(missing(format!("the model `{id}` is not one that this key may use"))),
            Err(nobody) => Err(missing(not_served(nobody, &self.principal.key))),
        }
    }

    fn shows(&self, model: &str) -> bool {
        let named = |service| self.setting.directory.named(service, model);
        let is_served =
            |service| named(service).is_some_and(|served| self.serves(service, &served));
        Service::ALL.into_iter().any(is_served)
    }

    /// Whether anybody may serve it who does not stand where its calls never run.
    fn serves(&self, service: Service, served: &Served) -> bool {
        let Principal { account, key } = &*self.principal;
        let level = self.setting.levels.of(&account.level);
        let own = key.policy.policy.or(level.policy);
        let own = own.unwrap_or_else(|| self.setting.policies.of(service, &served.model).policy);
        // Where a request may say otherwise, it may run anywhere.
        let policy = if key.policy.fixed { own } else { Policy::Default };
        served.by.iter().any(|serving| {
            let Provider { location, .. } = *serving.provider;
            policy.lets(location, serving.provider.is_here())
                && ruled_out(key, level, &self.setting, &served.name, serving).is_none()
        })
    }
}

/// Why a model is not served, with no names but those that the key may use.
pub(crate) fn not_served(mut missing: NoSuchModel, key: &Key) -> String {
    missing.served.retain(|name| key.may_use(name));
    if missing.served.is_empty() && !key.models.is_empty() {
        return format!("the model `{}` is not one that this key may use", missing.asked);
    }
    missing.to_string()
}

/// A segment of a path, or a value of a query, as it was meant.
pub fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'%')
            .then(|| after.get(..2))
            .flatten()
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_paths_are_decoded_once() {
        assert_eq!(percent_decode("qwen3%3A8b"), "qwen3:8b");
        assert_eq!(percent_decode("a%2525"), "a%25");
        assert_eq!(percent_decode("%zz%"), "%zz%");
        assert_eq!(percent_decode("%+f"), "%+f");
    }
}
