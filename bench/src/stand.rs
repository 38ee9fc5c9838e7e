//! A gateway in front of the mock, and an account of its own with a key.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use weighbridge_testkit::gateway::{Gateway, GatewayOptions, provider_table};
use weighbridge_testkit::http::{Connection, Request};
use weighbridge_testkit::scratch::ScratchDir;

use crate::load::Target;
use crate::mock::{CUT, MODEL, MUTE, Mock};
use crate::{machine, process};

/// As many calls, and as many looks at receipts, as anybody wants.
const LEVEL: &str = "[levels.default]\nsync = { requests = 1000000, window = \"1s\" }\n\
                     view = { requests = 1000000, window = \"1s\" }\n";

/// How long after its start a gateway is idle.
const SETTLED: Duration = Duration::from_secs(1);

/// Receipts to a page.
const PAGE: usize = 1_000;

/// What a gateway is set up with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Setup<'a> {
    /// Whether models have prices.
    pub(crate) prices: bool,
    /// The account's budget; null for none.
    pub(crate) budget: Value,
    /// The data directory; a new one that goes with the stand when none is named.
    pub(crate) data: Option<&'a Path>,
}

impl Setup<'_> {
    /// Everything on: prices, and a budget that nobody can spend.
    pub(crate) fn everything() -> Self {
        let budget = json!({ "amount": "1000000", "currency": "USD" });
        Self { prices: true, budget, data: None }
    }
}

/// See the module's words.
pub(crate) struct Stand {
    gateway: Gateway,
    admin: String,
    key: String,
    account: String,
    /// What the gateway held in memory before anybody had asked it anything, in KiB.
    pub(crate) idle_kib: u64,
    scratch: ScratchDir,
}

/// How the receipts of an account say that its calls ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Receipts {
    /// `ok`.
    pub(crate) ok: u64,
    /// Anything else.
    pub(crate) other: u64,
    /// Their ids.
    pub(crate) ids: Vec<String>,
}

impl Stand {
    /// Starts everything.
    pub(crate) async fn build(binary: &Path, mock: &Mock, setup: &Setup<'_>) -> Result<Self> {
        let folder = machine::folder();
        let scratch = ScratchDir::within(&folder).context("no scratch folder")?;
        let config = config(&mock.base_url(), setup);
        let gateway = Gateway::start(binary, &config, &scratch, GatewayOptions::default()).await?;
        tokio::time::sleep(SETTLED).await;
        let pid = gateway.pid().context("the gateway has ended")?;
        let idle_kib = process::resident_kib(pid)?;
        let admin = gateway.admin_key()?;
        let mut stand =
            Self { gateway, admin, key: String::new(), account: String::new(), idle_kib, scratch };
        let account = json!({ "name": "bench", "budget": setup.budget });
        stand.account = text(&stand.create("accounts", &account).await?, "id")?;
        let wanted = json!({ "account": stand.account });
        stand.key = text(&stand.create("keys", &wanted).await?, "key")?;
        Ok(stand)
    }

    /// Whom the load calls.
    pub(crate) fn target(&self) -> Target {
        let address = self.gateway.url().trim_start_matches("http://").to_owned();
        Target { address, key: self.key.clone() }
    }

    /// The gateway's process.
    pub(crate) fn pid(&self) -> Result<u32> {
        self.gateway.pid().context("the gateway has ended")
    }

    /// CPU time of the gateway so far, in nanoseconds.
    pub(crate) fn cpu_nanos(&self) -> Result<u64> {
        process::tree_cpu_nanos(self.pid()?)
    }

    /// What the gateway holds in memory now, in KiB.
    pub(crate) fn resident_kib(&self) -> Result<u64> {
        process::resident_kib(self.pid()?)
    }

    /// A connection to the gateway, for the administrator's requests.
    pub(crate) async fn connect(&self) -> Result<Connection> {
        Connection::open(self.gateway.url()).await.context("cannot connect to the gateway")
    }

    /// An administrator's request for something.
    pub(crate) fn get(&self, path: &str) -> Request {
        Request::get(path).bearer(&self.admin)
    }

    /// Reads every receipt of the account.
    pub(crate) async fn receipts(&self) -> Result<Receipts> {
        let mut connection = self.connect().await?;
        let mut all = Receipts::default();
        let mut cursor = String::new();
        loop {
            let account = &self.account;
            let path = format!("/gateway/v1/receipts?account={account}&limit={PAGE}{cursor}");
            let reply = connection.exchange(&self.get(&path)).await?;
            ensure!(reply.status == 200, "GET receipts answers {}: {}", reply.status, reply.text());
            let page = reply.json();
            for item in page["items"].as_array().context("a page without `items`")? {
                if item["outcome"] == "ok" {
                    all.ok += 1
                } else {
                    all.other += 1
                }
                all.ids.push(text(item, "id")?);
            }
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(all),
            }
        }
    }

    /// Where the gateway keeps everything.
    pub(crate) fn data_dir(&self) -> &Path {
        self.gateway.data_dir()
    }

    /// Stops the gateway, and fails unless it ends well. Its folder stays for as long as what this
    /// gives.
    pub(crate) async fn stop(mut self) -> Result<ScratchDir> {
        let status = self.gateway.terminate().await?;
        ensure!(status.success(), "the gateway ended badly ({status})\n{}", self.gateway.said());
        Ok(self.scratch)
    }

    async fn create(&self, what: &str, wanted: &Value) -> Result<Value> {
        let path = format!("/gateway/v1/{what}");
        let request = Request::post(&path, wanted.to_string()).bearer(&self.admin);
        let reply = self.connect().await?.exchange(&request).await?;
        if reply.status != 201 {
            bail!("POST {what} answers {}: {}", reply.status, reply.text());
        }
        Ok(reply.json())
    }
}

fn text(value: &Value, name: &str) -> Result<String> {
    let text = value[name].as_str().with_context(|| format!("an answer without `{name}`"))?;
    Ok(text.to_owned())
}

fn config(base_url: &str, setup: &Setup<'_>) -> String {
    let models = [MODEL, MUTE, CUT];
    let mut config = String::new();
    if let Some(data) = setup.data {
        config.push_str(&format!("data_dir = {:?}\n", data.display().to_string()));
    }
    config.push_str(LEVEL);
    if setup.prices {
        for model in models {
            config.push_str(&format!(
                "[[prices]]\nmodel = \"{model}\"\ncurrency = \"USD\"\ninput = \"3\"\n\
                 output = \"15\"\n"
            ));
        }
    }
    config + &provider_table("mock", base_url, &models)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_on_prices_every_model() {
        let config = config("http://127.0.0.1:1/v1", &Setup::everything());
        assert_eq!(config.matches("[[prices]]").count(), 3);
        assert!(!config.contains("data_dir"));
        let data = Some(Path::new("/d"));
        let config = super::config("http://127.0.0.1:1/v1", &Setup { data, ..Setup::default() });
        assert!(config.starts_with("data_dir = \"/d\"\n[levels.default]\n"), "{config}");
    }
}
