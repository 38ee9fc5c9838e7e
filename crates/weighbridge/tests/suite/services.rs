//! Services beside conversation: the same form untouched, other forms converted, each metered and paid
//! for by what it is counted in.

use serde_json::{Value, json};
use weighbridge_proof::Digest;
use weighbridge_testkit::http::{Reply, Request};
use weighbridge_testkit::provider::StreamEnd;
use weighbridge_testkit::{Behaviour, Script};

use crate::house::{House, PATIENCE, VIEW, without_comments};

const PRICES: &str = "[[prices]]\nmodel = \"m\"\ncurrency = \"USD\"\ninput = \"1000\"\noutput = \"0\"\nper_image = \"0.04\"\n\
    per_character = \"0.00001\"\nper_second = \"0.0001\"\n";

async fn house(flavor: &str, behaviour: Behaviour) -> House {
    let script = Script::new().otherwise(behaviour.clone()).on("m", behaviour);
    House::speaking(flavor, script, PRICES).await
}

/// The same where tokens cost nothing.
async fn by_the_piece(behaviour: Behaviour) -> House {
    let script = Script::new().otherwise(behaviour.clone()).on("m", behaviour);
    House::with(script, &PRICES.replace("input = \"1000\"", "input = \"0\"")).await
}

fn kind(kind: &str, body: &'static [u8]) -> Behaviour {
    Behaviour::Reply {
        status: 200,
        headers: vec![("content-type".to_owned(), kind.to_owned())],
        body: body.into(),
        delay: std::time::Duration::ZERO,
    }
}

async fn embed(house: &House) -> Reply {
    let body = json!({ "model": "m", "input": ["a", "b"], "encoding_format": "base64" });
    house.ask(Request::post("/v1/embeddings", body.to_string())).await
}

#[tokio::test]
async fn vectors_come_from_every_flavor_as_openais_sdks_want_them() {
    let gemini = json!({ "embeddings": [{ "values": [0.5, -1.0] }, { "values": [1.5, 2.0] }] });
    let ollama =
        json!({ "model": "m", "embeddings": [[0.5, -1.0], [1.5, 2.0]], "prompt_eval_count": 4 });
    for (flavor, reply, path, measured) in [
        ("gemini", gemini, "/v1beta/models/m:batchEmbedContents", false),
        ("ollama", ollama, "/api/embed", true),
    ] {
        let house = house(flavor, Behaviour::bytes(reply.to_string())).await;
        let reply = embed(&house).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        // Two numbers of 32 bits, the lowest byte first.
        assert_eq!(reply.json()["data"][0]["embedding"], "AAAAPwAAgL8=", "{}", reply.text());
        assert_eq!(house.provider.take().pop().unwrap().path, path);
        let receipt = house.receipt_of(&reply).await;
        assert_eq!(
            (&receipt["service"], &receipt["conversion"]),
            (&"embed".into(), &"both".into())
        );
        assert_eq!(receipt["output"]["sha256"], Digest::of(&reply.body).to_string());
        let basis = if measured { "measured" } else { "estimated" };
        assert_eq!(receipt["usage"]["basis"], basis, "{receipt}");
        if measured {
            assert_eq!(receipt["usage"]["input_tokens"], 4);
            assert_eq!(receipt["cost"]["actual"], "0.004");
        }
    }
}

#[tokio::test]
async fn tokens_go_only_to_openai_and_others_say_what_to_do() {
    let reply =
        json!({ "object": "list", "model": "m", "data": [{ "object": "embedding", "index": 0,
        "embedding": "AAAAPwAAgL8=" }], "usage": { "prompt_tokens": 3, "total_tokens": 3 } })
        .to_string();
    let odd = r#"{ "model":"m","input":[[1,2,3]] , "x":1e400}"#;
    let own = house("openai", Behaviour::bytes(reply.clone())).await;
    let said = own.ask(Request::post("/v1/embeddings", odd)).await;
    assert_eq!(said.text(), reply);
    let seen = own.provider.take().pop().unwrap();
    assert_eq!((seen.path.as_str(), &seen.body[..]), ("/v1/embeddings", odd.as_bytes()));
    let receipt = own.receipt_of(&said).await;
    assert_eq!(
        (&receipt["conversion"], &receipt["usage"]["input_tokens"]),
        (&"none".into(), &3.into())
    );
    let other = house("ollama", Behaviour::bytes("{}")).await;
    let said = other.ask(Request::post("/v1/embeddings", odd)).await;
    assert_eq!(said.status, 400, "{}", said.text());
    assert!(said.text().contains("check_embedding_ctx_length=False"), "{}", said.text());
    assert_eq!(other.provider.seen_count(), 0);
}

