//! Vectors.

use bytes::Bytes;
use weighbridge_flavor::services::{self, Form, Service, Wants};

use super::pairs::{PATH, face};
use super::sample::sample;

const JSON: Option<&str> = Some("application/json");

fn converted(from: Form, to: Form, body: &'static str, wants: Wants) -> Result<String, String> {
    let body = Bytes::from_static(body.as_bytes());
    let made = services::reply(Service::Embed, from, to, &body, JSON, &face(wants));
    let made = made.map_err(|misfit| misfit.to_string())?;
    Ok(String::from_utf8(made.body.to_vec()).unwrap())
}

#[test]
fn official_clients_get_the_base64_that_they_ask_for() {
    let request = sample("openai/embed_request");
    let made = services::request(
        Service::Embed,
        Form::OpenAi,
        Form::Ollama,
        &request.body,
        JSON,
        PATH,
        "m",
    );
    let wants = made.unwrap().wants;
    assert!(wants.packed);
    let reply = r#"{"embeddings":[[1,-0.5,0.25],[0,-0.0,3.4e38]],"prompt_eval_count":15}"#;
    let expected = r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPwAAAL8AAIA+"},{"object":"embedding","index":1,"embedding":"AAAAAAAAAICeyX9/"}],"model":"asked","usage":{"prompt_tokens":15,"total_tokens":15}}"#;
    assert_eq!(converted(Form::Ollama, Form::OpenAi, reply, wants).unwrap(), expected);
}

#[test]
fn tokens_go_to_nobody_but_openai() {
    let request = sample("openai/embed_request_tokens");
    for to in Service::Embed.forms().iter().filter(|to| **to != Form::OpenAi) {
        let made =
            services::request(Service::Embed, Form::OpenAi, *to, &request.body, JSON, PATH, "m");
        let losses = made.unwrap().losses;
        let refusal = losses.refusals(false).next().unwrap();
        assert_eq!(refusal.field, "input");
        assert!(refusal.reason.contains("check_embedding_ctx_length=False"), "{to:?}");
    }
    let body = Bytes::from_static(br#"{"model":"m","input":[1,2]}"#);
    let made = services::request(Service::Embed, Form::Aog, Form::OpenAi, &body, JSON, PATH, "m");
    let made = made.unwrap();
    assert_eq!(made.body, &br#"{"model":"m","input":[1,2],"encoding_format":"float"}"#[..]);
    assert!(made.losses.is_empty());
}

#[test]
fn a_vector_for_each_text_or_none_at_all() {
    let reply = r#"{"embeddings":[[1],[2]]}"#;
    let wants = |items| Wants { items: Some(items), ..Wants::default() };
    assert!(converted(Form::Ollama, Form::OpenAi, reply, wants(2)).is_ok());
    let error = converted(Form::Ollama, Form::OpenAi, reply, wants(3)).unwrap_err();
    assert_eq!(error, "has 2 vectors for 3 texts");
}

#[test]
fn several_texts_are_not_sent_where_there_is_room_for_one() {
    let request = sample("ollama/embed_request");
    for to in [Form::Gemini, Form::OllamaOlder] {
        let made =
            services::request(Service::Embed, Form::Ollama, to, &request.body, JSON, PATH, "m");
        let refused: Vec<_> =
            made.unwrap().losses.refusals(false).map(|loss| loss.field.to_string()).collect();
        assert_eq!(refused.first().map(String::as_str), Some("input"), "{to:?}");
    }
}
