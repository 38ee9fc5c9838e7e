//! Requests and replies.

use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use weighbridge_flavor::{
    canon::{Block, Choice, Losses, Reply, Stop},
    openai::chat::{read_reply, read_request, write_reply, write_request},
};

use super::{face, sample, target};

#[derive(Deserialize)]
struct Sample {
    request: Box<RawValue>,
    read: String,
    written: String,
}

/// Reads and writes a sample's request, and gives what was written.
fn converted(name: &str) -> (Value, Value) {
    let sample: Sample = sample(name);
    let mut losses = Losses::default();
    let request = read_request(sample.request.get(), &mut losses).unwrap();
    assert_eq!(losses.to_string(), sample.read, "{name}");
    let mut losses = Losses::default();
    let written = String::from_utf8(write_request(&request, &target(), &mut losses)).unwrap();
    assert_eq!(losses.to_string(), sample.written, "{name}");
    if losses.is_empty() {
        let mut losses = Losses::default();
        let again = read_request(&written, &mut losses).unwrap();
        assert!(losses.is_empty(), "{name}: {losses}");
        let mut first = request.clone();
        for block in first.turns.iter_mut().flat_map(|turn| &mut turn.blocks) {
            // A result's tool is known by its call.
            if let Block::ToolResult(result) = block {
                result.name = None;
            }
        }
        assert_eq!(again, first, "{name}");
    }
    let parsed = |text: &str| serde_json::from_str(text).unwrap();
    (parsed(sample.request.get()), parsed(&written))
}

#[test]
fn a_request_that_can_be_held_comes_back_as_it_was() {
    for name in ["chat_convert_agent.json", "chat_convert_thoughts.json"] {
        let (before, after) = converted(name);
        assert_eq!(after, before, "{name}");
    }
}

