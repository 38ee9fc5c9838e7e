//! A provider of the operator's file.

use std::net::IpAddr;
use std::time::Duration;

use super::roster::Roster;
use crate::redacted::Redacted;
use crate::routing::Concurrency;

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
    /// How many calls it is given at once.
    pub concurrency: Concurrency,
    /// The region it runs in, as the operator names it.
    pub region: Option<String>,
    /// What it is told in conversions.
    pub habits: Habits,
    /// Where its models come from, if its file does not name them all.
    pub roster: Roster,
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

    /// Whether it runs on this very machine, as far as its address says so: what is asked there leaves
    /// it by no network.
    pub fn is_here(&self) -> bool {
        is_loopback(host(&self.base_url))
    }

    /// Whether this is OpenAI itself, or Azure in its name: their models know fewer and other fields
    /// than what only speaks their dialect.
    pub fn is_openais_own(&self) -> bool {
        self.flavor == Flavor::OpenAi && is_openais_own(&self.base_url)
    }
}

/// Whether an address is one of OpenAI's, or of Azure in its name.
pub fn is_openais_own(base_url: &str) -> bool {
    let host = host(base_url);
    OPENAIS_HOSTS.iter().any(|own| {
        host.strip_suffix(own).is_some_and(|under| under.is_empty() || under.ends_with('.'))
    })
}

/// The host of an address, without its port.
fn host(base_url: &str) -> &str {
    let address = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
    let authority = address.split('/').next().unwrap_or_default();
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openais_own_hosts_are_known() {
        let at = is_openais_own;
        assert!(at("https://api.openai.com/v1") && at("https://eu.api.openai.com:443/v1"));
        assert!(at("https://us-east.openai.azure.com/v1"));
        assert!(!at("https://notopenai.com/v1") && !at("http://127.0.0.1:1/openai.com/v1"));
    }

    #[test]
    fn this_machine_is_known_by_its_address() {
        for (url, here) in [
            ("http://127.0.0.1:8000/v1", true),
            ("http://localhost:8000", true),
            ("http://[::1]:8000/v1", true),
            ("http://127.8.8.8", true),
            ("http://localhost.example:8000", false),
            ("http://192.168.1.4:8000", false),
            ("https://127.0.0.1.example/v1", false),
        ] {
            assert_eq!(is_loopback(host(url)), here, "{url}");
        }
    }
}
