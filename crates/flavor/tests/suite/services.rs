//! The services beside conversation: every form to every other, for people to read, and what must
//! hold for all of them.

mod embed;
mod pairs;
mod property;
mod sample;

use weighbridge_flavor::services::{Form, Service};

/// Every form of a service to every other.
fn pairs(service: Service) -> impl Iterator<Item = (Form, Form)> {
    let all = service.forms().iter().copied();
    all.flat_map(move |from| service.forms().iter().map(move |to| (from, *to)))
        .filter(|(from, to)| from != to)
}
