//! What receipts say.

use serde_json::json;
use weighbridge_testkit::http::{self, Request};

use crate::house::{House, body, post};

#[tokio::test]
async fn a_receipt_says_who_what_when_and_how_much() {
    let house = House::open().await;
    let request = Request::post(
        "/v1/chat/completions",
        r#"{"model":"ok","user":"u-1","messages":[{"role":"user","content":"x"}]}"#,
    );
    let reply = house.ask(request.header("x-weighbridge-labels", "team=a,project=b")).await;
    assert_eq!(reply.header("x-weighbridge-provider"), Some("desk"));
    assert_eq!(reply.header("x-weighbridge-model"), Some("ok"));
    let mut receipt = house.receipt_of(&reply).await;
    let id = receipt["id"].as_str().unwrap();
    assert_eq!(Some(id), reply.header("x-weighbridge-call"));
    let millis = receipt["duration_us"].as_u64().unwrap() / 1000;
    assert_eq!(reply.header("x-weighbridge-duration-ms"), Some(millis.to_string().as_str()));
    assert_eq!(receipt["account"], house.account.as_str());
    let order: Vec<&str> = ["received_at", "first_byte_at", "finished_at"]
        .map(|name| receipt[name].as_str().unwrap())
        .to_vec();
    assert!(order.is_sorted(), "{order:?}");
    for name in [
        "id",
        "account",
        "key",
        "node",
        "received_at",
        "first_byte_at",
        "finished_at",
        "duration_us",
        "input",
        "output",
        // Null, or its number: that comes within a second.
        "leaf_index",
    ] {
        receipt[name] = json!("...");
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&receipt).unwrap());
}

#[tokio::test]
async fn headers_about_people_count_only_with_a_trusted_key() {
    let house = House::open().await;
    let trusted = json!({ "account": house.account, "trusted_headers": true });
    let trusted = post(house.url(), "/gateway/v1/keys", &house.admin, &trusted).await.json();
    let trusted = trusted["key"].as_str().unwrap();
    for (key, user, session) in
        [(trusted, json!("u-9"), json!("s-9")), (&house.key, json!(null), json!(null))]
    {
        let request = Request::post("/v1/chat/completions", body("ok", false))
            .bearer(key)
            .header("x-openwebui-user-id", "u-9")
            .header("x-claude-code-session-id", "s-9");
        let reply = http::call(house.url(), &request).await.unwrap();
        let receipt = house.receipt_of(&reply).await;
        assert_eq!(receipt["end_user"], user);
        assert_eq!(receipt["session"], session);
    }
}

#[tokio::test]
async fn concurrent_calls_each_have_the_receipt_of_their_own_bytes() {
    let house = House::open().await;
    let one = |number: usize| {
        let house = &house;
        async move {
            let request = body("ok", number.is_multiple_of(2))
                .replace("weigh this", &format!("call {number}"));
            let reply = house.chat(request.clone()).await;
            assert_eq!(reply.status, 200);
            let receipt = house.receipt_of(&reply).await;
            let input = weighbridge_proof::Digest::of(request.as_bytes()).to_string();
            assert_eq!(receipt["input"]["sha256"], input);
            let output = crate::house::without_comments(&reply.body);
            let output = weighbridge_proof::Digest::of(&output).to_string();
            assert_eq!(receipt["output"]["sha256"], output);
        }
    };
    at_once((0..64).map(one)).await;
    assert_eq!(house.receipts().await.len(), 64);
}

/// Runs every future at the same time.
async fn at_once(futures: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        futures.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if futures.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}
