//! There is no reply without an exchange with a provider.

use weighbridge_gateway::pipeline::Reserved;

async fn skip(reserved: Reserved) {
    let _ = reserved.reply().await;
}

fn main() {}
