//! Which behaviour a provider has for which model.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::behaviour::{Behaviour, StreamEnd};
use crate::chat::Chat;

/// Which behaviour a provider has for which model.
#[derive(Debug, Clone)]
pub struct Script {
    table: BTreeMap<String, Behaviour>,
    otherwise: Behaviour,
}

impl Default for Script {
    fn default() -> Self {
        Self::new()
    }
}

impl Script {
    /// A script with the model `ok`, which replies and streams properly. Others are 404.
    pub fn new() -> Self {
        let json = json!({"error": {"message": "The model does not exist",
            "type": "invalid_request_error", "param": null, "code": "model_not_found"}});
        let otherwise = Behaviour::Error { status: 404, json };
        Self { table: BTreeMap::new(), otherwise }.on("ok", Behaviour::ok())
    }

    /// A script with a model for every fault there is: `cut`, `hang`, `never`, `early`,
    /// `garbage`, `line`, `endless`, `long`, `error`, `unauthorized`, `retry`, beside `ok`.
    pub fn with_faults() -> Self {
        let hang = Behaviour::Chat {
            chat: Chat { finish_reason: false, done: false, ..Chat::default() },
            pace: Duration::ZERO,
            end: StreamEnd::Hang,
        };
        let error = json!({"error": {"message": "The server had an error",
            "type": "server_error", "param": null, "code": null}});
        Self::new()
            .on("cut", Behaviour::cut())
            .on("hang", hang)
            .on("never", Behaviour::NeverAnswer)
            .on("early", Behaviour::CloseEarly)
            .on("garbage", Behaviour::Garbage)
            .on("line", Behaviour::EndlessLine)
            .on("endless", Behaviour::EndlessStream)
            .on("long", Behaviour::LongReply { bytes: 3 << 20 })
            .on("error", Behaviour::Error { status: 500, json: error })
            .on("unauthorized", Behaviour::Unauthorized)
            .on("retry", Behaviour::RetryAfter { seconds: 7 })
    }

    /// With this behaviour for this model.
    #[must_use]
    pub fn on(mut self, model: &str, behaviour: Behaviour) -> Self {
        self.table.insert(model.to_owned(), behaviour);
        self
    }

    /// With this behaviour for every model that is not named.
    #[must_use]
    pub fn otherwise(mut self, behaviour: Behaviour) -> Self {
        self.otherwise = behaviour;
        self
    }

    /// The models that are named.
    pub fn models(&self) -> Vec<String> {
        self.table.keys().cloned().collect()
    }

    pub(crate) fn behaviour(&self, model: &str) -> &Behaviour {
        self.table.get(model).unwrap_or(&self.otherwise)
    }
}
