//! What the operator is told.

use std::path::Path;

use weighbridge_core::cost::Interrupted;

use super::{Config, ConfigError};

fn parse(text: &str) -> Result<Config, ConfigError> {
    let variable = |name: &str| (name == "DESK_KEY").then(|| "sk-secret".to_owned());
    Config::parse(Path::new("weighbridge.toml"), text, &variable)
}

const PROVIDER: &str = r#"
[[providers]]
name = "desk"
flavor = "openai"
base_url = "http://127.0.0.1:8000/v1"
location = "local"
services = ["chat"]
models = ["m"]
api_key = "${DESK_KEY}"
"#;

#[test]
fn a_whole_file_is_read() {
    let config = parse(&format!(
        "listen = \"127.0.0.1:0\"\n[limits]\nbody = \"1MiB\"\ncalls = 7\n{PROVIDER}\
         timeout = {{ idle = \"5s\" }}\n"
    ))
    .unwrap();
    assert_eq!(config.limits.gateway.body, 1 << 20);
    assert_eq!(config.limits.store.calls, 7);
    let provider = &config.providers[0];
    assert_eq!(provider.timeouts.idle.as_secs(), 5);
    assert_eq!(provider.api_key.as_ref().unwrap().reveal(), "sk-secret");
    assert!(!format!("{config:?}").contains("sk-secret"));
    assert!(config.notes.is_empty());
}

#[test]
fn what_is_known_of_models_is_read_and_its_mistakes_are_said() {
    let known = "[[models]]\nname = \"m\"\ncontext_length = 40960\n[[models]]\nname = \"n\"\n";
    let config = parse(&format!("{PROVIDER}{known}")).unwrap();
    assert_eq!(config.models[0].context_length, Some(40960));
    assert_eq!(config.models[1].context_length, None);
    assert_eq!(config.notes, ["`n` is described, and nobody serves it"]);
    let twice = format!("{PROVIDER}{known}{known}[[models]]\nname = \"o\"\ncontext_length = 0\n");
    let mistakes = parse(&twice).unwrap_err().to_string();
    for said in
        ["`m` is described already", "`n` is described already", "should be a whole number from 1"]
    {
        assert!(mistakes.contains(said), "{mistakes}");
    }
}

#[test]
fn names_that_stand_for_models_are_read_and_lead_somewhere() {
    let alias = |to: &str| format!("[[aliases]]\nmatch = \"claude-*\"\nto = \"{to}\"\n");
    let config = parse(&format!("{PROVIDER}{}", alias("desk/m"))).unwrap();
    assert_eq!(config.aliases[0].to, ["desk/m"]);
    let mistakes = parse(&format!("{PROVIDER}{}{}", alias("m"), alias("other/m")));
    let mistakes = mistakes.unwrap_err().to_string();
    for said in ["`claude-*` stands for a model already", "nobody serves `other/m`"] {
        assert!(mistakes.contains(said), "{mistakes}");
    }
}

#[test]
fn a_provider_may_say_itself_what_it_serves() {
    let open = |models: &str| PROVIDER.replace("[\"m\"]", models);
    let named = |config: &Config| config.providers[0].models.clone();
    let all = parse(&open("\"*\"")).unwrap();
    assert!(all.providers[0].roster.is_open && named(&all).is_empty());
    let more = parse(&open("[\"m\", \"*\"]")).unwrap();
    assert!(more.providers[0].roster.is_open && named(&more) == ["m"]);
    assert!(!parse(PROVIDER).unwrap().providers[0].roster.is_open);
    // What may come to be served is no mistake, and at a provider whose models are named it is one.
    let alias =
        "[[aliases]]\nmatch = \"best\"\nto = \"later\"\n[hybrid.models]\nlater = \"private\"\n";
    let priced = "[[prices]]\nmodel = \"later\"\ncurrency = \"USD\"\nper_request = \"1\"\n";
    let config = parse(&format!("{}{alias}{priced}", open("\"*\""))).unwrap();
    assert_eq!(config.notes, [""; 0]);
    let mistakes = parse(&format!("{PROVIDER}{alias}")).unwrap_err().to_string();
    for said in ["nobody serves `later`", "nobody serves that model"] {
        assert!(mistakes.contains(said), "{mistakes}");
    }
    assert!(parse(&open("[]")).unwrap_err().to_string().contains("or \"*\""));
}

