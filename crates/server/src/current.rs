//! What is in force: what the file says, with what providers list where it leaves that to them, and the
//! servers that are found on this machine.
//!
//! It is asked in rounds, beside everything else. Who does not answer keeps the list that it gave last; who
//! never gave one serves nothing of it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use weighbridge_core::directory::{Listed, Provider, Seats};
use weighbridge_gateway::upstream::{LaneError, Neighbour, NoList, Sight};
use weighbridge_gateway::{Gateway, Setting};
use weighbridge_proof::Timestamp;

use crate::config::Config;
use crate::wiring::{Offered, setting};

/// How long a start waits for lists, all together.
const START: Duration = Duration::from_secs(3);

/// How many are asked at a time.
const AT_ONCE: usize = 16;

/// How many names one provider may come to list while the process lives. Each is counted by for as long,
/// so one that always has new ones would take more and more memory.
const NAMES: usize = 20_000;

/// See the module's words.
pub(crate) struct Current {
    gateway: Arc<Gateway>,
    seats: Seats,
    config: Arc<Config>,
    /// Ports that are the gateway's own.
    own: Vec<u16>,
    lists: HashMap<String, List>,
    neighbours: BTreeMap<u16, (Neighbour, List)>,
    round: JoinSet<Answer>,
    heard: Vec<Answer>,
    /// Whether another round is to follow at once: it would ask others.
    again: bool,
}

/// What a provider listed.
#[derive(Default)]
struct List {
    models: Vec<Listed>,
    /// When; not yet where it never answered.
    at: Option<Timestamp>,
    /// Whether it did not answer when it was asked last.
    is_failing: bool,
    /// Every name that it ever had.
    names: HashSet<String>,
}

enum Answer {
    /// Of a provider as it was when it was asked.
    Of(Box<Provider>, Result<Vec<Listed>, NoList>),
    /// At a port of this machine.
    At(u16, Sight),
}

impl Current {
    pub(crate) fn new(
        gateway: &Arc<Gateway>,
        config: &Arc<Config>,
        seats: Seats,
        own: Vec<u16>,
    ) -> Self {
        Self {
            gateway: Arc::clone(gateway),
            seats,
            config: Arc::clone(config),
            own,
            lists: HashMap::new(),
            neighbours: BTreeMap::new(),
            round: JoinSet::new(),
            heard: Vec::new(),
            again: false,
        }
    }

    pub(crate) fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// The first round, as far as it ends in time. What is slower comes later.
    pub(crate) async fn start(&mut self) {
        self.ask();
        let until = Instant::now() + START;
        while let Ok(Some(answer)) = tokio::time::timeout_at(until, next(&mut self.round)).await {
            self.heard.push(answer);
        }
        if !self.round.is_empty() {
            tracing::warn!(
                left = self.round.len(),
                "not all who are asked for their models have answered; the start waits no longer"
            );
        }
        if !self.heard.is_empty() {
            self.settle();
        }
    }

    /// Begins a round, unless one is going on.
    pub(crate) fn ask(&mut self) {
        if !self.round.is_empty() {
            return;
        }
        let room = Arc::new(Semaphore::new(AT_ONCE));
        let setting = self.gateway.setting();
        for provider in self.config.providers.iter().filter(|it| it.roster.is_open) {
            let (room, setting) = (Arc::clone(&room), Arc::clone(&setting));
            let provider = Box::new(provider.clone());
            self.round.spawn(async move {
                let _place = room.acquire().await;
                let said = setting.upstream.models(&provider.name).await;
                Answer::Of(provider, said)
            });
        }
        let ports = self.config.discovery.iter().flat_map(|it| it.ports.iter().copied());
        let ports: Vec<u16> = ports.filter(|port| !self.is_known(&self.config, *port)).collect();
        for port in ports {
            let room = Arc::clone(&room);
            self.round.spawn(async move {
                let _place = room.acquire().await;
                Answer::At(port, Neighbour::look(port).await)
            });
        }
    }

