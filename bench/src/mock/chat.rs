//! The bytes of replies.

use std::io::Write as _;

/// Chunks of a stream: the role, words, and the finish reason.
pub(crate) const CHUNKS: usize = 51;
/// Chunks with the usage after them.
pub(crate) const USAGE: usize = 1;

/// Tokens of a prompt, as the mock counts them.
const PROMPT: u64 = 250;

/// One reply; its number tells it from every other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chat {
    pub(super) number: u64,
}

impl Chat {
    /// A whole reply, head and body.
    pub(super) fn whole(self, out: &mut Vec<u8>) {
        let Self { number } = self;
        let body = format!(
            "{{\"id\":\"chatcmpl-{number}\",\"object\":\"chat.completion\",\"created\":1700000000,\
             \"model\":\"bench\",\"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\
             \"content\":\"Load {number} was weighed in and weighed out, and the difference is what \
             you pay for: this ticket says how much, to whom, and since when. Keep it where you \
             keep the others; buyer, seller and haulier will all accept it.\"}},\
             \"logprobs\":null,\"finish_reason\":\"stop\"}}],\"usage\":{}}}",
            usage()
        );
        write(
            out,
            format_args!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                 x-request-id: req-{number}\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ),
        );
    }

    /// The head of a stream.
    pub(super) fn head(out: &mut Vec<u8>) {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                    cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";
        out.extend_from_slice(head.as_bytes());
    }

    /// An event of a stream, as a chunk of its own; the terminator has the body's end with it.
    pub(super) fn event(self, out: &mut Vec<u8>, at: usize) {
        let Self { number } = self;
        let delta = match at {
            0 => r#"{"role":"assistant","content":""}"#.to_owned(),
            at if at + 1 == CHUNKS => "{}".to_owned(),
            at => format!(r#"{{"content":" word{at}-{number}"}}"#),
        };
        let event = if at < CHUNKS {
            let finish = if at + 1 == CHUNKS { "\"stop\"" } else { "null" };
            let choice = format!("{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}");
            self.data(&format!("\"choices\":[{choice}]"))
        } else if at < CHUNKS + USAGE {
            self.data(&format!("\"choices\":[],\"usage\":{}", usage()))
        } else {
            "data: [DONE]\n\n".to_owned()
        };
        write(out, format_args!("{:x}\r\n{event}\r\n", event.len()));
        if at == CHUNKS + USAGE {
            out.extend_from_slice(b"0\r\n\r\n");
        }
    }

    fn data(self, rest: &str) -> String {
        let number = self.number;
        format!(
            "data: {{\"id\":\"chatcmpl-{number}\",\"object\":\"chat.completion.chunk\",\
             \"created\":1700000000,\"model\":\"bench\",{rest}}}\n\n"
        )
    }
}

fn usage() -> String {
    let total = PROMPT + CHUNKS as u64;
    format!(
        "{{\"prompt_tokens\":{PROMPT},\"completion_tokens\":{CHUNKS},\"total_tokens\":{total}}}"
    )
}

/// Writing to memory cannot fail.
fn write(out: &mut Vec<u8>, words: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(words);
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_whole_reply_is_as_long_as_it_says_and_no_other_is_the_same() {
        let reply = |number| {
            let mut out = Vec::new();
            Chat { number }.whole(&mut out);
            String::from_utf8(out).unwrap()
        };
        let text = reply(7);
        assert_ne!(text, reply(8));
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{head}");
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["usage"]["total_tokens"], 301);
    }

    #[test]
    fn a_stream_has_its_chunks_its_usage_and_its_terminator() {
        let mut choices = 0;
        for at in 0..CHUNKS + USAGE {
            let mut out = Vec::new();
            Chat { number: 7 }.event(&mut out, at);
            let text = String::from_utf8(out).unwrap();
            let (size, rest) = text.split_once("\r\n").unwrap();
            let event = rest.strip_suffix("\r\n").unwrap();
            assert_eq!(usize::from_str_radix(size, 16).unwrap(), event.len());
            let data: Value = serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap();
            choices += data["choices"].as_array().unwrap().len();
            assert_eq!(data["usage"].is_object(), at == CHUNKS);
        }
        assert_eq!(choices, 51);
        let mut out = Vec::new();
        Chat { number: 7 }.event(&mut out, CHUNKS + USAGE);
        assert!(out.ends_with(b"data: [DONE]\n\n\r\n0\r\n\r\n"));
    }
}
