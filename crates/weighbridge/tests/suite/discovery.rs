//! Servers of models that are found on this machine.

use std::time::Duration;

use serde_json::{Value, json};
use weighbridge_testkit::http::Request;
use weighbridge_testkit::{Behaviour, Provider, Script};

use crate::house::{House, body};

/// Looks at these ports, every 200 ms.
fn config(servers: &[&Provider], more: &str) -> String {
    let ports: Vec<String> = servers.iter().map(|it| it.address().port().to_string()).collect();
    let ports = ports.join(", ");
    format!("[limits]\nmodel_refresh = \"200ms\"\n[discovery]\nports = [{ports}]\n{more}\n")
}

const LOCAL: &str = "local = true";

async fn providers(house: &House) -> Vec<Value> {
    let reply = house.ask(Request::get("/gateway/v1/providers")).await.json();
    let items = reply["items"].as_array().unwrap();
    items.iter().filter(|item| item["discovered"] == true).cloned().collect()
}

fn names(providers: &[Value]) -> Vec<&str> {
    providers.iter().map(|item| item["name"].as_str().unwrap()).collect()
}

async fn become_(house: &House, expected: &[&str]) {
    for _ in 0..1000 {
        if names(&providers(house).await) == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}: {}", providers(house).await, house.gateway.said());
}

async fn server() -> Provider {
    Provider::start_with(Script::new().otherwise(Behaviour::ok())).await.unwrap()
}

async fn vllm(model: &str) -> Provider {
    let server = server().await;
    server.answer(
        "/v1/models",
        200,
        json!({ "object": "list", "data": [
            { "id": model, "object": "model", "owned_by": "vllm", "max_model_len": 4096 }] }),
    );
    server
}

#[tokio::test]
async fn each_server_is_known_by_how_it_answers_and_serves_what_it_lists() {
    let ollama = server().await;
    ollama.answer("/api/version", 200, json!({ "version": "0.12.3" }));
    ollama.answer("/api/tags", 200, json!({ "models": [{ "name": "gemma3:4b" }] }));
    let llama = server().await;
    llama.answer("/v1/models", 200, json!({ "data": [{ "id": "small.gguf" }] }));
    llama.answer("/props", 200, json!({ "default_generation_settings": { "n_ctx": 1024 } }));
    let vllm = vllm("Qwen/Qwen3-8B").await;
    let studio = server().await;
    studio.answer(
        "/v1/models",
        200,
        json!({ "data": [{ "id": "phi-4", "owned_by": "organization_owner" },
                         { "id": "nomic", "owned_by": "organization_owner" }] }),
    );
    studio.answer(
        "/api/v0/models",
        200,
        json!({ "data": [{ "id": "phi-4", "type": "llm", "max_context_length": 16384 },
                         { "id": "nomic", "type": "embeddings" }] }),
    );
    // Somebody else, who only speaks like one of them.
    let stranger = server().await;
    stranger.answer("/v1/models", 200, json!({ "data": [{ "id": "x", "owned_by": "somebody" }] }));
    let all = [&ollama, &llama, &vllm, &studio, &stranger];
    let house = House::with(Script::new(), &config(&all, LOCAL)).await;
    let found = providers(&house).await;
    assert_eq!(names(&found), ["ollama", "llama-cpp", "vllm", "lm-studio"]);
    let models: Vec<&Value> = found.iter().map(|item| &item["models"]).collect();
    assert_eq!(
        models,
        [
            &json!(["gemma3:4b"]),
            &json!(["small.gguf"]),
            &json!(["Qwen/Qwen3-8B"]),
            &json!(["phi-4", "nomic"])
        ]
    );
    for item in &found {
        assert_eq!((&item["location"], &item["health"]), (&json!("local"), &json!("well")));
    }
    let reply = house.chat(body("Qwen/Qwen3-8B", false)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("x-weighbridge-provider"), Some("vllm"));
    assert_eq!(house.chat(body("lm-studio/nomic", false)).await.status, 404, "it only embeds");
    assert_eq!(stranger.seen_count(), 0);
}

#[tokio::test]
async fn what_comes_is_taken_and_what_goes_is_let_go() {
    let first = vllm("a").await;
    let second = vllm("b").await;
    let at = second.address().to_string();
    let config = config(&[&first, &second], LOCAL);
    drop(second);
    let house = House::with(Script::new(), &config).await;
    become_(&house, &["vllm"]).await;
    let second = Provider::start_at(&at, Script::new().on("b", Behaviour::ok())).await.unwrap();
    let listed = json!({ "data": [{ "id": "b", "owned_by": "vllm" }] });
    second.answer("/v1/models", 200, listed);
    let named = format!("vllm-{}", second.address().port());
    become_(&house, &["vllm", &named]).await;
    assert_eq!(house.chat(body("b", false)).await.status, 200);
    // One that is busy is not gone.
    second.answer("/v1/models", 503, json!({}));
    tokio::time::sleep(Duration::from_millis(500)).await;
    become_(&house, &["vllm", &named]).await;
    drop(second);
    become_(&house, &["vllm"]).await;
    let said = house.gateway.said();
    for words in ["found on this machine", "gone from this machine"] {
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn nobody_is_looked_for_unless_the_file_says_so_and_nobody_of_the_file_twice() {
    let found = vllm("a").await;
    let house = House::with(Script::new(), &config(&[&found], "")).await;
    assert_eq!(names(&providers(&house).await), [""; 0]);
    // The file's own provider at that address is the only one.
    let own = format!(
        "[[providers]]\nname = \"mine\"\nflavor = \"openai\"\nbase_url = \"http://localhost:{}/v1\"\n\
         location = \"local\"\nservices = [\"chat\"]\nmodels = [\"a\"]\n",
        found.address().port()
    );
    let house = House::with(Script::new(), &config(&[&found], &format!("{LOCAL}\n{own}"))).await;
    assert_eq!(names(&providers(&house).await), [""; 0]);
    // And so is the file's provider of that name.
    let named = own.replace("\"mine\"", "\"vllm\"").replace("localhost", "127.0.0.2");
    let house = House::with(Script::new(), &config(&[&found], &format!("{LOCAL}\n{named}"))).await;
    assert_eq!(names(&providers(&house).await), [""; 0]);
}
