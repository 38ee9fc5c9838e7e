//! `[discovery]`: whether servers of models are looked for on this machine. They are not, unless the file
//! says so: whoever listens at one of the ports would get calls.

use weighbridge_gateway::upstream::Neighbour;

use super::reader::Table;

/// See the module's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// Where it is looked, on 127.0.0.1.
    pub ports: Vec<u16>,
}

/// Where Ollama, llama.cpp, vLLM and LM Studio listen unless they are told otherwise.
const PORTS: [u16; 4] = [11434, 8080, 8000, 1234];

/// The most ports that are looked at.
const MOST: usize = 32;

impl Discovery {
    /// Whether what is found may get that name.
    pub(crate) fn may_find(&self, name: &str) -> bool {
        Neighbour::ALL.into_iter().any(|it| {
            let behind = name.strip_prefix(it.as_str());
            let port = behind.and_then(|rest| rest.strip_prefix('-'));
            behind == Some("") || port.is_some_and(|port| port.parse::<u16>().is_ok())
        })
    }
}

pub(super) fn read(root: &Table<'_>) -> Option<Discovery> {
    let table = root.table("discovery")?;
    table.only(&["local", "ports"], &["network"]);
    let ports = match table.counts("ports", usize::from(u16::MAX)) {
        Some(ports) if ports.is_empty() || ports.len() > MOST => {
            table.complain("ports", format!("should be 1 to {MOST} ports"));
            Vec::new()
        }
        Some(ports) => ports.into_iter().filter_map(|port| u16::try_from(port).ok()).collect(),
        None => PORTS.to_vec(),
    };
    table.flag("local").unwrap_or(false).then_some(Discovery { ports })
}
