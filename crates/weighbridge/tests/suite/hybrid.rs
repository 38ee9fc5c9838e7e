//! Where a call runs: near or far, and who is asked when the first one fails.

use std::time::Duration;

use serde_json::{Value, json};
use weighbridge_testkit::http::{self, Reply, Request};
use weighbridge_testkit::provider::{Chunk, StreamEnd};
use weighbridge_testkit::{Behaviour, Provider, Script};

use crate::house::{House, PATIENCE};

/// Two providers of the model `m`, one near and one far; the house's own has nothing to do with it.
struct Two {
    house: House,
    near: Provider,
    far: Provider,
}

impl Two {
    async fn with(near: Behaviour, far: Behaviour, config: &str) -> Self {
        Self::of(near, far, [MANY, ""], config).await
    }

    /// With more lines for each of the two.
    async fn of(near: Behaviour, far: Behaviour, lines: [&str; 2], config: &str) -> Self {
        let near = Provider::start_with(Script::new().on("m", near)).await.unwrap();
        let far = Provider::start_with(Script::new().on("m", far)).await.unwrap();
        let tables = [("near", "local", &near, lines[0]), ("far", "remote", &far, lines[1])];
        let tables = tables.map(|(name, location, provider, lines)| {
            format!(
                "\n[[providers]]\nname = \"{name}\"\nflavor = \"openai\"\nbase_url = \"{}\"\n\
                 location = \"{location}\"\nservices = [\"chat\"]\nmodels = [\"m\"]\n\
                 timeout = {{ connect = \"1s\", first_byte = \"1s\", idle = \"1s\", total = \"1s\" }}\n\
                 {lines}\n",
                provider.base_url()
            )
        });
        let config = format!("{config}\n{}", tables.concat());
        let house = House::with(Script::new(), &config).await;
        Self { house, near, far }
    }

    async fn chat(&self, members: Value) -> Reply {
        self.house.chat(body(members)).await
    }

    async fn asked(&self, headers: &[(&str, &str)], members: Value) -> Reply {
        let mut request = Request::post("/v1/chat/completions", body(members));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        self.house.ask(request).await
    }

    fn seen(&self) -> (u64, u64) {
        (self.near.seen_count(), self.far.seen_count())
    }
}

/// Who has an optimum is not judged by how busy this machine is with other tests.
const MANY: &str = "concurrency = { max = 1000 }";

fn body(members: Value) -> String {
    let mut body = json!({ "model": "m", "messages": [{ "role": "user", "content": "a" }] });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body.to_string()
}

fn provider(reply: &Reply) -> &str {
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.header("x-weighbridge-provider").unwrap()
}

fn error(status: u16) -> Behaviour {
    let json = json!({ "error": { "message": "said by near", "type": "server_error" } });
    Behaviour::Error { status, json }
}

#[tokio::test]
async fn a_policy_decides_where_a_call_runs_and_no_provider_sees_it() {
    let two = Two::with(Behaviour::ok(), Behaviour::ok(), "").await;
    assert_eq!(provider(&two.chat(json!({})).await), "near");
    for (policy, expected) in [
        ("default", "near"),
        ("always_local", "near"),
        ("always_remote", "far"),
        ("private", "near"),
        ("least_latency", "near"),
        ("least_cost", "near"),
    ] {
        let reply = two.chat(json!({ "hybrid_policy": policy })).await;
        let is_measured = policy == "least_latency";
        assert!(is_measured || provider(&reply) == expected, "{policy}");
        assert_eq!(reply.header("x-weighbridge-policy"), Some(policy));
        let header = [("x-weighbridge-hybrid-policy", policy)];
        let reply = two.asked(&header, json!({})).await;
        assert!(is_measured || provider(&reply) == expected, "{policy}");
    }
    // The body's word counts more than the header's.
    let header = [("x-weighbridge-hybrid-policy", "private")];
    let reply = two.asked(&header, json!({ "hybrid_policy": "always_remote" })).await;
    assert_eq!(provider(&reply), "far");
    let receipt = two.house.receipt_of(&reply).await;
    let decision = json!({ "policy": "always_remote", "chosen_by": "body", "match": "exact",
        "candidates": [{ "provider": "far", "score": 0 },
        { "provider": "near", "left_out": "policy" }] });
    assert_eq!(receipt["decision"], decision);
    for seen in two.near.calls().iter().chain(&two.far.calls()) {
        assert_eq!(seen.body, body(json!({})), "every other byte as it was");
    }
    for (policy, words) in [(json!("nowhere"), "least_latency"), (json!(3), "private")] {
        let reply = two.chat(json!({ "hybrid_policy": policy })).await;
        assert_eq!(
            (reply.status, reply.json()["error"]["param"].as_str()),
            (400, Some("hybrid_policy"))
        );
        assert!(reply.text().contains(words), "{}", reply.text());
    }
}

