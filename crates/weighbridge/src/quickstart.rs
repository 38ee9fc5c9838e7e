//! `weighbridge quickstart`: a gateway, a small engine beside it, one real call, and how to make
//! the next one.

mod engine;
mod proof;
mod report;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use weighbridge_proof::Digest;
use weighbridge_server::{CancellationToken, Config, Ended, StartError, start_logging};

use crate::command::QuickstartArguments;
use crate::console::complain;
use crate::http_client;
use crate::runtime;
use crate::serve::finish;
use engine::Engine;
use proof::{Evidence, prove};
use report::Report;

/// What is summarised.
const TEXT: &str = "A lorry drives onto a weighbridge full and leaves it empty. The driver gets a \
    ticket, and so do buyer and seller. Nobody has to trust the scales' owner, because the ticket \
    is signed. Weighbridge gives every AI call such a ticket: a signed receipt that says what was \
    asked, what came back and what it cost.";

pub(crate) fn run(arguments: &QuickstartArguments) -> ExitCode {
    if arguments.provider.is_some() {
        complain("weighbridge quickstart --provider: not in this version");
        return ExitCode::from(crate::EXIT_UNUSABLE);
    }
    let runtime = match runtime::start() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(format_args!("cannot start: {error}"));
            return ExitCode::from(crate::EXIT_FAILED);
        }
    };
    match runtime.block_on(quickstart(arguments)) {
        Ok(ended) => finish(ended),
        Err(error) => {
            complain(format_args!("quickstart failed: {error:#}"));
            ExitCode::from(crate::EXIT_FAILED)
        }
    }
}

async fn quickstart(arguments: &QuickstartArguments) -> anyhow::Result<Result<Ended, StartError>> {
    let data = DataDir::choose(arguments)?;
    let engine = Engine::start().await?;
    let config = configure(arguments.listen, &data.path, &engine)?;
    start_logging(&config.log);
    let (tell, listening) = oneshot::channel();
    let stop = CancellationToken::new();
    let ready = move |address| {
        let _nobody_waits = tell.send(address).is_err();
    };
    let mut gateway = tokio::spawn(weighbridge_server::serve(config, ready, stop.clone()));
    let address = tokio::select! {
        address = listening => address.context("the gateway ended before it listened")?,
        ended = &mut gateway => return ended.context("the gateway broke down"),
    };
    let report = first_call(address, &data.path).await;
    if let Err(error) = &report {
        complain(format_args!("the first call failed: {error:#}"));
    }
    if let Ok(report) = &report {
        report.print(arguments.once);
    }
    if arguments.once || report.is_err() {
        stop.cancel();
    }
    let ended = gateway.await.context("the gateway broke down")?;
    engine.stop().await;
    data.clean();
    report.map(|_| ended)
}

/// Where the receipts are kept.
struct DataDir {
    path: PathBuf,
    /// It was made for this run alone.
    temporary: bool,
}

impl DataDir {
    fn choose(arguments: &QuickstartArguments) -> anyhow::Result<Self> {
        if let Some(path) = &arguments.data {
            return Ok(Self { path: path.clone(), temporary: false });
        }
        let name = format!("weighbridge-quickstart-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        // Not `create_dir_all`: what somebody else has put there is not ours to use.
        std::fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self { path, temporary: true })
    }

    fn clean(&self) {
        if self.temporary
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            complain(format_args!("could not remove {}: {error}", self.path.display()));
        }
    }
}

fn configure(listen: SocketAddr, data: &Path, engine: &Engine) -> anyhow::Result<Config> {
    let text = format!(
        "listen = \"{listen}\"\n[log]\nlevel = \"warn\"\n[[providers]]\nname = \"summary\"\n\
         flavor = \"openai\"\nbase_url = \"http://{}/v1\"\nlocation = \"local\"\n\
         services = [\"chat\"]\nmodels = [\"summary\"]\n",
        engine.address()
    );
    let mut config = Config::parse(Path::new("quickstart"), &text, &|_| None)?;
    data.clone_into(&mut config.data_dir);
    Ok(config)
}

/// Makes an account and a key as an operator would, and one call as a developer would.
async fn first_call(address: SocketAddr, data: &Path) -> anyhow::Result<Report> {
    let admin = match std::env::var("WEIGHBRIDGE_ADMIN_KEY") {
        Ok(given) => given,
        Err(_) => std::fs::read_to_string(data.join("admin.key"))
            .context("the administrator's key cannot be read")?,
    };
    let admin = admin.trim();
    let account = json!({ "name": "quickstart" });
    let account =
        http_client::json(address, Method::POST, "/gateway/v1/accounts", admin, Some(&account))
            .await?;
    let key = json!({ "account": account["id"], "role": "developer", "name": "quickstart" });
    let key =
        http_client::json(address, Method::POST, "/gateway/v1/keys", admin, Some(&key)).await?;
    let key = key["key"].as_str().context("no key came back")?.to_owned();

    let body = json!({
        "model": "summary",
        "messages": [{ "role": "user", "content": TEXT }],
    });
    let body = Bytes::from(body.to_string());
    let path = "/v1/chat/completions";
    let reply = http_client::send(address, Method::POST, path, &key, Some(body.clone())).await?;
    let said: Value = serde_json::from_slice(&reply.body).context("the reply is not JSON")?;
    if !reply.status.is_success() {
        bail!("the call was answered {}: {}", reply.status, said["error"]["message"]);
    }
    let header = |name: &str| {
        let value = reply.headers.get(name).and_then(|value| value.to_str().ok());
        value.map(str::to_owned).with_context(|| format!("the reply has no {name}"))
    };
    let call = header("x-weighbridge-call")?;
    let receipt_path = format!("/gateway/v1/receipts/{call}");
    let receipt = http_client::json(address, Method::GET, &receipt_path, &key, None).await?;
    let output = receipt["output"]["sha256"].as_str().context("the receipt has no output")?;
    if output != Digest::of(&reply.body).to_string() {
        bail!("the receipt {call} is not of the bytes that came back");
    }
    let evidence = Evidence { receipt: call, request: body, reply: reply.body };
    let proved = prove(address, data, &key, &evidence).await?;
    let said = said["choices"][0]["message"]["content"].as_str().unwrap_or_default();
    Ok(Report { address, key, asked: TEXT, said: said.to_owned(), receipt, proved })
}
