//! A call cannot be admitted before it is known who makes it.

use weighbridge_gateway::pipeline::Received;

fn skip(received: Received) {
    let _ = received.admit();
}

fn main() {}
