//! Where a call would run, and why there, without making it.

use std::sync::Arc;

use weighbridge_core::directory::{Match, Provider, Serving};
use weighbridge_core::estimate::Estimate;
use weighbridge_core::failure::Failure;
use weighbridge_core::routing::{Choice, Standing, Verdict};

use crate::gateway::Gateway;
use crate::money::offer::Offer;
use crate::pipeline::decision::Decision;

/// See the module's words.
#[derive(Debug)]
pub struct Explanation {
    /// By which policy, and who chose it.
    pub choice: Choice,
    /// The model by the name that the first of its providers in the file knows.
    pub model: String,
    /// How it was found.
    pub how: Match,
    /// Everybody who serves it, those first who would be asked first.
    pub considered: Vec<Explained>,
    /// Why the call would be refused, if it would.
    pub refusal: Option<Failure>,
}

/// One who was thought of.
#[derive(Debug)]
pub struct Explained {
    /// Who.
    pub provider: Arc<Provider>,
    /// The model by the name that it knows.
    pub model: Arc<str>,
    /// What is thought of it.
    pub verdict: Verdict,
    /// How it stands.
    pub standing: Option<Standing>,
    /// How long a reply takes to begin there, in microseconds, where that is known.
    pub first_byte: Option<u64>,
    /// What the call would cost there, where the model has a price.
    pub estimate: Option<Estimate>,
}

impl Explanation {
    pub(super) fn of(
        gateway: &Gateway,
        decision: &Decision,
        offers: &[Offer],
        refusal: Option<Failure>,
    ) -> Self {
        let explained = |(serving, verdict): (&Serving, Verdict)| Explained {
            provider: Arc::clone(&serving.provider),
            model: Arc::clone(&serving.model),
            verdict,
            standing: gateway.turns.standing(serving.seat.provider),
            first_byte: gateway.turns.latency(serving.seat, decision.ask.streams),
            estimate: offers
                .iter()
                .find(|offer| offer.seat == serving.seat)
                .and_then(|offer| offer.estimate().copied()),
        };
        Self {
            choice: decision.choice,
            model: decision.model.clone(),
            how: decision.how,
            considered: decision.verdicts().map(explained).collect(),
            refusal,
        }
    }
}
