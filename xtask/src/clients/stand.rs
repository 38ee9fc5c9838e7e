//! What the agents are let at: scripted providers, and the real gateway in front of them.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use weighbridge_testkit::gateway::{Gateway, GatewayOptions};
use weighbridge_testkit::http::{self, Request};
use weighbridge_testkit::scratch::ScratchDir;

use super::companion::Companion;

/// What the agents' shells are told. The output stands nowhere in it, so who quotes that has run it.
const COMMAND: &str = "echo weighed-$((6 * 7))-by-hand";
/// What comes of it.
pub(crate) const OUTPUT: &str = "weighed-42-by-hand";

/// What the scripted providers take as a key.
const SECRET: &str = "provider-secret";

/// See the module's words.
#[derive(Debug)]
pub(crate) struct Stand {
    gateway: Gateway,
    admin_key: String,
    _providers: Companion,
    _scratch: ScratchDir,
}

impl Stand {
    /// Starts the providers, and `program` in front of them.
    pub(crate) async fn build(program: &Path) -> Result<Self> {
        let providers = Companion::start("agent.py", &[Path::new(COMMAND)])?;
        let scratch = ScratchDir::new()?;
        let config = configuration(&providers.said)?;
        let options = GatewayOptions::default();
        let gateway = Gateway::start(program, &config, &scratch, options).await?;
        let admin_key = gateway.admin_key().context("no admin.key after the first start")?;
        Ok(Self { gateway, admin_key, _providers: providers, _scratch: scratch })
    }

    /// Where the gateway is.
    pub(crate) fn url(&self) -> &str {
        self.gateway.url()
    }

    /// A developer's key of a new account.
    pub(crate) async fn key(&self, name: &str) -> Result<String> {
        let account = self.make("/gateway/v1/accounts", json!({ "name": name })).await?;
        let account = text(&account, "id")?;
        let wanted = json!({ "account": account, "role": "developer" });
        Ok(text(&self.make("/gateway/v1/keys", wanted).await?, "key")?.to_owned())
    }

    async fn make(&self, path: &str, wanted: Value) -> Result<Value> {
        let request = Request::post(path, wanted.to_string()).bearer(&self.admin_key);
        let reply = http::call(self.url(), &request).await?;
        ensure!(reply.status < 300, "POST {path}: {} {}", reply.status, reply.text());
        Ok(reply.json())
    }

    /// The receipts of a key's account, newest first.
    pub(crate) async fn receipts(&self, key: &str) -> Result<Vec<Value>> {
        let request = Request::get("/gateway/v1/receipts?limit=100").bearer(key);
        let reply = http::call(self.url(), &request).await?;
        ensure!(reply.status == 200, "receipts: {} {}", reply.status, reply.text());
        let items = reply.json().get("items").and_then(Value::as_array).cloned();
        items.context("a list of receipts without items")
    }

    /// Ends the gateway as an operator would.
    pub(crate) async fn end(&mut self) -> Result<()> {
        #[cfg(unix)]
        {
            let status = self.gateway.terminate().await?;
            ensure!(status.success(), "the gateway ended in {status}: {}", self.gateway.said());
        }
        Ok(())
    }
}

/// A provider for each flavor that the companion's line names, with its model `FLAVOR-plain`.
fn configuration(said: &str) -> Result<String> {
    let places: Value = serde_json::from_str(said).context("where the providers are")?;
    let mut config = String::new();
    for (name, url) in places.as_object().context("no providers")? {
        // OpenAI has two flavors, and here each provider speaks one.
        let (flavor, more) = match name.as_str() {
            "openai" => ("openai", "responses = false\n"),
            "responses" => ("openai", "responses = \"only\"\n"),
            other => (other, ""),
        };
        write!(
            config,
            "[[providers]]\nname = \"{name}\"\nflavor = \"{flavor}\"\nbase_url = {url}\n\
             api_key = \"{SECRET}\"\nlocation = \"local\"\nservices = [\"chat\"]\n\
             models = [\"{name}-plain\"]\n{more}\n"
        )?;
    }
    Ok(config)
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str> {
    value.get(name).and_then(Value::as_str).with_context(|| format!("no `{name}`"))
}
