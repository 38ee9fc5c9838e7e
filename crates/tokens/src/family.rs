//! Families of models that share a tokeniser.

use tiktoken_rs::{CoreBPE, cl100k_base_singleton, o200k_base_singleton, o200k_harmony_singleton};

/// A family of models that share a tokeniser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// `cl100k_base`: GPT-3.5 and GPT-4.
    Cl100k,
    /// `o200k_base`: GPT-4o and everything of OpenAI's since.
    O200k,
    /// `o200k_harmony`: the models whose weights are open.
    Harmony,
}

/// How the names of a family's models begin, the longest first where one begins another.
const BEGINNINGS: [(&str, Family); 13] = [
    ("gpt-oss", Family::Harmony),
    ("chatgpt-4o", Family::O200k),
    ("gpt-4o", Family::O200k),
    ("gpt-4.1", Family::O200k),
    ("gpt-4.5", Family::O200k),
    ("gpt-5", Family::O200k),
    ("gpt-6", Family::O200k),
    ("o1", Family::O200k),
    ("o3", Family::O200k),
    ("o4", Family::O200k),
    ("gpt-4", Family::Cl100k),
    ("gpt-3.5", Family::Cl100k),
    ("gpt-35", Family::Cl100k),
];

impl Family {
    /// The family of a model, by its name: what stands before the last slash, such as the name of a
    /// vendor, does not count. Nothing where no tokeniser for it is here.
    pub fn of(model: &str) -> Option<Self> {
        let name = model.rsplit('/').next().unwrap_or(model);
        let belongs = |beginning: &str| {
            name.strip_prefix(beginning).is_some_and(|rest| {
                // `gpt-4` begins `gpt-4-turbo`, and not `gpt-40`.
                rest.bytes().next().is_none_or(|next| !next.is_ascii_alphanumeric())
            })
        };
        BEGINNINGS.iter().find(|(beginning, _)| belongs(beginning)).map(|(_, family)| *family)
    }

    /// Whether these are models that only OpenAI serves.
    pub const fn is_openais_own(self) -> bool {
        matches!(self, Self::Cl100k | Self::O200k)
    }

    /// How many tokens a text has.
    pub fn count(self, text: &str) -> u64 {
        u64::try_from(self.tokeniser().encode_ordinary(text).len()).unwrap_or(u64::MAX)
    }

    fn tokeniser(self) -> &'static CoreBPE {
        match self {
            Self::Cl100k => cl100k_base_singleton(),
            Self::O200k => o200k_base_singleton(),
            Self::Harmony => o200k_harmony_singleton(),
        }
    }
}
