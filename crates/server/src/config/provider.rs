//! `[[providers]]`.

use weighbridge_core::directory::{
    Flavor, Habits, Location, Provider, Responses, Roster, Service, Timeouts, is_openais_own,
};
use weighbridge_core::redacted::Redacted;
use weighbridge_core::routing::Concurrency;
use weighbridge_gateway::custom::Custom;

use super::reader::Table;

const KNOWN: [&str; 14] = [
    "name",
    "flavor",
    "base_url",
    "location",
    "services",
    "models",
    "api_key",
    "timeout",
    "concurrency",
    "region",
    "responses",
    "thoughts",
    "completions",
    "late_system",
];
const NOT_YET: [&str; 1] = ["capabilities"];
const FLAVORS: [(&str, Flavor); 5] = [
    ("openai", Flavor::OpenAi),
    ("anthropic", Flavor::Anthropic),
    ("gemini", Flavor::Gemini),
    ("ollama", Flavor::Ollama),
    ("aog", Flavor::Aog),
];
const FLAVORS_NOT_YET: [&str; 2] = ["ase", "gbuilder"];
const SERVICES_NOT_YET: [&str; 2] = ["generate", "image-to-image"];

pub(super) fn read_all(
    root: &Table<'_>,
    flavors: &[&'static Custom],
    notes: &mut Vec<String>,
) -> Vec<Provider> {
    let mut providers: Vec<Provider> = Vec::new();
    for table in root.tables("providers") {
        let Some(provider) = read(&table, flavors, notes) else { continue };
        if providers.iter().any(|other| other.name == provider.name) {
            let words = format!("another provider has the name `{}` already", provider.name);
            table.complain("name", words);
        }
        providers.push(provider);
    }
    providers
}

fn read(
    table: &Table<'_>,
    flavors: &[&'static Custom],
    notes: &mut Vec<String>,
) -> Option<Provider> {
    table.only(&KNOWN, &NOT_YET);
    let name = table.needed("name");
    let flavor = table
        .needed("flavor")
        .and_then(|text| table.word("flavor", &text, &known_flavors(flavors), &FLAVORS_NOT_YET));
    let base_url = table.needed("base_url");
    let base_url = base_url.zip(flavor).and_then(|(url, of)| mend(table, url, of, notes));
    let location = table.needed("location").and_then(|text| {
        let words = [("local", Location::Local), ("remote", Location::Remote)];
        table.word("location", &text, &words, &[])
    });
    let services = read_services(table, flavor);
    let (models, roster) = read_models(table, flavor);
    let name = name?;
    if name.is_empty() || !name.bytes().all(plain) {
        let words = "should be of letters, digits, `-`, `_` and `.`";
        table.complain("name", words.to_owned());
    }
    let (flavor, base_url) = (flavor?, base_url?);
    let habits = read_habits(table, flavor, &base_url);
    Some(Provider {
        name,
        flavor,
        base_url,
        location: location?,
        services,
        models,
        api_key: table.text("api_key").map(Redacted::new),
        timeouts: read_timeouts(table),
        concurrency: read_concurrency(table),
        region: table.text("region"),
        habits,
        roster,
    })
}

/// The names of models, among which `*` stands for whatever the provider lists.
fn read_models(table: &Table<'_>, flavor: Option<Flavor>) -> (Vec<String>, Roster) {
    let mut models = table.text_or_texts("models").unwrap_or_default();
    if models.is_empty() {
        let words = "is needed: the names of the models that this provider serves, or \"*\"";
        table.complain("models", words.to_owned());
    }
    let named = models.len();
    models.retain(|model| model != "*");
    let is_open = models.len() < named;
    if let Some(Flavor::Custom(name)) = flavor.filter(|_| is_open) {
        let words =
            format!("\"*\": the flavor {name} of a file has no words to ask for models; name them");
        table.complain("models", words);
    }
    (models, Roster::of_file(is_open))
}

/// The gateway's own flavors, and those that the operator's files describe.
fn known_flavors(flavors: &[&'static Custom]) -> Vec<(&'static str, Flavor)> {
    let described = flavors.iter().map(|custom| (&*custom.name, Flavor::Custom(&custom.name)));
    FLAVORS.into_iter().chain(described).collect()
}

fn read_habits(table: &Table<'_>, flavor: Flavor, base_url: &str) -> Habits {
    let mut habits = Habits::usual(is_openais_own(base_url));
    if flavor != Flavor::OpenAi {
        let habits_of = ["responses", "thoughts", "completions", "late_system"];
        for name in habits_of.into_iter().filter(|name| table.has(name)) {
            table.complain(name, "is for providers of the flavor openai only".to_owned());
        }
        return habits;
    }
    match table.spelled("responses").as_deref() {
        None => {}
        Some("true") => habits.responses = Responses::Beside,
        Some("false") => habits.responses = Responses::Absent,
        Some("only") => habits.responses = Responses::Only,
        Some(_) => table.complain("responses", "should be true, false or \"only\"".to_owned()),
    }
    for (name, habit) in [
        ("thoughts", &mut habits.thoughts),
        ("completions", &mut habits.completions),
        ("late_system", &mut habits.late_system),
    ] {
        if let Some(said) = table.flag(name) {
            *habit = said;
        }
    }
    habits
}

fn plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

fn read_services(table: &Table<'_>, flavor: Option<Flavor>) -> Vec<Service> {
    let Some(names) = table.texts("services") else {
        table.complain("services", "is needed, such as [\"chat\"]".to_owned());
        return Vec::new();
    };
    let known = Service::ALL.map(|service| (service.as_str(), service));
    let services: Vec<Service> = names
        .iter()
        .filter_map(|name| table.word("services", name, &known, &SERVICES_NOT_YET))
        .collect();
    let Some(flavor) = flavor else { return services };
    for service in services.iter().filter(|service| !Provider::can_serve(flavor, **service)) {
        let words = format!("the flavor {} has no {}", flavor.as_str(), service.as_str());
        table.complain("services", words);
    }
    services
}

fn read_timeouts(table: &Table<'_>) -> Timeouts {
    let mut timeouts = Timeouts::default();
    let Some(table) = table.table("timeout") else { return timeouts };
    table.only(&["connect", "first_byte", "idle", "total"], &[]);
    for (name, timeout) in [
        ("connect", &mut timeouts.connect),
        ("first_byte", &mut timeouts.first_byte),
        ("idle", &mut timeouts.idle),
        ("total", &mut timeouts.total),
    ] {
        if let Some(read) = table.duration(name) {
            *timeout = read;
        }
    }
    timeouts
}

/// The most calls that a provider may be said to take.
const CALLS: usize = 1 << 20;

/// How many calls it is given at once. Where only one of the two is said, it is at its best up to the
/// greatest number, or has none.
fn read_concurrency(table: &Table<'_>) -> Concurrency {
    let mut concurrency = Concurrency::default();
    let Some(table) = table.table("concurrency") else { return concurrency };
    table.only(&["optimal", "max", "queue"], &[]);
    let count = |name| table.count(name, CALLS).and_then(|count| u32::try_from(count).ok());
    if let Some(max) = count("max") {
        (concurrency.max, concurrency.optimal) = (max, max);
    }
    if let Some(optimal) = count("optimal") {
        concurrency.optimal = optimal;
    }
    if concurrency.optimal > concurrency.max {
        table.complain("optimal", "should be at most `max`".to_owned());
    }
    if let Some(queue) = table.count_from(0, "queue", CALLS) {
        concurrency.queue = u32::try_from(queue).unwrap_or(u32::MAX);
        if concurrency.max == u32::MAX {
            table.complain("queue", "is for providers with a `max`: nobody waits else".to_owned());
        }
    }
    concurrency
}

/// What an official SDK puts behind a base address by itself.
const fn versions(flavor: Flavor) -> &'static [&'static str] {
    match flavor {
        Flavor::OpenAi | Flavor::Anthropic => &["/v1"],
        Flavor::Gemini => &["/v1beta", "/v1"],
        Flavor::Ollama => &["/api", "/v1"],
        Flavor::Aog => &["/aog/v0.2", "/aog"],
        Flavor::Custom(_) => &[],
    }
}

/// An OpenAI SDK takes a base address that ends in `/v1`, the others take one that does not; one
/// that lacks or doubles it is mended, and the operator is told.
fn mend(table: &Table<'_>, url: String, flavor: Flavor, notes: &mut Vec<String>) -> Option<String> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    if host.is_empty() || url.contains(['?', '#', ' ']) || host.contains('@') {
        let words = format!("\"{url}\" should be an address such as \"http://127.0.0.1:8000\"");
        table.complain("base_url", words);
        return None;
    }
    let plain = url.trim_end_matches('/');
    let mut mended = plain;
    let version = |url: &'_ str| {
        versions(flavor).iter().find_map(|version| url.strip_suffix(version).map(str::len))
    };
    while let Some(length) = version(mended) {
        mended = &mended[..length];
    }
    let mended = match flavor {
        Flavor::OpenAi => format!("{mended}/v1"),
        Flavor::Anthropic | Flavor::Gemini | Flavor::Ollama | Flavor::Aog | Flavor::Custom(_) => {
            mended.to_owned()
        }
    };
    if mended != plain {
        notes.push(format!("base_url `{url}` is read as `{mended}`"));
    }
    Some(mended)
}
