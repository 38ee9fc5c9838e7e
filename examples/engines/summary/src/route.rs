//! Routes: which address is answered by what.

use std::sync::Arc;

use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::chat;
use crate::chat::stream::Stream;
use crate::failure::Failure;
use crate::models;
use crate::server::Shared;

/// The body of an answer: all there, or coming in pieces.
pub(crate) type Body = Either<Full<Bytes>, Stream>;

/// Answers a request.
pub(crate) async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let answered = match path.as_str() {
        "/v1/chat/completions" => match allow(&request, Method::POST) {
            Ok(()) => chat::answer(request, &shared).await,
            Err(failure) => Err(failure),
        },
        "/v1/models" => get(&request, || Ok(models::list(shared.started))),
        "/health" => get(&request, || Ok(json!({"status": "ok"}))),
        _ => match path.strip_prefix("/v1/models/") {
            Some(id) => get(&request, || models::one(id, shared.started)),
            None => Err(Failure::no_route(request.method(), &path)),
        },
    };
    answered.unwrap_or_else(|failure| refusal(&failure))
}

fn get(
    request: &Request<Incoming>,
    value: impl FnOnce() -> Result<Value, Failure>,
) -> Result<Response<Body>, Failure> {
    allow(request, Method::GET)?;
    Ok(whole(StatusCode::OK, &value()?))
}

/// Whether a request has the method that its route wants. `HEAD` is `GET` without the body.
fn allow(request: &Request<Incoming>, wanted: Method) -> Result<(), Failure> {
    let is_head = request.method() == Method::HEAD && wanted == Method::GET;
    if *request.method() == wanted || is_head {
        return Ok(());
    }
    Err(Failure::wrong_method(request.method(), request.uri().path(), wanted))
}

/// An answer that is all there.
pub(crate) fn whole(status: StatusCode, value: &Value) -> Response<Body> {
    let body = Full::new(Bytes::from(value.to_string()));
    with_body(status, HeaderValue::from_static("application/json"), Either::Left(body))
}

/// An answer that comes in pieces.
pub(crate) fn streamed(stream: Stream) -> Response<Body> {
    let kind = HeaderValue::from_static("text/event-stream; charset=utf-8");
    with_body(StatusCode::OK, kind, Either::Right(stream))
}

fn with_body(status: StatusCode, kind: HeaderValue, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn refusal(failure: &Failure) -> Response<Body> {
    let mut response = whole(failure.status, &failure.to_json());
    let allowed = failure.allowed.as_ref().map(|method| HeaderValue::from_str(method.as_str()));
    if let Some(Ok(allowed)) = allowed {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}
