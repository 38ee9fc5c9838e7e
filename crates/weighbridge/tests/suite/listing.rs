//! Providers say which models they have.

use std::process::{Command, Output};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use weighbridge_testkit::gateway::provider_table_of;
use weighbridge_testkit::http::Request;
use weighbridge_testkit::{Behaviour, Provider, ScratchDir, Script};

use crate::house::{House, binary, body};

/// `weighbridge provider check` on this configuration. It is a process of its own, so nothing here may wait
/// for it on the thread that the providers run on.
async fn check(config: &str, arguments: &[&str]) -> Output {
    let scratch = ScratchDir::new().unwrap();
    std::fs::write(scratch.join("weighbridge.toml"), config).unwrap();
    let mut command = Command::new(binary());
    command.args(["provider", "check"]).args(arguments).current_dir(scratch.path());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    drop(scratch);
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn root(provider: &Provider) -> String {
    provider.base_url().trim_end_matches("/v1").to_owned()
}

#[tokio::test]
async fn each_flavor_is_asked_in_its_own_way_and_no_model_is_called() {
    let provider = Provider::start().await.unwrap();
    provider.answer(
        "/v1/models",
        200,
        json!({ "object": "list", "data": [
        { "id": "ok", "object": "model", "owned_by": "vllm", "max_model_len": 4096 },
        { "id": "bge-m3", "object": "model", "owned_by": "vllm" },
    ] }),
    );
    let page = |ids: &[&str], more: bool| {
        let data: Vec<Value> = ids.iter().map(|id| json!({ "type": "model", "id": id })).collect();
        json!({ "data": data, "has_more": more, "last_id": ids.last() })
    };
    provider.answer("/v1/models?limit=1000", 200, page(&["claude-a", "claude/b"], true));
    let second = "/v1/models?limit=1000&after_id=claude%2Fb";
    provider.answer(second, 200, page(&["claude-c"], false));
    provider.answer(
        "/v1beta/models?pageSize=1000",
        200,
        json!({ "models": [
        { "name": "models/gemini-x", "inputTokenLimit": 1000,
          "supportedGenerationMethods": ["generateContent"] }], "nextPageToken": "t=" }),
    );
    provider.answer(
        "/v1beta/models?pageSize=1000&pageToken=t%3D",
        200,
        json!({ "models": [
        { "name": "models/embed-x", "supportedGenerationMethods": ["embedContent"] }] }),
    );
    provider.answer("/api/tags", 200, json!({ "models": [{ "name": "gemma3:latest" }] }));
    provider.answer(
        "/api/show",
        200,
        json!({ "capabilities": ["completion"],
        "model_info": { "general.architecture": "gemma3", "gemma3.context_length": 131072 } }),
    );
    provider.answer(
        "/aog/v0.2/model",
        200,
        json!({ "data": [
        { "model_name": "deepseek-r1:7b", "status": "downloaded" }] }),
    );
    for (flavor, models, expected) in [
        ("openai", &["ok"][..], json!([["ok", ["chat"], 4096], ["bge-m3", ["embed"], null]])),
        (
            "anthropic",
            &["claude-c"],
            json!([
                ["claude-a", ["chat"], null],
                ["claude/b", ["chat"], null],
                ["claude-c", ["chat"], null]
            ]),
        ),
        (
            "gemini",
            &["gemini-x"],
            json!([["gemini-x", ["chat"], 1000], ["embed-x", ["embed"], null]]),
        ),
        ("ollama", &["gemma3"], json!([["gemma3:latest", ["chat"], 131072]])),
        ("aog", &["deepseek-r1:7b"], json!([["deepseek-r1:7b", ["chat"], null]])),
    ] {
        let base = if flavor == "openai" { provider.base_url() } else { root(&provider) };
        let output = check(&provider_table_of(flavor, "p", &base, models), &["p", "--json"]).await;
        assert_eq!(output.status.code(), Some(0), "{flavor}: {output:?}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["ok"], true);
        let found = report["providers"][0]["models"].as_array().unwrap();
        let found =
            found.iter().map(|it| json!([it["name"], it["services"], it["context_length"]]));
        assert_eq!(found.collect::<Value>(), expected, "{flavor}");
    }
    assert_eq!(provider.seen_count(), 0);
}

/// Where somebody speaks http and nothing else.
async fn without_tls() -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let refusal = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
            let _gone = stream.write_all(refusal).await.is_err();
        }
    });
    address
}

