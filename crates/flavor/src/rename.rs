//! A request for a model by another name, every other byte as it was.

use bytes::Bytes;

use crate::dialect::Dialect;
use crate::json::{self, Bounds, Object, Splice, span, writer};
use crate::services::{Form, Service, multipart};

/// The longest name as it may stand in a body, in bytes: 256 of them, each of them escaped, and quotes.
const NAME_BYTES: usize = 2048;

/// A conversation's request in `dialect` for `model`; nothing where it cannot be read so far, and then
/// it must not go out.
pub fn renamed(dialect: Dialect, body: &Bytes, model: &str) -> Option<Bytes> {
    match dialect {
        // Its address names it.
        Dialect::Gemini => Some(body.clone()),
        Dialect::Custom(own) => {
            let names: Vec<&str> = own.request.model.names().collect();
            put(body, &names, model)
        }
        _ => put_at_root(body, model),
    }
}

/// The same for a service beside conversation.
pub fn renamed_service(
    service: Service,
    form: Form,
    body: &Bytes,
    content_type: Option<&str>,
    model: &str,
) -> Option<Bytes> {
    match form {
        Form::Gemini => put_if_there(body, &format!("models/{model}")),
        Form::GeminiBatch => put_into_each(body, &format!("models/{model}")),
        Form::OpenAi if service == Service::Transcription => {
            put_into_form(body, content_type, model)
        }
        _ => put_at_root(body, model),
    }
}

/// Puts it in the place of the member `model`. Whatever else stands there is not looked at: what a
/// provider takes that nobody here can read goes out renamed as well.
fn put_at_root(body: &Bytes, model: &str) -> Option<Bytes> {
    let bounds = Bounds { depth: usize::MAX, capture: NAME_BYTES };
    let document = json::scan(body, &["model"], bounds).ok()?;
    let own = document.member("model").filter(|_| document.repeated().is_none())?;
    let mut splice = Splice::new();
    splice.replace(own.span, quoted(model));
    splice.apply(body).ok()
}

/// Puts it where the names lead, one in the other.
fn put(body: &Bytes, names: &[&str], model: &str) -> Option<Bytes> {
    let whole = std::str::from_utf8(body).ok()?;
    let (last, path) = names.split_last()?;
    let mut object = Object::parse(whole).ok()?;
    for name in path {
        object = object.object(name).ok()??;
    }
    let value = object.take(last)?;
    let mut splice = Splice::new();
    splice.replace(span(whole, value.get())?, quoted(model));
    splice.apply(body).ok()
}

/// Gemini's requests for vectors may say again what their address says.
fn put_if_there(body: &Bytes, model: &str) -> Option<Bytes> {
    let whole = std::str::from_utf8(body).ok()?;
    match Object::parse(whole).ok()?.take("model") {
        Some(_) => put_at_root(body, model),
        None => Some(body.clone()),
    }
}

fn put_into_each(body: &Bytes, model: &str) -> Option<Bytes> {
    let whole = std::str::from_utf8(body).ok()?;
    let mut splice = Splice::new();
    for request in Object::parse(whole).ok()?.list("requests").ok()?? {
        if let Some(value) = Object::read(request).ok()?.take("model") {
            splice.replace(span(whole, value.get())?, quoted(model));
        }
    }
    splice.apply(body).ok()
}

fn put_into_form(body: &Bytes, content_type: Option<&str>, model: &str) -> Option<Bytes> {
    let parts = multipart::read(body, content_type).ok()?;
    let part = parts.iter().find(|part| part.name == "model")?;
    let start = (part.data.as_ptr() as usize).checked_sub(body.as_ptr() as usize)?;
    let mut splice = Splice::new();
    splice.replace(start..start + part.data.len(), Bytes::copy_from_slice(model.as_bytes()));
    splice.apply(body).ok()
}

fn quoted(text: &str) -> Bytes {
    let mut out = Vec::with_capacity(text.len() + 2);
    writer::text(&mut out, text);
    Bytes::from(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_alone_is_another() {
        for (dialect, body, made) in [
            (
                Dialect::Chat,
                r#"{ "x":1e400, "model" : "a\u0062", "x":2, "messages":[{"model":"c"}] }"#,
                r#"{ "x":1e400, "model" : "秤:8b", "x":2, "messages":[{"model":"c"}] }"#,
            ),
            (Dialect::Messages, r#"{"model":"a"}"#, r#"{"model":"秤:8b"}"#),
            (Dialect::Gemini, r#"{"contents":[]}"#, r#"{"contents":[]}"#),
        ] {
            let renamed = renamed(dialect, &Bytes::from_static(body.as_bytes()), "秤:8b");
            assert_eq!(renamed.unwrap(), made);
        }
        assert_eq!(renamed(Dialect::Chat, &Bytes::from_static(b"{}"), "a"), None);
    }

    #[test]
    fn services_have_it_in_their_own_places() {
        let made = |form, body: &'static str, kind: Option<&str>| {
            let body = Bytes::from_static(body.as_bytes());
            let service = if kind.is_some() { Service::Transcription } else { Service::Embed };
            let made = renamed_service(service, form, &body, kind, "n").unwrap();
            String::from_utf8(made.to_vec()).unwrap()
        };
        assert_eq!(
            made(Form::OpenAi, r#"{"input":"a","model":"m"}"#, None),
            r#"{"input":"a","model":"n"}"#
        );
        assert_eq!(
            made(
                Form::GeminiBatch,
                r#"{"requests":[{"model":"models/m","content":{}},{"content":{}}]}"#,
                None
            ),
            r#"{"requests":[{"model":"models/n","content":{}},{"content":{}}]}"#
        );
        assert_eq!(made(Form::Gemini, r#"{"content":{}}"#, None), r#"{"content":{}}"#);
        let form = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b\r\n\
            Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nm\r\n--b--\r\n";
        let kind = Some("multipart/form-data; boundary=b");
        assert_eq!(made(Form::OpenAi, form, kind), form.replacen("\r\nm\r\n", "\r\nn\r\n", 1));
    }
}
