//! Reading a request.

use crate::{
    canon::{Block, Losses, Request, Role, Text, Turn},
    json::{Misfit, Object, object},
    openai::chat,
};

/// Reads a request.
///
/// # Errors
/// When it is no object with a model and a prompt, or a field is not what has to stand there.
pub fn read_request<'a>(body: &'a str, losses: &mut Losses) -> Result<Request<'a>, Misfit> {
    let mut body = Object::parse(body)?;
    let model = body.needed_text("model")?;
    let (prompt, prompts) = read_prompt(&mut body, losses).map_err(|misfit| misfit.at("prompt"))?;
    let stream = body.flag("stream")?.unwrap_or(false);
    let mut request = Request {
        turns: vec![Turn { role: Role::User, blocks: vec![Block::Text(prompt)] }],
        max_output: chat::read_limit(&mut body, losses)?,
        sampling: chat::read_sampling(&mut body, losses)?,
        stop: chat::read_stop(&mut body)?,
        n: chat::read_count(&mut body)?,
        logprobs: read_logprobs(&mut body, stream, losses)?,
        stream,
        end_user: chat::read_end_user(&mut body, losses)?,
        ..Request::to(model)
    };
    let made = refuse_others(&mut body, request.n, losses)?;
    request.made = Some(made.saturating_mul(prompts)).filter(|made| *made != request.n);
    // The gateway has read these itself.
    for field in ["hybrid_policy", "background"] {
        body.take(field);
    }
    chat::read_stream_options(&mut body, losses)?;
    chat::name_rest(&body, "", losses);
    Ok(request)
}

/// A text, or a list of one; and how many prompts there are.
fn read_prompt<'a>(body: &mut Object<'a>, losses: &mut Losses) -> Result<(Text<'a>, u64), Misfit> {
    let missing = || Misfit::new("is missing; a text has to stand here");
    let prompt = body.take("prompt").ok_or_else(missing)?;
    if object::is_text(prompt) {
        return Ok((object::text(prompt)?, 1));
    }
    let wrong = |_| Misfit::new("should be a text or a list of one");
    let items = object::list(prompt).map_err(wrong)?;
    match items.as_slice() {
        [] => Err(missing()),
        [one] if object::is_text(one) => Ok((object::text(one)?, 1)),
        [first, ..] if object::is_text(first) => {
            losses.refused("prompt", "there is but one prompt to a call elsewhere");
            Ok((Text::default(), u64::try_from(items.len()).unwrap_or(u64::MAX)))
        }
        [first, ..] => {
            losses.refused("prompt", "tokens of one model mean nothing to another: send a text");
            let prompts = if first.get().starts_with('[') { items.len() } else { 1 };
            Ok((Text::default(), u64::try_from(prompts).unwrap_or(u64::MAX)))
        }
    }
}

/// How many others are told at each place, beside the token that was chosen.
fn read_logprobs(
    body: &mut Object<'_>,
    stream: bool,
    losses: &mut Losses,
) -> Result<Option<u64>, Misfit> {
    let others = body.whole("logprobs")?;
    if stream && others.is_some() {
        losses.dropped("logprobs", "a stream that is converted has no place for them");
        return Ok(None);
    }
    Ok(others)
}

/// Names what has no place elsewhere; says how many answers are made to a prompt.
fn refuse_others(body: &mut Object<'_>, n: u64, losses: &mut Losses) -> Result<u64, Misfit> {
    if body.text("suffix")?.is_some_and(|suffix| !suffix.is_empty()) {
        losses.refused("suffix", "filling in between two texts has no place elsewhere");
    }
    if body.flag("echo")? == Some(true) {
        losses.refused("echo", "only the answer comes back elsewhere");
    }
    let best_of = body.whole("best_of")?.unwrap_or(n);
    if best_of > n {
        losses.refused("best_of", "no answers are made elsewhere to be thrown away");
    }
    Ok(best_of.max(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &str) -> Result<(String, String), Misfit> {
        let body = format!(r#"{{"model":"m",{fields}}}"#);
        let mut losses = Losses::default();
        let request = read_request(&body, &mut losses)?;
        let Some(Block::Text(text)) = request.turns.first().and_then(|it| it.blocks.first()) else {
            return Ok((String::new(), losses.to_string()));
        };
        Ok((text.to_string(), losses.to_string()))
    }

    #[test]
    fn a_prompt_is_one_text() {
        assert_eq!(read(r#""prompt":"a""#).unwrap(), ("a".into(), String::new()));
        assert_eq!(read(r#""prompt":["a"]"#).unwrap(), ("a".into(), String::new()));
        for prompt in [r#"["a","b"]"#, "[1,2]", "[[1],[2]]", "[[1]]"] {
            let losses = read(&format!(r#""prompt":{prompt}"#)).unwrap().1;
            assert_eq!(losses, "prompt;refused", "{prompt}");
        }
        for prompt in ["[]", "1", "{}", "null"] {
            assert!(read(&format!(r#""prompt":{prompt}"#)).is_err(), "{prompt}");
        }
    }

    #[test]
    fn what_a_conversation_has_no_place_for_is_refused_by_name() {
        let losses = |fields: &str| read(&format!(r#""prompt":"a",{fields}"#)).unwrap().1;
        assert_eq!(losses(r#""suffix":"b""#), "suffix;refused");
        assert_eq!(losses(r#""echo":true"#), "echo;refused");
        assert_eq!(losses(r#""best_of":3,"n":2"#), "best_of;refused");
        assert_eq!(losses(r#""suffix":"","echo":false,"best_of":2,"n":2"#), "");
        assert_eq!(losses(r#""logprobs":2,"stream":true"#), "logprobs;dropped");
        assert_eq!(losses(r#""stream_options":{"include_usage":true},"new":1"#), "new;dropped");
    }
}
