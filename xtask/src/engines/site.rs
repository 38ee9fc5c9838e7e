//! Where it all happens: two real servers of the same model, the real gateway before them, an account
//! with a key.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use weighbridge_testkit::gateway::{Gateway, GatewayOptions};
use weighbridge_testkit::http::{self, Request};
use weighbridge_testkit::scratch::ScratchDir;

use super::engine::Engine;
use super::model;
use crate::{machine, tool};

/// The server that fails, and the one that does not.
pub(crate) const DESK: &str = "desk";
pub(crate) const SPARE: &str = "spare";

/// What a million tokens cost in the currency, which is what one costs in millionths of it.
pub(crate) const INPUT: u64 = 1;
pub(crate) const OUTPUT: u64 = 2;

/// How long a provider may take until a stream begins or goes on, and for a whole reply.
pub(crate) const SILENCE: Duration = Duration::from_secs(2);
pub(crate) const WHOLE: Duration = Duration::from_secs(4);
/// How long a provider rests at most that fails again and again.
pub(crate) const REST: Duration = Duration::from_secs(2);

/// How many receipts are asked for at a time.
const PAGE: u32 = 500;
/// Most time for adding up the books.
const CHECK: Duration = Duration::from_secs(60);

/// See the module's words.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) desk: Engine,
    _spare: Engine,
    program: PathBuf,
    gateway: Gateway,
    admin_key: String,
    key: String,
    scratch: ScratchDir,
}

impl Site {
    /// Starts everything.
    pub(crate) async fn build(program: &Path, server: &Path) -> Result<Self> {
        let folder = machine::target().join("xtask").join("engines");
        let scratch = ScratchDir::within(&folder).context("no scratch folder")?;
        let weights = scratch.join("chance.gguf");
        model::write(&weights)?;
        let desk = Engine::start(server, &weights, scratch.path(), DESK).await?;
        let spare = Engine::start(server, &weights, scratch.path(), SPARE).await?;
        let config = config(&desk, &spare);
        let gateway = Gateway::start(program, &config, &scratch, GatewayOptions::default()).await?;
        let admin_key = gateway.admin_key().context("no admin.key after the first start")?;
        let key = make_key(gateway.url(), &admin_key).await?;
        let program = program.to_owned();
        Ok(Self { desk, _spare: spare, program, gateway, admin_key, key, scratch })
    }

    /// Where the gateway is.
    pub(crate) fn url(&self) -> &str {
        self.gateway.url()
    }

    /// The developer's key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The administrator's.
    pub(crate) fn admin_key(&self) -> &str {
        &self.admin_key
    }

    /// What the gateway said.
    pub(crate) fn said(&self) -> String {
        self.gateway.said()
    }

    /// Every receipt.
    pub(crate) async fn receipts(&self) -> Result<Vec<Value>> {
        let mut receipts = Vec::new();
        let mut path = format!("/gateway/v1/receipts?limit={PAGE}");
        loop {
            let request = Request::get(&path).bearer(&self.admin_key);
            let reply = http::call(self.url(), &request).await?;
            ensure!(reply.status == 200, "receipts: {} {}", reply.status, reply.text());
            let page = reply.json();
            let items = page.get("items").and_then(Value::as_array);
            receipts.extend_from_slice(items.context("a list without items")?);
            let Some(next) = page.get("next").and_then(Value::as_str) else { return Ok(receipts) };
            path = format!("/gateway/v1/receipts?limit={PAGE}&cursor={next}");
        }
    }

    /// Ends the gateway as an operator would, and has its books added up.
    pub(crate) async fn close(&mut self) -> Result<()> {
        #[cfg(unix)]
        {
            let status = self.gateway.terminate().await?;
            ensure!(status.success(), "the gateway ended in {status}: {}", self.gateway.said());
        }
        let mut check = Command::new(&self.program);
        check.args(["ledger", "check", "--json", "--data"]).arg(self.gateway.data_dir());
        tool::capture(&mut check, CHECK).context("the books do not add up").map(drop)
    }

    /// Leaves everything where it is, for somebody to look at.
    pub(crate) fn keep(self) -> PathBuf {
        self.scratch.keep()
    }
}

fn config(desk: &Engine, spare: &Engine) -> String {
    let seconds = |time: Duration| format!("\"{}s\"", time.as_secs());
    let (silence, whole, rest) = (seconds(SILENCE), seconds(WHOLE), seconds(REST));
    let provider = |name: &str, engine: &Engine, more: &str| {
        format!(
            "[[providers]]\nname = \"{name}\"\nflavor = \"openai\"\nbase_url = \"{}/v1\"\n\
             location = \"local\"\nservices = [\"chat\"]\nmodels = [\"{}\"]\n\
             timeout = {{ connect = \"1s\", first_byte = {silence}, idle = {silence}, \
             total = {whole} }}\n{more}\n",
            engine.url(),
            model::NAME
        )
    };
    format!(
        "[levels.default]\nsync = {{ requests = 1000000, window = \"1s\" }}\n\
         view = {{ requests = 1000000, window = \"1s\" }}\n\
         [hybrid]\nlongest_rest = {rest}\n\
         [[prices]]\nmodel = \"{}\"\ncurrency = \"USD\"\ninput = \"{INPUT}\"\n\
         output = \"{OUTPUT}\"\n\n{}{}",
        model::NAME,
        provider(DESK, desk, "concurrency = { optimal = 2, max = 4 }\n"),
        provider(SPARE, spare, "")
    )
}

/// A key of an account with a budget that it never uses up.
async fn make_key(url: &str, admin_key: &str) -> Result<String> {
    let budget = json!({"amount": "1000000", "currency": "USD"});
    let account = json!({"name": "engines", "budget": budget});
    let account = make(url, admin_key, "accounts", &account).await?;
    let wanted = json!({"account": account["id"], "role": "developer"});
    let key = make(url, admin_key, "keys", &wanted).await?;
    Ok(key["key"].as_str().context("a key without `key`")?.to_owned())
}

async fn make(url: &str, admin_key: &str, what: &str, wanted: &Value) -> Result<Value> {
    let request = Request::post(&format!("/gateway/v1/{what}"), wanted.to_string());
    let reply = http::call(url, &request.bearer(admin_key)).await?;
    ensure!(reply.status == 201, "POST {what}: {} {}", reply.status, reply.text());
    Ok(reply.json())
}
