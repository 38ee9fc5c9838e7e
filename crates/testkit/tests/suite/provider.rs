//! The scripted provider and the client, facing each other.

use std::time::Duration;

use weighbridge_testkit::chat::Chat;
use weighbridge_testkit::http::{self, Connection, Request};
use weighbridge_testkit::provider::{Behaviour, Chunk, Provider, Script, StreamEnd};

const PATIENCE: Duration = Duration::from_secs(10);

fn call(model: &str, stream: bool) -> Request {
    let body = format!(
        r#"{{"model":"{model}","stream":{stream},"messages":[{{"role":"user","content":"m-1-2"}}]}}"#
    );
    Request::post("/v1/chat/completions", body)
}

#[tokio::test]
async fn ok_replies_and_streams_and_every_body_is_different() {
    let provider = Provider::start().await.unwrap();
    let mut connection = Connection::open(&provider.base_url()).await.unwrap();
    let mut bodies = Vec::new();
    for stream in [false, true, false] {
        let reply = connection.exchange(&call("ok", stream)).await.unwrap();
        assert!(reply.complete && reply.status == 200);
        assert!(reply.text().contains("m-1-2"), "{}", reply.text());
        assert_eq!(reply.text().ends_with("data: [DONE]\n\n"), stream);
        assert_eq!(reply.text().contains("usage"), !stream);
        bodies.push(reply.body);
    }
    assert_ne!(bodies[0], bodies[2]);
    let calls = provider.calls();
    assert_eq!((calls.len(), provider.seen_count()), (3, 3));
    assert!(calls.iter().all(|seen| seen.finished && !seen.client_left));
    assert_eq!(calls[1].marker.as_deref(), Some("m-1-2"));
    assert_eq!(calls[1].header("content-type"), Some("application/json"));
    assert_eq!(provider.take().len(), 3);
    assert_eq!((provider.calls().len(), provider.seen_count()), (0, 3));
}

