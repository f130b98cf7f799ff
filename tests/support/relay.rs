//! A line to a server that can be cut, and held so that it says nothing: what networks, firewalls and sleeping machines do
//! to connections.

#![allow(dead_code, reason = "each test uses a part")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The line. Ends with the runtime that it was made on.
pub struct Relay {
    /// Where to connect to.
    pub port: u16,
    cuts: watch::Sender<u64>,
    /// Connections made from now on are not let through either.
    held: Arc<AtomicBool>,
    /// Connections up to this number are dead: they stay open, and nothing comes over them.
    dead: Arc<AtomicUsize>,
    count: Arc<AtomicUsize>,
}

impl Relay {
    /// A line to `port` on the loopback.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (cuts, _) = watch::channel(0);
        let relay = Self {
            port: listener.local_addr().unwrap().port(),
            cuts,
            held: Arc::default(),
            dead: Arc::default(),
            count: Arc::default(),
        };
        let (cuts, held, dead, count) = (
            relay.cuts.clone(),
            Arc::clone(&relay.held),
            Arc::clone(&relay.dead),
            Arc::clone(&relay.count),
        );
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let number = count.fetch_add(1, Ordering::SeqCst) + 1;
                let silent = {
                    let (held, dead) = (Arc::clone(&held), Arc::clone(&dead));
                    move || held.load(Ordering::SeqCst) || number <= dead.load(Ordering::SeqCst)
                };
                let mut cut = cuts.subscribe();
                cut.mark_unchanged();
                tokio::spawn(async move {
                    let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else {
                        return;
                    };
                    let (near_in, near_out) = near.into_split();
                    let (far_in, far_out) = far.into_split();
                    tokio::select! {
                        _ = cut.changed() => {}
                        () = pump(near_in, far_out, silent.clone()) => {}
                        () = pump(far_in, near_out, silent) => {}
                    }
                });
            }
        });
        relay
    }

    /// Closes all connections, as a server or a firewall does to those that are idle. New ones can be made.
    pub fn cut(&self) {
        self.cuts.send_modify(|n| *n += 1);
    }

    /// Lets nothing through, without closing anything; also what is connected from now on is accepted and gets no answer.
    pub fn hold(&self, held: bool) {
        self.held.store(held, Ordering::SeqCst);
    }

    /// Lets all connections of now go dead, as those of a machine that slept; new ones work.
    pub fn forget(&self) {
        self.dead
            .store(self.count.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, silent: impl Fn() -> bool) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer).await {
        while silent() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        if to.write_all(&buffer[..n]).await.is_err() {
            return;
        }
    }
}
