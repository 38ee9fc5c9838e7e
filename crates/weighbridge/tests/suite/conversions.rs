//! A caller of one flavor and a provider of another: what is lost is said or refused, failures keep
//! their meaning, money is bounded, and the receipt says what was done.

use serde_json::{Value, json};
use weighbridge_proof::Digest;
use weighbridge_testkit::gateway::provider_table_of;
use weighbridge_testkit::http::{Reply, Request};
use weighbridge_testkit::provider::{Chunk, StreamEnd};
use weighbridge_testkit::{Behaviour, Script};

use crate::house::{House, VIEW, without_comments};

const REPLY: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"m",
    "content":[{"type":"text","text":"7.5 t"}],"stop_reason":"end_turn","stop_sequence":null,
    "usage":{"input_tokens":9,"output_tokens":3}}"#;

fn chat(members: &Value) -> String {
    let mut body = json!({
        "model": "m",
        "max_completion_tokens": 50,
        "messages": [{ "role": "user", "content": "weigh this" }],
    });
    let (Some(body), Some(members)) = (body.as_object_mut(), members.as_object()) else { panic!() };
    body.extend(members.clone());
    json!(body).to_string()
}

async fn anthropic(behaviour: Behaviour, config: &str) -> House {
    House::speaking("anthropic", Script::new().on("m", behaviour), config).await
}

fn error(status: u16, headers: &[(&str, &str)], body: &str) -> Behaviour {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Behaviour::Reply {
        status,
        headers: headers.collect(),
        body: body.to_owned().into(),
        delay: std::time::Duration::ZERO,
    }
}

#[tokio::test]
async fn what_is_lost_stands_in_a_header_and_on_the_receipt() {
    let house = anthropic(Behaviour::bytes(REPLY), "").await;
    let reply = house.chat(chat(&json!({ "seed": 1, "temperature": 1.5 }))).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.json()["choices"][0]["message"]["content"], "7.5 t");
    assert_eq!(reply.header("x-weighbridge-lossy"), Some("seed;dropped, temperature;approximated"));
    let receipt = house.receipt_of(&reply).await;
    let lost = json!([
        { "action": "dropped", "field": "seed" },
        { "action": "approximated", "field": "temperature" },
    ]);
    assert_eq!(receipt["loss"], lost);
    assert_eq!(receipt["conversion"], "both");
    assert_eq!(
        (&receipt["flavor_in"], &receipt["flavor_out"]),
        (&"openai".into(), &"anthropic".into())
    );
    assert_eq!(receipt["output"]["sha256"], Digest::of(&reply.body).to_string());
    assert_eq!(receipt["usage"]["input_tokens"], 9);
    let seen = house.provider.take().pop().unwrap();
    assert_eq!(seen.path, "/v1/messages");
    assert_eq!(seen.header("anthropic-version"), Some("2023-06-01"));
    let nothing_lost = house.chat(chat(&json!({ "top_p": 0.5 }))).await;
    assert_eq!(nothing_lost.header("x-weighbridge-lossy"), None);
    assert_eq!(house.receipt_of(&nothing_lost).await["loss"], json!([]));
}

