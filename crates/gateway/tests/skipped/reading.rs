//! A call cannot be routed before its body is read.

use weighbridge_gateway::pipeline::Admitted;

fn skip(admitted: Admitted) {
    let _ = admitted.resolve();
}

fn main() {}
