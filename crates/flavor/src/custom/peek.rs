//! What the gateway reads of a request before it knows where that goes.

use super::Custom;
use super::source::Source;
use crate::json::Misfit;
use crate::peek::{MODEL, Peek, is_model};

/// Reads what the file names. What stands in every flavor's body is for others to read.
///
/// # Errors
/// [`Misfit`] for what is no request.
pub fn peek(custom: &Custom, body: &str) -> Result<Peek, Misfit> {
    let places = &custom.request;
    let mut source = Source::parse(body)?;
    let model = source.needed_text(&places.model)?;
    if !is_model(&model) {
        return Err(Misfit::new(MODEL).at(&places.model.to_string()));
    }
    Ok(Peek {
        model: model.into_owned(),
        stream: source.flag(places.stream.as_ref())?.unwrap_or(false),
        background: false,
        policy: None,
        gateway_field: None,
        max_output: source.whole(places.max_output.as_ref())?.filter(|tokens| *tokens > 0),
        other_limit: None,
        usage: None,
    })
}
