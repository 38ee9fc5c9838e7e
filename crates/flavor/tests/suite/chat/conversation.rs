//! Conversations of other flavors, written as messages.

use serde_json::{Value, json};
use weighbridge_flavor::{
    canon::{Block, Losses, Media, Request, Role, Source, ToolCall, ToolResult, Turn},
    openai::chat::write_request,
};

use super::target;

pub(super) fn request(turns: Vec<Turn<'_>>) -> Request<'_> {
    Request { turns, ..Request::to("qwen3:8b") }
}

fn turn<'a>(role: Role, blocks: Vec<Block<'a>>) -> Turn<'a> {
    Turn { role, blocks }
}

fn call(id: &'static str, name: &'static str) -> Block<'static> {
    Block::ToolCall(ToolCall {
        id: id.into(),
        name: name.into(),
        arguments: "{}".into(),
        signature: None,
    })
}

fn result(
    call: &'static str,
    name: Option<&'static str>,
    blocks: Vec<Block<'static>>,
) -> Block<'static> {
    let name = name.map(Into::into);
    Block::ToolResult(ToolResult { call: call.into(), name, blocks, failed: false })
}

fn picture() -> Block<'static> {
    let source = Source::Inline("iVBO".into());
    Block::Image(Media { source, mime: Some("image/png".into()), name: None, detail: None })
}

fn messages(turns: Vec<Turn<'_>>) -> (Value, String) {
    let mut losses = Losses::default();
    let written = write_request(&request(turns), &target(), &mut losses);
    let mut written: Value = serde_json::from_slice(&written).unwrap();
    (written["messages"].take(), losses.to_string())
}

#[test]
fn results_come_before_the_callers_other_words() {
    let (messages, losses) = messages(vec![
        turn(Role::Assistant, vec![call("a", "weigh"), call("b", "weigh")]),
        turn(
            Role::User,
            vec![
                Block::Text("Go on.".into()),
                result("a", None, vec![Block::Text("1".into()), Block::Text("2".into())]),
                result("b", None, Vec::new()),
            ],
        ),
    ]);
    assert_eq!(messages[1], json!({"role": "tool", "tool_call_id": "a", "content": "1\n2"}));
    assert_eq!(messages[2], json!({"role": "tool", "tool_call_id": "b", "content": ""}));
    assert_eq!(messages[3], json!({"role": "user", "content": "Go on."}));
    assert_eq!(losses, "messages[].content[];approximated");
}

#[test]
fn pictures_of_results_follow_all_results() {
    let (messages, losses) = messages(vec![
        turn(Role::Assistant, vec![call("a", "look"), call("b", "look")]),
        turn(Role::User, vec![result("a", None, vec![picture()])]),
        turn(Role::User, vec![result("b", None, vec![Block::Text("none".into())])]),
        turn(Role::User, vec![Block::Text("So?".into())]),
    ]);
    let roles: Vec<_> = messages.as_array().unwrap().iter().map(|it| &it["role"]).collect();
    assert_eq!(roles, ["assistant", "tool", "tool", "user"]);
    let picture = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}});
    let text = |text: &str| json!({"type": "text", "text": text});
    let expected = json!([text("From the result of a:"), picture, text("So?")]);
    assert_eq!(messages[3]["content"], expected);
    assert!(messages[1]["content"].as_str().unwrap().contains("follows the tools' results"));
    assert_eq!(losses, "messages[].content[].content;approximated");
}

#[test]
fn a_failure_of_a_tool_is_said_in_words() {
    let failed = Block::ToolResult(ToolResult {
        call: "a".into(),
        name: None,
        blocks: vec![Block::Text("no scale".into())],
        failed: true,
    });
    let (messages, losses) = messages(vec![turn(Role::User, vec![failed])]);
    assert_eq!(messages[0]["content"], "Error: no scale");
    assert_eq!(losses, "messages[].content[].is_error;approximated");
}

#[test]
fn calls_without_ids_find_their_results() {
    let (messages, _) = messages(vec![
        turn(Role::Assistant, vec![call("", "weigh"), call("", "look"), call("", "weigh")]),
        turn(
            Role::User,
            vec![
                result("", Some("look"), Vec::new()),
                result("", Some("weigh"), Vec::new()),
                result("", None, Vec::new()),
                result("", None, Vec::new()),
            ],
        ),
    ]);
    let ids: Vec<_> = (1..5).map(|at| messages[at]["tool_call_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["call_1", "call_0", "call_2", "call_3"]);
}

#[test]
fn a_turn_without_words_is_still_a_message() {
    let (messages, losses) =
        messages(vec![turn(Role::User, Vec::new()), turn(Role::Assistant, Vec::new())]);
    let expected = json!([{"role": "user", "content": ""}, {"role": "assistant", "content": ""}]);
    assert_eq!((messages, losses.as_str()), (expected, ""));
}

#[test]
fn media_that_has_no_place_is_refused() {
    let media = |source: Source<'static>, mime: &'static str| Media {
        source,
        mime: Some(mime.into()),
        name: None,
        detail: None,
    };
    let far = || Source::Url("https://depot.example/x".into());
    for (block, field) in [
        (Block::Audio(media(far(), "audio/wav")), "audio"),
        (Block::Audio(media(Source::Inline("AA".into()), "video/mp4")), "audio"),
        (Block::File(media(far(), "application/pdf")), "file"),
        (Block::Image(media(Source::Id("file-1".into()), "image/png")), "image"),
    ] {
        let (_, losses) = messages(vec![turn(Role::User, vec![block, picture()])]);
        assert_eq!(losses, format!("messages[].content[].{field};refused"));
    }
}
