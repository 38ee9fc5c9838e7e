//! Answers that need no key: health, readiness, version, and what tools ask before they begin.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use serde_json::json;
use weighbridge_api::answer::json_answer;
use weighbridge_gateway::{Gateway, ReplyBody};

/// The version of this build.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The page at `/`.
const PAGE: &str = concat!(
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Weighbridge</title>",
    "<meta name=\"viewport\" content=\"width=device-width\">",
    "<style>body{font:16px/1.5 system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem}",
    "code{background:#eee;padding:.1em .3em}</style>",
    "<h1>Weighbridge</h1><p>This is an AI gateway. Point an OpenAI SDK at this address with ",
    "<code>/v1</code> behind it and a key from whoever runs it.</p>",
    "<p>Every call leaves a receipt: <code>GET /gateway/v1/receipts</code>. ",
    "Its own API is described at <a href=\"/openapi.json\">/openapi.json</a>.</p></html>\n"
);

/// The answer to a probe, if `path` is one. `HEAD` is answered like `GET`.
pub(crate) fn answer(
    gateway: &Gateway,
    method: &Method,
    path: &str,
) -> Option<Response<ReplyBody>> {
    if method == Method::OPTIONS {
        let mut response = Response::new(ReplyBody::whole(Bytes::new()));
        *response.status_mut() = StatusCode::NO_CONTENT;
        let allow = HeaderValue::from_static("GET, HEAD, POST, PATCH, DELETE, OPTIONS");
        response.headers_mut().insert(ALLOW, allow);
        return Some(response);
    }
    if method != Method::GET && method != Method::HEAD {
        return None;
    }
    match path {
        "/" => Some(page()),
        "/api/hello" => Some(json_answer(StatusCode::OK, &json!({ "hello": "weighbridge" }))),
        "/health" | "/healthz" | "/livez" => {
            Some(json_answer(StatusCode::OK, &json!({ "status": "ok" })))
        }
        "/ready" | "/readyz" => Some(ready(gateway)),
        "/version" => {
            Some(json_answer(StatusCode::OK, &json!({ "name": "weighbridge", "version": VERSION })))
        }
        "/openapi.json" => {
            Some(json_answer(StatusCode::OK, &weighbridge_api::openapi::document(VERSION)))
        }
        _ => None,
    }
}

fn page() -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::whole(Bytes::from_static(PAGE.as_bytes())));
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, html);
    response
}

fn ready(gateway: &Gateway) -> Response<ReplyBody> {
    let reason = if gateway.is_draining() {
        "stopping"
    } else if gateway.store().is_full() {
        "the disk is full: calls cannot be recorded"
    } else {
        return json_answer(StatusCode::OK, &json!({ "status": "ready" }));
    };
    let body = json!({ "status": "not ready", "reason": reason });
    json_answer(StatusCode::SERVICE_UNAVAILABLE, &body)
}