#[test]
fn opaque_parts_keep_their_spelling() {
    let sample: Sample = sample("chat_convert_agent.json");
    let request = read_request(sample.request.get(), &mut Losses::default()).unwrap();
    assert_eq!(request.sampling.temperature, Some("0.20"));
    let written = write_request(&request, &target(), &mut Losses::default());
    let written = String::from_utf8(written).unwrap();
    assert!(written.contains(r#"{\"lorry\": 7, \"exact\":12345678901234567890}"#));
    let schema = request.tools.first().and_then(|tool| tool.schema.as_ref()).unwrap();
    assert!(schema.as_str().contains('\n') && written.contains(schema.as_str()));
}

#[test]
fn what_cannot_be_held_is_named() {
    let (_, after) = converted("chat_convert_rich.json");
    let expected = json!({
        "model": "qwen3:8b",
        "messages": [
            {"role": "system", "content": "Short.\n\nPolite."},
            {"role": "user", "content": "Which of the two?"},
        ],
        "tools": after["tools"],
        "tool_choice": "required",
        "max_completion_tokens": 128,
        "reasoning_effort": "medium",
        "n": 2,
        "logprobs": true,
        "top_logprobs": 3,
        "user": "u2",
    });
    assert_eq!(after, expected);
    let names: Vec<_> = after["tools"].as_array().unwrap().iter().collect();
    assert_eq!(names.len(), 1);
    assert_eq!(names[0]["function"]["name"], "weigh");
}

#[test]
fn the_older_form_of_tools_becomes_the_newer() {
    let (_, after) = converted("chat_convert_older.json");
    let call = json!({"id": "call_0", "type": "function",
        "function": {"name": "weigh", "arguments": "{\"lorry\":7}"}});
    assert_eq!(after["messages"][1]["tool_calls"], json!([call]));
    assert_eq!(after["messages"][2]["tool_call_id"], "call_0");
    assert_eq!(after["tool_choice"]["function"]["name"], "weigh");
    assert_eq!(after["stop"], "END");
    assert_eq!(after["stream"], Value::Null);
}

#[test]
fn what_would_change_the_call_is_refused() {
    let refused = |more: &str| {
        let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}]{more}}}"#);
        let mut losses = Losses::default();
        let request = read_request(&body, &mut losses).unwrap();
        write_request(&request, &target(), &mut losses);
        let refused: Vec<_> = losses.refusals(false).map(|loss| loss.field.to_string()).collect();
        refused.join(" ")
    };
    assert_eq!(refused(r#","tools":[{"type":"web_search"}],"tool_choice":"auto""#), "");
    assert_eq!(
        refused(r#","tools":[{"type":"web_search"}],"tool_choice":"required""#),
        "tool_choice"
    );
    assert_eq!(refused(r#","tool_choice":{"type":"custom","custom":{"name":"x"}}"#), "tool_choice");
    assert_eq!(refused(r#","response_format":{"type":"grammar"}"#), "response_format");
    assert_eq!(refused(r#","modalities":["text","audio"]"#), "modalities");
    let with = |part: &str| {
        let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":[{part}]}}]}}"#);
        let mut losses = Losses::default();
        let request = read_request(&body, &mut losses).unwrap();
        write_request(&request, &target(), &mut losses);
        losses.to_string()
    };
    assert_eq!(
        with(r#"{"type":"video_url","video_url":{"url":"https://a.example/v"}}"#),
        "messages[].content[].video_url;refused"
    );
    assert_eq!(
        with(r#"{"type":"file","file":{"file_id":"file-1"}}"#),
        "messages[].content[].file;refused"
    );
}

#[test]
fn an_end_user_with_too_long_a_name_is_left_out() {
    for (letters, lost, said) in [(128, "", true), (129, "user;dropped", false)] {
        let user = "x".repeat(letters);
        let body = format!(r#"{{"model":"m","messages":[],"user":"{user}"}}"#);
        let mut losses = Losses::default();
        let request = read_request(&body, &mut losses).unwrap();
        let written = String::from_utf8(write_request(&request, &target(), &mut losses)).unwrap();
        assert_eq!((losses.to_string().as_str(), written.contains(&user)), (lost, said));
    }
}

#[test]
fn a_misfit_says_where_it_stands() {
    let misfit = |body: &str| read_request(body, &mut Losses::default()).unwrap_err().to_string();
    assert!(misfit("[]").contains("expected an object"));
    assert!(misfit(r#"{"messages":[]}"#).starts_with("model: is missing"));
    assert!(misfit(r#"{"model":"m"}"#).starts_with("messages: is missing"));
    assert_eq!(
        misfit(
            r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":7}]}]}"#
        ),
        "messages[0].content[0].text: should be a text"
    );
    assert_eq!(
        misfit(r#"{"model":"m","messages":[{"role":"ghost"}]}"#),
        "messages[0].role: should be system, developer, user, assistant or tool"
    );
    assert_eq!(
        misfit(r#"{"model":"m","messages":[],"tool_choice":{"type":"function","function":{}}}"#),
        "tool_choice.function.name: is missing; a text has to stand here"
    );
    assert_eq!(
        misfit(
            r#"{"model":"m","messages":[{"role":"assistant","tool_calls":[{"function":{"name":1}}]}]}"#
        ),
        "messages[0].tool_calls[0].function.name: should be a text"
    );
}

#[derive(Deserialize)]
struct ReplySample {
    reply: Box<RawValue>,
}

#[test]
fn a_reply_comes_back_as_it_was() {
    let sample: ReplySample = sample("chat_convert_reply.json");
    let reply = read_reply(sample.reply.get()).unwrap();
    let written = String::from_utf8(write_reply(&reply, &face())).unwrap();
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(parsed(&written), parsed(sample.reply.get()));
    assert!(written.contains("-0.10"));
    assert_eq!(read_reply(&written).unwrap(), reply);
}

#[test]
fn only_a_proper_end_is_a_stop() {
    let stop = |choice: &str| {
        let body = format!(r#"{{"choices":[{{"message":{{"content":"a"}}{choice}}}]}}"#);
        let stop = read_reply(&body).unwrap().choices.remove(0).stop;
        let reply = Reply {
            id: None,
            model: None,
            created: None,
            usage: None,
            choices: vec![Choice {
                blocks: Vec::new(),
                stop: stop.clone().into_owned(),
                logprobs: None,
            }],
        };
        let written: Value = serde_json::from_slice(&write_reply(&reply, &face())).unwrap();
        let word = written["choices"][0]["finish_reason"].as_str().unwrap_or_default().to_owned();
        (stop.into_owned(), word)
    };
    assert_eq!(stop(r#","finish_reason":"stop""#), (Stop::End, "stop".to_owned()));
    assert_eq!(
        stop(r#","finish_reason":"abort""#),
        (Stop::Other("abort".into()), "abort".to_owned())
    );
    assert_eq!(stop(""), (Stop::Other("".into()), "error".to_owned()));
}

#[test]
fn a_providers_error_is_no_reply() {
    assert!(read_reply(r#"{"error":{"message":"no"}}"#).is_err());
    assert!(read_reply(r#"{"id":"x"}"#).is_err());
    assert!(read_reply(r#"{"choices":[{"index":0}]}"#).is_err());
}
