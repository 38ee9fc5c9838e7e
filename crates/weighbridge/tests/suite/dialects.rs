//! The same flavor on both sides, in the dialects beside chat completions (invariant F1), and what
//! each front does in its own way.

use serde_json::json;
use weighbridge_proof::Digest;
use weighbridge_testkit::http::{self, Request};
use weighbridge_testkit::provider::StreamEnd;
use weighbridge_testkit::{Behaviour, Script};

use crate::house::{House, SECRET, VIEW, post, without_comments};

/// Legal JSON that no parser would write again as it stands, with what nobody here knows.
const MESSAGE: &str = r#"{ "model":"odd" ,"max_tokens" : 64, "new_field":1e400,"messages":[{"role":"user",
    "content":[{"type":"text","text":"\u0077","cache_control":{"type":"ephemeral"}}, {"type":"new_block","x":[]}]}] }"#;
const REPLY: &str = "{\"type\":\"message\", \"id\":\"msg_1\",\"role\":\"assistant\",\"model\":\"odd\",\"content\":\
    [{\"type\":\"text\",\"text\":\"\\u0041\"},{\"type\":\"new_block\"}],\"stop_reason\":\"end_turn\",\"x\":1e400,\
    \"usage\":{\"input_tokens\":3,\"cache_read_input_tokens\":4,\"output_tokens\":5}}\n ";
const STREAM: &str = "event: message_start\r\ndata:{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\
    \"model\":\"odd\",\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\r\n\r\n\
    event: new_event\ndata: {\"type\":\"new_event\",\"x\":1e999}\n\n\
    event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n\
    event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n\
    event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
    event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":5}}\n\n\
    event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

fn message(body: &str) -> Request {
    Request::post("/v1/messages?beta=true", body.to_owned())
}

#[tokio::test]
async fn a_message_goes_to_anthropic_and_back_byte_for_byte() {
    let house =
        House::speaking("anthropic", Script::new().on("odd", Behaviour::bytes(REPLY)), "").await;
    let request = message(MESSAGE)
        .header("anthropic-version", "2026-10-21")
        .header("anthropic-beta", "unknown-2027-01-01,other")
        .header("x-api-key", &house.key)
        .header("cookie", "a=b");
    let reply = house.ask(request).await;
    assert_eq!(reply.text(), REPLY);
    assert_eq!(reply.header("x-weighbridge-lossy"), None);
    let seen = house.provider.take().pop().unwrap();
    assert_eq!(seen.path, "/v1/messages?beta=true");
    assert_eq!(String::from_utf8_lossy(&seen.body), MESSAGE);
    assert_eq!(seen.header("anthropic-version"), Some("2026-10-21"));
    assert_eq!(seen.header("anthropic-beta"), Some("unknown-2027-01-01,other"));
    assert_eq!(seen.header("x-api-key"), Some(SECRET));
    assert_eq!((seen.header("authorization"), seen.header("cookie")), (None, None));
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(receipt["flavor_in"], "anthropic");
    assert_eq!(receipt["flavor_out"], "anthropic");
    assert_eq!(receipt["conversion"], "none");
    assert_eq!(receipt["input"]["sha256"], Digest::of(MESSAGE.as_bytes()).to_string());
    assert_eq!(receipt["output"]["sha256"], Digest::of(REPLY.as_bytes()).to_string());
    assert_eq!(receipt["usage"]["input_tokens"], 7);
    assert_eq!(receipt["usage"]["cache_read_tokens"], 4);
    assert_eq!(receipt["usage"]["output_tokens"], 5);
}

