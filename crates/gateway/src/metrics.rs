//! What is counted. Names follow Prometheus; times are in seconds, as its conventions want.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use weighbridge_core::call::{Ending, Outcome};
use weighbridge_core::failure::Code;
use weighbridge_core::routing::Load;
use weighbridge_store::ledger::Standing;

/// Upper edges of the duration histogram, in seconds.
const DURATIONS: [f64; 12] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0];

/// The counters of a gateway.
#[derive(Debug)]
pub struct Metrics {
    /// Receipts issued, by outcome.
    calls: Family<OutcomeLabel, Counter>,
    /// Calls whose intent is committed and whose receipt is not issued yet.
    pub(crate) in_flight: Gauge,
    /// Requests refused before anything was recorded, by code.
    refused: Family<CodeLabel, Counter>,
    /// From the head of a call to its receipt.
    duration: Histogram,
    /// Tokens as receipts name them.
    input_tokens: Counter<u64, AtomicU64>,
    output_tokens: Counter<u64, AtomicU64>,
    /// Entries of the log under its newest checkpoint.
    log_entries: Gauge,
    /// 1 while the log is signed, 0 when it is not any more.
    log_signing: Gauge,
    /// How often the operator's file was taken anew, and how often not.
    reloads: Family<OutcomeLabel, Counter>,
    /// How much of this machine is in use, by what; nothing of what is not measured.
    machine: Family<PartLabel, Gauge<f64, AtomicU64>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: Word,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabel {
    code: Word,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PartLabel {
    part: Word,
}

/// A word out of a fixed list: never something a caller sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Word(&'static str);

impl EncodeLabelValue for Word {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&self.0, encoder)
    }
}

impl Metrics {
    /// Counters at zero, known to `registry`.
    pub fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            calls: Family::default(),
            in_flight: Gauge::default(),
            refused: Family::default(),
            duration: Histogram::new(DURATIONS),
            input_tokens: Counter::default(),
            output_tokens: Counter::default(),
            log_entries: Gauge::default(),
            log_signing: Gauge::default(),
            reloads: Family::default(),
            machine: Family::default(),
        };
        registry.register("calls", "Receipts issued, by outcome", metrics.calls.clone());
        registry.register(
            "calls_in_flight",
            "Calls that are recorded and have no receipt yet",
            metrics.in_flight.clone(),
        );
        registry.register(
            "refused_requests",
            "Requests refused before anything was recorded, by code",
            metrics.refused.clone(),
        );
        registry.register(
            "call_duration_seconds",
            "From the head of a call to its receipt",
            metrics.duration.clone(),
        );
        registry.register(
            "input_tokens",
            "Tokens of prompts, as receipts name them",
            metrics.input_tokens.clone(),
        );
        registry.register(
            "output_tokens",
            "Tokens of answers, as receipts name them",
            metrics.output_tokens.clone(),
        );
        registry.register(
            "ledger_entries",
            "Entries of the log under its newest checkpoint",
            metrics.log_entries.clone(),
        );
        registry.register(
            "ledger_signing",
            "1 while the log is signed; 0 says that calls are recorded and not proved",
            metrics.log_signing.clone(),
        );
        registry.register(
            "config_reloads",
            "How often the configuration was read anew: ok says that it was taken, refused that what it \
             said before holds on",
            metrics.reloads.clone(),
        );
        registry.register(
            "machine_use_ratio",
            "How much of this machine is in use: cpu, memory, gpu, as far as it is measured",
            metrics.machine.clone(),
        );
        metrics
    }

    /// Counts a reading of the configuration.
    pub fn reloaded(&self, taken: bool) {
        let outcome = Word(if taken { "ok" } else { "refused" });
        self.reloads.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    /// Counts a request that was refused before anything was recorded.
    pub fn refused(&self, code: Code) {
        self.refused.get_or_create(&CodeLabel { code: Word(code.as_str()) }).inc();
    }

    /// Shows where the log stands.
    pub fn log_stands(&self, standing: &Standing) {
        self.log_signing.set(i64::from(matches!(standing, Standing::Signed(_))));
        if let Standing::Signed(Some(head)) = standing {
            self.log_entries.set(head.size.cast_signed());
        }
    }

    /// Shows how much of this machine is in use.
    pub(crate) fn machine_is_in_use(&self, load: Load) {
        for (part, share) in [("cpu", load.cpu), ("memory", load.memory), ("gpu", load.gpu)] {
            let label = PartLabel { part: Word(part) };
            match share {
                Some(share) => {
                    self.machine.get_or_create(&label).set(ratio(share));
                }
                None => {
                    self.machine.remove(&label);
                }
            }
        }
    }

    /// Counts a receipt.
    pub(crate) fn ended(&self, ending: &Ending) {
        let outcome: Outcome = ending.outcome;
        self.calls.get_or_create(&OutcomeLabel { outcome: Word(outcome.as_str()) }).inc();
        if let Some(micros) = ending.duration_us {
            self.duration.observe(std::time::Duration::from_micros(micros).as_secs_f64());
        }
        if let Some(usage) = &ending.usage {
            self.input_tokens.inc_by(usage.input_tokens);
            self.output_tokens.inc_by(usage.output_tokens);
        }
    }
}

/// Thousandths as Prometheus wants shares: of one.
#[expect(clippy::float_arithmetic, reason = "shown, and never counted with")]
fn ratio(per_mille: u32) -> f64 {
    f64::from(per_mille) / 1000.0
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;

    use super::*;

    #[test]
    fn what_is_not_measured_is_not_shown() {
        let mut registry = Registry::default();
        let metrics = Metrics::new(&mut registry);
        let shown = |load| {
            metrics.machine_is_in_use(load);
            let mut text = String::new();
            encode(&mut text, &registry).unwrap();
            let lines = text.lines().filter(|line| line.starts_with("machine_use_ratio{"));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(
            shown(Load { cpu: Some(125), ..Load::default() }),
            ["machine_use_ratio{part=\"cpu\"} 0.125"]
        );
        assert_eq!(
            shown(Load { gpu: Some(1000), ..Load::default() }),
            ["machine_use_ratio{part=\"gpu\"} 1.0"]
        );
    }
}
