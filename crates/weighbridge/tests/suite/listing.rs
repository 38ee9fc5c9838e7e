//! Providers say which models they have.

use std::process::{Command, Output};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use weighbridge_testkit::gateway::provider_table_of;
use weighbridge_testkit::{Provider, ScratchDir, Script};

use crate::house::binary;

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
