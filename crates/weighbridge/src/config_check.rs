//! `weighbridge config check`.

use std::path::Path;
use std::process::ExitCode;

use weighbridge_server::Config;

use crate::console::{complain, say};

pub(crate) fn run(file: &Path) -> ExitCode {
    match Config::read(file) {
        Ok(config) => {
            for note in &config.notes {
                complain(format_args!("note: {note}"));
            }
            for (provider, model) in config.unpriced() {
                complain(format_args!(
                    "no price: `{model}` of `{provider}`: its receipts say unpriced, and accounts \
                     with a budget cannot call it"
                ));
            }
            for provider in config.providers.iter().filter(|it| it.roster.is_open) {
                complain(format_args!(
                    "note: `{0}` is asked for its models when the gateway runs; `weighbridge \
                     provider check {0}` asks it now",
                    provider.name
                ));
            }
            let models: usize = config.providers.iter().map(|it| it.models.len()).sum();
            let providers = config.providers.len();
            say(format_args!("{}: good: {providers} providers, {models} models", file.display()));
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(error);
            ExitCode::from(crate::EXIT_UNUSABLE)
        }
    }
}
