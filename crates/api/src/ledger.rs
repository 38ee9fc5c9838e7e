//! The log itself, under `/ledger`: its key, its checkpoint, its tiles (C2SP tlog-tiles).

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, request};
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::redacted;
use weighbridge_core::role::Permission;
use weighbridge_gateway::pipeline::received::principal;
use weighbridge_gateway::{Gateway, ReplyBody};
use weighbridge_proof::tile::Resource;

use crate::answer;
use crate::proof::ledger_failure;

/// What every path of the log begins with.
pub const PREFIX: &str = "/ledger/";

/// A tile never changes.
const FOREVER: &str = "private, max-age=31536000, immutable";

/// The checkpoint changes every second while calls are made.
const BRIEF: &str = "private, max-age=1";

/// Who may read the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Whoever has a key.
    Keys,
    /// Everybody, but for the entries.
    Everybody,
}

/// Answers one request whose path begins with [`PREFIX`].
pub async fn serve(
    gateway: &Arc<Gateway>,
    head: &request::Parts,
    readers: Readers,
) -> Response<ReplyBody> {
    let answer = answer_to(gateway, head, readers).await;
    answer.unwrap_or_else(|failure| {
        gateway.metrics().refused(failure.code);
        answer::refuse(&failure)
    })
}

async fn answer_to(
    gateway: &Arc<Gateway>,
    head: &request::Parts,
    readers: Readers,
) -> Result<Response<ReplyBody>, Failure> {
    let path = head.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    if head.method != Method::GET && head.method != Method::HEAD {
        let words = format!("{PREFIX}{} takes GET", redacted::path(path));
        return Err(Failure::client(Code::MethodNotAllowed, words));
    }
    let store = gateway.store();
    if path == "key" {
        return Ok(text(format!("{}\n", store.verifier()), BRIEF));
    }
    let resource = path.strip_prefix("tile/").map(Resource::parse);
    let entries = matches!(resource, Some(Some(Resource::Entries { .. })));
    if entries || readers == Readers::Keys {
        let principal = principal(gateway, &head.headers).await?;
        let role = principal.key.role;
        if entries && !role.may(Permission::ReadEntries) {
            let words = format!("entries are for auditors, and not for a key of role `{role}`");
            return Err(Failure::client(Code::Forbidden, words));
        }
    }
    match resource {
        None if path == "checkpoint" => {
            let head = store.head().map_err(ledger_failure)?;
            let head = head.ok_or_else(|| {
                let words = "the log has no entry yet; make a call and ask again";
                Failure::gateway(Code::NotSequenced, Retry::After(1), words)
            })?;
            Ok(text(head.note.clone(), BRIEF))
        }
        Some(Some(resource)) => {
            let bytes = store.resource(resource).await.map_err(ledger_failure)?;
            let mut response = Response::new(ReplyBody::whole(Bytes::from(bytes)));
            dress(&mut response, "application/octet-stream", FOREVER);
            Ok(response)
        }
        _ => {
            let words = format!(
                "no such route: {PREFIX}{}; there are key, checkpoint, tile/<L>/<N>[.p/<W>] and \
                 tile/entries/<N>[.p/<W>]",
                redacted::path(path)
            );
            Err(Failure::client(Code::NotFound, words))
        }
    }
}

fn text(text: String, cache: &'static str) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::whole(Bytes::from(text)));
    dress(&mut response, "text/plain; charset=utf-8", cache);
    response
}

fn dress(response: &mut Response<ReplyBody>, kind: &'static str, cache: &'static str) {
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
}
