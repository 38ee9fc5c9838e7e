//! The routes.

use http::Method;

/// Something this API does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `POST accounts`
    CreateAccount,
    /// `GET accounts`
    ListAccounts,
    /// `GET accounts/{id}`
    ReadAccount,
    /// `PATCH accounts/{id}`
    ChangeAccount,
    /// `GET me`
    Me,
    /// `POST keys`
    CreateKey,
    /// `GET keys`
    ListKeys,
    /// `DELETE keys/{id}`
    RevokeKey,
    /// `GET receipts`
    ListReceipts,
    /// `GET receipts/{id}`
    ReadReceipt,
    /// `GET receipts/{id}/proof`
    ProveReceipt,
    /// `GET provenance/{id}`
    ReadProvenance,
    /// `GET acts`
    ListActs,
    /// `POST estimates`
    CreateEstimate,
    /// `POST explain`
    Explain,
    /// `GET providers`
    ListProviders,
    /// `GET tables/{id}`
    ReadTable,
}

/// A row of the table.
#[derive(Debug, Clone)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path after the prefix; `{id}` stands for one segment.
    pub path: &'static str,
    /// What it does.
    pub operation: Operation,
    /// The same in a few words, for people.
    pub summary: &'static str,
    /// Who may.
    pub roles: &'static str,
}

macro_rules! routes {
    ($($method:ident $path:literal $operation:ident $summary:literal $roles:literal;)*) => {
        /// Every route of this version.
        pub const ROUTES: &[Route] = &[$(Route {
            method: Method::$method,
            path: $path,
            operation: Operation::$operation,
            summary: $summary,
            roles: $roles,
        }),*];
    };
}

routes! {
    POST "/accounts" CreateAccount "Create an account" "admin";
    GET "/accounts" ListAccounts "List accounts, the oldest first" "admin";
    GET "/accounts/{id}" ReadAccount "Read an account" "admin, or any key of that account";
    PATCH "/accounts/{id}" ChangeAccount "Give an account another name, level or budget" "admin";
    GET "/me" Me "Who this key speaks for" "every role";
    POST "/keys" CreateKey "Create a key; its text is in this answer and never again"
        "admin; developer for the own account";
    GET "/keys" ListKeys "List keys, the oldest first" "admin; developer for the own account";
    DELETE "/keys/{id}" RevokeKey "Revoke a key: refused from this answer on"
        "admin; developer for the own account";
    GET "/receipts" ListReceipts "List receipts, the newest first"
        "admin and auditor; developer and user for the own account";
    GET "/receipts/{id}" ReadReceipt "Read a receipt"
        "admin and auditor; developer and user for the own account";
    GET "/receipts/{id}/proof" ProveReceipt "The proof of a receipt, which anyone can check offline"
        "admin and auditor; developer and user for the own account";
    GET "/provenance/{id}" ReadProvenance
        "The calls that took or gave the content with this SHA-256, the newest first"
        "admin and auditor; developer and user for the own account";
    GET "/acts" ListActs "Who changed what, the newest first" "admin and auditor";
    POST "/estimates" CreateEstimate "What the call with this very body will cost" "as for the call";
    POST "/explain" Explain "Where the call with this very body would run, and why there" "as for the call";
    GET "/providers" ListProviders "The providers, and how they are now" "admin, developer and user";
    GET "/tables/{id}" ReadTable "Read a table of levels, prices or policies that receipts cite"
        "whoever reads receipts";
}

/// First segments of the finished design that this version does not have.
const NOT_YET: [&str; 7] =
    ["tasks", "files", "plugins", "bindings", "vouchers", "statements", "capabilities"];

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A route, and the `{id}` in the path if it has one.
    Operation(Operation, Option<String>),
    /// A route for other methods, which are named.
    OtherMethod(String),
    /// Something of the finished design that is not built yet.
    NotYet,
    /// Nothing.
    Nothing,
}

/// Looks up `path`, which stands after the prefix.
pub fn find(method: &Method, path: &str) -> Found {
    let mut others = Vec::new();
    for route in ROUTES {
        let Some(id) = matches(route.path, path) else { continue };
        if route.method == *method {
            return Found::Operation(route.operation, id.map(str::to_owned));
        }
        others.push(route.method.as_str());
    }
    if !others.is_empty() {
        return Found::OtherMethod(others.join(", "));
    }
    let mut segments = path.trim_start_matches('/').split('/');
    let first = segments.next().unwrap_or_default();
    if NOT_YET.contains(&first)
        || first == "models"
        || (first == "provenance" && path.ends_with("/lineage"))
    {
        return Found::NotYet;
    }
    Found::Nothing
}

/// Whether `path` fits `template`, and what stands where `{id}` does.
fn matches<'a>(template: &str, path: &'a str) -> Option<Option<&'a str>> {
    match template.split_once("{id}") {
        None => (template == path).then_some(None),
        Some((start, end)) => {
            let id = path.strip_prefix(start)?.strip_suffix(end)?;
            (!id.is_empty() && !id.contains('/')).then_some(Some(id))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_operation_and_id() {
        assert_eq!(find(&Method::GET, "/me"), Found::Operation(Operation::Me, None));
        let id = Some("rcpt_1".to_owned());
        let found = Found::Operation(Operation::ReadReceipt, id.clone());
        assert_eq!(find(&Method::GET, "/receipts/rcpt_1"), found);
        let found = Found::Operation(Operation::ProveReceipt, id);
        assert_eq!(find(&Method::GET, "/receipts/rcpt_1/proof"), found);
    }

    #[test]
    fn other_methods_are_named_and_unbuilt_routes_told_from_unknown_ones() {
        assert_eq!(find(&Method::PUT, "/keys"), Found::OtherMethod("POST, GET".to_owned()));
        assert_eq!(find(&Method::POST, "/tasks"), Found::NotYet);
        assert_eq!(find(&Method::GET, "/provenance/00/lineage"), Found::NotYet);
        assert_eq!(find(&Method::GET, "/receipt"), Found::Nothing);
        assert_eq!(find(&Method::GET, "/keys/"), Found::Nothing);
    }
}
