//! A flavor that a file describes, the one of `examples/flavors`, both ways.

use serde_json::{Value, json};
use weighbridge_proof::Digest;
use weighbridge_testkit::http::{self, Request};
use weighbridge_testkit::provider::{Chunk, StreamEnd};
use weighbridge_testkit::{Behaviour, Script};

use crate::house::{House, SECRET, without_comments};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/flavors/tally.toml");

const REPLY: &str = r#"{"ticket":"t1","engine":"m","answer":{"words":"7.5 t","ended":"said"},"weight":{"in":9,"out":3}}"#;

const STREAM: [&str; 4] = [
    "data: {\"words\":\"7.5\"}\n\n",
    "data: {\"words\":\" t\"}\n\n",
    "data: {\"words\":\"\",\"ended\":\"full\",\"weight\":{\"in\":9,\"out\":3}}\n\n",
    "data: over\n\n",
];

async fn tally(behaviour: Behaviour) -> House {
    let config = format!("flavors = [\"{FILE}\"]\n");
    // The model `ok` stands where no scripted provider looks for it.
    House::speaking("tally", Script::new().otherwise(behaviour), &config).await
}

fn turn(stream: bool) -> Value {
    json!({ "engine": { "name": "ok", "live": stream }, "brief": "be exact",
        "turns": [{ "by": "caller", "words": "weigh this" }] })
}

#[tokio::test]
async fn callers_of_every_flavor_reach_its_provider() {
    let house = tally(Behaviour::bytes(REPLY)).await;
    let reply = house
        .chat(
            r#"{"model":"ok","max_tokens":50,"temperature":0.5,"seed":1,"user":"u","messages":[
            {"role":"system","content":"be exact"},{"role":"user","content":"weigh"},
            {"role":"assistant","content":"what?"},{"role":"user","content":"this"}]}"#,
        )
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let said = reply.json();
    assert_eq!(said["choices"][0]["message"]["content"], "7.5 t");
    assert_eq!(said["choices"][0]["finish_reason"], "stop");
    assert_eq!(said["usage"]["prompt_tokens"], 9);
    assert_eq!(reply.header("x-weighbridge-lossy"), Some("seed;dropped"));
    let seen = house.provider.take().pop().unwrap();
    assert_eq!((seen.path.as_str(), seen.header("x-tally-key")), ("/v1/turns", Some(SECRET)));
    let sent: Value = serde_json::from_slice(&seen.body).unwrap();
    let expected = json!({ "engine": { "name": "ok" }, "limits": { "words": 50 }, "taste": { "heat": 0.5 },
        "for": "u", "brief": "be exact", "turns": [{ "by": "caller", "words": "weigh" },
        { "by": "engine", "words": "what?" }, { "by": "caller", "words": "this" }] });
    assert_eq!(sent, expected);
    let receipt = house.receipt_of(&reply).await;
    assert_eq!((&receipt["flavor_out"], &receipt["conversion"]), (&"tally".into(), &"both".into()));
    let tools = house
        .chat(
            r#"{"model":"ok","messages":[{"role":"user","content":"a"}],
            "tools":[{"type":"function","function":{"name":"weigh"}}]}"#,
        )
        .await;
    assert_eq!((tools.status, &tools.json()["error"]["param"]), (400, &"tools".into()));
}

#[tokio::test]
async fn its_streams_become_those_of_every_other() {
    let house = tally(Behaviour::stream(STREAM)).await;
    let reply = house
        .chat(r#"{"model":"ok","stream":true,"messages":[{"role":"user","content":"a"}]}"#)
        .await;
    assert!(reply.text().contains("\"finish_reason\":\"length\""), "{}", reply.text());
    assert!(reply.text().ends_with("data: [DONE]\n\n"));
    assert_eq!(house.receipt_of(&reply).await["usage"]["output_tokens"], 3);
    let cut = STREAM.into_iter().take(2).map(Chunk::now).collect();
    let house = tally(Behaviour::Stream { chunks: cut, end: StreamEnd::End }).await;
    let reply = house
        .chat(r#"{"model":"ok","stream":true,"messages":[{"role":"user","content":"a"}]}"#)
        .await;
    assert!(
        reply.text().contains("\"error\"") && !reply.text().contains("[DONE]"),
        "{}",
        reply.text()
    );
    assert_eq!(house.receipt_of(&reply).await["outcome"], "error");
}

#[tokio::test]
async fn the_same_on_both_sides_is_untouched() {
    for (behaviour, stream, expected) in [
        (Behaviour::bytes(REPLY), false, REPLY.to_owned()),
        (Behaviour::stream(STREAM), true, STREAM.concat()),
    ] {
        let house = tally(behaviour).await;
        let mut body = turn(stream);
        body["unknown"] = json!([1, null]);
        let body = body.to_string();
        let request =
            Request::post("/tally/v1/turns", body.clone()).header("x-tally-key", &house.key);
        let reply = http::call(house.url(), &request).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&without_comments(&reply.body)), expected);
        let seen = house.provider.take().pop().unwrap();
        assert_eq!(String::from_utf8_lossy(&seen.body), body);
        let receipt = house.receipt_of(&reply).await;
        assert_eq!(receipt["conversion"], "none");
        assert_eq!(receipt["output"]["sha256"], Digest::of(expected.as_bytes()).to_string());
        assert_eq!(receipt["usage"]["output_tokens"], 3);
    }
}

