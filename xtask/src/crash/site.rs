//! Where it all happens: a gateway on a disk with faults, a provider, an account with a key.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use tokio::time::sleep;
use weighbridge_core::invariant;
use weighbridge_core::money::Amount;
use weighbridge_proof::note::key::VerifierKey;
use weighbridge_testkit::gateway::{Gateway, provider_table};
use weighbridge_testkit::http::{self, Request};
use weighbridge_testkit::provider::Provider;
use weighbridge_testkit::scratch::ScratchDir;
use weighbridge_testkit::shim::{Disk, Fault, Shim};

use super::clerk::Clerk;
use super::ledger::{self, Ledger};
use super::outsider::Outsider;
use super::receipts::{self, NoLeaf, Receipts};
use super::{clerk, plan};
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
    config: String,
    scratch: ScratchDir,
    disk: Disk,
    provider: Provider,
    admin_key: String,
    account: String,
    key: String,
    verifier: VerifierKey,
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
        let config = config(&provider);
        let mut gateway = Gateway::start(&binary, &config, &scratch, disk.options()).await?;
        let admin_key = gateway.admin_key().context("no admin.key after the first start")?;
        let (account, key) = make_key(gateway.url(), &admin_key).await?;
        let verifier = ledger::verifier(gateway.url()).await?;
        let site =
            Self { binary, scratch, disk, provider, admin_key, account, key, verifier, config };
        // Not by SIGTERM: from the first word on, only what was flushed counts.
        gateway.kill9().await?;
        site.cut_power()?;
        Ok(site)
    }

    /// Starts the gateway on what the disk holds. The log must be the same one.
    pub(crate) async fn start(&self) -> Result<Gateway> {
        let options = self.disk.options();
        let gateway = Gateway::start(&self.binary, &self.config, &self.scratch, options).await?;
        let verifier = ledger::verifier(gateway.url()).await?;
        ensure!(
            verifier == self.verifier,
            "L1 broken: the log's key was {} and is {verifier}",
            self.verifier
        );
        Ok(gateway)
    }

    /// Starts the gateway, kills it after this time, ready or not, and cuts the power.
    pub(crate) async fn start_in_vain(&self, after: Duration) -> Result<()> {
        let options = self.disk.options();
        let gateway = Gateway::spawn(&self.binary, &self.config, &self.scratch, options)?;
        sleep(after).await;
        self.kill(gateway).await.context("killed while it started")?;
        self.cut_power()
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
    ) -> Result<Receipts> {
        receipts::read(gateway.url(), &self.admin_key, known).await
    }

    /// The number in the log of the newest receipt, as `receipts::newest_index` says it.
    pub(crate) async fn newest_index(
        &self,
        gateway: &Gateway,
    ) -> Result<Result<Option<u64>, NoLeaf>> {
        receipts::newest_index(gateway.url(), &self.admin_key).await
    }

    /// The gateway's log, as an administrator may read it.
    pub(crate) async fn ledger(&self, gateway: &Gateway) -> Result<Ledger> {
        Ledger::open(gateway.url(), &self.admin_key, &self.verifier).await
    }

    /// Somebody who asks the gateway at `url` for checkpoints.
    pub(crate) fn outsider(&self, url: &str) -> Outsider {
        Outsider::start(url, &self.key, &self.verifier)
    }

    /// Somebody who acts on the gateway at `url`.
    pub(crate) fn clerk(&self, url: &str) -> Clerk {
        Clerk::start(url, &self.admin_key, &self.account)
    }

    /// Lets an act of an administrator be recorded.
    pub(crate) async fn act(&self, gateway: &Gateway) -> Result<()> {
        let (key, account) = (&self.admin_key, &self.account);
        let status = clerk::rename(gateway.url(), key, account, "crash").await?;
        ensure!(status == 200, "an act is answered with {status}");
        Ok(())
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

    /// Counts everything on the disk as flushed: the gateway has ended properly.
    pub(crate) fn settle(&self) -> Result<()> {
        Ok(self.disk.settle()?)
    }

    /// The developer's key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Leaves everything where it is, for somebody to look at.
    pub(crate) fn keep(self) -> PathBuf {
        self.scratch.keep()
    }
}

fn config(provider: &Provider) -> String {
    let prices: String = plan::MODELS
        .iter()
        .map(|model| {
            format!(
                "[[prices]]\nmodel = \"{model}\"\ncurrency = \"USD\"\ninput = \"3\"\n\
                 output = \"15\"\n"
            )
        })
        .collect();
    LEVEL.to_owned() + &prices + &provider_table("mock", &provider.base_url(), &plan::MODELS)
}

/// An account with a budget that it never uses up, and a key of it.
async fn make_key(url: &str, admin_key: &str) -> Result<(String, String)> {
    let budget = json!({"amount": "1000000", "currency": "USD"});
    let account = json!({"name": "crash", "budget": budget});
    let account = post(url, admin_key, "accounts", &account).await?;
    let ask = json!({"account": account["id"], "role": "developer"});
    let key = post(url, admin_key, "keys", &ask).await?;
    let id = account["id"].as_str().context("an account without `id`")?.to_owned();
    Ok((id, key["key"].as_str().context("a key without `key`")?.to_owned()))
}

async fn post(
    url: &str,
    admin_key: &str,
    what: &str,
    body: &serde_json::Value,
) -> Result<serde_json::Value> {
    let request = Request::post(&format!("/gateway/v1/{what}"), body.to_string());
    let reply = http::call(url, &request.bearer(admin_key)).await?;
    if reply.status != 201 {
        bail!("POST {what} answers {}: {}", reply.status, reply.text());
    }
    Ok(reply.json())
}
