//! Whether callers saw no failure that a healthy provider could have prevented.

use std::collections::HashMap;
use std::time::Duration;

use weighbridge_core::money::Amount;

use super::answer::{End, Tokens};
use super::caller::Call;
use super::outage::Outage;
use super::receipt::Receipt;
use super::site::{DESK, INPUT, OUTPUT, SPARE, WHOLE};
use super::watcher::Sight;

/// The longest time in which a caller may see nothing: the desk's, and the spare's.
pub(crate) const LONGEST: Duration = WHOLE.saturating_add(Duration::from_secs(2));
/// The most tokens that a prompt is taken for.
const PROMPT: u64 = 512;
/// A micro-unit in nano-units.
const MICRO: u64 = 1000;

/// Everything that happened.
#[derive(Debug, Default)]
pub(crate) struct Case {
    pub(crate) calls: Vec<Call>,
    pub(crate) receipts: HashMap<String, Receipt>,
    pub(crate) outages: Vec<Outage>,
    pub(crate) sights: Vec<Sight>,
}

impl Case {
    /// The calls with their receipts, those that have one.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&Call, &Receipt)> {
        self.calls.iter().filter_map(|call| Some((call, self.receipt(call)?)))
    }

    fn receipt(&self, call: &Call) -> Option<&Receipt> {
        self.receipts.get(call.receipt.as_ref()?)
    }

    /// The rules that were broken.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for call in &self.calls {
            let receipt = self.receipt(call);
            let mut found = self.of_reply(call);
            match receipt {
                Some(receipt) => found.extend(self.of_receipt(call, receipt)),
                None => found.push("it has no receipt".to_owned()),
            }
            let json = receipt.map(|receipt| receipt.json.as_str()).unwrap_or_default();
            let named = |fault| format!("call {}: {fault}\n  {call:?}\n  {json}", call.number);
            faults.extend(found.into_iter().map(named));
        }
        if self.receipts.len() != self.calls.len() {
            let (receipts, calls) = (self.receipts.len(), self.calls.len());
            faults.push(format!("{calls} calls left {receipts} receipts"));
        }
        faults.extend(self.outages.iter().flat_map(|outage| self.of_outage(outage)));
        faults
    }

    /// What is wrong with what a caller saw.
    fn of_reply(&self, call: &Call) -> Vec<String> {
        let mut faults = Vec::new();
        match &call.end {
            End::Well => {}
            End::Wrong(words) => faults.push(words.clone()),
            End::Error(_) if self.outages.iter().any(|outage| outage.cut(call)) => {}
            End::Error(code) => {
                faults.push(format!("its stream ended in `{code}`, and could have been had whole"));
            }
        }
        if call.silence > LONGEST {
            faults.push(format!("nothing came for {:?}; {LONGEST:?} is the most", call.silence));
        }
        faults
    }

    /// What is wrong with what its receipt says.
    fn of_receipt(&self, call: &Call, receipt: &Receipt) -> Vec<String> {
        let mut faults = Vec::new();
        let outcome = match call.end {
            End::Well => "ok",
            End::Error(_) | End::Wrong(_) => "error",
        };
        if receipt.outcome != outcome {
            faults.push(format!("its outcome was to be {outcome}"));
        }
        let said = receipt.exchanges();
        let met = self.outages.iter().any(|outage| outage.met(call));
        let is_right = match said.as_slice() {
            [(DESK | SPARE, "ok")] => outcome == "ok",
            [(DESK, "error"), (SPARE, "ok")] => outcome == "ok" && met,
            [(DESK, "error")] => outcome == "error" && met,
            _ => false,
        };
        if !is_right {
            faults.push(format!("its attempts are {said:?}"));
        }
        match (&call.end, call.tokens) {
            (End::Well, Some(tokens)) if receipt.charged != price(tokens) => {
                faults.push(format!("it was to be charged {}", price(tokens)));
            }
            (End::Well, None) => faults.push("its reply says nothing of its tokens".to_owned()),
            // What it used is estimated, and no more than one such answer costs.
            (End::Error(_), _) => {
                let most = price(Tokens { input: PROMPT, output: call.limit });
                if receipt.charged > most {
                    faults.push(format!("it was to be charged at most {most}"));
                }
            }
            _ => {}
        }
        faults
    }

    /// What is wrong with how an outage was met.
    fn of_outage(&self, outage: &Outage) -> Vec<String> {
        let mut faults = Vec::new();
        let kind = outage.kind;
        let mut bounded = |what: &str, after: Option<Duration>, most: Duration| {
            if after.is_none_or(|after| after > most) {
                let word = kind.word();
                faults.push(format!("{word}: the desk was {what} after {after:?}, not {most:?}"));
            }
        };
        bounded("left", outage.left_after(&self.sights), kind.until_left());
        bounded("used again", outage.used_after(self.pairs()), kind.until_used());
        let told = |(call, receipt): (&Call, &Receipt)| outage.met(call) && receipt.failed_over();
        if !self.pairs().any(told) {
            faults.push(format!("{}: no call was lost by it, so it shows nothing", kind.word()));
        }
        faults
    }
}

/// What these cost.
fn price(tokens: Tokens) -> Amount {
    let micros = tokens.input * INPUT + tokens.output * OUTPUT;
    Amount::from_nanos(i128::from(micros * MICRO))
}

#[cfg(test)]
mod tests;
