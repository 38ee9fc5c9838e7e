//! Providers that fail, each in its own way: the caller is told, the receipt says so, and no
//! stream ends twice (invariant F2).

use std::sync::atomic::{AtomicUsize, Ordering};

use weighbridge_core::invariant::{StreamEnds, f2};
use weighbridge_testkit::http::Request;
use weighbridge_testkit::provider::{Asked, Chooser, StreamEnd};
use weighbridge_testkit::{Behaviour, Script};

use crate::house::{House, body};

/// How a stream ended, as its bytes show.
fn ends(text: &str) -> StreamEnds {
    let terminators = text.matches("data: [DONE]").count();
    let errors = text.matches("data: {\"error\":").count();
    let last = text.rfind("data: ").map_or("", |at| &text[at..]);
    let over = terminators + errors > 0;
    let is_end = last.starts_with("data: [DONE]") || last.starts_with("data: {\"error\":");
    StreamEnds {
        terminators: u32::try_from(terminators).unwrap(),
        errors: u32::try_from(errors).unwrap(),
        after: if over && !is_end { last.len() as u64 } else { 0 },
    }
}

#[tokio::test]
async fn a_stream_that_fails_ends_in_an_error_and_never_in_done() {
    let two = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    let error = "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n";
    let done = "data: [DONE]\n\n";
    let silent = Behaviour::Stream {
        chunks: vec![weighbridge_testkit::provider::Chunk::now(two)],
        end: StreamEnd::Hang,
    };
    let script = Script::with_faults()
        .on("words", Behaviour::stream([two, "data: not json\n\n", done]))
        .on("error-event", Behaviour::stream([two, error, done]))
        .on("unfinished", Behaviour::stream([two]))
        .on("silent", silent);
    let house = House::with(script, "[limits]\nstream_event = \"64KiB\"\n").await;
    for (model, code) in [
        ("cut", "provider_incomplete"),
        ("unfinished", "provider_incomplete"),
        ("line", "provider_garbage"),
        ("words", "provider_garbage"),
        ("error-event", "provider_error"),
        ("silent", "provider_timeout"),
        ("hang", "provider_timeout"),
    ] {
        let reply = house.chat(body(model, true)).await;
        let text = reply.text();
        assert_eq!(reply.status, 200, "{model}");
        let seen = ends(&text);
        f2(seen).unwrap_or_else(|broken| panic!("{model}: {broken}\n{text}"));
        assert_eq!((seen.terminators, seen.errors), (0, 1), "{model}: {text}");
        assert!(text.contains(&format!("\"code\":\"{code}\"")), "{model}: {text}");
        let receipt = house.receipt_of(&reply).await;
        assert_eq!(receipt["outcome"], "error", "{model}");
        assert_eq!(receipt["error"]["code"], code, "{model}");
        assert_eq!(receipt["output"]["complete"], false, "{model}");
    }
}

#[tokio::test]
async fn a_stream_without_an_end_is_ended_with_an_error() {
    let house = House::with(Script::with_faults(), "[limits]\nstream_time = \"300ms\"\n").await;
    let reply = house.chat(body("endless", true)).await;
    let text = reply.text();
    assert_eq!(ends(&text), StreamEnds { terminators: 0, errors: 1, after: 0 });
    assert!(text.contains("limits.stream_time"));
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(receipt["error"]["code"], "provider_timeout");
}

#[tokio::test]
async fn a_whole_reply_that_fails_is_an_error_with_a_receipt() {
    let script = Script::with_faults()
        .on("text", Behaviour::bytes("hello"))
        .on("no-choices", Behaviour::bytes("{}"))
        .on("half", Behaviour::bytes("{\"choices\":[{"))
        .on("stream", Behaviour::stream(["data: [DONE]\n\n"]));
    let house = House::with(script, "").await;
    for (model, status, code) in [
        ("early", 502, "provider_incomplete"),
        ("garbage", 502, "provider_incomplete"),
        ("cut", 502, "provider_incomplete"),
        ("text", 502, "provider_garbage"),
        ("no-choices", 502, "provider_garbage"),
        ("half", 502, "provider_garbage"),
        ("stream", 502, "provider_garbage"),
        ("unauthorized", 502, "provider_credential"),
    ] {
        let reply = house.chat(body(model, false)).await;
        assert_eq!(reply.status, status, "{model}: {}", reply.text());
        assert_eq!(reply.json()["error"]["code"], code, "{model}");
        let receipt = house.receipt_of(&reply).await;
        assert_eq!(receipt["outcome"], "error", "{model}");
        assert_eq!(receipt["error"]["code"], code, "{model}");
        assert_eq!(receipt["attempts"].as_array().unwrap().len(), 1, "{model}");
        let output = weighbridge_proof::Digest::of(&reply.body).to_string();
        assert_eq!(receipt["output"]["sha256"], output, "{model}");
    }
    assert_eq!(house.receipts().await.len() as u64, house.provider.seen_count());
}

/// A provider that answers its first call, closes at its second, and answers from then on or never.
fn closing_at_its_second(comes_back: bool) -> Script {
    let calls = AtomicUsize::new(0);
    let choose = move |_: &Asked| match calls.fetch_add(1, Ordering::Relaxed) {
        0 => Behaviour::ok(),
        2.. if comes_back => Behaviour::ok(),
        _ => Behaviour::CloseEarly,
    };
    Script::new().on("closing", Behaviour::Choose(Chooser::new(choose)))
}

