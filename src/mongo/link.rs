//! One client, and how a call goes through it: with its comment, its limit of time, and a way to stop it.
//!
//! All commands of the program are sent from here. A driver's future is never dropped half way: whoever waits for one
//! waits to its end. Must not know tasks or reports.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bson::raw::cstr;
use bson::{Bson, Document, RawBsonRef, RawDocumentBuf, doc, rawdoc};
use futures_util::StreamExt as _;
use mongodb::error::{Error, ErrorKind};
use mongodb::options::{ReadPreference, SelectionCriteria};
use mongodb::raw_batch_cursor::{RawBatch, RawBatchCursor};
use mongodb::{Client, ClientSession, Database};
use tokio::sync::{Notify, OnceCell, watch};

use crate::mongo::connect::Prepared;
use crate::mongo::events::{PoolWatch, Topology, work};
use crate::mongo::failure::{self, Said, Scene};
use crate::mongo::request::{Failure, FailureKind, Namespace};
use crate::pool::Work;
use gate::Gate;

pub(crate) mod gate;
mod transaction;

pub(crate) use transaction::{Transaction, may_try_again};

/// The driver's own bound on a pool where nobody sets one.
/// Connections of the client beside the pool: a panel's look, one that it left behind, and a stop.
const CONTROL_POOL: u32 = 3;
const USUAL_POOL: u32 = 10;

/// Servers of 4.4 and later take a `comment` on every command.
const WIRE_VERSION_OF_4_4: i64 = 9;

/// The pause before the third sending of a write; each later one is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);

const LONGEST_PAUSE: Duration = Duration::from_millis(800);

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

/// The failure of what a person stopped.
pub(crate) fn stopped() -> Failure {
    Failure::new(FailureKind::Cancelled, "stopped")
}

