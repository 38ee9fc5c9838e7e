//! OpenAI's responses, into the canonical form and out of it.

use std::{fs, path::PathBuf};

use proptest::{collection::vec, option, prelude::*, sample::select};
use weighbridge_flavor::canon::{
    Block, Choice, Effort, Face, Format, Json, Losses, Media, Reasoning, Reply, Request, Role,
    Sampling, Source, Stop, Target, Thinking, Tool, ToolCall, ToolChoice, ToolNames, ToolResult,
    Turn, Usage,
};
use weighbridge_flavor::openai::responses::{read_reply, read_request, write_reply, write_request};

pub(crate) fn sample(name: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../../fixtures/openai").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn face(names: ToolNames) -> Face {
    Face {
        id: "01".to_owned(),
        model: "m".to_owned(),
        created: 1_760_000_000,
        wants_usage: true,
        names,
    }
}

fn written(request: &Request<'_>, losses: &mut Losses) -> String {
    let target = Target::usual(request.model.to_string(), 4096);
    String::from_utf8(write_request(request, &target, losses)).unwrap()
}

fn named(losses: &Losses) -> Vec<String> {
    let named = losses.named().iter();
    let mut named: Vec<String> =
        named.map(|loss| format!("{};{}", loss.field, loss.action.as_str())).collect();
    named.sort_unstable();
    named
}

/// What a request with these members loses, and the request itself.
fn read_with(members: &str) -> (Request<'static>, Vec<String>) {
    let body: &'static str = format!(r#"{{"model":"m",{members}}}"#).leak();
    let mut losses = Losses::default();
    let request = read_request(body, &mut losses).unwrap();
    (request, named(&losses))
}

#[test]
fn a_stock_agents_request_is_read_whole_and_never_refused() {
    let body = sample("responses_request_agent.json");
    let mut losses = Losses::default();
    let request = read_request(&body, &mut losses).unwrap();
    assert_eq!(
        named(&losses),
        [
            "client_metadata;dropped",
            "input[].phase;dropped",
            "input[custom_tool_call];dropped",
            "input[custom_tool_call_output];dropped",
            "prompt_cache_key;dropped",
            "text.verbosity;dropped",
            "tools[].defer_loading;dropped",
            "tools[custom];dropped",
            "tools[namespace].description;dropped",
            "tools[namespace];approximated",
            "tools[web_search];dropped",
        ]
    );
    assert_eq!(request.system, ["You weigh things.", "Be exact.", "Be brief."]);
    let roles: Vec<Role> = request.turns.iter().map(|turn| turn.role).collect();
    assert_eq!(roles, [Role::User, Role::User, Role::Assistant, Role::User, Role::User]);
    let [Block::Reasoning(thought), Block::Text(_), Block::ToolCall(one), Block::ToolCall(two)] =
        request.turns[2].blocks.as_slice()
    else {
        panic!("a thought, a text and two calls: {:?}", request.turns[2]);
    };
    assert_eq!(thought.text, "Two scales.");
    assert_eq!(thought.sealed.as_deref(), Some("gAAAAABo"));
    let spelled = r#"{"what": "lorry", "digits": 12345678901234567890, "b": 1.50}"#;
    assert_eq!((one.name.as_ref(), one.arguments.as_ref()), ("mcp__scale__weigh", spelled));
    assert_eq!((two.name.as_ref(), two.arguments.as_ref()), ("shell", "{}"));
    assert_eq!(request.turns[3].blocks.len(), 2);
    let tools: Vec<&str> = request.tools.iter().map(|tool| tool.name.as_ref()).collect();
    assert_eq!(tools, ["shell", "mcp__scale__weigh", "mcp__scale__shell"]);
    assert_eq!(request.tool_choice, Some(ToolChoice::Auto));
    assert_eq!(request.parallel_tools, Some(false));
    assert_eq!(request.thinking, Some(Thinking::Effort(Some(Effort::High))));
    assert_eq!(request.show_thinking, Some(true));
    assert!(request.stream && request.max_output.is_none());
}

