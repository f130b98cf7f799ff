//! What is asked of a link on behalf of one task: with its comment, its limit of time, and a way to stop it.

use super::{Batches, Cancel, Link, stopped};
use crate::mongo::failure::{self, Said, Scene};
use crate::mongo::request::{Failure, Namespace};
use crate::pool::Work;
use bson::raw::cstr;
use bson::{Bson, Document, RawBsonRef, RawDocumentBuf, rawdoc};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::{ReadPreference, SelectionCriteria};
use mongodb::{Client, ClientSession, Database};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// The pause before the third sending of a write; each later one is twice as long, up to [`LONGEST_PAUSE`].
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(50);

pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(800);

/// Something asked of a link on behalf of one task.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(super) link: Arc<Link>,
    pub(super) comment: Arc<str>,
    pub(super) cancel: Cancel,
    /// The profile's limit of time, unless another one stands in its place.
    pub(super) usual: Option<Duration>,
    /// A limit of time of its own, beside the profile's.
    pub(super) within: Option<Duration>,
    /// Since when its limits count.
    begun: Instant,
    /// The client that reads and commands of this call go through in the place of the profile's own.
    pub(super) aside: Option<Client>,
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
            begun: Instant::now(),
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

    pub(super) fn database(&self, name: &str) -> Database {
        let client = self.aside.as_ref().unwrap_or(&self.link.client);
        client.database(name)
    }

    /// Waits for a command of this call, and counts it, where it goes through the profile's pool.
    pub(crate) async fn timed<T>(
        &self,
        work: &Arc<Work>,
        command: impl IntoFuture<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        match self.aside {
            Some(_) => command.await,
            None => self.link.timed(&self.cancel, work, command).await,
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
            begun: Instant::now(),
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

    /// The same call, which goes on when its task is stopped.
    pub(crate) fn unstopped(&self) -> Self {
        Self {
            cancel: Cancel::default(),
            ..self.clone()
        }
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

    /// The time that the server is given for a read.
    fn limit(&self) -> Option<Duration> {
        [self.usual, self.within].into_iter().flatten().min()
    }

    /// Whether that time has passed.
    fn is_out_of_time(&self) -> bool {
        self.limit()
            .is_some_and(|limit| self.begun.elapsed() >= limit)
    }

    /// Whether the server ended a read since its time was over.
    pub(crate) fn ran_out(&self, error: &Error) -> bool {
        match error.kind.as_ref() {
            ErrorKind::Command(c) => {
                c.code == failure::TIME_IS_OVER
                    || (c.code == failure::INTERRUPTED && self.is_out_of_time())
            }
            _ => false,
        }
    }

    /// A read's error in words.
    pub(crate) fn failure(&self, error: &Error, namespace: Option<&Namespace>) -> Failure {
        let scene = Scene {
            namespace: namespace.cloned(),
            out_of_time: self.is_out_of_time(),
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

    pub(super) fn dress(&self, command: &mut RawDocumentBuf, always: bool) {
        if (always || self.link.takes_comments()) && !has(command, "comment") {
            command.append(cstr!("comment"), &*self.comment);
        }
    }

    pub(super) fn dress_read(&self, command: &mut RawDocumentBuf) {
        let name = command_name(command);
        let cursor = matches!(name.as_str(), "find" | "aggregate");
        self.dress(command, cursor);
        // Only a cursor that waits for more takes a limit with `getMore`.
        if let Some(limit) = self.limit()
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

    /// The comment, `always` or where the server takes one, and how sure of the write the server has to be.
    pub(super) fn dress_write(&self, command: &mut RawDocumentBuf, always: bool) {
        self.dress(command, always);
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

    pub(super) fn selection(&self) -> SelectionCriteria {
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
            self.dress_write(&mut command, true);
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

    pub(super) fn again(&self, error: &Error) -> bool {
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
        self.dress_write(&mut command, false);
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
        if !self.link.numbered_writes.load(Ordering::Relaxed) {
            return self.write_once(namespace, command).await;
        }
        self.dress_write(&mut command, false);
        let number = self.link.next_number.fetch_add(1, Ordering::Relaxed);
        command.append(cstr!("txnNumber"), number);
        let mut session = self
            .link
            .writing_session()
            .await
            .map_err(|e| self.failure(&e, Some(namespace)))?;
        let database = self.database(&namespace.database);
        let result = self
            .numbered(namespace, &database, command, &mut session)
            .await;
        self.link.put_back(session);
        result
    }

    /// A write with its number, sent again for as long as that may help and the profile looks for a server. The server does
    /// it once, however often it is sent; but one that refuses a sending because it is no primary has not looked whether
    /// an earlier one was done.
    pub(super) async fn numbered(
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
        command: RawDocumentBuf,
    ) -> Result<Document, Failure> {
        self.change(&namespace.database, command)
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

pub(super) fn has(command: &RawDocumentBuf, field: &str) -> bool {
    command.get(field).ok().flatten().is_some()
}

pub(super) fn command_name(command: &RawDocumentBuf) -> String {
    command
        .iter()
        .next()
        .and_then(Result::ok)
        .map(|(key, _)| key.as_str().to_owned())
        .unwrap_or_default()
}

/// What a command is for: its name, and the collection that it is about, if any.
pub(super) fn work_of(database: &str, command: &RawDocumentBuf, comment: &Arc<str>) -> Work {
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

pub(super) fn retryable_concern(reply: &Document) -> bool {
    reply
        .get_document("writeConcernError")
        .ok()
        .map(Said::from_document)
        .is_some_and(|s| PASSING_CODES.contains(&s.code))
}

/// Codes of a server that is stepping down, shutting down or cut off: another attempt may do.
pub(super) const PASSING_CODES: [i32; 13] = [
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