#[tokio::test]
async fn a_long_request_is_converted_like_a_short_one() {
    let house = anthropic(Behaviour::bytes(REPLY), "").await;
    let long = "秤".repeat(400_000);
    let messages = json!({ "messages": [{ "role": "user", "content": long }] });
    let reply = house.chat(chat(&messages)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let seen: Value = serde_json::from_slice(&house.provider.take().pop().unwrap().body).unwrap();
    assert_eq!(seen["messages"], messages["messages"]);
    let unreadable = house.chat(chat(&json!({ "messages": long }))).await;
    assert_eq!(unreadable.status, 400, "{}", unreadable.text());
}

#[tokio::test]
async fn strict_callers_lose_nothing() {
    let house = anthropic(Behaviour::bytes(REPLY), "").await;
    let strict = |members: Value| {
        Request::post("/v1/chat/completions", chat(&members)).header("x-weighbridge-strict", "true")
    };
    let reply = house.ask(strict(json!({ "seed": 1 }))).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
    let error = &reply.json()["error"];
    assert_eq!((&error["code"], &error["param"]), (&"unconvertible".into(), &"seed".into()));
    assert!(house.receipts().await.is_empty());
    assert_eq!(house.provider.seen_count(), 0);
    assert_eq!(house.ask(strict(json!({}))).await.status, 200);
}

#[tokio::test]
async fn a_loss_that_changes_the_call_is_refused_before_anything_is_held_or_sent() {
    let house = anthropic(Behaviour::bytes(REPLY), "").await;
    for (members, field) in [
        (json!({ "n": 2 }), "n"),
        (
            json!({ "messages": [{ "role": "user", "content": [{ "type": "input_audio",
            "input_audio": { "data": "UklGRg==", "format": "wav" } }] }] }),
            "messages[].content[audio]",
        ),
    ] {
        let reply = house.chat(chat(&members)).await;
        assert_eq!(reply.status, 400, "{}", reply.text());
        assert_eq!(reply.json()["error"]["param"], field);
        assert!(reply.json()["error"]["message"].as_str().unwrap().contains("anthropic"));
    }
    let unreadable = house.chat(r#"{"model":"m","messages":[{"role":"nobody"}]}"#).await;
    assert_eq!(unreadable.status, 400);
    assert!(unreadable.text().contains("messages[0]"), "{}", unreadable.text());
    assert!(house.receipts().await.is_empty());
    assert_eq!(house.provider.seen_count(), 0);
}

#[tokio::test]
async fn a_provider_that_can_be_told_all_is_asked_in_the_place_of_one_that_cannot() {
    let extra = provider_table_of("anthropic", "first", "http://127.0.0.1:9", &["m"]);
    let house = House::with(Script::new().on("m", Behaviour::ok()), &extra).await;
    // The table of the first provider stands before the house's own.
    let reply = house.chat(chat(&json!({ "n": 2 }))).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("x-weighbridge-provider"), Some("desk"));
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(receipt["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(receipt["conversion"], "none");
    // What can be told to either goes to the first, and on to the second when that cannot be reached.
    let reply = house.chat(chat(&json!({}))).await;
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(receipt["attempts"].as_array().unwrap().len(), 2, "{receipt}");
    assert_eq!((&receipt["provider"], &receipt["flavor_out"]), (&"desk".into(), &"openai".into()));
}

#[tokio::test]
async fn a_providers_refusal_keeps_its_status_and_its_words_in_the_callers_shape() {
    let said = |kind: &str, words: &str| {
        json!({ "type": "error", "error": { "type": kind, "message": words } }).to_string()
    };
    for (status, kind, expected) in [
        (400, "invalid_request_error", 400),
        (404, "not_found_error", 404),
        (413, "request_too_large", 413),
        (429, "rate_limit_error", 429),
        (500, "api_error", 500),
        (529, "overloaded_error", 503),
    ] {
        let body = said(kind, "too much for the scales");
        let house = anthropic(error(status, &[("retry-after", "7")], &body), "").await;
        let reply = house.chat(chat(&json!({}))).await;
        assert_eq!(reply.status, expected, "{}", reply.text());
        let message = reply.json()["error"]["message"].as_str().unwrap().to_owned();
        assert_eq!(message.contains("too much for the scales"), status < 500, "{message}");
        let final_one = matches!(status, 400 | 404 | 413);
        assert_eq!(reply.header("retry-after"), (!final_one).then_some("7"));
        assert_eq!(reply.header("x-should-retry"), final_one.then_some("false"));
        let receipt = house.receipt_of(&reply).await;
        assert_eq!(receipt["outcome"], "error");
        assert_eq!(receipt["attempts"][0]["status"], status);
        assert_eq!(receipt["output"]["sha256"], Digest::of(&reply.body).to_string());
    }
    let house = anthropic(error(401, &[], &said("authentication_error", "sk-123")), "").await;
    let reply = house.chat(chat(&json!({}))).await;
    assert_eq!(reply.status, 502);
    assert!(!reply.text().contains("sk-123"));
}

#[tokio::test]
async fn a_reply_that_is_none_is_a_502_with_a_receipt() {
    let long = format!("[limits]\nreply = \"4KiB\"\n\n[levels.default]\n{VIEW}");
    let reply = REPLY.replace("7.5 t", &"t".repeat(5000));
    for (behaviour, words) in [
        (Behaviour::bytes("{\"type\":\"message\""), "no"),
        (Behaviour::bytes("[]"), "no"),
        (Behaviour::bytes(reply), "limits.reply"),
    ] {
        let house = anthropic(behaviour, &long).await;
        let reply = house.chat(chat(&json!({}))).await;
        assert_eq!(reply.status, 502, "{}", reply.text());
        assert!(reply.text().contains(words), "{}", reply.text());
        let receipt = house.receipt_of(&reply).await;
        assert_eq!(receipt["outcome"], "error");
        assert_eq!(receipt["output"]["sha256"], Digest::of(&reply.body).to_string());
    }
}

fn events() -> Vec<String> {
    let event = |kind: &str, data: Value| format!("event: {kind}\ndata: {data}\n\n");
    let delta = |text: &str| {
        event(
            "content_block_delta",
            json!({ "type": "content_block_delta", "index": 0,
            "delta": { "type": "text_delta", "text": text } }),
        )
    };
    vec![
        event(
            "message_start",
            json!({ "type": "message_start", "message": { "id": "msg_1",
            "model": "m", "usage": { "input_tokens": 9, "output_tokens": 1 } } }),
        ),
        event(
            "content_block_start",
            json!({ "type": "content_block_start", "index": 0,
            "content_block": { "type": "text", "text": "" } }),
        ),
        delta("7.5"),
        delta(" t"),
        event("content_block_stop", json!({ "type": "content_block_stop", "index": 0 })),
        event(
            "message_delta",
            json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn",
            "stop_sequence": null }, "usage": { "output_tokens": 3 } }),
        ),
        event("message_stop", json!({ "type": "message_stop" })),
    ]
}

