//! A gateway, a provider that answers at once, and a key.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use weighbridge_testkit::gateway::{Gateway, GatewayOptions, provider_table};
use weighbridge_testkit::http::{self, Request};
use weighbridge_testkit::provider::{Provider, Script};
use weighbridge_testkit::scratch::ScratchDir;

use super::process;
use crate::machine;

/// As many calls as anybody wants.
const LEVEL: &str = "[levels.default]\nsync = { requests = 1000000, window = \"1s\" }\n";

/// How long after its start a gateway is idle.
const SETTLED: Duration = Duration::from_secs(1);

/// The model that everybody calls.
pub(crate) const MODEL: &str = "ok";

/// See the module's words.
pub(crate) struct Stand {
    pub(crate) gateway: Gateway,
    pub(crate) provider: Provider,
    pub(crate) key: String,
    /// What the gateway held in memory before anybody had asked it anything, in KiB.
    pub(crate) idle_kib: u64,
    _scratch: ScratchDir,
}

impl Stand {
    /// Starts everything, with these lines of configuration and this budget.
    pub(crate) async fn build(binary: &Path, config: &str, budget: Value) -> Result<Self> {
        let folder = machine::target().join("xtask").join("bench");
        let scratch = ScratchDir::within(&folder).context("no scratch folder")?;
        let provider = Provider::start_with(Script::new()).await?;
        let table = provider_table("mock", &provider.base_url(), &[MODEL]);
        let config = format!("{LEVEL}{config}{table}");
        let gateway = Gateway::start(binary, &config, &scratch, GatewayOptions::default()).await?;
        tokio::time::sleep(SETTLED).await;
        let pid = gateway.pid().context("the gateway has ended")?;
        let idle_kib = process::resident_kib(pid)?;
        let admin = gateway.admin_key()?;
        let account = json!({ "name": "bench", "budget": budget });
        let account = post(gateway.url(), "accounts", &admin, &account).await?;
        let wanted = json!({ "account": account["id"] });
        let key = post(gateway.url(), "keys", &admin, &wanted).await?;
        let key = key["key"].as_str().context("a key without `key`")?.to_owned();
        Ok(Self { gateway, provider, key, idle_kib, _scratch: scratch })
    }

    /// The gateway's process.
    pub(crate) fn pid(&self) -> Result<u32> {
        self.gateway.pid().context("the gateway has ended")
    }

    /// CPU time of the gateway so far, in microseconds.
    pub(crate) fn cpu_micros(&self) -> Result<u64> {
        process::cpu_micros(self.pid()?)
    }

    /// What the gateway holds in memory now, in KiB.
    pub(crate) fn resident_kib(&self) -> Result<u64> {
        process::resident_kib(self.pid()?)
    }
}

async fn post(url: &str, what: &str, key: &str, body: &Value) -> Result<Value> {
    let request = Request::post(&format!("/gateway/v1/{what}"), body.to_string()).bearer(key);
    let reply = http::call(url, &request).await?;
    if reply.status != 201 {
        bail!("POST {what} answers {}: {}", reply.status, reply.text());
    }
    Ok(reply.json())
}
