//! The providers of the operator's file, and which of them serve a model.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::naming::{Likeness, ModelName, most_like};
use crate::redacted::Redacted;

/// A dialect of an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// OpenAI's, which many servers speak.
    OpenAi,
    /// Anthropic's.
    Anthropic,
    /// Google's Gemini.
    Gemini,
    /// Ollama's own.
    Ollama,
    /// AOG's, the canonical form's own spelling.
    Aog,
    /// One that a file of the operator's describes, by its name.
    Custom(&'static str),
}

impl Flavor {
    /// The flavor's name in configurations and on receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
            Self::Aog => "aog",
            Self::Custom(name) => name,
        }
    }
}

/// What kind of ability a call asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// A conversation with a language model.
    Chat,
    /// Texts become vectors.
    Embed,
    /// A description becomes pictures.
    TextToImage,
    /// A text is spoken.
    TextToSpeech,
    /// A sound becomes text.
    SpeechToText,
    /// Documents are put into the order in which they answer a question.
    Rerank,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Chat,
        Self::Embed,
        Self::TextToImage,
        Self::TextToSpeech,
        Self::SpeechToText,
        Self::Rerank,
    ];

    /// The service's name in configurations and on receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embed => "embed",
            Self::TextToImage => "text-to-image",
            Self::TextToSpeech => "text-to-speech",
            Self::SpeechToText => "speech-to-text",
            Self::Rerank => "rerank",
        }
    }
}

/// Where a provider runs, seen from the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// On the operator's own machines.
    Local,
    /// Anywhere else.
    Remote,
}

impl Location {
    /// The word in configurations.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Remote => "remote",
        }
    }
}

/// How long each part of an exchange with a provider may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect: Duration,
    /// Streams: until the head of the reply.
    pub first_byte: Duration,
    /// Streams: between two pieces of the reply.
    pub idle: Duration,
    /// Everything that is no stream: until the end of the reply.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            first_byte: Duration::from_secs(60),
            idle: Duration::from_secs(600),
            total: Duration::from_secs(600),
        }
    }
}

/// One provider of the operator's file.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its name, unique in the file.
    pub name: String,
    /// What it speaks.
    pub flavor: Flavor,
    /// What that flavor's official SDK takes as base address; OpenAI's ends in `/v1`, the others'
    /// do not.
    pub base_url: String,
    /// Where it runs.
    pub location: Location,
    /// What it serves.
    pub services: Vec<Service>,
    /// The models it serves, by the names it gives them.
    pub models: Vec<String>,
    /// Its credential.
    pub api_key: Option<Redacted>,
    /// How long it may take.
    pub timeouts: Timeouts,
    /// The region it runs in, as the operator names it.
    pub region: Option<String>,
    /// What it is told in conversions.
    pub habits: Habits,
}

/// What servers of one flavor do differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habits {
    /// Flavor OpenAI: whether it has responses beside chat completions.
    pub responses: Responses,
    /// Flavor OpenAI, chat completions: it takes back what its model thought, as
    /// `reasoning_content`. Some servers need that within a loop of tools, others refuse it.
    pub thoughts: bool,
    /// Flavor OpenAI: it has the older completions. Without them they become chat completions.
    pub completions: bool,
    /// Flavor OpenAI, chat completions: it takes what the system says in the midst of a conversation.
    /// The templates of many open models do not; there it is said beforehand.
    pub late_system: bool,
}

/// Whether a server of OpenAI's flavor has responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Responses {
    /// None: a call for a response becomes one for a chat completion.
    Absent,
    /// Beside chat completions: each call is made as it came.
    Beside,
    /// Nothing else, as for some of OpenAI's own models: every call becomes one for a response.
    Only,
}

impl Habits {
    /// What a server does that nothing is said of: OpenAI's own refuse to see thoughts again, and its
    /// models of today have no older completions.
    pub const fn usual(openais_own: bool) -> Self {
        Self {
            responses: Responses::Beside,
            thoughts: !openais_own,
            completions: !openais_own,
            late_system: openais_own,
        }
    }
}

/// Hosts at which OpenAI's own models are served, with all that stands under them.
const OPENAIS_HOSTS: [&str; 2] = ["openai.com", "openai.azure.com"];

impl Provider {
    /// Whether this flavor has a form for the service.
    pub fn can_serve(flavor: Flavor, service: Service) -> bool {
        match flavor {
            Flavor::OpenAi | Flavor::Aog => true,
            Flavor::Gemini | Flavor::Ollama => matches!(service, Service::Chat | Service::Embed),
            Flavor::Anthropic | Flavor::Custom(_) => service == Service::Chat,
        }
    }

    /// Whether this is OpenAI itself, or Azure in its name: their models know fewer and other fields
    /// than what only speaks their dialect.
    pub fn is_openais_own(&self) -> bool {
        self.flavor == Flavor::OpenAi && is_openais_own(&self.base_url)
    }
}

