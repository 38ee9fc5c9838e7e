//! A server of models on this very machine, known by how it answers.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use weighbridge_core::directory::{
    Flavor, Habits, Listed, Location, Provider, Responses, Roster, Service, Timeouts,
};
use weighbridge_core::routing::Concurrency;

use super::page;
use super::{BYTES, Found, Inquiry, NoList};
use crate::upstream::lane::Lane;

/// How long it may take to be known. What runs here answers at once, or is busy.
const TIME: Duration = Duration::from_secs(3);

/// How long a connection to this machine may take.
const CONNECT: Duration = Duration::from_millis(500);

/// See the module's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neighbour {
    /// Ollama.
    Ollama,
    /// The server of llama.cpp.
    LlamaCpp,
    /// vLLM.
    Vllm,
    /// LM Studio.
    LmStudio,
}

/// What is seen at a port.
#[derive(Debug)]
pub enum Sight {
    /// One of those, with its models.
    Known(Neighbour, Vec<Listed>),
    /// Nobody, or somebody else.
    Nobody,
    /// Somebody who gives no answer now, and may be busy.
    Silent,
}

impl Neighbour {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ollama, Self::LlamaCpp, Self::Vllm, Self::LmStudio];

    /// The name that its provider gets.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ollama => "ollama",
            Self::LlamaCpp => "llama-cpp",
            Self::Vllm => "vllm",
            Self::LmStudio => "lm-studio",
        }
    }

    /// The provider that it is, without models yet. Not all versions of these servers have responses, so
    /// those become chat completions.
    pub fn provider(self, name: String, port: u16) -> Provider {
        let (flavor, version) = match self {
            Self::Ollama => (Flavor::Ollama, ""),
            Self::LlamaCpp | Self::Vllm | Self::LmStudio => (Flavor::OpenAi, "/v1"),
        };
        Provider {
            name,
            flavor,
            base_url: format!("http://127.0.0.1:{port}{version}"),
            location: Location::Local,
            services: vec![Service::Chat, Service::Embed],
            models: Vec::new(),
            api_key: None,
            timeouts: Timeouts::default(),
            concurrency: Concurrency::default(),
            region: None,
            habits: Habits { responses: Responses::Absent, ..Habits::usual(false) },
            roster: Roster::discovered(),
        }
    }

    /// Who answers at a port of 127.0.0.1.
    pub async fn look(port: u16) -> Sight {
        let mut probe = Self::Ollama.provider("discovery".to_owned(), port);
        probe.timeouts.connect = CONNECT;
        // An address made of a number can always be asked.
        let Ok(lane) = Lane::new(&probe, &[], 1) else { return Sight::Nobody };
        let lane = Arc::new(lane);
        let mut inquiry = Inquiry { lane: &lane, left: BYTES, until: Instant::now() + TIME };
        match find(&mut inquiry).await {
            Ok(Some((who, models))) => Sight::Known(who, models),
            Ok(None) => Sight::Nobody,
            Err(NoList::Late(_)) => Sight::Silent,
            Err(NoList::Refused { status, .. }) if status.is_server_error() => Sight::Silent,
            Err(_) => Sight::Nobody,
        }
    }
}

/// Ollama has a version of its own; the others are told apart by whose they say their models are, or by
/// what only they have.
async fn find(inquiry: &mut Inquiry<'_>) -> Result<Option<(Neighbour, Vec<Listed>)>, NoList> {
    match inquiry.answer("/api/version", "/api/version", None).await {
        Ok(answer) if answer.get("version").is_some_and(Value::is_string) => {
            return Ok(Some((Neighbour::Ollama, inquiry.ollama().await?)));
        }
        Ok(_) | Err(NoList::Refused { .. } | NoList::Unreadable { .. }) => {}
        Err(error) => return Err(error),
    }
    let path = "/v1/models";
    let answer = inquiry.answer(path, path, None).await?;
    let Some(list) = page::openai(&answer) else { return Ok(None) };
    let Some(who) = who(inquiry, &answer).await? else { return Ok(None) };
    // Only its own list says what its models are for, and how long their context is.
    let own = match who {
        Neighbour::LmStudio => asked(inquiry, "/api/v0/models").await?,
        _ => None,
    };
    let mut found = Found::default();
    found.take(own.and_then(|own| page::openai(&own)).unwrap_or(list).models)?;
    Ok(Some((who, found.models)))
}

async fn who(inquiry: &mut Inquiry<'_>, list: &Value) -> Result<Option<Neighbour>, NoList> {
    let owner = list.pointer("/data/0/owned_by").and_then(Value::as_str);
    match owner {
        Some("vllm") => return Ok(Some(Neighbour::Vllm)),
        Some("llamacpp") => return Ok(Some(Neighbour::LlamaCpp)),
        Some("organization_owner") => return Ok(Some(Neighbour::LmStudio)),
        // Somebody who names another owner is somebody else.
        Some(_) => return Ok(None),
        None => {}
    }
    if let Some(props) = asked(inquiry, "/props").await?
        && props.get("default_generation_settings").is_some()
    {
        return Ok(Some(Neighbour::LlamaCpp));
    }
    let own = asked(inquiry, "/api/v0/models").await?;
    let is_list = own.is_some_and(|own| own.get("data").is_some_and(Value::is_array));
    Ok(is_list.then_some(Neighbour::LmStudio))
}

/// What it answers at a path that not all have.
async fn asked(inquiry: &mut Inquiry<'_>, path: &'static str) -> Result<Option<Value>, NoList> {
    match inquiry.answer(path, path, None).await {
        Ok(answer) => Ok(Some(answer)),
        Err(NoList::Refused { .. } | NoList::Unreadable { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
