//! Bounds (invariant B1): at each limit there is a clear refusal, and nothing is lost.

use std::time::Duration;

use weighbridge_testkit::http::{self, Connection, Request};
use weighbridge_testkit::provider::StreamEnd;
use weighbridge_testkit::{Behaviour, Script};

use crate::house::{House, PATIENCE, body};

#[tokio::test]
async fn a_body_over_the_limit_is_413_announced_or_not() {
    let house = House::with(Script::new(), "[limits]\nbody = \"4KiB\"\n").await;
    let long = format!("{{\"model\":\"ok\",\"x\":\"{}\"}}", "a".repeat(5000));
    let reply = house.chat(long.clone()).await;
    assert_eq!(reply.status, 413, "{}", reply.text());
    assert_eq!(reply.json()["error"]["code"], "body_too_large");
    assert!(reply.text().contains("limits.body"));
    let mut connection = Connection::open(house.url()).await.unwrap().patience(PATIENCE);
    let chunked = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         transfer-encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
        house.key,
        long.len()
    );
    connection.send_raw(chunked.as_bytes()).await.unwrap();
    assert_eq!(connection.rest().await.unwrap().status, 413);
    assert_eq!(house.provider.seen_count(), 0);
}

#[tokio::test]
async fn a_large_body_over_the_limit_still_gets_to_read_its_refusal() {
    let house = House::with(Script::new(), "[limits]\nbody = \"64KiB\"\n").await;
    let long = format!("{{\"model\":\"ok\",\"x\":\"{}\"}}", "a".repeat(8 << 20));
    let reply = house.chat(long).await;
    assert_eq!(reply.status, 413);
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_408() {
    let house = House::with(Script::new(), "[limits]\nbody_idle = \"200ms\"\n").await;
    let mut connection = Connection::open(house.url()).await.unwrap().patience(PATIENCE);
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-length: 100\r\n\r\n{{",
        house.key
    );
    connection.send_raw(head.as_bytes()).await.unwrap();
    let reply = connection.rest().await.unwrap();
    assert_eq!(reply.status, 408, "{}", reply.text());
}

#[tokio::test]
async fn a_head_that_comes_too_slowly_is_closed() {
    let house = House::with(Script::new(), "[limits]\nheader_timeout = \"200ms\"\n").await;
    let mut connection = Connection::open(house.url()).await.unwrap().patience(PATIENCE);
    connection.send_raw(b"POST /v1/chat/completions HTTP/1.1\r\nhost").await.unwrap();
    // Closed without a reply, or with one that is none of ours: it does not hang.
    let closed = tokio::time::timeout(Duration::from_secs(5), connection.rest()).await;
    assert!(closed.is_ok(), "a slow head holds its connection");
}

#[tokio::test]
async fn calls_beyond_the_places_are_refused_before_dispatch() {
    let hang = Behaviour::Gate {
        name: "g".to_owned(),
        content_type: None,
        chunks: vec!["data: {\"choices\":[]}\n\n".into(), "data: [DONE]\n\n".into()],
        end: StreamEnd::End,
    };
    let house = House::with(Script::new().on("gate", hang), "[limits]\ncalls = 2\n").await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut connection = house.begin(body("gate", true)).await;
        let head = connection.head().await.unwrap();
        connection.chunk().await.unwrap();
        open.push((connection, head));
    }
    let reply = house.chat(body("ok", false)).await;
    assert_eq!(reply.status, 503, "{}", reply.text());
    assert_eq!(reply.json()["error"]["code"], "cannot_record");
    assert!(reply.header("retry-after").is_some());
    assert_eq!(house.provider.seen_count(), 2);
    for (mut connection, head) in open {
        house.provider.release("g");
        connection.finish(head).await.unwrap();
    }
    assert_eq!(house.chat(body("ok", false)).await.status, 200);
}

#[tokio::test]
async fn connections_beyond_the_limit_are_told_why() {
    let house = House::with(Script::new(), "[limits]\nconnections = 3\n").await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut connection = Connection::open(house.url()).await.unwrap().patience(PATIENCE);
        connection.send(&Request::get("/health")).await.unwrap();
        connection.head().await.unwrap();
        held.push(connection);
    }
    let reply = http::call(house.url(), &Request::get("/health")).await.unwrap();
    assert_eq!(reply.status, 503);
    assert_eq!(reply.json()["error"]["code"], "overloaded");
    drop(held);
    let until = tokio::time::Instant::now() + PATIENCE;
    while http::call(house.url(), &Request::get("/health")).await.map_or(0, |it| it.status) != 200 {
        assert!(tokio::time::Instant::now() < until, "the room does not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_caller_that_does_not_read_is_dropped_and_its_call_has_a_receipt() {
    // More than the system's buffers between provider, gateway and caller can hold.
    let content = "a".repeat(60_000);
    let event = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{content}\"}}}}]}}\n\n");
    let flood = Behaviour::stream(vec![bytes::Bytes::from(event); 1000]);
    let script = Script::new().on("flood", flood);
    let house = House::with(script, "[limits]\nstream_idle = \"500ms\"\n").await;
    let connection = house.begin(body("flood", true)).await;
    let receipts = house.receipts_become(1).await;
    assert_eq!(receipts[0]["outcome"], "cancelled");
    assert!(house.provider.until(PATIENCE, |seen| seen[0].client_left).await);
    drop(connection);
}
