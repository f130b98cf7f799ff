//! One client, and how a call goes through it: with its comment, its limit of time, and a way to stop it.
//!
//! All commands of the program are sent from here. A driver's future is never dropped half way: whoever waits for one
//! waits to its end. Must not know tasks or reports.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bson::{Bson, Document, doc};
use futures_util::StreamExt as _;
use mongodb::error::Error;
use mongodb::options::{ReadPreference, SelectionCriteria};
use mongodb::raw_batch_cursor::{RawBatch, RawBatchCursor};
use mongodb::{Client, ClientSession};
use tokio::sync::{Notify, OnceCell, watch};

use crate::mongo::connect::{Prepared, marked};
use crate::mongo::events::{PoolWatch, Topology, Waited, work};
use crate::mongo::failure::{self, Scene};
use crate::mongo::request::{Failure, FailureKind};
use crate::pool::Work;
use gate::Gate;

mod call;
pub(crate) mod gate;
mod transaction;

pub(crate) use call::{Call, Opening, is_passing};
pub(crate) use transaction::{Transaction, may_try_again};

/// Connections of the client beside the pool: a panel's look, one that it left behind, and a stop.
const CONTROL_POOL: u32 = 3;

/// The driver's own bound on a pool where nobody sets one.
const USUAL_POOL: u32 = 10;

/// Servers of 4.4 and later take a `comment` on every command.
const WIRE_VERSION_OF_4_4: i64 = 9;

/// A request to stop, shared by who asks and who obeys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cancel(Arc<(AtomicBool, Notify)>);

impl Cancel {
    pub(crate) fn cancel(&self) {
        self.0.0.store(true, Ordering::SeqCst);
        self.0.1.notify_waiters();
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }

    /// Waits until it is asked for.
    pub(crate) async fn cancelled(&self) {
        loop {
            let notified = self.0.1.notified();
            tokio::pin!(notified);
            // Enlisted before the flag is read, so that no wake-up falls between the two.
            notified.as_mut().enable();
            if self.is_cancelled() {
                return;
            }
            notified.await;
        }
    }
}

/// The failure of a write that a person stopped before any of it was sent.
pub(crate) fn not_sent() -> Failure {
    Failure::new(
        FailureKind::NotSent,
        "stopped before it was sent: nothing was written",
    )
}

/// The same failure of a write that was not sent so far: to stop it is to send nothing.
pub(crate) fn unsent(failure: Failure) -> Failure {
    match failure.kind {
        FailureKind::Cancelled => not_sent(),
        _ => failure,
    }
}

/// The failure of what a person stopped.
pub(crate) fn stopped() -> Failure {
    Failure::new(FailureKind::Cancelled, "stopped")
}

/// A profile's client with what is known around it.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) client: Client,
    pub(crate) prepared: Prepared,
    topology: watch::Receiver<Topology>,
    pub(crate) max_time: Option<Duration>,
    /// `maxWireVersion` of the last `hello`; 0 before.
    wire_version: AtomicI64,
    /// Whether writes may carry a number by which the server recognises a second sending.
    numbered_writes: AtomicBool,
    transactions: AtomicBool,
    next_number: AtomicI64,
    /// Sessions of numbered writes. Their numbers are far above the driver's own, so the driver must not use them again:
    /// the server would take its next transaction in one for an old one.
    writing: Mutex<Vec<ClientSession>>,
    /// A client of its own for stopping operations and for looking at the deployment, so that a full pool cannot hold
    /// either up.
    control: OnceCell<Client>,
    /// Where commands are counted.
    pools: PoolWatch,
    /// Bounds the wait for a connection, where the profile wants it.
    gate: Option<Gate>,
    /// Whether this user was refused a look at what runs.
    may_not_look: AtomicBool,
}

/// The batches of a cursor, the first of which came with the answer to its command. Dropped while it is open on the
/// server, it is closed there.
pub(crate) struct Batches {
    cursor: RawBatchCursor,
    link: Arc<Link>,
    /// Whether it is read beside the profile's pool.
    aside: bool,
    begun: bool,
    /// What further batches are.
    work: Arc<Work>,
}