/// Whether an address is one of OpenAI's, or of Azure in its name.
pub fn is_openais_own(base_url: &str) -> bool {
    let address = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
    let host = address.split(['/', ':']).next().unwrap_or_default();
    OPENAIS_HOSTS.iter().any(|own| {
        host.strip_suffix(own).is_some_and(|under| under.is_empty() || under.ends_with('.'))
    })
}

/// What is known of a model, whoever serves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// The most tokens of prompt and answer together, where that is said.
    pub context_length: Option<u64>,
}

/// Every provider, and who serves which model.
#[derive(Debug, Default)]
pub struct Directory {
    providers: Vec<Arc<Provider>>,
    serving: HashMap<Service, HashMap<String, Vec<Arc<Provider>>>>,
    models: Vec<(String, Arc<Provider>)>,
    known: HashMap<String, Model>,
    aliases: Vec<Alias>,
    /// The models of a service, read.
    names: HashMap<Service, Vec<(String, ModelName)>>,
}

/// A name, or many, that stand for a model that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The name; each `*` in it stands for any letters, or none.
    pub pattern: String,
    /// The model, or `provider/model`.
    pub to: String,
}

/// Who serves what was asked for.
#[derive(Debug, Clone)]
pub struct Served {
    /// The model by the name that its providers know.
    pub model: String,
    /// In the order in which they are tried.
    pub providers: Vec<Arc<Provider>>,
    /// How it was found.
    pub how: Match,
}

