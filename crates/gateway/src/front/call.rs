//! The life of a call, whatever its caller speaks.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use weighbridge_core::failure::{Failure, Retry};
use weighbridge_core::window::Allowance;
use weighbridge_flavor::dialect::Dialect;

use crate::body::ReplyBody;
use crate::front::{pace, words};
use crate::gateway::Gateway;
use crate::meter::Weighed;
use crate::pipeline::dispatched::{Reply, ReplyHead, Unanswered, WholeReply};
use crate::pipeline::{Admitted, Metered, Received, Reserved, Resolved};

/// Answers one call.
pub(crate) async fn serve(received: Received) -> Response<ReplyBody> {
    let gateway = Arc::clone(&received.gateway);
    let dialect = received.address.dialect;
    let mut allowance = None;
    // The future of a whole call is large; one allocation keeps it off every stack.
    let answer = Box::pin(live(received, &mut allowance)).await;
    let mut response = answer.unwrap_or_else(|failure| refused(&gateway, dialect, &failure));
    if let Some(allowance) = allowance {
        pace::dress_call(response.headers_mut(), dialect, &allowance, gateway.clock().now().wall);
    }
    response
}

/// How many tokens a prompt has: exact where the model's tokeniser is here, by the stated rule where it
/// is not. Free: it takes nothing from the window and leaves no receipt.
pub(crate) async fn count(received: Received) -> Result<u64, Failure> {
    let read = received.authenticate().await?.admit_free()?.read().await?;
    Ok(Box::pin(read.resolve_apart()).await?.count().await)
}

/// A refusal that leaves a counter and no record.
pub(crate) fn refused(
    gateway: &Gateway,
    dialect: Dialect,
    failure: &Failure,
) -> Response<ReplyBody> {
    gateway.metrics().refused(failure.code);
    refuse(dialect, failure)
}

/// A refusal in the caller's dialect.
pub fn refuse(dialect: Dialect, failure: &Failure) -> Response<ReplyBody> {
    let mut response = json(words::status(dialect, failure), words::refusal(dialect, failure));
    pace::dress_retry(response.headers_mut(), failure.retry);
    response
}

