//! A body cannot be read before its call is admitted.

use weighbridge_gateway::pipeline::Authenticated;

async fn skip(authenticated: Authenticated) {
    let _ = authenticated.read().await;
}

fn main() {}