#[tokio::test]
async fn what_is_private_never_leaves_even_when_nobody_is_there() {
    let two = Two::with(error(500), Behaviour::ok(), "").await;
    for _ in 0..5 {
        let reply = two.chat(json!({ "hybrid_policy": "private" })).await;
        assert_eq!(reply.status, 500, "{}", reply.text());
    }
    assert_eq!(two.far.seen_count(), 0);
    let config = "[hybrid]\npolicy = \"private\"\n";
    let two = Two::with(Behaviour::ok(), Behaviour::ok(), config).await;
    assert_eq!(provider(&two.chat(json!({})).await), "near");
    let reply = two.chat(json!({ "model": "far/m" })).await;
    assert_eq!(reply.status, 404, "{}", reply.text());
    assert!(reply.text().contains("the policy private, which [hybrid] chose"), "{}", reply.text());
    assert!(reply.text().contains("by `far` (remote)"), "{}", reply.text());
    assert_eq!(two.seen(), (1, 0));
}

#[tokio::test]
async fn the_nearest_word_counts_and_a_key_may_forbid_another() {
    let config = "[hybrid]\npolicy = \"always_remote\"\n\
        [levels.home]\nhybrid_policy = \"always_local\"\nview = { requests = 1000, window = \"1m\" }\n";
    let two = Two::with(Behaviour::ok(), Behaviour::ok(), config).await;
    let chosen = |reply: &Reply| provider(reply).to_owned();
    assert_eq!(chosen(&two.chat(json!({})).await), "far");
    let changed = two.house.change(json!({ "level": "home" })).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let reply = two.chat(json!({})).await;
    assert_eq!(chosen(&reply), "near");
    assert_eq!(two.house.receipt_of(&reply).await["decision"]["chosen_by"], "level");
    let key = async |wanted: Value| {
        let mut wanted = wanted;
        wanted["account"] = json!(two.house.account);
        let request = Request::post("/gateway/v1/keys", wanted.to_string());
        let made = http::call(two.house.url(), &request.bearer(&two.house.admin)).await.unwrap();
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()
    };
    let with = async |key: &Value, members: Value| {
        let request = Request::post("/v1/chat/completions", body(members));
        http::call(two.house.url(), &request.bearer(key["key"].as_str().unwrap())).await.unwrap()
    };
    let open = key(json!({ "hybrid_policy": "always_remote" })).await;
    assert_eq!(
        (&open["hybrid_policy"], &open["hybrid_override"]),
        (&json!("always_remote"), &json!(true))
    );
    assert_eq!(chosen(&with(&open, json!({})).await), "far");
    assert_eq!(chosen(&with(&open, json!({ "hybrid_policy": "private" })).await), "near");
    let bound = key(json!({ "hybrid_policy": "private", "hybrid_override": false })).await;
    assert_eq!(chosen(&with(&bound, json!({})).await), "near");
    assert_eq!(chosen(&with(&bound, json!({ "hybrid_policy": "private" })).await), "near");
    let reply = with(&bound, json!({ "hybrid_policy": "always_remote" })).await;
    assert_eq!(reply.status, 403, "{}", reply.text());
    assert!(reply.text().contains("this key's calls run under private"), "{}", reply.text());
    let wrong = Request::post("/gateway/v1/keys", json!({ "hybrid_policy": "x" }).to_string());
    let wrong = http::call(two.house.url(), &wrong.bearer(&two.house.admin)).await.unwrap();
    assert_eq!(wrong.json()["error"]["field"], "hybrid_policy");
}

