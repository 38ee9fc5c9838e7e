//! AOG's `rerank`, which is the common form in the gateway's own words.

use super::{Reply, Request, jina};
use crate::canon::Losses;
use crate::json::{Misfit, Object, writer};
use crate::services::{Face, aog};

pub(super) fn read_request<'a>(body: &'a str, losses: &mut Losses) -> Result<Request<'a>, Misfit> {
    let mut root = Object::parse(body)?;
    let request = jina::take_request(&mut root, losses)?;
    aog::take_gateway_fields(&mut root, losses)?;
    aog::note_rest(&root, losses);
    Ok(request)
}

pub(super) fn read_reply(body: &str) -> Result<Reply<'_>, Misfit> {
    jina::take_reply(aog::read_reply(body)?)
}

pub(super) fn write_reply(reply: &Reply<'_>, face: &Face) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.text("model", &face.model);
        jina::write_results(root, reply, face);
    });
    out
}
