//! What an operator or a caller wants of the choice.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde_json::json;
use weighbridge_proof::Digest;

use crate::directory::{Location, Service};

/// How it is decided where a call runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Policy {
    /// On the operator's own machines while those are able and not busy, else anywhere.
    #[default]
    Default,
    /// On the operator's own machines only.
    AlwaysLocal,
    /// Elsewhere only.
    AlwaysRemote,
    /// Where it costs least.
    LeastCost,
    /// Where a reply begins soonest.
    LeastLatency,
    /// On this machine only: what is asked and answered never leaves it.
    Private,
}

impl Policy {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Default,
        Self::AlwaysLocal,
        Self::AlwaysRemote,
        Self::LeastCost,
        Self::LeastLatency,
        Self::Private,
    ];

    /// The word in configurations, requests and receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::AlwaysLocal => "always_local",
            Self::AlwaysRemote => "always_remote",
            Self::LeastCost => "least_cost",
            Self::LeastLatency => "least_latency",
            Self::Private => "private",
        }
    }

    /// Whether a call may run there; `here` says that it is this very machine.
    pub fn lets(self, location: Location, here: bool) -> bool {
        match self {
            Self::AlwaysLocal => location == Location::Local,
            Self::AlwaysRemote => location == Location::Remote,
            Self::Private => location == Location::Local && here,
            Self::Default | Self::LeastCost | Self::LeastLatency => true,
        }
    }

    pub(super) const fn index(self) -> usize {
        match self {
            Self::Default => 0,
            Self::AlwaysLocal => 1,
            Self::AlwaysRemote => 2,
            Self::LeastCost => 3,
            Self::LeastLatency => 4,
            Self::Private => 5,
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No policy has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "should be one of default, always_local, always_remote, least_cost, least_latency, private"
)]
pub struct NoSuchPolicy;

impl FromStr for Policy {
    type Err = NoSuchPolicy;

    fn from_str(word: &str) -> Result<Self, NoSuchPolicy> {
        Self::ALL.into_iter().find(|policy| policy.as_str() == word).ok_or(NoSuchPolicy)
    }
}

/// Who chose the policy of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The request, in its body.
    Body,
    /// The request, in a header.
    Header,
    /// The key that it was made with.
    Key,
    /// The account's level.
    Level,
    /// The operator, for the model.
    Model,
    /// The operator, for the service.
    Service,
    /// The operator, for everything else.
    File,
}

impl Source {
    /// The word on receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Header => "header",
            Self::Key => "key",
            Self::Level => "level",
            Self::Model => "model",
            Self::Service => "service",
            Self::File => "file",
        }
    }
}

/// A policy, and who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// Which.
    pub policy: Policy,
    /// Who chose it.
    pub source: Source,
}

/// What the operator's file says, and the digest that receipts cite.
#[derive(Debug, Clone)]
pub struct Policies {
    policy: Policy,
    services: BTreeMap<&'static str, Policy>,
    models: BTreeMap<String, Policy>,
    regions: Vec<String>,
    json: String,
    digest: Digest,
}

impl Default for Policies {
    fn default() -> Self {
        Self::new(Policy::default(), Vec::new(), Vec::new(), Vec::new())
    }
}

impl Policies {
    /// These policies. Where `regions` are named, calls run in those only.
    pub fn new(
        policy: Policy,
        services: Vec<(Service, Policy)>,
        models: Vec<(String, Policy)>,
        mut regions: Vec<String>,
    ) -> Self {
        regions.sort();
        regions.dedup();
        let services: BTreeMap<&'static str, Policy> =
            services.into_iter().map(|(service, policy)| (service.as_str(), policy)).collect();
        let models: BTreeMap<String, Policy> = models.into_iter().collect();
        let words = |of: BTreeMap<&str, Policy>| {
            let word = |(name, policy): (&str, Policy)| (name.to_owned(), json!(policy.as_str()));
            of.into_iter().map(word).collect::<serde_json::Map<_, _>>()
        };
        let of_models = models.iter().map(|(name, policy)| (name.as_str(), *policy)).collect();
        let json = json!({
            "models": words(of_models),
            "policy": policy.as_str(),
            "regions": regions,
            "services": words(services.clone()),
        });
        let json = json.to_string();
        let digest = Digest::of(json.as_bytes());
        Self { policy, services, models, regions, json, digest }
    }

    /// What holds for a model, by the name that its providers know, when nobody else says.
    pub fn of(&self, service: Service, model: &str) -> Choice {
        let of_model = self.models.get(model).map(|policy| (*policy, Source::Model));
        let of_service = || self.services.get(service.as_str()).map(|it| (*it, Source::Service));
        let (policy, source) = of_model.or_else(of_service).unwrap_or((self.policy, Source::File));
        Choice { policy, source }
    }

    /// Whether a call may run in this region. A provider that names none is in none.
    pub fn allows(&self, region: Option<&str>) -> bool {
        allows(&self.regions, region)
    }

    /// The policies as canonical JSON, of which [`Self::digest`] is the SHA-256.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// What receipts cite.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

/// Whether one of these regions is meant; all are where none is named.
pub(crate) fn allows(regions: &[String], region: Option<&str>) -> bool {
    regions.is_empty() || region.is_some_and(|region| regions.iter().any(|it| it == region))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_counts_and_the_table_is_canonical_json() {
        let policies = Policies::new(
            Policy::LeastCost,
            vec![(Service::TextToImage, Policy::AlwaysRemote)],
            vec![("flux".to_owned(), Policy::Private)],
            vec!["eu-2".to_owned(), "eu-1".to_owned()],
        );
        let of = |service, model| {
            let Choice { policy, source } = policies.of(service, model);
            (policy, source.as_str())
        };
        assert_eq!(of(Service::TextToImage, "flux"), (Policy::Private, "model"));
        assert_eq!(of(Service::TextToImage, "sd"), (Policy::AlwaysRemote, "service"));
        assert_eq!(of(Service::Chat, "sd"), (Policy::LeastCost, "file"));
        assert!(policies.allows(Some("eu-1")));
        assert!(!policies.allows(Some("us-1")) && !policies.allows(None));
        assert!(Policies::default().allows(None));
        assert!(weighbridge_proof::canonical::is_canonical(policies.json().as_bytes()));
        assert_eq!(
            policies.json(),
            r#"{"models":{"flux":"private"},"policy":"least_cost","regions":["eu-1","eu-2"],"services":{"text-to-image":"always_remote"}}"#
        );
    }

    #[test]
    fn a_policy_is_read_by_its_word() {
        for policy in Policy::ALL {
            assert_eq!(policy.as_str().parse(), Ok(policy));
        }
        assert!("Private".parse::<Policy>().is_err());
    }
}
