//! What tools and operators ask before they begin.

use weighbridge_testkit::http::{self, Request};

use crate::house::House;

#[tokio::test]
async fn probes_are_answered_without_a_key() {
    let house = House::open().await;
    for (method, path, status) in [
        ("HEAD", "/", 200),
        ("GET", "/", 200),
        ("HEAD", "/api/hello", 200),
        ("GET", "/api/hello", 200),
        ("GET", "/health", 200),
        ("GET", "/healthz", 200),
        ("HEAD", "/healthz", 200),
        ("GET", "/ready", 200),
        ("GET", "/version", 200),
        ("GET", "/openapi.json", 200),
        ("OPTIONS", "/v1/chat/completions", 204),
    ] {
        let reply = http::call(house.url(), &Request::new(method, path)).await.unwrap();
        assert_eq!(reply.status, status, "{method} {path}");
        assert!(reply.header("x-request-id").unwrap().starts_with("req_"), "{method} {path}");
        assert_eq!(reply.body.is_empty(), method != "GET", "{method} {path}");
    }
}

#[tokio::test]
async fn a_browser_may_ask_what_sdks_ask_and_not_the_native_api() {
    let house = House::open().await;
    let preflight = |path| {
        Request::new("OPTIONS", path)
            .header("origin", "http://page.example")
            .header("access-control-request-headers", "authorization, x-stainless-lang")
    };
    let reply = http::call(house.url(), &preflight("/v1/models")).await.unwrap();
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    let allowed = reply.header("access-control-allow-headers");
    assert_eq!(allowed, Some("authorization, x-stainless-lang"));
    let reply = http::call(house.url(), &preflight("/gateway/v1/keys")).await.unwrap();
    assert_eq!(reply.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn models_are_listed_in_openais_shape() {
    let house = House::open().await;
    let list = house.ask(Request::get("/v1/models")).await.json();
    assert_eq!(list["object"], "list");
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert!(ids.contains(&&serde_json::json!("ok")));
    let one = house.ask(Request::get("/v1/models/ok")).await.json();
    assert_eq!(one["owned_by"], "desk");
    let none = house.ask(Request::get("/v1/models/nope")).await;
    assert_eq!(none.json()["error"]["code"], "model_not_found");
    let keyless = http::call(house.url(), &Request::get("/v1/models")).await.unwrap();
    assert_eq!(keyless.status, 401);
    assert!(house.receipts().await.is_empty(), "a free call left a receipt");
}

#[tokio::test]
async fn metrics_count_calls_and_hold_no_secret() {
    let house = House::open().await;
    house.chat(crate::house::body("ok", false)).await;
    house.chat(crate::house::body("ok", true)).await;
    let text = http::call(house.url(), &Request::get("/metrics")).await.unwrap().text();
    assert!(text.contains("weighbridge_calls_total{outcome=\"ok\"} 2"), "{text}");
    assert!(text.contains("weighbridge_calls_in_flight 0"), "{text}");
    assert!(!text.contains("wb_"));
}

/// Codex opens one before it sends its first request, and goes on over HTTP when it is told so; at
/// any other answer it tries seven times.
#[tokio::test]
async fn a_websocket_is_declined_in_the_one_way_that_clients_understand() {
    let house = House::open().await;
    for path in ["/v1/responses", "/v1/realtime"] {
        let request = Request::get(path)
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        let reply = house.ask(request).await;
        assert_eq!(reply.status, 426, "{path}: {}", reply.text());
        assert_eq!(reply.json()["error"]["code"], "no_websocket");
    }
}
