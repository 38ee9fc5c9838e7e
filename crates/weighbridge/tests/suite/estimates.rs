//! Quotes: asked for, accepted once, and for the very bytes that they were made for.

use serde_json::json;
use weighbridge_testkit::chat::Chat;
use weighbridge_testkit::http::{Reply, Request};
use weighbridge_testkit::{Behaviour, Script};

use crate::house::{House, VIEW, body};

async fn house() -> House {
    let usage = Behaviour::chat(Chat { tokens: Some((10, 20)), ..Chat::default() });
    let price = |model: &str| {
        format!(
            "[[prices]]\nmodel = \"{model}\"\ncurrency = \"USD\"\ninput = \"1000\"\n\
             output = \"1000\"\n"
        )
    };
    let script =
        Script::new().on("gpt-4o", usage.clone()).on("other", usage.clone()).on("dear", usage);
    let config = format!(
        "[limits]\nestimates = 3\n[levels.default]\n{VIEW}{}{}",
        price("gpt-4o"),
        price("other")
    );
    House::with(script, &config).await
}

fn with(house: &House, body: String, headers: &[(&str, &str)]) -> Request {
    let request = Request::post("/v1/chat/completions", body).bearer(&house.key);
    headers.iter().fold(request, |request, (name, value)| request.header(name, value))
}

async fn asked(house: &House, body: String, headers: &[(&str, &str)]) -> Reply {
    house.ask(with(house, body, headers)).await
}

#[tokio::test]
async fn a_caller_who_asks_first_is_told_the_cost_and_its_yes_is_on_the_receipt() {
    let house = house().await;
    let ask = [("x-weighbridge-confirm", "ask")];
    let mut reply = asked(&house, body("gpt-4o", false), &ask).await;
    // On a busy machine the tokeniser may not be ready in the time that a count is waited for.
    for _ in 0..2 {
        if reply.json()["error"]["detail"]["basis"] == "bounded" {
            reply = asked(&house, body("gpt-4o", false), &ask).await;
        }
    }
    assert_eq!(reply.status, 402, "{}", reply.text());
    assert_eq!(reply.header("x-should-retry"), Some("false"));
    let error = reply.json()["error"].clone();
    assert_eq!(error["code"], "confirmation_required");
    let quote = &error["detail"];
    // "weigh this" has three tokens, "user" one, and six stand around them.
    assert_eq!((&quote["basis"], &quote["input_tokens"]), (&json!("counted"), &json!(10)));
    assert_eq!(quote["expected"], "1.01");
    let id = quote["id"].as_str().unwrap();
    assert!(error["message"].as_str().unwrap().contains(id));
    assert_eq!(house.provider.seen_count(), 0);

    let yes = [("x-weighbridge-confirm", "ask"), ("x-weighbridge-estimate", id)];
    let other = asked(&house, body("gpt-4o", true), &yes).await;
    assert_eq!((other.status, &other.json()["error"]["code"]), (409, &json!("estimate_unusable")));
    let reply = asked(&house, body("gpt-4o", false), &yes).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let cost = house.receipt_of(&reply).await["cost"].clone();
    assert_eq!((&cost["consent"], &cost["estimate"]), (&json!("confirmed"), &json!("1.01")));
    let again = asked(&house, body("gpt-4o", false), &yes).await;
    assert_eq!(again.status, 409, "one yes is one call");
    assert_eq!(again.header("x-should-retry"), Some("false"));
    assert_eq!(house.provider.seen_count(), 1);
}

#[tokio::test]
async fn a_quote_is_for_the_body_of_the_call_and_takes_nothing_from_its_window() {
    let house = house().await;
    let quote = |model: &str| house.ask(Request::post("/gateway/v1/estimates", body(model, true)));
    let made = quote("gpt-4o").await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    assert_eq!((&made["currency"], &made["reserved"]), (&json!("USD"), &json!("1.01")));
    let sent = body("gpt-4o", true);
    let digest = weighbridge_proof::Digest::of(sent.as_bytes()).to_string();
    assert_eq!(made["input_sha256"], digest);
    let id = made["id"].as_str().unwrap();
    let reply = asked(&house, sent, &[("x-weighbridge-estimate", id)]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("x-ratelimit-remaining-requests"), Some("599"));
    // A model whose tokeniser is not here is bounded by its bytes.
    assert_eq!(quote("other").await.json()["basis"], "bounded");
    let refused = quote("dear").await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (402, &json!("unpriced")));
    let refused = quote("nobody").await;
    assert_eq!(refused.status, 404);
    assert!(refused.json()["error"]["message"].is_string());
}

