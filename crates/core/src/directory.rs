//! The providers of the operator's file, and which of them serve a model.

mod listed;
mod provider;
mod roster;
mod seats;
mod served;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use crate::naming::{Likeness, ModelName, most_like};

pub use listed::Listed;
pub use provider::{
    Flavor, Habits, Location, Provider, Responses, Service, Timeouts, is_openais_own,
};
pub use roster::Roster;
pub use seats::Seats;
pub use served::{Abilities, Match, Model, Seat, Served, Serving};

/// Every provider, and who serves which model.
#[derive(Debug, Default)]
pub struct Directory {
    providers: Vec<(u32, Arc<Provider>)>,
    serving: HashMap<Service, HashMap<String, Group>>,
    models: Vec<(String, Arc<Provider>)>,
    known: HashMap<String, Model>,
    aliases: Vec<Known>,
    /// The models of a service, read.
    names: HashMap<Service, Vec<(String, ModelName)>>,
    pairs: usize,
    groups: usize,
}

/// All who serve a model for a service.
#[derive(Debug, Clone, Default)]
struct Group {
    number: u32,
    by: Arc<Vec<Serving>>,
}

/// A name, or many, that stand for models that are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The name; each `*` in it stands for any letters, or none.
    pub pattern: String,
    /// The models, or `provider/model`: each provider is asked for the first one of them that it has.
    pub to: Vec<String>,
}

/// An alias, and whom it leads to.
#[derive(Debug)]
struct Known {
    pattern: String,
    to: HashMap<Service, Group>,
}

/// No provider serves the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchModel {
    /// For what.
    pub service: Service,
    /// What was asked for, at most 256 bytes of it.
    pub asked: String,
    /// Some of what is served, for the caller to choose from.
    pub served: Vec<String>,
    /// Whether those are the nearest to it.
    pub nearest: bool,
}

/// How much of a name that nobody has is said again, in bytes.
const ASKED_BYTES: usize = 256;

/// How many served models a refusal names.
const NAMED_IN_REFUSAL: usize = 3;

/// The start of a name.
fn shortened(asked: &str) -> &str {
    asked.get(..asked.floor_char_boundary(ASKED_BYTES)).unwrap_or_default()
}

impl fmt::Display for NoSuchModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the model `{}` is not served here", self.asked)?;
        if self.service != Service::Chat {
            write!(f, " for {}", self.service.as_str())?;
        }
        let names = self.served.join(", ");
        match (self.served.is_empty(), self.nearest) {
            (true, _) => {
                write!(f, "; no provider with a model for {} is configured", self.service.as_str())
            }
            (false, true) => write!(f, "; the nearest are: {names}"),
            (false, false) => write!(f, "; served are, among others: {names}"),
        }
    }
}

impl Directory {
    /// A directory of these providers, in the order of the file, with these names that stand for models,
    /// the first one that fits counting.
    pub fn new(providers: Vec<Provider>, aliases: Vec<Alias>, seats: &mut Seats) -> Self {
        let mut directory = Self::default();
        for provider in providers.into_iter().map(Arc::new) {
            let mut seen = HashSet::new();
            for model in &provider.models {
                if seen.insert(model) {
                    directory.add(&provider, model, seats);
                }
            }
            directory.providers.push((seats.provider(&provider.name), provider));
        }
        for alias in aliases {
            directory.add_alias(alias, seats);
        }
        (directory.pairs, directory.groups) = (seats.pairs(), seats.groups());
        directory
    }

