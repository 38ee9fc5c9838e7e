//! Proofs of receipts, fetched over HTTP and checked by the real program.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use weighbridge_testkit::http::{self, Reply, Request};

use crate::house::{House, binary, body, post};

/// What was fetched of a call, in files.
struct Kept<'a> {
    house: &'a House,
    vkey: String,
}

impl<'a> Kept<'a> {
    async fn of(house: &'a House) -> Self {
        let reply = http::call(house.url(), &Request::get("/ledger/key")).await.unwrap();
        assert_eq!(reply.status, 200);
        Self { house, vkey: reply.text().trim().to_owned() }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.house.scratch.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn verify(&self, bundle: &[u8], more: &[&str]) -> (Option<i32>, Value) {
        let file = self.write("proof.json", bundle);
        let mut command = Command::new(binary());
        command.arg("verify").arg(file).arg("--json").args(more);
        let output = command.output().unwrap();
        let said = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code(), said)
    }
}

async fn proof(house: &House, key: &str, call: &str, query: &str) -> Reply {
    let path = format!("/gateway/v1/receipts/{call}/proof{query}");
    http::call(house.url(), &Request::get(&path).bearer(key)).await.unwrap()
}

#[tokio::test]
async fn a_call_is_proved_offline_with_the_bytes_that_its_caller_has() {
    let house = House::open().await;
    let kept = Kept::of(&house).await;
    for stream in [false, true] {
        let request = body("ok", stream);
        let reply = house.chat(request.clone()).await;
        let receipt = house.receipt_of(&reply).await;
        let bundle = proof(&house, &house.key, receipt["id"].as_str().unwrap(), "").await;
        assert_eq!(bundle.status, 200, "{}", bundle.text());
        let request = kept.write("request", request.as_bytes());
        // As it was caught from the wire, with the gateway's own lines in a stream.
        let caught = kept.write("reply", &reply.body);
        let (request, caught) = (request.to_str().unwrap(), caught.to_str().unwrap());
        let all = ["--key", &kept.vkey, "--request", request, "--reply", caught];
        let (code, said) = kept.verify(&bundle.body, &all);
        assert_eq!((code, &said["verdict"]), (Some(0), &json!("proved")), "{said}");
        assert_eq!(said["receipt"]["sections"]["call"]["model_asked"], "ok");
        let swapped = ["--key", &kept.vkey, "--request", caught];
        assert_eq!(kept.verify(&bundle.body, &swapped).0, Some(1));
        assert_eq!(kept.verify(&bundle.body, &[]).0, Some(3));
        let mut dearer = bundle.body.to_vec();
        let at = dearer.windows(8).position(|it| it == b"\"outcome").unwrap_or(dearer.len() / 2);
        dearer[at + 1] ^= 1;
        assert!(matches!(kept.verify(&dearer, &all).0, Some(1 | 2)));
    }
}

#[tokio::test]
async fn the_same_proof_comes_as_a_standard_file() {
    let house = House::open().await;
    let kept = Kept::of(&house).await;
    let reply = house.chat(body("ok", false)).await;
    let call = reply.header("x-weighbridge-call").unwrap();
    let file = proof(&house, &house.key, call, "?format=tlog-proof").await;
    assert_eq!(file.header("content-type"), Some("text/plain; charset=utf-8"));
    let name = format!("inline; filename=\"{call}.tlog-proof\"");
    assert_eq!(file.header("content-disposition"), Some(name.as_str()));
    assert!(file.text().starts_with("c2sp.org/tlog-proof@v1\nextra "));
    assert_eq!(kept.verify(&file.body, &["--key", &kept.vkey]).0, Some(0));
    let other = proof(&house, &house.key, call, "?format=pdf").await;
    assert_eq!((other.status, &other.json()["error"]["field"]), (400, &json!("format")));
}

#[tokio::test]
async fn a_proof_is_for_its_account_and_for_who_may_read_all() {
    let house = House::open().await;
    let reply = house.chat(body("ok", false)).await;
    let call = reply.header("x-weighbridge-call").unwrap();
    let account = json!({ "name": "other" });
    let other = post(house.url(), "/gateway/v1/accounts", &house.admin, &account).await.json();
    for (account, role, status) in [
        (&house.account, "developer", 200),
        (&house.account, "user", 200),
        (&house.account, "vendor", 403),
        (&other["id"].as_str().unwrap().to_owned(), "developer", 404),
        (&other["id"].as_str().unwrap().to_owned(), "auditor", 200),
    ] {
        let wanted = json!({ "account": account, "role": role });
        let key = post(house.url(), "/gateway/v1/keys", &house.admin, &wanted).await.json();
        let reply = proof(&house, key["key"].as_str().unwrap(), call, "").await;
        assert_eq!(reply.status, status, "{role}: {}", reply.text());
    }
    assert_eq!(proof(&house, "wb_nonsense", call, "").await.status, 401);
    let absent = call.replace(&call[call.len() - 4..], "0000");
    assert_eq!(proof(&house, &house.key, &absent, "").await.status, 404);
}

#[tokio::test]
async fn a_receipt_has_its_number_within_a_second() {
    let house = House::open().await;
    let reply = house.chat(body("ok", false)).await;
    let call = reply.header("x-weighbridge-call").unwrap().to_owned();
    let until = tokio::time::Instant::now() + std::time::Duration::from_secs(5);
    let index = loop {
        let receipt = house.receipt(&call).await;
        if let Some(index) = receipt["leaf_index"].as_u64() {
            break index;
        }
        assert!(tokio::time::Instant::now() < until, "it has no number yet");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    let bundle = proof(&house, &house.key, &call, "").await.json();
    assert_eq!(bundle["leaf_index"], index);
}
