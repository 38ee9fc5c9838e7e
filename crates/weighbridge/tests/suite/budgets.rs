//! Budgets: what is charged, what is refused and in which words, what a period and a top-up do.

use serde_json::{Value, json};
use weighbridge_testkit::chat::{Chat, UsageSaid};
use weighbridge_testkit::http::Request;
use weighbridge_testkit::provider::StreamEnd;
use weighbridge_testkit::{Behaviour, Script};

use crate::house::{House, VIEW, body};

fn script() -> Script {
    let tokens = |tokens| Behaviour::chat(Chat { tokens: Some(tokens), ..Chat::default() });
    let chat = Chat::of_words(2_000);
    let pace = std::time::Duration::from_millis(3);
    let slow = Behaviour::Chat { chat, pace, end: StreamEnd::End };
    let long = Chat { usage: UsageSaid::Never, ..Chat::of_words(4_000) };
    Script::with_faults()
        .on("priced", tokens((10, 20)))
        .on("dear", tokens((10, 20)))
        .on("yuan", tokens((10, 20)))
        .on("long", Behaviour::chat(long))
        .on("slow", slow)
}

/// A thousandth of a unit for every token, and prices of other kinds.
fn config() -> String {
    let price = |model: &str, currency: &str| {
        format!(
            "[[prices]]\nmodel = \"{model}\"\ncurrency = \"{currency}\"\n\
             input = \"1000\"\noutput = \"1000\"\n"
        )
    };
    let models = ["priced", "long", "never", "error", "slow"];
    let mut config: String = models.into_iter().map(|model| price(model, "USD")).collect();
    config.push_str(&price("yuan", "CNY"));
    format!("{config}[levels.default]\noverrun_cap = \"0.25 USD\"\n{VIEW}")
}

fn limited(model: &str, stream: bool, tokens: u64) -> String {
    let mut body: Value = serde_json::from_str(&body(model, stream)).unwrap();
    body["max_tokens"] = json!(tokens);
    body.to_string()
}

async fn house(budget: Value) -> House {
    let house = House::with(script(), &config()).await;
    let reply = house.change(json!({ "budget": budget })).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    house
}

#[tokio::test]
async fn a_call_is_charged_what_it_used_and_the_rest_is_free_again() {
    let house = house(json!({ "amount": "5", "currency": "USD" })).await;
    let reply = house.chat(limited("priced", false, 50)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("x-weighbridge-cost"), Some("0.03 USD"));
    let receipt = house.receipt_of(&reply).await;
    let cost = &receipt["cost"];
    assert_eq!((&cost["actual"], &cost["basis"]), (&json!("0.03"), &json!("measured")));
    assert_eq!(cost["consent"], "standing");
    assert_eq!(
        cost["entries"],
        json!([
            { "amount": "-0.03", "party": "account" },
            { "amount": "0.03", "party": "provider:desk" },
        ])
    );
    let me = house.me().await;
    assert_eq!((&me["spent"], &me["reserved"]), (&json!("0.03"), &json!("0")));
    assert_eq!(me["free"], "4.97");
    // The table that the receipt cites can be read, and the books add up.
    let table = cost["price_sha256"].as_str().unwrap();
    let table = house.ask(Request::get(&format!("/gateway/v1/tables/{table}"))).await.json();
    assert_eq!(table["kind"], "prices");
    assert_eq!(table["table"][0]["input"], "1000");
    let (code, said) = house.ledger_check();
    assert_eq!((code, &said["recomputed"]), (Some(0), &json!(1)), "{said}");
}

