//! Callers who leave: the provider's call ends, and the receipt is there.

use std::time::Duration;

use bytes::Bytes;
use weighbridge_testkit::provider::{Chunk, StreamEnd};
use weighbridge_testkit::{Behaviour, Script};

use crate::house::{House, PATIENCE, body};

#[tokio::test]
async fn leaving_in_the_middle_of_a_stream_ends_the_providers_call() {
    let house = House::open().await;
    let mut connection = house.begin(body("endless", true)).await;
    connection.head().await.unwrap();
    connection.chunk().await.unwrap();
    drop(connection);
    assert!(house.provider.until(PATIENCE, |seen| seen[0].client_left).await);
    let receipt = house.receipts_become(1).await.remove(0);
    assert_eq!(receipt["outcome"], "cancelled");
    assert_eq!(receipt["error"]["code"], "client_left");
    assert_eq!(receipt["output"]["complete"], false);
    assert!(receipt["output"]["bytes"].as_u64().unwrap() > 0);
    assert_eq!(receipt["usage"]["basis"], "estimated");
}

#[tokio::test]
async fn leaving_before_the_provider_answers_ends_its_call_too() {
    let house = House::open().await;
    for stream in [true, false] {
        let connection = house.begin(body("never", stream)).await;
        assert!(house.provider.until(PATIENCE, |seen| !seen.is_empty()).await);
        drop(connection);
        assert!(house.provider.until(PATIENCE, |seen| seen[0].client_left).await);
        house.provider.take();
    }
    for receipt in house.receipts_become(2).await {
        assert_eq!(receipt["outcome"], "cancelled");
        assert_eq!(receipt["attempts"][0]["outcome"], "cancelled");
        assert_eq!(receipt["attempts"][0]["status"], serde_json::Value::Null);
    }
}

#[tokio::test]
async fn after_the_finish_mark_the_tail_is_still_read_for_its_usage() {
    let event = |text: &'static str| Bytes::from_static(text.as_bytes());
    let later = |bytes: Bytes| Chunk { bytes, delay_before: Duration::from_millis(400) };
    let tail = Behaviour::Stream {
        chunks: vec![
            Chunk::now(event("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n")),
            Chunk::now(event(
                "data: {\"choices\":[{\"finish_reason\":\"stop\",\"delta\":{}}]}\n\n",
            )),
            later(event(
                "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":22}}\n\n",
            )),
            Chunk::now(event("data: [DONE]\n\n")),
        ],
        end: StreamEnd::End,
    };
    let house = House::with(Script::new().on("tail", tail), "").await;
    let mut connection = house.begin(body("tail", true)).await;
    connection.head().await.unwrap();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("finish_reason") {
        seen.extend_from_slice(&connection.chunk().await.unwrap().unwrap().bytes);
    }
    drop(connection);
    let receipt = house.receipts_become(1).await.remove(0);
    assert_eq!(receipt["outcome"], "cancelled");
    assert_eq!(receipt["usage"]["basis"], "measured");
    assert_eq!(receipt["usage"]["input_tokens"], 11);
    assert_eq!(receipt["usage"]["output_tokens"], 22);
}
