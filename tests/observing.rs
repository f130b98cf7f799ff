//! The monitor's panels of the server's side: what they ask and refuse, what they look like, and on a real server.

mod cluster;
mod live;
mod panels;
mod pictures;
mod profiler;
mod sample;
mod set;
