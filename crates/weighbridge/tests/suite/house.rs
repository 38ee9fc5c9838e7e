//! A gateway with a scripted provider behind it, an account and a key.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use weighbridge_testkit::gateway::{GatewayOptions, provider_table_of};
use weighbridge_testkit::http::{self, Connection, Reply, Request};
use weighbridge_testkit::{Gateway, Provider, ScratchDir, Script};

/// How long anything here is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The binary under test.
pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_weighbridge"))
}

/// The gateway's own credential at its provider.
pub(crate) const SECRET: &str = "sk-the-providers-own";

/// As many reads as anybody wants.
pub(crate) const VIEW: &str = "view = { requests = 1000000, window = \"1m\" }\n";

/// See the module's words.
pub(crate) struct House {
    pub(crate) gateway: Gateway,
    pub(crate) provider: Provider,
    pub(crate) admin: String,
    pub(crate) key: String,
    pub(crate) account: String,
    pub(crate) scratch: ScratchDir,
    config: String,
}

impl House {
    /// With every fault a provider can have, and short patience with it.
    pub(crate) async fn open() -> Self {
        Self::with(Script::with_faults(), "").await
    }

    /// With this script, and these lines of configuration. Reading is as good as unbounded, unless
    /// they say otherwise: many tests look again and again.
    pub(crate) async fn with(script: Script, config: &str) -> Self {
        Self::speaking("openai", script, config).await
    }

    /// The same with a provider of this flavor.
    pub(crate) async fn speaking(flavor: &str, script: Script, config: &str) -> Self {
        let config = if config.contains("[levels.default]") {
            config.to_owned()
        } else {
            format!("{config}\n[levels.default]\n{VIEW}")
        };
        let provider = Provider::start_with(script).await.unwrap();
        let base = provider.base_url();
        // OpenAI's alone ends in a version.
        let base = if flavor == "openai" { &*base } else { base.trim_end_matches("/v1") };
        let table = provider_table_of(flavor, "desk", base, &provider.models());
        let table = format!("{table}api_key = \"{SECRET}\"\n");
        let timeout =
            "timeout = { connect = \"2s\", first_byte = \"2s\", idle = \"2s\", total = \"10s\" }\n";
        let scratch = ScratchDir::new().unwrap();
        let config = format!("{config}\n{table}{timeout}");
        let gateway = Gateway::start(binary(), &config, &scratch, GatewayOptions::default())
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let admin = gateway.admin_key().unwrap();
        let url = gateway.url().to_owned();
        let account = post(&url, "/gateway/v1/accounts", &admin, &json!({ "name": "acme" })).await;
        let account = account.json()["id"].as_str().unwrap().to_owned();
        let wanted = json!({ "account": account, "role": "developer" });
        let key = post(&url, "/gateway/v1/keys", &admin, &wanted).await;
        let key = key.json()["key"].as_str().unwrap().to_owned();
        Self { gateway, provider, admin, key, account, scratch, config }
    }

    /// Starts it again on what the last one left, which has to have ended.
    pub(crate) async fn restart(&mut self) {
        let options = GatewayOptions::default();
        let started = Gateway::start(binary(), &self.config, &self.scratch, options).await;
        self.gateway = started.unwrap_or_else(|error| panic!("{error}"));
    }

    pub(crate) fn url(&self) -> &str {
        self.gateway.url()
    }

    /// Asks with the developer's key.
    pub(crate) async fn ask(&self, request: Request) -> Reply {
        http::call(self.url(), &request.bearer(&self.key)).await.unwrap()
    }

    /// A chat completion with these bytes as body.
    pub(crate) async fn chat(&self, body: impl Into<bytes::Bytes>) -> Reply {
        self.ask(Request::post("/v1/chat/completions", body)).await
    }

    /// A connection of one's own, with a chat request sent.
    pub(crate) async fn begin(&self, body: String) -> Connection {
        self.begin_with(Request::post("/v1/chat/completions", body)).await
    }

    /// Sends a request of any kind and leaves its reply to the test.
    pub(crate) async fn begin_with(&self, request: Request) -> Connection {
        let mut connection = Connection::open(self.url()).await.unwrap().patience(PATIENCE);
        connection.send(&request.bearer(&self.key)).await.unwrap();
        connection
    }

    /// Changes the account as an administrator would.
    pub(crate) async fn change(&self, wanted: Value) -> Reply {
        let path = format!("/gateway/v1/accounts/{}", self.account);
        let request = Request::new("PATCH", &path).body(wanted.to_string()).bearer(&self.admin);
        http::call(self.url(), &request).await.unwrap()
    }

    /// The account as it stands now.
    pub(crate) async fn me(&self) -> Value {
        let reply = self.ask(Request::get("/gateway/v1/me")).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["account"].clone()
    }

    /// What `weighbridge ledger check` says of the books.
    pub(crate) fn ledger_check(&self) -> (Option<i32>, Value) {
        let mut command = std::process::Command::new(binary());
        command.args(["ledger", "check", "--json", "--data"]).arg(self.gateway.data_dir());
        let output = command.output().unwrap();
        let said = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code(), said)
    }

    /// The receipt that a reply names.
    pub(crate) async fn receipt_of(&self, reply: &Reply) -> Value {
        let call = reply
            .header("x-weighbridge-call")
            .unwrap_or_else(|| panic!("the reply names no call: {}", reply.text()));
        self.receipt(call).await
    }

    /// The receipt of this id.
    pub(crate) async fn receipt(&self, call: &str) -> Value {
        let reply = self.ask(Request::get(&format!("/gateway/v1/receipts/{call}"))).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// Every receipt of the account, the newest first.
    pub(crate) async fn receipts(&self) -> Vec<Value> {
        let reply = self.ask(Request::get("/gateway/v1/receipts?limit=1000")).await;
        reply.json()["items"].as_array().unwrap().clone()
    }

    /// Waits until there are so many receipts.
    pub(crate) async fn receipts_become(&self, count: usize) -> Vec<Value> {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let receipts = self.receipts().await;
            if receipts.len() >= count {
                assert_eq!(receipts.len(), count, "more receipts than calls");
                return receipts;
            }
            assert!(tokio::time::Instant::now() < until, "{} receipts only", receipts.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Posts JSON.
pub(crate) async fn post(url: &str, path: &str, key: &str, body: &Value) -> Reply {
    http::call(url, &Request::post(path, body.to_string()).bearer(key)).await.unwrap()
}

/// The body of a chat request.
pub(crate) fn body(model: &str, stream: bool) -> String {
    json!({
        "model": model,
        "stream": stream,
        "messages": [{ "role": "user", "content": "weigh this" }],
    })
    .to_string()
}

/// A reply's bytes without the gateway's own comment lines, each with the empty line after it.
pub(crate) fn without_comments(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at(end);
        rest = after;
        if line.starts_with(b": weighbridge") {
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        } else {
            kept.extend_from_slice(line);
        }
    }
    kept
}
