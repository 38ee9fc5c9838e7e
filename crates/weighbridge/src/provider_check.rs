//! `weighbridge provider check`.

use std::process::ExitCode;

use serde_json::{Value, json};
use weighbridge_server::survey::{Finding, Found, Outcome, survey};
use weighbridge_server::{Config, config};

use crate::command::ProviderCheckArguments;
use crate::console::{complain, say};
use crate::runtime;

pub(crate) fn run(arguments: &ProviderCheckArguments) -> ExitCode {
    let unusable = ExitCode::from(crate::EXIT_UNUSABLE);
    let Some(file) = arguments.config.clone().or_else(config::default_file) else {
        complain(format_args!(
            "no --config was given and there is no {} here",
            config::DEFAULT_FILE
        ));
        return unusable;
    };
    let config = match Config::read(&file) {
        Ok(config) => config,
        Err(error) => {
            complain(error);
            return unusable;
        }
    };
    let only = arguments.name.as_deref();
    if let Some(name) = only.filter(|name| !config.providers.iter().any(|it| it.name == **name)) {
        let known: Vec<&str> = config.providers.iter().map(|it| it.name.as_str()).collect();
        let known = known.join(", ");
        complain(format_args!(
            "{}: no provider has the name `{name}`; it has {known}",
            file.display()
        ));
        return unusable;
    }
    let runtime = match runtime::start() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(format_args!("cannot start: {error}"));
            return ExitCode::from(crate::EXIT_FAILED);
        }
    };
    let findings = match runtime.block_on(survey(&config, only)) {
        Ok(findings) => findings,
        Err(error) => {
            complain(error);
            return unusable;
        }
    };
    let is_well = findings.iter().all(Finding::is_well);
    if arguments.json {
        let providers: Vec<Value> = findings.iter().map(to_json).collect();
        say(json!({ "ok": is_well, "providers": providers }));
    } else if only.is_some() {
        findings.iter().for_each(tell);
    } else {
        findings.iter().for_each(|finding| say(line(finding)));
    }
    if is_well { ExitCode::SUCCESS } else { ExitCode::from(crate::EXIT_FAILED) }
}

/// All of it in one line.
fn line(finding: &Finding) -> String {
    let Finding { provider, took, .. } = finding;
    let millis = took.as_millis();
    let mut line = match &finding.outcome {
        Outcome::Listed(models) => {
            format!("{provider}: answers in {millis} ms, {} models", models.len())
        }
        Outcome::Unasked { reason } => format!("{provider}: not asked: {reason}"),
        Outcome::Failed { reason, next_step } => format!("{provider}: {reason}; {next_step}"),
    };
    if !finding.not_listed.is_empty() {
        line.push_str(&format!("; does not list {}", finding.not_listed.join(", ")));
    }
    if !finding.without_model.is_empty() {
        line.push_str(&format!("; seems to have none for {}", finding.without_model.join(", ")));
    }
    line
}

/// All that is known of one provider.
fn tell(finding: &Finding) {
    say(format_args!("{} ({}) at {}", finding.provider, finding.flavor, finding.base_url));
    let models = match &finding.outcome {
        Outcome::Failed { reason, next_step } => {
            say(format_args!("  not well: {reason}\n  next step: {next_step}"));
            return;
        }
        Outcome::Unasked { reason } => {
            say(format_args!("  not asked: {reason}"));
            return;
        }
        Outcome::Listed(models) => models,
    };
    let millis = finding.took.as_millis();
    say(format_args!("  answers in {millis} ms and lists {} models", models.len()));
    table(models);
    if !finding.not_listed.is_empty() {
        let names = finding.not_listed.join(", ");
        say(format_args!("\n  not well: `models` names what it does not list: {names}"));
        say("  next step: fetch or start them there, or take them out of `models`");
    }
    if !finding.without_model.is_empty() {
        let services = finding.without_model.join(", ");
        say(format_args!("\n  note: none of its models seems to be for {services}"));
    }
}

fn table(models: &[Found]) {
    const HEAD: [&str; 3] = ["MODEL", "SERVICE", "CONTEXT"];
    let rows: Vec<[String; 3]> = models.iter().map(row).collect();
    if rows.is_empty() {
        return;
    }
    let width = |at: usize| {
        let longest = rows.iter().filter_map(|row| row.get(at)).map(|it| it.chars().count()).max();
        longest.unwrap_or_default().max(HEAD.get(at).map_or(0, |it| it.len()))
    };
    let (first, second) = (width(0), width(1));
    let print = |[name, services, context]: [&str; 3]| {
        say(format_args!("  {name:first$}  {services:second$}  {context}"));
    };
    say("");
    print(HEAD);
    for row in &rows {
        print(row.each_ref().map(String::as_str));
    }
}

fn row(model: &Found) -> [String; 3] {
    let services = match model.services.as_slice() {
        [] => "-".to_owned(),
        services => services.join(", "),
    };
    let context = model.context_length.map_or_else(|| "-".to_owned(), |it| it.to_string());
    [model.name.clone(), services, context]
}

fn to_json(finding: &Finding) -> Value {
    let mut value = json!({
        "name": finding.provider,
        "flavor": finding.flavor,
        "base_url": finding.base_url,
        "took_ms": u64::try_from(finding.took.as_millis()).unwrap_or(u64::MAX),
        "not_listed": finding.not_listed,
        "services_without_model": finding.without_model,
        "models": [],
        "reason": null,
        "next_step": null,
    });
    match &finding.outcome {
        Outcome::Listed(models) => {
            let row = |model: &Found| {
                json!({ "name": model.name, "services": model.services,
                    "context_length": model.context_length })
            };
            value["outcome"] = json!("listed");
            value["models"] = models.iter().map(row).collect();
        }
        Outcome::Unasked { reason } => {
            value["outcome"] = json!("unasked");
            value["reason"] = json!(reason);
        }
        Outcome::Failed { reason, next_step } => {
            value["outcome"] = json!("failed");
            value["reason"] = json!(reason);
            value["next_step"] = json!(next_step);
        }
    }
    value
}
