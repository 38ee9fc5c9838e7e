//! Lists as providers write them.

use serde_json::{Value, json};
use weighbridge_core::directory::Listed;
use weighbridge_core::naming::Kind;

use super::page::{self, Page};
use super::{Found, MODELS, NoList};

type Row<'a> = (&'a str, Option<u64>, Option<Kind>);

fn rows(page: &Page) -> Vec<Row<'_>> {
    page.models.iter().map(|it| (it.name.as_str(), it.context_length, it.kind)).collect()
}

#[test]
fn openais_list_has_names_and_others_of_its_flavor_say_more() {
    let own = json!({ "object": "list", "data": [
        { "id": "gpt-5-mini", "object": "model", "created": 1754425928, "owned_by": "system" },
        { "id": "text-embedding-3-small", "object": "model", "created": 1705948997, "owned_by": "system" },
        { "object": "model" },
    ] });
    let page = page::openai(&own).unwrap();
    assert_eq!(rows(&page), [("gpt-5-mini", None, None), ("text-embedding-3-small", None, None)]);
    assert_eq!(page.models[1].kind(), Some(Kind::Embedding), "its name says so");
    let others = json!({ "object": "list", "data": [
        { "id": "Qwen/Qwen3-8B", "object": "model", "owned_by": "vllm", "root": "Qwen/Qwen3-8B",
          "parent": null, "max_model_len": 40960, "permission": [] },
        { "id": "small.gguf", "object": "model", "owned_by": "llamacpp",
          "meta": { "vocab_type": 2, "n_vocab": 151936, "n_ctx_train": 40960, "n_embd": 4096 } },
        { "id": "qwen2-vl-7b-instruct", "object": "model", "type": "vlm", "state": "not-loaded",
          "max_context_length": 32768 },
        { "id": "nomic", "object": "model", "type": "embeddings", "max_context_length": 2048 },
        { "id": "groq/compound", "object": "model", "context_window": 131072 },
    ] });
    let chat = Some(Kind::Chat);
    assert_eq!(
        rows(&page::openai(&others).unwrap()),
        [
            ("Qwen/Qwen3-8B", Some(40960), None),
            ("small.gguf", Some(40960), None),
            ("qwen2-vl-7b-instruct", Some(32768), chat),
            ("nomic", Some(2048), Some(Kind::Embedding)),
            ("groq/compound", Some(131072), None),
        ]
    );
    let bare = json!([{ "id": "meta-llama/Llama-3", "type": "chat", "context_length": 8192 }]);
    assert_eq!(rows(&page::openai(&bare).unwrap()), [("meta-llama/Llama-3", Some(8192), chat)]);
}

#[test]
fn anthropics_list_goes_on_behind_the_last_name() {
    let mut list = json!({ "data": [
        { "type": "model", "id": "claude-sonnet-4-5-20250929", "display_name": "Claude Sonnet 4.5",
          "created_at": "2025-09-29T00:00:00Z", "max_input_tokens": 200000, "max_tokens": 64000 },
        { "type": "model", "id": "claude-3-haiku-20240307", "display_name": "Claude Haiku 3",
          "created_at": "2024-03-07T00:00:00Z" },
    ], "has_more": true, "first_id": "claude-sonnet-4-5-20250929", "last_id": "claude-3-haiku-20240307" });
    let page = page::anthropic(&list).unwrap();
    let chat = Some(Kind::Chat);
    assert_eq!(
        rows(&page),
        [
            ("claude-sonnet-4-5-20250929", Some(200000), chat),
            ("claude-3-haiku-20240307", None, chat),
        ]
    );
    assert_eq!(page.next.as_deref(), Some("claude-3-haiku-20240307"));
    list["has_more"] = json!(false);
    assert_eq!(page::anthropic(&list).unwrap().next, None);
}

