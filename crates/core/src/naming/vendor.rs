//! Whose a model is, where its name says so before the name itself.

/// Where clouds say in which region a model runs.
const REGIONS: [&str; 5] = ["us", "eu", "apac", "global", "jp"];

/// What clouds have before a dot: `anthropic.claude-3-haiku-20240307-v1:0`.
const BEFORE_A_DOT: [&str; 12] = [
    "anthropic",
    "amazon",
    "meta",
    "mistral",
    "cohere",
    "ai21",
    "deepseek",
    "openai",
    "qwen",
    "stability",
    "google",
    "nvidia",
];

/// What stands before a family's own name: `meta-llama-3`.
const BEFORE_A_FAMILY: [(&str, &str); 6] = [
    ("meta", "llama"),
    ("microsoft", "phi"),
    ("amazon", "nova"),
    ("google", "gemma"),
    ("nvidia", "nemotron"),
    ("mistralai", "mistral"),
];

/// A name without what says whose it is, and that, if it is said.
pub(super) fn split(name: &str) -> (Option<&str>, &str) {
    let name = name.strip_prefix("models/").unwrap_or(name);
    if let Some((path, name)) = name.rsplit_once('/') {
        let vendor = path.rsplit('/').next().unwrap_or(path);
        return (Some(vendor), split(name).1);
    }
    let mut rest = name;
    if let Some((region, behind)) = rest.split_once('.')
        && REGIONS.contains(&region)
    {
        rest = behind;
    }
    match rest.split_once('.') {
        Some((vendor, behind)) if BEFORE_A_DOT.contains(&vendor) => {
            (Some(vendor), without_revision(behind))
        }
        _ => (None, name),
    }
}

/// A cloud's name for a model without the revision that the cloud has put behind it: `-v1:0`.
fn without_revision(name: &str) -> &str {
    let name = name.split(':').next().unwrap_or(name);
    match name.rsplit_once("-v") {
        Some((own, digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => own,
        _ => name,
    }
}

/// Whether the first of two words only says whose the second is.
pub(super) fn is_before(first: &str, second: &str) -> bool {
    BEFORE_A_FAMILY.contains(&(first, second))
}
