//! What a caller has got in the end: the reply's end, and what it says of its tokens.

use serde_json::Value;

/// What the lines of a stream begin with that say something.
const DATA: &str = "data: ";
/// The last of them, where all is well.
const DONE: &str = "[DONE]";

/// How a reply ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// Well: a whole reply, or a stream with its terminator.
    Well,
    /// A stream's error event, with its code.
    Error(String),
    /// In no way that a reply may end; the words say how.
    Wrong(String),
}

/// Tokens in and out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) input: u64,
    pub(crate) output: u64,
}

/// The end of a whole reply's body.
pub(crate) fn whole(body: &[u8]) -> (End, Option<Tokens>) {
    let Ok(reply) = serde_json::from_slice::<Value>(body) else {
        return (End::Wrong("a whole reply that is no JSON".to_owned()), None);
    };
    let content = reply.pointer("/choices/0/message/content").and_then(Value::as_str);
    match content {
        Some(words) if !words.is_empty() => (End::Well, tokens(&reply)),
        _ => (End::Wrong(format!("a whole reply without words: {reply}")), None),
    }
}

/// The end of a stream, all of which has come.
pub(crate) fn stream(body: &[u8]) -> (End, Option<Tokens>) {
    let text = String::from_utf8_lossy(body);
    let mut events = 0;
    let mut used = None;
    let mut ends = Vec::new();
    for event in text.lines().filter_map(|line| line.strip_prefix(DATA)) {
        events += 1;
        if event == DONE {
            ends.push((events, End::Well));
            continue;
        }
        let Ok(event) = serde_json::from_str::<Value>(event) else {
            return (End::Wrong(format!("an event that is no JSON: {event}")), used);
        };
        if let Some(error) = event.get("error") {
            let code = error.get("code").and_then(Value::as_str).unwrap_or_default();
            ends.push((events, End::Error(code.to_owned())));
        }
        used = tokens(&event).or(used);
    }
    let end = match ends.as_slice() {
        [(at, end)] if *at == events => end.clone(),
        [] => End::Wrong("a stream that just stops".to_owned()),
        _ => End::Wrong(format!("a stream of {events} events with ends at {ends:?}")),
    };
    (end, used)
}

fn tokens(reply: &Value) -> Option<Tokens> {
    let usage = reply.get("usage")?;
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    Some(Tokens { input: count("prompt_tokens")?, output: count("completion_tokens")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORD: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    const USED: &str = "data: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n";
    const ERROR: &str = "data: {\"error\":{\"code\":\"provider_incomplete\"}}\n\n";
    const LAST: &str = "data: [DONE]\n\n";

    fn end(parts: &[&str]) -> End {
        stream(parts.concat().as_bytes()).0
    }

    #[test]
    fn a_stream_ends_once_and_at_its_end() {
        assert_eq!(end(&[WORD, USED, ": weighbridge {}\n\n", LAST]), End::Well);
        assert_eq!(end(&[WORD, ERROR]), End::Error("provider_incomplete".to_owned()));
        for wrong in [
            &[WORD][..],
            &[WORD, ERROR, LAST],
            &[WORD, LAST, LAST],
            &[WORD, LAST, WORD],
            &["data: {\n\n"],
        ] {
            assert!(matches!(end(wrong), End::Wrong(_)), "{wrong:?}");
        }
    }

    #[test]
    fn tokens_are_those_that_the_reply_says() {
        let said = Some(Tokens { input: 3, output: 2 });
        assert_eq!(stream([WORD, USED, LAST].concat().as_bytes()).1, said);
        let body = br#"{"choices":[{"message":{"content":"a"}}],
            "usage":{"prompt_tokens":3,"completion_tokens":2}}"#;
        assert_eq!(whole(body), (End::Well, said));
        assert!(matches!(whole(br#"{"error":{}}"#), (End::Wrong(_), None)));
    }
}