#[tokio::test]
async fn the_policies_in_force_are_a_table_that_receipts_cite() {
    let config = "[hybrid]\nregions = [\"eu\"]\n[hybrid.services]\nchat = \"always_remote\"\n";
    let lines = ["concurrency = { max = 9 }\nregion = \"us\"", "region = \"eu\""];
    let two = Two::of(Behaviour::ok(), Behaviour::ok(), lines, config).await;
    let reply = two.chat(json!({ "hybrid_policy": "default" })).await;
    assert_eq!(provider(&reply), "far", "the other one is in no region that is allowed");
    let receipt = two.house.receipt_of(&reply).await;
    assert_eq!(receipt["decision"]["candidates"][1]["left_out"], "region");
    let digest = receipt["cost"]["policy_sha256"].as_str().unwrap();
    let table = two.house.ask(Request::get(&format!("/gateway/v1/tables/{digest}"))).await.json();
    assert_eq!(table["kind"], "policies");
    assert_eq!(table["table"]["services"], json!({ "chat": "always_remote" }));
    assert_eq!(table["table"]["regions"], json!(["eu"]));
}

#[tokio::test]
async fn what_fails_before_its_first_byte_is_tried_elsewhere() {
    let faults = [
        ("500", error(500)),
        ("503", error(503)),
        ("429", error(429)),
        ("404", error(404)),
        ("401", Behaviour::Unauthorized),
        ("closes", Behaviour::CloseEarly),
        ("garbage", Behaviour::Garbage),
        ("silence", Behaviour::NeverAnswer),
        ("a cut reply", Behaviour::cut()),
        ("no JSON", Behaviour::bytes("{")),
        ("an error in the place of a reply", Behaviour::bytes(r#"{"error":{"message":"x"}}"#)),
    ];
    for (name, fault) in faults {
        let two = Two::with(fault, Behaviour::ok(), PRICE).await;
        for streams in [false, true] {
            // What a stream has said cannot be taken back.
            if streams
                && matches!(name, "a cut reply" | "no JSON" | "an error in the place of a reply")
            {
                continue;
            }
            let reply = two.chat(json!({ "stream": streams })).await;
            if reply.header("x-weighbridge-provider") != Some("far") {
                panic!("{name} {streams}: {} {}", reply.status, reply.text());
            }
            let receipt = two.house.receipt_of(&reply).await;
            let attempts = receipt["attempts"].as_array().unwrap();
            let last = attempts.last().unwrap();
            assert_eq!(
                (&last["provider"], &last["outcome"]),
                (&json!("far"), &json!("ok")),
                "{name}"
            );
            assert_eq!(receipt["cost"]["actual"], "0.000012", "{name}: paid once");
            if !streams {
                assert_eq!(attempts[0]["provider"], "near", "{name}");
                assert_eq!(attempts[0]["outcome"], "error", "{name}");
            }
        }
    }
}

/// A token for a millionth of a dollar.
const PRICE: &str =
    "[[prices]]\nmodel = \"m\"\ncurrency = \"USD\"\ninput = \"1\"\noutput = \"1\"\n";

#[tokio::test]
async fn a_stream_that_breaks_off_is_tried_elsewhere_only_before_it_began() {
    let nothing = Behaviour::Stream { chunks: Vec::new(), end: StreamEnd::End };
    let two = Two::with(nothing, Behaviour::ok(), "").await;
    let reply = two.chat(json!({ "stream": true })).await;
    assert_eq!(provider(&reply), "far");
    assert!(reply.text().contains("[DONE]"), "{}", reply.text());
    let event = r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}"#;
    let chunks = vec![Chunk::now(format!("data: {event}\n\n"))];
    let something = Behaviour::Stream { chunks, end: StreamEnd::Cut };
    let two = Two::with(something, Behaviour::ok(), "").await;
    let reply = two.chat(json!({ "stream": true })).await;
    assert_eq!(provider(&reply), "near");
    assert!(!reply.text().contains("[DONE]") && reply.text().contains("error"), "{}", reply.text());
    assert_eq!(two.far.seen_count(), 0);
}

#[tokio::test]
async fn a_request_that_is_wrong_is_wrong_everywhere() {
    for status in [400, 413, 422] {
        let two = Two::with(error(status), Behaviour::ok(), "").await;
        for _ in 0..4 {
            let reply = two.chat(json!({})).await;
            assert_eq!(reply.status, status);
            assert!(reply.text().contains("said by near"), "{}", reply.text());
        }
        assert_eq!(two.seen(), (4, 0), "and no fault of the provider's");
    }
}

#[tokio::test]
async fn where_nobody_else_is_left_the_callers_hear_what_the_last_one_said() {
    let two = Two::with(Behaviour::CloseEarly, error(503), "").await;
    let reply = two.chat(json!({})).await;
    assert_eq!(reply.status, 503);
    assert!(reply.text().contains("said by near"), "{}", reply.text());
    let receipt = two.house.receipt_of(&reply).await;
    assert_eq!(receipt["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(receipt["provider"], "far");
}

#[tokio::test]
async fn one_who_is_dead_is_left_after_three_failures() {
    let two = Two::with(Behaviour::CloseEarly, Behaviour::ok(), "[hybrid]\nrest = \"30s\"\n").await;
    for _ in 0..10 {
        assert_eq!(provider(&two.chat(json!({})).await), "far");
    }
    assert_eq!(two.seen(), (3, 10));
    let providers = two.house.ask(Request::get("/gateway/v1/providers")).await.json();
    let near =
        providers["items"].as_array().unwrap().iter().find(|it| it["name"] == "near").unwrap();
    assert_eq!(near["health"], "resting");
    let rests = near["rests_for_ms"].as_u64().unwrap();
    assert!(rests > 10_000 && rests <= 30_000, "{rests}");
    assert_eq!(near["base_url"], Value::Null, "a developer's key is told no addresses");
    // Where nobody else is left it is asked all the same.
    let reply = two.chat(json!({ "hybrid_policy": "always_local" })).await;
    assert_eq!(reply.status, 502, "{}", reply.text());
    assert_eq!(two.near.seen_count(), 4);
}

#[tokio::test]
async fn one_who_asks_for_no_calls_gets_none() {
    let two = Two::with(Behaviour::RetryAfter { seconds: 40 }, Behaviour::ok(), "").await;
    for _ in 0..3 {
        assert_eq!(provider(&two.chat(json!({})).await), "far");
    }
    assert_eq!(two.seen(), (1, 3));
    let reply = two.chat(json!({ "hybrid_policy": "always_local" })).await;
    assert_eq!(reply.status, 429, "{}", reply.text());
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((30..=40).contains(&wait), "{wait}");
    assert_eq!(two.near.seen_count(), 1);
    assert!(reply.header("x-weighbridge-call").is_none(), "nothing was reserved for it");
}

#[tokio::test]
async fn a_credential_that_is_refused_is_the_gateways_matter() {
    let two = Two::with(Behaviour::Unauthorized, Behaviour::ok(), "").await;
    for _ in 0..3 {
        assert_eq!(provider(&two.chat(json!({})).await), "far");
    }
    assert_eq!(two.seen(), (1, 3), "it is asked no more");
    let reply = two.chat(json!({ "hybrid_policy": "always_local" })).await;
    assert_eq!(
        (reply.status, reply.json()["error"]["code"].as_str()),
        (502, Some("provider_credential"))
    );
    assert_eq!(two.near.seen_count(), 1);
}

/// A stream that goes on when the test says so.
fn gate(name: &str) -> Behaviour {
    let event = |text: &str| {
        let event = json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] });
        format!("data: {event}\n\n")
    };
    let stop = json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    let chunks = vec![event("a").into(), format!("data: {stop}\n\ndata: [DONE]\n\n").into()];
    Behaviour::Gate { name: name.to_owned(), content_type: None, chunks, end: StreamEnd::End }
}

