//! Where a call is to run, and why there.

use std::sync::Arc;

use weighbridge_core::call::{self, Considered};
use weighbridge_core::credential::Key;
use weighbridge_core::directory::{Abilities, Match, Seat, Served, Serving};
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::level::Level;
use weighbridge_core::routing::{Ask, Candidate, Choice, Policy, Reason, Source, Verdict};

use crate::money::offer::Offer;
use crate::pipeline::Read;
use crate::setting::Setting;
use crate::turns::{NoTurn, Turns};

/// See the module's words.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    pub(crate) choice: Choice,
    /// The model by the name that the first provider in the file knows.
    pub(crate) model: String,
    /// How the model was found.
    pub(crate) how: Match,
    pub(crate) ask: Ask,
    /// Those who may be asked first, in their order.
    pub(crate) candidates: Vec<Candidate>,
    /// The same when the first of them was asked.
    first: Option<Vec<Candidate>>,
    by: Arc<Vec<Serving>>,
}

impl Decision {
    /// Weighs those who serve the model that is asked for.
    ///
    /// # Errors
    /// 403 where the key wants another policy than the request.
    pub(super) fn of(read: &Read, served: Served) -> Result<Self, Failure> {
        let choice = choose(read, &served)?;
        let Served { model, by, group, how, name } = served;
        let key = &read.principal.key;
        let candidate = |serving: &Serving| {
            let mut candidate = Candidate::of(serving);
            if let Some(reason) = ruled_out(key, &read.level, &read.setting, &name, serving) {
                candidate.verdict = Verdict::Out(reason);
            }
            candidate
        };
        let candidates = by.iter().map(candidate).collect();
        let ask = Ask { policy: choice.policy, group, streams: read.address.stream };
        let mut decision = Self { choice, model, how, ask, candidates, first: None, by };
        read.gateway.turns.rank(ask, &mut decision.candidates, read.at.steady);
        Ok(decision)
    }

    /// Whether the policy and the regions leave anybody.
    ///
    /// # Errors
    /// 404 where they do not.
    pub(super) fn leaves_somebody(&self) -> Result<(), Failure> {
        if self.candidates.iter().any(may_be_asked) {
            return Ok(());
        }
        Err(self.leaves_nobody())
    }

    /// Everybody who serves the model, in their order, and what is thought of them.
    pub(super) fn verdicts(&self) -> impl Iterator<Item = (&Serving, Verdict)> {
        self.candidates.iter().filter_map(|it| Some((self.serving(it.seat)?, it.verdict)))
    }

    /// Those who are not ruled out for good, in their order.
    pub(super) fn servings(&self) -> Vec<Serving> {
        let meant = self.candidates.iter().filter(|it| may_be_asked(it));
        meant.filter_map(|it| self.serving(it.seat).cloned()).collect()
    }

    /// Whether that one is not ruled out for good.
    pub(super) fn is_meant(&self, seat: Seat) -> bool {
        self.candidates.iter().any(|it| it.seat == seat && may_be_asked(it))
    }

    fn serving(&self, seat: Seat) -> Option<&Serving> {
        self.by.iter().find(|serving| serving.seat == seat)
    }

    /// Rules out for good whoever of those that are left does not pass.
    pub(crate) fn keep(&mut self, reason: Reason, passes: impl Fn(Seat) -> bool) {
        for candidate in &mut self.candidates {
            if may_be_asked(candidate) && !passes(candidate.seat) {
                candidate.verdict = Verdict::Out(reason);
            }
        }
    }

    /// What the call would cost at each of them; who made no offer is ruled out. Costs in another
    /// currency than the first one's cannot be compared.
    pub(super) fn price(&mut self, offers: &[Offer]) {
        self.keep(Reason::Price, |seat| offers.iter().any(|offer| offer.seat == seat));
        let first = offers.iter().find_map(Offer::estimate).map(|estimate| estimate.currency);
        for candidate in &mut self.candidates {
            let offer = offers.iter().find(|offer| offer.seat == candidate.seat);
            let estimate = offer.and_then(Offer::estimate);
            let estimate = estimate.filter(|estimate| Some(estimate.currency) == first);
            candidate.cost = estimate.map(|estimate| estimate.expected);
        }
    }