#[tokio::test]
async fn a_stream_of_anthropics_comes_back_byte_for_byte() {
    let script = Script::new().on("odd", Behaviour::stream([STREAM]));
    let house = House::speaking("anthropic", script, "").await;
    let reply =
        house.ask(message(r#"{"model":"odd","max_tokens":9,"stream":true,"messages":[]}"#)).await;
    assert_eq!(String::from_utf8_lossy(&without_comments(&reply.body)), STREAM);
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(receipt["output"]["sha256"], Digest::of(STREAM.as_bytes()).to_string());
    assert_eq!(receipt["outcome"], "ok");
    assert_eq!(receipt["usage"]["output_tokens"], 5);
}

#[tokio::test]
async fn a_stream_of_anthropics_that_breaks_off_ends_in_its_error_and_in_no_stop() {
    let cut = STREAM.split("event: message_delta").next().unwrap();
    let script = Script::new().on(
        "odd",
        Behaviour::Stream {
            chunks: vec![weighbridge_testkit::provider::Chunk::now(cut)],
            end: StreamEnd::Cut,
        },
    );
    let house = House::speaking("anthropic", script, "").await;
    let reply =
        house.ask(message(r#"{"model":"odd","max_tokens":9,"stream":true,"messages":[]}"#)).await;
    let text = reply.text();
    assert!(!text.contains("message_stop"), "{text}");
    let (_, error) = text.rsplit_once("event: error\ndata: ").unwrap();
    let error: serde_json::Value = serde_json::from_str(error.trim()).unwrap();
    assert_eq!(error["type"], "error");
    assert_eq!(error["error"]["type"], "api_error");
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(receipt["outcome"], "error");
    assert_eq!(receipt["output"]["sha256"], Digest::of(&without_comments(&reply.body)).to_string());
}

#[tokio::test]
async fn a_silent_stream_of_anthropics_gets_pings_that_are_a_part_of_it() {
    let (start, end) = STREAM.split_at(STREAM.find("event: content_block_start").unwrap());
    let chunk = |bytes: &'static str, millis| weighbridge_testkit::provider::Chunk {
        bytes: bytes.into(),
        delay_before: std::time::Duration::from_millis(millis),
    };
    let chunks = vec![chunk(start, 0), chunk(end, 500)];
    let slow = Behaviour::Stream { chunks, end: StreamEnd::End };
    let config = "[limits]\nping = \"100ms\"\n";
    let house = House::speaking("anthropic", Script::new().on("odd", slow), config).await;
    let body = r#"{"model":"odd","max_tokens":9,"stream":true,"messages":[]}"#;
    let reply = house.ask(message(body).header("x-weighbridge-trailer", "off")).await;
    assert!(
        reply.text().contains("event: ping\ndata: {\"type\":\"ping\"}\n\n"),
        "{}",
        reply.text()
    );
    assert!(!reply.text().contains(": weighbridge"));
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(receipt["output"]["sha256"], Digest::of(&reply.body).to_string());
}

#[tokio::test]
async fn a_refusal_has_the_shape_and_the_headers_of_its_front() {
    let level = format!("[levels.default]\nsync = {{ requests = 1, window = \"1h\" }}\n{VIEW}");
    let house =
        House::speaking("anthropic", Script::new().on("odd", Behaviour::bytes(REPLY)), &level)
            .await;
    let first = house.ask(message(MESSAGE)).await;
    assert_eq!(first.header("anthropic-ratelimit-requests-limit"), Some("1"));
    assert_eq!(first.header("anthropic-ratelimit-requests-remaining"), Some("0"));
    assert!(first.header("anthropic-ratelimit-requests-reset").unwrap().ends_with('Z'));
    assert_eq!(first.header("x-ratelimit-limit-requests"), None);
    assert_eq!(first.header("request-id"), first.header("x-request-id"));
    let second = house.ask(message(MESSAGE)).await;
    assert_eq!(second.status, 429);
    assert_eq!(second.json()["error"]["type"], "rate_limit_error");
    for (path, at) in [
        ("/v1beta/models/odd:generateContent", "/error/status"),
        ("/v1/responses", "/error/code"),
        ("/api/chat", "/error"),
    ] {
        let reply = house.ask(Request::post(path, "{}")).await;
        assert_eq!(reply.status, 429, "{}", reply.text());
        assert!(reply.json().pointer(at).unwrap().is_string(), "{}", reply.text());
    }
    let no_key = http::call(house.url(), &message(MESSAGE)).await.unwrap();
    assert_eq!(no_key.status, 401);
    assert_eq!(no_key.json()["error"]["type"], "authentication_error");
}

#[tokio::test]
async fn counting_tokens_is_free_and_leaves_no_receipt() {
    let house = House::speaking("anthropic", Script::new(), "").await;
    let body =
        r#"{"model":"ok","max_tokens":9,"messages":[{"role":"user","content":"weigh this"}]}"#;
    let reply = house.ask(Request::post("/v1/messages/count_tokens?beta=true", body)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.json()["input_tokens"].as_u64().unwrap() > 0);
    assert_eq!(reply.header("anthropic-ratelimit-requests-limit"), None);
    let contents = r#"{"contents":[{"role":"user","parts":[{"text":"weigh this"}]}]}"#;
    let reply = house.ask(Request::post("/v1beta/models/ok:countTokens", contents)).await;
    assert!(reply.json()["totalTokens"].as_u64().unwrap() > 0, "{}", reply.text());
    assert!(house.receipts().await.is_empty());
    assert_eq!(house.provider.seen_count(), 0);
}

#[tokio::test]
async fn models_are_listed_in_the_shape_of_who_asks() {
    let house = House::open().await;
    let anthropic = |path: &str| Request::get(path).header("anthropic-version", "2023-06-01");
    let page = house.ask(anthropic("/v1/models?limit=2")).await.json();
    assert_eq!((page["data"].as_array().unwrap().len(), &page["has_more"]), (2, &true.into()));
    assert_eq!(page["data"][0]["type"], "model");
    let after = page["last_id"].as_str().unwrap();
    let next =
        house.ask(anthropic(&format!("/v1/models?limit=1000&after_id={after}"))).await.json();
    assert_eq!(next["has_more"], false);
    assert_eq!(next["data"].as_array().unwrap().len() + 2, house.provider.models().len());
    assert_eq!(house.ask(anthropic("/v1/models/ok")).await.json()["id"], "ok");
    assert_eq!(house.ask(anthropic("/v1/models?limit=0")).await.status, 400);
    assert_eq!(house.ask(Request::get("/v1/models")).await.json()["object"], "list");
    let google = house.ask(Request::get("/v1beta/models")).await.json();
    assert!(google["models"][0]["name"].as_str().unwrap().starts_with("models/"));
    let missing = house.ask(Request::get("/v1beta/models/none")).await;
    assert_eq!((missing.status, &missing.json()["error"]["status"]), (404, &"NOT_FOUND".into()));
    let tags = house.ask(Request::get("/api/tags")).await.json();
    assert_eq!(tags["models"].as_array().unwrap().len(), house.provider.models().len());
    let shown = house.ask(Request::post("/api/show", r#"{"model":"ok"}"#)).await.json();
    assert_eq!(shown["capabilities"][1], "tools");
    assert!(shown["model_info"]["ok.context_length"].is_null());
    let known = "[[models]]\nname = \"ok\"\ncontext_length = 40960\n\
        [[aliases]]\nmatch = \"claude-ok\"\nto = \"ok\"\n";
    let house = House::with(Script::new(), known).await;
    for (model, length) in [("ok", "ok.context_length"), ("claude-ok", "claude.context_length")] {
        let body = json!({ "model": model }).to_string();
        let shown = house.ask(Request::post("/api/show", body)).await.json();
        assert_eq!(shown["model_info"][length], 40960, "{shown}");
        assert_eq!(shown["capabilities"][0], "completion");
    }
    // Clients that show only names like these see it, too.
    let listed = house.ask(Request::get("/v1/models").header("anthropic-version", "1")).await;
    assert!(listed.text().contains("\"claude-ok\""), "{}", listed.text());
}

#[tokio::test]
async fn ollamas_version_needs_no_key_and_its_head_is_answered() {
    let house = House::open().await;
    let version = http::call(house.url(), &Request::get("/api/version")).await.unwrap().json();
    let parts: Vec<u64> =
        version["version"].as_str().unwrap().split('.').map(|part| part.parse().unwrap()).collect();
    assert!(parts >= vec![0, 6, 4], "{parts:?}");
    let head = http::call(house.url(), &Request::new("HEAD", "/")).await.unwrap();
    assert_eq!(head.status, 200);
}

#[tokio::test]
async fn a_key_in_googles_query_is_taken_and_never_logged() {
    let house = House::with(Script::new(), "[log]\nlevel = \"debug\"\n").await;
    let path = format!("/v1beta/models?key={}", house.key);
    let reply = http::call(house.url(), &Request::get(&path)).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    let wrong = format!("/v1beta/models/ok:generateContent?key={}x", house.key);
    assert_eq!(http::call(house.url(), &Request::post(&wrong, "{}")).await.unwrap().status, 401);
    let both = Request::get(&path).header("x-goog-api-key", "another");
    assert_eq!(http::call(house.url(), &both).await.unwrap().status, 400);
    let key = house.key.clone();
    let words = house.gateway.said();
    assert!(words.contains("/v1beta/models") && !words.contains(&key), "{words}");
}

#[tokio::test]
async fn a_stream_of_google_is_one_list_where_nothing_else_is_asked_for() {
    const ONE: &str =
        r#"{"candidates": [{"content":{"role":"model","parts":[{"text":"7.5"}]}}], "new":1e400}"#;
    const TWO: &str = r#"{"candidates":[{"content":{"parts":[{"text":" t"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3}}"#;
    let events = [format!("data: {ONE}\r\n\r\n"), format!("data: {TWO}\r\n\r\n")];
    let gate = Behaviour::Gate {
        name: "second".to_owned(),
        content_type: None,
        chunks: events.map(Into::into).to_vec(),
        end: StreamEnd::End,
    };
    let body = r#"{"contents":[{"role":"user","parts":[{"text":"weigh"}]}]}"#;
    let house = House::speaking("gemini", Script::new().on("odd", gate), "").await;
    let path = "/v1beta/models/odd:streamGenerateContent";
    let mut connection = house.begin_with(Request::post(path, body)).await;
    let head = connection.head().await.unwrap();
    assert_eq!(head.header("content-type"), Some("application/json"));
    // Each item comes when its event does.
    assert_eq!(connection.chunk().await.unwrap().unwrap().bytes, format!("[{ONE}"));
    house.provider.release("second");
    let reply = connection.finish(head).await.unwrap();
    assert_eq!(reply.text(), format!(",\r\n{TWO}]"));
    assert_eq!(house.provider.take().pop().unwrap().path, format!("{path}?alt=sse"));
    let receipt = house.receipt_of(&reply).await;
    let whole = format!("[{ONE},\r\n{TWO}]");
    assert_eq!(receipt["output"]["sha256"], Digest::of(whole.as_bytes()).to_string());
    assert_eq!(
        (&receipt["conversion"], &receipt["usage"]["output_tokens"]),
        (&"none".into(), &3.into())
    );
    let other = house.ask(Request::post(&format!("{path}?alt=proto"), body)).await;
    assert_eq!((other.status, &other.json()["error"]["code"]), (400, &400.into()));
}

#[tokio::test]
async fn a_client_that_sends_no_key_comes_by_an_address_with_a_token() {
    let house = House::with(Script::new(), "[log]\nlevel = \"debug\"\n").await;
    let wanted = json!({ "account": house.account, "kind": "endpoint", "name": "kiosk" });
    let made = post(house.url(), "/gateway/v1/keys", &house.admin, &wanted).await.json();
    assert_eq!((&made["kind"], &made["role"]), (&"endpoint".into(), &"user".into()));
    let token = made["token"].as_str().unwrap();
    let at = |path: &str| format!("/k/{token}{path}");
    let body =
        r#"{"model":"ok","stream":false,"messages":[{"role":"user","content":"weigh this"}]}"#;
    for (path, body) in [
        ("/v1/chat/completions", body),
        ("/api/chat", body),
        ("/v1/responses", r#"{"model":"ok","input":"weigh this"}"#),
    ] {
        // Many such clients insist on sending some key.
        let request = Request::post(&at(path), body).header("authorization", "Bearer ollama");
        let reply = http::call(house.url(), &request).await.unwrap();
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        assert_eq!(house.receipt_of(&reply).await["key"], made["id"]);
    }
    for probe in ["/", "/api/tags", "/api/version", "/v1/models"] {
        let reply = http::call(house.url(), &Request::get(&at(probe))).await.unwrap();
        assert_eq!(reply.status, 200, "{probe}: {}", reply.text());
    }
    // It makes calls and nothing else, and stands nowhere else.
    for path in [at("/gateway/v1/me"), at("/gateway/v1/receipts"), at("/ledger/checkpoint")] {
        let reply = http::call(house.url(), &Request::get(&path)).await.unwrap();
        assert_eq!(reply.status, 404, "{path}");
    }
    let in_header = Request::get("/v1/models").bearer(token);
    assert_eq!(http::call(house.url(), &in_header).await.unwrap().status, 401);
    let in_path = format!("/k/{}/v1/models", house.key);
    assert_eq!(http::call(house.url(), &Request::get(&in_path)).await.unwrap().status, 401);
    let mut greater = wanted.clone();
    greater["role"] = "admin".into();
    assert_eq!(post(house.url(), "/gateway/v1/keys", &house.admin, &greater).await.status, 400);
    let listed = house.ask(Request::get("/gateway/v1/keys")).await;
    assert!(!listed.text().contains(token) && listed.text().contains("endpoint"));
    assert!(!house.gateway.said().contains(token));
    let revoke = format!("/gateway/v1/keys/{}", made["id"].as_str().unwrap());
    let request = Request::new("DELETE", &revoke).bearer(&house.admin);
    assert_eq!(http::call(house.url(), &request).await.unwrap().status, 204);
    let reply = http::call(house.url(), &Request::get(&at("/v1/models"))).await.unwrap();
    assert_eq!(reply.status, 401);
}

#[tokio::test]
async fn a_conversation_is_made_shorter_by_its_own_provider_or_not_at_all() {
    let compacted = r#"{"id":"resp_1","object":"response.compaction","output":[{"type":"compaction",
        "encrypted_content":"gAAA"}],"usage":{"input_tokens":900,"output_tokens":40,"total_tokens":940}}"#;
    let house = House::with(Script::new().on("ok", Behaviour::bytes(compacted)), "").await;
    let body = r#"{"model":"ok", "input":[{"type":"new","x":1e400}]}"#;
    let reply = house.ask(Request::post("/v1/responses/compact", body)).await;
    assert_eq!(reply.text(), compacted);
    let seen = house.provider.take().pop().unwrap();
    assert_eq!((seen.path.as_str(), &seen.body[..]), ("/v1/responses/compact", body.as_bytes()));
    let usage = &house.receipt_of(&reply).await["usage"];
    assert_eq!((&usage["input_tokens"], &usage["basis"]), (&900.into(), &"measured".into()));
    let other = House::speaking("anthropic", Script::new(), "").await;
    let reply = other.ask(Request::post("/v1/responses/compact", body)).await;
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (501, &"not_available".into()));
    assert_eq!(reply.header("x-should-retry"), Some("false"));
    assert_eq!(other.provider.seen_count(), 0);
}

#[tokio::test]
async fn a_stream_of_completions_is_measured_whether_or_not_its_caller_asks() {
    const TEXT: &str = "data: {\"id\":\"cmpl-1\",\"choices\":[{\"index\":0,\"text\":\"7.5\"}]}\n\n\
        data: {\"id\":\"cmpl-1\",\"choices\":[{\"index\":0,\"text\":\"\",\"finish_reason\":\"stop\"}]}\n\n";
    const USAGE: &str = "data: {\"id\":\"cmpl-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3}}\n\n";
    const END: &str = "data: [DONE]\n\n";
    let stream = Behaviour::stream([TEXT, USAGE, END]);
    let house = House::with(Script::new().on("ok", stream), "").await;
    for (body, sent, gets) in [
        (
            r#"{"model":"ok", "prompt":"weigh","stream":true}"#,
            r#"{"stream_options":{"include_usage":true},"model":"ok", "prompt":"weigh","stream":true}"#,
            format!("{TEXT}{END}"),
        ),
        (
            r#"{"model":"ok","prompt":"a","stream":true,"stream_options":{"include_usage":true}}"#,
            r#"{"model":"ok","prompt":"a","stream":true,"stream_options":{"include_usage":true}}"#,
            format!("{TEXT}{USAGE}{END}"),
        ),
    ] {
        let reply = house.ask(Request::post("/v1/completions", body)).await;
        let got = without_comments(&reply.body);
        assert_eq!(String::from_utf8_lossy(&got), gets);
        let seen = house.provider.take().pop().unwrap();
        assert_eq!(seen.path, "/v1/completions");
        assert_eq!(String::from_utf8_lossy(&seen.body), sent);
        let receipt = house.receipt_of(&reply).await;
        assert_eq!(
            (&receipt["usage"]["input_tokens"], &receipt["usage"]["basis"]),
            (&9.into(), &"measured".into())
        );
        assert_eq!(receipt["output"]["sha256"], Digest::of(&got).to_string());
    }
}

#[tokio::test]
async fn nothing_is_put_into_a_conversation_that_is_made_shorter() {
    let compacted = r#"{"output":[],"usage":{"input_tokens":900,"output_tokens":40}}"#;
    let prices = "[[prices]]\nmodel = \"ok\"\ncurrency = \"USD\"\ninput = \"1\"\noutput = \"5\"\n";
    let house = House::with(Script::new().on("ok", Behaviour::bytes(compacted)), prices).await;
    let body = r#"{"model":"ok","input":"weigh this"}"#;
    let call = Request::post("/v1/responses/compact", body);
    let reply = house.ask(call.header("x-weighbridge-max-cost", "0.1")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    // Its provider knows no limit there, and refuses what it does not know.
    assert_eq!(house.provider.take().pop().unwrap().body, body.as_bytes());
    assert_eq!(house.receipt_of(&reply).await["cost"]["actual"], "0.0011");
}

#[tokio::test]
async fn what_leads_nowhere_is_said_in_the_words_of_its_callers_flavor() {
    let house = House::with(Script::new(), "").await;
    let key = &house.key;
    for (path, header, at) in [
        ("/v1/chat/completion".to_owned(), "accept", "/error/code"),
        ("/v1/messages/batches".to_owned(), "accept", "/error/type"),
        ("/v1/files".to_owned(), "anthropic-version", "/error/type"),
        (format!("/k/{key}/v1/messages"), "accept", "/error/type"),
        ("/v1beta/models/m:predict".to_owned(), "accept", "/error/status"),
        ("/v1/models/m:predict".to_owned(), "x-goog-api-client", "/error/status"),
        (format!("/k/{key}/v1beta/models"), "accept", "/error/status"),
        (format!("/k/{key}/api/tags"), "accept", "/error"),
        ("/api/push".to_owned(), "accept", "/error"),
    ] {
        let reply = house.ask(Request::post(&path, "{}").header(header, "1")).await;
        assert!((400..502).contains(&reply.status), "{path}: {}", reply.status);
        let said = reply.json().pointer(at).cloned().unwrap_or_default();
        assert!(said.is_string(), "{path} with {header}: {}", reply.text());
        let in_anthropics = reply.json()["type"] == "error";
        assert_eq!(in_anthropics, at == "/error/type", "{path}: {}", reply.text());
    }
}

#[tokio::test]
async fn searches_are_those_that_the_provider_made() {
    let message = |used: &str| {
        Behaviour::bytes(format!(
            r#"{{"type":"message","id":"msg_1","role":"assistant","model":"m","content":[],
            "stop_reason":"end_turn","usage":{{"input_tokens":3,"output_tokens":5{used}}}}}"#
        ))
    };
    let script = Script::new()
        .on("idle", message(""))
        .on("busy", message(r#","server_tool_use":{"web_search_requests":4}"#));
    let house = House::speaking("anthropic", script, "").await;
    for (model, made) in [("idle", 0), ("busy", 4)] {
        let body = json!({
            "model": model, "max_tokens": 9,
            "messages": [{ "role": "user", "content": "a" }],
            "tools": [{ "type": "web_search_20250305", "name": "web_search" }],
        });
        let reply = house.ask(Request::post("/v1/messages", body.to_string())).await;
        let usage = house.receipt_of(&reply).await["usage"].clone();
        assert_eq!((&usage["searches"], &usage["basis"]), (&json!(made), &json!("measured")));
    }
    let body = json!({
        "model": "idle", "web_search_options": {},
        "messages": [{ "role": "user", "content": "a" }],
    });
    let reply = house.chat(body.to_string()).await;
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(receipt["conversion"], "both");
    assert_eq!(receipt["usage"]["searches"], json!(null), "none goes over");
}

#[tokio::test]
async fn what_lies_in_a_cache_for_an_hour_costs_its_own_rate() {
    let reply = r#"{"type":"message","id":"msg_1","role":"assistant","model":"m","content":[],
        "stop_reason":"end_turn","usage":{"input_tokens":3,"cache_creation_input_tokens":3000000,
        "cache_creation":{"ephemeral_5m_input_tokens":1000000,"ephemeral_1h_input_tokens":2000000},
        "output_tokens":5}}"#;
    let prices = "[[prices]]\nmodel = \"m\"\ncurrency = \"USD\"\ninput = \"0\"\noutput = \"0\"\n\
                  cache_write_5m = \"1\"\ncache_write_1h = \"2\"\n";
    let script = Script::new().on("m", Behaviour::bytes(reply));
    let house = House::speaking("anthropic", script, prices).await;
    let body = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"}]}"#;
    let reply = house.ask(Request::post("/v1/messages", body)).await;
    assert_eq!(reply.header("x-weighbridge-cost"), Some("5 USD"));
    let usage = house.receipt_of(&reply).await["usage"].clone();
    assert_eq!(usage["cache_write_tokens"], 3_000_000);
    assert_eq!(usage["cache_write_1h_tokens"], 2_000_000);
}

#[tokio::test]
async fn what_may_be_thought_is_bounded_with_what_the_call_may_cost() {
    let prices =
        "[[prices]]\nmodel = \"m\"\ncurrency = \"USD\"\ninput = \"0\"\noutput = \"1000\"\n";
    let script = Script::new().on("m", Behaviour::bytes(REPLY));
    let house = House::speaking("anthropic", script, prices).await;
    let message = json!({
        "model": "m", "max_tokens": 40_000,
        "thinking": { "type": "enabled", "budget_tokens": 30_000 },
        "messages": [{ "role": "user", "content": "a" }],
    });
    let chat = json!({
        "model": "m", "reasoning_effort": "high",
        "messages": [{ "role": "user", "content": "a" }],
    });
    for (path, body) in [("/v1/messages", message), ("/v1/chat/completions", chat)] {
        let ask = |most: &str| {
            let call = Request::post(path, body.to_string());
            house.ask(call.header("x-weighbridge-max-cost", most))
        };
        let reply = ask("3").await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let seen = house.provider.take().pop().unwrap();
        let seen: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
        assert_eq!(seen["max_tokens"], 3000);
        assert_eq!(seen["thinking"]["budget_tokens"], 1500);
        let reply = ask("1.01").await;
        assert_eq!(reply.status, 402, "{}", reply.text());
        assert!(reply.text().contains("no room for 1024 of thought"), "{}", reply.text());
        assert!(house.provider.take().is_empty());
    }
}
