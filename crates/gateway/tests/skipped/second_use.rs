//! A stage is consumed: no call is dispatched twice out of one reservation.

use weighbridge_gateway::pipeline::Reserved;

async fn twice(reserved: Box<Reserved>) {
    let _ = reserved.dispatch().await;
    let _ = reserved.dispatch().await;
}

fn main() {}
