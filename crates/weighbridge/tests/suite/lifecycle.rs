//! Start, stop, and what a start refuses.

use std::process::Command;
use std::time::Duration;

use weighbridge_testkit::gateway::{GatewayOptions, provider_table};
use weighbridge_testkit::http::{self, Connection, ReplyHead, Request};
use weighbridge_testkit::provider::StreamEnd;
use weighbridge_testkit::{Behaviour, Gateway, ScratchDir, Script};

use crate::house::{House, PATIENCE, binary, body};

fn gate() -> Script {
    let finish =
        "data: {\"choices\":[{\"finish_reason\":\"stop\",\"delta\":{}}]}\n\ndata: [DONE]\n\n";
    let first = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    Script::new().on(
        "gate",
        Behaviour::Gate {
            name: "g".to_owned(),
            content_type: None,
            chunks: vec![first.into(), finish.into()],
            end: StreamEnd::End,
        },
    )
}

async fn flowing(house: &House) -> (Connection, ReplyHead) {
    let mut connection = house.begin(body("gate", true)).await;
    let head = connection.head().await.unwrap();
    connection.chunk().await.unwrap();
    (connection, head)
}

#[tokio::test]
async fn told_to_stop_it_lets_calls_finish_and_takes_no_new_ones() {
    let mut house = House::with(gate(), "").await;
    let (mut connection, head) = flowing(&house).await;
    house.gateway.ask_to_end().unwrap();
    let until = tokio::time::Instant::now() + PATIENCE;
    loop {
        let ready = http::call(house.url(), &Request::get("/ready")).await.unwrap();
        if ready.status == 503 {
            break;
        }
        assert!(tokio::time::Instant::now() < until, "it stays ready");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let refused = house.chat(body("ok", false)).await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.json()["error"]["code"], "shutting_down");
    house.provider.release("g");
    let rest = connection.finish(head).await.unwrap();
    assert!(rest.text().ends_with("data: [DONE]\n\n"));
    drop(connection);
    let status = house.gateway.ended(PATIENCE).await.unwrap();
    assert_eq!(status.code(), Some(0), "{}", house.gateway.said());
}

#[tokio::test]
async fn calls_that_outlast_the_drain_end_in_an_error_with_a_receipt() {
    let mut house = House::with(gate(), "[limits]\ndrain = \"300ms\"\n").await;
    let (mut connection, head) = flowing(&house).await;
    house.gateway.ask_to_end().unwrap();
    let rest = connection.finish(head).await.unwrap();
    assert!(rest.text().contains("\"code\":\"shutting_down\""), "{}", rest.text());
    assert!(!rest.text().contains("[DONE]"));
    drop(connection);
    let status = house.gateway.ended(PATIENCE).await.unwrap();
    assert_eq!(status.code(), Some(0));
    let again = restart(&house).await;
    let reply = Request::get("/gateway/v1/receipts").bearer(&house.key);
    let receipts = http::call(again.url(), &reply).await.unwrap().json();
    assert_eq!(receipts["items"][0]["outcome"], "error");
    assert_eq!(receipts["items"][0]["error"]["code"], "shutting_down");
}

async fn restart(house: &House) -> Gateway {
    let table = provider_table("desk", &house.provider.base_url(), &["ok"]);
    Gateway::start(binary(), &table, &house.scratch, GatewayOptions::default()).await.unwrap()
}

#[tokio::test]
async fn a_killed_gateways_calls_have_receipts_at_the_next_start() {
    let mut house = House::with(gate(), "").await;
    let (connection, _) = flowing(&house).await;
    house.gateway.kill9().await.unwrap();
    drop(connection);
    let again = restart(&house).await;
    let reply = Request::get("/gateway/v1/receipts").bearer(&house.key);
    let receipts = http::call(again.url(), &reply).await.unwrap().json();
    assert_eq!(receipts["items"].as_array().unwrap().len(), 1);
    let receipt = &receipts["items"][0];
    assert_eq!(receipt["outcome"], "interrupted");
    assert_eq!(receipt["cost"]["basis"], "unknown");
    assert_eq!(receipt["model_asked"], "gate");
}

#[tokio::test]
async fn a_second_start_on_the_same_directory_says_who_holds_it() {
    let house = House::open().await;
    let table = provider_table("desk", &house.provider.base_url(), &["ok"]);
    let config = house.scratch.join("second.toml");
    let data = house.gateway.data_dir().display().to_string();
    std::fs::write(&config, format!("listen = \"127.0.0.1:0\"\ndata_dir = \"{data}\"\n{table}"))
        .unwrap();
    let second = Command::new(binary()).args(["serve", "--config"]).arg(&config).output().unwrap();
    assert_eq!(second.status.code(), Some(2));
    let words = String::from_utf8_lossy(&second.stderr).into_owned();
    let pid = house.gateway.pid().unwrap();
    assert!(words.contains(&format!("process {pid}")), "{words}");
}

#[tokio::test]
async fn the_administrators_key_is_private_and_can_be_given() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = House::open().await;
    let file = house.gateway.data_dir().join("admin.key");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!house.gateway.said().contains(&house.admin), "the key was printed");

    let scratch = ScratchDir::new().unwrap();
    let given = "an administrator's key of one's own, long enough";
    let options = GatewayOptions::default().env("WEIGHBRIDGE_ADMIN_KEY", given);
    let gateway = Gateway::start(binary(), "", &scratch, options).await.unwrap();
    let me = Request::get("/gateway/v1/me").bearer(given);
    let me = http::call(gateway.url(), &me).await.unwrap().json();
    assert_eq!(me["key"]["role"], "admin");
    assert_eq!(me["account"]["name"], "operator");
    assert!(!gateway.data_dir().join("admin.key").exists());
}

#[test]
fn commands_and_files_that_cannot_be_used_end_with_2() {
    let scratch = ScratchDir::new().unwrap();
    let run = |arguments: &[&str]| {
        let output =
            Command::new(binary()).args(arguments).current_dir(scratch.path()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for (arguments, words) in [
        (&["verify", "x"][..], "x cannot be read"),
        (&["ledger", "export"], "not in this version"),
        (&["ledger", "check"], "give --data DIR"),
        (&["ledger", "check", "--data", "nowhere"], "cannot be read"),
        (&["frobnicate"], "no such command"),
        (&["serve"], "weighbridge.toml"),
        (&["serve", "--config", "missing.toml"], "cannot read missing.toml"),
        (&["config", "import", "x"], "cannot import x"),
        (&["serve", "--no-such-flag"], "unexpected argument"),
    ] {
        let (code, said) = run(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    let file = scratch.join("weighbridge.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:0\"\n[outbound]\nallow_private = true\n").unwrap();
    for arguments in [&["config", "check", "weighbridge.toml"][..], &["serve"]] {
        let (code, said) = run(arguments);
        assert_eq!(code, Some(2));
        assert!(
            said.contains("weighbridge.toml:3: outbound.allow_private: not in this version"),
            "{said}"
        );
    }
    std::fs::write(&file, mended_config()).unwrap();
    let (code, said) = run(&["config", "check", "weighbridge.toml"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("is read as `http://127.0.0.1:9/v1`"), "{said}");
}

fn mended_config() -> String {
    provider_table("desk", "http://127.0.0.1:9", &["m"])
}

#[test]
fn a_port_in_use_is_said() {
    let scratch = ScratchDir::new().unwrap();
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap().to_string();
    std::fs::write(scratch.join("weighbridge.toml"), "").unwrap();
    let output = Command::new(binary())
        .args(["serve", "--listen", &address])
        .current_dir(scratch.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains(&format!("cannot listen on {address}")), "{words}");
}
