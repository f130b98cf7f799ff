//! Staying up: what the console says and does when the server, the network or the terminal does not do its part.
//!
//! These tests print how long it took until all worked again, and what was said meanwhile.

#![allow(
    clippy::print_stderr,
    reason = "figures for whoever reads the run with `--nocapture`"
)]

mod asleep;
mod doubt;
mod exhausted;
mod load;
mod screen;
mod set;
mod soak;
mod stall;
mod tail;
mod trouble;
