//! Staying up: what the console says and does when the server, the network or the terminal does not do its part.

mod load;
mod set;
mod stall;
mod trouble;