    fn add(&mut self, provider: &Arc<Provider>, model: &str, seats: &mut Seats) {
        let seat = seats.of(&provider.name, model);
        let place = u32::try_from(self.providers.len()).unwrap_or(u32::MAX);
        if !self.serving.values().any(|groups| groups.contains_key(model)) {
            self.models.push((model.to_owned(), Arc::clone(provider)));
        }
        let name: Arc<str> = model.into();
        for service in provider.services.iter().filter(|it| provider.is_for(model, **it)) {
            let groups = self.serving.entry(*service).or_default();
            if !groups.contains_key(model) {
                let names = self.names.entry(*service).or_default();
                names.push((model.to_owned(), ModelName::read(model)));
                let number = seats.group(*service, model);
                groups.insert(model.to_owned(), Group { number, by: Arc::default() });
            }
            let serving = Serving {
                provider: Arc::clone(provider),
                model: Arc::clone(&name),
                seat,
                place,
                context_length: None,
                lacks: Abilities::default(),
            };
            let group = groups.entry(model.to_owned()).or_default();
            Arc::make_mut(&mut group.by).push(serving);
        }
    }

    /// The same with what is known of models. What is said of a model of one provider comes before what
    /// is said of it at all of them.
    #[must_use]
    pub fn knowing(mut self, models: Vec<Model>) -> Self {
        let groups = self.serving.values_mut().flat_map(HashMap::values_mut);
        let aliases = self.aliases.iter_mut().flat_map(|alias| alias.to.values_mut());
        let all = groups.chain(aliases).flat_map(|group| Arc::make_mut(&mut group.by).iter_mut());
        // Providers may list models by the thousand.
        let mut by_name: HashMap<&str, Vec<&Model>> = HashMap::new();
        for model in &models {
            by_name.entry(model.name.as_str()).or_default().push(model);
        }
        for serving in all {
            let own = |model: &&&Model| model.provider.as_ref() == Some(&serving.provider.name);
            let of_all = |model: &&&Model| model.provider.is_none();
            let Some(named) = by_name.get(&*serving.model) else { continue };
            if let Some(known) = named.iter().find(own).or_else(|| named.iter().find(of_all)) {
                serving.context_length = known.context_length;
                serving.lacks = known.lacks;
            }
        }
        // Who asks what a model takes names no provider: what holds at all of them is said.
        let (own, of_all): (Vec<Model>, Vec<Model>) =
            models.into_iter().partition(|model| model.provider.is_some());
        for model in own.into_iter().chain(of_all) {
            self.known.insert(model.name.clone(), model);
        }
        self
    }

    fn add_alias(&mut self, Alias { pattern, to }: Alias, seats: &mut Seats) {
        let mut groups = HashMap::new();
        for service in Service::ALL {
            let found: Vec<Served> =
                to.iter().filter_map(|name| self.by_name(service, name)).collect();
            let group = match found.as_slice() {
                [] => continue,
                [one] => Group { number: one.group, by: Arc::clone(&one.by) },
                several => {
                    let number = seats.group(service, &format!("{pattern} -> {}", to.join(" ")));
                    Group { number, by: Arc::new(together(several)) }
                }
            };
            // One that has a model's own name says who else serves that.
            let own = self.serving.get_mut(&service).and_then(|groups| groups.get_mut(&pattern));
            if let Some(own) = own {
                own.by = Arc::clone(&group.by);
            }
            groups.insert(service, group);
        }
        // One that stands for one name is listed like any other; some clients show no other names.
        let first = Service::ALL.into_iter().find_map(|service| groups.get(&service));
        let first = first.and_then(|group| group.by.first());
        let is_name = !pattern.contains('*') && !self.serves(&pattern);
        if let Some(first) = first.filter(|_| is_name) {
            self.models.push((pattern.clone(), Arc::clone(&first.provider)));
        }
        self.aliases.push(Known { pattern, to: groups });
    }

    /// The most tokens of prompt and answer together that a model takes, where that is said.
    pub fn context_length(&self, model: &str) -> Option<u64> {
        self.known.get(model).and_then(|known| known.context_length)
    }

    /// How many pairs of a provider and a model there are.
    pub fn pairs(&self) -> usize {
        self.pairs
    }

    /// How many groups there are among whose providers a choice is made.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Every provider with its number, in the order of the file.
    pub fn providers(&self) -> &[(u32, Arc<Provider>)] {
        &self.providers
    }

