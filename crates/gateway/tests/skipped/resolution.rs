//! An intent cannot be committed before it is known who may serve the call.

use weighbridge_gateway::pipeline::Read;

async fn skip(read: Read) {
    let _ = read.reserve().await;
}

fn main() {}
