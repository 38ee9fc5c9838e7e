//! The proof of the first call, checked as anyone would check it: offline, out of files.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use hyper::Method;
use weighbridge_proof::offline::{self, Files};
use weighbridge_proof::verify::Verdict;

use crate::http_client;

/// What a caller has of a call.
pub(super) struct Evidence {
    pub(super) receipt: String,
    pub(super) request: Bytes,
    pub(super) reply: Bytes,
}

/// Files that prove a call, and the key that they are checked with.
pub(super) struct Proved {
    pub(super) key: String,
    pub(super) folder: PathBuf,
    /// This program, by its path: it need not be installed.
    pub(super) program: PathBuf,
    pub(super) words: String,
}

/// Fetches the proof, writes everything into files, and checks those.
pub(super) async fn prove(
    address: SocketAddr,
    data: &Path,
    key: &str,
    evidence: &Evidence,
) -> anyhow::Result<Proved> {
    let fetch = async |path: &str| {
        let answer = http_client::send(address, Method::GET, path, key, None).await?;
        if !answer.status.is_success() {
            let words = String::from_utf8_lossy(&answer.body);
            bail!("{path} answered {}: {words}", answer.status);
        }
        Ok(answer.body)
    };
    let bundle = fetch(&format!("/gateway/v1/receipts/{}/proof", evidence.receipt)).await?;
    let vkey = fetch("/ledger/key").await?;
    let vkey = String::from_utf8_lossy(&vkey).trim().to_owned();
    let folder = data.join("first-call");
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let write = |name: &str, bytes: &Bytes| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
        anyhow::Ok(path)
    };
    let files = Files {
        bundle: write("proof.json", &bundle)?,
        key: Some(vkey.clone()),
        known: None,
        request: Some(write("request.json", &evidence.request)?),
        reply: Some(write("reply.json", &evidence.reply)?),
    };
    let report = offline::check(&files);
    if report.verdict() != Verdict::Proved {
        bail!("the proof of {} does not hold:\n{report}", evidence.receipt);
    }
    let program = std::env::current_exe().unwrap_or_else(|_| "weighbridge".into());
    let checks = report.checks().iter().map(|check| check.what.as_str());
    Ok(Proved { key: vkey, folder, program, words: checks.collect::<Vec<_>>().join(", ") })
}
