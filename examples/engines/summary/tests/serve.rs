//! The program as its callers see it.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "serve/engine.rs"]
mod engine;
#[path = "serve/wire.rs"]
mod wire;

use std::process::{Command, Stdio};

use engine::Engine;
use serde_json::{Value, json};
use wire::Call;

const TEXT: &str = "The harbour froze in January. Ships waited outside the harbour for days. \
                    Bakers in town ran out of flour. The council paid for an icebreaker, and ships \
                    with flour reached the harbour of the town.";

fn chat(content: &str) -> Value {
    json!({"model": "summary", "messages": [{"role": "user", "content": content}]})
}

fn with(mut request: Value, name: &str, value: Value) -> Value {
    request[name] = value;
    request
}

#[test]
fn a_call_is_answered_with_sentences_keywords_and_counts() {
    let engine = Engine::start(&[]);
    let reply = engine.post(&chat(TEXT));
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let body = reply.json();
    let text = body["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(text.contains("The council paid for an icebreaker"), "{text}");
    assert!(text.contains("\nKeywords: harbour, "), "{text}");
    assert_eq!(body["object"], "chat.completion");
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    let words = |text: &str| text.split_whitespace().count();
    assert_eq!(body["usage"]["prompt_tokens"], words(TEXT));
    assert_eq!(body["usage"]["completion_tokens"], words(text));
    assert_eq!(body["usage"]["total_tokens"], words(TEXT) + words(text));
    let again = engine.post(&chat(TEXT)).json();
    assert_eq!(again["choices"], body["choices"]);
    assert_ne!(again["id"], body["id"]);
}

#[test]
fn a_limit_cuts_the_answer() {
    let engine = Engine::start(&[]);
    let body = engine.post(&with(chat(TEXT), "max_completion_tokens", json!(4))).json();
    assert_eq!(body["choices"][0]["message"]["content"], "The council paid for");
    assert_eq!(body["choices"][0]["finish_reason"], "length");
    assert_eq!(body["usage"]["completion_tokens"], 4);
}

#[test]
fn a_stream_says_the_same_in_pieces() {
    let engine = Engine::start(&[]);
    let whole = engine.post(&chat(TEXT)).json();
    let request = with(chat(TEXT), "stream", json!(true));
    let reply =
        engine.post(&with(request.clone(), "stream_options", json!({"include_usage": true})));
    assert_eq!(reply.header("content-type"), Some("text/event-stream; charset=utf-8"));
    let events = reply.events();
    let (done, chunks) = events.split_last().unwrap();
    assert_eq!(done, "[DONE]");
    let chunks: Vec<Value> =
        chunks.iter().map(|chunk| serde_json::from_str(chunk).unwrap()).collect();
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    let [.., finish, usage] = &chunks[..] else { panic!("{chunks:?}") };
    assert_eq!(finish["choices"][0]["finish_reason"], "stop");
    assert_eq!(usage["choices"], json!([]));
    assert_eq!(usage["usage"], whole["usage"]);
    let pieces: Vec<&str> = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert!(pieces.len() > 3, "{pieces:?}");
    assert_eq!(pieces.concat(), whole["choices"][0]["message"]["content"].as_str().unwrap());

    let plain = engine.post(&request).events();
    assert_eq!(plain.len(), events.len() - 1);
    assert!(plain.iter().all(|chunk| !chunk.contains("usage")), "{plain:?}");
}

#[test]
fn the_first_chunk_is_there_before_the_last_is_sent() {
    let engine = Engine::start(&[]);
    // The engine is busy with so much text for a while after it began to answer.
    let text = TEXT.repeat(5_000);
    let mut call = Call::open(engine.address());
    let request = with(chat(&text), "stream", json!(true)).to_string();
    call.send("POST", "/v1/chat/completions", &request);
    let first = call.read_until("}\n\n");
    assert!(first.contains("assistant"), "{first}");
    assert_eq!(first.matches("data: ").count(), 1, "{first}");
    assert!(call.read_to_end().contains("[DONE]"));
}

#[test]
fn the_model_and_the_health_are_told() {
    let engine = Engine::start(&[]);
    let models = engine.get("/v1/models").json();
    assert_eq!(models["data"][0]["id"], "summary");
    assert_eq!(models["data"].as_array().unwrap().len(), 1);
    assert_eq!(engine.get("/v1/models/summary").json()["object"], "model");
    assert_eq!(engine.get("/v1/models/other").status, 404);
    assert_eq!(engine.get("/health").json(), json!({"status": "ok"}));
}

#[test]
fn what_is_wrong_has_a_status_and_a_shape() {
    let engine = Engine::start(&[]);
    let large = "x".repeat(4 * 1024 * 1024 + 1);
    let other = with(chat("x"), "model", json!("gpt"));
    let path = "/v1/chat/completions";
    let cases = [
        (engine.call("POST", path, &other.to_string()), 404, json!("model_not_found")),
        (engine.call("POST", path, "{\"model\": "), 400, Value::Null),
        (engine.call("POST", path, &chat("").to_string()), 400, Value::Null),
        (engine.call("POST", path, ""), 400, Value::Null),
        (engine.call("POST", path, &chat(&large).to_string()), 413, json!("request_too_large")),
        (engine.call("POST", "/v1/embeddings", "{}"), 404, json!("unknown_url")),
        (engine.call("GET", path, ""), 405, json!("method_not_allowed")),
        (engine.call("DELETE", "/health", ""), 405, json!("method_not_allowed")),
    ];
    for (reply, status, code) in cases {
        let error = &reply.json()["error"];
        assert_eq!((reply.status, &error["code"]), (status, &code), "{error}");
        assert_eq!(error["type"], "invalid_request_error");
        assert!(error["message"].as_str().is_some_and(|message| message.len() > 10), "{error}");
        assert_eq!(reply.header("allow").is_some(), status == 405);
    }
    assert_eq!(engine.get("/health").status, 200);
}

#[test]
fn the_end_of_the_parents_pipe_is_the_end() {
    let mut engine = Engine::start(&["--parent-pipe"]);
    assert_eq!(engine.get("/health").status, 200);
    engine.close_pipe();
    assert_eq!(engine.ends(), Some(0));

    let mut engine = Engine::start(&[]);
    engine.close_pipe();
    assert_eq!(engine.get("/health").status, 200);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_in_order() {
    for signal in ["-TERM", "-INT"] {
        let mut engine = Engine::start(&[]);
        let kill = Command::new("kill").args([signal, &engine.process().to_string()]).status();
        assert!(kill.unwrap().success());
        assert_eq!(engine.ends(), Some(0));
    }
}

#[test]
fn bad_arguments_are_refused_with_words() {
    for arguments in [&["--fast"][..], &["--listen", "0.0.0.0:0"], &["--listen", "x"]] {
        let output = Command::new(engine::PROGRAM).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        assert!(!output.stderr.is_empty());
    }
    let help = Command::new(engine::PROGRAM).arg("--help").stdin(Stdio::null()).output().unwrap();
    assert!(help.status.success());
    assert!(String::from_utf8(help.stdout).unwrap().contains("\nExample:\n"));
}
