//! Calls of one account go out in the order in which they came, and one after the other where that is
//! wanted.

use std::time::Duration;

use serde_json::json;
use weighbridge_testkit::http::{Connection, Request};
use weighbridge_testkit::provider::StreamEnd;
use weighbridge_testkit::{Behaviour, Script};

use crate::house::{House, PATIENCE};

/// How long a call is given to go out that should not.
const A_WHILE: Duration = Duration::from_millis(150);

fn gated(model: &str) -> Script {
    let event = |text: &str, reason: serde_json::Value| {
        let event = json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": reason }] });
        format!("data: {event}\n\n")
    };
    let last = format!("{}data: [DONE]\n\n", event("b", json!("stop")));
    let chunks = vec![event("a", json!(null)).into(), last.into()];
    let gate =
        Behaviour::Gate { name: "g".to_owned(), content_type: None, chunks, end: StreamEnd::End };
    Script::with_faults().on(model, gate)
}

fn body(model: &str, marker: &str) -> String {
    json!({ "model": model, "stream": true, "messages": [{ "role": "user", "content": marker }] })
        .to_string()
}

async fn begin(house: &House, model: &str, marker: &str, sequence: Option<&str>) -> Connection {
    let mut request = Request::post("/v1/chat/completions", body(model, marker));
    if let Some(sequence) = sequence {
        request = request.header("x-weighbridge-sequence", sequence);
    }
    house.begin_with(request).await
}

/// The markers of what the provider has seen, in order.
fn seen(house: &House) -> Vec<String> {
    house.provider.calls().into_iter().filter_map(|seen| seen.marker).collect()
}

async fn becomes(house: &House, expected: &[&str]) {
    let is_there = house.provider.until(PATIENCE, |calls| calls.len() >= expected.len()).await;
    assert!(is_there, "{:?}", seen(house));
    assert_eq!(seen(house), expected);
}

const STRICT: &str = "[levels.default]\norder = \"strict\"\n\
    view = { requests = 1000000, window = \"1m\" }\n";

#[tokio::test]
async fn under_a_strict_level_one_call_follows_upon_the_other() {
    let house = House::with(gated("slow"), STRICT).await;
    let mut first = begin(&house, "slow", "m-1-1", None).await;
    let head = first.head().await.unwrap();
    let second = begin(&house, "slow", "m-2-2", None).await;
    tokio::time::sleep(A_WHILE).await;
    let third = begin(&house, "error", "m-3-3", None).await;
    tokio::time::sleep(A_WHILE).await;
    let mut fourth = begin(&house, "ok", "m-4-4", None).await;
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(seen(&house), ["m-1-1"]);
    // One ends as it should, the next one's caller leaves, and the one after that fails.
    house.provider.release("g");
    first.finish(head).await.unwrap();
    becomes(&house, &["m-1-1", "m-2-2"]).await;
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(seen(&house).len(), 2);
    drop(second);
    let reply = fourth.rest().await.unwrap();
    assert!(reply.text().contains("[DONE]"), "{}", reply.text());
    becomes(&house, &["m-1-1", "m-2-2", "m-3-3", "m-4-4"]).await;
    drop(third);
    let receipts = house.receipts_become(4).await;
    let order = receipts.iter().map(|it| it["model_asked"].as_str().unwrap().to_owned());
    assert_eq!(order.collect::<Vec<_>>(), ["ok", "error", "slow", "slow"], "the newest first");
    for pair in receipts.windows(2) {
        assert!(pair[1]["finished_at"].as_str() <= pair[0]["first_byte_at"].as_str(), "{pair:?}");
    }
}

