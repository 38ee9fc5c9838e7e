//! What Intel's gateway has in every one of its services.

use crate::canon::Losses;
use crate::json::{Misfit, Object};

/// Takes out what is addressed to the gateway and not to a service.
pub(super) fn take_gateway_fields(
    root: &mut Object<'_>,
    losses: &mut Losses,
) -> Result<(), Misfit> {
    // The gateway has read it itself.
    root.take("hybrid_policy");
    if root.flag("stream")? == Some(true) {
        losses.refused("stream", "the reply comes whole");
    }
    for field in ["remote_service_provider", "request_segments", "extra_url", "keep_alive"] {
        if root.take(field).is_some() {
            losses.dropped(field, "the gateway's own file says where a call goes");
        }
    }
    Ok(())
}

/// The members of a reply, out of the envelope that is around it in the older releases:
/// `business_code`, `message` and `data`.
pub(super) fn read_reply(body: &str) -> Result<Object<'_>, Misfit> {
    let mut root = super::answer::read(body)?;
    let Some(code) = root.take("business_code") else { return Ok(root) };
    match root.object("data")? {
        Some(data) if code.get() == "200" => Ok(data),
        _ => Err(Misfit::new("stands in the place of a reply").at("business_code")),
    }
}

/// Names what nobody has taken out of a request.
pub(super) fn note_rest(root: &Object<'_>, losses: &mut Losses) {
    for (name, _) in root.rest() {
        losses.dropped(name.to_owned(), "not known here");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_is_opened_and_a_failure_in_it_is_no_reply() {
        let plain = read_reply(r#"{"id":"a"}"#).unwrap().text("id").unwrap();
        assert_eq!(plain.as_deref(), Some("a"));
        let wrapped = r#"{"business_code":200,"message":"success","data":{"id":"b"}}"#;
        assert_eq!(read_reply(wrapped).unwrap().text("id").unwrap().as_deref(), Some("b"));
        assert!(read_reply(r#"{"business_code":30003,"message":"no such model"}"#).is_err());
        assert!(read_reply(r#"{"business_code":500,"data":{}}"#).is_err());
    }

    #[test]
    fn what_the_gateway_reads_is_taken_silently() {
        let body = r#"{"hybrid_policy":"default","stream":false,"extra_url":"u","x":1}"#;
        let mut root = Object::parse(body).unwrap();
        let mut losses = Losses::default();
        take_gateway_fields(&mut root, &mut losses).unwrap();
        note_rest(&root, &mut losses);
        assert_eq!(losses.to_string(), "extra_url;dropped, x;dropped");
    }
}
