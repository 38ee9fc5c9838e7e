//! M2 under any order of what can happen to a purse.

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use weighbridge_proof::Timestamp;

use super::{Budget, Period, Purse, Short};
use crate::day::Day;
use crate::invariant;
use crate::money::{Amount, Currency};

fn usd() -> Currency {
    "USD".parse().unwrap()
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn budget(total: &str, period: Period) -> Budget {
    Budget { amount: amount(total), currency: usd(), period, credit: Amount::ZERO }
}

/// A purse with this budget, of which nothing is spent.
fn purse(budget: Budget, now: Timestamp) -> Purse {
    Purse::from_books(Some((budget, Day::of(now))), &[], now)
}

fn set(purse: &mut Purse, budget: Budget, before: Amount, now: Timestamp) -> bool {
    let proposed = purse.propose(Some(budget), before, now).is_ok();
    purse.accept();
    proposed
}

fn at(day: i64) -> Timestamp {
    Day::from_number(day).start()
}

#[test]
fn what_is_held_is_free_again_but_for_what_was_charged() {
    let mut purse = purse(budget("1", Period::Once), at(0));
    purse.reserve(usd(), amount("0.75"), at(0)).unwrap();
    let short = purse.reserve(usd(), amount("0.5"), at(0)).unwrap_err();
    assert!(matches!(short, Short::Free { free, standing } if free == amount("0.25")
        && standing.reserved == amount("0.75") && standing.calls == 1));
    assert_eq!(purse.extend(usd(), amount("1"), at(0)), amount("0.25"));
    purse.settle(usd(), amount("1"), amount("0.4"), at(0));
    let standing = purse.standings(at(0))[0];
    assert_eq!((standing.spent, standing.reserved), (amount("0.4"), Amount::ZERO));
    purse.reserve(usd(), amount("0.6"), at(0)).unwrap();
}

#[test]
fn another_currency_than_the_budgets_is_refused() {
    let mut purse = purse(budget("1", Period::Once), at(0));
    let cny = "CNY".parse().unwrap();
    assert_eq!(purse.reserve(cny, amount("0.1"), at(0)), Err(Short::Currency(usd())));
}

#[test]
fn a_period_begins_anew_and_credit_lasts_until_it_is_used() {
    let topped_up = Budget { credit: amount("3"), ..budget("1", Period::Day) };
    let mut purse = purse(topped_up, at(10));
    purse.reserve(usd(), amount("2.5"), at(10)).unwrap();
    purse.settle(usd(), amount("2.5"), amount("2.5"), at(10));
    // The day took 1 of its own and 1.5 of the credit.
    assert_eq!(purse.budget(at(11)).unwrap().credit, amount("1.5"));
    assert_eq!(purse.standings(at(11))[0].spent, Amount::ZERO);
    purse.reserve(usd(), amount("2.5"), at(11)).unwrap();
    assert!(purse.reserve(usd(), amount("0.1"), at(11)).is_err());
    // What is held is held over midnight.
    assert_eq!(purse.standings(at(12))[0].reserved, amount("2.5"));
    assert!(purse.reserve(usd(), amount("0.1"), at(12)).is_err());
}

#[test]
fn what_was_spent_before_the_budget_counts_for_a_budget_without_a_period() {
    let mut purse = Purse::from_books(None, &[(usd(), Day::FIRST, amount("4"))], at(0));
    assert!(!set(&mut purse, budget("3", Period::Once), Amount::ZERO, at(0)));
    assert!(set(&mut purse, budget("5", Period::Once), Amount::ZERO, at(0)));
    assert!(purse.reserve(usd(), amount("1.1"), at(0)).is_err());
    purse.reserve(usd(), amount("1"), at(0)).unwrap();
}

#[test]
fn while_a_budget_is_being_changed_both_bind() {
    let mut purse = purse(budget("10", Period::Once), at(0));
    purse.propose(Some(budget("2", Period::Once)), Amount::ZERO, at(0)).unwrap();
    assert!(purse.reserve(usd(), amount("3"), at(0)).is_err());
    purse.withdraw();
    purse.reserve(usd(), amount("3"), at(0)).unwrap();
    assert!(purse.propose(Some(budget("2", Period::Once)), Amount::ZERO, at(0)).is_err());
    purse.propose(Some(budget("20", Period::Once)), Amount::ZERO, at(0)).unwrap();
    assert!(purse.reserve(usd(), amount("8"), at(0)).is_err());
    purse.accept();
    purse.reserve(usd(), amount("8"), at(0)).unwrap();
    purse.propose(None, Amount::ZERO, at(0)).unwrap();
    assert!(purse.reserve(usd(), amount("80"), at(0)).is_err());
    purse.accept();
    purse.reserve(usd(), amount("80"), at(0)).unwrap();
}

#[test]
fn a_budget_read_from_the_books_is_the_one_that_was_rolled() {
    let topped_up = Budget { credit: amount("3"), ..budget("1", Period::Day) };
    let day = Day::from_number;
    let days = [(day(10), amount("2.5")), (day(12), amount("1.2")), (day(13), amount("0.3"))];
    let carried = |today| topped_up.carried(day(10), days.into_iter(), day(today)).credit;
    assert_eq!(carried(13), amount("1.3"));
    assert_eq!(carried(14), amount("1.3"));
    assert_eq!(topped_up.carried(day(10), std::iter::empty(), day(20)).credit, amount("3"));
    assert_eq!(topped_up.carried(day(10), days.into_iter().take(1), day(10)).credit, amount("3"));
}

/// Something that happens to a purse.
#[derive(Debug, Clone)]
enum Event {
    Reserve(i128),
    Extend(usize, i128),
    Settle(usize, u8),
    Release(usize),
    Night,
    SetBudget(i128, i128, Period),
    /// The process ends: what was held is held no more, what was settled is in the books.
    Crash,
}

fn event() -> impl Strategy<Value = Event> {
    let nanos = 0i128..2_000;
    prop_oneof![
        4 => nanos.clone().prop_map(Event::Reserve),
        4 => (any::<usize>(), nanos.clone()).prop_map(|(which, more)| Event::Extend(which, more)),
        4 => (any::<usize>(), any::<u8>()).prop_map(|(which, part)| Event::Settle(which, part)),
        1 => any::<usize>().prop_map(Event::Release),
        1 => Just(Event::Night),
        1 => (nanos.clone(), nanos, prop::sample::select(Period::ALL.to_vec()))
            .prop_map(|(amount, credit, period)| Event::SetBudget(amount, credit, period)),
        1 => Just(Event::Crash),
    ]
}

/// A purse beside the books that the receipts make.
struct Model {
    purse: Purse,
    holds: Vec<Amount>,
    books: Vec<(Day, Amount)>,
    budget: Budget,
    since: Day,
    today: i64,
}

impl Model {
    fn before(&self, period: Period) -> Amount {
        let start = period.start(Day::from_number(self.today));
        self.books.iter().filter(|(day, _)| *day < start).map(|(_, amount)| *amount).sum()
    }

    fn total(&self) -> Amount {
        self.books.iter().map(|(_, amount)| *amount).sum()
    }

    fn play(&mut self, event: &Event) {
        let now = at(self.today);
        match event {
            Event::Reserve(nanos) => {
                let amount = Amount::from_nanos(*nanos);
                if self.purse.reserve(usd(), amount, now).is_ok() {
                    self.holds.push(amount);
                }
            }
            Event::Extend(which, nanos) if !self.holds.is_empty() => {
                let which = which % self.holds.len();
                let granted = self.purse.extend(usd(), Amount::from_nanos(*nanos), now);
                self.holds[which] += granted;
            }
            Event::Settle(which, part) if !self.holds.is_empty() => {
                let held = self.holds.swap_remove(which % self.holds.len());
                let charged = Amount::from_nanos(held.nanos() * i128::from(*part) / 255);
                self.purse.settle(usd(), held, charged, now);
                self.books.push((Day::from_number(self.today), charged));
            }
            Event::Release(which) if !self.holds.is_empty() => {
                let held = self.holds.swap_remove(which % self.holds.len());
                self.purse.settle(usd(), held, Amount::ZERO, now);
            }
            Event::Night => self.today += 1,
            Event::SetBudget(nanos, credit, period) => {
                let (amount, credit) = (Amount::from_nanos(*nanos), Amount::from_nanos(*credit));
                let new = Budget { amount, currency: usd(), period: *period, credit };
                let before = self.before(*period);
                if set(&mut self.purse, new, before, now) {
                    self.budget = new;
                    self.since = period.start(Day::from_number(self.today));
                }
            }
            Event::Crash => {
                let days: Vec<_> =
                    self.books.iter().map(|(day, amount)| (usd(), *day, *amount)).collect();
                let mut found = Purse::from_books(Some((self.budget, self.since)), &days, now);
                assert_eq!(found.budget(now), self.purse.budget(now));
                self.purse = found;
                self.holds.clear();
            }
            Event::Extend(..) | Event::Settle(..) | Event::Release(_) => {}
        }
    }

    fn check(&mut self) {
        let standing = self.purse.standings(at(self.today))[0];
        let total = standing.budget.unwrap().total();
        invariant::m2(standing.spent, standing.reserved, total).unwrap();
        assert_eq!(standing.reserved, self.holds.iter().copied().sum());
        // The balance is the sum of the receipts.
        let period = standing.budget.unwrap().period;
        assert_eq!(standing.spent, self.total() - self.before(period));
    }
}

proptest! {
    #[test]
    fn spent_and_reserved_never_pass_the_budget_and_the_balance_is_the_sum_of_the_receipts(
        events in prop::collection::vec(event(), 1..200),
    ) {
        let first = Budget { amount: Amount::from_nanos(5_000), ..budget("0", Period::Once) };
        let mut model = Model {
            purse: purse(first, at(100)),
            holds: Vec::new(),
            books: Vec::new(),
            budget: first,
            since: Day::from_number(100),
            today: 100,
        };
        for event in &events {
            model.play(event);
            model.check();
        }
    }
}
