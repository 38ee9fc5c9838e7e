//! What a call costs, who pays it, and who had agreed to it.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use weighbridge_proof::Digest;

use crate::money::{Amount, Currency};

/// How a call's cost is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostBasis {
    /// Out of what the provider said was used, or of its having refused the call.
    Measured,
    /// Out of usage that nobody reported.
    Estimated,
    /// No price was in force for the model.
    Unpriced,
    /// The call's end was not seen.
    Unknown,
}

impl CostBasis {
    /// The word on receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Estimated => "estimated",
            Self::Unpriced => "unpriced",
            Self::Unknown => "unknown",
        }
    }
}

/// How the caller agreed to what the call costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// It accepted a quote for these very bytes.
    Confirmed,
    /// It named the most that it would pay.
    MaxCost,
    /// The account's own agreement to what its calls cost.
    Standing,
}

/// What was agreed before a call was dispatched. The intent keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// How.
    pub consent: Consent,
    /// The table of levels in force.
    pub level_sha256: Digest,
    /// The policies in force. Intents of before there were any have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_sha256: Option<Digest>,
    /// What was held when the call began; nothing where the model has no price.
    pub held: Option<Held>,
}

/// What was held for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// What it was expected to cost.
    pub estimate: Amount,
    /// What was held.
    pub reserved: Amount,
    /// Of what.
    pub currency: Currency,
    /// The table of prices in force.
    pub price_sha256: Digest,
}

/// What a call cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// How that is known.
    pub basis: CostBasis,
    /// The charge, where the model that served has a price.
    pub charge: Option<Charge>,
}

/// What is charged for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// What the call was held for. `reserved` is what was held at its end.
    pub held: Held,
    /// What the caller pays: at most what was held.
    pub actual: Amount,
    /// What the call cost beyond that, which the platform pays.
    pub overrun: Amount,
}

/// Whether calls whose end was not seen are charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interrupted {
    /// They are not: what was held is free again.
    #[default]
    Free,
    /// What was held when they began is charged.
    ChargeReserved,
}

/// Who takes part in a settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party<'a> {
    /// The caller's account.
    Account,
    /// Whoever runs the gateway.
    Platform,
    /// The provider that served the call, as vendor of its model.
    Provider(&'a str),
}

impl fmt::Display for Party<'_> {
    /// As it stands on receipts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.write_str("account"),
            Self::Platform => f.write_str("platform"),
            Self::Provider(name) => write!(f, "provider:{name}"),
        }
    }
}

impl Serialize for Party<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Cost {
    /// The cost of a call that has no price.
    pub const UNPRICED: Self = Self { basis: CostBasis::Unpriced, charge: None };

    /// The cost of a call whose process ended before it.
    pub fn interrupted(terms: Option<&Terms>, rule: Interrupted) -> Self {
        let charge = terms.and_then(|terms| terms.held).map(|held| Charge {
            held,
            actual: match rule {
                Interrupted::Free => Amount::ZERO,
                Interrupted::ChargeReserved => held.reserved,
            },
            overrun: Amount::ZERO,
        });
        Self { basis: CostBasis::Unknown, charge }
    }
}

impl Charge {
    /// Who pays and who is paid, in the charge's currency; what is paid is negative. They sum to
    /// zero (invariant M1). One price is both what the vendor is owed and what the account pays, so
    /// the platform's part is the overrun, and what is charged where nobody knows whom to pay.
    pub fn entries(
        self,
        provider: Option<&str>,
    ) -> impl Iterator<Item = (Party<'_>, Amount)> + use<'_> {
        let owed = self.actual + self.overrun;
        let (vendor, platform) = match provider {
            Some(name) => (Some((Party::Provider(name), owed)), -self.overrun),
            None => (None, self.actual),
        };
        let entries =
            [Some((Party::Account, -self.actual)), Some((Party::Platform, platform)), vendor];
        let moved = |(_, amount): &(Party<'_>, Amount)| !amount.is_zero();
        entries.into_iter().flatten().filter(moved)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;
    use crate::invariant;

    fn held(reserved: i128) -> Held {
        Held {
            estimate: Amount::from_nanos(reserved),
            reserved: Amount::from_nanos(reserved),
            currency: "USD".parse().unwrap(),
            price_sha256: Digest::of(b"prices"),
        }
    }

    #[test]
    fn an_interrupted_call_is_free_unless_the_operator_says_otherwise() {
        let terms = Terms {
            consent: Consent::Standing,
            level_sha256: Digest::of(b"levels"),
            policy_sha256: None,
            held: Some(held(7)),
        };
        let actual = |rule| Cost::interrupted(Some(&terms), rule).charge.unwrap().actual;
        assert_eq!(actual(Interrupted::Free), Amount::ZERO);
        assert_eq!(actual(Interrupted::ChargeReserved), Amount::from_nanos(7));
        assert_eq!(Cost::interrupted(None, Interrupted::ChargeReserved).charge, None);
    }

    proptest! {
        #[test]
        fn entries_sum_to_zero_whoever_pays(
            actual in any::<u32>(),
            overrun in any::<u32>(),
            known in any::<bool>(),
        ) {
            let charge = Charge {
                held: held(i128::from(actual)),
                actual: Amount::from_nanos(i128::from(actual)),
                overrun: if known { Amount::from_nanos(i128::from(overrun)) } else { Amount::ZERO },
            };
            let entries: Vec<_> = charge.entries(known.then_some("desk")).collect();
            let currency = charge.held.currency;
            let sums: Vec<_> = entries.iter().map(|(_, amount)| (currency, *amount)).collect();
            invariant::m1(&sums).unwrap();
            let account = entries.iter().find(|(party, _)| *party == Party::Account);
            assert_eq!(account.map_or(Amount::ZERO, |(_, amount)| -*amount), charge.actual);
        }
    }
}
