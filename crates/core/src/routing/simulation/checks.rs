//! What holds at every moment.

use super::world::World;
use crate::clock::Monotonic;
use crate::routing::Health;

impl World {
    pub(super) fn check(&self, now: u64) {
        for (number, plan) in (0..).zip(&self.plans) {
            let standing = self.dispatcher.standing(number, Monotonic(now)).unwrap();
            assert!(standing.in_flight <= plan.concurrency.max, "more than may be at {number}");
            assert!(standing.waiting <= plan.concurrency.queue);
            // Nobody waits where there is a place.
            if standing.waiting > 0 && standing.health == Health::Well {
                assert_eq!(standing.in_flight, plan.concurrency.max, "a place is kept empty");
            }
        }
    }
}
