//! Reading a request, and asking for usage in it.

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};
use serde_json::Value;
use weighbridge_flavor::addressed::Policy;
use weighbridge_flavor::openai::{ChatPeek, LimitField, OutputLimit, PeekError, peek_chat};

use super::generate::{BOUNDS, cuts, damaged, object, value};

fn peek(body: &str) -> Result<ChatPeek, PeekError> {
    peek_chat(&Bytes::copy_from_slice(body.as_bytes()), BOUNDS)
}

fn says(body: &str) -> String {
    peek(body).unwrap_err().to_string()
}

/// A stream request with other members around the two that matter.
fn body() -> impl Strategy<Value = String> {
    let options = prop_oneof![
        Just(None),
        Just(Some("null".to_owned())),
        prop::sample::select(vec![
            "{}",
            "{ }",
            "{\"include_usage\":false}",
            "{\"include_usage\" : null , \"x\":1e400}",
            "{\"x\":[1],\"include_usage\":true}",
            "{ \"x\" : {\"include_usage\":false} }"
        ])
        .prop_map(|it| Some(it.to_owned())),
    ];
    (options, vec(("x[a-z]{0,4}", value()), 0..4), any::<bool>()).prop_map(
        |(options, more, front)| {
            let mut members = vec!["\"model\": \"m\"".to_owned(), "\"stream\" :true".to_owned()];
            members.extend(options.map(|options| format!("\"stream_options\" : {options}")));
            let more = more.into_iter().map(|(key, value)| format!("\"{key}\":{value}"));
            if front {
                members.splice(0..0, more).for_each(drop)
            } else {
                members.extend(more)
            }
            format!(" {{ {} }}\n", members.join(" , "))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn asking_for_usage_changes_nothing_else(body in body()) {
        let body = Bytes::from(body);
        let peek = peek_chat(&body, BOUNDS)?;
        let asked = peek.outgoing(&body, None);
        let again = peek_chat(&asked, BOUNDS)?;
        prop_assert!(again.asks_usage);
        prop_assert_eq!(again.outgoing(&asked, None), asked.clone());
        prop_assert_eq!(peek.asks_usage, asked == body);
        // Without what was put in, it is the original: as text where that was one insertion.
        let text = String::from_utf8(asked.to_vec())?;
        for added in ["\"stream_options\":{\"include_usage\":true},", "\"include_usage\":true,",
            "\"include_usage\":true"] {
            if asked.len() == body.len() + added.len() {
                let without = text.replacen(added, "", 1);
                prop_assert_eq!(without.as_bytes(), &body);
            }
        }
        // And as a value in any case, as far as another reader can read it.
        if let (Ok(before), Ok(after)) = (value_of(&body), value_of(&asked)) {
            prop_assert_eq!(&after["stream_options"]["include_usage"], &Value::Bool(true));
            prop_assert_eq!(without_ask(before), without_ask(after));
        }
    }

    #[test]
    fn nothing_makes_it_panic(bytes in damaged(object().prop_map(String::into_bytes))) {
        let body = Bytes::from(bytes);
        if let Ok(peek) = peek_chat(&body, BOUNDS) {
            prop_assert!(peek_chat(&peek.outgoing(&body, None), BOUNDS).is_ok());
        }
    }

    #[test]
    fn noise_is_no_request(bytes in vec(any::<u8>(), 0..100), _at in cuts()) {
        prop_assert!(peek_chat(&Bytes::from(bytes), BOUNDS).is_err());
    }
}

fn value_of(body: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(body)
}

fn without_ask(mut body: Value) -> Value {
    let empty = match body.get_mut("stream_options") {
        Some(Value::Object(options)) => {
            options.remove("include_usage");
            options.is_empty()
        }
        _ => true,
    };
    if empty && let Value::Object(members) = &mut body {
        members.remove("stream_options");
    }
    body
}

#[test]
fn what_is_read() {
    let plain = peek(r#"{"model":"m"}"#).unwrap();
    assert_eq!((plain.model.as_str(), plain.stream, plain.n), ("m", false, 1));
    assert_eq!((plain.max_output, plain.end_user.clone(), plain.asks_usage), (None, None, false));
    let full = peek(
        r#"{"model":"gpt\u002d4","stream":true,"stream_options":{"include_usage":true},"n":3,
            "max_tokens":5,"max_completion_tokens":7,"user":"u","safety_identifier":"s",
            "background":true,"hybrid_policy":{"a":1},"messages":[{"content":"ab\n"}]}"#,
    )
    .unwrap();
    assert_eq!((full.model.as_str(), full.stream, full.n), ("gpt-4", true, 3));
    assert_eq!((full.max_output, full.end_user.as_deref()), (Some(7), Some("s")));
    assert!(full.asks_usage && full.background);
    assert_eq!((plain.policy, full.policy), (None, Some(Policy::NotText)));
    assert_eq!(full.text_bytes, 4);
    let nulls = peek(
        r#"{"model":"m","stream":null,"stream_options":null,"n":null,"max_tokens":null,
            "max_completion_tokens":null,"user":null,"background":null,"hybrid_policy":null}"#,
    )
    .unwrap();
    assert_eq!((nulls.n, nulls.max_output, nulls.policy), (1, None, Some(Policy::Nothing)));
    let long = peek(&format!(r#"{{"model":"m","user":"x{}"}}"#, "秤".repeat(100))).unwrap();
    assert_eq!(long.end_user.unwrap().len(), 256);
}

#[test]
fn what_is_refused() {
    assert_eq!(says("[]"), "the body has to be a JSON object");
    assert_eq!(says("{}"), "`model` is missing: name the model to call");
    assert_eq!(says(r#"{"model":""}"#), "`model` has to be a text of 1 to 256 bytes");
    assert_eq!(says(r#"{"model":null}"#), "`model` has to be a text of 1 to 256 bytes");
    assert_eq!(says(r#"{"model":"m","n":0}"#), "`n` has to be a whole number from 1");
    assert_eq!(
        says(r#"{"model":"m","max_tokens":1.5}"#),
        "`max_tokens` has to be a whole number that is not negative"
    );
    assert_eq!(says(r#"{"model":"m","stream":"yes"}"#), "`stream` has to be true or false");
    assert_eq!(says(r#"{"model":"m","user":7}"#), "`user` has to be a text");
    assert_eq!(says(r#"{"model":"m","m\u006fdel":"x"}"#), "`model` is given more than once");
    assert_eq!(
        says(r#"{"model":"m","stream_options":{"include_usage":1,"include_usage":true}}"#),
        "`stream_options.include_usage` is given more than once"
    );
    assert_eq!(
        says(r#"{"model":"m"#),
        "the body cannot be read: invalid JSON at byte 11: a string is not closed"
    );
    assert_eq!(peek("{\"model\":\"m\",\"n\":0}").unwrap_err().field(), Some("n"));
    let latin = peek_chat(&Bytes::from_static(b"{\"model\":\"\xe9\"}"), BOUNDS).unwrap_err();
    assert_eq!(
        latin.to_string(),
        "the body cannot be read: invalid JSON at byte 10: a string is not valid UTF-8"
    );
}

#[test]
fn a_request_that_needs_nothing_is_not_copied() {
    for body in [
        r#"{"model":"m"}"#,
        r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#,
    ] {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let same = peek_chat(&body, BOUNDS).unwrap().outgoing(&body, None);
        assert_eq!(same.as_ptr(), body.as_ptr());
    }
}

fn media(messages: &str) -> u64 {
    peek(&format!(r#"{{"model":"m","messages":[{messages}]}}"#)).unwrap().media
}

#[test]
fn what_is_no_text_is_seen_wherever_it_stands_and_however_it_is_spelled() {
    let text =
        r#"{"role":"user","content":[{"type":"text","text":"image_url"},{"type":"refusal"}]}"#;
    assert_eq!(media(text), 0);
    assert_eq!(media(r#"{"role":"user","content":"{\"type\":\"image_url\"}"}"#), 0);
    let call = r#"{"role":"assistant","tool_calls":[{"type":"function","id":"a"}],"content":null}"#;
    assert_eq!(media(call), 0);
    for picture in [
        r#"{"content":[{"type":"text"},{"type":"image_url","image_url":{"url":"http://x/y"}}]}"#,
        r#"{"content":[{"image\u005furl":{"url":"x"}}]}"#,
        r#"{"c\u006fntent":[{"type":"input_audio","input_audio":{"data":"","type":"x"}}]}"#,
        r#"{"role":"assistant","audio":{"id":"audio_1"}}"#,
    ] {
        assert_eq!(media(picture), 1, "{picture}");
        assert_eq!(media(&[text, call, picture, text].join(",")), 1, "{picture}");
    }
    assert_eq!(media(r#"{"audio":null,"content":[{"file":{}},{"file":{}}]}"#), 2);
}

#[test]
fn many_text_parts_hide_no_picture_and_many_tools_hide_no_sound() {
    let many = vec![r#"{"type":"text","text":"x"}"#; 2_000].join(",");
    let picture = r#"{"image_url":{}}"#;
    assert_eq!(media(&format!(r#"{{"content":[{many}]}}"#)), 0);
    assert_eq!(media(&format!(r#"{{"content":[{many},{picture}]}}"#)), 1);
    let tools = vec![r#"{"type":"custom"}"#; 600].join(",");
    let body =
        format!(r#"{{"model":"m","tools":[{tools}],"messages":[{{"content":[{picture}]}}]}}"#);
    assert!(peek(&body).unwrap().media > 0);
}

#[test]
fn tools_and_searches_are_seen() {
    let peeked = peek(r#"{"model":"m","tools":[{"type":"function"}],"web_search_options":{}}"#);
    let peeked = peeked.unwrap();
    assert!(peeked.tools && peeked.searches);
    let peeked = peek(r#"{"model":"m","tools":[],"web_search_options":null}"#).unwrap();
    assert!(!peeked.tools && !peeked.searches);
}

#[test]
fn an_answer_is_kept_to_a_limit_and_nothing_else_changes() {
    use LimitField::{MaxCompletionTokens as Newer, MaxTokens as Older};
    let kept = |body: &str, field| {
        let bytes = Bytes::copy_from_slice(body.as_bytes());
        let limit = Some(OutputLimit { field, tokens: 7 });
        let kept = peek_chat(&bytes, BOUNDS).unwrap().outgoing(&bytes, limit);
        String::from_utf8(kept.to_vec()).unwrap()
    };
    for (body, field, expected) in [
        (r#"{ "model":"m"}"#, Older, r#"{"max_tokens":7, "model":"m"}"#),
        (r#"{"model":"m"}"#, Newer, r#"{"max_completion_tokens":7,"model":"m"}"#),
        (r#"{"max_tokens": 5,"model":"m"}"#, Older, r#"{"max_tokens": 5,"model":"m"}"#),
        (r#"{"max_tokens": 50,"model":"m"}"#, Older, r#"{"max_tokens": 7,"model":"m"}"#),
        (r#"{"max_tokens": 50,"model":"m"}"#, Newer, r#"{"max_tokens": 7,"model":"m"}"#),
        (r#"{"max_tokens": 0,"model":"m"}"#, Older, r#"{"max_tokens": 7,"model":"m"}"#),
        (r#"{"max_tokens":null,"model":"m"}"#, Older, r#"{"max_tokens":7,"model":"m"}"#),
        // A server that reads the older name only is told by it, whatever the newer one says.
        (
            r#"{"max_completion_tokens":1,"model":"m"}"#,
            Older,
            r#"{"max_tokens":7,"max_completion_tokens":1,"model":"m"}"#,
        ),
        (
            r#"{"max_completion_tokens":90,"max_tokens":1,"model":"m"}"#,
            Older,
            r#"{"max_completion_tokens":7,"max_tokens":1,"model":"m"}"#,
        ),
    ] {
        assert_eq!(kept(body, field), expected);
    }
    // Two insertions at one place.
    let both = peek(&kept(r#"{"stream":true,"model":"m"}"#, Older)).unwrap();
    assert!(both.asks_usage);
    assert_eq!(both.max_output, Some(7));
    assert_eq!(peek(r#"{"model":"m","n_predict":-1}"#).unwrap().other_limit, Some("n_predict"));
}

#[test]
fn keys_that_some_servers_take_for_ours_are_refused() {
    for (key, field) in [
        ("Model", "model"),
        ("MAX_TOKENS", "max_tokens"),
        ("N", "n"),
        ("me\u{17f}\u{17f}ages", "messages"),
        ("me\\u017f\\u017fages", "messages"),
        ("max_to\u{212a}ens", "max_tokens"),
    ] {
        let body = format!(r#"{{"model":"m","{key}":1}}"#);
        assert_eq!(peek(&body).unwrap_err(), PeekError::Respelled { field }, "{key}");
    }
    for key in ["Modell", "m\u{f6}del", "messages\u{17f}", "\u{17f}"] {
        assert!(peek(&format!(r#"{{"model":"m","{key}":1}}"#)).is_ok(), "{key}");
    }
    assert_eq!(media(r#"{"Content":[{"image_url":{}}]}"#), 1);
    assert_eq!(media(r#"{"content":[{"Text":"x"}]}"#), 1);
}

#[test]
fn of_two_limits_the_greater_one_counts() {
    let max = |limits: &str| peek(&format!(r#"{{"model":"m",{limits}}}"#)).unwrap().max_output;
    assert_eq!(max(r#""max_tokens":9,"max_completion_tokens":5"#), Some(9));
    assert_eq!(max(r#""max_tokens":null,"max_completion_tokens":5"#), Some(5));
}

#[test]
fn any_number_of_spoken_answers_that_are_not_there_is_no_sound() {
    let silent = vec![r#"{"role":"assistant","content":"x","audio":null}"#; 600].join(",");
    assert_eq!(media(&silent), 0);
}