#[tokio::test]
async fn every_front_asks_for_vectors_in_its_own_form() {
    let openai =
        json!({ "object": "list", "model": "m", "data": [{ "object": "embedding", "index": 0,
        "embedding": [0.5, -1.0] }], "usage": { "prompt_tokens": 3, "total_tokens": 3 } })
        .to_string();
    let house = house("openai", Behaviour::bytes(openai)).await;
    for (path, body, at) in [
        (
            "/v1beta/models/m:embedContent",
            json!({ "content": { "parts": [{ "text": "a" }] } }),
            "/embedding/values/0",
        ),
        ("/api/embed", json!({ "model": "m", "input": "a" }), "/embeddings/0/0"),
        ("/api/embeddings", json!({ "model": "m", "prompt": "a" }), "/embedding/0"),
        (
            "/aog/v0.2/services/embed",
            json!({ "model": "m", "input": ["a"] }),
            "/data/0/embedding/0",
        ),
    ] {
        let reply = house.ask(Request::post(path, body.to_string())).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        assert_eq!(reply.json().pointer(at), Some(&json!(0.5)), "{path}: {}", reply.text());
        assert_eq!(house.receipt_of(&reply).await["usage"]["input_tokens"], 3);
    }
    let nobody =
        house.ask(Request::post("/v1/embeddings", r#"{"model":"none","input":"a"}"#)).await;
    assert_eq!(nobody.status, 404);
    assert!(nobody.text().contains("for embed"), "{}", nobody.text());
}

#[tokio::test]
async fn pictures_speech_and_transcripts_are_paid_by_the_piece() {
    let pictures = json!({ "created": 1, "data": [{ "b64_json": "iVBORw0KGgo=" }, { "b64_json": "iVBORw0KGgo=" }] });
    let made = by_the_piece(Behaviour::bytes(pictures.to_string())).await;
    let reply = made
        .ask(Request::post("/v1/images/generations", r#"{"model":"m","prompt":"a lorry","n":2}"#))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let receipt = made.receipt_of(&reply).await;
    assert_eq!(
        (&receipt["service"], &receipt["usage"]["images"]),
        (&"text-to-image".into(), &2.into())
    );
    assert_eq!(receipt["cost"]["actual"], "0.08");

    let spoken = by_the_piece(kind("audio/mpeg", b"ID3\x04not text\xff")).await;
    let reply = spoken
        .ask(Request::post(
            "/v1/audio/speech",
            r#"{"model":"m","input":"seven and a half","voice":"alloy"}"#,
        ))
        .await;
    assert_eq!(&reply.body[..], b"ID3\x04not text\xff");
    assert_eq!(reply.header("content-type"), Some("audio/mpeg"));
    let receipt = spoken.receipt_of(&reply).await;
    assert_eq!(
        (&receipt["usage"]["characters"], &receipt["usage"]["basis"]),
        (&16.into(), &"measured".into())
    );
    assert_eq!(receipt["cost"]["actual"], "0.00016");

    let heard =
        by_the_piece(Behaviour::bytes(r#"{"text":"7.5","usage":{"type":"duration","seconds":3}}"#))
            .await;
    let form = "--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nm\r\n\
        --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\ncontent-type: audio/mpeg\r\n\r\n\
        ID3 sound\r\n--b--\r\n";
    let request = Request::new("POST", "/v1/audio/transcriptions").body(form);
    let reply = heard.ask(request.header("content-type", "multipart/form-data; boundary=b")).await;
    assert_eq!(reply.json()["text"], "7.5", "{}", reply.text());
    let seen = heard.provider.take().pop().unwrap();
    assert_eq!(seen.header("content-type"), Some("multipart/form-data; boundary=b"));
    assert_eq!(&seen.body[..], form.as_bytes());
    let receipt = heard.receipt_of(&reply).await;
    assert_eq!(
        (&receipt["usage"]["seconds"], &receipt["cost"]["actual"]),
        (&3.into(), &"0.0003".into())
    );
    let (code, books) = made.ledger_check();
    assert_eq!(code, Some(0), "{books}");
}

const SPEAK: &str = r#"{"model":"m","input":"seven and a half","voice":"alloy"}"#;

/// Chunks that come one by one, each when it is let go.
fn gated(content_type: &'static str, chunks: &[&'static str], end: StreamEnd) -> Behaviour {
    Behaviour::Gate {
        name: "g".to_owned(),
        content_type: Some(content_type),
        chunks: chunks.iter().map(|chunk| (*chunk).into()).collect(),
        end,
    }
}

#[tokio::test]
async fn a_sound_goes_on_as_it_is_made_and_its_end_waits_for_the_receipt() {
    let house =
        by_the_piece(gated("audio/mpeg", &["ID3 one", " two", " three"], StreamEnd::End)).await;
    let request = Request::post("/v1/audio/speech", SPEAK).header("te", "trailers");
    let mut connection = house.begin_with(request).await;
    house.provider.release("g");
    let head = connection.head().await.unwrap();
    assert_eq!(head.header("content-type"), Some("audio/mpeg"));
    // The last that has come is held, for it may be the end.
    assert_eq!(connection.chunk().await.unwrap().unwrap().bytes, "ID3 one");
    assert_eq!(house.provider.calls()[0].chunks, 2);
    house.provider.release("g");
    let reply = connection.finish(head).await.unwrap();
    assert_eq!(reply.text(), " two three");
    assert_eq!(reply.trailer("x-weighbridge-cost"), Some("0.00016 USD"));
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(receipt["output"]["sha256"], Digest::of(b"ID3 one two three").to_string());
    assert_eq!(
        (&receipt["usage"]["characters"], &receipt["usage"]["basis"]),
        (&16.into(), &"measured".into())
    );
}

#[tokio::test]
async fn half_a_sound_is_no_sound_and_who_leaves_it_pays_for_what_was_asked() {
    let house = by_the_piece(gated("audio/mpeg", &["ID3 one", " two"], StreamEnd::Cut)).await;
    let begin = || house.begin_with(Request::post("/v1/audio/speech", SPEAK));
    let mut connection = begin().await;
    house.provider.release("g");
    let head = connection.head().await.unwrap();
    assert!(!connection.finish(head).await.unwrap().complete, "the connection is cut");
    let receipt = house.receipts_become(1).await.remove(0);
    assert_eq!((&receipt["outcome"], &receipt["cost"]["actual"]), (&"error".into(), &"0".into()));
    let connection = begin().await;
    assert!(house.provider.until(PATIENCE, |calls| calls.len() == 2 && calls[1].chunks == 1).await);
    drop(connection);
    let receipts = house.receipts_become(2).await;
    let left = receipts.iter().find(|it| it["outcome"] == "cancelled").unwrap();
    assert_eq!(
        (&left["usage"]["characters"], &left["usage"]["basis"]),
        (&16.into(), &"estimated".into())
    );
}

#[tokio::test]
async fn a_sound_that_fails_before_any_of_it_goes_out_is_refused_in_words() {
    let cut = gated("audio/mpeg", &[], StreamEnd::Cut);
    for (behaviour, code) in
        [(cut, "provider_incomplete"), (kind("audio/mpeg", b""), "provider_garbage")]
    {
        let house = by_the_piece(behaviour).await;
        let reply = house.ask(Request::post("/v1/audio/speech", SPEAK)).await;
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (502, &code.into()));
        let receipt = house.receipt_of(&reply).await;
        assert_eq!(receipt["cost"]["actual"], "0", "{receipt}");
    }
}

#[tokio::test]
async fn speech_that_is_priced_by_its_tokens_needs_a_bound_of_them() {
    let ask = || Request::post("/v1/audio/speech", SPEAK);
    let level = format!("[levels.default]\nreserve = \"ceiling\"\n{VIEW}");
    let prices = PRICES.replace("output = \"0\"", "output = \"1\"");
    let script = || Script::new().on("m", kind("audio/mpeg", b"ID3"));
    let open = House::with(script(), &format!("{prices}{level}")).await;
    let refused = open.ask(ask()).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (402, &"cost_unbounded".into()));
    let bound = format!("{prices}output_limit = 1000\n{level}");
    assert_eq!(House::with(script(), &bound).await.ask(ask()).await.status, 200);
}

#[tokio::test]
async fn tokens_that_are_priced_and_not_reported_are_estimated() {
    let prices =
        PRICES.replace("input = \"1000\"\noutput = \"0\"", "input = \"1\"\noutput = \"4\"");
    let heard = Behaviour::bytes(r#"{"text":"seven and a half tonnes"}"#);
    let script = Script::new().otherwise(heard.clone()).on("m", heard);
    let house = House::with(script, &prices).await;
    let form = "--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nm\r\n\
        --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\nID3 sound\r\n--b--\r\n";
    let request = Request::new("POST", "/v1/audio/transcriptions").body(form);
    let reply = house.ask(request.header("content-type", "multipart/form-data; boundary=b")).await;
    let receipt = house.receipt_of(&reply).await;
    // 23 bytes of words, by the stated rule; and the second of sound.
    assert_eq!(
        (&receipt["usage"]["output_tokens"], &receipt["usage"]["basis"]),
        (&6.into(), &"estimated".into()),
        "{receipt}"
    );
    assert_eq!(receipt["cost"]["actual"], "0.000124", "{receipt}");
}

#[tokio::test]
async fn each_picture_of_a_stream_goes_on_and_the_last_one_is_held() {
    const ONE: &str = "data: {\"type\":\"image_generation.completed\",\"b64_json\":\"AA==\",\"usage\":{\"input_tokens\":0,\"output_tokens\":9}}\n\n";
    const NO: &str = "data: {\"error\":{\"message\":\"no more\"}}\n\n";
    let ask = || {
        let body = json!({ "model": "m", "prompt": "p", "n": 2, "stream": true });
        Request::post("/v1/images/generations", body.to_string())
    };
    let both = by_the_piece(gated("text/event-stream", &[ONE, ONE], StreamEnd::End)).await;
    let mut connection = both.begin_with(ask()).await;
    let head = connection.head().await.unwrap();
    assert_eq!(connection.chunk().await.unwrap().unwrap().bytes, ONE);
    both.provider.release("g");
    let reply = connection.finish(head).await.unwrap();
    assert_eq!(without_comments(&reply.body), ONE.as_bytes());
    let receipt = both.receipt_of(&reply).await;
    assert_eq!(
        (&receipt["usage"]["images"], &receipt["usage"]["output_tokens"]),
        (&2.into(), &18.into())
    );
    assert_eq!(receipt["cost"]["actual"], "0.08", "{receipt}");
    // One that is there was made, whatever became of the other.
    let one = by_the_piece(gated("text/event-stream", &[ONE, NO], StreamEnd::End)).await;
    one.provider.release("g");
    let reply = one.ask(ask()).await;
    assert!(reply.text().starts_with(ONE) && reply.text().contains("no more"), "{}", reply.text());
    let receipt = one.receipt_of(&reply).await;
    assert_eq!(
        (&receipt["outcome"], &receipt["cost"]["actual"]),
        (&"error".into(), &"0.04".into())
    );
}

#[tokio::test]
async fn a_transcript_streams_and_its_last_word_waits_for_the_receipt() {
    const DELTA: &str = "data: {\"type\":\"transcript.text.delta\",\"delta\":\"7.5\"}\n\n";
    const DONE: &str = "data: {\"type\":\"transcript.text.done\",\"text\":\"7.5\",\"usage\":{\"type\":\"duration\",\"seconds\":3}}\n\n";
    let form = "--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nm\r\n\
        --b\r\ncontent-disposition: form-data; name=\"stream\"\r\n\r\ntrue\r\n\
        --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\nID3 sound\r\n--b--\r\n";
    let request = || {
        let request = Request::new("POST", "/v1/audio/transcriptions").body(form);
        request.header("content-type", "multipart/form-data; boundary=b")
    };
    let whole = by_the_piece(gated("text/event-stream", &[DELTA, DONE], StreamEnd::End)).await;
    let mut connection = whole.begin_with(request()).await;
    let head = connection.head().await.unwrap();
    assert_eq!(connection.chunk().await.unwrap().unwrap().bytes, DELTA);
    assert_eq!(whole.provider.calls()[0].chunks, 1);
    whole.provider.release("g");
    let reply = connection.finish(head).await.unwrap();
    assert_eq!(without_comments(&reply.body), DONE.as_bytes(), "{}", reply.text());
    let receipt = whole.receipt_of(&reply).await;
    assert_eq!(
        (&receipt["usage"]["seconds"], &receipt["cost"]["actual"]),
        (&3.into(), &"0.0003".into())
    );
    let cut = by_the_piece(gated("text/event-stream", &[DELTA], StreamEnd::End)).await;
    let reply = cut.ask(request()).await;
    assert!(reply.text().starts_with(DELTA), "{}", reply.text());
    assert!(reply.text().contains("\"code\":\"provider_incomplete\""), "{}", reply.text());
    assert_eq!(cut.receipt_of(&reply).await["outcome"], "error");
}

#[tokio::test]
async fn documents_are_ranked_and_what_cannot_be_is_refused() {
    let ranked = json!({ "model": "m", "results": [{ "index": 1, "relevance_score": 0.9 }],
        "usage": { "total_tokens": 12 } })
    .to_string();
    let house = house("openai", Behaviour::bytes(ranked.clone())).await;
    let body = r#"{"model":"m","query":"heavy","documents":["a feather","a lorry"],"top_n":1}"#;
    let reply = house.ask(Request::post("/v1/rerank", body)).await;
    assert_eq!(reply.text(), ranked);
    assert_eq!(house.receipt_of(&reply).await["service"], "rerank");
    let through = house.ask(Request::post("/aog/v0.2/services/rerank", body)).await;
    assert_eq!(through.status, 200, "{}", through.text());
    let broken = house.ask(Request::post("/v1/rerank", r#"{"model":"m"}"#)).await;
    assert_eq!(broken.status, 400, "{}", broken.text());
}

#[tokio::test]
async fn a_service_that_failed_says_so_in_the_callers_shape_and_costs_nothing() {
    let said =
        json!({ "error": { "code": 429, "message": "slowly", "status": "RESOURCE_EXHAUSTED" } });
    let house = house("gemini", Behaviour::Error { status: 429, json: said }).await;
    let reply = embed(&house).await;
    assert_eq!(reply.status, 429, "{}", reply.text());
    assert!(reply.json()["error"]["message"].as_str().unwrap().contains("slowly"));
    let receipt = house.receipt_of(&reply).await;
    assert_eq!((&receipt["outcome"], &receipt["cost"]["actual"]), (&"error".into(), &"0".into()));
    let garbage =
        self::house("gemini", Behaviour::bytes("{\"embeddings\":[{\"values\":[1]}]}")).await;
    let reply = embed(&garbage).await;
    // One vector for two texts: whoever matches them by place would get it wrong.
    assert_eq!(reply.status, 502, "{}", reply.text());
}

#[tokio::test]
async fn a_ceiling_holds_what_is_counted_by_the_piece() {
    let level = format!("{PRICES}[levels.default]\nreserve = \"ceiling\"\n{VIEW}");
    let pictures = json!({ "created": 1, "data": [{ "b64_json": "iVBORw0KGgo=" }] }).to_string();
    let script = Script::new().on("m", Behaviour::bytes(pictures));
    let house = House::with(script, &level).await;
    house.change(json!({ "budget": { "amount": "0.3", "currency": "USD" } })).await;
    let ask = |n: u64| {
        let body: Value = json!({ "model": "m", "prompt": "a lorry", "n": n });
        Request::post("/v1/images/generations", body.to_string())
    };
    assert_eq!(house.ask(ask(8)).await.status, 402);
    let reply = house.ask(ask(1)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let receipt = house.receipt_of(&reply).await;
    // Two tokens of prompt, which its provider does not report.
    assert_eq!(receipt["cost"]["actual"], "0.042", "{receipt}");
    assert_eq!(receipt["cost"]["reserved"], "0.063", "{receipt}");
}

#[tokio::test]
async fn a_question_is_held_for_with_every_document() {
    let level = format!("{PRICES}[levels.default]\nreserve = \"ceiling\"\n{VIEW}");
    // As whoever charges tokens counts them: the question's once for each document.
    let ranked = json!({ "model": "m", "results": [{ "index": 0, "relevance_score": 0.5 }],
        "usage": { "total_tokens": 3000 } });
    let house = House::with(
        Script::new().on("m", Behaviour::bytes(ranked.to_string())),
        &level.replace("input = \"1000\"", "input = \"1\""),
    )
    .await;
    let body = json!({ "model": "m", "query": "q".repeat(1000), "documents": ["a", "b", "c"], "top_n": 1 });
    let reply = house.ask(Request::post("/v1/rerank", body.to_string())).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(receipt["usage"]["input_tokens"], 3000, "{receipt}");
    // 3003 bytes and what a model may put around each of three pairs.
    assert_eq!(receipt["cost"]["reserved"], "0.003387", "{receipt}");
    assert_eq!(
        (&receipt["cost"]["actual"], &receipt["cost"]["overrun"]),
        (&"0.003".into(), &"0".into())
    );
}
