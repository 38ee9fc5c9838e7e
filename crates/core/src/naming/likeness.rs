//! How like two names of models are: whether one may be served where the other was asked for.

use super::ModelName;

/// The likeness of a name to itself. Likeness is counted in thousandths.
const WHOLE: u32 = 1000;

/// The least likeness that will do.
const LEAST: u32 = 800;

/// How much more like the best one has to be than the second.
const MARGIN: u32 = 20;

/// The likeness of two that are kin at least.
const LITTLE: u32 = 10;

/// How many names a refusal has.
const NEAREST: usize = 3;

/// What was found for a name that nobody serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Likeness<'a> {
    /// One that will do, and how like it is, up to 1000.
    Found {
        /// The name that is served.
        name: &'a str,
        /// How like it is.
        score: u32,
    },
    /// None that will do, or several alike: the nearest ones, the best first.
    Nearest(Vec<&'a str>),
}

/// The most similar of the names that are served, if one is similar enough and no other as similar.
pub fn most_like<'a, 'm>(
    asked: &ModelName,
    served: impl IntoIterator<Item = (&'a str, &'m ModelName)>,
) -> Likeness<'a> {
    let mut scored: Vec<(&str, u32)> =
        served.into_iter().map(|(name, served)| (name, asked.likeness(served))).collect();
    scored.sort_by(|(one, first), (other, second)| second.cmp(first).then(one.cmp(other)));
    match scored.as_slice() {
        [(name, score)] if *score >= LEAST => Likeness::Found { name, score: *score },
        [(name, score), (_, second), ..] if *score >= LEAST && score - second >= MARGIN => {
            Likeness::Found { name, score: *score }
        }
        _ => {
            let near = scored.iter().filter(|(_, score)| *score > 0).take(NEAREST);
            Likeness::Nearest(near.map(|(name, _)| *name).collect())
        }
    }
}

impl ModelName {
    /// How like the model that is `served` is to the one that was asked for, from 0 to 1000. It is below
    /// what will do wherever the two differ in what makes a model another one.
    pub fn likeness(&self, served: &Self) -> u32 {
        if self.kind != served.kind || self.family != served.family {
            return 0;
        }
        let size = size(self.size.as_deref(), served.size.as_deref());
        let active = differ(&self.active, &served.active, 500, 40, 40);
        let version = version(self.version.as_deref(), served.version.as_deref());
        let variant = if self.variant == served.variant { 0 } else { 500 };
        let quantisation = if self.quantisation == served.quantisation { 0 } else { 40 };
        let less = size
            + active
            + version
            + variant
            + quantisation
            + differ(&self.context, &served.context, 300, 30, 30)
            + differ(&self.date, &served.date, 80, 30, 50)
            + differ(&self.vendor, &served.vendor, 30, 10, 10);
        WHOLE.saturating_sub(less).max(LITTLE)
    }
}

/// A model of another size is another model; of an unknown size it may be.
fn size(asked: Option<&str>, served: Option<&str>) -> u32 {
    match (asked, served) {
        (Some(asked), Some(served)) if asked == served => 0,
        (Some(_), Some(_)) => 900,
        (Some(_), None) => 400,
        (None, Some(_)) => 100,
        (None, None) => 0,
    }
}

/// So is one of another version. Whoever asks for none takes any.
fn version(asked: Option<&str>, served: Option<&str>) -> u32 {
    match (asked, served) {
        (Some(asked), Some(served)) if plain(asked) == plain(served) => 0,
        (Some(asked), Some(served)) if major(asked) == major(served) => 400,
        (Some(_), Some(_)) => 600,
        (Some(_), None) => 400,
        (None, Some(_)) => 100,
        (None, None) => 0,
    }
}

fn major(version: &str) -> Option<&str> {
    version.split('.').next()
}

/// `3.0` is `3`.
fn plain(version: &str) -> &str {
    version.strip_suffix(".0").unwrap_or(version)
}

/// What it costs where two differ, where only one was asked for, and where only one is served.
fn differ(
    asked: &Option<String>,
    served: &Option<String>,
    both: u32,
    unserved: u32,
    unasked: u32,
) -> u32 {
    match (asked, served) {
        (Some(asked), Some(served)) if asked == served => 0,
        (Some(_), Some(_)) => both,
        (Some(_), None) => unserved,
        (None, Some(_)) => unasked,
        (None, None) => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAIRS: &str = include_str!("../../../../fixtures/models/pairs.tsv");

    #[test]
    fn real_names_are_told_apart_and_taken_together() {
        let mut wrong = Vec::new();
        let mut seen = 0;
        for line in PAIRS.lines().filter(|line| !line.starts_with('#')) {
            let [asked, served, answer] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let score = ModelName::read(asked).likeness(&ModelName::read(served));
            seen += 1;
            if (score >= LEAST) != (answer == "same") {
                wrong.push(format!("{line}: {score}"));
            }
        }
        assert!(wrong.is_empty(), "{}\n{} of {seen}", wrong.join("\n"), wrong.len());
        assert!(seen >= 200);
    }

    fn found<'a>(asked: &str, served: &[&'a str]) -> Likeness<'a> {
        let read: Vec<(&str, ModelName)> =
            served.iter().map(|name| (*name, ModelName::read(name))).collect();
        most_like(&ModelName::read(asked), read.iter().map(|(name, read)| (*name, read)))
    }

    #[test]
    fn of_several_that_would_do_the_nearest_is_taken_and_of_equals_none() {
        let served = ["qwen3:8b-q4_K_M", "Qwen/Qwen3-8B", "qwen3:32b", "bge-m3"];
        let Likeness::Found { name, score } = found("qwen3-8b", &served) else { panic!() };
        assert_eq!(name, "Qwen/Qwen3-8B");
        assert!(score > 980);
        // Which size was meant, nobody can tell.
        let equals = found("qwen3", &["qwen3:8b", "qwen3:32b", "qwen2.5:7b", "bge-m3"]);
        assert_eq!(equals, Likeness::Nearest(vec!["qwen3:32b", "qwen3:8b", "qwen2.5:7b"]));
        assert_eq!(found("qwen3", &["bge-m3"]), Likeness::Nearest(Vec::new()));
        assert_eq!(found("qwen3", &[]), Likeness::Nearest(Vec::new()));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_like_itself(name in "\\PC{0,40}") {
            let read = ModelName::read(&name);
            prop_assert!(read.likeness(&read) == WHOLE, "{read:?}");
        }

        #[test]
        fn no_size_becomes_another(
            family in "[a-z]{3,9}", one in 1..999u32, other in 1..999u32, instruct in any::<bool>(),
        ) {
            let tail = if instruct { "-instruct" } else { "" };
            let asked = ModelName::read(&format!("{family}-{one}b"));
            let served = ModelName::read(&format!("{family}:{other}b{tail}"));
            prop_assert_eq!(asked.likeness(&served) >= LEAST, one == other);
        }
    }
}
