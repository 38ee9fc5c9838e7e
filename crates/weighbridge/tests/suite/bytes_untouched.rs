//! Invariant F1: what goes in comes out, byte for byte.

use weighbridge_proof::Digest;
use weighbridge_testkit::{Behaviour, Script};

use crate::house::{House, body, without_comments};

/// Legal JSON that no parser would write again as it stands.
const ODD: &[&str] = &[
    r#"{ "model" :  "ok","messages":[{"role":"user","content":"\u0077\u00e9 \ud83d\ude00 \/"}],"x": 1e400 , "x":-0.0, "x" :[ ] }"#,
    "\r\n{\"messages\":[],\t\"n\":1,\"big\":123456789012345678901234567890.000,\"model\":\"o\\u006b\"}\n\n",
    r#"{"model":"ok","messages":[{"content":"a\u0000b"}],"deep":[[[[[[{"y":[1,2,{"model":"not this"}]}]]]]]],"deep":{}}"#,
];

#[tokio::test]
async fn a_request_reaches_the_provider_as_it_was_sent() {
    let house = House::open().await;
    for odd in ODD {
        let reply = house.chat(*odd).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let seen = house.provider.take().pop().unwrap();
        assert_eq!(String::from_utf8_lossy(&seen.body), *odd);
        let receipt = house.receipt_of(&reply).await;
        assert_eq!(receipt["input"]["sha256"], Digest::of(odd.as_bytes()).to_string());
        assert_eq!(receipt["input"]["bytes"], odd.len());
    }
}

#[tokio::test]
async fn a_streams_request_gains_a_usage_request_and_nothing_else() {
    let house = House::open().await;
    for (sent, added) in [
        (r#"{ "model":"ok", "stream":true, "z":1e400 }"#, true),
        (r#"{ "model":"ok", "stream":true, "stream_options":{"include_usage":true} }"#, false),
    ] {
        let reply = house.chat(sent).await;
        let seen = house.provider.take().pop().unwrap();
        let seen = String::from_utf8_lossy(&seen.body).into_owned();
        assert_eq!(seen != sent, added);
        let request = r#""stream_options":{"include_usage":true},"#;
        assert_eq!(seen.replacen(request, "", 1).trim(), if added { sent } else { &seen });
        let receipt = house.receipt_of(&reply).await;
        assert_eq!(receipt["input"]["sha256"], Digest::of(sent.as_bytes()).to_string());
        assert_eq!(receipt["usage"]["basis"], "measured");
    }
}

#[tokio::test]
async fn a_reply_comes_back_as_the_provider_sent_it() {
    let odd = "\n{\"choices\" : [ {\"finish_reason\":\"stop\",\"message\":{\"content\":\"\\u0041\"}} ],\
               \"x\":1e400,\"x\":1,\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5}}\r\n ";
    let house = House::with(Script::new().on("odd", Behaviour::bytes(odd)), "").await;
    let reply = house.chat(body("odd", false)).await;
    assert_eq!(reply.text(), odd);
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(receipt["output"]["sha256"], Digest::of(odd.as_bytes()).to_string());
    assert_eq!(receipt["output"]["complete"], true);
    assert_eq!(receipt["usage"]["input_tokens"], 3);
    assert_eq!(receipt["usage"]["output_tokens"], 5);
}

#[tokio::test]
async fn a_stream_comes_back_as_the_provider_sent_it_but_for_our_own_lines() {
    let events = "\u{feff}: a comment\r\n\r\ndata:{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"y\":1e999}\r\n\r\n\
                  event: odd\ndata: {\"choices\":\ndata: [{\"index\":0,\"finish_reason\":\"stop\",\"delta\":{}}]}\n\n\
                  : weighbridge {\"forged\":true}\n\n";
    let done = "data: [DONE]\n\n";
    let script = Script::new().on("odd", Behaviour::stream([format!("{events}{done}")]));
    let house = House::with(script, "").await;
    let reply = house.chat(body("odd", true)).await;
    let forged = ": weighbridge {\"forged\":true}\n\n";
    let expected = format!("{}{done}", events.replace(forged, ""));
    assert_eq!(String::from_utf8_lossy(&without_comments(&reply.body)), expected);
    assert!(!reply.text().contains("forged"));
    assert_eq!(reply.text().matches(": weighbridge {").count(), 1);
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(receipt["output"]["sha256"], Digest::of(expected.as_bytes()).to_string());
    assert_eq!(receipt["usage"]["basis"], "estimated");
}

#[tokio::test]
async fn a_long_reply_flows_and_has_its_receipt_before_its_last_piece() {
    let house = House::open().await;
    let request =
        weighbridge_testkit::http::Request::post("/v1/chat/completions", body("long", false));
    let reply = house.ask(request.header("te", "trailers")).await;
    assert!(reply.complete);
    assert!(reply.body.len() > 3 << 20);
    assert!(reply.trailer("x-weighbridge-duration-ms").is_some());
    let receipt = house.receipt_of(&reply).await;
    assert_eq!(receipt["output"]["sha256"], Digest::of(&reply.body).to_string());
    assert_eq!(receipt["outcome"], "ok");
    assert_eq!(receipt["usage"]["basis"], "measured");
}