#[tokio::test]
async fn a_budget_that_does_not_allow_a_call_refuses_it_with_every_figure() {
    let house = house(json!({ "amount": "0.3", "currency": "USD" })).await;
    let reply = house.chat(body("priced", false)).await;
    assert_eq!(reply.status, 402, "{}", reply.text());
    assert_eq!(reply.header("x-should-retry"), Some("false"));
    let error = reply.json()["error"].clone();
    assert_eq!(error["code"], "budget_exceeded");
    let detail = &error["detail"];
    let at_most = body("priced", false).len() + 64;
    assert_eq!(detail["input_tokens"], json!(at_most));
    assert_eq!(detail["needed"], format!("1.{at_most}"));
    assert_eq!((&detail["free"], &detail["budget"]), (&json!("0.3"), &json!("0.3")));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("0.3 USD are free"), "{message}");
    assert_eq!(house.provider.seen_count(), 0);
    assert!(house.receipts().await.is_empty());
    // The same call within what is left runs.
    let reply = house.chat(limited("priced", false, 40)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[tokio::test]
async fn what_has_no_price_or_another_currency_is_refused_for_an_account_with_a_budget() {
    let house = house(json!({ "amount": "5", "currency": "USD" })).await;
    for (model, code) in [("dear", "unpriced"), ("yuan", "currency_mismatch")] {
        let reply = house.chat(body(model, false)).await;
        assert_eq!(reply.status, 402, "{}", reply.text());
        assert_eq!(reply.json()["error"]["code"], code);
        assert_eq!(reply.header("x-should-retry"), Some("false"));
    }
    assert_eq!(house.provider.seen_count(), 0);
    // Without a budget both run, and their receipts say what they are.
    assert_eq!(house.change(json!({ "budget": null })).await.status, 200);
    let unpriced = house.receipt_of(&house.chat(body("dear", false)).await).await;
    assert_eq!(unpriced["cost"]["basis"], "unpriced");
    assert!(unpriced["cost"]["actual"].is_null());
    let yuan = house.receipt_of(&house.chat(body("yuan", false)).await).await;
    assert_eq!(
        (&yuan["cost"]["currency"], &yuan["cost"]["actual"]),
        (&json!("CNY"), &json!("0.03"))
    );
    let spending = house.me().await["spending"].clone();
    assert_eq!(spending[0]["spent"], "0.03");
}

#[tokio::test]
async fn a_call_that_comes_to_nothing_costs_nothing() {
    let house = house(json!({ "amount": "5", "currency": "USD" })).await;
    let reply = house.chat(body("error", false)).await;
    let cost = house.receipt_of(&reply).await["cost"].clone();
    assert_eq!((&cost["actual"], &cost["basis"]), (&json!("0"), &json!("measured")));
    // It was sent, and nobody knows what the provider did with it.
    let reply = house.chat(body("never", true)).await;
    let cost = house.receipt_of(&reply).await["cost"].clone();
    assert_eq!((&cost["actual"], &cost["basis"]), (&json!("0"), &json!("unknown")));
    let me = house.me().await;
    assert_eq!((&me["spent"], &me["reserved"]), (&json!("0"), &json!("0")));
}

#[tokio::test]
async fn a_stream_that_outgrows_its_budget_ends_in_an_error_and_is_charged_what_was_held() {
    let house = house(json!({ "amount": "2", "currency": "USD" })).await;
    let reply = house.chat(body("long", true)).await;
    let text = reply.text();
    assert_eq!(reply.status, 200, "{text}");
    assert!(text.contains("budget_exceeded") && !text.contains("[DONE]"), "{text:.300}");
    let receipt = house.receipts_become(1).await.remove(0);
    assert_eq!(receipt["outcome"], "error");
    let cost = &receipt["cost"];
    assert_eq!((&cost["actual"], &cost["reserved"]), (&json!("2"), &json!("2")));
    assert_eq!(cost["basis"], "estimated");
    let overrun: f64 = cost["overrun"].as_str().unwrap().parse().unwrap();
    assert!(overrun > 0.25 && overrun < 0.5, "{overrun}");
    let me = house.me().await;
    assert_eq!(
        (&me["spent"], &me["reserved"], &me["free"]),
        (&json!("2"), &json!("0"), &json!("0"))
    );
    let (code, said) = house.ledger_check();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said["totals"]["USD"]["overrun"], cost["overrun"]);
}

