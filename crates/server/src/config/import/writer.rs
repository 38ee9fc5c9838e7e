//! Writes the configuration as TOML, in the words and the order of the README.

use std::fmt::Write as _;

use weighbridge_core::directory::Service;

use super::plan::{Key, Plan, Price, Provider, Rates, Timeout};
use super::report::NotCarried;

/// Letters of a line, about.
const WIDTH: usize = 100;

/// The file.
pub(super) fn write(plan: &Plan, from: &str, not_carried: &[NotCarried]) -> String {
    let mut lines = Lines::default();
    lines.comment(&format!(
        "Made of {from} by `weighbridge config import`. Look it through, set the variables that it \
         names, then run `weighbridge config check` on it."
    ));
    if !not_carried.is_empty() {
        lines.comment("What could not be carried is listed at the end.");
    }
    for provider in &plan.providers {
        lines.provider(provider);
    }
    for alias in &plan.aliases {
        lines.begin("[[aliases]]");
        lines.text("match", &alias.pattern);
        match alias.to.as_slice() {
            [one] => lines.text("to", one),
            several => lines.texts("to", several),
        }
    }
    for model in &plan.models {
        lines.begin("[[models]]");
        lines.text("name", &model.name);
        lines.plain("context_length", &model.context_length.to_string());
    }
    for price in &plan.prices {
        lines.price(price);
    }
    if !plan.hybrid.is_empty() {
        lines.begin("[hybrid.services]");
        for (service, policy) in &plan.hybrid {
            lines.text(service.as_str(), policy);
        }
    }
    if !not_carried.is_empty() {
        lines.empty();
        lines.comment("Not carried:");
        for lost in not_carried {
            lines.comment(&format!("- {lost}"));
        }
    }
    lines.text
}

#[derive(Default)]
struct Lines {
    text: String,
    /// Stands before each line of a table that is not in force.
    before: &'static str,
}

impl Lines {
    fn line(&mut self, line: &str) {
        let before = self.before;
        // A `String` takes whatever is written.
        let _always_written = writeln!(self.text, "{before}{line}").is_err();
    }

    fn empty(&mut self) {
        self.text.push('\n');
    }

    fn begin(&mut self, header: &str) {
        self.empty();
        self.line(header);
    }

    fn plain(&mut self, name: &str, value: &str) {
        self.line(&format!("{name} = {value}"));
    }

    fn text(&mut self, name: &str, value: &str) {
        self.plain(name, &quoted(value));
    }

    fn texts(&mut self, name: &str, values: &[impl AsRef<str>]) {
        let values: Vec<String> = values.iter().map(|it| quoted(it.as_ref())).collect();
        let length: usize = values.iter().map(|it| it.len() + 2).sum();
        if length + name.len() + 5 <= WIDTH {
            return self.plain(name, &format!("[{}]", values.join(", ")));
        }
        self.line(&format!("{name} = ["));
        for value in values {
            self.line(&format!("  {value},"));
        }
        self.line("]");
    }

    /// A comment, on as many lines as it needs.
    fn comment(&mut self, words: &str) {
        let mut line = String::from("#");
        for word in words.split_whitespace() {
            let word: String =
                word.chars().map(|it| if it.is_control() { '?' } else { it }).collect();
            if line.len() + 1 + word.len() > WIDTH && line.len() > 3 {
                self.text.push_str(&line);
                self.text.push('\n');
                line = String::from(if words.starts_with("- ") { "#  " } else { "#" });
            }
            line.push(' ');
            line.push_str(&word);
        }
        self.text.push_str(&line);
        self.text.push('\n');
    }

    fn provider(&mut self, provider: &Provider) {
        self.empty();
        for note in &provider.notes {
            self.comment(note);
        }
        if provider.models.is_empty() {
            self.comment("Name its models, then take the `# ` away from each line:");
            self.before = "# ";
        }
        self.line("[[providers]]");
        self.text("name", &provider.name);
        self.text("flavor", provider.flavor.as_str());
        self.text("base_url", &provider.base_url);
        self.text("location", if provider.local { "local" } else { "remote" });
        let services: Vec<&str> = provider.services.iter().map(|it| it.as_str()).collect();
        self.texts("services", &services);
        self.texts("models", &provider.models);
        if let Key::Variable(name) = &provider.key {
            self.text("api_key", &format!("${{{name}}}"));
        }
        if !provider.responses && provider.services.contains(&Service::Chat) {
            self.plain("responses", "false");
        }
        if provider.completions {
            self.plain("completions", "true");
        }
        if let Some(region) = &provider.region {
            self.text("region", region);
        }
        if provider.timeout != Timeout::default() {
            self.plain("timeout", &timeout(provider.timeout));
        }
        if let Some(most) = provider.concurrency {
            self.plain("concurrency", &format!("{{ max = {most} }}"));
        }
        self.before = "";
    }

