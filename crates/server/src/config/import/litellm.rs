//! The `config.yaml` of LiteLLM's proxy.

mod cost;
mod deployment;
mod gathering;
mod kind;
mod naming;
mod place;
mod reason;
mod service;

use deployment::{Around, Deployment};

use super::node::{Field, Map};
use super::plan::Plan;
use super::report::Report;

/// The most deployments that are read.
const MOST: usize = 5_000;

/// What the file becomes.
pub(super) fn read(whole: &Map<'_>, report: &mut Report) -> Plan {
    let list = whole.take("model_list");
    let router = report.map(whole.take("router_settings"));
    let settings = report.map(whole.take("litellm_settings"));
    let general = report.map(whole.take("general_settings"));
    let around = Around {
        credentials: credentials(whole, report),
        timeout: timeout(&router, &settings, report),
    };
    let deployments = deployments(list.as_ref(), whole, &around, report);
    for (_, values) in &around.credentials {
        reason::lose_all(values.rest(), report);
    }
    let mut plan = Plan::default();
    let placed = gathering::gather(&deployments, &mut plan, report);
    let groups = router.as_ref().and_then(|router| router.take("model_group_alias"));
    naming::name(&deployments, &placed, groups.as_ref(), &mut plan, report);
    for section in [router, settings, general].iter().flatten() {
        reason::lose_all(section.rest(), report);
    }
    reason::lose_all(whole.rest(), report);
    plan
}

fn deployments<'a>(
    list: Option<&Field<'a>>,
    whole: &Map<'a>,
    around: &Around<'a>,
    report: &mut Report,
) -> Vec<Deployment> {
    let Some(items) = list.and_then(Field::items) else {
        let what = "there is no list of models in this file";
        let instead =
            "models that stand in LiteLLM's database have to be written as `[[providers]]`";
        report.lose("model_list", list.map_or(whole.line, |it| it.line), what, instead);
        return Vec::new();
    };
    for item in items.get(MOST..).unwrap_or_default() {
        let what = format!("an entry beyond the {MOST} that are read");
        report.lose(&item.path, item.line, what, "import the list in parts");
    }
    let items = items.iter().take(MOST);
    items.filter_map(|item| deployment::read(item, around, report)).collect()
}

/// `credential_list`, by the names that deployments use.
fn credentials<'a>(whole: &Map<'a>, report: &mut Report) -> Vec<(&'a str, Map<'a>)> {
    let items = report.items(whole.take("credential_list")).unwrap_or_default();
    let credentials = items.into_iter().filter_map(|item| {
        let item = report.map(Some(item))?;
        let name = report.text(item.take("credential_name"));
        let values = report.map(item.take("credential_values"));
        reason::lose_all(item.rest(), report);
        name.zip(values)
    });
    credentials.collect()
}

/// How long calls may take that say nothing themselves.
fn timeout(
    router: &Option<Map<'_>>,
    settings: &Option<Map<'_>>,
    report: &mut Report,
) -> Option<u64> {
    let own = router.as_ref().and_then(|router| router.take("timeout"));
    let own = own.and_then(|own| deployment::millis(&own, report));
    let general = settings.as_ref().and_then(|settings| settings.take("request_timeout"));
    match (own, general) {
        (Some(own), Some(general)) => {
            let what = "a timeout that the router's own stands before";
            report.lose(&general.path, general.line, what, "nothing needs to be done");
            Some(own)
        }
        (own, general) => own.or_else(|| deployment::millis(&general?, report)),
    }
}
