//! A server dies and comes back under load, and callers do not notice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use weighbridge_testkit::http::Request;
use weighbridge_testkit::{Behaviour, Provider, Script};

use crate::house::{House, PATIENCE};

const CALLERS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_and_comes_back_under_load_costs_no_call() {
    let script = || Script::new().on("m", Behaviour::paced(Duration::from_millis(3)));
    let near = Provider::start_with(script()).await.unwrap();
    let far = Provider::start_with(script()).await.unwrap();
    let table = |name: &str, location: &str, provider: &Provider| {
        format!(
            "[[providers]]\nname = \"{name}\"\nflavor = \"openai\"\nbase_url = \"{}\"\n\
             location = \"{location}\"\nservices = [\"chat\"]\nmodels = [\"m\"]\n\
             concurrency = {{ optimal = 6, max = 12 }}\n\
             timeout = {{ connect = \"1s\", first_byte = \"2s\", idle = \"2s\", total = \"2s\" }}\n",
            provider.base_url()
        )
    };
    let levels = "[levels.default]\nsync = { requests = 1000000, window = \"1m\" }\n\
        view = { requests = 1000000, window = \"1m\" }\n[hybrid]\nrest = \"200ms\"\nlongest_rest = \"200ms\"\n";
    let config =
        format!("{levels}{}{}", table("near", "local", &near), table("far", "remote", &far));
    let house = Arc::new(House::with(Script::new(), &config).await);
    let address = near.address().to_string();
    let over = Arc::new(AtomicBool::new(false));
    let callers = (0..CALLERS).map(|_| {
        let (house, over) = (Arc::clone(&house), Arc::clone(&over));
        tokio::spawn(async move {
            let mut answered = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let body =
                    json!({ "model": "m", "messages": [{ "role": "user", "content": "a" }] });
                let reply =
                    house.ask(Request::post("/v1/chat/completions", body.to_string())).await;
                assert_eq!(reply.status, 200, "{}", reply.text());
                answered.push(reply.header("x-weighbridge-provider").unwrap().to_owned());
            }
            answered
        })
    });
    let callers: Vec<_> = callers.collect();
    let mut near = Some(near);
    let mut seen = 0;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        // It is used, at first and when it is back.
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while near.as_ref().unwrap().seen_count() == 0 {
            let providers = house.ask(Request::get("/gateway/v1/providers")).await;
            assert!(tokio::time::Instant::now() < deadline, "{}", providers.text());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        seen += near.as_ref().unwrap().seen_count();
        // With every connection that it has.
        drop(near.take());
        tokio::time::sleep(Duration::from_millis(600)).await;
        near = Some(Provider::start_at(&address, script()).await.unwrap());
    }
    tokio::time::sleep(Duration::from_millis(1500)).await;
    over.store(true, Ordering::Relaxed);
    let mut all = Vec::new();
    for caller in callers {
        all.extend(caller.await.unwrap());
    }
    seen += near.as_ref().unwrap().seen_count();
    let at = |name: &str| all.iter().filter(|it| *it == name).count();
    let (near_count, far_count) = (at("near"), at("far"));
    assert!(near_count > 100 && far_count > 100, "{near_count} near, {far_count} far");
    let lost = seen.saturating_sub(near_count as u64);
    assert!(lost <= (CALLERS as u64 + 3) * 3, "{lost} of {seen} came to nothing");
}