#[test]
fn geminis_list_tells_conversation_from_embedding_and_leaves_out_the_rest() {
    let model = |name: &str, limit: u64, methods: &[&str]| {
        json!({ "name": format!("models/{name}"), "version": "001", "displayName": name,
            "inputTokenLimit": limit, "outputTokenLimit": 8192, "supportedGenerationMethods": methods })
    };
    let list = json!({ "models": [
        model("gemini-2.5-flash", 1_048_576, &["generateContent", "countTokens"]),
        model("gemini-embedding-001", 2048, &["embedContent", "countTextTokens"]),
        model("imagen-4.0-generate-001", 480, &["predict"]),
        model("gemini-live-2.5", 131_072, &["bidiGenerateContent"]),
    ], "nextPageToken": "Ch9tb2Rl/=" });
    let page = page::gemini(&list).unwrap();
    assert_eq!(
        rows(&page),
        [
            ("gemini-2.5-flash", Some(1_048_576), Some(Kind::Chat)),
            ("gemini-embedding-001", Some(2048), Some(Kind::Embedding)),
            ("imagen-4.0-generate-001", Some(480), Some(Kind::Image)),
        ]
    );
    assert_eq!(page.next.as_deref(), Some("Ch9tb2Rl/="));
    assert_eq!(page::gemini(&json!({})), Some(Page::default()));
}

#[test]
fn ollama_says_on_a_models_own_page_what_it_can_do() {
    let tags = json!({ "models": [
        { "name": "gemma3:4b", "model": "gemma3:4b", "modified_at": "2025-05-10T08:06:48Z",
          "size": 3338801804u64, "digest": "a2af6cc3eb7f",
          "details": { "parent_model": "", "format": "gguf", "family": "gemma3", "families": ["gemma3"],
                       "parameter_size": "4.3B", "quantization_level": "Q4_K_M" } },
        { "name": "nomic-embed-text:latest", "model": "nomic-embed-text:latest", "size": 274302450 },
    ] });
    let mut page = page::ollama(&tags).unwrap();
    let shown = json!({ "license": "", "details": { "family": "gemma3" },
        "model_info": { "general.architecture": "gemma3", "gemma3.context_length": 131072,
                        "gemma3.block_count": 34, "tokenizer.ggml.tokens": null },
        "capabilities": ["completion", "vision"] });
    page::shown(&mut page.models[0], &shown);
    let embeds = json!({ "model_info": { "general.architecture": "nomic-bert",
        "nomic-bert.context_length": 2048 }, "capabilities": ["embedding"] });
    page::shown(&mut page.models[1], &embeds);
    assert_eq!(
        rows(&page),
        [
            ("gemma3:4b", Some(131072), Some(Kind::Chat)),
            ("nomic-embed-text:latest", Some(2048), Some(Kind::Embedding)),
        ]
    );
}

#[test]
fn aog_lists_also_what_is_not_there_yet() {
    let model = |name: &str, status: &str| {
        json!({ "model_name": name, "provider_name": "local_ollama_chat", "status": status,
            "created_at": "2025-06-01T00:00:00Z", "updated_at": "2025-06-01T00:00:00Z" })
    };
    let list = json!({ "business_code": 30000, "message": "success",
        "data": [model("deepseek-r1:7b", "downloaded"), model("qwen3:8b", "downloading")] });
    assert_eq!(rows(&page::aog(&list).unwrap()), [("deepseek-r1:7b", None, None)]);
    assert_eq!(page::aog(&json!({ "data": null })), Some(Page::default()));
}

#[test]
fn what_is_no_list_is_told_apart_from_an_empty_one() {
    let readers: [fn(&Value) -> Option<Page>; 5] =
        [page::openai, page::anthropic, page::gemini, page::ollama, page::aog];
    for read in readers {
        for answer in [json!("m"), json!({ "error": { "message": "no" } }), json!(null)] {
            assert_eq!(read(&answer), None, "{answer}");
        }
    }
    assert_eq!(page::openai(&json!({ "data": [] })), Some(Page::default()));
}

#[test]
fn no_list_is_longer_than_it_may_be_and_no_name_either() {
    let mut found = Found::default();
    let names = ["a", "", "a", "*", "two\nlines", &"x".repeat(257), &"x".repeat(256)];
    found.take(names.into_iter().map(Listed::named).collect()).unwrap();
    let kept: Vec<usize> = found.models.iter().map(|model| model.name.len()).collect();
    assert_eq!(kept, [1, 256]);
    let more = (0..MODELS).map(|number| Listed::named(number.to_string())).collect();
    assert!(matches!(found.take(more), Err(NoList::TooLong)));
}
