//! The log over HTTP: who may read what, and what a restored database leads to.

use serde_json::{Value, json};
use weighbridge_proof::checkpoint::Checkpoint;
use weighbridge_proof::merkle::{consistency, leaf_hash, root};
use weighbridge_proof::note::SignedNote;
use weighbridge_proof::note::key::VerifierKey;
use weighbridge_proof::tile::tiled::{Short, Tiled};
use weighbridge_proof::{Digest, timestamp::Timestamp};
use weighbridge_testkit::Script;
use weighbridge_testkit::gateway::GatewayOptions;
use weighbridge_testkit::http::{self, Reply, Request};

use crate::house::{House, binary, body, post};

async fn get(house: &House, path: &str, key: Option<&str>) -> Reply {
    let request = Request::get(path);
    let request = if let Some(key) = key { request.bearer(key) } else { request };
    http::call(house.url(), &request).await.unwrap()
}

async fn key_of(house: &House, role: &str) -> String {
    let wanted = json!({ "account": house.account, "role": role });
    let key = post(house.url(), "/gateway/v1/keys", &house.admin, &wanted).await.json();
    key["key"].as_str().unwrap().to_owned()
}

/// The newest checkpoint, its signature checked.
async fn checkpoint(house: &House, key: Option<&str>) -> Checkpoint {
    let vkey: VerifierKey = get(house, "/ledger/key", None).await.text().trim().parse().unwrap();
    let note = get(house, "/ledger/checkpoint", key).await;
    assert_eq!(note.status, 200, "{}", note.text());
    let note = SignedNote::parse(&note.text()).unwrap();
    assert!(note.is_signed_by(&vkey));
    note.text().parse().unwrap()
}

/// The number of a call's receipt, once it has one.
async fn number_of(house: &House, reply: &Reply) -> u64 {
    let call = reply.header("x-weighbridge-call").unwrap();
    let path = format!("/gateway/v1/receipts/{call}/proof");
    get(house, &path, Some(&house.key)).await.json()["leaf_index"].as_u64().unwrap()
}

#[tokio::test]
async fn an_auditor_builds_the_tree_out_of_what_the_gateway_serves() {
    let house = House::open().await;
    let auditor = key_of(&house, "auditor").await;
    number_of(&house, &house.chat(body("ok", false)).await).await;
    let older = checkpoint(&house, Some(&auditor)).await;
    let calls = 300 - older.size;
    for _ in 0..calls {
        house.chat(body("ok", false)).await;
    }
    number_of(&house, &house.chat(body("ok", true)).await).await;
    let newer = checkpoint(&house, Some(&auditor)).await;
    assert_eq!(newer.size, 301);

    let mut kinds = Vec::new();
    let mut hashes = Vec::new();
    for (number, width) in [(0, ""), (1, ".p/45")] {
        let path = format!("/ledger/tile/entries/{number:03}{width}");
        let bundle = get(&house, &path, Some(&auditor)).await;
        assert_eq!(bundle.header("content-type"), Some("application/octet-stream"));
        let mut rest = &bundle.body[..];
        while let Some((length, more)) = rest.split_first_chunk() {
            let (entry, more) = more.split_at(usize::from(u16::from_be_bytes(*length)));
            hashes.push(leaf_hash(entry));
            let entry: Value = serde_json::from_slice(entry).unwrap();
            kinds.push(entry["kind"].as_str().unwrap().to_owned());
            rest = more;
        }
        let tile = get(&house, &format!("/ledger/tile/0/{number:03}{width}"), Some(&auditor)).await;
        let (tile, _) = tile.body.as_chunks();
        let tile: Vec<Digest> = tile.iter().map(|hash| Digest::from_bytes(*hash)).collect();
        assert_eq!(tile, hashes[256 * number..]);
    }
    let count = |kind: &str| kinds.iter().filter(|it| *it == kind).count();
    assert_eq!(count("receipt") as u64, calls + 2);
    // The levels and policies in force; the administrator's key, the account and the two keys.
    assert_eq!((count("table"), count("act")), (2, 4));

    let read = |level: u8, number: u64| -> Result<Vec<Digest>, Short> {
        assert_eq!(level, 0, "the second level is an edge here");
        Ok(hashes.chunks(256).nth(usize::try_from(number).unwrap()).unwrap().to_vec())
    };
    let whole = |level: u8, number: u64| match level {
        0 => read(level, number),
        _ => Ok(vec![weighbridge_proof::merkle::fold(&hashes[..256]).unwrap()]),
    };
    let tiled = Tiled::new(whole);
    assert_eq!(root(&tiled, newer.size), Ok(newer.root));
    let growth = consistency::prove(&tiled, older.size, newer.size).unwrap();
    let (from, to) = ((older.size, &older.root), (newer.size, &newer.root));
    assert!(consistency::holds(from, to, &growth));
}

