//! The program: arguments in, exit code out. Everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    mongodeck::cli::run(mongodeck::cli::conceal::arguments()).into()
}
