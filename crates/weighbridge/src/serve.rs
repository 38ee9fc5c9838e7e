//! `weighbridge serve`.

use std::process::ExitCode;

use weighbridge_server::{CancellationToken, Config, Ended, config, start_logging};

use crate::command::ServeArguments;
use crate::console::{complain, say};
use crate::runtime;

pub(crate) fn run(arguments: &ServeArguments) -> ExitCode {
    let unusable = ExitCode::from(crate::EXIT_UNUSABLE);
    let Some(file) = arguments.config.clone().or_else(config::default_file) else {
        complain(format_args!(
            "no --config was given and there is no {} here; write one such as\n\n\
             listen = \"127.0.0.1:8686\"\n\n[[providers]]\nname = \"desk\"\nflavor = \"openai\"\n\
             base_url = \"http://127.0.0.1:8000/v1\"\nlocation = \"local\"\n\
             services = [\"chat\"]\nmodels = [\"my-model\"]\n\n\
             or try `weighbridge quickstart`",
            config::DEFAULT_FILE
        ));
        return unusable;
    };
    let mut config = match Config::read(&file) {
        Ok(config) => config,
        Err(error) => {
            complain(error);
            return unusable;
        }
    };
    if let Some(data) = &arguments.data {
        data.clone_into(&mut config.data_dir);
    }
    if let Some(listen) = arguments.listen {
        if !listen.ip().is_loopback() && config.listen.ip().is_loopback() {
            complain(format_args!("--listen {listen} {}", config::INSECURE));
            return unusable;
        }
        config.listen = listen;
    }
    start_logging(&config.log);
    let runtime = match runtime::start() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(format_args!("cannot start: {error}"));
            return ExitCode::from(crate::EXIT_FAILED);
        }
    };
    let ready = |address| say(format_args!("listening on http://{address}"));
    finish(runtime.block_on(weighbridge_server::serve(config, ready, CancellationToken::new())))
}

/// What the process ends with.
pub(crate) fn finish(ended: Result<Ended, weighbridge_server::StartError>) -> ExitCode {
    match ended {
        Ok(Ended::Drained) => ExitCode::SUCCESS,
        // At once, with every connection cut: no reply may end well that has no receipt.
        Ok(Ended::Fatal(_)) => std::process::exit(crate::EXIT_CANNOT_RECORD),
        Err(error) => {
            complain(error);
            ExitCode::from(crate::EXIT_UNUSABLE)
        }
    }
}