#[tokio::test]
async fn a_stream_that_grows_is_held_for_as_it_grows_while_the_budget_has_room() {
    let house = house(json!({ "amount": "50", "currency": "USD" })).await;
    let reply = house.chat(body("long", true)).await;
    assert!(reply.text().contains("[DONE]"), "{:.300}", reply.text());
    let receipt = house.receipts_become(1).await.remove(0);
    let cost = &receipt["cost"];
    let amount = |name: &str| cost[name].as_str().unwrap().parse::<f64>().unwrap();
    // What was expected is a thousand tokens; it came to many more.
    assert!(amount("estimate") < 1.3 && amount("actual") > 5.0, "{cost}");
    assert!(amount("actual") <= amount("reserved"), "{cost}");
    assert_eq!(cost["overrun"], "0");
    let me = house.me().await;
    assert_eq!((&me["spent"], &me["reserved"]), (&cost["actual"], &json!("0")));
}

#[tokio::test]
async fn a_caller_who_leaves_a_stream_pays_for_what_came() {
    let house = house(json!({ "amount": "2000", "currency": "USD" })).await;
    let mut connection = house.begin(body("slow", true)).await;
    connection.head().await.unwrap();
    for _ in 0..20 {
        connection.chunk().await.unwrap();
    }
    assert_ne!(house.me().await["reserved"], "0");
    drop(connection);
    let receipt = house.receipts_become(1).await.remove(0);
    assert_eq!(
        (&receipt["outcome"], &receipt["usage"]["basis"]),
        (&json!("cancelled"), &json!("estimated"))
    );
    assert_eq!(receipt["cost"]["basis"], "estimated");
    assert_ne!(receipt["cost"]["actual"], "0");
    let me = house.me().await;
    assert_eq!((&me["spent"], &me["reserved"]), (&receipt["cost"]["actual"], &json!("0")));
}

#[tokio::test]
async fn a_budget_cannot_be_less_than_what_is_used_and_a_top_up_adds_to_it() {
    let house = house(json!({ "amount": "1.5", "currency": "USD" })).await;
    assert_eq!(house.chat(limited("priced", false, 50)).await.status, 200);
    let refused = house.change(json!({ "name": "x", "budget": { "amount": "0.02" } })).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    let error = refused.json()["error"].clone();
    assert_eq!(
        (&error["code"], &error["detail"]["spent"]),
        (&json!("budget_below_use"), &json!("0.03"))
    );
    assert_eq!(house.me().await["name"], "acme", "a refusal changes nothing");
    let exact = house.change(json!({ "budget": { "amount": "0.03" } })).await;
    assert_eq!((exact.status, &exact.json()["free"]), (200, &json!("0")));
    assert_eq!(house.chat(limited("priced", false, 50)).await.status, 402);
    let topped = house.change(json!({ "budget": { "top_up": "0.5" } })).await.json();
    assert_eq!((&topped["free"], &topped["budget"]["credit"]), (&json!("0.5"), &json!("0.5")));
    assert_eq!(house.chat(limited("priced", false, 50)).await.status, 200);
    let monthly = json!({ "budget": { "amount": "3", "currency": "USD", "period": "month" } });
    let monthly = house.change(monthly).await.json();
    assert_eq!(monthly["budget"]["period"], "month");
    assert!(monthly["budget"]["resets_at"].as_str().unwrap().ends_with("-01T00:00:00.000000Z"));
    assert_eq!(monthly["spent"], "0.06");
}

#[tokio::test]
async fn eight_agents_that_declare_huge_answers_all_run_on_a_small_budget() {
    let usage = Behaviour::chat(Chat { tokens: Some((14_000, 1_000)), ..Chat::default() });
    let config =
        "[[prices]]\nmodel = \"agent\"\ncurrency = \"USD\"\ninput = \"3\"\noutput = \"15\"\n";
    let house = House::with(Script::new().on("agent", usage), config).await;
    house.change(json!({ "budget": { "amount": "5", "currency": "USD" } })).await;
    let turn = json!({
        "model": "agent", "max_tokens": 128_000, "stream": true,
        "messages": [{ "role": "user", "content": "words of code ".repeat(55_000 / 14) }],
    })
    .to_string();
    let turns = (0..8).map(|_| house.chat(turn.clone()));
    let mut turns: Vec<_> = turns.map(Box::pin).collect();
    let mut replies = Vec::new();
    let all = std::future::poll_fn(|context| {
        turns.retain_mut(|turn| match turn.as_mut().poll(context) {
            std::task::Poll::Ready(reply) => {
                replies.push(reply.status);
                false
            }
            std::task::Poll::Pending => true,
        });
        if turns.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    });
    all.await;
    drop(turns);
    assert_eq!(replies, [200; 8]);
    assert_eq!(house.me().await["spent"], "0.456");
}