    /// Waits for the next answer of a round, and takes in all of them when it was the last one. Nothing is
    /// lost where this is dropped.
    pub(crate) async fn go_on(&mut self) {
        match next(&mut self.round).await {
            Some(answer) => self.heard.push(answer),
            None => std::future::pending().await,
        }
        if self.round.is_empty() {
            self.settle();
            if std::mem::take(&mut self.again) {
                self.ask();
            }
        }
    }

    /// Whether a port is the gateway's own, or that of a provider of the file.
    fn is_known(&self, config: &Config, port: u16) -> bool {
        let of_file = |it: &Provider| it.is_here() && port_of(&it.base_url) == Some(port);
        self.own.contains(&port) || config.providers.iter().any(of_file)
    }

    /// Takes in what was heard.
    fn settle(&mut self) {
        let now = self.gateway.clock().now().wall;
        for answer in std::mem::take(&mut self.heard) {
            match answer {
                Answer::Of(provider, said) => self.hear(&provider, said, now),
                Answer::At(port, sight) => self.see(port, sight, now),
            }
        }
        let config = Arc::clone(&self.config);
        let before = self.gateway.setting();
        match self.setting(&config, &before) {
            Ok(setting) => {
                let is_mended = |provider: &Provider| !before.upstream.reaches(provider);
                self.gateway.change(setting, is_mended);
            }
            Err(reason) => tracing::error!(%reason, "what providers list cannot be taken in"),
        }
    }

    fn hear(&mut self, asked: &Provider, said: Result<Vec<Listed>, NoList>, now: Timestamp) {
        // The file may have come to say something else in the meantime.
        if !self.config.providers.iter().any(|it| is_alike(it, asked)) {
            return;
        }
        let list = self.lists.entry(asked.name.clone()).or_default();
        match said {
            Ok(models) => list.take(&asked.name, models, now),
            Err(reason) => {
                let (provider, next_step) = (&asked.name, reason.next_step());
                let held = match list.at {
                    None => "it serves none until it does",
                    Some(_) => "those that it listed last stay",
                };
                if std::mem::replace(&mut list.is_failing, true) {
                    tracing::debug!(provider, %reason, "its models are not known: {held}");
                } else {
                    tracing::warn!(provider, %reason, next_step, "its models are not known: {held}");
                }
            }
        }
    }

    fn see(&mut self, port: u16, sight: Sight, now: Timestamp) {
        if !self.config.discovery.as_ref().is_some_and(|it| it.ports.contains(&port)) {
            return;
        }
        let known = self.neighbours.get(&port).map(|(who, _)| *who);
        match sight {
            Sight::Known(who, models) => {
                if known != Some(who) {
                    tracing::info!(port, server = who.as_str(), "found on this machine");
                    self.neighbours.insert(port, (who, List::default()));
                }
                if let Some((_, list)) = self.neighbours.get_mut(&port) {
                    list.take(who.as_str(), models, now);
                }
            }
            Sight::Nobody => {
                if let Some(who) = known {
                    tracing::info!(port, server = who.as_str(), "gone from this machine");
                    self.neighbours.remove(&port);
                }
            }
            Sight::Silent => tracing::debug!(port, "somebody there gives no answer"),
        }
    }

    /// What a configuration says, with all that was found.
    pub(crate) fn setting(
        &mut self,
        config: &Config,
        before: &Setting,
    ) -> Result<Setting, LaneError> {
        let mut offered = Offered::of(config);
        for provider in &mut offered.providers {
            let list = self.lists.get(&provider.name).filter(|_| provider.roster.is_open);
            if let Some((list, at)) = list.and_then(|list| Some((list, list.at?))) {
                *provider = provider.clone().listing(&list.models, at);
                offered.models.extend(provider.lengths(&list.models, &config.models));
            }
        }
        let ports = config.discovery.iter().flat_map(|it| &it.ports);
        for port in ports.filter(|port| !self.is_known(config, **port)) {
            let Some((who, list)) = self.neighbours.get(port) else { continue };
            let (Some(at), Some(name)) = (list.at, name(*who, *port, config, &offered.providers))
            else {
                continue;
            };
            let provider = who.provider(name, *port).listing(&list.models, at);
            offered.models.extend(provider.lengths(&list.models, &config.models));
            offered.providers.push(provider);
        }
        setting(config, offered, &mut self.seats, Some(before))
    }

