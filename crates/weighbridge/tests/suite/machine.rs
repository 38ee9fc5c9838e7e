//! How much of this machine is in use, where a provider runs on it.

use std::time::Duration;

use serde_json::{Value, json};
use weighbridge_testkit::gateway::{GatewayOptions, provider_table};
use weighbridge_testkit::http::{self, Request};
use weighbridge_testkit::{Gateway, ScratchDir};

use crate::house::{House, PATIENCE, binary};

async fn machine(url: &str, key: &str) -> Value {
    let request = Request::get("/gateway/v1/providers").bearer(key);
    let reply = http::call(url, &request).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["machine"].clone()
}

#[tokio::test]
async fn it_is_measured_where_a_provider_is_on_this_machine() {
    let house = House::open().await;
    let until = tokio::time::Instant::now() + PATIENCE;
    let machine = loop {
        let machine = machine(house.url(), &house.key).await;
        if machine["cpu_per_mille"].is_number() {
            break machine;
        }
        assert!(tokio::time::Instant::now() < until, "{machine}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    for share in [&machine["cpu_per_mille"], &machine["memory_per_mille"]] {
        assert!(share.as_u64().is_some_and(|share| share <= 1000), "{machine}");
    }
    let metrics = http::call(house.url(), &Request::get("/metrics")).await.unwrap().text();
    for part in ["cpu", "memory"] {
        let line = format!("weighbridge_machine_use_ratio{{part=\"{part}\"}} ");
        assert!(metrics.contains(&line), "{metrics}");
    }
}

#[tokio::test]
async fn it_is_not_measured_where_all_providers_are_elsewhere() {
    let scratch = ScratchDir::new().unwrap();
    let config = provider_table("away", "https://gateway.example/v1", &["m"]);
    let options = GatewayOptions::default();
    let gateway = Gateway::start(binary(), &config, &scratch, options).await.unwrap();
    // Its memory would be known at once.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let machine = machine(gateway.url(), &gateway.admin_key().unwrap()).await;
    assert_eq!(
        machine,
        json!({ "cpu_per_mille": null, "memory_per_mille": null, "gpu_per_mille": null })
    );
}
