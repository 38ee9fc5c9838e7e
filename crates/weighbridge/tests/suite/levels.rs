//! Levels: so many calls and reads in any window, and what callers are told of it.

use serde_json::json;
use weighbridge_testkit::gateway::GatewayOptions;
use weighbridge_testkit::http::{Reply, Request};
use weighbridge_testkit::{Gateway, Script};

use crate::house::{House, binary, body, post};

const CONFIG: &str = "[levels.default]\nsync = { requests = 3, window = \"10m\" }\n\
    view = { requests = 4, window = \"10m\" }\n[levels.gold]\n";

fn limited(reply: &Reply) {
    assert_eq!(reply.status, 429, "{}", reply.text());
    assert_eq!(reply.json()["error"]["code"], "rate_limit_exceeded");
    let seconds: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    let millis: u64 = reply.header("retry-after-ms").unwrap().parse().unwrap();
    assert!((590..=600).contains(&seconds) && millis.div_ceil(1_000) == seconds);
    assert_eq!(reply.header("x-ratelimit-remaining-requests"), Some("0"));
    assert_eq!(reply.header("x-should-retry"), None, "waiting mends it");
}

#[tokio::test]
async fn calls_beyond_the_level_are_refused_before_their_body_is_read() {
    let house = House::with(Script::new(), CONFIG).await;
    for left in ["2", "1", "0"] {
        let reply = house.chat(body("ok", false)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.header("x-ratelimit-limit-requests"), Some("3"));
        assert_eq!(reply.header("x-ratelimit-remaining-requests"), Some(left));
        assert!(reply.header("x-ratelimit-reset-requests").unwrap().contains('m'));
    }
    limited(&house.chat("this is not even JSON").await);
    // Models are free, and another account has a window of its own.
    assert_eq!(house.ask(Request::get("/v1/models")).await.status, 200);
    let wanted = json!({ "name": "b" });
    let account = post(house.url(), "/gateway/v1/accounts", &house.admin, &wanted);
    let wanted = json!({ "account": account.await.json()["id"] });
    let key = post(house.url(), "/gateway/v1/keys", &house.admin, &wanted).await.json();
    let request = Request::post("/v1/chat/completions", body("ok", false));
    let request = request.bearer(key["key"].as_str().unwrap());
    let reply = weighbridge_testkit::http::call(house.url(), &request).await.unwrap();
    assert_eq!(reply.status, 200);
    // A better level opens the window at once.
    assert_eq!(house.change(json!({ "level": "gold" })).await.status, 200);
    assert_eq!(house.chat(body("ok", false)).await.status, 200);
}

#[tokio::test]
async fn a_restart_gives_nobody_a_second_window() {
    let mut house = House::with(Script::new(), CONFIG).await;
    for _ in 0..2 {
        assert_eq!(house.chat(body("ok", false)).await.status, 200);
    }
    assert!(house.gateway.terminate().await.unwrap().success());
    let config = std::fs::read_to_string(house.scratch.join("weighbridge.toml")).unwrap();
    house.gateway =
        Gateway::start(binary(), &config, &house.scratch, GatewayOptions::default()).await.unwrap();
    assert_eq!(house.chat(body("ok", false)).await.status, 200);
    limited(&house.chat(body("ok", false)).await);
}

#[tokio::test]
async fn reads_have_a_window_of_their_own() {
    let house = House::with(Script::new(), CONFIG).await;
    for _ in 0..4 {
        assert_eq!(house.ask(Request::get("/gateway/v1/me")).await.status, 200);
    }
    let reply = house.ask(Request::get("/gateway/v1/receipts")).await;
    limited(&reply);
    assert!(reply.json()["error"]["message"].as_str().unwrap().contains("4 reads"));
    assert_eq!(house.chat(body("ok", false)).await.status, 200);
}

#[tokio::test]
async fn a_level_that_accounts_have_cannot_vanish_from_the_file() {
    let mut house = House::with(Script::new(), CONFIG).await;
    assert_eq!(house.change(json!({ "level": "gold" })).await.status, 200);
    let unknown = house.change(json!({ "level": "silver" })).await;
    assert_eq!(unknown.json()["error"]["field"], "level");
    assert!(house.gateway.terminate().await.unwrap().success());
    let config = std::fs::read_to_string(house.scratch.join("weighbridge.toml")).unwrap();
    let without = config.replace("[levels.gold]", "");
    let refused =
        Gateway::start(binary(), &without, &house.scratch, GatewayOptions::default()).await;
    let said = refused.unwrap_err().to_string();
    assert!(said.contains("have the level gold"), "{said}");
}