    /// Rules out who does not have what the call needs, or not the room for so many tokens. Where nobody
    /// has the room, all stay: how long a prompt really is, its provider knows best.
    ///
    /// # Errors
    /// 400 where nobody has what it needs.
    pub(super) fn fit(&mut self, needs: Abilities, tokens: u64) -> Result<(), Failure> {
        let by = Arc::clone(&self.by);
        let of = |seat: Seat| by.iter().find(|serving| serving.seat == seat);
        let left = self.servings();
        let has_room = |it: &Serving| it.context_length.is_none_or(|length| tokens <= length);
        let able = |it: &Serving| !it.lacks.meets(needs);
        if !left.iter().any(able) {
            let words = format!(
                "no provider of the model `{}` has what this call needs: {}; ask for another model",
                self.model,
                in_words(needs)
            );
            return Err(Failure::client(Code::Unconvertible, words).at("model"));
        }
        self.keep(Reason::Ability, |seat| of(seat).is_some_and(able));
        if left.iter().any(|it| able(it) && has_room(it)) {
            self.keep(Reason::Context, |seat| of(seat).is_some_and(has_room));
        }
        Ok(())
    }

    /// Whether anybody could be asked now, or waited for.
    ///
    /// # Errors
    /// As for [`Self::nobody`].
    pub(super) fn look(&mut self, turns: &Turns) -> Result<(), Failure> {
        turns.rank(self.ask, &mut self.candidates, turns.now());
        let may_go_on = self.candidates.iter().any(Candidate::is_in);
        if may_go_on || turns.may_wait(&self.candidates) {
            return Ok(());
        }
        Err(self.nobody(turns, NoTurn::Nobody))
    }

    /// Whether anybody is left who could be asked now.
    pub(super) fn has_another(&mut self, turns: &Turns) -> bool {
        turns.rank(self.ask, &mut self.candidates, turns.now());
        self.candidates.iter().any(Candidate::is_in)
    }

    /// That one has been asked.
    pub(super) fn tried(&mut self, seat: Seat) {
        // What was thought at first is what the receipt says; what came of it are the attempts.
        if self.first.is_none() {
            self.first = Some(self.candidates.clone());
        }
        let tried = self.candidates.iter_mut().find(|it| it.seat == seat);
        if let Some(candidate) = tried {
            candidate.verdict = Verdict::Out(Reason::Tried);
        }
    }

    /// Why nobody is asked.
    pub(super) fn nobody(&self, turns: &Turns, why: NoTurn) -> Failure {
        let model = &self.model;
        let is = |reason| move |it: &&Candidate| it.verdict == Verdict::Out(reason);
        if why == NoTurn::Late || self.candidates.iter().any(|it| is(Reason::Full)(&it)) {
            let words = format!(
                "every provider of the model `{model}` runs as many calls as it may (concurrency.max); \
                 try again in a moment"
            );
            return Failure::gateway(Code::Overloaded, Retry::After(1), words);
        }
        if self.candidates.iter().any(|it| is(Reason::Wait)(&it)) {
            let micros = turns.waits(&self.candidates).unwrap_or(1_000_000);
            let retry = Retry::AfterMillis(micros.div_ceil(1000));
            let seconds = retry.seconds().unwrap_or(1);
            let words = format!(
                "the providers of the model `{model}` take no calls now, as they said; try again in \
                 {seconds} s"
            );
            return Failure::provider(Code::ProviderBusy, retry, words);
        }
        if let Some(refusing) = self.candidates.iter().find(is(Reason::Credential)) {
            let name = self.serving(refusing.seat).map_or("", |it| it.provider.name.as_str());
            return refuses_us(name);
        }
        Failure::gateway(Code::Internal, Retry::Never, "no provider is left for this call")
    }

    /// The policy, the regions or the key leave nobody.
    fn leaves_nobody(&self) -> Failure {
        if self.candidates.iter().all(|it| it.verdict == Verdict::Out(Reason::Key)) {
            let words = format!(
                "the model `{}` is not one of those that this key may use; /v1/models lists them",
                self.model
            );
            return Failure::client(Code::ModelNotFound, words).at("model");
        }
        let Choice { policy, source } = self.choice;
        let why = self.candidates.iter().filter_map(|it| {
            let provider = &self.serving(it.seat)?.provider;
            let what = match it.verdict {
                Verdict::Out(Reason::Region) => provider.region.as_deref().unwrap_or("no region"),
                _ if policy == Policy::Private && provider.is_here() => provider.location.as_str(),
                _ if policy == Policy::Private => "not on this machine",
                _ => provider.location.as_str(),
            };
            Some(format!("`{}` ({what})", provider.name))
        });
        let why: Vec<String> = why.take(NAMED).collect();
        let by = match source {
            Source::Body | Source::Header => "the request".to_owned(),
            Source::Key | Source::Level => format!("the {}", source.as_str()),
            Source::Model | Source::Service | Source::File => "[hybrid]".to_owned(),
        };
        let words = format!(
            "the model `{}` is served, but not where the policy {policy}, which {by} chose, and the \
             allowed regions let it run: by {}",
            self.model,
            why.join(", ")
        );
        Failure::client(Code::ModelNotFound, words).at("model")
    }