impl Batches {
    /// The next batch, on behalf of `call`; `None` at the end.
    pub(crate) async fn next(&mut self, call: &Call) -> Option<Result<RawBatch, Error>> {
        if !std::mem::replace(&mut self.begun, true) || self.aside {
            return self.cursor.next().await;
        }
        let link = Arc::clone(&self.link);
        let (_place, waited) = match link.place(&call.cancel).await {
            Ok(place) => place,
            Err(error) => return Some(Err(error)),
        };
        let start = Instant::now();
        let batch = work::after(Arc::clone(&self.work), waited, self.cursor.next()).await?;
        self.link
            .count(&self.work.command, start, batch.as_ref().err());
        Some(batch)
    }
}

impl Link {
    pub(crate) fn new(
        client: Client,
        prepared: Prepared,
        topology: watch::Receiver<Topology>,
        max_time: Option<Duration>,
        pools: PoolWatch,
    ) -> Self {
        // Higher than any number that another run of the program used in a session of the same id.
        let start = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(1, |d| i64::try_from(d.as_millis()).unwrap_or(1));
        let size = prepared.options.max_pool_size.unwrap_or(USUAL_POOL);
        let gate = Gate::new(size, prepared.wait_queue_timeout);
        Self {
            gate,
            client,
            prepared,
            topology,
            max_time,
            wire_version: AtomicI64::new(0),
            numbered_writes: AtomicBool::new(false),
            transactions: AtomicBool::new(false),
            next_number: AtomicI64::new(start),
            writing: Mutex::default(),
            control: OnceCell::new(),
            may_not_look: AtomicBool::new(false),
            pools,
        }
    }

    fn count(&self, name: &str, start: Instant, error: Option<&Error>) {
        let failure = error.map(|e| failure::translate(e, &self.prepared.scene).summary);
        self.pools.count_command(name, start.elapsed(), failure);
    }

    /// How long a connection may be waited for; `None` is for ever.
    pub(crate) fn patience(&self) -> Option<Duration> {
        self.gate.as_ref().and(self.prepared.wait_queue_timeout)
    }

    /// A place at the gate, where there is one; to be held until the operation has ended. Not waited for any more once
    /// the task is stopped.
    async fn place(
        &self,
        cancel: &Cancel,
    ) -> Result<(Option<tokio::sync::SemaphorePermit<'_>>, Option<Waited>), Error> {
        match &self.gate {
            None => Ok((None, None)),
            Some(gate) => {
                let admitted = gate.enter(&self.pools, cancel).await?;
                Ok((Some(admitted.place), admitted.waited))
            }
        }
    }

    /// Waits for a command, and counts it. Its connection is known to run `work`. Stopped before it was sent, it is not
    /// sent; afterwards it is waited for.
    async fn timed<T>(
        &self,
        cancel: &Cancel,
        work: &Arc<Work>,
        command: impl IntoFuture<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let start = Instant::now();
        let (_place, waited) = match self.place(cancel).await {
            Ok(place) => place,
            Err(error) => {
                self.count(&work.command, start, Some(&error));
                return Err(error);
            }
        };
        let result = work::after(Arc::clone(work), waited, command.into_future()).await;
        self.count(&work.command, start, result.as_ref().err());
        result
    }

    /// Notes what a server said of itself.
    pub(crate) fn learn(&self, hello: &Document) {
        let wire = failure::integer(hello.get("maxWireVersion")).unwrap_or(0);
        self.wire_version.store(wire, Ordering::Relaxed);
        let in_set =
            hello.contains_key("setName") || hello.get_str("msg").is_ok_and(|m| m == "isdbgrid");
        let sessions = hello.contains_key("logicalSessionTimeoutMinutes");
        let wanted = self.prepared.options.retry_writes != Some(false);
        self.transactions
            .store(in_set && sessions, Ordering::Relaxed);
        self.numbered_writes
            .store(in_set && sessions && wanted, Ordering::Relaxed);
    }

    /// A session for one numbered write; see [`Link::put_back`].
    async fn writing_session(&self) -> Result<ClientSession, Error> {
        let kept = self
            .writing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        match kept {
            Some(session) => Ok(session),
            None => self.client.start_session().await,
        }
    }

    fn put_back(&self, session: ClientSession) {
        self.writing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(session);
    }