#[tokio::test]
async fn what_is_wrong_with_a_provider_is_said_with_the_next_step() {
    let good = Provider::start().await.unwrap();
    let locked = Provider::start().await.unwrap();
    let refusal = json!({ "error": { "message": "Incorrect API key provided: sk-1234" } });
    locked.answer("/v1/models", 401, refusal);
    let moved = Provider::start().await.unwrap();
    moved.answer("/v1/models", 404, json!({}));
    let other = Provider::start().await.unwrap();
    other.answer("/v1/models", 200, json!({ "hello": "world" }));
    let gone = Provider::start_with(Script::new()).await.unwrap();
    let gone_at = gone.base_url();
    drop(gone);
    let plain = format!("https://{}/v1", without_tls().await);
    let table = |name: &str, base: &str, models: &[&str]| {
        provider_table_of("openai", name, base, models)
            .replace(r#", "text-to-image", "text-to-speech", "speech-to-text", "rerank""#, "")
    };
    let config = [
        table("good", &good.base_url(), &["ok", "absent"]),
        table("locked", &locked.base_url(), &["ok"]),
        table("moved", &moved.base_url(), &["ok"]),
        table("other", &other.base_url(), &["ok"]),
        table("gone", &gone_at, &["ok"]),
        table("nowhere", "http://nowhere.invalid/v1", &["ok"]),
        table("plain", &plain, &["ok"]),
    ]
    .concat();
    let all = check(&config, &[]).await;
    assert_eq!(all.status.code(), Some(1), "{all:?}");
    let said = text(&all.stdout);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 7, "{said}");
    for (line, words) in lines.iter().zip([
        "does not list absent; seems to have none for embed",
        "401 Unauthorized; mend `api_key`",
        "404 Not Found; mend `base_url`",
        "is no list of models; mend `base_url` or `flavor`",
        "nothing listens there",
        "nobody knows that host",
        "TLS is not agreed on",
    ]) {
        assert!(line.contains(words), "{words}: {line}");
    }
    assert!(!said.contains("sk-1234"), "{said}");
    let one = check(&config, &["good"]).await;
    assert_eq!(one.status.code(), Some(1));
    let said = text(&one.stdout);
    for words in ["MODEL  SERVICE  CONTEXT", "  ok     chat     -", "does not list: absent"] {
        assert!(said.contains(words), "{said}");
    }
    let unknown = check(&config, &["nobody"]).await;
    assert_eq!(unknown.status.code(), Some(2));
    assert!(
        text(&unknown.stderr).contains("no provider has the name `nobody`; it has good, locked")
    );
    assert_eq!(check("listen = 5", &[]).await.status.code(), Some(2));
}

/// A provider whose models are its own to say, asked every 200 ms.
fn open(base: &str) -> String {
    let table = provider_table_of("openai", "own", base, &["*"]);
    format!("[limits]\nmodel_refresh = \"200ms\"\n{table}")
}

fn list(names: &[&str]) -> Value {
    let data: Vec<Value> =
        names.iter().map(|name| json!({ "id": name, "max_model_len": 2048 })).collect();
    json!({ "object": "list", "data": data })
}

async fn own(house: &House) -> Value {
    let reply = house.ask(Request::get("/gateway/v1/providers")).await.json();
    let items = reply["items"].as_array().unwrap();
    items.iter().find(|item| item["name"] == "own").unwrap().clone()
}

