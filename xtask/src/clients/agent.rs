//! The agents: how each is told where the gateway is, and asked to do something.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::install;

/// What the agent is asked to do.
const PROMPT: &str = "Weigh it with the shell and tell me what it says.";

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Agent {
    /// Claude Code, which speaks Anthropic's messages.
    ClaudeCode,
    /// Codex, which speaks OpenAI's responses.
    Codex,
}

impl Agent {
    pub(crate) const ALL: [Self; 2] = [Self::ClaudeCode, Self::Codex];

    /// Its name on the command line and in tables.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
        }
    }

    /// The flavors of providers for which the gateway has to convert.
    pub(crate) const fn foreign_flavors(self) -> [&'static str; 4] {
        match self {
            Self::ClaudeCode => ["openai", "gemini", "responses", "ollama"],
            Self::Codex => ["anthropic", "openai", "gemini", "ollama"],
        }
    }

    /// The path that its calls go to.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::ClaudeCode => "/v1/messages",
            Self::Codex => "/v1/responses",
        }
    }

    /// The version that is installed.
    pub(crate) fn version(self) -> Result<String> {
        let text = install::text(&self.package().join("package.json"))?;
        let manifest: Value = serde_json::from_str(&text)?;
        let version = manifest.get("version").and_then(Value::as_str);
        Ok(version.context("a package without a version")?.to_owned())
    }

    fn package(self) -> std::path::PathBuf {
        install::modules().join(match self {
            Self::ClaudeCode => "@anthropic-ai/claude-code",
            Self::Codex => "@openai/codex",
        })
    }

    /// A command that lets it take one turn with `model`, with nothing of this machine's
    /// environment but where programs lie, and all that it keeps below `home`.
    pub(crate) fn turn(self, home: &Path, url: &str, key: &str, model: &str) -> Result<Command> {
        let mut command = Command::new("node");
        command.env_clear().env("HOME", home).env("TMPDIR", home.join("tmp"));
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("TERM", "dumb").env("LANG", "C.UTF-8");
        fs::create_dir_all(home.join("tmp"))?;
        match self {
            Self::ClaudeCode => {
                command.arg(self.package().join("cli-wrapper.cjs"));
                command.args(["--print", PROMPT, "--allowedTools", "Bash"]);
                command.env("CLAUDE_CONFIG_DIR", home.join("claude"));
                command.env("ANTHROPIC_BASE_URL", url).env("ANTHROPIC_AUTH_TOKEN", key);
                command.env("ANTHROPIC_MODEL", model);
                command.env("ANTHROPIC_DEFAULT_HAIKU_MODEL", model);
            }
            Self::Codex => {
                let config = home.join("codex");
                fs::create_dir_all(&config)?;
                fs::write(config.join("config.toml"), codex_config(url, model))?;
                command.arg(self.package().join("bin/codex.js"));
                // Its own sandbox cannot be built in every container, and the model is scripted.
                command.args(["exec", "--skip-git-repo-check"]);
                command.args(["--dangerously-bypass-approvals-and-sandbox", PROMPT]);
                command.env("CODEX_HOME", config).env("WEIGHBRIDGE_KEY", key);
            }
        }
        Ok(command)
    }
}

fn codex_config(url: &str, model: &str) -> String {
    format!(
        "model = \"{model}\"\nmodel_provider = \"weighbridge\"\n\n\
         [model_providers.weighbridge]\nname = \"Weighbridge\"\nbase_url = \"{url}/v1\"\n\
         env_key = \"WEIGHBRIDGE_KEY\"\nwire_api = \"responses\"\n"
    )
}