#[tokio::test]
async fn open_quotes_are_bounded() {
    let house = house().await;
    let quote = || house.ask(Request::post("/gateway/v1/estimates", body("other", false)));
    for _ in 0..3 {
        assert_eq!(quote().await.status, 201);
    }
    let refused = quote().await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (429, &json!("too_many_estimates"))
    );
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() > 500);
}

#[tokio::test]
async fn a_quote_comes_back_when_its_call_is_refused_after_all() {
    let house = house().await;
    let made = house.ask(Request::post("/gateway/v1/estimates", body("other", false))).await.json();
    let id = made["id"].as_str().unwrap();
    house.change(json!({ "budget": { "amount": "0.5", "currency": "USD" } })).await;
    let yes = [("x-weighbridge-estimate", id)];
    assert_eq!(asked(&house, body("other", false), &yes).await.status, 402);
    house.change(json!({ "budget": { "top_up": "5" } })).await;
    assert_eq!(asked(&house, body("other", false), &yes).await.status, 200);
}

#[tokio::test]
async fn nobody_is_charged_more_than_they_said() {
    let house = house().await;
    // The bound says 1.2 and the exact count 1.01: it is counted before it is refused.
    let reply = asked(&house, body("gpt-4o", false), &[("x-weighbridge-max-cost", "1.02")]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let cost = house.receipt_of(&reply).await["cost"].clone();
    assert_eq!((&cost["consent"], &cost["actual"]), (&json!("max_cost"), &json!("0.03")));
    for (model, most, code) in [
        ("gpt-4o", "0.2", "over_max_cost"),
        ("other", "0.3 USD", "over_max_cost"),
        ("other", "5 CNY", "currency_mismatch"),
        ("dear", "5", "unpriced"),
    ] {
        let reply = asked(&house, body(model, false), &[("x-weighbridge-max-cost", most)]).await;
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (402, &json!(code)), "{most}");
    }
    assert_eq!(house.provider.seen_count(), 1);
}

#[tokio::test]
async fn an_answer_is_kept_to_what_its_caller_pays_for() {
    let house = house().await;
    let most = [("x-weighbridge-max-cost", "1.5")];
    let prompt = body("other", false).len() as u64 + 64;
    let pays_for = json!(1_500 - prompt);
    assert_eq!(asked(&house, body("other", false), &most).await.status, 200);
    let sent = |number: usize| -> serde_json::Value {
        serde_json::from_slice(&house.provider.calls()[number].body).unwrap()
    };
    assert_eq!(sent(0)["max_tokens"], pays_for);
    // OpenAI's own models go by the newer name, and a smaller limit stays as it is.
    assert_eq!(asked(&house, body("gpt-4o", false), &most).await.status, 200);
    assert!(sent(1)["max_completion_tokens"].as_u64().unwrap() > 1_000);
    let mut small: serde_json::Value = serde_json::from_str(&body("other", false)).unwrap();
    small["max_tokens"] = json!(5);
    assert_eq!(asked(&house, small.to_string(), &most).await.status, 200);
    assert_eq!(sent(2)["max_tokens"], 5);
    small["n_predict"] = json!(-1);
    let refused = asked(&house, small.to_string(), &most).await;
    assert_eq!((refused.status, &refused.json()["error"]["param"]), (402, &json!("n_predict")));
    assert_eq!(asked(&house, small.to_string(), &[]).await.status, 200);
}

#[tokio::test]
async fn a_limit_by_another_name_is_refused_under_a_bound_whatever_is_spoken() {
    let house = house().await;
    for (path, said) in [("/v1/completions", "prompt"), ("/aog/v0.2/services/generate", "prompt")] {
        let body = json!({ "model": "other", said: "a", "max_tokens": 5, "n_predict": 100_000 });
        let call = Request::post(path, body.to_string());
        let reply = house.ask(call.header("x-weighbridge-max-cost", "1.5")).await;
        assert_eq!(reply.status, 402, "{path}: {}", reply.text());
        assert!(reply.text().contains("n_predict may count more"), "{path}: {}", reply.text());
    }
    let chat = json!({
        "model": "other", "max_tokens": 5, "max_new_tokens": 100_000,
        "messages": [{ "role": "user", "content": "a" }],
    });
    let call = Request::post("/aog/v0.2/services/chat", chat.to_string());
    let reply = house.ask(call.header("x-weighbridge-max-cost", "1.5")).await;
    assert_eq!(reply.status, 402, "{}", reply.text());
    assert_eq!(house.provider.seen_count(), 0);
}
