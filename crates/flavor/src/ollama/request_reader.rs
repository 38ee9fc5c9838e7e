//! Reading a request.

use super::options::Options;
use super::{Mode, message_reader, prompt, think, tools};
use crate::canon::{Format, Json, Losses, Request, Thinking};
use crate::json::{Misfit, Object, object};

/// Reads a request. Its reply is a stream unless it says otherwise.
///
/// A request without any words, which only loads a model or lets it go, has no turns.
///
/// # Errors
/// When it is no object with a model, or a field is not what has to stand there.
pub fn read_request<'a>(
    mode: Mode,
    body: &'a str,
    losses: &mut Losses,
) -> Result<Request<'a>, Misfit> {
    let mut members = Object::parse(body)?;
    let model = members.needed_text("model")?;
    let (system, turns) = match mode {
        Mode::Chat => message_reader::read(&mut members, losses)?,
        Mode::Generate => prompt::read(&mut members, losses)?,
    };
    let tools = match mode {
        Mode::Chat => tools::read(&mut members, losses)?,
        Mode::Generate => Vec::new(),
    };
    let options = Options::read(&mut members, losses)?;
    let thinking = think::read(&mut members)?;
    let stream = members.flag("stream")?.unwrap_or(true);
    let logprobs = logprobs(&mut members)?;
    if stream && logprobs.is_some() {
        losses.dropped("logprobs", "they are not carried in a stream between flavors");
    }
    let request = Request {
        model,
        system,
        turns,
        tools,
        tool_choice: None,
        parallel_tools: None,
        max_output: options.max_output,
        sampling: options.sampling,
        stop: options.stop,
        format: format(&mut members)?,
        thinking,
        show_thinking: thinking.filter(|thinking| *thinking != Thinking::Off).map(|_| true),
        n: 1,
        made: None,
        logprobs: logprobs.filter(|_| !stream),
        stream,
        end_user: None,
        searches: false,
    };
    note_rest(&mut members, losses);
    Ok(request)
}

/// The form of the answer. Some clients say that they want none by an empty text.
fn format<'a>(members: &mut Object<'a>) -> Result<Format<'a>, Misfit> {
    let Some(value) = members.take("format") else { return Ok(Format::Text) };
    if value.get().starts_with('{') {
        return Ok(Format::Schema {
            name: None,
            description: None,
            schema: Json::of(value),
            strict: None,
        });
    }
    match object::text(value).ok().as_deref() {
        Some("") => Ok(Format::Text),
        Some("json") => Ok(Format::Json),
        _ => Err(Misfit::new("should be \"json\" or a JSON Schema").at("format")),
    }
}

/// With how many others at each place. Without the flag the number says nothing.
fn logprobs(members: &mut Object<'_>) -> Result<Option<u64>, Misfit> {
    let wanted = members.flag("logprobs")? == Some(true);
    let others = members.whole("top_logprobs")?;
    Ok(wanted.then_some(others.unwrap_or(0)))
}

/// Names what has no place in the canonical form.
fn note_rest(members: &mut Object<'_>, losses: &mut Losses) {
    if members.take("keep_alive").is_some() {
        losses.dropped("keep_alive", "the provider keeps its models as it likes");
    }
    for field in ["truncate", "shift"] {
        if members.take(field).is_some() {
            losses.dropped(field, "the provider has its own way with what is too long");
        }
    }
    if members.take("_debug_render_only").is_some_and(|value| value.get() != "false") {
        losses.refused("_debug_render_only", "only Ollama shows its template");
    }
    // The gateway has read it itself.
    members.take("hybrid_policy");
    for (name, _) in members.rest() {
        losses.dropped(name.to_owned(), "not known in a request");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(members: &str) -> (String, String) {
        let body = format!(r#"{{"model":"m",{members}}}"#);
        let mut losses = Losses::default();
        let request = read_request(Mode::Chat, &body, &mut losses).unwrap();
        assert!(request.turns.is_empty());
        (format!("{:?}", request.format), losses.to_string())
    }

    #[test]
    fn a_request_that_would_show_the_template_is_refused() {
        assert_eq!(read(r#""_debug_render_only":false"#).1, "");
        assert_eq!(read(r#""_debug_render_only":true"#).1, "_debug_render_only;refused");
    }

    #[test]
    fn nothing_in_the_place_of_a_form_is_words() {
        for format in [r#""""#, "null"] {
            assert_eq!(read(&format!(r#""format":{format}"#)).0, "Text");
        }
        assert_eq!(read(r#""format":"json""#).0, "Json");
    }

    #[test]
    fn a_request_without_words_has_no_turns() {
        let losses = read(r#""messages":[],"keep_alive":0"#).1;
        assert_eq!(losses, "keep_alive;dropped");
    }
}
