//! Where it all happens: a gateway on a disk with faults, a provider, an account with a key.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;
use tokio::time::sleep;
use weighbridge_core::invariant::{self, ReceiptSeen};
use weighbridge_core::money::Amount;
use weighbridge_testkit::gateway::{Gateway, provider_table};
use weighbridge_testkit::http::{self, Request};
use weighbridge_testkit::provider::Provider;
use weighbridge_testkit::scratch::ScratchDir;
use weighbridge_testkit::shim::{Disk, Fault, Shim};

use super::{plan, receipts};
use crate::machine;

/// As many calls and reads as anybody wants.
const LEVEL: &str = "[levels.default]\nsync = { requests = 1000000, window = \"1s\" }\n\
    view = { requests = 1000000, window = \"1s\" }\n";

/// How long the provider may take to have read what a dead gateway had sent.
const DRAIN: Duration = Duration::from_secs(10);

/// See the module's words.
#[derive(Debug)]
pub(crate) struct Site {
    binary: PathBuf,
    scratch: ScratchDir,
    disk: Disk,
    provider: Provider,
    admin_key: String,
    account: String,
    key: String,
}

impl Site {
    /// Sets everything up, starts the gateway once to make account and key, and ends it properly.
    pub(crate) async fn build(binary: &Path) -> Result<Self> {
        let folder = machine::target().join("xtask").join("crash");
        let scratch = ScratchDir::within(&folder).context("no scratch folder")?;
        let shim = Shim::build(scratch.path()).context("the flush shim cannot be built")?;
        let disk = Disk::under(&shim, &scratch.join("data"), scratch.path())?;
        let provider = Provider::start_with(plan::script()).await?;
        let binary = binary.to_owned();
        let (admin_key, account, key) = (String::new(), String::new(), String::new());
        let mut site = Self { binary, scratch, disk, provider, admin_key, account, key };
        let mut gateway = site.start().await?;
        site.admin_key = gateway.admin_key().context("no admin.key after the first start")?;
        (site.account, site.key) = site.make_key(gateway.url()).await?;
        // Not by SIGTERM: from the first word on, only what was flushed counts.
        gateway.kill9().await?;
        site.cut_power()?;
        Ok(site)
    }

    /// Starts the gateway on what the disk holds.
    pub(crate) async fn start(&self) -> Result<Gateway> {
        let (config, options) = (self.config(), self.disk.options());
        Ok(Gateway::start(&self.binary, &config, &self.scratch, options).await?)
    }

    /// Starts the gateway, kills it after this time, ready or not, and cuts the power.
    pub(crate) async fn start_in_vain(&self, after: Duration) -> Result<()> {
        let (config, options) = (self.config(), self.disk.options());
        let gateway = Gateway::spawn(&self.binary, &config, &self.scratch, options)?;
        sleep(after).await;
        self.kill(gateway).await.context("killed while it started")?;
        self.cut_power()
    }

    fn config(&self) -> String {
        let prices: String = plan::MODELS
            .iter()
            .map(|model| {
                format!(
                    "[[prices]]\nmodel = \"{model}\"\ncurrency = \"USD\"\ninput = \"3\"\n\
                     output = \"15\"\n"
                )
            })
            .collect();
        LEVEL.to_owned()
            + &prices
            + &provider_table("mock", &self.provider.base_url(), &plan::MODELS)
    }

    /// Kills a gateway. Fails where it had ended by itself.
    pub(crate) async fn kill(&self, mut gateway: Gateway) -> Result<()> {
        if let Some(status) = gateway.exit_status()? {
            bail!("the gateway ended by itself ({status}); it said:\n{}", gateway.said());
        }
        Ok(gateway.kill9().await?)
    }

    /// The markers of the calls that the provider counted since the last time. The gateway that
    /// sent them is gone.
    pub(crate) async fn dispatched(&self) -> Result<Vec<Option<String>>> {
        if !self.provider.drained(DRAIN).await {
            bail!("the provider still has connections of a gateway that is gone");
        }
        Ok(self.provider.take().into_iter().map(|seen| seen.marker).collect())
    }

    /// How many calls the provider counted so far.
    pub(crate) fn dispatched_count(&self) -> u64 {
        self.provider.seen_count()
    }

    /// The receipts that came after the `known` ones.
    pub(crate) async fn receipts(
        &self,
        gateway: &Gateway,
        known: &HashSet<String>,
    ) -> Result<Vec<ReceiptSeen>> {
        receipts::read(gateway.url(), &self.admin_key, known).await
    }

    /// Whether the account's balance is the sum of its receipts, and nothing is held of it: no call
    /// goes on.
    pub(crate) async fn balances(&self, gateway: &Gateway, charged: Amount) -> Result<()> {
        let path = format!("/gateway/v1/accounts/{}", self.account);
        let reply = http::call(gateway.url(), &Request::get(&path).bearer(&self.admin_key)).await?;
        let account = reply.json();
        let amount = |name: &str| -> Result<Amount> {
            let text = account[name].as_str().with_context(|| format!("no {name}: {account}"))?;
            Ok(text.parse()?)
        };
        Ok(invariant::m2_at_rest(amount("spent")?, amount("reserved")?, charged)?)
    }

    /// Lets a fault of the disk begin or end.
    pub(crate) fn set(&self, fault: Fault, on: bool) -> Result<()> {
        Ok(self.disk.set(fault, on)?)
    }

    /// Throws away what was not flushed. The gateway is gone.
    pub(crate) fn cut_power(&self) -> Result<()> {
        Ok(self.disk.cut_power()?)
    }

    /// The developer's key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Leaves everything where it is, for somebody to look at.
    pub(crate) fn keep(self) -> PathBuf {
        self.scratch.keep()
    }

    /// An account with a budget that it never uses up, and a key of it.
    async fn make_key(&self, url: &str) -> Result<(String, String)> {
        let budget = json!({"amount": "1000000", "currency": "USD"});
        let account = json!({"name": "crash", "budget": budget});
        let account = self.post(url, "accounts", &account).await?;
        let ask = json!({"account": account["id"], "role": "developer"});
        let key = self.post(url, "keys", &ask).await?;
        let id = account["id"].as_str().context("an account without `id`")?.to_owned();
        Ok((id, key["key"].as_str().context("a key without `key`")?.to_owned()))
    }

    async fn post(
        &self,
        url: &str,
        what: &str,
        body: &serde_json::Value,
    ) -> Result<serde_json::Value> {
        let request = Request::post(&format!("/gateway/v1/{what}"), body.to_string());
        let reply = http::call(url, &request.bearer(&self.admin_key)).await?;
        if reply.status != 201 {
            bail!("POST {what} answers {}: {}", reply.status, reply.text());
        }
        Ok(reply.json())
    }
}
