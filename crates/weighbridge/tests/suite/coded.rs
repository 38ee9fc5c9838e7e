//! Bodies that come compressed.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use weighbridge_proof::Digest;
use weighbridge_testkit::Script;
use weighbridge_testkit::http::{Reply, Request};

use crate::house::House;

const PLAIN: &str = r#"{ "model":"ok", "messages":[{"role":"user","content":"weigh this"}] }"#;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn send(house: &House, coding: &str, body: Vec<u8>) -> Reply {
    let request = Request::post("/v1/chat/completions", body).header("content-encoding", coding);
    house.ask(request).await
}

#[tokio::test]
async fn a_coded_body_counts_and_goes_on_as_what_it_decodes_to() {
    let house = House::open().await;
    let zstd = zstd::encode_all(PLAIN.as_bytes(), 3).unwrap();
    for (coding, body) in [("gzip", gzip(PLAIN.as_bytes())), ("zstd", zstd)] {
        let reply = send(&house, coding, body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let seen = house.provider.take().pop().unwrap();
        assert_eq!(seen.body, PLAIN, "{coding}");
        assert_eq!(seen.header("content-encoding"), None);
        let receipt = house.receipt_of(&reply).await;
        assert_eq!(receipt["input"]["sha256"], Digest::of(PLAIN.as_bytes()).to_string());
        assert_eq!(receipt["input"]["bytes"], PLAIN.len());
    }
}

#[tokio::test]
async fn what_decodes_to_nothing_good_is_refused_and_leaves_no_receipt() {
    let house = House::with(Script::new(), "[limits]\nbody = \"1MiB\"\n").await;
    let long = format!("{{\"model\":\"ok\",\"x\":\"{}\"}}", "ab".repeat(1 << 20));
    for (coding, body, status, code) in [
        ("gzip", gzip(&vec![b' '; 32 << 20]), 413, "body_too_large"),
        ("gzip", gzip(long.as_bytes()), 413, "body_too_large"),
        ("gzip", PLAIN.as_bytes().to_vec(), 400, "invalid_request"),
        ("zstd", PLAIN.as_bytes().to_vec(), 400, "invalid_request"),
        ("br", PLAIN.as_bytes().to_vec(), 415, "unsupported_media_type"),
    ] {
        let reply = send(&house, coding, body).await;
        assert_eq!(reply.status, status, "{}", reply.text());
        assert_eq!(reply.json()["error"]["code"], code);
        assert_eq!(
            reply.json()["error"]["param"].as_str(),
            (status != 413).then_some("content-encoding")
        );
    }
    assert_eq!(house.provider.seen_count(), 0);
    assert!(house.receipts().await.is_empty());
}