    /// Whether the deployment has transactions.
    pub(crate) fn has_transactions(&self) -> bool {
        self.transactions.load(Ordering::Relaxed)
    }

    /// Whether this user was refused a look at what runs, so that it is not asked for again by itself.
    pub(crate) fn may_not_look(&self) -> bool {
        self.may_not_look.load(Ordering::Relaxed)
    }

    /// Notes that this user may not look at what runs.
    pub(crate) fn note_may_not_look(&self) {
        self.may_not_look.store(true, Ordering::Relaxed);
    }

    pub(crate) fn takes_comments(&self) -> bool {
        self.wire_version.load(Ordering::Relaxed) >= WIRE_VERSION_OF_4_4
    }

    /// What the driver's monitors see, as a copy: who holds a guard of the channel while it takes another waits for ever
    /// where a monitor's news came between the two (see [`watch::Receiver::borrow`]).
    pub(crate) fn topology(&self) -> Topology {
        self.topology.borrow().clone()
    }

    pub(crate) fn scene(&self) -> Scene {
        let topology = self.topology();
        Scene {
            troubles: topology.troubles(),
            without_primary: !self.is_direct() && topology.lacks_primary(),
            ..self.prepared.scene.clone()
        }
    }

    /// Whether what is asked needs a primary, which the set does not have.
    pub(crate) fn waits_for_primary(&self) -> bool {
        let secondaries_do = matches!(
            self.prepared.selection(),
            Some(SelectionCriteria::ReadPreference(preference)) if !matches!(preference, ReadPreference::Primary)
        );
        !secondaries_do && !self.is_direct() && self.topology().lacks_primary()
    }

    /// Whether one server alone is spoken to, which then answers whatever it is.
    fn is_direct(&self) -> bool {
        self.prepared.options.direct_connection == Some(true)
    }

    /// The client that a full pool cannot hold up.
    async fn control(&self) -> Result<&Client, Error> {
        self.control
            .get_or_try_init(|| async {
                let mut options = self.prepared.options.clone();
                options.max_pool_size = Some(CONTROL_POOL);
                options.min_pool_size = None;
                // So that it is not counted with the profile's pool.
                options.driver_info = Some(marked("beside"));
                options.server_selection_timeout = Some(Duration::from_secs(1));
                options.sdam_event_handler = None;
                options.command_event_handler = None;
                options.cmap_event_handler = None;
                Client::with_options(options)
            })
            .await
    }

    /// Stops what runs on the server under one of `comments`. Best effort: what cannot be found has ended.
    pub(crate) async fn kill(&self, comments: &[String]) {
        let Ok(control) = self.control().await else {
            return;
        };
        let admin = control.database("admin");
        let names: Vec<Bson> = comments.iter().cloned().map(Bson::String).collect();
        let running = doc! {
            "aggregate": 1,
            "pipeline": [
                { "$currentOp": { "allUsers": false } },
                { "$match": { "$or": [
                    { "command.comment": { "$in": names.clone() } },
                    { "cursor.originatingCommand.comment": { "$in": names } },
                ] } },
                { "$project": { "opid": 1 } },
            ],
            "cursor": {},
        };
        let Ok(reply) = admin.run_command(running).await else {
            return;
        };
        let batch = reply
            .get_document("cursor")
            .and_then(|c| c.get_array("firstBatch"))
            .cloned()
            .unwrap_or_default();
        for operation in batch.iter().filter_map(Bson::as_document) {
            if let Some(id) = operation.get("opid") {
                let _ = admin
                    .run_command(doc! { "killOp": 1, "op": id.clone() })
                    .await;
            }
        }
    }

    /// Ends all waits for a connection: what was not sent so far is not sent any more. What runs goes on, and so does what
    /// is asked beside the pool.
    pub(crate) fn send_no_more(&self) {
        if let Some(gate) = &self.gate {
            gate.close();
        }
    }

    /// Closes both clients. Ends when the driver has.
    pub(crate) async fn close(self: Arc<Self>) {
        self.send_no_more();
        if let Some(control) = self.control.get() {
            control.clone().shutdown().immediate(true).await;
        }
        self.client.clone().shutdown().immediate(true).await;
    }
}
