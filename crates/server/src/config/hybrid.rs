//! `[hybrid]`: where calls run.

use std::time::Duration;

use weighbridge_core::directory::{Provider, Service};
use weighbridge_core::routing::{Policies, Policy, Rules};

use super::offer::Offer;
use super::reader::Table;

const KNOWN: [&str; 8] =
    ["policy", "services", "models", "regions", "settle", "failures", "rest", "longest_rest"];

/// The most failures in a row that may be waited for.
const FAILURES: usize = 1000;

pub(super) fn read(root: &Table<'_>, offer: &Offer<'_>) -> (Policies, Rules) {
    let mut rules = Rules::default();
    let Some(table) = root.table("hybrid") else { return (Policies::default(), rules) };
    table.only(&KNOWN, &[]);
    let policy = read_policy(&table, "policy").unwrap_or_default();
    let services = read_services(&table);
    let models = read_models(&table, offer);
    let regions = read_regions(&table, offer.providers);
    for (name, time) in [
        ("settle", &mut rules.settle),
        ("rest", &mut rules.rest),
        ("longest_rest", &mut rules.longest_rest),
    ] {
        if let Some(read) = table.duration(name) {
            *time = micros(read);
        }
    }
    if let Some(failures) = table.count("failures", FAILURES) {
        rules.failures = u32::try_from(failures).unwrap_or(u32::MAX);
    }
    if rules.longest_rest < rules.rest {
        table.complain("longest_rest", "should be at least `rest`".to_owned());
    }
    (Policies::new(policy, services, models, regions), rules)
}

/// The policy at `name`.
pub(super) fn read_policy(table: &Table<'_>, name: &str) -> Option<Policy> {
    let words = Policy::ALL.map(|policy| (policy.as_str(), policy));
    table.one_of(name, &words, &[])
}

/// The regions in which calls may run. One that no provider is in is a mistake, and would leave nobody.
pub(super) fn read_regions(table: &Table<'_>, providers: &[Provider]) -> Vec<String> {
    let regions = table.texts("regions").unwrap_or_default();
    for region in &regions {
        if !providers.iter().any(|provider| provider.region.as_ref() == Some(region)) {
            table.complain("regions", format!("no provider has the region `{region}`"));
        }
    }
    regions
}

fn read_services(table: &Table<'_>) -> Vec<(Service, Policy)> {
    let Some(services) = table.table("services") else { return Vec::new() };
    let known = Service::ALL.map(|service| (service.as_str(), service));
    let names = known.map(|(name, _)| name);
    services.only(&names, &["generate", "image-to-image"]);
    let read = |(name, service)| Some((service, read_policy(&services, name)?));
    known.into_iter().filter_map(read).collect()
}

fn read_models(table: &Table<'_>, offer: &Offer<'_>) -> Vec<(String, Policy)> {
    let Some(models) = table.table("models") else { return Vec::new() };
    let mut policies = Vec::new();
    for (name, _) in models.each_text() {
        if !offer.serves(None, &name) {
            models.complain(&name, "nobody serves that model".to_owned());
        }
        if let Some(policy) = read_policy(&models, &name) {
            policies.push((name, policy));
        }
    }
    policies
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
