//! Invariant K1: no secret is logged, echoed, exported or stored in the clear.

use weighbridge_testkit::gateway::{GatewayOptions, provider_table};
use weighbridge_testkit::http::{self, Request};
use weighbridge_testkit::{Gateway, Provider, ScratchDir, Script};

use crate::house::{binary, body, post};

const PROVIDER_KEY: &str = "sk-provider-secret-0123456789";

#[tokio::test]
async fn no_secret_is_found_in_logs_answers_metrics_or_files() {
    let provider = Provider::start_with(Script::with_faults()).await.unwrap();
    let table = provider_table("desk", &provider.base_url(), &provider.models());
    let config = format!("[log]\nlevel = \"debug\"\n{table}api_key = \"${{DESK_KEY}}\"\n");
    let scratch = ScratchDir::new().unwrap();
    let options = GatewayOptions::default().env("DESK_KEY", PROVIDER_KEY);
    let mut gateway = Gateway::start(binary(), &config, &scratch, options).await.unwrap();
    let url = gateway.url().to_owned();
    let admin = gateway.admin_key().unwrap();
    let made = post(&url, "/gateway/v1/keys", &admin, &serde_json::json!({})).await.json();
    let key = made["key"].as_str().unwrap().to_owned();

    let wrong = format!("{}0", &key[..key.len() - 1]);
    let mut answers = String::new();
    for model in ["ok", "cut", "early", "garbage", "unauthorized", "error", "missing"] {
        for stream in [false, true] {
            for secret in [&key, &wrong] {
                let path = format!("/v1/chat/completions?key={secret}");
                let request = Request::post(&path, body(model, stream)).bearer(secret);
                answers.push_str(&http::call(&url, &request).await.unwrap().text());
            }
        }
    }
    for path in [format!("/v1/{key}"), format!("/v1/models?key={key}")] {
        let request = Request::get(&path).header("x-api-key", &key);
        answers.push_str(&http::call(&url, &request).await.unwrap().text());
    }
    for path in [
        "/metrics",
        "/openapi.json",
        "/gateway/v1/me",
        "/gateway/v1/keys",
        "/gateway/v1/receipts",
        "/gateway/v1/acts",
        "/ledger/key",
        "/ledger/checkpoint",
        "/ledger/tile/entries/000.p/1",
    ] {
        let request = Request::get(path).bearer(&admin);
        answers.push_str(&http::call(&url, &request).await.unwrap().text());
    }
    let sent = provider
        .calls()
        .iter()
        .any(|seen| seen.header("authorization") == Some(&format!("Bearer {PROVIDER_KEY}")));
    assert!(sent, "the provider never got its key, so this test shows nothing");
    gateway.terminate().await.unwrap();

    let mut places = vec![("an answer".to_owned(), answers.into_bytes())];
    places.push(("the log".to_owned(), gateway.said().into_bytes()));
    let signing = std::fs::read_to_string(gateway.data_dir().join("ledger.key")).unwrap();
    // Base64 has plus signs, too.
    let signing = signing.trim().splitn(5, '+').nth(4).unwrap().to_owned();
    for path in files(gateway.data_dir()) {
        let name = path.file_name().unwrap();
        if name != "admin.key" && name != "ledger.key" {
            places.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    assert!(places.iter().any(|(place, _)| place.ends_with("ledger/checkpoint")));
    for (name, secret) in [("caller's", &key), ("administrator's", &admin), ("wrong", &wrong)]
        .into_iter()
        .chain([("provider's", &PROVIDER_KEY.to_owned()), ("log's signing", &signing)])
    {
        for (place, bytes) in &places {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "the {name} key stands in {place}");
        }
    }
}

/// Every file under `folder`.
fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
