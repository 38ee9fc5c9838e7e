//! Whole files, and what they become.

use std::collections::BTreeSet;
use std::path::Path;

use super::{ImportError, Imported, Source, import, read};
use crate::config::Config;

const SMALL: &str = include_str!("../../../../../fixtures/import/litellm-small.yaml");
const TEAM: &str = include_str!("../../../../../fixtures/import/litellm-team.yaml");
const AOG: &str = include_str!("../../../../../fixtures/import/export.aog");

/// The configuration, and below it what was not carried.
fn shown(imported: &Imported) -> String {
    let losses: Vec<String> = imported.not_carried.iter().map(ToString::to_string).collect();
    format!("{}\n--- not carried\n{}\n", imported.toml, losses.join("\n"))
}

/// What our own reader makes of the configuration.
fn accepted(toml: &str) -> Config {
    let variable = |name: &str| match name.ends_with("_BASE") {
        true => Some("https://inner.example.com/v1".to_owned()),
        false => Some(format!("value of {name}")),
    };
    let file = Path::new("imported.toml");
    Config::parse(file, toml, &variable).unwrap_or_else(|error| panic!("{error}"))
}

fn wanted(text: &str) -> Imported {
    import(text, None).unwrap()
}

#[test]
fn a_small_file_of_litellm_becomes_a_whole_configuration() {
    let imported = wanted(SMALL);
    assert_eq!(imported.source, Source::LiteLlm);
    insta::assert_snapshot!(shown(&imported));
    let config = accepted(&imported.toml);
    assert_eq!(config.providers.len(), 3);
    assert!(config.notes.is_empty(), "{:?}", config.notes);
}

#[test]
fn a_teams_file_of_litellm_is_carried_and_its_losses_are_named() {
    let imported = wanted(TEAM);
    insta::assert_snapshot!(shown(&imported));
    let config = accepted(&imported.toml);
    assert!(config.notes.is_empty(), "{:?}", config.notes);
    let mini = config.prices.find("openai", "gpt-4o-mini").unwrap();
    let input = weighbridge_core::price::Meter::Input;
    assert_eq!(mini.price.rates.own(input).unwrap().to_string(), "0.15");
    let vllm = config.providers.iter().find(|it| it.name == "vllm").unwrap();
    assert_eq!(vllm.timeouts.total.as_secs(), 120);
    assert_eq!(vllm.timeouts.idle.as_millis(), 30_500);
}

#[test]
fn an_export_of_aog_becomes_a_configuration() {
    let imported = wanted(AOG);
    assert_eq!(imported.source, Source::Aog);
    insta::assert_snapshot!(shown(&imported));
    let config = accepted(&imported.toml);
    assert!(config.notes.is_empty(), "{:?}", config.notes);
    let names: Vec<&str> = config.providers.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["ollama", "deepseek", "aliyun"]);
    let image = weighbridge_core::directory::Service::TextToImage;
    assert_eq!(config.policies.of(image, "x").policy.as_str(), "always_remote");
}

#[test]
fn no_secret_of_a_file_comes_out_anywhere() {
    for text in [SMALL, TEAM, AOG] {
        let imported = wanted(text);
        let mut all = shown(&imported);
        for lost in &imported.not_carried {
            all.push_str(&lost.to_json().to_string());
        }
        for secret in ["SECRET", "sk-", "postgresql", "AKIA"] {
            assert!(!all.contains(secret), "{secret} in {all}");
        }
    }
}

/// Every name of a setting that stands in a file, with the line.
fn settings(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate();
    let named = lines.filter_map(|(at, line)| {
        let line = line.trim_start().trim_start_matches("- ");
        let (name, value) = line.split_once(": ")?;
        (!name.starts_with('#') && !value.is_empty()).then(|| (at + 1, name.to_owned()))
    });
    named.collect()
}

#[test]
fn every_setting_of_a_file_is_carried_or_named() {
    // What is a part of something that is named, or is carried under another name.
    let known: BTreeSet<&str> = [
        "model_name",
        "model",
        "api_key",
        "api_base",
        "mode",
        "max_input_tokens",
        "region_name",
        "timeout",
        "stream_timeout",
        "request_timeout",
        "max_parallel_requests",
        "<<",
        "type",
        "credential_name",
        "litellm_credential_name",
        "max_output_tokens",
        "description",
        "input_cost_per_token",
        "output_cost_per_token",
        "input_cost_per_second",
        "cache_read_input_token_cost",
        "cache_creation_input_token_cost",
        "cache_creation_input_token_cost_above_1hr",
        "input_cost_per_token_above_200k_tokens",
        "output_cost_per_token_above_200k_tokens",
        "aws_access_key_id",
        "aws_secret_access_key",
        "gpt-4",
        "gpt-4o",
        "fast",
        "quick",
        "x-team",
        "LANGFUSE_SECRET_KEY",
    ]
    .into();
    let imported = wanted(TEAM);
    let said = shown(&imported);
    for (line, name) in settings(TEAM) {
        let named = said.contains(&format!("{name}, line")) || said.contains(&format!("`{name}`"));
        assert!(named || known.contains(name.as_str()), "line {line}: {name} in {said}");
    }
}

