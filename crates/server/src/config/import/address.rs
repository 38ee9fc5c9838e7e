//! Addresses of providers: where one is, and what our flavors take of it.

use std::net::IpAddr;

/// `scheme://host:port/path`, with nothing else in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// With the scheme, and the port where one is written.
    origin: String,
    host: String,
    /// From the first slash on, without one at its end.
    pub(super) path: String,
}

impl Address {
    /// Reads an address of a provider; none with a name or a password in it, a query, or a place
    /// that is filled in.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        if !matches!(scheme, "http" | "https") {
            return None;
        }
        let plain = |letter: char| letter.is_ascii_graphic() && !"?#@\"\\{}$".contains(letter);
        if !rest.chars().all(plain) {
            return None;
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = match authority.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?.0,
            None => authority.split(':').next()?,
        };
        let path = path.trim_matches('/');
        let slash = if path.is_empty() { "" } else { "/" };
        (!host.is_empty()).then(|| Self {
            origin: format!("{scheme}://{authority}"),
            host: host.to_ascii_lowercase(),
            path: format!("{slash}{path}"),
        })
    }

    /// The same without these endings of its path, one after another.
    pub(super) fn without(mut self, endings: &[&str]) -> Self {
        for ending in endings {
            if let Some(path) = self.path.strip_suffix(ending) {
                self.path.truncate(path.trim_end_matches('/').len());
            }
        }
        self
    }

    /// The whole of it.
    pub(super) fn whole(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }

    /// The host and what comes before it.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether it is `domain`, or under it.
    pub(super) fn is_under(&self, domain: &str) -> bool {
        self.host.strip_suffix(domain).is_some_and(|under| under.is_empty() || under.ends_with('.'))
    }

    /// Whether it is on the operator's own machines: an address of this machine or of a private
    /// network, or a name that has no meaning outside one.
    pub(super) fn is_local(&self) -> bool {
        if let Ok(address) = self.host.parse::<IpAddr>() {
            return is_private(address);
        }
        let own = ["localhost", "local", "internal", "lan", "home.arpa"];
        !self.host.contains('.') || own.iter().any(|domain| self.is_under(domain))
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_unspecified()
        }
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => is_private(IpAddr::V4(address)),
            None => {
                address.is_loopback()
                    || address.is_unique_local()
                    || address.is_unicast_link_local()
                    || address.is_unspecified()
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_ones_own_machines_are_local() {
        for (text, local) in [
            ("http://127.0.0.1:8000/v1", true),
            ("http://localhost:11434", true),
            ("http://[::1]:8000/v1", true),
            ("http://[fd00::7]/v1", true),
            ("http://10.1.2.3/v1", true),
            ("http://172.20.0.1/v1", true),
            ("http://192.168.1.9:1234/v1/", true),
            ("http://vllm:8000/v1", true),
            ("http://host.docker.internal:11434", true),
            ("http://llm.apps.svc.cluster.local/v1", true),
            ("https://api.openai.com/v1", false),
            ("http://8.8.8.8/v1", false),
            ("http://172.32.0.1/v1", false),
            ("https://internal.example.com/v1", false),
        ] {
            assert_eq!(Address::read(text).unwrap().is_local(), local, "{text}");
        }
    }

    #[test]
    fn only_plain_addresses_are_read() {
        for wrong in [
            "",
            "localhost:8000",
            "127.0.0.1:9000",
            "wss://a/b",
            "http://",
            "http://u:p@h/v1",
            "http://h/v1?key=1",
            "http://h/${X}",
            "http://h/a b",
            "http://h/\n",
        ] {
            assert_eq!(Address::read(wrong), None, "{wrong:?}");
        }
        let address = Address::read("https://H.example:8/v1/chat/completions/").unwrap();
        assert_eq!(address.whole(), "https://H.example:8/v1/chat/completions");
        assert_eq!(address.without(&["/chat/completions"]).whole(), "https://H.example:8/v1");
        assert!(Address::read("https://eu.openai.azure.com").unwrap().is_under("openai.azure.com"));
    }
}