#[tokio::test]
async fn a_ceiling_has_a_limit_in_the_request_and_no_overrun() {
    let long = Chat { tokens: Some((10, 90)), ..Chat::default() };
    let config = "[levels.strict]\nreserve = \"ceiling\"\n".to_owned()
        + VIEW
        + "[[prices]]\nmodel = \"capped\"\ncurrency = \"USD\"\ninput = \"1000\"\noutput = \"1000\"\n\
           output_limit = 100\n[[prices]]\nmodel = \"open\"\ncurrency = \"USD\"\ninput = \"1000\"\n\
           output = \"1000\"\n";
    let script = Script::new()
        .on(
            "capped",
            Behaviour::Chat {
                chat: long.clone(),
                pace: std::time::Duration::ZERO,
                end: StreamEnd::End,
            },
        )
        .on("open", Behaviour::chat(long));
    let house = House::with(script, &config).await;
    let wanted = json!({ "level": "strict", "budget": { "amount": "1", "currency": "USD" } });
    assert_eq!(house.change(wanted).await.json()["level"], "strict");
    let reply = house.chat(body("open", false)).await;
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (402, &json!("cost_unbounded")));
    let picture = json!({ "model": "capped", "max_tokens": 5, "messages": [
        { "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "http://x/y" } }] },
    ] });
    let reply = house.chat(picture.to_string()).await;
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (402, &json!("cost_unbounded")));
    assert_eq!(house.provider.seen_count(), 0);
    let sent = body("capped", true);
    let reply = house.chat(sent.clone()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let seen = house.provider.calls().remove(0);
    let arrived: Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!(arrived["max_tokens"], 100);
    let receipt = house.receipts_become(1).await.remove(0);
    let cost = &receipt["cost"];
    let ceiling = format!("0.{}", sent.len() + 64 + 100);
    assert_eq!((&cost["reserved"], &cost["actual"]), (&json!(ceiling), &json!("0.1")));
    assert_eq!(cost["overrun"], "0");
}

#[tokio::test]
async fn usage_that_was_said_too_early_and_a_long_reply_that_is_left_are_charged_for_what_came() {
    let event = |text: String| weighbridge_testkit::provider::Chunk {
        bytes: text.into(),
        delay_before: std::time::Duration::from_millis(5),
    };
    let word = r#"{"choices":[{"index":0,"delta":{"content":"forty letters of text that was read by one"}}],"usage":{"prompt_tokens":0,"completion_tokens":0}}"#;
    let chunks = (0..400).map(|_| event(format!("data: {word}\n\n"))).collect();
    let early = Behaviour::Stream { chunks, end: StreamEnd::Hang };
    let script =
        Script::new().on("early", early).on("huge", Behaviour::LongReply { bytes: 8 << 20 });
    let price = |model: &str| {
        format!(
            "[[prices]]\nmodel = \"{model}\"\ncurrency = \"USD\"\ninput = \"1000\"\n\
             output = \"1000\"\n"
        )
    };
    let config = format!("{}{}[levels.default]\n{VIEW}", price("early"), price("huge"));
    let house = House::with(script, &config).await;
    house.change(json!({ "budget": { "amount": "9000", "currency": "USD" } })).await;
    for (model, stream) in [("early", true), ("huge", false)] {
        let mut connection = house.begin(body(model, stream)).await;
        connection.head().await.unwrap();
        let mut read = 0;
        while read < 4_000 {
            read += connection.chunk().await.unwrap().unwrap().bytes.len();
        }
    }
    for receipt in house.receipts_become(2).await {
        assert_eq!(
            (&receipt["outcome"], &receipt["usage"]["basis"]),
            (&json!("cancelled"), &json!("estimated"))
        );
        let tokens = receipt["usage"]["output_tokens"].as_u64().unwrap();
        assert!(tokens > 100, "{receipt}");
        assert!(receipt["usage"]["input_tokens"].as_u64().unwrap() > 10);
        assert_ne!(receipt["cost"]["actual"], "0");
    }
}
