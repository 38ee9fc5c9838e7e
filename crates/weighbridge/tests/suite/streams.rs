//! Streams: pace, ends, comments, usage.

use std::time::Duration;

use bytes::Bytes;
use weighbridge_testkit::chat::{Chat, UsageSaid};
use weighbridge_testkit::http::Request;
use weighbridge_testkit::provider::StreamEnd;
use weighbridge_testkit::{Behaviour, Script};

use crate::house::{House, body, without_comments};

fn event(content: &str) -> Bytes {
    Bytes::from(format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{content}\"}}}}]}}\n\n"))
}

#[tokio::test]
async fn the_first_event_arrives_before_the_provider_sends_the_second() {
    let finish = Bytes::from_static(
        b"data: {\"choices\":[{\"finish_reason\":\"stop\",\"delta\":{}}]}\n\ndata: [DONE]\n\n",
    );
    let gate = Behaviour::Gate {
        name: "second".to_owned(),
        content_type: None,
        chunks: vec![event("one"), event("two"), finish],
        end: StreamEnd::End,
    };
    let house = House::with(Script::new().on("gate", gate), "").await;
    let mut connection = house.begin(body("gate", true)).await;
    let head = connection.head().await.unwrap();
    assert_eq!(head.header("content-type").unwrap().split(';').next(), Some("text/event-stream"));
    let first = connection.chunk().await.unwrap().unwrap();
    assert_eq!(first.bytes, event("one"));
    assert_eq!(house.provider.calls()[0].chunks, 1);
    house.provider.release("second");
    let second = connection.chunk().await.unwrap().unwrap();
    assert_eq!(second.bytes, event("two"));
    house.provider.release("second");
    let rest = connection.finish(head).await.unwrap();
    assert!(rest.text().ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn a_stream_carries_its_receipt_in_a_comment_just_before_its_terminator() {
    let house = House::open().await;
    let reply = house.chat(body("ok", true)).await;
    let text = reply.text();
    let call = reply.header("x-weighbridge-call").unwrap();
    let (before, comment) = text.rsplit_once(": weighbridge ").unwrap();
    let (comment, terminator) = comment.split_once("\n\n").unwrap();
    assert!(before.ends_with("\n\n"));
    assert_eq!(terminator, "data: [DONE]\n\n");
    let comment: serde_json::Value = serde_json::from_str(comment).unwrap();
    assert_eq!(comment["call"], call);
    let receipt = house.receipt_of(&reply).await;
    let millis = receipt["duration_us"].as_u64().unwrap() / 1000;
    assert_eq!(comment["duration_ms"], millis);
}

#[tokio::test]
async fn comment_lines_can_be_turned_off() {
    let house = House::with(
        Script::new().on("slow", Behaviour::paced(Duration::from_millis(120))),
        "[limits]\nping = \"50ms\"\n",
    )
    .await;
    let request = Request::post("/v1/chat/completions", body("slow", true));
    let reply = house.ask(request.header("x-weighbridge-trailer", "off")).await;
    assert!(!reply.text().contains(": weighbridge"), "{}", reply.text());
    assert!(reply.text().ends_with("data: [DONE]\n\n"));
    let reply = house.chat(body("slow", true)).await;
    assert!(reply.text().contains(": weighbridge ping\n\n"), "{}", reply.text());
    let receipt = house.receipt_of(&reply).await;
    let output = weighbridge_proof::Digest::of(&without_comments(&reply.body)).to_string();
    assert_eq!(receipt["output"]["sha256"], output);
}

#[tokio::test]
async fn the_usage_chunk_is_taken_out_for_who_did_not_ask() {
    let house = House::open().await;
    let reply = house.chat(body("ok", true)).await;
    assert!(!reply.text().contains("prompt_tokens"), "{}", reply.text());
    assert_eq!(house.receipt_of(&reply).await["usage"]["basis"], "measured");
    let asked = r#"{"model":"ok","stream":true,"stream_options":{"include_usage":true}}"#;
    let reply = house.chat(asked).await;
    assert!(reply.text().contains("prompt_tokens"));
}

#[tokio::test]
async fn usage_that_nobody_reports_is_estimated_and_says_so() {
    let quiet = Behaviour::chat(Chat { usage: UsageSaid::Never, ..Chat::of_words(40) });
    let house = House::with(Script::new().on("quiet", quiet), "").await;
    for stream in [true, false] {
        let reply = house.chat(body("quiet", stream)).await;
        let usage = &house.receipt_of(&reply).await["usage"];
        assert_eq!(usage["basis"], "estimated");
        assert!(usage["output_tokens"].as_u64().unwrap() >= 40, "{usage}");
        assert!(usage["input_tokens"].as_u64().unwrap() >= 2, "{usage}");
    }
}

#[tokio::test]
async fn a_stream_without_done_ends_well_after_a_finish_reason() {
    let without = Behaviour::chat(Chat { done: false, ..Chat::default() });
    let house = House::with(Script::new().on("without", without), "").await;
    let reply = house.chat(body("without", true)).await;
    assert!(reply.complete);
    assert!(!reply.text().contains("[DONE]"), "a terminator was invented");
    assert!(!reply.text().contains("\"error\""), "{}", reply.text());
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(receipt["outcome"], "ok");
    let output = weighbridge_proof::Digest::of(&without_comments(&reply.body)).to_string();
    assert_eq!(receipt["output"]["sha256"], output);
}

#[tokio::test]
async fn line_ends_of_every_kind_and_comments_pass() {
    let odd = Behaviour::chat(Chat { crlf: true, comments: true, ..Chat::default() });
    let house = House::with(Script::new().on("odd", odd), "").await;
    let reply = house.chat(body("odd", true)).await;
    assert!(reply.text().contains("\r\n\r\n"));
    assert!(reply.text().contains("a comment of the provider's"));
    assert_eq!(house.receipt_of(&reply).await["outcome"], "ok");
}