#[test]
fn knobs_keep_their_digits_and_only_allowed_tools_stay() {
    let body = sample("responses_request_knobs.json");
    let mut losses = Losses::default();
    let request = read_request(&body, &mut losses).unwrap();
    assert_eq!(
        named(&losses),
        [
            "metadata;dropped",
            "reasoning.context;dropped",
            "reasoning.summary;approximated",
            "service_tier;dropped",
            "store;dropped",
            "truncation;dropped",
            "user;dropped",
        ]
    );
    assert_eq!(request.sampling.temperature, Some("0.70"));
    assert_eq!(request.sampling.top_p, Some("1e-1"));
    assert_eq!((request.max_output, request.logprobs), (Some(512), Some(3)));
    assert_eq!(request.thinking, Some(Thinking::Off));
    assert_eq!(request.end_user.as_deref(), Some("driver-7"));
    assert_eq!(request.tools.len(), 1);
    assert_eq!(request.tool_choice, Some(ToolChoice::Required));
    let Format::Schema { schema, .. } = &request.format else { panic!("a schema") };
    assert_eq!(schema.as_str(), r#"{"z": 1, "a": {"type": "number"}}"#);
    assert_eq!(request.turns.len(), 1);
}

#[test]
fn samples_lose_nothing_that_is_not_named() {
    for name in ["responses_request_agent.json", "responses_request_knobs.json"] {
        let body = sample(name);
        let mut request = read_request(&body, &mut Losses::default()).unwrap();
        let mut losses = Losses::default();
        let again = written(&request, &mut losses);
        let again = read_request(&again, &mut losses).unwrap();
        assert!(losses.is_empty(), "{losses}");
        // The reader has named it.
        request.searches = false;
        for block in request.turns.iter_mut().flat_map(|turn| &mut turn.blocks) {
            // Whoever sealed it needs no words for it.
            if let Block::Reasoning(thought) = block {
                thought.text = "".into();
            }
        }
        for tool in &mut request.tools {
            // Whoever gets the request knows no groups; and no schema is one of no arguments.
            tool.grouped = None;
            let none = || Json(r#"{"type":"object","properties":{}}"#.into());
            tool.schema.get_or_insert_with(none);
        }
        assert_eq!(again, request, "{name}");
    }
}

#[test]
fn what_would_need_a_store_is_refused() {
    for field in ["previous_response_id", "conversation", "prompt"] {
        let (_, named) = read_with(&format!(r#""{field}":"x_1""#));
        assert_eq!(named, [format!("{field};refused")]);
    }
    let (_, named) = read_with(
        r#""input":[{"type":"item_reference","id":"m"},{"type":"compaction","encrypted_content":"g"}],
        "background":true"#,
    );
    let expected =
        ["background;refused", "input[compaction];refused", "input[item_reference];refused"];
    assert_eq!(named, expected);
    let (_, named) = read_with(r#""input":"x","background":false,"store":false"#);
    assert!(named.is_empty());
}

#[test]
fn a_tool_of_openais_own_is_refused_only_where_it_is_forced() {
    let tools = r#""input":"x","tools":[{"type":"web_search"}]"#;
    for (choice, refused) in [
        (r#""auto""#, None),
        (r#""none""#, None),
        (r#""required""#, Some("tool_choice;refused")),
        (r#"{"type":"web_search"}"#, Some("tool_choice[web_search];refused")),
        (r#"{"type":"custom","name":"c"}"#, Some("tool_choice[custom];refused")),
        (
            r#"{"type":"allowed_tools","mode":"required","tools":[{"type":"web_search"}]}"#,
            Some("tool_choice;refused"),
        ),
        (r#"{"type":"allowed_tools","mode":"auto","tools":[]}"#, None),
    ] {
        let (request, named) = read_with(&format!(r#"{tools},"tool_choice":{choice}"#));
        assert_eq!(
            named.first().map(String::as_str),
            refused.or(Some("tools[web_search];dropped"))
        );
        assert_eq!(request.tool_choice, None, "there is nothing left to choose");
    }
}

#[test]
fn a_function_of_a_group_can_be_chosen() {
    let tools = r#""input":"x","tools":[{"type":"namespace","name":"g","description":"",
        "tools":[{"type":"function","name":"f"},{"type":"function","name":"h"}]}]"#;
    for choice in [
        r#"{"type":"function","name":"f"}"#,
        r#"{"type":"function","name":"f","namespace":"g"}"#,
        r#"{"type":"function","name":"g__f"}"#,
    ] {
        let (request, _) = read_with(&format!(r#"{tools},"tool_choice":{choice}"#));
        assert_eq!(request.tool_choice, Some(ToolChoice::Named("g__f".into())), "{choice}");
    }
    for (allowed, kept) in [
        (r#"{"type":"function","name":"h"}"#, vec!["g__h"]),
        (r#"{"type":"namespace","name":"g"}"#, vec!["g__f", "g__h"]),
    ] {
        let choice = format!(r#"{{"type":"allowed_tools","mode":"auto","tools":[{allowed}]}}"#);
        let (request, _) = read_with(&format!(r#"{tools},"tool_choice":{choice}"#));
        let tools: Vec<&str> = request.tools.iter().map(|tool| tool.name.as_ref()).collect();
        assert_eq!(tools, kept);
    }
}

#[test]
fn a_misfit_says_where_it_stands() {
    for (members, words) in [
        (r#""stream":true"#, "input: is missing; a text or a list of items has to stand here"),
        (
            r#""input":[{"role":"user","content":"a"},{"role":"tool","content":"a"}]"#,
            "input[1].role: should be `user`, `assistant`, `system` or `developer`",
        ),
        (
            r#""input":[{"role":"user","content":[{"type":"input_image","image_url":"data:x"}]}]"#,
            "input[0].content[0].image_url: should be base64 where it is a `data:` address",
        ),
        (
            r#""input":[{"role":"user","content":[{"type":"input_file"}]}]"#,
            "input[0].content[0]: should have one of `file_data`, `file_url` and `file_id`",
        ),
        (
            r#""input":[{"type":"function_call","name":"f","arguments":{}}]"#,
            "input[0].arguments: should be a text",
        ),
        (
            r#""input":"x","tools":[{"type":"namespace","name":"g","tools":[{"type":"function"}]}]"#,
            "tools[0].tools[0].name: is missing; a text has to stand here",
        ),
        (
            r#""input":"x","tools":[{"type":"namespace","name":"g","tools":[{"type":"function","name":"f"},{"type":"function","name":"f"}]}]"#,
            "tools[0].tools[1].name: stands twice in its namespace",
        ),
        (
            r#""input":"x","tool_choice":"must""#,
            "tool_choice: should be `auto`, `none`, `required` or an object",
        ),
        (
            r#""input":"x","text":{"format":{"type":"xml"}}"#,
            "text.format.type: should be `text`, `json_object` or `json_schema`",
        ),
    ] {
        let body = format!(r#"{{"model":"m",{members}}}"#);
        let misfit = read_request(&body, &mut Losses::default()).unwrap_err();
        assert_eq!(misfit.to_string(), words);
    }
}

fn plain() -> Request<'static> {
    Request::to("m")
}

fn user(blocks: Vec<Block<'static>>) -> Turn<'static> {
    Turn { role: Role::User, blocks }
}

#[test]
fn what_responses_cannot_say_is_named() {
    let media = |source| Media { source, mime: Some("audio/ogg".into()), name: None, detail: None };
    let request = Request {
        sampling: Sampling {
            top_k: Some(4),
            seed: Some("1"),
            presence_penalty: Some("0.1"),
            frequency_penalty: Some("0.1"),
            logit_bias: Some(Json::empty_object()),
            ..Sampling::default()
        },
        stop: vec!["END".into()],
        n: 2,
        thinking: Some(Thinking::Budget(9000)),
        end_user: Some("x".repeat(129).into()),
        turns: vec![user(vec![
            Block::Audio(media(Source::Inline("AAAA".into()))),
            Block::File(media(Source::Id("file_1".into()))),
            Block::ToolResult(ToolResult {
                call: "c".into(),
                name: None,
                blocks: vec![Block::Text("fog".into())],
                failed: true,
            }),
        ])],
        ..plain()
    };
    let mut losses = Losses::default();
    let body = written(&request, &mut losses);
    assert_eq!(
        named(&losses),
        [
            "frequency_penalty;dropped",
            "logit_bias;dropped",
            "messages[].content[].file_id;refused",
            "messages[].content[audio];refused",
            "messages[].tool_result.is_error;approximated",
            "n;refused",
            "presence_penalty;dropped",
            "seed;dropped",
            "stop;refused",
            "thinking.budget_tokens;approximated",
            "top_k;dropped",
            "user;dropped",
        ]
    );
    assert!(body.contains(r#""store":false"#));
    assert!(body.contains(r#""reasoning":{"effort":"high"}"#));
    assert!(body.contains(r#""output":"The tool failed.\nfog""#));
}

#[test]
fn calls_without_ids_find_their_results() {
    let call = |name: &'static str| {
        Block::ToolCall(ToolCall {
            signature: None,
            id: "".into(),
            name: name.into(),
            arguments: "{}".into(),
        })
    };
    let result = |name: Option<&'static str>, text: &'static str| {
        Block::ToolResult(ToolResult {
            call: "".into(),
            name: name.map(Into::into),
            blocks: vec![Block::Text(text.into())],
            failed: false,
        })
    };
    let request = Request {
        turns: vec![
            Turn { role: Role::Assistant, blocks: vec![call("a"), call("b"), call("a")] },
            user(vec![result(Some("b"), "1"), result(Some("a"), "2"), result(None, "3")]),
        ],
        ..plain()
    };
    let body = written(&request, &mut Losses::default());
    let value: serde_json::Value = serde_json::from_str(&body).unwrap();
    let ids: Vec<&str> = value["input"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["call_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["call_1", "call_2", "call_3", "call_2", "call_1", "call_3"]);
}

#[test]
fn a_whole_reply_is_read_and_written() {
    let body = sample("responses_reply.json");
    let reply = read_reply(&body).unwrap();
    let usage = reply.usage.unwrap();
    assert_eq!((usage.input, usage.uncached_input(), usage.output), (2090, 42, 97));
    assert_eq!((reply.created, usage.reasoning), (Some(1_741_476_542), Some(40)));
    assert_eq!(reply.choices[0].stop, Stop::ToolCalls);
    let logprobs = reply.choices[0].logprobs.as_ref().unwrap().as_str();
    assert!(logprobs.starts_with(r#"{"content":[{"token": "I","#) && logprobs.contains("-0.10"));
    let again = String::from_utf8(write_reply(&reply, &face(ToolNames::default()))).unwrap();
    for part in [
        r#""id":"rs_01_0","type":"reasoning""#,
        r#""id":"msg_01_1","type":"message","status":"completed""#,
        r#""id":"fc_01_2","type":"function_call""#,
        r#""arguments":"{\"what\":\"lorry\",\"digits\":12345678901234567890}""#,
        r#""total_tokens":2187"#,
    ] {
        assert!(again.contains(part), "{part} in {again}");
    }
    let mut read = read_reply(&again).unwrap();
    assert_eq!(read.id.as_deref(), Some("resp_01"));
    // What seals a thought stays with whoever made it.
    if let Block::Reasoning(thought) = &mut read.choices[0].blocks[0] {
        assert_eq!(thought.sealed, None);
        thought.sealed = Some("gAAAAABo".into());
    }
    assert_eq!(read.choices, reply.choices);
    assert_eq!(usage.searches, Some(1));
    // The SDKs' types need the tokens that were written to a cache, where there were none, too. A
    // search stays with whoever made it.
    assert_eq!(read.usage, Some(Usage { cache_write: Some(0), searches: Some(0), ..usage }));
}

#[test]
fn calls_go_back_under_their_group() {
    let body = sample("responses_request_agent.json");
    let request = read_request(&body, &mut Losses::default()).unwrap();
    let face = face(ToolNames::of(&request.tools));
    let reply = sample("responses_reply.json");
    let reply = read_reply(&reply).unwrap();
    let again = String::from_utf8(write_reply(&reply, &face)).unwrap();
    assert!(again.contains(r#""namespace":"mcp__scale","name":"weigh""#));
    assert!(again.contains(r#""call_id":"call_2","name":"shell""#));
}

#[test]
fn a_reply_that_failed_is_none() {
    let body = r#"{"object":"response","status":"failed","output":[],
        "error":{"code":"server_error","message":"Sorry."}}"#;
    assert_eq!(read_reply(body).unwrap_err().to_string(), "error: server_error: Sorry.");
    assert!(read_reply(r#"{"object":"chat.completion"}"#).is_err());
}

#[test]
fn a_reply_that_was_cut_off_says_so() {
    let call =
        ToolCall { signature: None, id: "".into(), name: "f".into(), arguments: "{\"a\":".into() };
    let reply = Reply {
        id: None,
        model: None,
        created: None,
        choices: vec![Choice {
            blocks: vec![Block::Text("a".into()), Block::ToolCall(call)],
            stop: Stop::Length,
            logprobs: None,
        }],
        usage: None,
    };
    let body = String::from_utf8(write_reply(&reply, &face(ToolNames::default()))).unwrap();
    let value: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(value["status"], "incomplete");
    assert_eq!(value["incomplete_details"]["reason"], "max_output_tokens");
    assert_eq!(value["output"][0]["status"], "completed");
    assert_eq!(value["output"][1]["status"], "incomplete");
    assert_eq!(value["output"][1]["call_id"], "call_01_0");
    assert_eq!(read_reply(&body).unwrap().choices[0].stop, Stop::Length);
}

pub(crate) fn text() -> impl Strategy<Value = String> {
    "[a-z\"\\\\\n秤]{1,12}"
}

fn id() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_-]{1,12}"
}

fn object() -> impl Strategy<Value = String> {
    select(vec!["{}", r#"{"b": 1.50, "a":12345678901234567890}"#, r#"{"秤":[{"x":null}]}"#])
        .prop_map(str::to_owned)
}

fn media(mime: &'static str) -> impl Strategy<Value = Media<'static>> {
    let source = prop_oneof![
        Just((Source::Inline("AAAA".into()), Some(mime.into()))),
        Just((Source::Url("https://a.example/p".into()), None)),
    ];
    let detail = option::of(select(vec!["low", "high", "auto"]));
    (source, detail).prop_map(|((source, mime), detail)| Media {
        source,
        mime,
        name: None,
        detail: detail.map(Into::into),
    })
}

fn file() -> impl Strategy<Value = Media<'static>> {
    (media("application/pdf"), option::of(text()))
        .prop_map(|(media, name)| Media { name: name.map(Into::into), ..media })
}

fn part() -> impl Strategy<Value = Block<'static>> {
    prop_oneof![
        3 => text().prop_map(|text| Block::Text(text.into())),
        1 => media("image/png").prop_map(Block::Image),
        1 => file().prop_map(Block::File),
    ]
}

fn result() -> impl Strategy<Value = Block<'static>> {
    (id(), vec(part(), 1..3)).prop_map(|(call, blocks)| {
        Block::ToolResult(ToolResult { call: call.into(), name: None, blocks, failed: false })
    })
}

fn audio() -> impl Strategy<Value = Block<'static>> {
    select(vec!["audio/wav", "audio/mpeg"]).prop_map(|mime| {
        let source = Source::Inline("AAAA".into());
        Block::Audio(Media { source, mime: Some(mime.into()), name: None, detail: None })
    })
}

fn assistant_block() -> impl Strategy<Value = Block<'static>> {
    let call = (id(), id(), object()).prop_map(|(id, name, arguments)| {
        let (id, name, arguments) = (id.into(), name.into(), arguments.into());
        Block::ToolCall(ToolCall { signature: None, id, name, arguments })
    });
    prop_oneof![
        2 => text().prop_map(|text| Block::Text(text.into())),
        1 => text().prop_map(|text| Block::Refusal(text.into())),
        2 => call,
    ]
}

/// A turn of the caller's: messages and results are apart.
fn user_turn() -> impl Strategy<Value = Vec<Block<'static>>> {
    prop_oneof![vec(result(), 1..3), vec(prop_oneof![6 => part(), 1 => audio()], 1..4)]
}

fn turns() -> impl Strategy<Value = Vec<Turn<'static>>> {
    let middle = option::of(text());
    vec((user_turn(), vec(assistant_block(), 1..5), middle), 1..3).prop_map(|all| {
        let mut turns = Vec::new();
        for (user, assistant, told) in all {
            turns.push(Turn { role: Role::User, blocks: user });
            turns.push(Turn { role: Role::Assistant, blocks: assistant });
            let told = told.map(|text| vec![Block::Text(text.into())]);
            turns.extend(told.map(|blocks| Turn { role: Role::System, blocks }));
        }
        turns
    })
}

fn tool() -> impl Strategy<Value = Tool<'static>> {
    (id(), option::of(text()), object(), any::<bool>()).prop_map(
        |(name, description, schema, strict)| Tool {
            name: name.into(),
            description: description.map(Into::into),
            schema: Some(Json(schema.into())),
            strict: Some(strict),
            grouped: None,
        },
    )
}

fn format() -> impl Strategy<Value = Format<'static>> {
    let schema = (id(), option::of(text()), object(), option::of(any::<bool>()));
    prop_oneof![
        Just(Format::Text),
        Just(Format::Json),
        schema.prop_map(|(name, description, schema, strict)| Format::Schema {
            name: Some(name.into()),
            description: description.map(Into::into),
            schema: Json(schema.into()),
            strict,
        }),
    ]
}

fn request() -> impl Strategy<Value = Request<'static>> {
    let choice = prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::Required),
        Just(ToolChoice::None),
        id().prop_map(|name| ToolChoice::Named(name.into())),
    ];
    let thinking = prop_oneof![
        Just(Thinking::Off),
        select(vec![Effort::Minimal, Effort::Low, Effort::High, Effort::XHigh, Effort::Max])
            .prop_map(|effort| Thinking::Effort(Some(effort))),
    ];
    let tools = (vec(tool(), 0..3), option::of(choice), option::of(any::<bool>()));
    let knobs = (
        option::of(select(vec!["0", "0.70", "1"])),
        option::of(select(vec!["0.9", "1e-1"])),
        option::of(0..9u64),
        option::of(thinking),
        option::of(Just(true)),
    );
    let rest =
        (vec(text(), 0..3), turns(), option::of(1..9_000u64), any::<bool>(), option::of(text()));
    (tools, format(), knobs, rest).prop_map(|(tools, format, knobs, rest)| {
        let (tools, tool_choice, parallel_tools) = tools;
        let (temperature, top_p, logprobs, thinking, show_thinking) = knobs;
        let (system, turns, max_output, stream, end_user) = rest;
        let has_tools = !tools.is_empty();
        Request {
            system: system.into_iter().map(Into::into).collect(),
            turns,
            tools,
            tool_choice: tool_choice.filter(|_| has_tools),
            parallel_tools: parallel_tools.filter(|_| has_tools),
            max_output,
            sampling: Sampling { temperature, top_p, ..Sampling::default() },
            format,
            thinking,
            show_thinking,
            logprobs,
            stream,
            end_user: end_user.map(Into::into),
            ..plain()
        }
    })
}

fn thought() -> impl Strategy<Value = Block<'static>> {
    text()
        .prop_map(|text| Block::Reasoning(Reasoning { text: text.into(), ..Reasoning::default() }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_written_reads_back_without_loss(request in request()) {
        let mut losses = Losses::default();
        let body = written(&request, &mut losses);
        let again = read_request(&body, &mut losses).unwrap();
        prop_assert!(losses.is_empty(), "{losses}");
        prop_assert_eq!(again, request);
    }

    #[test]
    fn replies_read_back(
        blocks in vec(prop_oneof![4 => assistant_block(), 1 => thought()], 0..5),
        input in 0..90u64, cached in 0..9u64,
        stop in select(vec![Stop::End, Stop::Length, Stop::Filtered(None), Stop::Paused]),
    ) {
        let usage = Usage {
            input: input + cached, output: 7, cache_read: Some(cached), cache_write: Some(0),
            reasoning: Some(3), searches: Some(0), ..Usage::default()
        };
        let calls = blocks.iter().any(|block| matches!(block, Block::ToolCall(_)));
        let choice = Choice { blocks, stop: stop.with_calls(calls), logprobs: None };
        let reply = Reply {
            id: None, model: None, created: None, choices: vec![choice], usage: Some(usage),
        };
        let body = String::from_utf8(write_reply(&reply, &face(ToolNames::default()))).unwrap();
        let again = read_reply(&body).unwrap();
        prop_assert_eq!(again.choices, reply.choices);
        prop_assert_eq!(again.usage, reply.usage);
    }

    #[test]
    fn functions_of_groups_get_names_that_lead_back(
        all in vec((option::of("(mcp__)?[a-c_.秤]{1,3}|g{70}"), "[a-c_.]{1,3}|f{64}"), 1..12),
    ) {
        let mut groups: Vec<(Option<String>, Vec<String>)> = Vec::new();
        for (group, name) in all {
            match groups.iter_mut().find(|(own, _)| *own == group) {
                Some((_, names)) if names.contains(&name) => {}
                Some((_, names)) => names.push(name),
                None => groups.push((group, vec![name])),
            }
        }
        let function = |name: &String| format!(r#"{{"type":"function","name":"{name}"}}"#);
        let tools = groups.iter().map(|(group, names)| {
            let functions = names.iter().map(function).collect::<Vec<_>>().join(",");
            match group {
                Some(group) => {
                    format!(r#"{{"type":"namespace","name":"{group}","tools":[{functions}]}}"#)
                }
                None => functions,
            }
        });
        let tools = tools.collect::<Vec<_>>().join(",");
        let body = format!(r#"{{"model":"m","input":"x","tools":[{tools}]}}"#);
        let request = read_request(&body, &mut Losses::default()).unwrap();
        let names = ToolNames::of(&request.tools);
        let told = groups.iter().flat_map(|(group, own)| own.iter().map(move |it| (group, it)));
        for (at, (tool, (group, name))) in request.tools.iter().zip(told).enumerate() {
            let grouped = names.grouped(&tool.name);
            prop_assert_eq!(grouped.map(|it| it.group.as_ref()), group.as_deref());
            prop_assert_eq!(grouped.map_or(tool.name.as_ref(), |it| it.name.as_ref()), name);
            let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
            prop_assert!(group.is_none() || (tool.name.len() <= 64 && tool.name.bytes().all(legal)));
            prop_assert!(request.tools[at + 1..].iter().all(|other| other.name != tool.name));
        }
    }

    #[test]
    fn noise_is_refused_and_nothing_worse(bytes in vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = read_request(&text, &mut Losses::default());
        let _ = read_reply(&text);
    }

    #[test]
    fn a_sample_with_a_byte_changed_is_no_danger(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for name in ["responses_request_agent.json", "responses_request_knobs.json", "responses_reply.json"] {
            let mut bytes = sample(name).into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let text = String::from_utf8_lossy(&bytes);
            let mut losses = Losses::default();
            if let Ok(request) = read_request(&text, &mut losses) {
                written(&request, &mut losses);
            }
            if let Ok(reply) = read_reply(&text) {
                write_reply(&reply, &face(ToolNames::default()));
            }
        }
    }
}

#[test]
fn a_group_whose_name_its_functions_would_carry_without_end_is_refused() {
    let long = "g".repeat(300);
    let body = format!(
        r#"{{"model":"m","input":"x","tools":[{{"type":"namespace","name":"{long}","tools":[]}}]}}"#
    );
    let misfit = read_request(&body, &mut Losses::default()).unwrap_err();
    assert_eq!(misfit.to_string(), "tools[0].name: is longer than 256 bytes");
}
