//! The names that callers use: each becomes an alias, unless the model has that name already.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::super::node::{Field, Map};
use super::super::plan::{Alias, Plan, can_be_said};
use super::super::report::{Report, shown};
use super::deployment::Deployment;
use super::reason;

/// The most aliases that a configuration may have.
const MOST: usize = 1000;

/// Makes the aliases. `placed` says which provider each deployment belongs to.
pub(super) fn name(
    deployments: &[Deployment],
    placed: &[usize],
    aliases: Option<&Field<'_>>,
    plan: &mut Plan,
    report: &mut Report,
) {
    let all: Vec<Member<'_>> = deployments
        .iter()
        .zip(placed)
        .filter(|(deployment, _)| !deployment.model.contains('*'))
        .map(|(deployment, provider)| Member { deployment, provider: *provider })
        .collect();
    let mut groups: Vec<&str> = Vec::new();
    for member in &all {
        if !groups.contains(&member.deployment.group.as_str()) {
            groups.push(&member.deployment.group);
        }
    }
    for group in groups {
        let members: Vec<&Member<'_>> =
            all.iter().filter(|it| it.deployment.group == group).collect();
        lead(group, &members, plan, report);
    }
    if let Some(aliases) = aliases {
        follow(aliases, plan, report);
    }
    // LiteLLM looks for the name itself first, then for the longest pattern; here the first counts.
    plan.aliases.sort_by_key(|alias| match alias.pattern.contains('*') {
        false => (false, Reverse(0)),
        true => (true, Reverse(alias.pattern.chars().filter(|it| *it != '*').count())),
    });
    if plan.aliases.len() > MOST {
        let what = format!("names beyond the {MOST} aliases that a configuration may have");
        report.lose("model_list", 1, what, "let callers use the models' own names");
        plan.aliases.truncate(MOST);
    }
}

/// A deployment, and which provider it belongs to.
struct Member<'d> {
    deployment: &'d Deployment,
    provider: usize,
}

impl Member<'_> {
    /// By what callers reach it, and nothing else.
    fn name(&self, plan: &Plan) -> String {
        let provider = plan.providers.get(self.provider).map_or("", |it| it.name.as_str());
        format!("{provider}/{}", self.deployment.model)
    }
}

/// Makes `group` lead to its members, one of each provider, and says which it does not reach.
fn lead(group: &str, members: &[&Member<'_>], plan: &mut Plan, report: &mut Report) {
    let Some(first) = members.first() else { return };
    let Deployment { path, line, model, .. } = first.deployment;
    let same = members.iter().filter(|it| it.deployment.model == *model);
    let own: BTreeSet<usize> = same.map(|it| it.provider).collect();
    // A model's own name means all who serve it, which may be more than are meant.
    let shared = serving(model, plan).iter().any(|at| !own.contains(at));
    let is_one = members.iter().all(|it| it.deployment.model == *model);
    if group == model && is_one {
        if shared {
            let what = format!("the name `{}`, which other providers serve, too", shown(group));
            let instead = "they are asked in the order of the file; put the first choice first";
            report.lose(path, *line, what, instead);
        }
        return;
    }
    let targets = targets(members, plan);
    let is_meant = |(found, at): &(String, Vec<usize>)| {
        let of = |at: &usize| {
            members.iter().any(|it| it.provider == *at && it.deployment.model == *found)
        };
        at.iter().all(of)
    };
    let taken = resolved(group, plan);
    let leads = taken.as_ref().is_none_or(is_meant);
    let reached = |member: &&Member<'_>| leads && targets.contains(&member.name(plan));
    for member in members.iter().skip(1).filter(|member| !reached(member)) {
        let what = format!("another deployment of `{}`, which does not lead there", shown(group));
        let instead = format!("callers reach this one as `{}`", shown(&member.name(plan)));
        report.lose(&member.deployment.path, member.deployment.line, what, instead);
    }
    if !leads || targets.iter().any(|to| resolved(to, plan).is_none()) {
        let what = format!("the name `{}`, which is that of another model here", shown(group));
        let instead = format!("callers reach this one as `{}`", shown(&first.name(plan)));
        report.lose(path, *line, what, instead);
    } else if taken.is_none() || members.len() > 1 {
        // The model's own name is all of them, where they are the only ones and it is the only one.
        let to = if is_one && !shared { vec![model.clone()] } else { targets };
        plan.aliases.push(Alias { pattern: group.to_owned(), to });
    }
}

/// The most models that an alias may stand for.
const TARGETS: usize = 100;

/// What an alias for these leads to: of each provider the first one, by its name there.
fn targets(members: &[&Member<'_>], plan: &Plan) -> Vec<String> {
    let mut providers = BTreeSet::new();
    let first_there = members.iter().filter(|it| providers.insert(it.provider));
    first_there.map(|it| it.name(plan)).take(TARGETS).collect()
}

/// Who serves a model, in the order of the file.
fn serving(model: &str, plan: &Plan) -> Vec<usize> {
    let all = plan.providers.iter().enumerate();
    all.filter_map(|(at, provider)| provider.serves(model).then_some(at)).collect()
}

/// Which model of which providers a name means without any alias.
fn resolved(name: &str, plan: &Plan) -> Option<(String, Vec<usize>)> {
    let exact = serving(name, plan);
    if !exact.is_empty() {
        return Some((name.to_owned(), exact));
    }
    let (provider, model) = name.split_once('/')?;
    let own = |at: &usize| plan.providers.get(*at).is_some_and(|it| it.name == provider);
    let at = serving(model, plan).into_iter().find(own)?;
    Some((model.to_owned(), vec![at]))
}

/// `router_settings.model_group_alias`: more names for the same.
fn follow(aliases: &Field<'_>, plan: &mut Plan, report: &mut Report) {
    let Some(map) = aliases.map() else {
        let what = "names that are no map";
        return report.lose(&aliases.path, aliases.line, what, "write an `[[aliases]]` for each");
    };
    for (name, field) in map.rest() {
        let nested = field.map();
        let target = match &nested {
            Some(nested) => nested.take("model").and_then(|model| model.text()),
            None => field.text(),
        };
        let known = |target: &str| {
            let alias = plan.aliases.iter().find(|alias| alias.pattern == target);
            alias
                .map(|alias| alias.to.clone())
                .or_else(|| resolved(target, plan).map(|_| vec![target.to_owned()]))
        };
        let instead = "write an `[[aliases]]` with `match` and `to`";
        match target.and_then(known) {
            Some(_) if resolved(name, plan).is_some() || !can_be_said(name) => {
                let what = format!("the name `{}`: a model has it already", shown(name));
                report.lose(&field.path, field.line, what, "let callers use another name");
            }
            Some(to) if plan.aliases.iter().all(|alias| alias.pattern != name) => {
                plan.aliases.push(Alias { pattern: name.to_owned(), to });
            }
            Some(_) => {
                let what = format!("the name `{}`, which stands for a model already", shown(name));
                report.lose(&field.path, field.line, what, instead);
            }
            None => {
                let what =
                    format!("the name `{}`: it leads to nothing that is carried", shown(name));
                report.lose(&field.path, field.line, what, instead);
            }
        }
        if let Some(hidden) = nested.as_ref().and_then(|nested| nested.take("hidden")) {
            let what = "a name that is not listed";
            let instead =
                "an alias without a star is listed with the models; take it out, or let it be";
            report.lose(&hidden.path, hidden.line, what, instead);
        }
        reason::lose_all(nested.iter().flat_map(Map::rest), report);
    }
}
