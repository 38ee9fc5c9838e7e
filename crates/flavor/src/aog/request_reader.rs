//! Reading a request.

use super::{Mode, content, thinking};
use crate::canon::{Losses, Request};
use crate::json::{Misfit, Object};
use crate::ollama::{prompt, think};
use crate::openai::chat::read_request::{Said, read_around, read_messages};

/// Reads a request.
///
/// # Errors
/// When it is no object with a model and something that is said, or a field is not what has to stand
/// there.
pub fn read_request<'a>(
    mode: Mode,
    body: &'a str,
    losses: &mut Losses,
) -> Result<Request<'a>, Misfit> {
    let mut body = Object::parse(body)?;
    let model = body.needed_text("model")?;
    let said = match mode {
        Mode::Chat => read_messages(&mut body, content::of_message, losses)?,
        Mode::Generate => read_prompt(&mut body, losses)?,
    };
    let think = think::read(&mut body)?;
    note_own(&mut body, losses);
    let mut request = read_around(model, said, body, losses)?;
    thinking::add(&mut request, think, losses);
    if request.n > 1 {
        losses.refused("n", "there is but one answer in a reply");
    }
    Ok(request)
}

fn read_prompt<'a>(body: &mut Object<'a>, losses: &mut Losses) -> Result<Said<'a>, Misfit> {
    if !body.rest().any(|(name, _)| name == "prompt") {
        return Err(Misfit::new("is missing; a text has to stand here").at("prompt"));
    }
    for field in ["tools", "functions"] {
        if body.list(field)?.is_some_and(|tools| !tools.is_empty()) {
            losses.refused(field, "there are none for a single prompt");
        }
    }
    if body.take("messages").is_some() {
        losses.refused("messages", "there is but one prompt");
    }
    prompt::read(body, losses)
}

/// Names what AOG knows and the canonical form does not hold.
fn note_own(body: &mut Object<'_>, losses: &mut Losses) {
    if body.take("keep_alive").is_some() {
        losses.dropped("keep_alive", "the provider keeps its models as it likes");
    }
    if body.take("remote_service_provider").is_some() {
        let why = "which provider serves a call follows from its model and the gateway's file";
        losses.refused("remote_service_provider", why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mode: Mode, members: &str) -> Result<String, String> {
        let body = format!(r#"{{"model":"m",{members}}}"#);
        let mut losses = Losses::default();
        let read = read_request(mode, &body, &mut losses);
        read.map(|_| losses.to_string()).map_err(|misfit| misfit.to_string())
    }

    #[test]
    fn what_is_addressed_to_a_gateway_is_taken_or_refused() {
        let chat =
            |members: &str| read(Mode::Chat, &format!(r#""messages":[],{members}"#)).unwrap();
        assert_eq!(chat(r#""hybrid_policy":"always_remote""#), "");
        assert_eq!(chat(r#""remote_service_provider":"x""#), "remote_service_provider;refused");
        assert_eq!(chat(r#""keep_alive":"5m""#), "keep_alive;dropped");
        assert_eq!(chat(r#""n":2"#), "n;refused");
        assert_eq!(chat(r#""extra_url":"x""#), "extra_url;dropped");
    }

    #[test]
    fn a_prompt_has_words_and_no_tools() {
        let prompt = |members: &str| read(Mode::Generate, members);
        assert_eq!(prompt(r#""prompt":"a","tools":[]"#).unwrap(), "");
        assert_eq!(prompt(r#""prompt":"a","tools":[{}]"#).unwrap(), "tools;refused");
        assert_eq!(prompt(r#""prompt":"a","template":"t""#).unwrap(), "template;refused");
        assert_eq!(prompt(r#""prompt":"a","messages":[]"#).unwrap(), "messages;refused");
        assert!(prompt(r#""images":[]"#).unwrap_err().starts_with("prompt: is missing"));
        assert!(read(Mode::Chat, r#""prompt":"a""#).unwrap_err().starts_with("messages: is"));
    }
}