#[tokio::test]
async fn its_callers_reach_providers_of_every_flavor_and_are_refused_in_its_words() {
    let config = format!("flavors = [\"{FILE}\"]\n");
    let house = House::with(Script::with_faults(), &config).await;
    let ask = |body: Value| {
        let request = Request::post("/tally/v1/turns", body.to_string());
        request.header("x-tally-key", &house.key)
    };
    let reply = http::call(house.url(), &ask(turn(false))).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(!reply.json()["answer"]["words"].as_str().unwrap().is_empty());
    assert_eq!(reply.json()["answer"]["ended"], "said");
    let reply = http::call(house.url(), &ask(turn(true))).await.unwrap();
    assert!(reply.text().ends_with("data: over\n\n"), "{}", reply.text());
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(receipt["output"]["sha256"], Digest::of(&reply.body).to_string());
    let mut missing = turn(false);
    missing["engine"]["name"] = "none".into();
    let reply = http::call(house.url(), &ask(missing)).await.unwrap();
    assert_eq!(reply.status, 404);
    assert!(reply.json()["wrong"]["why"].as_str().unwrap().contains("none"), "{}", reply.text());
    let mut cut = turn(true);
    cut["engine"]["name"] = "cut".into();
    let reply = http::call(house.url(), &ask(cut)).await.unwrap();
    assert!(reply.text().contains("{\"wrong\":{\"why\":"), "{}", reply.text());
    assert!(!reply.text().contains("data: over"));
    let no_turns = json!({ "engine": { "name": "ok" } });
    let reply = http::call(house.url(), &ask(no_turns)).await.unwrap();
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("turns"), "{}", reply.text());
}

#[tokio::test]
async fn a_name_that_is_too_long_is_refused_and_not_said_again() {
    let house = tally(Behaviour::bytes(REPLY)).await;
    let long = "x".repeat(100_000);
    let turn = json!({ "engine": { "name": long }, "turns": [{ "by": "caller", "words": "a" }] });
    for (path, body) in [("/tally/v1/turns", turn), ("/api/show", json!({ "model": long }))] {
        let request = Request::post(path, body.to_string()).header("x-tally-key", &house.key);
        let reply = match path {
            "/api/show" => house.ask(request).await,
            _ => http::call(house.url(), &request).await.unwrap(),
        };
        assert_eq!(reply.status, 400, "{path}");
        assert!(reply.text().contains("should be a text of 1 to 256 bytes"), "{path}");
        assert!(reply.body.len() < 1024, "{path}");
    }
}

#[tokio::test]
async fn its_calls_can_be_asked_about() {
    let config = format!(
        "flavors = [\"{FILE}\"]\n[[prices]]\nmodel = \"ok\"\ncurrency = \"USD\"\ninput = \"1\"\noutput = \"2\"\n"
    );
    let house = House::speaking("tally", Script::new(), &config).await;
    let path = "/gateway/v1/estimates?flavor=tally";
    let quote = house.ask(Request::post(path, turn(false).to_string())).await;
    assert_eq!(quote.status, 201, "{}", quote.text());
    assert_eq!(quote.json()["model"], "ok");
    let unknown = house.ask(Request::post("/gateway/v1/estimates?flavor=tall", "{}")).await;
    assert_eq!(unknown.status, 400, "{}", unknown.text());
    assert!(unknown.text().contains("openai-completion"), "{}", unknown.text());
    assert!(unknown.text().contains("tally"), "{}", unknown.text());
}
