//! What cargo says while it builds.

use std::path::PathBuf;

use serde_json::Value;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// The compiler began with a package.
    Started(String),
    /// A package is done.
    Finished(String),
    /// Cargo does something else: it fetches, or waits for another cargo.
    Busy(String),
    /// A program was made.
    Program {
        /// Its name.
        name: String,
        /// Where it lies.
        path: PathBuf,
    },
    /// Words for the reader: errors and warnings.
    Words(String),
}

/// The events in one line of cargo's JSON.
pub(crate) fn from_json(line: &str) -> Vec<Event> {
    let Ok(message) = serde_json::from_str::<Value>(line) else { return Vec::new() };
    let kinds = message.pointer("/target/kind").and_then(Value::as_array);
    let is_script =
        kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind.as_str() == Some("custom-build")));
    if message.get("reason").and_then(Value::as_str) != Some("compiler-artifact") || is_script {
        return Vec::new();
    }
    let mut events = Vec::new();
    let name = message.pointer("/target/name").and_then(Value::as_str).unwrap_or_default();
    if let Some(path) = message.get("executable").and_then(Value::as_str) {
        events.push(Event::Program { name: name.to_owned(), path: PathBuf::from(path) });
    }
    if let Some(id) = message.get("package_id").and_then(Value::as_str) {
        events.push(Event::Finished(package(id).to_owned()));
    }
    events
}

/// The name and version in a package's id: `name@version`, or the id itself when it has none.
///
/// `registry+...#serde@1.0.228`, but `path+file:///.../crates/core#weighbridge-core@0.1.0` and
/// `path+file:///.../xtask#0.1.0`, where the folder is the name.
fn package(id: &str) -> &str {
    match id.split_once('#') {
        Some((_, rest)) if rest.contains('@') => rest,
        Some((address, _)) => address.rsplit('/').next().unwrap_or(id),
        None => id,
    }
}

/// The event in one line that cargo writes for people.
pub(crate) fn from_words(line: &str) -> Vec<Event> {
    let plain = without_colour(line);
    let Some((verb, rest)) = status(&plain) else {
        return vec![Event::Words(line.trim_end().to_owned())];
    };
    match verb {
        "Compiling" => {
            let mut words = rest.split(' ');
            let name = words.next().unwrap_or_default();
            let version = words.next().unwrap_or_default().trim_start_matches('v');
            vec![Event::Started(format!("{name}@{version}"))]
        }
        "Finished" => Vec::new(),
        _ => vec![Event::Busy(format!("{} {rest}", verb.to_lowercase()))],
    }
}

/// Cargo's own lines begin with a verb that ends in the twelfth column.
fn status(line: &str) -> Option<(&str, &str)> {
    let (verb, rest) = line.split_at_checked(12)?;
    let verb = verb.trim_start();
    let is_verb = verb.chars().next().is_some_and(char::is_uppercase)
        && verb.chars().all(char::is_alphabetic);
    is_verb.then(|| rest.strip_prefix(' ').map(|rest| (verb, rest.trim_end())))?
}

/// The text without the sequences that colour it.
fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            for letter in letters.by_ref() {
                if letter.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            plain.push(letter);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_read_with_and_without_colour() {
        let started = vec![Event::Started("rusqlite@0.43.0".to_owned())];
        assert_eq!(from_words("   Compiling rusqlite v0.43.0"), started);
        assert_eq!(
            from_words("\u{1b}[1m\u{1b}[32m   Compiling\u{1b}[0m rusqlite v0.43.0"),
            started
        );
    }

    #[test]
    fn errors_are_words_and_waiting_is_said() {
        let error = "error[E0425]: cannot find value `x` in this scope";
        assert_eq!(from_words(error), [Event::Words(error.to_owned())]);
        assert_eq!(
            from_words("    Blocking waiting for file lock on build directory"),
            [Event::Busy("blocking waiting for file lock on build directory".to_owned())]
        );
        assert_eq!(from_words("    Finished `dev` profile in 1s"), []);
    }

    #[test]
    fn artifacts_finish_their_package_and_scripts_do_not() {
        let lib = r#"{"reason":"compiler-artifact","package_id":"registry+x#serde@1.0.1",
            "target":{"kind":["lib"],"name":"serde"},"executable":null}"#;
        assert_eq!(from_json(lib), [Event::Finished("serde@1.0.1".to_owned())]);
        let script = lib.replace("[\"lib\"]", "[\"custom-build\"]");
        assert_eq!(from_json(&script), []);
        let bin = r#"{"reason":"compiler-artifact","package_id":"path+file:///w/tool#0.1.0",
            "target":{"kind":["bin"],"name":"tool"},"executable":"/w/target/tool"}"#;
        let path = PathBuf::from("/w/target/tool");
        assert_eq!(
            from_json(bin),
            [Event::Program { name: "tool".to_owned(), path }, Event::Finished("tool".to_owned())]
        );
    }
}
