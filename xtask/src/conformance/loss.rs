//! What is lost between each flavor of caller and each of provider, asked of the conversions.

use std::fmt::Write as _;

use weighbridge_flavor::canon::{Action, Losses, Target};
use weighbridge_flavor::convert::Asked;
use weighbridge_flavor::dialect::{Dialect, Path};

use super::feature::{self, Feature};

/// The dialects of conversations; the older ones of prompts carry words and knobs only.
const CHATS: [Dialect; 6] = [
    Dialect::Chat,
    Dialect::Responses,
    Dialect::Messages,
    Dialect::Gemini,
    Dialect::OllamaChat,
    Dialect::AogChat,
];

const PATH: Path<'static> = Path { model: "asked", stream: false };

/// What became of something on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// It arrived as it was.
    Carried,
    /// It did not, and that is said, for this reason.
    Said(Action, String),
    /// It did not, and nothing says so.
    Silent,
}

/// The part of the report about losses.
pub(crate) fn section() -> String {
    let mut page = HEAD.to_owned();
    let mut reasons = Vec::new();
    for from in CHATS {
        table(&mut page, from, &mut reasons);
    }
    page.push_str("\n### Why\n\n");
    for (at, reason) in reasons.iter().enumerate() {
        writeln!(page, "{}. {reason}", at + 1).ok();
    }
    page
}

/// One row for each thing that a caller of this flavor can ask for and that some provider's cannot.
fn table(page: &mut String, from: Dialect, reasons: &mut Vec<String>) {
    let others: Vec<_> = CHATS.into_iter().filter(|to| *to != from).collect();
    let names: Vec<_> = others.iter().map(|to| to.as_str()).collect();
    writeln!(page, "\n### From {}\n", from.as_str()).ok();
    let (mut carried, mut rows) = (Vec::new(), String::new());
    for feature in feature::ALL {
        let Some(body) = body(from, feature) else { continue };
        let fates: Vec<_> = others.iter().map(|to| fate(from, *to, &body, feature)).collect();
        if fates.iter().all(|fate| *fate == Fate::Carried) {
            carried.push(feature.name);
            continue;
        }
        let words: Vec<_> = fates.into_iter().map(|fate| word(fate, reasons)).collect();
        writeln!(rows, "| {} | {} |", feature.name, words.join(" | ")).ok();
    }
    writeln!(page, "Everywhere: {}.\n", carried.join(", ")).ok();
    writeln!(page, "| what is asked for | {} |", names.join(" | ")).ok();
    writeln!(page, "|---|{}", "---|".repeat(names.len())).ok();
    page.push_str(&rows);
}

/// A request for this in a caller's flavor, where that has words for it.
fn body(from: Dialect, feature: &Feature) -> Option<String> {
    let mut losses = Losses::default();
    let body = from.write_request(&feature.request(), &target(), &mut losses);
    let body = String::from_utf8(body).ok()?;
    let asked = Asked::read(from, &body, PATH).ok()?;
    (asked.losses.is_empty() && (feature.is_in)(&asked.request)).then_some(body)
}

fn fate(from: Dialect, to: Dialect, body: &str, feature: &Feature) -> Fate {
    let Ok(asked) = Asked::read(from, body, PATH) else { return Fate::Silent };
    let made = asked.write(to, &target());
    let worst = made.losses.named().iter().max_by_key(|loss| loss.action);
    if let Some(loss) = worst {
        return Fate::Said(loss.action, loss.reason.to_owned());
    }
    let Ok(made) = String::from_utf8(made.body) else { return Fate::Silent };
    match Asked::read(to, &made, PATH) {
        Ok(there) if (feature.is_in)(&there.request) => Fate::Carried,
        _ => Fate::Silent,
    }
}

fn word(fate: Fate, reasons: &mut Vec<String>) -> String {
    let (action, reason) = match fate {
        Fate::Carried => return "yes".to_owned(),
        Fate::Silent => return "**silently lost**".to_owned(),
        Fate::Said(action, reason) => (action, reason),
    };
    let at = reasons.iter().position(|one| *one == reason).unwrap_or_else(|| {
        reasons.push(reason);
        reasons.len() - 1
    });
    format!("{} [{}]", action.as_str(), at + 1)
}

fn target() -> Target {
    Target::usual("asked", 4096)
}

const HEAD: &str = "\
## What is lost

For each flavor of caller, what it can ask for that some flavor of provider cannot be asked: `dropped`, or `approximated`
by something near to it, both named in the header `x-weighbridge-lossy` and on the receipt, or `refused`, since without it
the call would mean something else. With `x-weighbridge-strict: true` all of them are refused. The numbers are the reasons
at the end. Between a caller and a provider of one flavor the request goes on as it came.
";

#[cfg(test)]
mod tests {
    use super::section;

    #[test]
    fn nothing_is_lost_in_silence() {
        let page = section();
        let silent: Vec<_> = page.lines().filter(|line| line.contains("silently")).collect();
        assert!(silent.is_empty(), "{silent:#?}");
    }
}