/// Waits until the provider is known to have these models.
async fn becomes(house: &House, names: &[&str]) {
    for _ in 0..1000 {
        if own(house).await["models"] == json!(names) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{}: {}", own(house).await, house.gateway.said());
}

#[tokio::test]
async fn a_star_serves_what_the_provider_lists_and_follows_it() {
    let script = Script::new().otherwise(Behaviour::ok());
    let provider = Provider::start_with(script).await.unwrap();
    provider.answer("/v1/models", 200, list(&["first", "bge-m3"]));
    // Whoever speaks of a model that may come makes no mistake.
    let spoken = "[[aliases]]\nmatch = \"best\"\nto = \"second\"\n\
        [hybrid.models]\nsecond = \"always_local\"\n\
        [[prices]]\nmodel = \"second\"\ncurrency = \"USD\"\ninput = \"1\"\noutput = \"1\"\n";
    let house =
        House::with(Script::new(), &format!("{spoken}{}", open(&provider.base_url()))).await;
    // It is there when the gateway is.
    let reply = house.chat(body("first", false)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("x-weighbridge-provider"), Some("own"));
    let now = own(&house).await;
    assert_eq!((&now["models"], &now["discovered"]), (&json!(["first", "bge-m3"]), &json!(false)));
    assert!(now["models_listed_at"].is_string(), "{now}");
    // One that makes vectors is not for conversation.
    assert_eq!(house.chat(body("own/bge-m3", false)).await.status, 404);
    let embed = json!({ "model": "bge-m3", "input": "a" }).to_string();
    let before = provider.seen_count();
    house.ask(Request::post("/v1/embeddings", embed)).await;
    assert_eq!(provider.seen_count(), before + 1);
    assert_eq!(house.chat(body("own/second", false)).await.status, 404);
    provider.answer("/v1/models", 200, list(&["second"]));
    becomes(&house, &["second"]).await;
    for name in ["second", "best"] {
        let reply = house.chat(body(name, false)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert!(house.receipt_of(&reply).await["cost"]["actual"].is_string(), "it has its price");
    }
    assert_eq!(house.chat(body("own/first", false)).await.status, 404);
    // A provider that does not say it any more has what it had.
    provider.answer("/v1/models", 500, json!({}));
    let until = std::time::Duration::from_millis(600);
    tokio::time::sleep(until).await;
    assert_eq!(house.chat(body("second", false)).await.status, 200);
    assert!(
        house.gateway.said().contains("those that it listed last stay"),
        "{}",
        house.gateway.said()
    );
}

#[tokio::test]
async fn a_start_does_not_wait_for_a_provider_that_is_down() {
    let gone = Provider::start().await.unwrap();
    let address = gone.address().to_string();
    let config = open(&gone.base_url());
    drop(gone);
    let house = House::with(Script::new(), &config).await;
    assert_eq!(own(&house).await["models"], json!([]));
    assert_eq!(own(&house).await["models_listed_at"], Value::Null);
    assert!(
        house.gateway.said().contains("it serves none until it does"),
        "{}",
        house.gateway.said()
    );
    assert_eq!(house.chat(body("ok", false)).await.status, 200, "others serve");
    let back = Provider::start_at(&address, Script::new()).await.unwrap();
    back.answer("/v1/models", 200, list(&["ok"]));
    becomes(&house, &["ok"]).await;
    assert_eq!(house.chat(body("own/ok", false)).await.status, 200);
    // What the file comes to say and what is listed hold together.
    let file = house.scratch.join("weighbridge.toml");
    let more = std::fs::read_to_string(&file).unwrap().replace("[\"*\"]", "[\"named\", \"*\"]");
    std::fs::write(&file, more).unwrap();
    becomes(&house, &["named", "ok"]).await;
}

#[tokio::test]
async fn a_start_waits_only_so_long_for_a_provider_that_gives_no_answer() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", silent.local_addr().unwrap());
    let began = tokio::time::Instant::now();
    let house = House::with(Script::new(), &open(&base)).await;
    let waited = began.elapsed();
    assert!(waited < std::time::Duration::from_secs(9), "{waited:?}");
    assert!(house.gateway.said().contains("the start waits no longer"), "{}", house.gateway.said());
    assert_eq!(house.chat(body("ok", false)).await.status, 200);
}