#[test]
fn this_machine_is_looked_through_only_where_the_file_says_so() {
    let found = |text: &str| parse(&format!("{PROVIDER}[discovery]\n{text}\n"));
    assert_eq!(parse(PROVIDER).unwrap().discovery, None);
    assert_eq!(found("ports = [1]").unwrap().discovery, None);
    let usual = found("local = true").unwrap().discovery.unwrap();
    assert_eq!(usual.ports, [11434, 8080, 8000, 1234]);
    assert_eq!(found("local = true\nports = [9]").unwrap().discovery.unwrap().ports, [9]);
    let price = "local = true\n[[prices]]\nmodel = \"x\"\nprovider = \"vllm-8001\"\n\
        currency = \"USD\"\nper_request = \"1\"";
    assert_eq!(found(price).unwrap().notes, [""; 0]);
    for (text, said) in [
        ("ports = [0]", "whole numbers from 1 to 65535"),
        ("ports = []", "1 to 32 ports"),
        ("network = true", "not in this version"),
        ("local = true\n[limits]\nmodel_refresh = \"1ms\"", "at least \"100ms\""),
    ] {
        let mistakes = found(text).unwrap_err().to_string();
        assert!(mistakes.contains(said), "{mistakes}");
    }
}

#[test]
fn every_mistake_is_said_with_its_line() {
    let mistakes = parse(
        r#"lissten = "127.0.0.1:1"
data_dir = 5
[record]
durability = "sometimes"
interrupted = "charge_reserved"
[hybrid]
policy = "default"
[limits]
body = "32MB"
headers = 1000
[[providers]]
name = "a b"
flavor = "ase"
base_url = "localhost:11434"
location = "here"
services = ["chat", "embed"]
api_key = "${MISSING}"
concurrency = { max = 8 }
[outbound]
allow_private = true
[levels.gold]
async = { pending = 3 }
order = "strict"
reserve = "most"
sync = { requests = 0, window = "1m" }
overrun_cap = "half a dollar"
[[prices]]
model = "m"
input = "0.20"
[[prices]]
model = "n"
currency = "usd"
input = 0.2
output = "-1"
outptu = "1"
[[prices]]
model = "m"
currency = "USD"
provider = "nobody"
per_request = "0"
tiers = [{ above = 5 }, { input = "1" }]
[[prices]]
model = "o"
currency = "USD"
"#,
    )
    .unwrap_err()
    .to_string();
    insta::assert_snapshot!(mistakes);
}

#[test]
fn levels_and_prices_are_read() {
    let config = parse(&format!(
        "{PROVIDER}\n[levels.gold]\nsync = {{ requests = 9, window = \"2s\" }}\n\
         reserve = \"ceiling\"\noverrun_cap = \"0.1 CNY\"\n\
         [[prices]]\nmodel = \"m\"\ncurrency = \"CNY\"\ninput = \"0.20\"\noutput = \"0\"\n\
         output_limit = 8192\ntiers = [{{ above = 200000, input = \"0.4\" }}]\n\
         [[prices]]\nmodel = \"ghost\"\ncurrency = \"USD\"\nper_request = \"1\"\nper_image = \"2\"\n\
         [record]\ninterrupted = \"charge_reserved\"\n"
    ))
    .unwrap();
    let gold = config.levels.find("gold").unwrap();
    assert_eq!((gold.sync.requests, gold.sync.window.as_secs()), (9, 2));
    assert_eq!(gold.view.requests, 600);
    assert_eq!(gold.overrun_cap.unwrap().to_string(), "0.1 CNY");
    let price = config.prices.find("desk", "m").unwrap().price;
    assert_eq!((price.output_limit, price.tiers[0].above), (Some(8192), 200_000));
    assert!(config.unpriced().is_empty());
    assert_eq!(config.notes.len(), 1, "{:?}", config.notes);
    assert_eq!(config.interrupted, Interrupted::ChargeReserved);
    let bare = parse(PROVIDER).unwrap();
    assert_eq!(bare.unpriced(), [("desk", "m")]);
}

