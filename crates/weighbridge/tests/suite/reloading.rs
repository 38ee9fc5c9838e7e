//! The operator's file comes to say something else while calls run.

use std::time::Duration;

use serde_json::{Value, json};
use weighbridge_testkit::gateway::provider_table;
use weighbridge_testkit::http::Request;
use weighbridge_testkit::provider::StreamEnd;
use weighbridge_testkit::{Behaviour, Provider, Script};

use crate::house::{House, PATIENCE};

fn file(house: &House) -> std::path::PathBuf {
    house.scratch.join("weighbridge.toml")
}

fn written(house: &House) -> String {
    std::fs::read_to_string(file(house)).unwrap()
}

/// Waits until the gateway has said this so many times.
async fn says(house: &House, words: &str, times: usize) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while house.gateway.said().matches(words).count() < times {
        assert!(tokio::time::Instant::now() < deadline, "{words}: {}", house.gateway.said());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Tells it to read the file, whether it changed or not.
fn hang_up(house: &House) {
    let pid = house.gateway.pid().unwrap().to_string();
    let sent = std::process::Command::new("kill").args(["-HUP", &pid]).status().unwrap();
    assert!(sent.success());
}

fn chat(model: &str) -> String {
    json!({ "model": model, "messages": [{ "role": "user", "content": "a" }] }).to_string()
}

const TAKEN: &str = "the file is taken anew";

#[tokio::test]
async fn a_file_is_taken_anew_when_it_changes_and_no_call_is_cut() {
    let stop = json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "slow",
        "choices": [{ "index": 0, "delta": { "content": "b" }, "finish_reason": "stop" }] });
    let chunks = vec![
        format!("data: {}\n\n", stop.to_string().replace("\"stop\"", "null")).into(),
        format!("data: {stop}\n\ndata: [DONE]\n\n").into(),
    ];
    let gate =
        Behaviour::Gate { name: "g".to_owned(), content_type: None, chunks, end: StreamEnd::End };
    let price = "[[prices]]\nmodel = \"slow\"\ncurrency = \"USD\"\ninput = \"1\"\noutput = \"1\"\n";
    let house = House::with(Script::new().on("slow", gate), price).await;
    let other = Provider::start_with(Script::new().on("new", Behaviour::ok())).await.unwrap();
    let mut running =
        house.begin(chat("slow").replace("\"model\"", "\"stream\":true,\"model\"")).await;
    let head = running.head().await.unwrap();
    assert_eq!(head.status, 200);
    assert_eq!(house.chat(chat("new")).await.status, 404);
    // Another provider, the model of the running call gone, and its price another.
    let before = written(&house);
    let after = before
        .replace("models = [\"ok\", \"slow\"]", "models = [\"ok\"]")
        .replace("model = \"slow\"", "model = \"new\"")
        .replace("input = \"1\"", "input = \"2\"");
    assert_ne!(before, after);
    let after = format!("{after}{}", provider_table("other", &other.base_url(), &["new"]));
    std::fs::write(file(&house), after).unwrap();
    hang_up(&house);
    says(&house, TAKEN, 1).await;
    let reply = house.chat(chat("new")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("x-weighbridge-provider"), Some("other"));
    assert_eq!(house.chat(chat("slow")).await.status, 404);
    let new = house.receipt_of(&reply).await;
    house.provider.release("g");
    let reply = running.finish(head).await.unwrap();
    assert!(reply.text().contains("[DONE]"), "{}", reply.text());
    let old = house.receipt_of(&reply).await;
    assert_eq!((&old["outcome"], &old["provider"]), (&json!("ok"), &json!("desk")));
    assert!(old["cost"]["actual"].is_string(), "at the price of when it began: {old}");
    assert_ne!(old["cost"]["price_sha256"], new["cost"]["price_sha256"]);
    let digest = new["cost"]["price_sha256"].as_str().unwrap();
    let table = house.ask(Request::get(&format!("/gateway/v1/tables/{digest}"))).await;
    assert_eq!(table.status, 200, "what receipts cite is kept: {}", table.text());
}

#[tokio::test]
async fn a_bad_file_changes_nothing_and_says_why() {
    let house = House::open().await;
    let good = written(&house);
    std::fs::write(file(&house), format!("{good}\n[hybrid]\npolicy = \"nowhere\"\n")).unwrap();
    says(&house, "holds on", 1).await;
    assert!(house.gateway.said().contains("hybrid.policy"), "{}", house.gateway.said());
    assert_eq!(house.chat(chat("ok")).await.status, 200);
    // An account would get another level than it has.
    let gold = format!("{good}\n[levels.gold]\n");
    std::fs::write(file(&house), &gold).unwrap();
    says(&house, TAKEN, 1).await;
    assert_eq!(house.change(json!({ "level": "gold" })).await.status, 200);
    std::fs::write(file(&house), &good).unwrap();
    says(&house, "accounts have the level gold", 1).await;
    // What cannot change while it runs is said.
    std::fs::write(file(&house), format!("{gold}[limits]\ncalls = 7\n")).unwrap();
    hang_up(&house);
    says(&house, "`limits` says something else", 1).await;
    // A signal has it read though nothing changed.
    let taken = house.gateway.said().matches(TAKEN).count();
    hang_up(&house);
    says(&house, TAKEN, taken + 1).await;
    assert_eq!(house.chat(chat("ok")).await.status, 200);
    let metrics = house.gateway.url().to_owned();
    let metrics =
        weighbridge_testkit::http::call(&metrics, &Request::get("/metrics")).await.unwrap();
    let refused = "weighbridge_config_reloads_total{outcome=\"refused\"} 2";
    assert!(metrics.text().contains(refused), "{}", metrics.text());
}

#[tokio::test]
async fn a_credential_that_is_mended_counts_at_once() {
    let house = House::open().await;
    let unauthorized = house.chat(chat("unauthorized")).await;
    assert_eq!(unauthorized.status, 502, "{}", unauthorized.text());
    assert_eq!(house.chat(chat("ok")).await.status, 502, "it is out of rotation");
    let mended = written(&house).replace("sk-the-providers-own", "sk-another");
    std::fs::write(file(&house), mended).unwrap();
    says(&house, TAKEN, 1).await;
    assert_eq!(house.chat(chat("ok")).await.status, 200);
}

#[tokio::test]
async fn places_are_counted_on_when_the_file_is_taken_anew() {
    let house = House::with(Script::with_faults(), "").await;
    let own = written(&house)
        .replace("\nname = \"desk\"", "\nconcurrency = { max = 1 }\nname = \"desk\"");
    std::fs::write(file(&house), own).unwrap();
    says(&house, TAKEN, 1).await;
    let mut running =
        house.begin(chat("endless").replace("\"model\"", "\"stream\":true,\"model\"")).await;
    let head = running.head().await.unwrap();
    assert_eq!(head.status, 200);
    assert_eq!(house.chat(chat("ok")).await.status, 503);
    let more = written(&house).replace("max = 1 }", "max = 1, queue = 1 }");
    std::fs::write(file(&house), more).unwrap();
    says(&house, TAKEN, 2).await;
    let providers: Value = house.ask(Request::get("/gateway/v1/providers")).await.json();
    assert_eq!(providers["items"][0]["in_flight"], 1, "{providers}");
    let (waited, ()) = tokio::join!(house.chat(chat("ok")), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        drop(running);
    });
    assert_eq!(waited.status, 200, "{}", waited.text());
}