const STREAM: &str = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"a"}]}"#;

#[tokio::test]
async fn a_provider_is_preferred_up_to_its_optimum_and_used_up_to_its_maximum() {
    let lines = ["concurrency = { optimal = 1, max = 2 }", ""];
    let two = Two::of(gate("g"), Behaviour::ok(), lines, "").await;
    let mut first = two.house.begin(STREAM.to_owned()).await;
    let head = first.head().await.unwrap();
    assert_eq!(provider(&two.chat(json!({})).await), "far", "the near one is at its best");
    let local = json!({ "hybrid_policy": "always_local", "stream": true });
    let mut second = two.house.begin(body(local.clone())).await;
    let second_head = second.head().await.unwrap();
    assert_eq!(second_head.header("x-weighbridge-provider"), Some("near"));
    let third = two.chat(local).await;
    assert_eq!(third.status, 503, "{}", third.text());
    assert!(third.text().contains("concurrency.max"), "{}", third.text());
    assert_eq!(third.header("retry-after"), Some("1"));
    let explained = two.house.ask(Request::post("/gateway/v1/explain", STREAM)).await.json();
    assert_eq!(explained["candidates"][0]["provider"], "far");
    assert_eq!(explained["candidates"][1]["left_out"], "full");
    two.near.release("g");
    two.near.release("g");
    first.finish(head).await.unwrap();
    second.finish(second_head).await.unwrap();
    let mut fourth = two.house.begin(STREAM.to_owned()).await;
    assert_eq!(fourth.head().await.unwrap().header("x-weighbridge-provider"), Some("near"));
}

