//! Numbers for providers, their models and those who ask for them. They stay as they are while the
//! process lives, whatever the operator's file comes to say: what is counted by them goes on.

use std::collections::HashMap;

use super::provider::Service;
use super::served::Seat;

/// See the module's words.
#[derive(Debug, Default)]
pub struct Seats {
    providers: HashMap<String, u32>,
    pairs: HashMap<(u32, String), u32>,
    groups: HashMap<(Service, String), u32>,
}

impl Seats {
    /// The numbers of a provider with one of its models.
    pub(super) fn of(&mut self, provider: &str, model: &str) -> Seat {
        let provider = number(&mut self.providers, provider.to_owned());
        let pair = number(&mut self.pairs, (provider, model.to_owned()));
        Seat { provider, pair }
    }

    /// The number of those who are asked for this, a model or an alias.
    pub(super) fn group(&mut self, service: Service, name: &str) -> u32 {
        number(&mut self.groups, (service, name.to_owned()))
    }

    /// The number of a provider.
    pub(super) fn provider(&mut self, name: &str) -> u32 {
        number(&mut self.providers, name.to_owned())
    }

    pub(super) fn pairs(&self) -> usize {
        self.pairs.len()
    }

    pub(super) fn groups(&self) -> usize {
        self.groups.len()
    }
}

/// The number of a thing; the next one where it is new.
fn number<K: std::hash::Hash + Eq>(numbers: &mut HashMap<K, u32>, of: K) -> u32 {
    let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    *numbers.entry(of).or_insert(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_number_keeps_it() {
        let mut seats = Seats::default();
        let first = seats.of("a", "m");
        assert_eq!(seats.of("b", "m"), Seat { provider: 1, pair: 1 });
        assert_eq!((seats.of("a", "m"), seats.provider("a")), (first, 0));
        assert_eq!(seats.of("a", "n"), Seat { provider: 0, pair: 2 });
        let groups = [Service::Chat, Service::Embed, Service::Chat].map(|it| seats.group(it, "m"));
        assert_eq!((groups, seats.pairs(), seats.groups()), ([0, 1, 0], 3, 2));
    }
}