/// The ways in: path, body, and what a proper end is.
fn callers() -> [(&'static str, Value, &'static str); 8] {
    let said = json!([{ "role": "user", "content": "weigh this" }]);
    let said2 = said.clone();
    [
        (
            "/v1/chat/completions",
            json!({ "model": "m", "stream": true, "messages": said }),
            "data: [DONE]\n\n",
        ),
        ("/v1/responses", json!({ "model": "m", "stream": true, "input": "weigh this" }), "\n\n"),
        (
            "/v1beta/models/m:streamGenerateContent?alt=sse",
            json!({ "contents": [{ "role": "user", "parts": [{ "text": "weigh this" }] }] }),
            "\r\n\r\n",
        ),
        (
            "/v1beta/models/m:streamGenerateContent",
            json!({ "contents": [{ "role": "user", "parts": [{ "text": "weigh this" }] }] }),
            "}]",
        ),
        ("/api/chat", json!({ "model": "m", "messages": said }), "\n"),
        ("/api/generate", json!({ "model": "m", "prompt": "weigh this" }), "\n"),
        (
            "/aog/v0.2/services/chat",
            json!({ "model": "m", "stream": true, "messages": said2 }),
            "\n\n",
        ),
        (
            "/aog/v0.2/services/generate",
            json!({ "model": "m", "stream": true, "prompt": "weigh this" }),
            "\n\n",
        ),
    ]
}

fn hash(reply: &Reply) -> String {
    Digest::of(&without_comments(&reply.body)).to_string()
}

