//! Nothing goes to a provider before the intent is committed (invariant R2).

use weighbridge_gateway::pipeline::Resolved;

async fn skip(resolved: Resolved) {
    let _ = resolved.dispatch().await;
}

fn main() {}