#[test]
fn what_is_not_toml_is_said_with_its_line() {
    let mistake = parse("listen = \"127.0.0.1:1\"\n[limits\n").unwrap_err().to_string();
    assert!(mistake.starts_with("weighbridge.toml:2: this is not TOML"), "{mistake}");
}

#[test]
fn an_address_that_others_reach_needs_the_words() {
    let refused = parse("listen = \"0.0.0.0:80\"").unwrap_err().to_string();
    assert!(refused.contains("insecure_listen = true"), "{refused}");
    assert!(parse("listen = \"0.0.0.0:80\"\ninsecure_listen = true").is_ok());
}

#[test]
fn a_missing_or_doubled_v1_is_mended_and_said() {
    for base in ["http://127.0.0.1:8000", "http://127.0.0.1:8000/v1/v1/"] {
        let config = parse(&PROVIDER.replace("http://127.0.0.1:8000/v1", base)).unwrap();
        assert_eq!(config.providers[0].base_url, "http://127.0.0.1:8000/v1");
        assert_eq!(config.notes.len(), 1);
    }
}

const TALLY: &str = include_str!("../../../../examples/flavors/tally.toml");

/// A configuration beside a file that describes a flavor.
fn with_flavor(described: &str, config: &str) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("tally.toml"), described).unwrap();
    let config = format!("flavors = [\"tally.toml\"]\n{config}");
    Config::parse(&dir.path().join("weighbridge.toml"), &config, &|_| None).map_err(|error| {
        let folder = format!("{}/", dir.path().display());
        error.to_string().replace(&folder, "")
    })
}

#[test]
fn a_flavor_is_described_in_a_file_of_its_own() {
    let provider = PROVIDER.replace("\"openai\"", "\"tally\"").replace("${DESK_KEY}", "k");
    let config = with_flavor(TALLY, &provider).unwrap();
    assert_eq!(config.providers[0].flavor.as_str(), "tally");
    assert_eq!(config.providers[0].base_url, "http://127.0.0.1:8000/v1");
    assert_eq!(config.flavors[0].request.max_output.as_ref().unwrap().to_string(), "limits.words");
    assert_eq!(config.flavors[0].stream.as_ref().unwrap().terminator.as_deref(), Some("over"));
    let unknown = parse(&provider).unwrap_err().to_string();
    assert!(unknown.contains("flavor"), "{unknown}");
}

#[test]
fn every_mistake_in_a_flavors_file_is_said_with_its_line() {
    let mut described = TALLY.replace("name = \"tally\"", "name = \"openai\"");
    for (right, wrong) in [
        ("path = \"/tally/v1/turns\"", "path = \"/v1/turns\""),
        ("header = \"x-tally-key\"", "header = \"x tally\""),
        ("max_output = \"limits.words\"", "max_output = \"limits..words\""),
        ("user = \"caller\"", "user = \"engine\""),
        ("temperature", "temprature"),
        ("framing = \"events\"", "framing = \"frames\""),
        ("stop = \"ended\"  ", "# stop = \"ended\""),
        ("message = \"wrong.why\"", "message = 7"),
    ] {
        assert!(described.contains(right), "{right}");
        described = described.replacen(right, wrong, 1);
    }
    insta::assert_snapshot!(with_flavor(&described, "").unwrap_err());
}
