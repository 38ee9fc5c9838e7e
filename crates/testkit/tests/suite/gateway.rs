//! Processes, with a shell in the gateway's place.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use weighbridge_testkit::gateway::{Gateway, GatewayOptions, StartError, provider_table};
use weighbridge_testkit::scratch::ScratchDir;

/// A shell that does this when it is started as a gateway is: `sh serve --config FILE`.
fn shell(scratch: &ScratchDir, does: &str) -> io::Result<PathBuf> {
    fs::write(scratch.join("serve"), does)?;
    Ok(PathBuf::from("/bin/sh"))
}

#[tokio::test]
async fn a_gateway_is_started_asked_to_end_and_its_words_are_kept() {
    let scratch = ScratchDir::new().unwrap();
    let does = "trap 'echo bye; exit 3' TERM; mkdir -p data; echo key > data/admin.key
        echo \"$1 $COLOUR\" >&2; cat \"$2\" >&2
        echo 'listening on http://127.0.0.1:1'; while :; do sleep 0.05; done";
    let options = GatewayOptions::default().env("COLOUR", "grey");
    let config = provider_table("mock", "http://127.0.0.1:2/v1", &["ok", "cut"]);
    let binary = shell(&scratch, does).unwrap();
    let mut gateway = Gateway::start(&binary, &config, &scratch, options).await.unwrap();
    assert_eq!(gateway.url(), "http://127.0.0.1:1");
    assert_eq!(gateway.admin_key().unwrap(), "key");
    assert_eq!(gateway.terminate().await.unwrap().code(), Some(3));
    let said = gateway.said();
    for words in ["--config grey", "bye", "models = [\"ok\", \"cut\"]"] {
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn a_gateway_that_ends_is_told_with_its_words() {
    let scratch = ScratchDir::new().unwrap();
    let binary = shell(&scratch, "echo 'weighbridge.toml:1: no' >&2; exit 2").unwrap();
    let error = Gateway::start(&binary, "", &scratch, GatewayOptions::default()).await.unwrap_err();
    assert!(matches!(error, StartError::Ended { status, .. } if status.code() == Some(2)));
    assert!(error.to_string().contains("weighbridge.toml:1: no"), "{error}");
}

#[tokio::test]
async fn a_gateway_is_killed_and_a_dropped_one_too() {
    let scratch = ScratchDir::new().unwrap();
    let binary = shell(&scratch, "echo 'listening on http://x'; exec sleep 60").unwrap();
    let start = || Gateway::start(&binary, "", &scratch, GatewayOptions::default());
    let mut gateway = start().await.unwrap();
    gateway.kill9().await.unwrap();
    assert!(gateway.ended(Duration::from_secs(1)).await.is_ok_and(|status| !status.success()));
    let gateway = start().await.unwrap();
    let proc = PathBuf::from(format!("/proc/{}", gateway.pid().unwrap()));
    drop(gateway);
    assert!(!proc.exists());
}
