//! The nearest route to one that does not exist.

use weighbridge_gateway::Gateway;
use weighbridge_gateway::front::route::Route;

/// Routes of the finished design, by how their paths begin, that this version does not have.
const NOT_YET: [&str; 16] = [
    "/v1/responses/",
    "/v1/fim/completions",
    "/v1/images/",
    "/v1/audio/",
    "/v1/messages/batches",
    "/v1/batches",
    "/v1/files",
    "/v1beta/",
    "/api/pull",
    "/api/create",
    "/api/push",
    "/api/copy",
    "/api/delete",
    "/aog/v0.2/services/",
    "/v1/private/",
    "/gbuilder/",
];

/// Whether `path` is a route of the finished design that this version does not have.
pub(crate) fn is_not_yet(path: &str) -> bool {
    NOT_YET.iter().any(|start| path.starts_with(start))
}

/// The longest path that is compared, in bytes.
const LONGEST: usize = 128;

/// The route that was probably meant.
pub(crate) fn route(gateway: &Gateway, path: &str) -> &'static str {
    nearest(Route::paths(gateway), path)
}

fn nearest(known: impl Iterator<Item = &'static str>, path: &str) -> &'static str {
    let path = path.get(..path.floor_char_boundary(LONGEST)).unwrap_or(path);
    let distance = |known: &&str| strsim::damerau_levenshtein(path, known);
    known.min_by_key(distance).unwrap_or("/v1/chat/completions")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_path_is_led_to_the_right_one() {
        let known = ["/v1/chat/completions", "/v1/models", "/v1/tally"];
        let route = |path| nearest(known.into_iter(), path);
        assert_eq!(route("/v1/chat/completion"), "/v1/chat/completions");
        assert_eq!(route("/openai/v1/chat/completions"), "/v1/chat/completions");
        assert_eq!(route("/v1/model"), "/v1/models");
        assert_eq!(route("/tally"), "/v1/tally");
        assert!(is_not_yet("/v1/batches"));
        assert!(!is_not_yet("/v1/batche"));
    }
}
