//! Accounts, keys and roles.

use serde_json::{Value, json};
use weighbridge_testkit::http::{self, Reply, Request};

use crate::house::{House, body, post};

async fn get(house: &House, path: &str, key: &str) -> Reply {
    http::call(house.url(), &Request::get(path).bearer(key)).await.unwrap()
}

async fn make_key(house: &House, by: &str, wanted: Value) -> Reply {
    post(house.url(), "/gateway/v1/keys", by, &wanted).await
}

#[tokio::test]
async fn a_key_is_shown_once_and_works_until_it_is_revoked() {
    let house = House::open().await;
    let made = make_key(&house, &house.key, json!({ "role": "user", "name": "phone" })).await;
    assert_eq!(made.status, 201);
    let made = made.json();
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("wb_") && key.len() == 75, "{key}");
    let listed = get(&house, "/gateway/v1/keys", &house.key).await;
    assert!(!listed.text().contains(key));
    assert!(listed.text().contains("phone"));
    let me = get(&house, "/gateway/v1/me", key).await.json();
    assert_eq!(me["account"]["id"], house.account.as_str());
    assert_eq!(me["key"]["role"], "user");
    let chat = |key: String| {
        let request = Request::post("/v1/chat/completions", body("ok", false)).bearer(&key);
        let url = house.url().to_owned();
        async move { http::call(&url, &request).await.unwrap().status }
    };
    assert_eq!(chat(key.to_owned()).await, 200);
    let path = format!("/gateway/v1/keys/{}", made["id"].as_str().unwrap());
    let revoke = Request::new("DELETE", &path).bearer(&house.key);
    assert_eq!(http::call(house.url(), &revoke).await.unwrap().status, 204);
    assert_eq!(chat(key.to_owned()).await, 401);
}

#[tokio::test]
async fn nobody_does_more_than_their_role() {
    let house = House::open().await;
    let mut keys = vec![("developer", house.key.clone()), ("admin", house.admin.clone())];
    for role in ["auditor", "vendor", "user"] {
        let made =
            make_key(&house, &house.admin, json!({ "account": house.account, "role": role }));
        keys.push((role, made.await.json()["key"].as_str().unwrap().to_owned()));
    }
    for (role, key) in &keys {
        let expected =
            |allowed: &[&str], good: u16| if allowed.contains(role) { good } else { 403 };
        let accounts = get(&house, "/gateway/v1/accounts", key).await.status;
        assert_eq!(accounts, expected(&["admin"], 200), "{role}");
        let receipts = get(&house, "/gateway/v1/receipts", key).await.status;
        assert_eq!(receipts, expected(&["admin", "auditor", "developer", "user"], 200), "{role}");
        let listed = get(&house, "/gateway/v1/keys", key).await.status;
        assert_eq!(listed, expected(&["admin", "developer"], 200), "{role}");
        let chat = Request::post("/v1/chat/completions", body("ok", false)).bearer(key);
        let chat = http::call(house.url(), &chat).await.unwrap().status;
        assert_eq!(chat, expected(&["admin", "developer", "user"], 200), "{role}");
        let grown = make_key(&house, key, json!({ "role": "admin" })).await.status;
        assert_eq!(grown, expected(&["admin"], 201), "{role}");
        assert_eq!(get(&house, "/gateway/v1/me", key).await.status, 200, "{role}");
    }
}

#[tokio::test]
async fn an_account_sees_its_own_things_only() {
    let house = House::open().await;
    let other =
        post(house.url(), "/gateway/v1/accounts", &house.admin, &json!({ "name": "b" })).await;
    let other = other.json()["id"].as_str().unwrap().to_owned();
    let key = make_key(&house, &house.admin, json!({ "account": other })).await.json();
    let key = key["key"].as_str().unwrap();
    let reply = house.chat(body("ok", false)).await;
    let path = format!("/gateway/v1/receipts/{}", reply.header("x-weighbridge-call").unwrap());
    assert_eq!(get(&house, &path, key).await.status, 404);
    assert_eq!(get(&house, &path, &house.key).await.status, 200);
    assert_eq!(get(&house, &path, &house.admin).await.status, 200);
    let listed = get(&house, "/gateway/v1/receipts", key).await.json();
    assert_eq!(listed["items"], json!([]));
    let foreign = format!("/gateway/v1/receipts?account={}", house.account);
    assert_eq!(get(&house, &foreign, key).await.status, 404);
    let into = make_key(&house, key, json!({ "account": house.account })).await;
    assert_eq!(into.status, 404);
}

#[tokio::test]
async fn accounts_are_made_read_renamed_and_listed_by_pages() {
    let house = House::open().await;
    let url = house.url();
    for name in ["b", "c"] {
        let made = post(url, "/gateway/v1/accounts", &house.admin, &json!({ "name": name })).await;
        assert_eq!(made.status, 201);
        assert_eq!(made.json()["level"], "default");
    }
    let path = format!("/gateway/v1/accounts/{}", house.account);
    let rename = Request::new("PATCH", &path).body(json!({ "name": "new" }).to_string());
    let renamed = http::call(url, &rename.bearer(&house.admin)).await.unwrap();
    assert_eq!(renamed.json()["name"], "new");
    let me = get(&house, "/gateway/v1/me", &house.key).await.json();
    assert_eq!(me["account"]["name"], "new");
    let mut names = Vec::new();
    let mut path = "/gateway/v1/accounts?limit=2".to_owned();
    loop {
        let page = get(&house, &path, &house.admin).await.json();
        for item in page["items"].as_array().unwrap() {
            names.push(item["name"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/gateway/v1/accounts?limit=2&cursor={next}");
    }
    assert_eq!(names, ["operator", "new", "b", "c"]);
}

#[tokio::test]
async fn what_cannot_stand_is_refused_with_its_field() {
    let house = House::open().await;
    let url = house.url();
    for (path, wanted, status, field) in [
        ("accounts", json!({}), 400, "name"),
        ("accounts", json!({ "name": "" }), 400, "name"),
        ("accounts", json!({ "name": "a\nb" }), 400, "name"),
        ("accounts", json!({ "name": "a", "budget": { "amount": "5" } }), 400, "budget.currency"),
        ("accounts", json!({ "name": "a", "budget": { "amount": 5 } }), 400, "budget.amount"),
        ("accounts", json!({ "name": "a", "budget": { "sum": "5" } }), 400, "budget"),
        ("accounts", json!({ "name": "a", "budget": { "top_up": "5" } }), 400, "budget.top_up"),
        ("accounts", json!({ "name": "a", "nmae": "b" }), 400, "nmae"),
        ("accounts", json!({ "name": "a", "level": "gold" }), 400, "level"),
        ("keys", json!({ "role": "root" }), 400, "role"),
        ("keys", json!({ "kind": "hmac" }), 400, "kind"),
        ("keys", json!({ "capability": "ner" }), 400, "capability"),
        ("keys", json!({ "hybrid_policy": "x" }), 400, "hybrid_policy"),
        ("keys", json!({ "trusted_headers": "yes" }), 400, "trusted_headers"),
    ] {
        let reply = post(url, &format!("/gateway/v1/{path}"), &house.admin, &wanted).await;
        assert_eq!(reply.status, status, "{wanted}: {}", reply.text());
        assert_eq!(reply.json()["error"]["field"], field, "{wanted}");
    }
    let reply = get(&house, "/gateway/v1/receipts?limit=0", &house.key).await;
    assert_eq!(reply.json()["error"]["field"], "limit");
    let reply = get(&house, "/gateway/v1/receipts?cursor=x", &house.key).await;
    assert_eq!(reply.json()["error"]["field"], "cursor");
}