/// How a model was found by the name that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It has that name.
    Exact,
    /// It has that name, and a provider before it.
    OfProvider,
    /// An alias stands for it.
    Alias,
    /// It is the most similar one, so much of a thousand.
    Similar(u32),
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
    /// A directory of these providers, in the order of the file.
    pub fn new(providers: Vec<Provider>) -> Self {
        let mut directory = Self::default();
        for provider in providers.into_iter().map(Arc::new) {
            for model in &provider.models {
                if !directory.models.iter().any(|(known, _)| known == model) {
                    directory.models.push((model.clone(), Arc::clone(&provider)));
                }
                for service in &provider.services {
                    let models = directory.serving.entry(*service).or_default();
                    if !models.contains_key(model) {
                        let names = directory.names.entry(*service).or_default();
                        names.push((model.clone(), ModelName::read(model)));
                    }
                    models.entry(model.clone()).or_default().push(Arc::clone(&provider));
                }
            }
            directory.providers.push(provider);
        }
        directory
    }

    /// The same with what is known of models.
    #[must_use]
    pub fn knowing(mut self, models: Vec<Model>) -> Self {
        self.known.extend(models.into_iter().map(|model| (model.name.clone(), model)));
        self
    }

    /// The same with names that stand for models, the first one that fits counting.
    #[must_use]
    pub fn with_aliases(mut self, aliases: Vec<Alias>) -> Self {
        self.aliases = aliases;
        // Those that stand for one name are listed like any other; some clients show no other names.
        for alias in self.aliases.iter().filter(|alias| !alias.pattern.contains('*')) {
            let served = Service::ALL.into_iter().find_map(|it| self.by_name(it, &alias.to));
            let provider = served.and_then(|served| served.providers.first().cloned());
            if let Some(provider) = provider.filter(|_| !self.serves(&alias.pattern)) {
                self.models.push((alias.pattern.clone(), provider));
            }
        }
        self
    }

    /// The most tokens of prompt and answer together that a model takes, where that is said.
    pub fn context_length(&self, model: &str) -> Option<u64> {
        self.known.get(model).and_then(|known| known.context_length)
    }

    /// Every provider, in the order of the file.
    pub fn providers(&self) -> &[Arc<Provider>] {
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
            let served = self.by_name(service, &alias.to)?;
            Some(Served { how: Match::Alias, ..served })
        })
    }

    /// The model of that name, or of that name behind its provider's.
    fn by_name(&self, service: Service, asked: &str) -> Option<Served> {
        let models = self.serving.get(&service)?;
        if let Some(providers) = models.get(asked) {
            let (model, providers) = (asked.to_owned(), providers.clone());
            return Some(Served { model, providers, how: Match::Exact });
        }
        let (provider, model) = asked.split_once('/')?;
        let own = models.get(model)?.iter().find(|own| own.name == provider)?;
        Some(Served {
            model: model.to_owned(),
            providers: vec![Arc::clone(own)],
            how: Match::OfProvider,
        })
    }

    fn most_similar(&self, service: Service, asked: &str) -> Result<Served, NoSuchModel> {
        let names = self.names.get(&service).map(Vec::as_slice).unwrap_or_default();
        let read = names.iter().map(|(name, read)| (name.as_str(), read));
        let near = match most_like(&ModelName::read(asked), read) {
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

/// Whether a name is one of those that a pattern stands for.
fn fits(pattern: &str, name: &str) -> bool {
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
mod tests {
    use super::*;

    #[test]
    fn a_model_is_found_by_its_name_its_provider_an_alias_or_its_likeness() {
        let all = vec![provider("a", &["qwen3:8b", "gpt-4o"]), provider("b", &["qwen3:8b"])];
        let alias = |pattern: &str, to: &str| Alias { pattern: pattern.into(), to: to.into() };
        let aliases = vec![alias("claude-*", "b/qwen3:8b"), alias("*-best-*", "gpt-4o")];
        let directory = Directory::new(all).with_aliases(aliases);
        let found = |asked| {
            let served = directory.candidates(Service::Chat, asked).unwrap();
            let names: Vec<String> = served.providers.iter().map(|it| it.name.clone()).collect();
            (served.model, names.join(" "), served.how)
        };
        let of = |model: &str, names: &str, how| (model.to_owned(), names.to_owned(), how);
        assert_eq!(found("qwen3:8b"), of("qwen3:8b", "a b", Match::Exact));
        assert_eq!(found("b/qwen3:8b"), of("qwen3:8b", "b", Match::OfProvider));
        assert_eq!(found("claude-sonnet-4-5"), of("qwen3:8b", "b", Match::Alias));
        assert_eq!(found("the-best-one"), of("gpt-4o", "a", Match::Alias));
        assert!(matches!(found("Qwen/Qwen3-8B"), (_, _, Match::Similar(_))));
        let refused = |asked| directory.candidates(Service::Chat, asked).unwrap_err().to_string();
        assert_eq!(
            refused("qwen3:70b"),
            "the model `qwen3:70b` is not served here; the nearest are: qwen3:8b"
        );
        assert!(refused("c/gpt-9").ends_with("the nearest are: gpt-4o"), "{}", refused("c/gpt-9"));
        let plain = vec![alias("claude-qwen", "qwen3:8b"), alias("claude-*", "gpt-4o")];
        let listed = Directory::new(vec![provider("a", &["qwen3:8b", "gpt-4o"])]);
        let listed = listed.with_aliases(plain);
        let names: Vec<&str> = listed.models().map(|(name, _)| name).collect();
        assert_eq!(names, ["qwen3:8b", "gpt-4o", "claude-qwen"]);
        assert!(refused("x").contains("served are, among others: qwen3:8b, gpt-4o"));
    }

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, name, does) in [
            ("a*", "a", true),
            ("a*", "abc", true),
            ("a*", "ba", false),
            ("*c", "abc", true),
            ("a*c", "ac", true),
            ("ab*ba", "aba", false),
            ("a*b*c", "a-b-b-c", true),
            ("a", "ab", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, name), does, "{pattern} {name}");
        }
    }

    fn provider(name: &str, models: &[&str]) -> Provider {
        Provider {
            name: name.to_owned(),
            flavor: Flavor::OpenAi,
            base_url: "http://127.0.0.1:1/v1".to_owned(),
            location: Location::Local,
            services: vec![Service::Chat],
            models: models.iter().map(|model| (*model).to_owned()).collect(),
            api_key: None,
            timeouts: Timeouts::default(),
            region: None,
            habits: Habits::usual(false),
        }
    }

    #[test]
    fn candidates_come_in_the_order_of_the_file() {
        let directory = Directory::new(vec![provider("a", &["m", "n"]), provider("b", &["m"])]);
        let names = |model| {
            let found = directory.candidates(Service::Chat, model).unwrap();
            found.providers.iter().map(|found| found.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names("m"), ["a", "b"]);
        assert_eq!(names("n"), ["a"]);
        assert_eq!(directory.models().map(|(model, _)| model).collect::<Vec<_>>(), ["m", "n"]);
    }

    #[test]
    fn openais_own_hosts_are_known() {
        let at = |url: &str| {
            Provider { base_url: url.to_owned(), ..provider("a", &[]) }.is_openais_own()
        };
        assert!(at("https://api.openai.com/v1") && at("https://eu.api.openai.com:443/v1"));
        assert!(at("https://us-east.openai.azure.com/v1"));
        assert!(!at("https://notopenai.com/v1") && !at("http://127.0.0.1:1/openai.com/v1"));
    }

    #[test]
    fn no_refusal_is_longer_for_a_longer_name() {
        let directory = Directory::new(vec![provider("a", &["m"])]);
        for (letter, kept) in [("x", 256), ("秤", 85)] {
            let refusal = directory.candidates(Service::Chat, &letter.repeat(3_000_000));
            assert_eq!(refusal.unwrap_err().asked, letter.repeat(kept));
        }
    }

    #[test]
    fn an_unknown_model_is_refused_with_names_that_are_served() {
        let directory = Directory::new(vec![provider("a", &["m", "n"])]);
        let refusal = directory.candidates(Service::Chat, "x").unwrap_err().to_string();
        assert_eq!(refusal, "the model `x` is not served here; served are, among others: m, n");
    }
}