#[tokio::test]
async fn calls_wait_for_a_place_in_their_order_where_they_may() {
    let lines = ["concurrency = { max = 1, queue = 2 }", ""];
    let config = "[hybrid]\npolicy = \"always_local\"\n";
    let two = Two::of(gate("g"), Behaviour::ok(), lines, config).await;
    let mut first = two.house.begin(STREAM.to_owned()).await;
    let head = first.head().await.unwrap();
    let mut waiting = Vec::new();
    for number in 0..2 {
        let own = STREAM.replace("\"a\"", &format!("\"m-{number}-0\""));
        waiting.push(two.house.begin(own).await);
        let queued = async || {
            let all = two.house.ask(Request::get("/gateway/v1/providers")).await.json();
            let near = all["items"].as_array().unwrap().iter().find(|it| it["name"] == "near");
            near.unwrap()["waiting"] == json!(number + 1)
        };
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !queued().await {
            assert!(tokio::time::Instant::now() < deadline, "nobody waits");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let refused = two.house.chat(STREAM).await;
    assert_eq!(refused.status, 503, "the queue is full: {}", refused.text());
    // The second of the two leaves, and its place is nobody's.
    drop(waiting.pop());
    two.near.release("g");
    first.finish(head).await.unwrap();
    let mut next = waiting.pop().unwrap();
    let head = next.head().await.unwrap();
    assert_eq!(head.status, 200);
    two.near.release("g");
    next.finish(head).await.unwrap();
    // The one who left has a receipt too.
    two.house.receipts_become(3).await;
    let markers: Vec<_> = two.near.calls().into_iter().filter_map(|seen| seen.marker).collect();
    assert_eq!(markers, ["m-0-0"]);
    let mut last = two.house.begin(STREAM.to_owned()).await;
    assert_eq!(last.head().await.unwrap().status, 200, "no place was lost");
}

#[tokio::test]
async fn an_explanation_says_where_a_call_would_run_and_makes_none() {
    let lines = ["concurrency = { optimal = 4, max = 8 }\nregion = \"desk\"", ""];
    let config = format!("{PRICE}[[aliases]]\nmatch = \"claude-*\"\nto = \"m\"\n");
    let two = Two::of(Behaviour::ok(), Behaviour::ok(), lines, &config).await;
    let asked = json!({ "model": "claude-x", "max_tokens": 9, "hybrid_policy": "always_local",
        "messages": [{ "role": "user", "content": "a" }] });
    let request = Request::post("/gateway/v1/explain?flavor=anthropic", asked.to_string());
    let explained = two.house.ask(request).await;
    assert_eq!(explained.status, 200, "{}", explained.text());
    insta::assert_snapshot!(serde_json::to_string_pretty(&explained.json()).unwrap());
    let asked = json!({ "model": "m", "input": "a" });
    let request = Request::post("/gateway/v1/explain?service=embed", asked.to_string());
    let reply = two.house.ask(request).await;
    assert_eq!(
        (reply.status, reply.json()["error"]["code"].as_str()),
        (404, Some("model_not_found"))
    );
    let private = body(json!({ "model": "far/m", "hybrid_policy": "private" }));
    let refused = two.house.ask(Request::post("/gateway/v1/explain", private)).await.json();
    assert_eq!(refused["refusal"]["code"], "model_not_found");
    assert_eq!(refused["candidates"][0]["left_out"], "policy");
    assert_eq!(two.seen(), (0, 0));
    assert!(two.house.receipts().await.is_empty());
}

#[tokio::test]
async fn one_whose_model_is_too_short_or_lacks_something_is_left_out() {
    let config = "[[models]]\nname = \"m\"\nprovider = \"near\"\ncontext_length = 10000\n\
        lacks = [\"tools\", \"vision\"]\n";
    let two = Two::with(Behaviour::ok(), Behaviour::ok(), config).await;
    let left_out = async |members: Value| {
        let reply = two.chat(members).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let decision = two.house.receipt_of(&reply).await["decision"]["candidates"].clone();
        let near = decision.as_array().unwrap().iter().find(|it| it["provider"] == "near");
        near.unwrap()["left_out"].as_str().unwrap_or("nothing").to_owned()
    };
    assert_eq!(left_out(json!({ "max_tokens": 10 })).await, "nothing");
    assert_eq!(left_out(json!({ "max_tokens": 9999 })).await, "context");
    let tool = json!([{ "type": "function", "function": { "name": "f", "parameters": {} } }]);
    assert_eq!(left_out(json!({ "tools": tool })).await, "ability");
    let part = |part: Value| json!({ "messages": [{ "role": "user", "content": [part] }] });
    let picture =
        json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,AA==" } });
    assert_eq!(left_out(part(picture)).await, "ability");
    let sound =
        json!({ "type": "input_audio", "input_audio": { "data": "AA==", "format": "wav" } });
    assert_eq!(left_out(part(sound)).await, "nothing");
    let reply = two.chat(json!({ "tools": tool, "hybrid_policy": "private" })).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
    assert!(reply.text().contains("has what this call needs: tools"), "{}", reply.text());
    // Who alone is left is asked however long it is.
    let reply = two.chat(json!({ "max_tokens": 9999, "hybrid_policy": "private" })).await;
    assert_eq!(provider(&reply), "near");
}

#[tokio::test]
async fn an_alias_may_lead_to_models_of_different_names() {
    let near = Provider::start_with(Script::new().on("qwen3:8b", error(503))).await.unwrap();
    let far = Provider::start_with(Script::new().on("qwen3-8b", Behaviour::ok())).await.unwrap();
    let table = |name: &str, location: &str, provider: &Provider, model: &str| {
        format!(
            "[[providers]]\nname = \"{name}\"\nflavor = \"openai\"\nbase_url = \"{}\"\n\
             location = \"{location}\"\nservices = [\"chat\"]\nmodels = [\"{model}\"]\n{MANY}\n",
            provider.base_url()
        )
    };
    let config = format!(
        "{}{}[[aliases]]\nmatch = \"qwen\"\nto = [\"qwen3:8b\", \"qwen3-8b\"]\n",
        table("near", "local", &near, "qwen3:8b"),
        table("far", "remote", &far, "qwen3-8b")
    );
    let house = House::with(Script::new(), &config).await;
    let reply = house.chat(body(json!({ "model": "qwen" }))).await;
    assert_eq!(provider(&reply), "far");
    assert_eq!(reply.header("x-weighbridge-model"), Some("qwen3-8b"));
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(
        (&receipt["model_asked"], &receipt["model_served"]),
        (&json!("qwen"), &json!("qwen3-8b"))
    );
    assert_eq!(receipt["decision"]["match"], "alias");
    let sent = |provider: &Provider| -> Value {
        serde_json::from_slice(&provider.calls()[0].body).unwrap()
    };
    assert_eq!(
        (&sent(&near)["model"], &sent(&far)["model"]),
        (&json!("qwen3:8b"), &json!("qwen3-8b"))
    );
}

#[tokio::test]
async fn the_cheapest_is_asked_first_where_that_is_wanted() {
    let price = |provider: &str, price: &str| {
        format!(
            "[[prices]]\nmodel = \"m\"\nprovider = \"{provider}\"\ncurrency = \"USD\"\n\
             input = \"{price}\"\noutput = \"{price}\"\n"
        )
    };
    let config =
        format!("{}{}[hybrid]\npolicy = \"least_cost\"\n", price("near", "2"), price("far", "1"));
    let two = Two::with(Behaviour::ok(), Behaviour::ok(), &config).await;
    let reply = two.chat(json!({})).await;
    assert_eq!(provider(&reply), "far");
    let receipt = two.house.receipt_of(&reply).await;
    let candidates = receipt["decision"]["candidates"].as_array().unwrap();
    let score = |at: usize| candidates[at]["score"].as_u64().unwrap();
    assert!(score(0) > 0 && score(1) > score(0), "{candidates:?}");
}

#[tokio::test]
async fn a_key_sees_and_uses_no_models_but_its_own() {
    let config = "[[aliases]]\nmatch = \"claude-m\"\nto = \"m\"\n";
    let two = Two::with(Behaviour::ok(), Behaviour::ok(), config).await;
    let key = async |wanted: Value| {
        let mut wanted = wanted;
        wanted["account"] = json!(two.house.account);
        let request = Request::post("/gateway/v1/keys", wanted.to_string());
        http::call(two.house.url(), &request.bearer(&two.house.admin)).await.unwrap().json()
    };
    let ask = async |key: &Value, request: Request| {
        let key = key["key"].as_str().unwrap();
        http::call(two.house.url(), &request.bearer(key)).await.unwrap()
    };
    let own = key(json!({ "models": ["claude-*"] })).await;
    assert_eq!(own["models"], json!(["claude-*"]));
    let ids = |reply: &Reply| -> Vec<String> {
        let list = reply.json();
        let items = list["data"].as_array().unwrap().clone();
        items.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
    };
    let all = two.house.ask(Request::get("/v1/models")).await;
    assert_eq!(ids(&all), ["m", "ok", "claude-m"]);
    assert_eq!(ids(&ask(&own, Request::get("/v1/models")).await), ["claude-m"]);
    let claude = Request::get("/v1/models?limit=1000").header("anthropic-version", "2023-06-01");
    assert_eq!(ids(&ask(&own, claude).await), ["claude-m"]);
    let google = ask(&own, Request::get("/v1beta/models")).await.json();
    assert_eq!(google["models"].as_array().unwrap().len(), 1, "{google}");
    let tags = ask(&own, Request::get("/api/tags")).await.json();
    assert_eq!(tags["models"].as_array().unwrap().len(), 1, "{tags}");
    let call = |model: &str| Request::post("/v1/chat/completions", body(json!({ "model": model })));
    assert_eq!(provider(&ask(&own, call("claude-m")).await), "near");
    for refused in [ask(&own, call("m")).await, ask(&own, Request::get("/v1/models/m")).await] {
        assert_eq!(refused.status, 404, "{}", refused.text());
        assert!(refused.text().contains("this key may use"), "{}", refused.text());
    }
    let far = key(json!({ "models": ["far/m", "ok"], "hybrid_policy": "always_remote" })).await;
    assert_eq!(provider(&ask(&far, call("m")).await), "far");
    // What is bound to this machine sees nothing that is not there.
    let private = key(json!({ "hybrid_policy": "private", "hybrid_override": false })).await;
    assert_eq!(ids(&ask(&private, Request::get("/v1/models")).await), ["m", "ok", "claude-m"]);
    let remote = key(json!({ "hybrid_policy": "always_remote", "hybrid_override": false })).await;
    assert_eq!(ids(&ask(&remote, Request::get("/v1/models")).await), ["m", "claude-m"]);
    for wrong in [json!([]), json!("m"), json!([1]), json!([""])] {
        let wanted = json!({ "account": two.house.account, "models": wrong });
        let request = Request::post("/gateway/v1/keys", wanted.to_string());
        let refused = http::call(two.house.url(), &request.bearer(&two.house.admin)).await.unwrap();
        assert_eq!((refused.status, &refused.json()["error"]["field"]), (400, &json!("models")));
    }
}

#[tokio::test]
async fn a_key_that_is_bound_frees_nobody_and_is_not_fooled_by_names() {
    let config = "[[aliases]]\nmatch = \"*-best-*\"\nto = \"far/m\"\n";
    let two = Two::with(Behaviour::ok(), Behaviour::ok(), config).await;
    let make = async |by: &str, wanted: Value| {
        let request = Request::post("/gateway/v1/keys", wanted.to_string());
        http::call(two.house.url(), &request.bearer(by)).await.unwrap()
    };
    let wanted = json!({ "account": two.house.account, "models": ["near/*", "m-mini*"],
        "hybrid_policy": "private", "hybrid_override": false });
    let bound = make(&two.house.admin, wanted.clone()).await.json();
    let bound = bound["key"].as_str().unwrap();
    for free in [
        json!({}),
        json!({ "models": ["near/*"] }),
        json!({ "models": ["*"], "hybrid_policy": "private", "hybrid_override": false }),
        json!({ "models": ["near/*"], "hybrid_policy": "default", "hybrid_override": false }),
    ] {
        let refused = make(bound, free.clone()).await;
        assert_eq!(refused.status, 403, "{free}: {}", refused.text());
    }
    assert_eq!(make(bound, wanted).await.status, 201);
    let call = async |model: &str| {
        let request = Request::post("/v1/chat/completions", body(json!({ "model": model })));
        http::call(two.house.url(), &request.bearer(bound)).await.unwrap()
    };
    assert_eq!(provider(&call("near/m").await), "near");
    // Neither by an alias that any name fits, nor by the likeness of a name that begins like theirs.
    for other in ["m-mini-best-x", "near/ok", "near/OK"] {
        let refused = call(other).await;
        assert_eq!(refused.status, 404, "{other}: {}", refused.text());
    }
    let unknown = call("ok-9").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.text().contains("this key may use"), "no other names: {}", unknown.text());
    // Who names a provider is served by no other.
    let reply = two.chat(json!({ "model": "near/ok" })).await;
    assert_eq!(reply.status, 404, "{}", reply.text());
    assert_eq!((two.far.seen_count(), two.house.provider.seen_count()), (0, 0));
}