#[test]
fn a_name_that_another_model_has_is_said_to_lead_elsewhere() {
    let imported = wanted(
        "model_list:\n\
         - {model_name: gpt-4o, litellm_params: {model: azure/eu, api_base: https://x.openai.azure.com}}\n\
         - {model_name: cheap, litellm_params: {model: openai/gpt-4o}}\n\
         - {model_name: dear, litellm_params: {model: openai/gpt-4o, api_key: other}}\n",
    );
    let said = shown(&imported);
    assert!(said.contains("the name `gpt-4o`, which is that of another model here"), "{said}");
    let config = accepted(&imported.toml);
    let to = |name: &str| {
        config.aliases.iter().find(|it| it.pattern == name).map(|it| it.to[0].as_str())
    };
    assert_eq!(to("cheap"), Some("openai/gpt-4o"));
    assert_eq!(to("dear"), Some("openai-2/gpt-4o"));
    assert_eq!(to("gpt-4o"), None);
}

#[test]
fn names_come_before_patterns_and_longer_patterns_before_shorter_ones() {
    let entry =
        |name: &str| format!("- {{model_name: \"{name}\", litellm_params: {{model: openai/m}}}}\n");
    let names = ["*", "gpt-*", "gpt-4*", "best"];
    let list: String = names.into_iter().map(entry).collect();
    let config = accepted(&wanted(&format!("model_list:\n{list}")).toml);
    let patterns: Vec<&str> = config.aliases.iter().map(|it| it.pattern.as_str()).collect();
    assert_eq!(patterns, ["best", "gpt-4*", "gpt-*", "*"]);
}

#[test]
fn what_the_file_says_cannot_leave_its_quotes() {
    let text = "model_list:\n- model_name: \"a\\\"]\\n[limits]\\nbody = '1B'\"\n  litellm_params:\n    \
                model: \"openai/x\\\"]\\u0007${HOME}\"\n- model_name: 'say \"hi\" \\'\n  \
                litellm_params:\n    model: 'openai/m\"\\'\n";
    let imported = wanted(text);
    let config = accepted(&imported.toml);
    assert_eq!(config.providers[0].models, ["m\"\\"]);
    assert_eq!(config.aliases[0].pattern, "say \"hi\" \\");
    assert!(shown(&imported).contains("a name that cannot be written here"));
}

#[test]
fn files_that_are_none_are_refused_with_a_reason() {
    let said = |text: &str| import(text, None).unwrap_err().to_string();
    insta::assert_snapshot!(
        [
            said(""),
            said("just words"),
            said("- a\n- list\n"),
            said("listen: 0.0.0.0\n"),
            said("model_list:\n  - model_name: [\n"),
            said("model_list: *nowhere\n"),
            said("{\"service\": {\"chat\": {\"models\": [\"m\"]}}, \"version\": \"v0.1\"}"),
            import(SMALL, Some(Source::Aog)).unwrap_err().to_string(),
        ]
        .join("\n")
    );
}

#[test]
fn entries_that_are_none_are_named_and_the_rest_is_carried() {
    let imported = wanted(
        "model_list:\n\
         - just a word\n\
         - model_name: no-params\n\
         - {model_name: [list], litellm_params: {model: openai/a}}\n\
         - {model_name: no-model, litellm_params: {api_key: k}}\n\
         - {model_name: odd, litellm_params: {model: openai/odd, api_base: \"http://u:pw@h/v1\"}}\n\
         - {model_name: deep, litellm_params: {model: openai/deep, api_base: \"http://h/v9\"}}\n\
         - {model_name: half, litellm_params: {model: openai/half, input_cost_per_token: 1e-6}}\n\
         - {model_name: fine, litellm_params: {model: openai/fine, input_cost_per_token: 1e-17, \
            output_cost_per_token: free, timeout: soon, max_parallel_requests: many}}\n\
         - {model_name: v, litellm_params: {model: openai/v}, model_info: {mode: video_generation}}\n",
    );
    insta::assert_snapshot!(shown(&imported));
    assert!(!shown(&imported).contains("pw@"));
    accepted(&imported.toml);
}

