//! Where a deployment of LiteLLM's is called, and with which credential.

use weighbridge_core::directory::Flavor;

use super::super::address::Address;
use super::super::node::Field;
use super::super::plan::{Key, is_variable};
use super::super::report::{Report, shown};
use super::kind::Kind;

/// Hosts of Azure's that answer at `/openai/v1`, with all that stands under them.
const AZURE: [&str; 2] = ["openai.azure.com", "cognitiveservices.azure.com"];

/// Words that stand for a key where a server asks for none.
const PLACEHOLDERS: [&str; 8] =
    ["none", "empty", "dummy", "fake", "fake-key", "not-needed", "no-key", "anything"];

/// Why it cannot be called, and what to do instead.
type Refusal = (String, &'static str);

/// A base address.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) base_url: String,
    pub(super) local: bool,
    /// What the operator should know of it.
    pub(super) note: Option<String>,
}

impl Place {
    /// That of a deployment of this kind; `field` is what it says itself.
    pub(super) fn of(
        kind: &Kind,
        field: Option<Field<'_>>,
        item: &Field<'_>,
        report: &mut Report,
    ) -> Result<Self, Refusal> {
        let at =
            field.as_ref().map_or((item.path.clone(), item.line), |it| (it.path.clone(), it.line));
        let said = report.text(field);
        let Some(text) = said.or(kind.base) else {
            let instead = "give its address as `base_url` in a `[[providers]]` of your own";
            return Err((
                format!("it is of the kind `{}`, without `api_base`", kind.name),
                instead,
            ));
        };
        if let Some(name) = text.strip_prefix("os.environ/").filter(|name| is_variable(name)) {
            let what = "an address in an environment variable: whether it is local cannot be told, \
                        so `location` says remote";
            let instead = "write `location = \"local\"` where it is one of yours";
            report.lose(&at.0, at.1, what, instead);
            let end = if kind.is_azure() { "/openai/v1" } else { "" };
            return Ok(Self { base_url: format!("${{{name}}}{end}"), local: false, note: None });
        }
        let Some(address) = Address::read(text) else {
            let instead = "give it as `base_url`, and a credential as `api_key`";
            return Err(("its address is none that can be written here".to_owned(), instead));
        };
        match kind.flavor {
            _ if kind.is_azure() => Self::of_azure(&address),
            Flavor::OpenAi => Self::of_openai(address, said.is_some()),
            Flavor::Anthropic => Ok(Self::plain(address.without(&["/v1/messages", "/v1"]))),
            Flavor::Gemini => Ok(Self::plain(address.without(&["/v1beta", "/v1"]))),
            _ => {
                let ends = ["/api/chat", "/api/generate", "/api", "/v1"];
                Ok(Self::plain(address.without(&ends)))
            }
        }
    }

    fn plain(address: Address) -> Self {
        Self { base_url: address.whole(), local: address.is_local(), note: None }
    }

    fn of_azure(address: &Address) -> Result<Self, Refusal> {
        if !AZURE.iter().any(|host| address.is_under(host)) {
            let what = "it is called by paths of Azure's own, behind another host".to_owned();
            return Err((what, "give the resource's own address, which ends in `/openai/v1`"));
        }
        let note = "Azure is called at its /openai/v1, which has no api_version; models are the \
                    names of deployments.";
        let base_url = format!("{}/openai/v1", address.origin());
        Ok(Self { base_url, local: false, note: Some(note.to_owned()) })
    }

    /// This version calls OpenAI's dialect under `/v1` only.
    fn of_openai(address: Address, said: bool) -> Result<Self, Refusal> {
        let address = address.without(&["/chat/completions"]);
        if address.path.ends_with("/v1") {
            return Ok(Self::plain(address));
        }
        if !address.path.is_empty() || !said {
            let what = format!(
                "its address, {}, does not end in `/v1`, where this version calls the flavor openai",
                shown(&address.whole())
            );
            return Err((what, "reach its models by another provider, or put a proxy before it"));
        }
        let note = "LiteLLM called it without /v1; here it is called with it.";
        let base_url = format!("{}/v1", address.whole());
        Ok(Self { base_url, local: address.is_local(), note: Some(note.to_owned()) })
    }
}

/// Its credential, and what to say of it.
pub(super) fn key(
    kind: &Kind,
    field: Option<&Field<'_>>,
    place: &Place,
    report: &mut Report,
) -> (Key, Option<String>) {
    if let Some(field) = field
        && let Some(text) = report.text(Some(field.clone()))
    {
        let variable = text.strip_prefix("os.environ/").filter(|name| is_variable(name));
        if let Some(name) = variable {
            return (Key::Variable(name.to_owned()), None);
        }
        if place.local && PLACEHOLDERS.contains(&text.to_ascii_lowercase().as_str()) {
            let what = "a key that only fills its place, of a server of one's own";
            let instead = "write `api_key` where that server does look at it";
            report.lose(&field.path, field.line, what, instead);
            return (Key::Absent, None);
        }
        return (Key::Secret(text.to_owned()), None);
    }
    let usual = kind.is_azure() || kind.base == Some(place.base_url.as_str());
    match kind.variable {
        Some(name) if usual => {
            let note = format!("LiteLLM takes {name} where its file names no api_key.");
            (Key::Variable(name.to_owned()), Some(note))
        }
        Some(name) if !place.local => {
            let note = format!(
                "No api_key is named. LiteLLM would send what {name} holds to this address; write \
                 api_key = \"${{{name}}}\" if that is meant."
            );
            (Key::Absent, Some(note))
        }
        Some(_) | None => (Key::Absent, None),
    }
}
