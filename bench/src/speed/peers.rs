//! Everybody who is measured beside one another, each in front of the same mock.

use anyhow::{Context, Result};
use weighbridge_testkit::scratch::ScratchDir;

use crate::child::Child;
use crate::load::Target;
use crate::mock::Mock;
use crate::peer::Peer;
use crate::stand::Stand;
use crate::{machine, nginx};

/// See the module's words. The bare proxy is the first, the gateway the last.
pub(super) struct Peers {
    pub(super) all: Vec<Peer>,
    // Processes end before the folder that they write to goes.
    _children: Vec<Child>,
    _scratch: ScratchDir,
}

impl Peers {
    /// Starts them.
    pub(super) async fn start(mock: &Mock, stand: &Stand) -> Result<Self> {
        let scratch = ScratchDir::within(&machine::folder()).context("no scratch folder")?;
        let (mut all, mut children) = (Vec::new(), Vec::new());
        let (child, address) = Child::proxy(&mock.address()).await?;
        all.push(peer("bare hyper", child.pid(), address));
        children.push(child);
        if nginx::version().is_some() {
            let (child, address) = nginx::start(scratch.path(), &mock.address()).await?;
            all.push(peer("nginx", child.pid(), address));
            children.push(child);
        }
        all.push(Peer::new("Weighbridge", stand.pid()?, stand.target()).converting());
        Ok(Self { all, _children: children, _scratch: scratch })
    }

    /// Their names, in order.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.all.iter().map(|peer| peer.name).collect()
    }

    /// The gateway.
    pub(super) fn weighbridge(&mut self) -> &mut Peer {
        let last = self.all.len() - 1;
        &mut self.all[last]
    }
}

fn peer(name: &'static str, pid: u32, address: String) -> Peer {
    Peer::new(name, pid, Target { address, key: "no-key".to_owned() })
}
