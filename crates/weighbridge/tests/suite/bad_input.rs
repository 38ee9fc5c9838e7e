//! What strangers send: a clear 4xx in OpenAI's shape, a counter, no record.

use serde_json::Value;
use weighbridge_testkit::http::{self, Connection, Request};

use crate::house::{House, PATIENCE, body};

fn refused(reply: &http::Reply, status: u16, code: &str) {
    assert_eq!(reply.status, status, "{}", reply.text());
    let error = &reply.json()["error"];
    assert_eq!(error["code"], code, "{error}");
    assert!(error["message"].as_str().unwrap().len() > 10, "{error}");
    assert!(error["type"].is_string(), "{error}");
}

#[tokio::test]
async fn bodies_that_are_no_chat_request_are_refused_and_not_recorded() {
    let house = House::open().await;
    let deep = format!("{{\"model\":\"ok\",\"x\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
    let bad: &[&[u8]] = &[
        b"",
        b"hello",
        b"[]",
        b"{\"model\":\"ok\"",
        b"{\"model\":\"ok\"} {}",
        b"{\"model\":\"\xff\"}",
        b"{\"messages\":[]}",
        b"{\"model\":5}",
        b"{\"model\":\"\"}",
        b"{\"model\":\"ok\",\"stream\":\"yes\"}",
        b"{\"model\":\"ok\",\"model\":\"ok\"}",
        b"{\"model\":\"ok\",\"\\u006dodel\":\"other\"}",
        b"{\"model\":\"ok\",\"n\":01}",
        deep.as_bytes(),
    ];
    for bytes in bad {
        let reply = house.chat(bytes.to_vec()).await;
        refused(&reply, 400, "invalid_request");
        assert_eq!(reply.header("x-should-retry"), Some("false"));
        assert!(reply.header("x-request-id").unwrap().starts_with("req_"));
    }
    assert!(house.receipts().await.is_empty());
    assert_eq!(house.provider.seen_count(), 0);
    let metrics = http::call(house.url(), &Request::get("/metrics")).await.unwrap().text();
    let counted =
        format!("weighbridge_refused_requests_total{{code=\"invalid_request\"}} {}", bad.len());
    assert!(metrics.contains(&counted), "{metrics}");
}

#[tokio::test]
async fn wishes_that_are_not_built_are_refused_by_name() {
    let house = House::open().await;
    for path in ["/v1/batches", "/v1/responses/x"] {
        refused(&house.ask(Request::post(path, "{}")).await, 404, "not_available");
    }
    for path in ["/v1/messages/batches", "/api/pull"] {
        let reply = house.ask(Request::post(path, "{}")).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.text().contains("not in this version"), "{}", reply.text());
    }
    let reply = house.ask(Request::get("/gateway/v1/tasks")).await;
    assert_eq!(reply.json()["error"]["code"], "not_available");
    assert_eq!(house.provider.seen_count(), 0);
}

#[tokio::test]
async fn an_unknown_model_is_a_404_that_names_some() {
    let house = House::open().await;
    let reply = house.chat(body("gpt-9", false)).await;
    refused(&reply, 404, "model_not_found");
    assert!(reply.json()["error"]["message"].as_str().unwrap().contains("served are"));
    assert!(house.receipts().await.is_empty());
}

#[tokio::test]
async fn a_wrong_route_names_the_nearest_and_a_wrong_method_the_right_one() {
    let house = House::open().await;
    let reply = house.ask(Request::post("/v1/chat/completion", "{}")).await;
    refused(&reply, 404, "not_found");
    assert!(reply.text().contains("/v1/chat/completions"));
    let reply = house.ask(Request::get("/v1/chat/completions")).await;
    refused(&reply, 405, "method_not_allowed");
    for path in ["/chat/completions", "/v1/v1/chat/completions"] {
        let reply = house.ask(Request::post(path, body("ok", false))).await;
        assert_eq!(reply.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_wrong_key_is_refused_before_a_byte_of_the_body_is_read() {
    let house = House::open().await;
    for key in ["wb_wrong", "sk-something-from-elsewhere", &format!("{}0", house.key)] {
        let mut connection = Connection::open(house.url()).await.unwrap().patience(PATIENCE);
        // A body is announced and never sent.
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
             content-length: 1000000\r\n\r\n"
        );
        connection.send_raw(head.as_bytes()).await.unwrap();
        let reply = connection.rest().await.unwrap();
        refused(&reply, 401, "invalid_api_key");
        assert_eq!(reply.header("x-should-retry"), Some("false"));
    }
    let request = Request::post("/v1/chat/completions", body("ok", false));
    refused(&http::call(house.url(), &request).await.unwrap(), 401, "invalid_api_key");
    let two = request.bearer(&house.key).header("x-api-key", "another");
    refused(&http::call(house.url(), &two).await.unwrap(), 400, "invalid_request");
}

#[tokio::test]
async fn a_body_that_ends_early_leaves_no_record() {
    let house = House::open().await;
    let mut connection = Connection::open(house.url()).await.unwrap().patience(PATIENCE);
    let sent = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-length: 100\r\n\r\n{{\"model\":\"ok\"",
        house.key
    );
    connection.send_raw(sent.as_bytes()).await.unwrap();
    connection.close_sending().await.unwrap();
    // Whoever closes half a request may or may not still read the refusal.
    drop(connection.rest().await);
    let reply = house.chat(body("ok", false)).await;
    assert_eq!(reply.status, 200);
    assert_eq!(house.receipts().await.len(), 1);
    assert_eq!(house.provider.seen_count(), 1);
}

#[tokio::test]
async fn heads_that_are_bombs_and_bytes_that_are_no_http_get_words() {
    let house = House::open().await;
    let many: String = (0..5000).map(|number| format!("x-{number}: 1\r\n")).collect();
    let some: String = (0..99).map(|number| format!("x-{number}: 1\r\n")).collect();
    let long = format!("x-long: {}\r\n", "a".repeat(40_000));
    let endless = format!("x-long: {}\r\n", "a".repeat(1 << 20));
    for (fields, status, code) in [
        (many, 431, "headers_too_large"),
        (some.clone() + "a: 1\r\nb: 2\r\n", 431, "headers_too_large"),
        (long, 431, "headers_too_large"),
        (endless, 431, "headers_too_large"),
    ] {
        let bytes = format!("GET /health HTTP/1.1\r\nhost: x\r\n{fields}\r\n");
        let reply = http::call_raw(house.url(), bytes.as_bytes()).await.unwrap();
        refused(&reply, status, code);
    }
    let reply = http::call_raw(house.url(), b"\x16\x03\x01 hello\r\n\r\n").await.unwrap();
    refused(&reply, 400, "invalid_request");
    let reply = http::call(house.url(), &Request::get("/health")).await.unwrap();
    assert_eq!(reply.json()["status"], Value::from("ok"));
}
