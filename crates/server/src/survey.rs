//! Asks the providers of a file which models they have, and holds that against what the file says of them.
//! No model is called, so it costs nothing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use weighbridge_core::directory::{Directory, Listed, Provider, Seats, Service};
use weighbridge_gateway::upstream::{LaneError, NoList, Upstream};

use crate::config::Config;

/// How many providers are asked at a time.
const AT_ONCE: usize = 16;

/// What was found of a provider.
#[derive(Debug)]
pub struct Finding {
    /// Its name.
    pub provider: String,
    /// What it speaks.
    pub flavor: &'static str,
    /// Where.
    pub base_url: String,
    /// How long it took.
    pub took: Duration,
    /// What it said.
    pub outcome: Outcome,
    /// Models that the file names and it does not list.
    pub not_listed: Vec<String>,
    /// Services that none of its models seems to be for.
    pub without_model: Vec<&'static str>,
}

/// What came of asking.
#[derive(Debug)]
pub enum Outcome {
    /// Its models.
    Listed(Vec<Found>),
    /// It could not be asked: its flavor has no words for it.
    Unasked {
        /// Why not.
        reason: String,
    },
    /// It did not say.
    Failed {
        /// What happened.
        reason: String,
        /// What to do.
        next_step: &'static str,
    },
}

/// A model that a provider lists.
#[derive(Debug)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// Which of the provider's services it seems to be for.
    pub services: Vec<&'static str>,
    /// The most tokens it takes, where that is said.
    pub context_length: Option<u64>,
}

impl Finding {
    /// Whether nothing is known to be wrong. What only seems to be so is no mistake: a name may not tell
    /// what its model is for.
    pub fn is_well(&self) -> bool {
        !matches!(self.outcome, Outcome::Failed { .. }) && self.not_listed.is_empty()
    }
}

/// Asks the provider of that name, or all of them, and says what was found, in the order of the file.
///
/// # Errors
/// [`LaneError`] where one can never be asked as the file says.
pub async fn survey(config: &Config, only: Option<&str>) -> Result<Vec<Finding>, LaneError> {
    let is_meant = |provider: &&Provider| only.is_none_or(|name| name == provider.name);
    let meant: Vec<Provider> = config.providers.iter().filter(is_meant).cloned().collect();
    let directory = Directory::new(meant.clone(), Vec::new(), &mut Seats::default());
    let upstream = Arc::new(Upstream::new(&directory, &config.flavors, 1)?);
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut asking = JoinSet::new();
    for (index, provider) in meant.into_iter().enumerate() {
        let (upstream, room) = (Arc::clone(&upstream), Arc::clone(&room));
        asking.spawn(async move {
            let _place = room.acquire().await;
            let begun = Instant::now();
            let said = upstream.models(&provider.name).await;
            (index, find(&provider, said, begun.elapsed()))
        });
    }
    let mut findings = asking.join_all().await;
    findings.sort_by_key(|(index, _)| *index);
    Ok(findings.into_iter().map(|(_, finding)| finding).collect())
}

fn find(provider: &Provider, said: Result<Vec<Listed>, NoList>, took: Duration) -> Finding {
    let (outcome, not_listed, without_model) = match said {
        Ok(listed) => {
            let not_listed = provider.models.iter().filter(|name| !is_among(&listed, name));
            let not_listed = not_listed.cloned().collect();
            let without = without_model(provider, &listed);
            let services = |model: &Listed| {
                model.services(&provider.services).into_iter().map(Service::as_str).collect()
            };
            let found = listed.iter().map(|model| Found {
                name: model.name.clone(),
                services: services(model),
                context_length: model.context_length,
            });
            (Outcome::Listed(found.collect()), not_listed, without)
        }
        Err(NoList::Never(reason)) => (Outcome::Unasked { reason }, Vec::new(), Vec::new()),
        Err(error) => {
            let (reason, next_step) = (error.to_string(), error.next_step());
            (Outcome::Failed { reason, next_step }, Vec::new(), Vec::new())
        }
    };
    Finding {
        provider: provider.name.clone(),
        flavor: provider.flavor.as_str(),
        base_url: provider.base_url.clone(),
        took,
        outcome,
        not_listed,
        without_model,
    }
}

/// Services for which it lists nothing. Where one model may be for anything, nothing can be said.
fn without_model(provider: &Provider, listed: &[Listed]) -> Vec<&'static str> {
    let offered = |service: &Service| {
        listed.iter().any(|model| model.services(&provider.services).contains(service))
    };
    let lacking = provider.services.iter().filter(|service| !offered(service));
    lacking.copied().map(Service::as_str).collect()
}

/// Whether a model is listed, by that name or by one that its provider takes it for: Ollama's `latest`, and
/// the dated name behind one without a date.
fn is_among(listed: &[Listed], name: &str) -> bool {
    let plain = name.strip_suffix("-latest").unwrap_or(name);
    listed.iter().any(|model| {
        let own = model.name.as_str();
        let dated = || {
            let date = own.strip_prefix(plain).and_then(|rest| rest.strip_prefix('-'));
            date.is_some_and(|date| date.len() == 8 && date.bytes().all(|it| it.is_ascii_digit()))
        };
        own == name || own.strip_suffix(":latest") == Some(name) || dated()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_listed_by_names_that_its_provider_takes_it_for() {
        let listed = ["gemma3:latest", "claude-3-5-haiku-20241022", "gpt-5-mini"];
        let listed = listed.map(Listed::named);
        for (name, is) in [
            ("gemma3", true),
            ("gemma3:4b", false),
            ("claude-3-5-haiku-latest", true),
            ("claude-3-5-haiku", true),
            ("claude-3-5", false),
            ("gpt-5-mini", true),
            ("gpt-5", false),
        ] {
            assert_eq!(is_among(&listed, name), is, "{name}");
        }
    }
}
