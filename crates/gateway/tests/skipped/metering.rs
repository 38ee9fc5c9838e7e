//! A reply's end cannot go out before its call is weighed.

use weighbridge_gateway::pipeline::Dispatched;

fn skip(dispatched: Dispatched) {
    let _ = dispatched.release();
}

fn main() {}
