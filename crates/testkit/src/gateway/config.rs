//! Configurations for tests.

use std::path::{Path, PathBuf};

/// A table for a provider of chat of OpenAI's flavor, as text for a configuration.
pub fn provider_table(name: &str, base_url: &str, models: &[impl AsRef<str>]) -> String {
    provider_table_of("openai", name, base_url, models)
}

/// The same for a provider of any flavor.
pub fn provider_table_of(
    flavor: &str,
    name: &str,
    base_url: &str,
    models: &[impl AsRef<str>],
) -> String {
    let models: Vec<_> = models.iter().map(|model| format!("\"{}\"", model.as_ref())).collect();
    let services = match flavor {
        "openai" | "aog" => {
            r#""chat", "embed", "text-to-image", "text-to-speech", "speech-to-text", "rerank""#
        }
        "gemini" | "ollama" => r#""chat", "embed""#,
        _ => r#""chat""#,
    };
    format!(
        "\n[[providers]]\nname = \"{name}\"\nflavor = \"{flavor}\"\nbase_url = \"{base_url}\"\n\
         location = \"local\"\nservices = [{services}]\nmodels = [{}]\n",
        models.join(", ")
    )
}

/// Adds what the configuration leaves out, and says where the data directory is.
pub(super) fn complete(config: &str, scratch: &Path) -> (String, PathBuf) {
    let mut lines = String::new();
    if top_level(config, "listen").is_none() {
        lines.push_str("listen = \"127.0.0.1:0\"\n");
    }
    let told = top_level(config, "data_dir");
    if told.is_none() {
        lines.push_str(&format!("data_dir = \"{}\"\n", scratch.join("data").display()));
    }
    (lines + config, scratch.join(told.unwrap_or("data")))
}

/// The text of a key before the first table.
fn top_level<'a>(config: &'a str, key: &str) -> Option<&'a str> {
    config.lines().take_while(|line| !line.trim_start().starts_with('[')).find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == key).then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_left_out_is_added() {
        let scratch = Path::new("/s");
        let (config, data) = complete("[limits]\nlisten = 1\n", scratch);
        assert_eq!(
            config,
            "listen = \"127.0.0.1:0\"\ndata_dir = \"/s/data\"\n[limits]\nlisten = 1\n"
        );
        assert_eq!(data, Path::new("/s/data"));
        let full = "listen=\"[::1]:0\"\ndata_dir = \"elsewhere\"\n";
        assert_eq!(complete(full, scratch), (full.to_owned(), PathBuf::from("/s/elsewhere")));
    }
}