    /// Every model, once, with the provider that is asked first.
    pub fn models(&self) -> impl Iterator<Item = (&str, &Provider)> {
        self.models.iter().map(|(model, provider)| (model.as_str(), provider.as_ref()))
    }

    /// Who serves the model `asked`: by that name, by an alias, or the most similar one if it is
    /// similar enough.
    ///
    /// # Errors
    /// [`NoSuchModel`] when nobody does.
    pub fn candidates(&self, service: Service, asked: &str) -> Result<Served, NoSuchModel> {
        match self.named(service, asked) {
            Some(served) => Ok(served),
            None => self.most_similar(service, asked),
        }
    }

    /// Who serves the model of that very name, or of one that an alias stands for.
    pub fn named(&self, service: Service, asked: &str) -> Option<Served> {
        self.by_name(service, asked).or_else(|| {
            let alias = self.aliases.iter().find(|alias| fits(&alias.pattern, asked))?;
            let Group { number, by } = alias.to.get(&service)?;
            let model = by.first()?.model.to_string();
            let (by, name) = (Arc::clone(by), alias.pattern.clone());
            Some(Served { model, by, group: *number, how: Match::Alias, name })
        })
    }

    /// The model of that name, or of that name behind its provider's.
    fn by_name(&self, service: Service, asked: &str) -> Option<Served> {
        let groups = self.serving.get(&service)?;
        if let Some(Group { number, by }) = groups.get(asked) {
            let (by, model, name) = (Arc::clone(by), asked.to_owned(), asked.to_owned());
            return Some(Served { model, by, group: *number, how: Match::Exact, name });
        }
        let (provider, model) = asked.split_once('/')?;
        let Group { by, .. } = groups.get(model)?;
        let own = by.iter().find(|own| own.provider.name == provider)?;
        let (by, model, name) = (Arc::new(vec![own.clone()]), model.to_owned(), asked.to_owned());
        // Where there is one there is no choice, and none that others would go by.
        Some(Served { model, by, group: u32::MAX, how: Match::OfProvider, name })
    }

    fn most_similar(&self, service: Service, asked: &str) -> Result<Served, NoSuchModel> {
        let names = self.names.get(&service).map(Vec::as_slice).unwrap_or_default();
        let read = names.iter().map(|(name, read)| (name.as_str(), read));
        let provider = asked.split_once('/').map(|(provider, _)| provider);
        let is_bound = self.providers.iter().any(|(_, own)| Some(own.name.as_str()) == provider);
        let near = match most_like(&ModelName::read(asked), read) {
            // Who names a provider wants no other.
            Likeness::Found { name, .. } if is_bound => vec![name],
            Likeness::Found { name, score } => match self.by_name(service, name) {
                Some(served) => return Ok(Served { how: Match::Similar(score), ..served }),
                None => Vec::new(),
            },
            Likeness::Nearest(near) => near,
        };
        let nearest = !near.is_empty();
        let any = names.iter().map(|(name, _)| name.as_str());
        let served = if nearest { near } else { any.take(NAMED_IN_REFUSAL).collect() };
        Err(NoSuchModel {
            service,
            asked: shortened(asked).to_owned(),
            served: served.into_iter().map(str::to_owned).collect(),
            nearest,
        })
    }

    /// Whether anybody serves the model, for whatever.
    pub fn serves(&self, asked: &str) -> bool {
        self.models.iter().any(|(model, _)| model == asked)
    }
}

/// All of these, each provider once, in the order of the file.
fn together(all: &[Served]) -> Vec<Serving> {
    let mut by: Vec<Serving> = Vec::new();
    for serving in all.iter().flat_map(|served| served.by.iter()) {
        if !by.iter().any(|other| other.place == serving.place) {
            by.push(serving.clone());
        }
    }
    by.sort_by_key(|serving| serving.place);
    by
}

/// Whether a name is one of those that a pattern stands for.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests;