    /// The decision as receipts have it.
    pub(crate) fn on_receipt(&self) -> call::Decision {
        let candidates = self.first.as_ref().unwrap_or(&self.candidates);
        let considered = candidates.iter().filter_map(|it| {
            let provider = self.serving(it.seat)?.provider.name.clone();
            Some(Considered { provider, verdict: it.verdict })
        });
        call::Decision { choice: self.choice, how: self.how, considered: considered.collect() }
    }
}

/// Whether a candidate is not ruled out for good.
fn may_be_asked(candidate: &Candidate) -> bool {
    match candidate.verdict {
        Verdict::Ranked(_) => true,
        Verdict::Out(reason) => reason.passes(),
    }
}

/// Why a provider is not for anybody with this key, if it is not.
pub(crate) fn ruled_out(
    key: &Key,
    level: &Level,
    setting: &Setting,
    name: &str,
    serving: &Serving,
) -> Option<Reason> {
    let region = serving.provider.region.as_deref();
    let named = || format!("{}/{}", serving.provider.name, serving.model);
    if !key.may_use(name) && !key.may_use(&serving.model) && !key.may_use(&named()) {
        return Some(Reason::Key);
    }
    let is_allowed = setting.policies.allows(region) && level.allows(region);
    (!is_allowed).then_some(Reason::Region)
}

/// How many providers a refusal names.
const NAMED: usize = 5;

/// The provider refuses the gateway's own credential.
pub(crate) fn refuses_us(provider: &str) -> Failure {
    let words = format!(
        "the provider `{provider}` refuses this gateway's own credential; whoever runs the gateway has \
         to mend its api_key"
    );
    Failure::provider(Code::ProviderCredential, Retry::Never, words)
}

/// The nearest word counts: the request's, the key's, the level's, the operator's.
fn choose(read: &Read, served: &Served) -> Result<Choice, Failure> {
    let asked = match read.policy {
        Some(policy) => Some(Choice { policy, source: Source::Body }),
        None => read.wishes.policy.map(|policy| Choice { policy, source: Source::Header }),
    };
    let key = &read.principal.key.policy;
    let of_key = key.policy.map(|policy| Choice { policy, source: Source::Key });
    let of_level = || read.level.policy.map(|policy| Choice { policy, source: Source::Level });
    let of_file = || of_file(read, served);
    let own = of_key.or_else(of_level).unwrap_or_else(of_file);
    match asked {
        None => Ok(own),
        Some(asked) if !key.fixed || asked.policy == own.policy => Ok(asked),
        Some(_) => Err(fixed(own.policy)),
    }
}

/// What the operator's file says of the models. Where it says different things, as it may of an alias of
/// several, the narrowest counts.
fn of_file(read: &Read, served: &Served) -> Choice {
    let narrow = |choice: &Choice| match choice.policy {
        Policy::Private => 3,
        Policy::AlwaysLocal => 2,
        Policy::AlwaysRemote => 1,
        Policy::Default | Policy::LeastCost | Policy::LeastLatency => 0,
    };
    let service = read.address.asked_for();
    let first = read.setting.policies.of(service, &served.model);
    let others = served.by.iter().map(|serving| read.setting.policies.of(service, &serving.model));
    others.fold(first, |kept, other| if narrow(&other) > narrow(&kept) { other } else { kept })
}

fn fixed(policy: Policy) -> Failure {
    let words = format!(
        "hybrid_policy: this key's calls run under {policy}, and it cannot be overridden; leave it out"
    );
    Failure::client(Code::Forbidden, words).at("hybrid_policy")
}

fn in_words(needs: Abilities) -> String {
    let all = [(needs.tools, "tools"), (needs.vision, "vision"), (needs.audio, "audio")];
    let named: Vec<&str> = all.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
    named.join(", ")
}