    /// A new configuration is in force. Of providers that it has otherwise nothing is known.
    pub(crate) fn is_now(&mut self, config: Arc<Config>) {
        let old = std::mem::replace(&mut self.config, config);
        let new = &self.config.providers;
        self.lists.retain(|name, _| {
            let was = old.providers.iter().find(|it| it.name == *name);
            was.is_some_and(|was| new.iter().any(|it| is_alike(it, was)))
        });
        let ports = self.config.discovery.iter().flat_map(|it| &it.ports);
        let ports: HashSet<u16> = ports.copied().collect();
        self.neighbours.retain(|port, _| ports.contains(port));
        self.again = !self.round.is_empty();
        self.ask();
    }
}

/// The next answer of a round; nothing where there is none to wait for.
async fn next(round: &mut JoinSet<Answer>) -> Option<Answer> {
    loop {
        match round.join_next().await? {
            Ok(answer) => return Some(answer),
            Err(error) => tracing::error!(%error, "a provider could not be asked"),
        }
    }
}

/// Whether the one's list is as good as the other's.
fn is_alike(one: &Provider, other: &Provider) -> bool {
    one.name == other.name
        && one.flavor == other.flavor
        && one.base_url == other.base_url
        && one.roster.is_open == other.roster.is_open
}

/// The name of what was found; the port tells a second one of a kind apart. Where the file has a provider of
/// that name, nobody else gets it.
fn name(who: Neighbour, port: u16, config: &Config, all: &[Provider]) -> Option<String> {
    let plain = who.as_str();
    if config.providers.iter().any(|it| it.name == plain) {
        return None;
    }
    let is_taken = |name: &str| all.iter().any(|it| it.name == name);
    if !is_taken(plain) {
        return Some(plain.to_owned());
    }
    Some(format!("{plain}-{port}")).filter(|name| !is_taken(name))
}

/// The port of an address.
fn port_of(base_url: &str) -> Option<u16> {
    let address: http::Uri = base_url.parse().ok()?;
    let usual = if address.scheme_str() == Some("https") { 443 } else { 80 };
    Some(address.port_u16().unwrap_or(usual))
}

impl List {
    fn take(&mut self, provider: &str, mut models: Vec<Listed>, now: Timestamp) {
        models.retain(|model| {
            let may = self.names.len() < NAMES || self.names.contains(&model.name);
            if may {
                self.names.insert(model.name.clone());
            }
            may
        });
        if self.names.len() >= NAMES {
            tracing::warn!(provider, "it listed {NAMES} names by now: no new ones are taken");
        }
        let has_changed = self.at.is_none() || self.is_failing || self.models != models;
        if has_changed {
            let (before, count) = (self.models.len(), models.len());
            tracing::info!(provider, models = count, before, "it lists its models");
        }
        (self.models, self.at, self.is_failing) = (models, Some(now), false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_with_ever_new_names_is_not_followed_for_ever() {
        let mut list = List::default();
        let now = Timestamp::from_micros(1);
        let names = |from: usize| {
            (from..from + 5_000).map(|number| Listed::named(number.to_string())).collect()
        };
        for round in 0..5 {
            list.take("a", names(round * 5_000), now);
        }
        assert_eq!((list.names.len(), list.models.len()), (NAMES, 0));
        list.take("a", names(0), now);
        assert_eq!(list.models.len(), 5_000, "what was known before is taken");
    }

    #[test]
    fn a_port_is_that_of_the_scheme_where_none_is_said() {
        for (url, port) in [
            ("http://127.0.0.1:8000/v1", Some(8000)),
            ("http://localhost", Some(80)),
            ("https://[::1]/v1", Some(443)),
        ] {
            assert_eq!(port_of(url), port, "{url}");
        }
    }
}