/// A profile's client with what is known around it.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) client: Client,
    pub(crate) prepared: Prepared,
    pub(crate) topology: watch::Receiver<Topology>,
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
    /// The next batch; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Result<RawBatch, Error>> {
        if !std::mem::replace(&mut self.begun, true) || self.aside {
            return self.cursor.next().await;
        }
        let link = Arc::clone(&self.link);
        let _place = match link.place().await {
            Ok(place) => place,
            Err(error) => return Some(Err(error)),
        };
        let start = Instant::now();
        let batch = work::under(Arc::clone(&self.work), self.cursor.next()).await?;
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

    /// A place at the gate, where there is one; to be held until the operation has ended.
    async fn place(&self) -> Result<Option<tokio::sync::SemaphorePermit<'_>>, Error> {
        match &self.gate {
            None => Ok(None),
            Some(gate) => gate.enter(&self.pools).await.map(Some),
        }
    }

    /// Waits for a command, and counts it. Its connection is known to run `work`.
    pub(crate) async fn timed<T>(
        &self,
        work: &Arc<Work>,
        command: impl IntoFuture<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let start = Instant::now();
        let _place = match self.place().await {
            Ok(place) => place,
            Err(error) => {
                self.count(&work.command, start, Some(&error));
                return Err(error);
            }
        };
        let result = work::under(Arc::clone(work), command.into_future()).await;
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

    pub(crate) fn takes_comments(&self) -> bool {
        self.wire_version.load(Ordering::Relaxed) >= WIRE_VERSION_OF_4_4
    }

    pub(crate) fn scene(&self) -> Scene {
        Scene {
            troubles: self.topology.borrow().troubles(),
            without_primary: self.topology.borrow().lacks_primary(),
            ..self.prepared.scene.clone()
        }
    }

    /// Whether what is asked needs a primary, which the set does not have.
    pub(crate) fn waits_for_primary(&self) -> bool {
        let secondaries_do = matches!(
            self.prepared.selection(),
            Some(SelectionCriteria::ReadPreference(preference)) if !matches!(preference, ReadPreference::Primary)
        );
        !secondaries_do && self.topology.borrow().lacks_primary()
    }

    /// The client that a full pool cannot hold up.
    async fn control(&self) -> Result<&Client, Error> {
        self.control
            .get_or_try_init(|| async {
                let mut options = self.prepared.options.clone();
                options.max_pool_size = Some(CONTROL_POOL);
                options.min_pool_size = None;
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

    /// Closes both clients. Ends when the driver has.
    pub(crate) async fn close(self: Arc<Self>) {
        if let Some(control) = self.control.get() {
            control.clone().shutdown().immediate(true).await;
        }
        self.client.clone().shutdown().immediate(true).await;
    }
}

/// Something asked of a link on behalf of one task.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    link: Arc<Link>,
    comment: Arc<str>,
    cancel: Cancel,
    /// The profile's limit of time, unless another one stands in its place.
    usual: Option<Duration>,
    /// A limit of time of its own, beside the profile's.
    within: Option<Duration>,
    /// The client that reads and commands of this call go through in the place of the profile's own.
    aside: Option<Client>,
}

impl Call {
    pub(crate) fn new(link: Arc<Link>, comment: &str, cancel: Cancel) -> Self {
        let usual = link.max_time;
        Self {
            link,
            comment: Arc::from(comment),
            cancel,
            usual,
            within: None,
            aside: None,
        }
    }

    /// The same call beside the profile's pool: it neither waits for a connection of that pool nor is counted there.
    ///
    /// # Errors
    /// Where the options of the profile give no client.
    pub(crate) async fn aside(&self) -> Result<Self, Error> {
        let client = self.link.control().await?.clone();
        Ok(Self {
            aside: Some(client),
            ..self.clone()
        })
    }

    fn database(&self, name: &str) -> Database {
        let client = self.aside.as_ref().unwrap_or(&self.link.client);
        client.database(name)
    }

    async fn timed<T>(
        &self,
        work: &Arc<Work>,
        command: impl IntoFuture<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        match self.aside {
            Some(_) => command.await,
            None => self.link.timed(work, command).await,
        }
    }

    /// The same call with another limit of time in the place of the profile's, which is meant for queries.
    pub(crate) fn limited(&self, limit: Option<Duration>) -> Self {
        Self {
            usual: limit,
            ..self.clone()
        }
    }

    /// The same call, with the server told to stop its reads after this time at the latest.
    pub(crate) fn within(&self, limit: Duration) -> Self {
        Self {
            within: Some(limit),
            ..self.clone()
        }
    }

    pub(crate) fn link(&self) -> &Arc<Link> {
        &self.link
    }

    /// What a command of this call is for.
    pub(crate) fn work(&self, database: &str, command: &RawDocumentBuf) -> Arc<Work> {
        Arc::new(work_of(database, command, &self.comment))
    }

    /// What a command that is not at hand is for.
    pub(crate) fn work_named(&self, command: &str, about: String) -> Arc<Work> {
        Arc::new(Work {
            command: Arc::from(command),
            about: Arc::from(about),
            comment: Arc::clone(&self.comment),
        })
    }

    pub(crate) fn comment(&self) -> &str {
        &self.comment
    }

    /// The same call under another comment.
    pub(crate) fn with_comment(&self, comment: String) -> Self {
        Self {
            comment: Arc::from(comment),
            ..self.clone()
        }
    }

    /// Between two steps: whether to take the next one.
    pub(crate) fn go_on(&self) -> Result<(), Failure> {
        if self.cancel.is_cancelled() {
            Err(stopped())
        } else {
            Ok(())
        }
    }

    /// A read's error in words.
    pub(crate) fn failure(&self, error: &Error, namespace: Option<&Namespace>) -> Failure {
        let scene = Scene {
            namespace: namespace.cloned(),
            ..self.link.scene()
        };
        failure::translate(error, &scene)
    }

    /// A write's error in words, where an answer that did not come leaves its outcome open.
    pub(crate) fn write_failure(&self, error: &Error, namespace: Option<&Namespace>) -> Failure {
        let scene = Scene {
            namespace: namespace.cloned(),
            writing: true,
            ..self.link.scene()
        };
        failure::translate(error, &scene)
    }

    /// A server's refusal in words.
    pub(crate) fn refusal(&self, said: &Said, namespace: &Namespace) -> Failure {
        let scene = Scene {
            namespace: Some(namespace.clone()),
            ..self.link.scene()
        };
        failure::of_server(said, &scene)
    }

    fn dress(&self, command: &mut RawDocumentBuf, always: bool) {
        if (always || self.link.takes_comments()) && !has(command, "comment") {
            command.append(cstr!("comment"), &*self.comment);
        }
    }

    fn dress_read(&self, command: &mut RawDocumentBuf) {
        let name = command_name(command);
        let cursor = matches!(name.as_str(), "find" | "aggregate");
        self.dress(command, cursor);
        let limits = [self.usual, self.within];
        // Only a cursor that waits for more takes a limit with `getMore`.
        if let Some(limit) = limits.into_iter().flatten().min()
            && name != "getMore"
            && !has(command, "maxTimeMS")
        {
            let limit = i64::try_from(limit.as_millis())
                .unwrap_or(i64::MAX)
                .clamp(1, i64::from(i32::MAX));
            command.append(cstr!("maxTimeMS"), limit);
        }
        if cursor
            && !has(command, "readConcern")
            && let Some(concern) = self
                .link
                .prepared
                .options
                .read_concern
                .as_ref()
                .and_then(|c| bson::serialize_to_raw_document_buf(c).ok())
        {
            command.append(cstr!("readConcern"), concern);
        }
    }

    fn selection(&self) -> SelectionCriteria {
        self.link
            .prepared
            .selection()
            .unwrap_or(SelectionCriteria::ReadPreference(ReadPreference::Primary))
    }

    /// A command that only reads and answers with one document. Sent a second time where the connection broke.
    pub(crate) async fn ask(
        &self,
        database: &str,
        command: RawDocumentBuf,
    ) -> Result<Document, Error> {
        self.ask_of(database, command, None).await
    }

    /// As [`Call::ask`], of the members that `chosen` says.
    pub(crate) async fn ask_of(
        &self,
        database: &str,
        mut command: RawDocumentBuf,
        chosen: Option<SelectionCriteria>,
    ) -> Result<Document, Error> {
        self.dress_read(&mut command);
        let work = self.work(database, &command);
        let database = self.database(database);
        let selection = chosen.unwrap_or_else(|| self.selection());
        let send = || {
            let action = database
                .run_raw_command(command.clone())
                .selection_criteria(selection.clone());
            self.timed(&work, action)
        };
        match send().await {
            Err(error) if self.again(&error) => send().await,
            other => other,
        }
    }

    /// A command that only reads and answers with a cursor. Batches after the first one are of `next_batch`.
    pub(crate) async fn open(
        &self,
        database: &str,
        command: RawDocumentBuf,
        next_batch: Option<u32>,
    ) -> Result<Batches, Error> {
        let opening = Opening {
            next_batch,
            ..Opening::default()
        };
        self.open_with(database, command, &opening).await
    }

    /// As [`Call::open`], on the primary, for reading what was just written.
    pub(crate) async fn open_on_primary(
        &self,
        database: &str,
        command: RawDocumentBuf,
    ) -> Result<Batches, Error> {
        let opening = Opening {
            chosen: Some(SelectionCriteria::ReadPreference(ReadPreference::Primary)),
            ..Opening::default()
        };
        self.open_with(database, command, &opening).await
    }

    /// As [`Call::open`], in the way that `opening` says.
    pub(crate) async fn open_with(
        &self,
        database: &str,
        mut command: RawDocumentBuf,
        opening: &Opening,
    ) -> Result<Batches, Error> {
        if opening.once {
            self.dress(&mut command, true);
            self.concern(&mut command);
        } else {
            self.dress_read(&mut command);
        }
        let selection = match &opening.chosen {
            Some(chosen) => chosen.clone(),
            None if opening.once => SelectionCriteria::ReadPreference(ReadPreference::Primary),
            None => self.selection(),
        };
        let work = self.work(database, &command);
        let database = self.database(database);
        let comments = self.link.takes_comments();
        let send = || {
            let mut action = database
                .run_raw_cursor_command(command.clone())
                .selection_criteria(selection.clone());
            if let Some(size) = opening.next_batch {
                action = action.batch_size(size);
            }
            if let Some(time) = opening.await_time {
                action = action.max_time(time);
            }
            if comments {
                action = action.comment(Bson::String(self.comment.to_string()));
            }
            self.timed(&work, action.batch())
        };
        let cursor = match send().await {
            Err(error) if !opening.once && self.again(&error) => send().await,
            other => other,
        }?;
        Ok(Batches {
            cursor,
            link: Arc::clone(&self.link),
            aside: self.aside.is_some(),
            begun: false,
            work: Arc::new(Work {
                command: Arc::from("getMore"),
                ..(*work).clone()
            }),
        })
    }

    fn again(&self, error: &Error) -> bool {
        !self.cancel.is_cancelled()
            && self.link.prepared.options.retry_reads != Some(false)
            && is_passing(error)
    }

    /// A command that changes collections or databases. Sent once.
    pub(crate) async fn change(
        &self,
        database: &str,
        mut command: RawDocumentBuf,
    ) -> Result<Document, Error> {
        self.dress(&mut command, false);
        self.concern(&mut command);
        let work = self.work(database, &command);
        let database = self.database(database);
        self.timed(&work, database.run_raw_command(command)).await
    }

    /// `insert`, `update` or `delete` of one document, with its bytes as they are. Where the server can recognise a second
    /// sending, it is sent again after the connection broke, and while another primary is elected.
    ///
    /// `Ok` is the reply, which may hold `writeErrors`.
    pub(crate) async fn write(
        &self,
        namespace: &Namespace,
        mut command: RawDocumentBuf,
    ) -> Result<Document, Failure> {
        self.dress(&mut command, false);
        self.concern(&mut command);
        let database = self.database(&namespace.database);
        let work = self.work(&namespace.database, &command);
        if !self.link.numbered_writes.load(Ordering::Relaxed) {
            return self
                .timed(&work, database.run_raw_command(command))
                .await
                .map_err(|e| self.write_failure(&e, Some(namespace)));
        }
        let number = self.link.next_number.fetch_add(1, Ordering::Relaxed);
        command.append(cstr!("txnNumber"), number);
        let mut session = self
            .link
            .writing_session()
            .await
            .map_err(|e| self.failure(&e, Some(namespace)))?;
        let result = self
            .numbered(namespace, &database, command, &mut session)
            .await;
        self.link.put_back(session);
        result
    }

    /// A write with its number, sent again for as long as that may help and the profile looks for a server. The server does
    /// it once, however often it is sent; but one that refuses a sending because it is no primary has not looked whether
    /// an earlier one was done.
    async fn numbered(
        &self,
        namespace: &Namespace,
        database: &mongodb::Database,
        command: RawDocumentBuf,
        session: &mut ClientSession,
    ) -> Result<Document, Failure> {
        let work = self.work(database.name(), &command);
        let until = Instant::now() + self.link.prepared.selection_timeout;
        let mut perhaps_done = false;
        let mut pause = FIRST_PAUSE;
        for sending in 1_u32.. {
            let action = database
                .run_raw_command(command.clone())
                .session(&mut *session);
            let result = self.timed(&work, action).await;
            let over = sending > 1 && (Instant::now() >= until || self.cancel.is_cancelled());
            let error = match result {
                Ok(reply) if over || !retryable_concern(&reply) => return Ok(reply),
                Ok(_) => {
                    perhaps_done = true;
                    None
                }
                Err(error) => Some(error),
            };
            if let Some(error) = error {
                let again = is_passing(&error)
                    || error.contains_label(mongodb::error::RETRYABLE_WRITE_ERROR);
                let answered = matches!(error.kind.as_ref(), ErrorKind::Command(_));
                // An answer other than that it should be sent again holds for all sendings.
                if !again && answered {
                    return Err(self.write_failure(&error, Some(namespace)));
                }
                perhaps_done |= failure::may_have_been_done(&error);
                if !again || over {
                    return Err(if perhaps_done && sending > 1 {
                        failure::unknown_outcome(
                            "the connection broke, and could not be made again",
                        )
                    } else {
                        self.write_failure(&error, Some(namespace))
                    });
                }
            }
            // The first time at once: it is another connection, and most often another server.
            if sending > 1 {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        Err(stopped())
    }

    /// A command of the person's own, sent once and as it is, but for the comment.
    pub(crate) async fn send(
        &self,
        database: &str,
        mut command: RawDocumentBuf,
        chosen: Option<SelectionCriteria>,
    ) -> Result<Document, Error> {
        self.dress(&mut command, false);
        let work = self.work(database, &command);
        let database = self.database(database);
        let mut action = database.run_raw_command(command);
        if let Some(chosen) = chosen {
            action = action.selection_criteria(chosen);
        }
        self.timed(&work, action).await
    }

    /// Writes that may touch any number of documents, so that they must not be sent a second time.
    pub(crate) async fn write_once(
        &self,
        namespace: &Namespace,
        mut command: RawDocumentBuf,
    ) -> Result<Document, Failure> {
        self.dress(&mut command, false);
        self.concern(&mut command);
        let work = self.work(&namespace.database, &command);
        let database = self.database(&namespace.database);
        self.timed(&work, database.run_raw_command(command))
            .await
            .map_err(|e| self.write_failure(&e, Some(namespace)))
    }

    /// The write concern of the profile, for calls that do not go through a command of ours.
    pub(crate) fn write_concern(&self) -> mongodb::options::WriteConcern {
        self.link.prepared.write_concern().unwrap_or_else(|| {
            mongodb::options::WriteConcern::builder()
                .w(mongodb::options::Acknowledgment::Majority)
                .build()
        })
    }

    fn concern(&self, command: &mut RawDocumentBuf) {
        if has(command, "writeConcern") {
            return;
        }
        let chosen = self
            .link
            .prepared
            .write_concern()
            .and_then(|c| bson::serialize_to_raw_document_buf(&c).ok())
            .filter(|c| !c.is_empty())
            .unwrap_or_else(|| rawdoc! { "w": "majority" });
        command.append(cstr!("writeConcern"), chosen);
    }
}

/// How a cursor is opened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Opening {
    /// Documents to a batch after the first one.
    pub(crate) next_batch: Option<u32>,
    /// Which members may answer; `None` as the profile says.
    pub(crate) chosen: Option<SelectionCriteria>,
    /// How long each later batch may wait for documents.
    pub(crate) await_time: Option<Duration>,
    /// It writes: it is sent once, to the primary, without a limit of time that nobody asked for.
    pub(crate) once: bool,
}

fn has(command: &RawDocumentBuf, field: &str) -> bool {
    command.get(field).ok().flatten().is_some()
}

fn command_name(command: &RawDocumentBuf) -> String {
    command
        .iter()
        .next()
        .and_then(Result::ok)
        .map(|(key, _)| key.as_str().to_owned())
        .unwrap_or_default()
}

/// What a command is for: its name, and the collection that it is about, if any.
fn work_of(database: &str, command: &RawDocumentBuf, comment: &Arc<str>) -> Work {
    let Some(Ok((key, value))) = command.iter().next() else {
        return Work::default();
    };
    let about = match value {
        RawBsonRef::String(collection) => Arc::from(format!("{database}.{collection}")),
        _ => Arc::default(),
    };
    Work {
        command: Arc::from(key.as_str()),
        about,
        comment: Arc::clone(comment),
    }
}

fn retryable_concern(reply: &Document) -> bool {
    reply
        .get_document("writeConcernError")
        .ok()
        .map(Said::from_document)
        .is_some_and(|s| PASSING_CODES.contains(&s.code))
}

/// Codes of a server that is stepping down, shutting down or cut off: another attempt may do.
const PASSING_CODES: [i32; 13] = [
    11600, 11602, 10107, 13435, 13436, 189, 91, 7, 6, 89, 9001, 134, 262,
];

/// Whether the trouble may pass by itself, so that one more attempt makes sense.
pub(crate) fn is_passing(error: &Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } => true,
        ErrorKind::Command(command) => PASSING_CODES.contains(&command.code),
        _ => false,
    }
}