    fn price(&mut self, price: &Price) {
        self.begin("[[prices]]");
        self.text("model", &price.model);
        if let Some(provider) = &price.provider {
            self.text("provider", provider);
        }
        self.text("currency", "USD");
        for (meter, amount) in &price.rates {
            self.text(meter.as_str(), &amount.to_string());
        }
        if let Some(limit) = price.output_limit {
            self.plain("output_limit", &limit.to_string());
        }
        if !price.tiers.is_empty() {
            let tiers: Vec<String> = price.tiers.iter().map(tier).collect();
            self.plain("tiers", &format!("[{}]", tiers.join(", ")));
        }
    }
}

fn tier((above, rates): &(u64, Rates)) -> String {
    let mut tier = format!("{{ above = {above}");
    for (meter, amount) in rates {
        tier.push_str(&format!(", {} = {}", meter.as_str(), quoted(&amount.to_string())));
    }
    tier.push_str(" }");
    tier
}

fn timeout(timeout: Timeout) -> String {
    let parts =
        [("first_byte", timeout.first_byte), ("idle", timeout.idle), ("total", timeout.total)];
    let parts: Vec<String> = parts
        .into_iter()
        .filter_map(|(name, millis)| Some(format!("{name} = {}", quoted(&duration(millis?)))))
        .collect();
    format!("{{ {} }}", parts.join(", "))
}

/// A duration as the configuration reads it.
pub(super) fn duration(millis: u64) -> String {
    if millis.is_multiple_of(1_000) {
        format!("{}s", millis / 1_000)
    } else {
        format!("{millis}ms")
    }
}

/// A text in quotes, with everything in it that TOML asks to be escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => {
                quoted.push_str(&format!("\\u{:04X}", u32::from(letter)));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use weighbridge_core::directory::Flavor;

    use super::*;
    use crate::config::import::plan::Alias;

    #[test]
    fn whatever_a_text_holds_toml_reads_it_back() {
        for text in ["", "a\"b", "\\", "x\ny\r\t", "\u{7f}\u{0}\u{85}", "# [[a]]", "'''", "größe"]
        {
            let alias = Alias { pattern: text.to_owned(), to: vec!["m".to_owned()] };
            let plan = Plan { aliases: vec![alias], ..Plan::default() };
            let written = write(&plan, "a test", &[]);
            let read: toml::Table = written.parse().unwrap();
            assert_eq!(read["aliases"][0]["match"].as_str(), Some(text), "{written}");
        }
    }

    #[test]
    fn what_was_not_carried_cannot_leave_its_comment() {
        let lost = NotCarried {
            at: "a\n[[providers]]".to_owned(),
            what: "x\u{85}\r\ny = 1".to_owned(),
            instead: "word ".repeat(60),
        };
        let written = write(&Plan::default(), "a test", &[lost]);
        assert!(written.lines().all(|line| line.is_empty() || line.starts_with('#')), "{written}");
        assert!(written.lines().all(|line| line.len() <= WIDTH), "{written}");
        assert!(written.parse::<toml::Table>().unwrap().is_empty());
    }

    #[test]
    fn a_provider_without_models_is_a_comment() {
        let mut provider =
            Provider::new(Flavor::OpenAi, "http://h/v1".to_owned(), false, Key::Absent);
        provider.name = "h".to_owned();
        provider.services = vec![Service::Chat];
        let plan = Plan { providers: vec![provider], ..Plan::default() };
        let written = write(&plan, "a test", &[]);
        assert!(written.contains("# models = []"), "{written}");
        assert!(written.parse::<toml::Table>().unwrap().is_empty());
    }
}
