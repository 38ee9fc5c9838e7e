//! Which call made this?

use serde_json::{Value, json};
use weighbridge_proof::Digest;
use weighbridge_testkit::http::{self, Reply, Request};

use crate::house::{House, body, post};

async fn look(house: &House, sha256: &str, key: &str) -> Reply {
    let path = format!("/gateway/v1/provenance/{sha256}");
    http::call(house.url(), &Request::get(&path).bearer(key)).await.unwrap()
}

fn items(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_content_leads_to_the_calls_that_took_or_gave_it() {
    let house = House::open().await;
    let request = body("ok", false);
    let (input, first) = (Digest::of(request.as_bytes()), house.chat(request.clone()).await);
    let second = house.chat(request).await;
    let took = items(&look(&house, &input.to_string(), &house.key).await);
    assert_eq!(took.len(), 2);
    // The newest first.
    for (trace, reply) in took.iter().zip([&second, &first]) {
        assert_eq!(trace["as"], json!(["input"]));
        assert_eq!(trace["receipt"]["id"].as_str(), reply.header("x-weighbridge-call"));
    }
    let output = Digest::of(&first.body).to_string();
    let gave = items(&look(&house, &output, &house.key).await);
    assert!(gave.iter().all(|trace| trace["as"] == json!(["output"])));
    assert!(
        gave.iter().any(|it| it["receipt"]["id"].as_str() == first.header("x-weighbridge-call"))
    );

    let unknown = Digest::of(b"nobody sent this").to_string();
    assert!(items(&look(&house, &unknown, &house.key).await).is_empty());
    assert_eq!(look(&house, "nonsense", &house.key).await.status, 400);
    let lineage = look(&house, &format!("{unknown}/lineage"), &house.key).await;
    assert_eq!((lineage.status, &lineage.json()["error"]["code"]), (404, &json!("not_available")));
}

#[tokio::test]
async fn another_account_learns_nothing_of_it() {
    let house = House::open().await;
    let request = body("ok", false);
    house.chat(request.clone()).await;
    let input = Digest::of(request.as_bytes()).to_string();
    let account = json!({ "name": "other" });
    let other = post(house.url(), "/gateway/v1/accounts", &house.admin, &account).await.json();
    for (role, found) in [("developer", 0), ("auditor", 1)] {
        let wanted = json!({ "account": other["id"], "role": role });
        let key = post(house.url(), "/gateway/v1/keys", &house.admin, &wanted).await.json();
        let traces = items(&look(&house, &input, key["key"].as_str().unwrap()).await);
        assert_eq!(traces.len(), found, "{role}");
    }
}