#[tokio::test]
async fn a_kept_connection_that_is_closed_is_no_failure() {
    let house = House::with(closing_at_its_second(true), "").await;
    for attempts in [&["ok"][..], &["error", "ok"], &["ok"]] {
        let reply = house.chat(body("closing", false)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let receipt = house.receipt_of(&reply).await;
        let outcome = |attempt: &serde_json::Value| attempt["outcome"].clone();
        let outcomes: Vec<_> =
            receipt["attempts"].as_array().unwrap().iter().map(outcome).collect();
        assert_eq!(outcomes, attempts);
    }
    assert_eq!(house.provider.seen_count(), 4);
}

#[tokio::test]
async fn a_call_is_sent_once_more_and_not_again() {
    let house = House::with(closing_at_its_second(false), "").await;
    assert_eq!(house.chat(body("closing", false)).await.status, 200);
    let reply = house.chat(body("closing", true)).await;
    assert_eq!(reply.status, 502, "{}", reply.text());
    assert_eq!(house.receipt_of(&reply).await["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(house.provider.seen_count(), 3);
}

#[tokio::test]
async fn a_stream_that_a_provider_answers_with_a_whole_reply_is_an_error() {
    let plain = Behaviour::Reply {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: "{\"choices\":[]}".into(),
        delay: std::time::Duration::ZERO,
    };
    let house = House::with(Script::new().on("plain", plain), "").await;
    let reply = house.chat(body("plain", true)).await;
    assert_eq!(reply.status, 502);
    assert_eq!(house.receipt_of(&reply).await["error"]["code"], "provider_garbage");
}

#[tokio::test]
async fn a_provider_that_never_answers_is_given_up_in_time() {
    let house = House::open().await;
    let reply = house.chat(body("never", true)).await;
    assert_eq!(reply.status, 504, "{}", reply.text());
    assert_eq!(reply.json()["error"]["code"], "provider_timeout");
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(receipt["error"]["code"], "provider_timeout");
    let micros = receipt["duration_us"].as_u64().unwrap();
    assert!((1_900_000..8_000_000).contains(&micros), "{micros}");
}

#[tokio::test]
async fn a_providers_own_refusal_is_passed_on_but_its_401_is_not() {
    let house = House::open().await;
    let reply = house.chat(body("retry", false)).await;
    assert_eq!(reply.status, 429);
    assert_eq!(reply.header("retry-after"), Some("7"));
    assert_eq!(house.receipt_of(&reply).await["attempts"][0]["status"], 429);
    let reply = house.chat(body("error", true)).await;
    assert_eq!(reply.status, 500);
    assert_eq!(reply.json()["error"]["message"], "The server had an error");
    let reply = house.chat(body("unauthorized", true)).await;
    assert_eq!(reply.status, 502);
    assert_eq!(reply.header("x-should-retry"), Some("false"));
    assert_eq!(house.receipt_of(&reply).await["attempts"][0]["status"], 401);
}

#[tokio::test]
async fn the_next_provider_is_asked_only_when_nothing_was_sent() {
    let provider = weighbridge_testkit::Provider::start().await.unwrap();
    // A port that was free a moment ago, and that nobody listens on.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let dead = weighbridge_testkit::gateway::provider_table(
        "dead",
        &format!("http://{address}/v1"),
        &["ok"],
    );
    let house = House::with(Script::with_faults(), &dead).await;
    let reply = house.chat(body("ok", false)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("x-weighbridge-provider"), Some("desk"));
    let attempts = house.receipt_of(&reply).await["attempts"].clone();
    assert_eq!(attempts[0]["provider"], "dead");
    assert_eq!(attempts[0]["outcome"], "error");
    assert_eq!(attempts[1]["provider"], "desk");
    assert_eq!(attempts[1]["outcome"], "ok");
    drop(provider);
}

#[tokio::test]
async fn a_key_that_google_refuses_is_the_gateways_and_not_the_callers() {
    let refusal = |message: &str, reason: &str| Behaviour::Reply {
        status: 400,
        headers: Vec::new(),
        body: format!(
            r#"{{"error":{{"code":400,"message":"{message}","status":"INVALID_ARGUMENT","details":
            [{{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"{reason}"}}]}}}}"#
        )
        .into(),
        delay: std::time::Duration::ZERO,
    };
    let script = Script::new()
        .on("key", refusal("API key not valid. Please pass one.", "API_KEY_INVALID"))
        .on("caller", refusal("contents is not specified", "OTHER"));
    let house = House::speaking("gemini", script, "").await;
    let google = |model: &str| {
        let path = format!("/v1beta/models/{model}:generateContent");
        house.ask(Request::post(&path, r#"{"contents":[{"parts":[{"text":"a"}]}]}"#))
    };
    for reply in [google("caller").await, house.chat(body("caller", false)).await] {
        assert_eq!(reply.status, 400, "{}", reply.text());
        assert!(reply.text().contains("contents is not specified"), "{}", reply.text());
    }
    let reply = google("key").await;
    assert_eq!(reply.status, 502, "{}", reply.text());
    assert!(!reply.text().contains("Please pass one"), "{}", reply.text());
    assert_eq!(house.receipt_of(&reply).await["error"]["code"], "provider_credential");
    // From then on it is not asked for a while, and its callers are told the same.
    let asked = house.provider.seen_count();
    for reply in [google("key").await, house.chat(body("caller", false)).await] {
        assert_eq!(reply.status, 502, "{}", reply.text());
        assert_eq!(
            reply.json()["error"]["code"].as_str().unwrap_or("provider_credential"),
            "provider_credential"
        );
    }
    assert_eq!(house.provider.seen_count(), asked);
}