#[tokio::test]
async fn a_converted_stream_ends_properly_and_is_hashed_as_its_caller_gets_it() {
    let house = anthropic(Behaviour::stream(events()), "").await;
    for (path, body, end) in callers() {
        let reply = house.ask(Request::post(path, body.to_string())).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert!(reply.text().ends_with(end), "{path}: {}", reply.text());
        assert!(!reply.text().contains("\"error\":{"), "{path}: {}", reply.text());
        let is_lines = path.starts_with("/api/");
        let is_list = path.ends_with("Content");
        let kind = match (is_lines, is_list) {
            (true, _) => "application/x-ndjson",
            (_, true) => "application/json",
            _ => "text/event-stream",
        };
        if is_list {
            assert_eq!(reply.json().as_array().unwrap().len(), 3, "{}", reply.text());
        }
        assert!(reply.header("content-type").unwrap().starts_with(kind), "{path}");
        if is_lines {
            for line in reply.text().lines() {
                serde_json::from_str::<Value>(line).unwrap();
            }
        }
        let receipt = house.receipt_of(&reply).await;
        assert_eq!(receipt["output"]["sha256"], hash(&reply), "{path}");
        assert_eq!(receipt["output"]["complete"], true);
        assert_eq!(receipt["usage"]["output_tokens"], 3, "{path}");
        assert_eq!(receipt["usage"]["basis"], "measured");
    }
}

#[tokio::test]
async fn a_converted_stream_that_breaks_off_ends_in_its_callers_error_and_never_in_both() {
    let cut: Vec<Chunk> = events().into_iter().take(4).map(Chunk::now).collect();
    let house = anthropic(Behaviour::Stream { chunks: cut, end: StreamEnd::Cut }, "").await;
    for (path, body, _) in callers() {
        let reply = house.ask(Request::post(path, body.to_string())).await;
        let text = reply.text();
        let last = text.trim_end().rsplit('\n').next().unwrap();
        assert!(last.contains("error") || last.contains("business_code"), "{path}: {text}");
        for good in [
            "[DONE]",
            "response.completed",
            "\"finishReason\"",
            "\"done\":true",
            "\"finished\":true",
        ] {
            assert!(!text.contains(good), "{path}: {text}");
        }
        if path.ends_with("Content") {
            assert!(reply.json()[2]["error"]["message"].is_string(), "{text}");
        }
        let receipt = house.receipt_of(&reply).await;
        assert_eq!(receipt["outcome"], "error");
        assert_eq!(receipt["output"]["complete"], false);
        assert_eq!(receipt["output"]["sha256"], hash(&reply), "{path}");
    }
}

#[tokio::test]
async fn what_bounds_the_cost_goes_out_in_the_providers_own_words() {
    let prices = "[[prices]]\nmodel = \"m\"\ncurrency = \"USD\"\ninput = \"1\"\noutput = \"50\"\n";
    let reply = |flavor: &str| {
        match flavor {
        "anthropic" => REPLY.to_owned(),
        "gemini" => json!({ "candidates": [{ "content": { "role": "model", "parts": [{ "text": "a" }] },
            "finishReason": "STOP" }], "usageMetadata": { "promptTokenCount": 9, "candidatesTokenCount": 3 } }).to_string(),
        _ => json!({ "model": "m", "message": { "role": "assistant", "content": "a" }, "done": true,
            "done_reason": "stop", "prompt_eval_count": 9, "eval_count": 3 }).to_string(),
    }
    };
    for (flavor, limit) in [
        ("anthropic", "/max_tokens"),
        ("gemini", "/generationConfig/maxOutputTokens"),
        ("ollama", "/options/num_predict"),
    ] {
        let script = Script::new().on("m", Behaviour::bytes(reply(flavor)));
        let house = House::speaking(flavor, script, prices).await;
        let calls = [
            Request::post("/v1/chat/completions", chat(&json!({ "max_completion_tokens": 5000 }))),
            Request::post(
                "/v1/messages",
                json!({ "model": "m", "max_tokens": 5000, "messages":
                [{ "role": "user", "content": "weigh this" }] })
                .to_string(),
            ),
            Request::post(
                "/v1beta/models/m:generateContent",
                r#"{"contents":[{"role":"user","parts":[{"text":"weigh this"}]}]}"#,
            ),
            Request::post(
                "/api/chat",
                r#"{"model":"m","stream":false,"messages":[{"role":"user","content":"weigh"}]}"#,
            ),
        ];
        for call in calls {
            let reply = house.ask(call.header("x-weighbridge-max-cost", "0.1")).await;
            assert_eq!(reply.status, 200, "{flavor}: {}", reply.text());
            let seen = house.provider.take().pop().unwrap();
            let sent: Value = serde_json::from_slice(&seen.body).unwrap();
            let kept = sent.pointer(limit).unwrap_or_else(|| panic!("{flavor}: {sent}"));
            assert!((1..=2000).contains(&kept.as_u64().unwrap()), "{flavor}: {sent}");
        }
    }
}