#[tokio::test]
async fn usage_comes_in_streams_that_ask_for_it() {
    let provider = Provider::start().await.unwrap();
    let body = r#"{"model":"ok","stream":true,"stream_options":{"include_usage":true}}"#;
    let request = Request::post("/v1/chat/completions", body);
    let reply = http::call(&provider.base_url(), &request).await.unwrap();
    assert!(reply.text().contains(r#""choices":[],"#), "{}", reply.text());
    assert!(reply.text().contains("prompt_tokens"));
}

#[tokio::test]
async fn a_stream_can_have_odd_lines_and_no_terminator() {
    let chat = Chat { crlf: true, comments: true, done: false, ..Chat::default() };
    let script = Script::new().on("odd", Behaviour::chat(chat));
    let provider = Provider::start_with(script).await.unwrap();
    let reply = http::call(&provider.base_url(), &call("odd", true)).await.unwrap();
    assert!(reply.text().contains("\r\n\r\n: a comment"));
    assert!(reply.complete && !reply.text().contains("[DONE]"));
}

#[tokio::test]
async fn a_gate_holds_a_chunk_until_it_is_released() {
    let chunks = ["data: 1\n\n", "data: 2\n\n"].map(Into::into).to_vec();
    let gate =
        Behaviour::Gate { name: "g".to_owned(), content_type: None, chunks, end: StreamEnd::End };
    let script = Script::new().on("gate", gate);
    let provider = Provider::start_with(script).await.unwrap();
    let mut connection = Connection::open(&provider.base_url()).await.unwrap();
    connection.send(&call("gate", true)).await.unwrap();
    assert_eq!(connection.head().await.unwrap().status, 200);
    assert_eq!(connection.chunk().await.unwrap().unwrap().bytes, "data: 1\n\n");
    assert_eq!(provider.calls()[0].chunks, 1);
    provider.release("g");
    assert_eq!(connection.chunk().await.unwrap().unwrap().bytes, "data: 2\n\n");
    assert_eq!(connection.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed() {
    let provider = Provider::start_with(Script::with_faults()).await.unwrap();
    for model in ["hang", "never", "line", "endless"] {
        let mut connection = Connection::open(&provider.base_url()).await.unwrap();
        connection.send(&call(model, true)).await.unwrap();
        if model != "never" {
            connection.head().await.unwrap();
            connection.chunk().await.unwrap().unwrap();
        }
        assert!(provider.until(PATIENCE, |calls| calls.len() == 1).await);
        drop(connection);
        let left = provider.until(PATIENCE, |calls| calls[0].client_left).await;
        assert!(left && !provider.take()[0].finished, "{model}");
    }
}

#[tokio::test]
async fn every_fault_is_what_it_says() {
    let provider = Provider::start_with(Script::with_faults()).await.unwrap();
    let url = provider.base_url();
    for stream in [false, true] {
        let reply = http::call(&url, &call("cut", stream)).await.unwrap();
        assert!(reply.status == 200 && !reply.complete && !reply.body.is_empty());
    }
    for model in ["early", "garbage"] {
        assert!(http::call(&url, &call(model, false)).await.is_err(), "{model}");
    }
    let long = http::call(&url, &call("long", false)).await.unwrap();
    assert!(long.complete && long.body.len() > 3 << 20);
    for (model, status) in [("error", 500), ("unauthorized", 401), ("retry", 429), ("x", 404)] {
        let reply = http::call(&url, &call(model, false)).await.unwrap();
        assert_eq!(reply.status, status);
        assert!(reply.json()["error"]["message"].is_string());
        assert_eq!(reply.header("Retry-After").is_some(), model == "retry");
    }
    let models = http::call(&url, &Request::get("/v1/models")).await.unwrap().json();
    assert_eq!(models["data"].as_array().unwrap().len(), provider.models().len());
}

#[tokio::test]
async fn chunks_come_at_their_time_and_choosers_choose() {
    let late = Chunk { bytes: "late".into(), delay_before: Duration::from_millis(60) };
    let stream = Behaviour::Stream { chunks: vec![Chunk::now("now"), late], end: StreamEnd::End };
    let script = Script::new().otherwise(Behaviour::choose(move |asked| {
        if asked.number == 1 { stream.clone() } else { Behaviour::bytes(asked.model.clone()) }
    }));
    let provider = Provider::start_with(script).await.unwrap();
    let mut connection = Connection::open(&provider.base_url()).await.unwrap();
    connection.send(&call("any", true)).await.unwrap();
    connection.head().await.unwrap();
    let first = connection.chunk().await.unwrap().unwrap();
    let second = connection.chunk().await.unwrap().unwrap();
    assert_eq!((&first.bytes[..], &second.bytes[..]), (&b"now"[..], &b"late"[..]));
    assert!(second.at - first.at >= Duration::from_millis(30));
    assert_eq!(connection.chunk().await.unwrap(), None);
    assert_eq!(connection.exchange(&call("any", true)).await.unwrap().text(), "any");
}

#[tokio::test]
async fn a_provider_that_is_dropped_is_gone() {
    let provider = Provider::start_with(Script::with_faults()).await.unwrap();
    let url = provider.base_url();
    let mut connection = Connection::open(&url).await.unwrap();
    connection.send(&call("hang", true)).await.unwrap();
    connection.head().await.unwrap();
    drop(provider);
    while let Ok(Some(_)) = connection.chunk().await {}
    assert!(Connection::open(&url).await.is_err());
}

#[tokio::test]
async fn bytes_that_are_no_request_can_be_sent() {
    let provider = Provider::start().await.unwrap();
    assert!(http::call_raw(&provider.base_url(), b"no request\r\nat all\r\n\r\n").await.is_err());
    let head = b"HEAD /v1/models HTTP/1.1\r\n\r\n";
    assert!(http::call_raw(&provider.base_url(), head).await.unwrap().body.is_empty());
}

#[tokio::test]
async fn what_a_client_sent_before_it_vanished_is_counted_when_drained() {
    let provider = Provider::start_with(Script::with_faults()).await.unwrap();
    let mut connections = Vec::new();
    for _ in 0..20 {
        let mut connection = Connection::open(&provider.base_url()).await.unwrap();
        connection.send(&call("hang", true)).await.unwrap();
        connections.push(connection);
    }
    drop(connections);
    assert!(provider.drained(PATIENCE).await);
    assert_eq!(provider.seen_count(), 20);
}
