//! The proof of a receipt: a bundle that anyone can check offline, or the same as a standard file.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, Response};
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::id::{AccountId, CallId};
use weighbridge_core::receipt::salts_of;
use weighbridge_core::role::Permission;
use weighbridge_gateway::{Gateway, ReplyBody};
use weighbridge_proof::bundle::{Bundle, Disclosure};
use weighbridge_proof::merkle::leaf_hash;
use weighbridge_proof::{SectionName, tlog_proof};
use weighbridge_store::ledger::{LedgerError, Proof};
use weighbridge_store::receipts::Evidence;

use crate::ask::{Ask, invalid, missing, store_failure};

/// How long a request for a proof waits for its receipt's number, which takes a second at most.
const PATIENCE: Duration = Duration::from_secs(3);

/// In which form a proof is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Bundle,
    TlogProof,
}

pub(crate) async fn read(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::ReadOwnReceipts)?;
    let form = match ask.query("format").as_deref() {
        None | Some("json") => Form::Bundle,
        Some("tlog-proof") => Form::TlogProof,
        Some(_) => return Err(invalid("format", "should be `json` or `tlog-proof`")),
    };
    let id: CallId = ask.id("receipt")?;
    let all = ask.principal.key.role.may(Permission::ReadAllReceipts);
    let account = (!all).then_some(ask.principal.account.id);
    let (evidence, proof) = prove(&ask.gateway, id, account).await?;
    Ok(answer(&bundle(&evidence, &proof), id, form))
}

/// The receipt and its proof, once it has a number.
async fn prove(
    gateway: &Arc<Gateway>,
    id: CallId,
    account: Option<AccountId>,
) -> Result<(Evidence, Proof), Failure> {
    let store = gateway.store();
    // Before the first look, so that no news is missed.
    let mut heads = store.heads();
    heads.mark_unchanged();
    let found = store.evidence(id, account).await.map_err(store_failure)?;
    let evidence = found.ok_or_else(|| missing("receipt"))?;
    let leaf = leaf_hash(evidence.stored.leaf.as_bytes());
    let wait = async {
        loop {
            match store.prove(evidence.seq, leaf).await {
                Err(LedgerError::NotYet) => {}
                answer => return answer,
            }
            if heads.changed().await.is_err() {
                return Err(LedgerError::NotYet);
            }
        }
    };
    let waited = tokio::time::timeout(PATIENCE, wait).await;
    let proof = waited.unwrap_or(Err(LedgerError::NotYet)).map_err(ledger_failure)?;
    Ok((evidence, proof))
}

fn bundle(evidence: &Evidence, proof: &Proof) -> Bundle {
    let stored = &evidence.stored;
    let salts = evidence.salts.map(|salts| salts_of(&salts));
    let sections = SectionName::ALL.into_iter().zip(&stored.sections);
    let shown = salts.into_iter().flatten().zip(sections).map(|(salt, (name, section))| {
        (name.to_string(), Disclosure { salt, section: section.clone() })
    });
    Bundle {
        leaf: stored.leaf.clone(),
        disclosures: shown.collect(),
        leaf_index: proof.index,
        tree_size: proof.head.size,
        inclusion: proof.inclusion.clone(),
        checkpoint: proof.head.note.clone(),
    }
}

fn answer(bundle: &Bundle, id: CallId, form: Form) -> Response<ReplyBody> {
    let (text, kind, extension) = match form {
        Form::Bundle => (bundle.to_json(), "application/json", "json"),
        Form::TlogProof => (tlog_proof::write(bundle), "text/plain; charset=utf-8", "tlog-proof"),
    };
    let mut response = Response::new(ReplyBody::whole(Bytes::from(text)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(name) = HeaderValue::from_str(&format!("inline; filename=\"{id}.{extension}\"")) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    response
}

/// What a caller is told when the log cannot say what was asked.
pub(crate) fn ledger_failure(error: LedgerError) -> Failure {
    match error {
        LedgerError::NotYet => {
            let words = "it has no number in the log yet, which takes a second; ask again";
            Failure::gateway(Code::NotSequenced, Retry::After(1), words)
        }
        LedgerError::Refused(reason) => {
            let words = format!(
                "the log is not signed any more: {reason}; calls are still recorded, and the \
                 operator has to put this right"
            );
            Failure::gateway(Code::LedgerNotSigned, Retry::Never, words)
        }
        LedgerError::Busy => {
            let words = "too many ask for parts of the log now; try again";
            Failure::gateway(Code::Overloaded, Retry::After(1), words)
        }
        LedgerError::Missing => missing("part of the log as it stands now"),
        LedgerError::Store(detail) => {
            tracing::error!(detail, "the log cannot be read");
            let words = "the log cannot be read; the gateway's own log says why";
            Failure::gateway(Code::Internal, Retry::Never, words)
        }
    }
}