#[tokio::test]
async fn an_estimate_is_made_and_accepted_in_every_flavor() {
    let prices = "[[prices]]\nmodel = \"m\"\ncurrency = \"USD\"\ninput = \"1\"\noutput = \"5\"\n";
    let house = anthropic(Behaviour::bytes(REPLY), prices).await;
    let body = json!({ "contents": [{ "role": "user", "parts": [{ "text": "weigh this" }] }] })
        .to_string();
    let path = "/gateway/v1/estimates?flavor=gemini&model=%6D";
    let quote = house.ask(Request::post(path, body.clone())).await;
    assert_eq!(quote.status, 201, "{}", quote.text());
    let id = quote.json()["id"].as_str().unwrap().to_owned();
    let call = Request::post("/v1beta/models/m:generateContent", body.clone());
    let reply = house.ask(call.header("x-weighbridge-estimate", &id)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(house.receipt_of(&reply).await["cost"]["consent"], "confirmed");
    // A quote for one model is none for another, although the bytes are the same.
    let quote = house.ask(Request::post(path, body.clone())).await.json();
    let call = Request::post("/v1beta/models/ok:generateContent", body);
    let reply =
        house.ask(call.header("x-weighbridge-estimate", quote["id"].as_str().unwrap())).await;
    assert_eq!(reply.status, 409, "{}", reply.text());
    let unknown = house.ask(Request::post("/gateway/v1/estimates?flavor=ase", "{}")).await;
    assert_eq!(unknown.json()["error"]["field"], "flavor");
}

#[tokio::test]
async fn a_request_that_only_its_own_provider_understands_has_no_ceiling() {
    let prices = "[[prices]]\nmodel = \"m\"\ncurrency = \"USD\"\ninput = \"1\"\noutput = \"5\"\noutput_limit = 100\n";
    let level = format!("{prices}\n[levels.default]\nreserve = \"ceiling\"\n{VIEW}");
    let house = anthropic(Behaviour::bytes(REPLY), &level).await;
    let message = |content: Value| {
        let body = json!({ "model": "m", "max_tokens": 9, "messages": [{ "role": "user", "content": content }] });
        Request::post("/v1/messages", body.to_string())
    };
    let known = house.ask(message(json!([{ "type": "text", "text": "a" }]))).await;
    assert_eq!(known.status, 200, "{}", known.text());
    for content in [
        json!([{ "type": "new_block" }]),
        json!([{ "type": "image", "source":
        { "type": "url", "url": "https://a.example/1.png" } }]),
    ] {
        let reply = house.ask(message(content)).await;
        assert_eq!(reply.status, 402, "{}", reply.text());
        assert_eq!(reply.json()["error"]["type"], "billing_error");
    }
    assert_eq!(house.provider.seen_count(), 1);
}

#[tokio::test]
async fn a_quote_is_for_the_path_as_well() {
    // One body that is a bounded chat and a response of which nobody knows how long its prompt is.
    let prices = "[[prices]]\nmodel = \"m\"\ncurrency = \"USD\"\ninput = \"1\"\noutput = \"5\"\n";
    let level = format!("{prices}\n[levels.default]\nreserve = \"ceiling\"\n{VIEW}");
    let house = House::with(Script::new().on("m", Behaviour::ok()), &level).await;
    let body = json!({ "model": "m", "max_completion_tokens": 10, "max_output_tokens": 10,
        "messages": [{ "role": "user", "content": "hi" }],
        "input": "go on", "previous_response_id": "resp_long" })
    .to_string();
    let quote = house.ask(Request::post("/gateway/v1/estimates", body.clone())).await;
    assert_eq!(quote.status, 201, "{}", quote.text());
    let quote = quote.json();
    let call = Request::post("/v1/responses", body);
    let reply =
        house.ask(call.header("x-weighbridge-estimate", quote["id"].as_str().unwrap())).await;
    assert_eq!(reply.status, 409, "{}", reply.text());
    assert_eq!(house.provider.seen_count(), 0);
}

#[tokio::test]
async fn a_spent_budget_is_told_so_that_each_client_stops() {
    let prices = "[[prices]]\nmodel = \"m\"\ncurrency = \"USD\"\ninput = \"1\"\noutput = \"5\"\n";
    let house = anthropic(Behaviour::bytes(REPLY), prices).await;
    house.change(json!({ "budget": { "amount": "0.000001", "currency": "USD" } })).await;
    for (path, body, _) in callers() {
        let reply = house.ask(Request::post(path, body.to_string())).await;
        let expected = if path.ends_with("responses") { 429 } else { 402 };
        assert_eq!(reply.status, expected, "{path}: {}", reply.text());
        assert_eq!(reply.header("x-should-retry"), Some("false"), "{path}");
        assert!(reply.text().contains("0.000001"), "{path}: {}", reply.text());
    }
    let codex = house.ask(Request::post("/v1/responses", r#"{"model":"m","input":"a"}"#)).await;
    assert_eq!(codex.json()["error"]["code"], "insufficient_quota");
}

const THOUGHT: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[
    {"type":"thinking","thinking":"Let me weigh.","signature":"c2lnbmVk"},
    {"type":"redacted_thinking","data":"c2VhbGVk"},
    {"type":"text","text":"I look."},
    {"type":"tool_use","id":"toolu_01A09q90qw90lq91","name":"weigh","input":{"what":"lorry"}}],
    "stop_reason":"tool_use","usage":{"input_tokens":9,"output_tokens":3}}"#;

fn thought_as_events() -> Vec<String> {
    let message: Value = serde_json::from_str(THOUGHT).unwrap();
    let event = |kind: &str, data: Value| format!("event: {kind}\ndata: {data}\n\n");
    let mut events = vec![event(
        "message_start",
        json!({ "type": "message_start", "message": { "id": "msg_1", "model": "m",
            "usage": { "input_tokens": 9, "output_tokens": 1 } } }),
    )];
    for (index, block) in message["content"].as_array().unwrap().iter().enumerate() {
        let (start, deltas) = match block["type"].as_str().unwrap() {
            "thinking" => (
                json!({ "type": "thinking", "thinking": "", "signature": "" }),
                vec![
                    json!({ "type": "thinking_delta", "thinking": block["thinking"] }),
                    json!({ "type": "signature_delta", "signature": block["signature"] }),
                ],
            ),
            "text" => (
                json!({ "type": "text", "text": "" }),
                vec![json!({ "type": "text_delta", "text": block["text"] })],
            ),
            "tool_use" => (
                json!({ "type": "tool_use", "id": block["id"], "name": "weigh", "input": {} }),
                vec![
                    json!({ "type": "input_json_delta", "partial_json": block["input"].to_string() }),
                ],
            ),
            _ => (block.clone(), Vec::new()),
        };
        let kind = "content_block_start";
        events.push(event(kind, json!({ "type": kind, "index": index, "content_block": start })));
        for delta in deltas {
            let kind = "content_block_delta";
            events.push(event(kind, json!({ "type": kind, "index": index, "delta": delta })));
        }
        let kind = "content_block_stop";
        events.push(event(kind, json!({ "type": kind, "index": index })));
    }
    let delta = json!({ "stop_reason": "tool_use", "stop_sequence": null });
    events.push(event(
        "message_delta",
        json!({ "type": "message_delta", "delta": delta, "usage": { "output_tokens": 3 } }),
    ));
    events.push(event("message_stop", json!({ "type": "message_stop" })));
    events
}

/// What a caller sends back who kept no more than it has fields for.
fn answered() -> Value {
    let call = json!({ "id": "toolu_01A09q90qw90lq91", "type": "function",
        "function": { "name": "weigh", "arguments": "{\"what\":\"lorry\"}" } });
    json!({
        "reasoning_effort": "low",
        "max_completion_tokens": 5000,
        "tools": [{ "type": "function", "function": { "name": "weigh" } }],
        "messages": [
            { "role": "user", "content": "weigh this" },
            { "role": "assistant", "content": "I look.", "tool_calls": [call] },
            { "role": "tool", "tool_call_id": "toolu_01A09q90qw90lq91", "content": "7.5 t" },
        ],
    })
}

#[tokio::test]
async fn thoughts_with_their_seals_go_back_to_whoever_had_them_and_to_nobody_else() {
    let whole = Behaviour::bytes(THOUGHT);
    let stream = Behaviour::stream(thought_as_events());
    for (behaviour, streamed) in [(whole, false), (stream, true)] {
        let behaviour = Behaviour::choose(move |asked| {
            if asked.number == 1 { behaviour.clone() } else { Behaviour::bytes(REPLY) }
        });
        let house = anthropic(behaviour, "").await;
        let first = house.chat(chat(&json!({ "stream": streamed }))).await;
        assert!(first.text().contains("toolu_01A09q90qw90lq91"), "{}", first.text());
        for secret in ["c2lnbmVk", "c2VhbGVk"] {
            assert!(!first.text().contains(secret), "{}", first.text());
        }
        let reply = house.chat(chat(&answered())).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let sent = |house: &House| -> Value {
            serde_json::from_slice(&house.provider.take().pop().unwrap().body).unwrap()
        };
        let seen = sent(&house);
        let message: Value = serde_json::from_str(THOUGHT).unwrap();
        assert_eq!(seen["messages"][1]["content"], message["content"], "{seen}");
        assert_eq!(seen["thinking"]["type"], "enabled");
        // Somebody else with the same id gets nothing of it, and does without thinking.
        let other = json!({ "name": "other" });
        let other =
            crate::house::post(house.url(), "/gateway/v1/accounts", &house.admin, &other).await;
        let wanted = json!({ "account": other.json()["id"], "role": "developer" });
        let key = crate::house::post(house.url(), "/gateway/v1/keys", &house.admin, &wanted).await;
        let request = Request::post("/v1/chat/completions", chat(&answered()))
            .bearer(key.json()["key"].as_str().unwrap());
        let reply = weighbridge_testkit::http::call(house.url(), &request).await.unwrap();
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.header("x-weighbridge-lossy"), Some("reasoning_effort;dropped"));
        let seen = sent(&house);
        assert_eq!(seen["messages"][1]["content"][0]["type"], "text", "{seen}");
        assert!(seen.get("thinking").is_none());
    }
}

#[tokio::test]
async fn the_canonical_forms_own_flavor_is_said_on_the_receipt() {
    let reply = json!({ "model": "m", "message": { "role": "assistant", "content": "7.5 t" },
        "finish_reason": "stop", "finished": true })
    .to_string();
    let aog = Script::new().on("m", Behaviour::bytes(reply));
    let house = House::speaking("aog", aog, "").await;
    let to = house.chat(chat(&json!({}))).await;
    assert_eq!(to.status, 200, "{}", to.text());
    assert_eq!(house.provider.take().pop().unwrap().path, "/aog/v0.2/services/chat");
    assert_eq!(house.receipt_of(&to).await["conversion"], "to_canonical");
    let said = json!({ "model": "m", "messages": [{ "role": "user", "content": "weigh this" }] });
    let same = house.ask(Request::post("/aog/v0.2/services/chat", said.to_string())).await;
    assert_eq!(house.receipt_of(&same).await["conversion"], "none");
    let house = anthropic(Behaviour::bytes(REPLY), "").await;
    let from = house.ask(Request::post("/aog/v0.2/services/chat", said.to_string())).await;
    assert_eq!(from.json()["message"]["content"], "7.5 t", "{}", from.text());
    assert_eq!(house.receipt_of(&from).await["conversion"], "from_canonical");
    let other = "/aog/v0.2/api_flavors/ollama/api/chat";
    let body = json!({ "model": "m", "stream": false, "messages": said["messages"] });
    let both = house.ask(Request::post(other, body.to_string())).await;
    assert_eq!(both.json()["message"]["content"], "7.5 t", "{}", both.text());
    let receipt = house.receipt_of(&both).await;
    assert_eq!((&receipt["conversion"], &receipt["flavor_in"]), (&"both".into(), &"ollama".into()));
}

#[tokio::test]
async fn a_model_by_another_name_is_served_under_its_own() {
    let config = "[[aliases]]\nmatch = \"claude-*\"\nto = \"desk/m\"\n\
        [[prices]]\nmodel = \"m\"\ncurrency = \"USD\"\ninput = \"1000\"\noutput = \"1000\"\n";
    let house = anthropic(Behaviour::bytes(REPLY), config).await;
    let message = |model: &str| {
        let body = format!(
            r#"{{ "max_tokens":50, "model" : "{model}","messages":[{{"role":"user","content":"a"}}],"x":1e400}}"#
        );
        Request::post("/v1/messages", body)
    };
    for (model, how) in
        [("claude-sonnet-4-5", "alias"), ("desk/m", "provider"), ("M", "similar;1000")]
    {
        let reply = house.ask(message(model)).await;
        assert_eq!(reply.status, 200, "{model}: {}", reply.text());
        assert_eq!(reply.header("x-weighbridge-model"), Some("m"));
        assert_eq!(reply.header("x-weighbridge-match"), Some(how));
        let sent = house.provider.take().pop().unwrap().body;
        let sent = String::from_utf8(sent.to_vec()).unwrap();
        assert_eq!(
            sent,
            String::from_utf8_lossy(message("m").body_bytes()),
            "only the name is another"
        );
        let receipt = house.receipt_of(&reply).await;
        assert_eq!(
            (&receipt["model_asked"], &receipt["model_served"]),
            (&model.into(), &"m".into())
        );
        assert_eq!(receipt["cost"]["actual"], "0.012");
    }
    // In another dialect, and by the caller's own name for it on the way back.
    let reply = house.chat(chat(&json!({ "model": "claude-opus-9" }))).await;
    assert_eq!(reply.json()["model"], "claude-opus-9", "{}", reply.text());
    let sent: Value = serde_json::from_slice(&house.provider.take().pop().unwrap().body).unwrap();
    assert_eq!(sent["model"], "m");
    let exact = house.ask(message("m")).await;
    assert_eq!(exact.header("x-weighbridge-match"), None);
    let missing = house.ask(message("m-70b")).await;
    assert_eq!(
        (missing.status, &missing.json()["error"]["type"]),
        (404, &"not_found_error".into())
    );
    assert!(missing.text().contains("the nearest are: m"), "{}", missing.text());
}
