//! The head of a call has been read, no byte of its body.

use std::sync::Arc;

use http::request::Parts;
use hyper::body::Incoming;
use weighbridge_core::clock::Moment;
use weighbridge_core::credential::Fingerprint;
use weighbridge_core::directory;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_flavor::dialect::{Dialect, Path};
use weighbridge_flavor::services::{Form, Service};

use crate::front::credential;
use crate::gateway::Gateway;
use crate::pipeline::Authenticated;
use crate::setting::Setting;

/// What the address of a call says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// What the caller speaks; beside conversations, the dialect that its refusals are in.
    pub dialect: Dialect,
    /// What is asked for beside conversation, and in which form.
    pub service: Option<(Service, Form)>,
    /// Responses: whether a conversation is to be made shorter, and not gone on with.
    pub compact: bool,
    /// The model, where the path names it; empty else, until the body is read.
    pub model: String,
    /// Whether the path asks for a stream.
    pub stream: bool,
    /// Gemini: whether that is to be one JSON list, and not of events.
    pub listed: bool,
}

impl Address {
    /// An address that says no more than the dialect.
    pub const fn of(dialect: Dialect) -> Self {
        let model = String::new();
        Self { dialect, service: None, compact: false, model, stream: false, listed: false }
    }

    /// What is asked, and in which dialect.
    pub(crate) fn form(&self) -> String {
        let dialect = self.dialect.as_str();
        match self.service {
            Some((service, form)) => format!("{dialect} {service:?} {form:?}"),
            None if self.compact => format!("{dialect} compact"),
            None => dialect.to_owned(),
        }
    }

    /// The address of a service beside conversation.
    pub fn of_service(service: Service, form: Form) -> Self {
        let dialect = match form {
            Form::OpenAi | Form::Jina => Dialect::Chat,
            Form::Gemini | Form::GeminiBatch => Dialect::Gemini,
            Form::Ollama | Form::OllamaOlder => Dialect::OllamaChat,
            Form::Aog => Dialect::AogChat,
        };
        Self { service: Some((service, form)), ..Self::of(dialect) }
    }

    /// What is asked for, by the name in configurations and on receipts.
    pub fn service_name(&self) -> &'static str {
        self.asked_for().as_str()
    }

    /// The address at which the same flavor is asked for another service; nothing where it has none.
    pub fn asking_for(self, service: directory::Service) -> Option<Self> {
        let own = match self.dialect {
            Dialect::Chat => Form::OpenAi,
            Dialect::Gemini => Form::Gemini,
            Dialect::OllamaChat => Form::Ollama,
            Dialect::AogChat => Form::Aog,
            _ => return (service == directory::Service::Chat).then_some(self),
        };
        let (service, form) = match service {
            directory::Service::Chat => return Some(self),
            directory::Service::Embed => (Service::Embed, own),
            directory::Service::TextToImage => (Service::Image, own),
            directory::Service::TextToSpeech => (Service::Speech, own),
            directory::Service::SpeechToText => (Service::Transcription, own),
            directory::Service::Rerank if own == Form::OpenAi => (Service::Rerank, Form::Jina),
            directory::Service::Rerank => (Service::Rerank, own),
        };
        service.has(form).then(|| Self { model: self.model, ..Self::of_service(service, form) })
    }

    /// The flavor that receipts name.
    pub(crate) fn flavor(&self) -> &'static str {
        self.service.map_or(self.dialect.flavor(), |(_, form)| form.flavor())
    }

    /// What is asked for, as providers say that they serve it.
    pub(crate) fn asked_for(&self) -> directory::Service {
        match self.service {
            None => directory::Service::Chat,
            Some((Service::Embed, _)) => directory::Service::Embed,
            Some((Service::Image, _)) => directory::Service::TextToImage,
            Some((Service::Speech, _)) => directory::Service::TextToSpeech,
            Some((Service::Transcription, _)) => directory::Service::SpeechToText,
            Some((Service::Rerank, _)) => directory::Service::Rerank,
        }
    }

    pub(crate) fn path(&self) -> Path<'_> {
        Path { model: &self.model, stream: self.stream }
    }
}

/// The first stage: a time, a head, and a body that nobody has touched.
pub struct Received {
    pub(crate) gateway: Arc<Gateway>,
    /// What the operator's file said when it came.
    pub(crate) setting: Arc<Setting>,
    pub(crate) address: Address,
    pub(crate) head: Parts,
    pub(crate) body: Incoming,
    pub(crate) at: Moment,
}

impl Received {
    /// A call whose head came in at `at`.
    pub fn new(
        gateway: Arc<Gateway>,
        address: Address,
        head: Parts,
        body: Incoming,
        at: Moment,
    ) -> Self {
        let setting = gateway.setting();
        Self { gateway, setting, address, head, body, at }
    }

    /// Finds out who calls.
    ///
    /// # Errors
    /// 401 without a valid credential; 503 when credentials cannot be looked up.
    pub async fn authenticate(self) -> Result<Authenticated, Failure> {
        let principal = principal(&self.gateway, &self.head.headers).await?;
        let account = self.gateway.account_under(&principal.account, &self.setting).await?;
        let level = self.setting.levels.find(&principal.account.level).map(Arc::clone);
        let level = level.ok_or_else(|| no_such_level(&principal.account.level))?;
        Ok(Authenticated { received: self, principal, account, level })
    }
}

/// The file came to say no more of a level in the moment in which the account was given it. Another one
/// might let its calls go where they must not.
fn no_such_level(name: &str) -> Failure {
    tracing::error!(level = name, "an account has a level that the configuration does not have");
    let words = format!(
        "the account's level `{name}` is not in the gateway's configuration; whoever runs it has to write \
         it there, or give the account another"
    );
    Failure::gateway(Code::Internal, Retry::Never, words)
}

/// Who sent these headers.
///
/// # Errors
/// 401 without a valid credential; 503 when credentials cannot be looked up.
pub async fn principal(
    gateway: &Gateway,
    headers: &http::HeaderMap,
) -> Result<Arc<weighbridge_core::credential::Principal>, Failure> {
    let sent = credential::find(headers)?;
    let unknown = || {
        Failure::client(
            Code::InvalidApiKey,
            "this API key is not known here, or was revoked; ask whoever runs this gateway for a \
             new one",
        )
    };
    let fingerprint = Fingerprint::of(sent).ok_or_else(unknown)?;
    let found = gateway.store().principal(fingerprint).await.map_err(|error| {
        tracing::error!(%error, "a credential could not be looked up");
        let words = "credentials cannot be looked up now; try again";
        Failure::gateway(Code::Internal, Retry::After(1), words)
    })?;
    found.ok_or_else(unknown)
}