#[tokio::test]
async fn the_log_needs_a_key_and_its_entries_an_auditors() {
    let house = House::open().await;
    number_of(&house, &house.chat(body("ok", false)).await).await;
    let (auditor, user) = (key_of(&house, "auditor").await, key_of(&house, "user").await);
    for (path, key, status) in [
        ("/ledger/key", None, 200),
        ("/ledger/checkpoint", None, 401),
        ("/ledger/checkpoint", Some(&user), 200),
        ("/ledger/tile/0/000.p/2", None, 401),
        ("/ledger/tile/0/000.p/2", Some(&user), 200),
        ("/ledger/tile/0/000", Some(&user), 404),
        ("/ledger/tile/0/0", Some(&user), 404),
        ("/ledger/tile/entries/000.p/2", None, 401),
        ("/ledger/tile/entries/000.p/2", Some(&user), 403),
        ("/ledger/tile/entries/000.p/2", Some(&auditor), 200),
        ("/ledger/tile/entries/000.p/2", Some(&house.admin), 200),
        ("/ledger/nonsense", Some(&user), 404),
    ] {
        let reply = get(&house, path, key.map(String::as_str)).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
    }
    let posted = post(house.url(), "/ledger/checkpoint", &user, &json!({})).await;
    assert_eq!(posted.status, 405);
}

#[tokio::test]
async fn a_public_log_needs_no_key_but_for_its_entries() {
    let config = "[ledger]\norigin = \"a.example/log\"\npublic = true\n";
    let house = House::with(Script::new(), config).await;
    number_of(&house, &house.chat(body("ok", false)).await).await;
    assert_eq!(checkpoint(&house, None).await.origin, "a.example/log");
    assert_eq!(get(&house, "/ledger/tile/0/000.p/2", None).await.status, 200);
    assert_eq!(get(&house, "/ledger/tile/entries/000.p/2", None).await.status, 401);
}

#[tokio::test]
async fn acts_say_who_changed_what() {
    let house = House::open().await;
    house.change(json!({ "budget": { "amount": "5", "currency": "USD" } })).await;
    house.change(json!({ "name": "acme two" })).await;
    let key = json!({ "account": house.account, "name": "ci" });
    let key = post(house.url(), "/gateway/v1/keys", &house.admin, &key).await.json();
    let path = format!("/gateway/v1/keys/{}", key["id"].as_str().unwrap());
    for _ in 0..2 {
        let revoke = Request::new("DELETE", &path).bearer(&house.key);
        assert_eq!(http::call(house.url(), &revoke).await.unwrap().status, 204);
    }
    let acts = get(&house, "/gateway/v1/acts?limit=100", Some(&house.admin)).await.json();
    let mut acts = acts["items"].as_array().unwrap().clone();
    acts.reverse();
    let said: Vec<&str> = acts.iter().map(|act| act["act"].as_str().unwrap()).collect();
    let expected = [
        "key.create", // the administrator's, at the start
        "account.create",
        "key.create",
        "budget.change",
        "account.change",
        "key.create",
        "key.revoke",
    ];
    assert_eq!(said, expected);
    assert!(acts[0]["by"].is_null());
    assert_eq!(acts[3]["of"], house.account.as_str());
    assert_eq!(acts[3]["to"]["budget"]["amount"], "5");
    assert_eq!(acts[4]["to"], json!({ "name": "acme two" }));
    assert_eq!(acts[6]["of"], key["id"]);
    assert_eq!(acts[6]["by"]["account"], house.account.as_str());
    assert!(acts[6]["at"].as_str().unwrap().parse::<Timestamp>().is_ok());
    let refused = get(&house, "/gateway/v1/acts", Some(&house.key)).await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn an_older_database_that_was_put_back_is_recorded_on_and_not_signed() {
    let mut house = House::open().await;
    number_of(&house, &house.chat(body("ok", false)).await).await;
    let database = house.gateway.data_dir().join("weighbridge.db");
    house.gateway.terminate().await.unwrap();
    let older = std::fs::read(&database).unwrap();
    house.restart().await;
    number_of(&house, &house.chat(body("ok", false)).await).await;
    house.gateway.terminate().await.unwrap();
    std::fs::write(&database, older).unwrap();
    house.restart().await;

    let reply = house.chat(body("ok", false)).await;
    assert_eq!(reply.status, 200);
    house.receipt_of(&reply).await;
    for path in [
        "/ledger/checkpoint".to_owned(),
        format!("/gateway/v1/receipts/{}/proof", reply.header("x-weighbridge-call").unwrap()),
    ] {
        let refused = get(&house, &path, Some(&house.key)).await;
        assert_eq!(refused.status, 503, "{path}");
        let error = refused.json()["error"].clone();
        assert_eq!(error["code"], "ledger_not_signed", "{error}");
        assert!(error["message"].as_str().unwrap().contains("put back"), "{error}");
    }
    assert!(house.gateway.said().contains("the log is not signed any more"));
    let metrics = get(&house, "/metrics", None).await.text();
    assert!(metrics.contains("weighbridge_ledger_signing 0"), "{metrics}");
}

#[tokio::test]
async fn a_log_of_another_name_is_refused_at_the_start() {
    let mut house = House::with(Script::new(), "[ledger]\norigin = \"a.example/log\"\n").await;
    house.gateway.terminate().await.unwrap();
    let config = "[ledger]\norigin = \"b.example/log\"\n";
    let options = GatewayOptions::default();
    let started =
        weighbridge_testkit::Gateway::start(binary(), config, &house.scratch, options).await;
    let words = started.unwrap_err().to_string();
    assert!(words.contains("a.example/log") && words.contains("b.example/log"), "{words}");
}
