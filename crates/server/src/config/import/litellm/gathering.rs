//! Deployments of one kind, address and credential are one provider here.

use std::collections::BTreeSet;

use super::super::plan::{Model, Plan, Price, Provider, Timeout, name_all};
use super::super::report::{Report, shown};
use super::super::writer::duration;
use super::deployment::Deployment;

/// Puts every deployment to its provider; says for each which one that is.
pub(super) fn gather(
    deployments: &[Deployment],
    plan: &mut Plan,
    report: &mut Report,
) -> Vec<usize> {
    let mut words: Vec<&'static str> = Vec::new();
    let mut placed = Vec::with_capacity(deployments.len());
    for deployment in deployments {
        let same = |(provider, word): (&Provider, &&'static str)| {
            *word == deployment.kind.word()
                && provider.base_url == deployment.base_url
                && provider.key == deployment.key
        };
        let at = plan.providers.iter().zip(&words).position(same).unwrap_or_else(|| {
            words.push(deployment.kind.word());
            plan.providers.push(begin(deployment));
            plan.providers.len() - 1
        });
        placed.push(at);
    }
    name_all(&mut plan.providers, &words);
    for (deployment, at) in deployments.iter().zip(&placed) {
        if let Some(provider) = plan.providers.get_mut(*at) {
            join(provider, deployment, report);
        }
    }
    for at in 0..plan.providers.len() {
        let of_it = deployments.iter().zip(&placed).filter(|(_, place)| **place == at);
        let of_it = of_it.map(|(deployment, _)| deployment);
        // What is meant for any model counts where there is nothing else.
        let (any, named): (Vec<_>, Vec<_>) = of_it.partition(|it| it.model.contains('*'));
        let members = if named.is_empty() { any } else { named };
        if let Some(provider) = plan.providers.get_mut(at) {
            agree(provider, &members, report);
        }
    }
    know(deployments, plan, report);
    price(deployments, &placed, plan, report);
    if let Some(first) = deployments.first() {
        miss(first.line, plan, report);
    }
    placed
}

fn begin(deployment: &Deployment) -> Provider {
    let Deployment { kind, base_url, local, key, .. } = deployment;
    let mut provider = Provider::new(kind.flavor, base_url.clone(), *local, key.clone());
    provider.responses = kind.has_responses();
    provider.completions = kind.name == "text-completion-openai";
    provider
}

fn join(provider: &mut Provider, deployment: &Deployment, report: &mut Report) {
    for note in &deployment.notes {
        provider.note(note);
    }
    provider.secret_at.extend(deployment.key_at.clone());
    if !deployment.model.contains('*') {
        return provider.serve(deployment.service, &deployment.model);
    }
    provider.offer(deployment.service);
    report.lose(
        &deployment.path,
        deployment.line,
        format!("the deployment of `{}`: any model of its provider", shown(&deployment.group)),
        format!("name the models that are meant in `models` of `{}`", provider.name),
    );
}

