//! `weighbridge verify`.

use std::process::ExitCode;

use weighbridge_proof::offline::{self, Files};
use weighbridge_proof::verify::Verdict;

use crate::command::VerifyArguments;
use crate::console::{complain, say};

pub(crate) fn run(arguments: VerifyArguments) -> ExitCode {
    let VerifyArguments { bundle, key, known, request, reply, json } = arguments;
    let report = offline::check(&Files { bundle, key, known, request, reply });
    let verdict = report.verdict();
    match (json, &verdict) {
        (true, _) => say(report.to_json()),
        (false, Verdict::Unusable(_)) => complain(&report),
        (false, _) => say(&report),
    }
    ExitCode::from(verdict.exit_code())
}
