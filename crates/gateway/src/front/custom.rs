//! A flavor that a file of the operator's describes, as its callers speak it.

use std::sync::Arc;

use http::{HeaderValue, Response, request};
use hyper::body::Incoming;
use weighbridge_core::clock::Moment;
use weighbridge_flavor::custom::{Credential, Custom};
use weighbridge_flavor::dialect::Dialect;

use crate::body::ReplyBody;
use crate::front::{call, credential};
use crate::gateway::Gateway;
use crate::pipeline::Received;
use crate::pipeline::received::Address;

/// Answers one call.
pub async fn serve(
    gateway: &Arc<Gateway>,
    own: &'static Custom,
    mut head: request::Parts,
    body: Incoming,
    at: Moment,
) -> Response<ReplyBody> {
    take_key(&own.credential, &mut head);
    let address = Address::of(Dialect::Custom(own));
    call::serve(Received::new(Arc::clone(gateway), address, head, body, at)).await
}

/// Puts the key where every caller's is looked for.
fn take_key(credential: &Credential, head: &mut request::Parts) {
    let Credential { header, prefix } = credential;
    let sent = head.headers.get(header.as_str()).and_then(|value| value.to_str().ok());
    let key = sent.and_then(|value| value.strip_prefix(prefix.as_str())).map(str::trim);
    let Some(Ok(mut value)) = key.map(HeaderValue::from_str) else { return };
    value.set_sensitive(true);
    head.headers.remove(header.as_str());
    head.headers.append(credential::ANY, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_taken_from_where_the_file_says_that_it_is() {
        let own = Credential { header: "authorization".into(), prefix: "Key ".into() };
        let request = http::Request::builder().uri("/").header("authorization", "Key wb_1");
        let (mut head, ()) = request.body(()).unwrap().into_parts();
        take_key(&own, &mut head);
        assert_eq!(credential::find(&head.headers), Ok("wb_1"));
    }
}