/// What LiteLLM says of each deployment is said of a provider here.
fn agree(provider: &mut Provider, members: &[&Deployment], report: &mut Report) {
    let longest =
        |of: fn(&Timeout) -> Option<u64>| members.iter().filter_map(|it| of(&it.timeout)).max();
    provider.timeout = Timeout {
        first_byte: longest(|it| it.first_byte),
        idle: longest(|it| it.idle),
        total: longest(|it| it.total),
    };
    provider.region = members.iter().find_map(|it| it.region.clone());
    for member in members {
        let mut differs = |what: String, instead: &str| {
            let what = format!("the deployment of `{}`: {what}", shown(&member.group));
            report.lose(&member.path, member.line, what, instead);
        };
        if member.timeout != provider.timeout {
            let own = member.timeout.total.map_or("no".to_owned(), duration);
            let what = format!("{own} timeout of its own; `{}` has the longest", provider.name);
            differs(what, "make it a `[[providers]]` of its own where that is too long");
        }
        if member.region.is_some() && member.region != provider.region {
            let what = format!("another region than `{}` has", provider.name);
            differs(what, "make it a `[[providers]]` of its own");
        }
    }
    let bounds: BTreeSet<(&str, u64)> =
        members.iter().filter_map(|it| Some((it.path.as_str(), it.parallel?))).collect();
    if bounds.is_empty() {
        return;
    }
    let sum = bounds.iter().fold(0_u64, |sum, (_, bound)| sum.saturating_add(*bound));
    let first = members.iter().find(|it| it.parallel.is_some());
    let Some(first) = first else { return };
    if bounds.len() < members.len() {
        let what =
            format!("bounds of calls at a time for some of the models of `{}`", provider.name);
        let instead = "make those a `[[providers]]` of their own, with `concurrency = { max = N }`";
        return report.lose(&first.path, first.line, what, instead);
    }
    provider.concurrency = Some(sum);
    if bounds.len() > 1 {
        let what = format!(
            "bounds of calls at a time, for each model of `{}`; their sum is for all of them now",
            provider.name
        );
        let instead = "make them `[[providers]]` of their own where each has to have its own";
        report.lose(&first.path, first.line, what, instead);
    }
}

/// What is known of models, whoever serves them.
fn know(deployments: &[Deployment], plan: &mut Plan, report: &mut Report) {
    for deployment in deployments.iter().filter(|it| !it.model.contains('*')) {
        let Some(length) = deployment.context_length else { continue };
        match plan.models.iter().find(|known| known.name == deployment.model) {
            None => {
                plan.models.push(Model { name: deployment.model.clone(), context_length: length })
            }
            Some(known) if known.context_length == length => {}
            Some(known) => {
                let what = format!(
                    "a length of `{}` other than the {} that are written",
                    shown(&deployment.model),
                    known.context_length
                );
                let instead = "a model has one `context_length`, whoever serves it";
                report.lose(&deployment.path, deployment.line, what, instead);
            }
        }
    }
}

/// Prices name the provider only where others serve the model, too.
fn price(deployments: &[Deployment], placed: &[usize], plan: &mut Plan, report: &mut Report) {
    for (deployment, at) in deployments.iter().zip(placed) {
        let Some(price) = &deployment.price else { continue };
        let Some(provider) = plan.providers.get(*at) else { continue };
        if !provider.serves(&price.model) {
            let what = format!("the price of any model that `{}` fits", shown(&deployment.group));
            let instead = "write a `[[prices]]` for each model";
            report.lose(&deployment.path, deployment.line, what, instead);
            continue;
        }
        let mut price = price.clone();
        let serving = plan.providers.iter().filter(|it| it.serves(&price.model)).count();
        price.provider = (serving > 1).then(|| provider.name.clone());
        let same = |other: &&Price| other.model == price.model && other.provider == price.provider;
        match plan.prices.iter().find(same) {
            None => plan.prices.push(price),
            Some(known) if *known == price => {}
            Some(_) => {
                let what =
                    format!("another price of `{}` at the same provider", shown(&price.model));
                let instead = "a model has one price at a provider; the first one is written";
                report.lose(&deployment.path, deployment.line, what, instead);
            }
        }
    }
}

/// LiteLLM has a list of what the models of others cost, which the file does not show.
fn miss(line: usize, plan: &Plan, report: &mut Report) {
    let priced = |provider: &Provider, model: &str| {
        plan.prices.iter().any(|price| {
            price.model == model && price.provider.as_ref().is_none_or(|it| *it == provider.name)
        })
    };
    let remote = plan.providers.iter().filter(|provider| !provider.local);
    let models = remote.flat_map(|it| it.models.iter().map(move |model| (it, model)));
    let missing = models.filter(|(provider, model)| !priced(provider, model)).count();
    if missing > 0 {
        let what =
            format!("prices of {missing} models, which LiteLLM takes from a list of its own");
        let instead = "write a `[[prices]]` for each; `weighbridge config check` names them";
        report.lose("model_list", line, what, instead);
    }
}
