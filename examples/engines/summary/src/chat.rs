//! Chat completions: the last message of the user in, its summary out.

mod answer;
mod ask;
mod reply;
pub(crate) mod stream;
mod working;

use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};

use crate::body;
use crate::failure::Failure;
use crate::route::{self, Body};
use crate::server::Shared;
use ask::Ask;
use reply::Reply;
use stream::Stream;
use working::Working;

/// Answers a request for a completion.
pub(crate) async fn answer(
    request: Request<Incoming>,
    shared: &Shared,
) -> Result<Response<Body>, Failure> {
    let body = body::read(request).await?;
    let ask = Ask::read(&body)?;
    drop(body);
    let reply = Reply::new(shared.next_id(), (shared.clock)(), ask.include_usage);
    let is_stream = ask.stream;
    let working = Working::on(ask);
    if is_stream {
        return Ok(route::streamed(Stream::new(reply, working)));
    }
    let answer = working.await?;
    Ok(route::whole(StatusCode::OK, &reply.whole(&answer)))
}