#[tokio::test]
async fn one_who_leaves_the_line_holds_up_nobody() {
    let house = House::with(gated("slow"), STRICT).await;
    let mut first = begin(&house, "slow", "m-1-1", None).await;
    let head = first.head().await.unwrap();
    let second = begin(&house, "ok", "m-2-2", None).await;
    tokio::time::sleep(A_WHILE).await;
    let mut third = begin(&house, "ok", "m-3-3", None).await;
    tokio::time::sleep(A_WHILE).await;
    drop(second);
    tokio::time::sleep(A_WHILE).await;
    house.provider.release("g");
    first.finish(head).await.unwrap();
    assert_eq!(third.rest().await.unwrap().status, 200);
    assert_eq!(seen(&house), ["m-1-1", "m-3-3"]);
    assert_eq!(house.receipts().await.len(), 2, "nothing was reserved for the one who left");
}

#[tokio::test]
async fn a_sequence_is_one_line_and_others_pass_it() {
    let house = House::with(gated("slow"), "").await;
    let mut first = begin(&house, "slow", "m-1-1", Some("s")).await;
    let head = first.head().await.unwrap();
    let mut behind = begin(&house, "ok", "m-2-2", Some("s")).await;
    tokio::time::sleep(A_WHILE).await;
    let mut other = begin(&house, "ok", "m-3-3", Some("t")).await;
    assert_eq!(other.rest().await.unwrap().status, 200);
    let mut none = begin(&house, "ok", "m-4-4", None).await;
    assert_eq!(none.rest().await.unwrap().status, 200);
    assert_eq!(seen(&house), ["m-1-1", "m-3-3", "m-4-4"]);
    house.provider.release("g");
    first.finish(head).await.unwrap();
    assert_eq!(behind.rest().await.unwrap().status, 200);
    becomes(&house, &["m-1-1", "m-3-3", "m-4-4", "m-2-2"]).await;
    let long = "x".repeat(129);
    let request = Request::post("/v1/chat/completions", body("ok", "a"));
    let refused = house.ask(request.header("x-weighbridge-sequence", &long)).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
}

#[tokio::test]
async fn a_line_is_bounded_in_length_and_in_time() {
    let limits = "[limits]\norder_queue = 2\norder_wait = \"300ms\"\n";
    let house = House::with(gated("slow"), limits).await;
    let mut first = begin(&house, "slow", "m-1-1", Some("s")).await;
    let head = first.head().await.unwrap();
    let mut second = begin(&house, "ok", "m-2-2", Some("s")).await;
    tokio::time::sleep(A_WHILE).await;
    let mut third = begin(&house, "ok", "m-3-3", Some("s")).await;
    let refused = third.rest().await.unwrap();
    assert_eq!(refused.status, 503);
    assert!(refused.text().contains("limits.order_queue"), "{}", refused.text());
    let late = second.rest().await.unwrap();
    assert_eq!(late.status, 503);
    assert!(late.text().contains("limits.order_wait"), "{}", late.text());
    house.provider.release("g");
    first.finish(head).await.unwrap();
    assert_eq!(seen(&house), ["m-1-1"]);
}

#[tokio::test]
async fn a_call_that_is_thought_about_for_long_is_not_overtaken() {
    let price =
        "[[prices]]\nmodel = \"gpt-4o\"\ncurrency = \"USD\"\ninput = \"1\"\noutput = \"1\"\n";
    let house = House::with(Script::new().on("gpt-4o", Behaviour::ok()), price).await;
    let asked = |text: &str, max_cost: &str| {
        let body = json!({ "model": "gpt-4o", "max_tokens": 10, "messages": [{ "role": "user", "content": text }] });
        let request = Request::post("/v1/chat/completions", body.to_string());
        house.begin_with(request.header("x-weighbridge-max-cost", max_cost))
    };
    // A connection stands, so that the order is not one of connecting.
    asked("warm", "1").await.rest().await.unwrap();
    // So many bytes may cost more than is allowed; so many tokens do not, and they are counted, for which
    // the tokeniser has to be read first.
    let mut first = asked(&format!("m-1-1{}", " and so on".repeat(900)), "0.006").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut second = asked("m-2-2", "1").await;
    let (first, second) = (first.rest().await.unwrap(), second.rest().await.unwrap());
    assert_eq!((first.status, second.status), (200, 200), "{} {}", first.text(), second.text());
    assert_eq!(seen(&house), ["m-1-1", "m-2-2"]);
}
