//! The configuration that an imported file becomes.

use std::collections::BTreeSet;

use weighbridge_core::directory::{Flavor, Service};
use weighbridge_core::money::Amount;
use weighbridge_core::price::Meter;

/// What is to be written.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) providers: Vec<Provider>,
    pub(super) aliases: Vec<Alias>,
    pub(super) models: Vec<Model>,
    pub(super) prices: Vec<Price>,
    /// Services with their hybrid policies.
    pub(super) hybrid: Vec<(Service, String)>,
}

/// A `[[providers]]`.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) name: String,
    pub(super) flavor: Flavor,
    pub(super) base_url: String,
    pub(super) local: bool,
    pub(super) services: Vec<Service>,
    /// None where the file does not name them: then it is written as a comment, to be completed.
    pub(super) models: Vec<String>,
    pub(super) key: Key,
    /// Where a credential stands in the file itself.
    pub(super) secret_at: Vec<(String, usize)>,
    pub(super) timeout: Timeout,
    pub(super) concurrency: Option<u64>,
    pub(super) region: Option<String>,
    /// Flavor openai: whether it has responses of its own.
    pub(super) responses: bool,
    /// Whether it is there for the older completions.
    pub(super) completions: bool,
    /// What the operator should know of it.
    pub(super) notes: Vec<String>,
}

impl Provider {
    /// One that serves nothing yet.
    pub(super) fn new(flavor: Flavor, base_url: String, local: bool, key: Key) -> Self {
        Self {
            name: String::new(),
            flavor,
            base_url,
            local,
            services: Vec::new(),
            models: Vec::new(),
            key,
            secret_at: Vec::new(),
            timeout: Timeout::default(),
            concurrency: None,
            region: None,
            responses: true,
            completions: false,
            notes: Vec::new(),
        }
    }

    /// It is there for `service`, whatever the models.
    pub(super) fn offer(&mut self, service: Service) {
        if !self.services.contains(&service) {
            self.services.push(service);
            self.services.sort_by_key(|own| Service::ALL.iter().position(|it| it == own));
        }
    }

    /// It serves `model`, for `service`.
    pub(super) fn serve(&mut self, service: Service, model: &str) {
        self.offer(service);
        if !self.models.iter().any(|known| known == model) {
            self.models.push(model.to_owned());
        }
    }

    pub(super) fn serves(&self, model: &str) -> bool {
        self.models.iter().any(|own| own == model)
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// A provider's credential.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// None.
    Absent,
    /// In an environment variable.
    Variable(String),
    /// In the file itself. It is compared with others and goes nowhere.
    Secret(String),
    /// Needed, and not in the file.
    Elsewhere,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => f.write_str("Absent"),
            Self::Variable(name) => write!(f, "Variable({name})"),
            Self::Secret(_) => f.write_str("Secret(...)"),
            Self::Elsewhere => f.write_str("Elsewhere"),
        }
    }
}

/// How long a provider may take, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Timeout {
    pub(super) first_byte: Option<u64>,
    pub(super) idle: Option<u64>,
    pub(super) total: Option<u64>,
}

/// An `[[aliases]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alias {
    pub(super) pattern: String,
    /// One, or several of which each provider is asked for its own.
    pub(super) to: Vec<String>,
}

/// A `[[models]]`.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) name: String,
    pub(super) context_length: u64,
}

/// A `[[prices]]`, in US dollars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Price {
    pub(super) model: String,
    pub(super) provider: Option<String>,
    pub(super) rates: Rates,
    pub(super) tiers: Vec<(u64, Rates)>,
    pub(super) output_limit: Option<u64>,
}

/// What each meter costs.
pub(super) type Rates = Vec<(Meter, Amount)>;

/// Gives every provider a name of its own, after `words`, in the same order.
pub(super) fn name_all(providers: &mut [Provider], words: &[&str]) {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for (provider, word) in providers.iter_mut().zip(words) {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        let word: String = word.chars().map(|it| if plain(it) { it } else { '-' }).collect();
        let mut name = word.clone();
        let mut number = 2;
        while !taken.insert(name.clone()) {
            name = format!("{word}-{number}");
            number += 1;
        }
        provider.name = name;
    }
}

/// Whether a text is the name of an environment variable.
pub(super) fn is_variable(text: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && text.chars().all(plain)
}

/// Whether our configuration can hold a text as it is: `${` would be taken for a variable.
pub(super) fn can_be_said(text: &str) -> bool {
    !text.contains("${") && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_get_names_of_their_own() {
        let provider = || Provider::new(Flavor::OpenAi, String::new(), true, Key::Absent);
        let mut providers = [provider(), provider(), provider()];
        name_all(&mut providers, &["openai", "a/b", "openai"]);
        let names: Vec<&str> = providers.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["openai", "a-b", "openai-2"]);
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert!(!format!("{:?}", Key::Secret("sk-1".to_owned())).contains("sk-1"));
    }
}
