//! A stage can only be made by the stage before it.

use weighbridge_gateway::pipeline::Recorded;

fn forge(weighed: weighbridge_gateway::meter::Weighed) {
    let _ = Recorded { held: Vec::<u8>::new(), weighed, durable: true };
}

fn main() {}
