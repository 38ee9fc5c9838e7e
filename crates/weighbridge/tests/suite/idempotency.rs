//! A call that is made once, however often it is sent.

use serde_json::json;
use weighbridge_testkit::gateway::GatewayOptions;
use weighbridge_testkit::http::{self, Reply, Request};
use weighbridge_testkit::{Gateway, Script};

use crate::house::{House, PATIENCE, binary, body};

fn once(model: &str, key: &str) -> Request {
    Request::post("/v1/chat/completions", body(model, false)).header("idempotency-key", key)
}

fn conflict(reply: &Reply) -> serde_json::Value {
    assert_eq!(reply.status, 409, "{}", reply.text());
    assert_eq!(reply.header("x-should-retry"), Some("false"));
    let error = reply.json()["error"].clone();
    assert_eq!(error["code"], "idempotency_conflict");
    error["detail"].clone()
}

#[tokio::test]
async fn a_repeated_key_is_never_dispatched_or_charged_again() {
    let mut house = House::open().await;
    let first = house.ask(once("ok", "order-7")).await;
    assert_eq!(first.status, 200);
    let call = first.header("x-weighbridge-call").unwrap();
    let detail = conflict(&house.ask(once("ok", "order-7")).await);
    assert_eq!((&detail["call"], &detail["running"]), (&json!(call), &json!(false)));
    assert_eq!(house.ask(once("ok", "order-8")).await.status, 200);
    assert_eq!(house.provider.seen_count(), 2);
    // A restart forgets nothing.
    assert!(house.gateway.terminate().await.unwrap().success());
    let config = std::fs::read_to_string(house.scratch.join("weighbridge.toml")).unwrap();
    house.gateway =
        Gateway::start(binary(), &config, &house.scratch, GatewayOptions::default()).await.unwrap();
    assert_eq!(conflict(&house.ask(once("ok", "order-7")).await)["call"], call);
    assert_eq!(house.provider.seen_count(), 2);
}

#[tokio::test]
async fn of_many_at_once_exactly_one_is_dispatched() {
    let house = House::open().await;
    let calls = (0..32).map(|_| {
        let (url, request) = (house.url().to_owned(), once("ok", "order-7").bearer(&house.key));
        tokio::spawn(async move { http::call(&url, &request).await.unwrap() })
    });
    let mut good = 0;
    for call in calls.collect::<Vec<_>>() {
        let reply = call.await.unwrap();
        if reply.status == 200 {
            good += 1;
        } else {
            conflict(&reply);
        }
    }
    assert_eq!((good, house.provider.seen_count()), (1, 1));
    assert_eq!(house.receipts().await.len(), 1);
}

#[tokio::test]
async fn while_the_first_call_runs_the_second_is_told_so() {
    let house = House::open().await;
    let mut connection = http::Connection::open(house.url()).await.unwrap().patience(PATIENCE);
    connection.send(&once("never", "order-7").bearer(&house.key)).await.unwrap();
    assert!(house.provider.until(PATIENCE, |seen| !seen.is_empty()).await);
    assert_eq!(conflict(&house.ask(once("ok", "order-7")).await)["running"], true);
}

#[tokio::test]
async fn a_call_that_reached_nobody_may_be_made_again() {
    let house = House::with(Script::new(), "").await;
    let mut config = std::fs::read_to_string(house.scratch.join("weighbridge.toml")).unwrap();
    // Nobody listens on the first port.
    config = config.replace(&house.provider.address().to_string(), "127.0.0.1:1");
    let scratch = weighbridge_testkit::ScratchDir::new().unwrap();
    config =
        config.replace(house.scratch.path().to_str().unwrap(), scratch.path().to_str().unwrap());
    config =
        config.lines().filter(|line| !line.starts_with("listen")).collect::<Vec<_>>().join("\n");
    let gateway =
        Gateway::start(binary(), &config, &scratch, GatewayOptions::default()).await.unwrap();
    let admin = gateway.admin_key().unwrap();
    for _ in 0..2 {
        let request = once("ok", "order-7").bearer(&admin);
        let reply = http::call(gateway.url(), &request).await.unwrap();
        assert_eq!(reply.json()["error"]["code"], "provider_unreachable", "{}", reply.text());
    }
}