/// A body of JSON.
pub(crate) fn json(status: StatusCode, body: impl Into<Bytes>) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::whole(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The life of a call, from its head to its reply.
async fn live(
    received: Received,
    allowance: &mut Option<Allowance>,
) -> Result<Response<ReplyBody>, Failure> {
    let dialect = received.address.dialect;
    let authenticated = received.authenticate().await?;
    let admitted = authenticated.admit(allowance)?;
    let resolved = resolved(admitted).await?;
    match answered(resolved.reserve().await?).await {
        Ok(Reply::Whole(metered)) => Ok(whole(dialect, metered).await),
        Ok(Reply::Long(head, body)) => {
            let mut response = Response::new(ReplyBody::Long(body));
            dress(&mut response, &head);
            let trailers =
                HeaderValue::from_static("x-weighbridge-cost, x-weighbridge-duration-ms");
            response.headers_mut().insert(http::header::TRAILER, trailers);
            Ok(response)
        }
        Ok(Reply::Stream(head, body)) => {
            let mut response = Response::new(ReplyBody::Stream(body));
            dress(&mut response, &head);
            let headers = response.headers_mut();
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
            Ok(response)
        }
        Err(failed) => Ok(tell(dialect, failed).await),
    }
}

/// Asks providers until one of them answers.
async fn answered(mut reserved: Box<Reserved>) -> Result<Reply, Metered<Failure>> {
    loop {
        match reserved.dispatch().await?.reply().await {
            Ok(reply) => return Ok(reply),
            Err(Unanswered::Again(again)) => reserved = again,
            Err(Unanswered::Over(failed)) => return Err(failed),
        }
    }
}

/// Reads a call and decides where it goes. What is seldom waited for is not in the future of a call.
async fn resolved(admitted: Admitted) -> Result<Resolved, Failure> {
    let read = admitted.read().await?.enter()?;
    if read.is_long() { Box::pin(read.resolve_apart()).await } else { read.resolve() }
}

/// Holds a whole reply until its receipt is committed.
async fn whole(dialect: Dialect, metered: Metered<WholeReply>) -> Response<ReplyBody> {
    let recorded = metered.await;
    let weighed = recorded.weighed();
    let (reply, weighed) = match recorded.release() {
        Ok(released) => released,
        Err(failure) => return refuse_recorded(dialect, &failure, weighed),
    };
    let status = reply.head.status;
    let mut response = Response::new(ReplyBody::whole(reply.body));
    dress(&mut response, &reply.head);
    let headers = response.headers_mut();
    weigh(headers, weighed);
    let is_final = status.is_client_error() && !matches!(status.as_u16(), 408 | 409 | 429);
    if is_final || (weighed.used_up && !status.is_success()) {
        headers.remove(RETRY_AFTER);
        headers.insert("x-should-retry", HeaderValue::from_static("false"));
    }
    response
}

/// Tells the caller of a recorded call why there is no reply.
async fn tell(dialect: Dialect, failed: Metered<Failure>) -> Response<ReplyBody> {
    let recorded = failed.await;
    let weighed = recorded.weighed();
    match recorded.release() {
        Ok((failure, weighed)) => refuse_recorded(dialect, &failure, weighed),
        Err(failure) => refuse_recorded(dialect, &failure, weighed),
    }
}

/// About how many headers a reply has.
const HEADERS: usize = 16;

// Read once, and not with every reply.
static CALL: HeaderName = HeaderName::from_static("x-weighbridge-call");
static PROVIDER: HeaderName = HeaderName::from_static("x-weighbridge-provider");
static MODEL: HeaderName = HeaderName::from_static("x-weighbridge-model");
static POLICY: HeaderName = HeaderName::from_static("x-weighbridge-policy");
static MATCH: HeaderName = HeaderName::from_static("x-weighbridge-match");
static LOSSY: HeaderName = HeaderName::from_static("x-weighbridge-lossy");
static COST: HeaderName = HeaderName::from_static("x-weighbridge-cost");
static DURATION: HeaderName = HeaderName::from_static("x-weighbridge-duration-ms");

fn dress(response: &mut Response<ReplyBody>, head: &ReplyHead) {
    *response.status_mut() = head.status;
    let headers = response.headers_mut();
    // So many that they would have to be laid out anew twice.
    headers.reserve(HEADERS);
    if let Some(value) = &head.content_type {
        headers.insert(CONTENT_TYPE, value.clone());
    }
    if let Some(value) = &head.retry_after {
        headers.insert(RETRY_AFTER, value.clone());
    }
    insert_text(headers, &CALL, &head.call.to_string());
    insert_text(headers, &PROVIDER, &head.provider.name);
    insert_text(headers, &MODEL, &head.model);
    headers.insert(&POLICY, HeaderValue::from_static(head.policy.as_str()));
    if let Some(how) = &head.how {
        insert_text(headers, &MATCH, how);
    }
    if let Some(lossy) = &head.lossy {
        insert_text(headers, &LOSSY, lossy);
    }
}

/// What a call weighed.
fn weigh(headers: &mut HeaderMap, weighed: Weighed) {
    headers.insert(&DURATION, HeaderValue::from(weighed.duration_us / 1000));
    if let Some(cost) = weighed.cost {
        insert_text(headers, &COST, &cost.to_string());
    }
}

/// A header out of text that may hold what no header can: then it is left out.
fn insert_text(headers: &mut HeaderMap, name: &HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

/// The same for a call that has a receipt. Sent again, one whose key or quote is used up would only
/// be told so, and not what had failed.
fn refuse_recorded(dialect: Dialect, failure: &Failure, weighed: Weighed) -> Response<ReplyBody> {
    let mut response = if weighed.used_up {
        refuse(dialect, &Failure { retry: Retry::Never, ..failure.clone() })
    } else {
        refuse(dialect, failure)
    };
    let headers = response.headers_mut();
    insert_text(headers, &CALL, &weighed.call.to_string());
    weigh(headers, weighed);
    response
}
