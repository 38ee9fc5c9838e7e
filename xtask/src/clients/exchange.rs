//! One request and its reply, as the recorder between agent and gateway noted them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// What agents ask for to see who is there, and can do without.
const PROBES: [&str; 3] = ["/", "/api/hello", "/v1/models"];

/// See the module's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    /// The path, without the query.
    pub(crate) path: String,
    /// The status; nothing where no reply came.
    pub(crate) status: Option<u64>,
    /// The number that the files of its bodies begin with.
    pub(crate) number: u64,
}

impl Exchange {
    /// All that are noted in a folder.
    pub(crate) fn read(folder: &Path) -> Result<Vec<Self>> {
        let path = folder.join("exchanges.jsonl");
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        text.lines().map(|line| Self::of(line).context("a line of the recorder")).collect()
    }

    fn of(line: &str) -> Option<Self> {
        let line: Value = serde_json::from_str(line).ok()?;
        let text = |name: &str| line.get(name).and_then(Value::as_str);
        let path = text("path")?;
        Some(Self {
            method: text("method")?.to_owned(),
            path: path.split_once('?').map_or(path, |(path, _)| path).to_owned(),
            status: line.get("status").and_then(Value::as_u64),
            number: line.get("number")?.as_u64()?,
        })
    }

    /// Whether it went well, or did not have to.
    pub(crate) fn is_fine(&self) -> bool {
        match self.status {
            Some(status) if status < 400 => true,
            Some(404 | 405) => self.method != "POST" && PROBES.contains(&self.path.as_str()),
            _ => false,
        }
    }

    /// For people: what was asked, the status, and which files hold the bodies.
    pub(crate) fn words(&self) -> String {
        let Self { method, path, status, number } = self;
        let status = status.map_or("no reply".to_owned(), |status| status.to_string());
        format!("{method} {path} was answered {status} ({number}.request, {number}.reply)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(method: &str, path: &str, status: &str) -> Exchange {
        let line = format!(
            r#"{{"number":7,"method":"{method}","path":"{path}","bytes":0,"status":{status}}}"#
        );
        Exchange::of(&line).unwrap()
    }

    #[test]
    fn only_probes_may_fail() {
        assert!(exchange("POST", "/v1/messages?beta=true", "200").is_fine());
        assert!(exchange("GET", "/v1/models?limit=1000", "404").is_fine());
        assert!(!exchange("POST", "/v1/messages?beta=true", "400").is_fine());
        assert!(!exchange("GET", "/v1/models", "401").is_fine());
        let cut = exchange("POST", "/v1/responses", "null");
        assert!(!cut.is_fine());
        let words = "POST /v1/responses was answered no reply (7.request, 7.reply)";
        assert_eq!(cut.words(), words);
    }
}
