//! Writing a request.

use crate::{
    canon::{Block, Format, Losses, Request, Role, Target, ToolChoice},
    json::writer,
    openai::chat,
};

/// Writes a request. A conversation has to come down to one prompt; a stream is always asked to say
/// what was used.
pub fn write_request(request: &Request<'_>, target: &Target, losses: &mut Losses) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |body| {
        body.text("model", &target.model);
        body.text("prompt", &prompt(request, losses));
        if let Some(tokens) = request.max_output {
            body.whole("max_tokens", tokens);
        }
        chat::write_sampling(body, &request.sampling);
        if request.sampling.top_k.is_some() {
            losses.dropped("top_k", "no field of OpenAI's");
        }
        chat::write_stop(body, request);
        if request.n != 1 {
            body.whole("n", request.n);
        }
        if let Some(others) = request.logprobs {
            body.whole("logprobs", others);
        }
        if request.stream {
            body.flag("stream", true);
            body.object("stream_options", |options| options.flag("include_usage", true));
        }
        if let Some(user) = &request.end_user {
            body.text("user", user);
        }
    });
    note_others(request, losses);
    out
}

fn prompt(request: &Request<'_>, losses: &mut Losses) -> String {
    let mut words: Vec<&str> = Vec::new();
    for turn in &request.turns {
        for block in &turn.blocks {
            match block {
                Block::Text(text) if turn.role == Role::User => words.push(text),
                _ => losses.refused("messages", "there is but one prompt there, of words"),
            }
        }
    }
    if words.len() > 1 {
        losses.approximated("messages[].content", "sent as one text");
    }
    if !request.system.is_empty() {
        losses.approximated("system", "set before the prompt");
    }
    let system = request.system.iter().map(AsRef::as_ref);
    system.chain(words).collect::<Vec<_>>().join("\n\n")
}

fn note_others(request: &Request<'_>, losses: &mut Losses) {
    if !request.tools.is_empty() && request.tool_choice != Some(ToolChoice::None) {
        losses.refused("tools", "there are none in a single prompt there");
    }
    if !matches!(request.format, Format::Text) {
        losses.refused("response_format", "only words come back");
    }
    if request.thinking.is_some() {
        losses.dropped("thinking", "no such knob there");
    }
    if request.show_thinking.is_some() {
        losses.dropped("show_thinking", "it is up to the server there");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(chat_body: &str) -> (String, String) {
        let mut losses = Losses::default();
        let request = chat::read_request(chat_body, &mut losses).unwrap();
        let body = write_request(&request, &Target::usual("m", 7), &mut losses);
        (String::from_utf8(body).unwrap(), losses.to_string())
    }

    #[test]
    fn one_turn_is_a_prompt() {
        let (body, losses) = written(
            r#"{"model":"x","messages":[{"role":"user","content":"a"}],"max_completion_tokens":9,
                "temperature":0.50,"stop":"b","n":2,"logprobs":true,"top_logprobs":3,"user":"u"}"#,
        );
        let expected = r#"{"model":"m","prompt":"a","max_tokens":9,"temperature":0.50,"stop":"b","n":2,"logprobs":3,"user":"u"}"#;
        assert_eq!((body.as_str(), losses.as_str()), (expected, ""));
    }

    #[test]
    fn what_is_no_single_prompt_of_words_is_refused() {
        let (body, losses) = written(
            r#"{"model":"x","messages":[{"role":"system","content":"s"},{"role":"user","content":"a"},
                {"role":"assistant","content":"b"}],"response_format":{"type":"json_object"},
                "tools":[{"type":"function","function":{"name":"f"}}],"reasoning_effort":"low","stream":true}"#,
        );
        assert!(body.contains(r#""prompt":"s\n\na""#), "{body}");
        assert!(body.ends_with(r#""stream":true,"stream_options":{"include_usage":true}}"#));
        let expected = "messages;refused, system;approximated, tools;refused, response_format;refused, thinking;dropped";
        assert_eq!(losses, expected);
    }
}
