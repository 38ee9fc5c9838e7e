//! A small real engine for Weighbridge's quickstart: it summarises English and Chinese text.
//!
//! It picks the sentences and the words that say most of a text, and answers like an OpenAI
//! chat model. It has no weights and asks nobody else, so a call to it costs nothing.

mod body;
mod chat;
mod clock;
mod failure;
mod models;
mod options;
mod route;
mod server;
mod stop;
mod summary;
mod tokens;

use std::io::Write as _;
use std::process::ExitCode;

use options::{Command, Options};
use server::Server;
use stop::Stop;

/// Texts that are summarised at the same time; others wait.
const WORKERS: usize = 2;
/// The exit code for arguments that are not understood.
const BAD_ARGUMENTS: u8 = 2;

fn main() -> ExitCode {
    match options::read(std::env::args().skip(1)) {
        Ok(Command::Help) => said(options::HELP.trim_end()),
        Ok(Command::Serve(options)) => match serve(&options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => refused(&format!("cannot serve on {}: {error}", options.listen), 1),
        },
        Err(words) => refused(&words, BAD_ARGUMENTS),
    }
}

/// Serves until told to stop.
fn serve(options: &Options) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(WORKERS)
        .enable_all()
        .build()?;
    let served = runtime.block_on(async {
        // The signals are caught before anybody is told where to send them.
        let stop = Stop::listen(options.parent_pipe)?;
        let server = Server::bind(options.listen, clock::unix_seconds).await?;
        line(&format!("listening on http://{}", server.address()?))?;
        server.run(stop).await;
        Ok(())
    });
    // A summary in the works is of no use to anybody now.
    runtime.shutdown_background();
    served
}

fn line(words: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{words}")?;
    out.flush()
}

fn said(words: &str) -> ExitCode {
    // A reader who has gone away has what was wanted.
    line(words).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

fn refused(words: &str, code: u8) -> ExitCode {
    // With nobody reading errors, the code still tells.
    let _ = writeln!(std::io::stderr().lock(), "weighbridge-summary: {words}");
    ExitCode::from(code)
}
