//! A small HTTP/1 client for tests: sends what it is told to, even what is no HTTP, sees every
//! chunk when it comes, tells a whole reply from a cut one, and can leave in the middle.

mod connection;
mod reply;
mod request;

use std::io;

pub use connection::{Chunk, Connection, ReplyHead};
pub use reply::Reply;
pub(crate) use reply::find;
pub use request::Request;

/// Sends one request over a connection of its own and reads the reply to its end.
///
/// # Errors
/// When no connection stands, no head comes, or the time is over. A reply that is cut short is no
/// error: it is not [`Reply::complete`].
pub async fn call(url: &str, request: &Request) -> io::Result<Reply> {
    Connection::open(url).await?.exchange(request).await
}

/// Sends these bytes, whatever they are, over a connection of their own and reads one reply.
///
/// # Errors
/// As [`call`].
pub async fn call_raw(url: &str, bytes: &[u8]) -> io::Result<Reply> {
    let mut connection = Connection::open(url).await?;
    // The other side may refuse, answer and close before it has read everything.
    let sent = connection.send_raw(bytes).await;
    match connection.rest().await {
        Ok(reply) => Ok(reply),
        Err(error) => sent.and(Err(error)),
    }
}
