//! Whether a turn went as it has to.

use serde_json::Value;

use super::agent::Agent;
use super::exchange::Exchange;
use super::stand::OUTPUT;

/// What a process says of itself that ended well.
const WELL: &str = "exit status: 0";
/// The least calls of a turn: one that calls the tool, one that has its result.
const CALLS: usize = 2;

/// What was seen of a turn.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    /// How the agent ended.
    pub(crate) status: &'a str,
    /// What it printed.
    pub(crate) said: &'a str,
    /// What went between it and the gateway.
    pub(crate) exchanges: &'a [Exchange],
    /// The receipts of its account.
    pub(crate) receipts: &'a [Value],
}

/// What was wrong with a turn of `agent` with a provider of `flavor`.
pub(crate) fn faults(agent: Agent, flavor: &str, seen: &Seen<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    if seen.status != WELL {
        faults.push(format!("the agent's end: {}", seen.status));
    }
    if !seen.said.contains(OUTPUT) {
        faults.push(format!("it was to say `{OUTPUT}` and said `{}`", seen.said.trim()));
    }
    faults.extend(seen.exchanges.iter().filter(|it| !it.is_fine()).map(Exchange::words));
    let is_call = |it: &&Exchange| it.method == "POST" && it.path == agent.path();
    let calls = seen.exchanges.iter().filter(is_call).count();
    if calls < CALLS {
        faults.push(format!("{calls} calls went to {}; {CALLS} were to", agent.path()));
    }
    if seen.receipts.len() != calls {
        faults.push(format!("{calls} calls left {} receipts", seen.receipts.len()));
    }
    for receipt in seen.receipts {
        for (field, wanted) in [("outcome", "ok"), ("conversion", "both"), ("provider", flavor)] {
            let found = receipt.get(field).unwrap_or(&Value::Null);
            if found != wanted {
                faults.push(format!("a receipt's {field} is {found} and was to be \"{wanted}\""));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn exchange(status: u64) -> Exchange {
        Exchange {
            method: "POST".to_owned(),
            path: "/v1/responses".to_owned(),
            status: Some(status),
            number: 1,
        }
    }

    #[test]
    fn a_turn_is_good_only_with_everything_that_belongs_to_it() {
        let good = json!({"outcome": "ok", "conversion": "both", "provider": "gemini"});
        let seen = Seen {
            status: WELL,
            said: "The shell said: weighed-42-by-hand\n",
            exchanges: &[exchange(200), exchange(200)],
            receipts: &[good.clone(), good],
        };
        assert_eq!(faults(Agent::Codex, "gemini", &seen), Vec::<String>::new());
        // Another agent's path, another provider.
        assert_eq!(faults(Agent::ClaudeCode, "gemini", &seen).len(), 2);
        assert_eq!(faults(Agent::Codex, "ollama", &seen).len(), 2);
        let bad = json!({"outcome": "error", "conversion": "none", "provider": "gemini"});
        let seen = Seen {
            status: "exit status: 1",
            said: "echo weighed-$((6 * 7))-by-hand",
            exchanges: &[exchange(400)],
            receipts: &[bad],
        };
        assert_eq!(faults(Agent::Codex, "gemini", &seen).len(), 6);
    }
}