#[test]
fn a_part_of_another_shape_is_named() {
    let litellm = wanted(
        "model_list:\n- {model_name: a, litellm_params: {model: openai/a, region_name: [x]}, \
         model_info: word}\nrouter_settings: [a]\nlitellm_settings: word\n\
         credential_list: {a: b}\n",
    );
    let aog = wanted(
        "{\"service_providers\": {\"a\": 5, \"b\": {\"url\": \"http://h/v1\"}, \"c\": {\"api_flavor\": \
         \"ollama\", \"service_name\": \"chat\", \"url\": \"http://h/api/chat\", \"models\": [[1]]}}, \
         \"services\": {\"chat\": 7, \"embed\": {\"hybrid_policy\": {}, \"service_providers\": [1]}}}",
    );
    let said = format!("{}{}", shown(&litellm), shown(&aog));
    for at in [
        "model_list[0].litellm_params.region_name, line 2",
        "model_list[0].model_info, line 2",
        "router_settings, line 3",
        "litellm_settings, line 4",
        "credential_list, line 5",
        "service_providers.a, line 1",
        "service_providers.b, line 1",
        "service_providers.c.models[0], line 1",
        "services.chat, line 1",
        "services.embed.service_providers, line 1",
    ] {
        assert!(said.contains(at), "{at} in {said}");
    }
}

#[test]
fn bounds_of_calls_at_a_time_are_carried_where_they_mean_the_same() {
    let written = |rest: &str| {
        let entry = |name: &str, bound: &str| {
            format!("- {{model_name: {name}, litellm_params: {{model: xai/{name}{bound}}}}}\n")
        };
        let bound = ", max_parallel_requests: 8";
        let list = entry("a", bound) + &entry("b", rest) + &entry("xai/*", "/*");
        let imported = wanted(&format!("model_list:\n{list}"));
        accepted(&imported.toml);
        let line = imported.toml.lines().find(|line| line.starts_with("concurrency"));
        (line.map(str::to_owned), shown(&imported))
    };
    let (sum, said) = written(", max_parallel_requests: 4");
    assert_eq!(sum.as_deref(), Some("concurrency = { max = 12 }"));
    assert!(said.contains("their sum is for all of them now"), "{said}");
    let (none, said) = written("");
    assert_eq!(none, None);
    assert!(said.contains("for some of the models of `xai`"), "{said}");
}

#[test]
fn a_word_in_the_place_of_a_key_is_none_on_ones_own_machines() {
    let entry = |name: &str, base: &str| {
        format!(
            "- {{model_name: {name}, litellm_params: {{model: openai/{name}, api_base: \
             \"{base}\", api_key: none}}}}\n"
        )
    };
    let list = entry("near", "http://127.0.0.1:1234") + &entry("far", "https://far.example/v1");
    let imported = wanted(&format!("model_list:\n{list}"));
    let config = accepted(&imported.toml);
    assert!(config.providers[0].api_key.is_none());
    assert_eq!(config.providers[0].base_url, "http://127.0.0.1:1234/v1");
    assert!(config.providers[1].api_key.is_some(), "{}", imported.toml);
}

#[test]
fn a_file_without_a_list_of_models_says_so() {
    let imported = wanted("general_settings:\n  store_model_in_db: true\n");
    assert!(shown(&imported).contains("there is no list of models"), "{}", shown(&imported));
    accepted(&imported.toml);
}

#[test]
fn a_file_is_read_up_to_its_bound() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.yaml");
    std::fs::write(&file, format!("model_list: []\n#{}", "x".repeat(4 << 20))).unwrap();
    assert!(matches!(read(&file, None), Err(ImportError::TooLong { .. })));
    std::fs::write(&file, SMALL).unwrap();
    assert!(read(&file, None).is_ok());
    let many: String = (0..7_000)
        .map(|at| {
            format!("- {{model_name: a{at}, x: 1, litellm_params: {{model: openai/{at}}}}}\n")
        })
        .collect();
    std::fs::write(&file, format!("model_list:\n{many}")).unwrap();
    let imported = read(&file, None).unwrap();
    assert!(shown(&imported).contains("an entry beyond the 5000 that are read"));
    assert_eq!(accepted(&imported.toml).aliases.len(), 1_000);
    assert!(matches!(read(&dir.path().join("none"), None), Err(ImportError::Unreadable(_))));
}
