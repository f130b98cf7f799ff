//! A transaction of the server: begun, filled, and then kept or given up as a whole.
//!
//! Invariant: nothing of it is kept unless [`Transaction::commit`] said so; where its answer did not come, that is said.

use bson::{Document, RawDocumentBuf};
use mongodb::ClientSession;
use mongodb::error::{Error, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::options::{Acknowledgment, ReadPreference, SelectionCriteria, WriteConcern};

use super::Call;
use crate::mongo::failure;
use crate::mongo::request::{Failure, FailureKind, Namespace};

/// A transaction under way.
pub(crate) struct Transaction<'a> {
    call: &'a Call,
    session: ClientSession,
}

/// Whether the whole transaction may be tried once more.
pub(crate) fn may_try_again(error: &Error) -> bool {
    error.contains_label(TRANSIENT_TRANSACTION_ERROR)
}

impl<'a> Transaction<'a> {
    /// Begins one on the primary, to be kept with the profile's write concern, or else by the majority.
    pub(crate) async fn begin(call: &'a Call) -> Result<Self, Error> {
        let link = call.link();
        let mut session = link.client.start_session().await?;
        let concern = link.prepared.write_concern().unwrap_or_else(|| {
            let mut concern = WriteConcern::default();
            concern.w = Some(Acknowledgment::Majority);
            concern
        });
        session
            .start_transaction()
            .write_concern(concern)
            .selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary))
            .await?;
        Ok(Self { call, session })
    }

    /// Sends one command as a part of it.
    pub(crate) async fn run(
        &mut self,
        database: &str,
        mut command: RawDocumentBuf,
    ) -> Result<Document, Error> {
        self.call.dress(&mut command, false);
        let link = &self.call.link;
        let work = self.call.work(database, &command);
        let database = link.client.database(database);
        let action = database.run_raw_command(command).session(&mut self.session);
        link.timed(&self.call.cancel, &work, action).await
    }

    /// Keeps all of it.
    pub(crate) async fn commit(mut self, namespace: &Namespace) -> Result<(), (Failure, bool)> {
        let link = &self.call.link;
        let work = self
            .call
            .work_named("commitTransaction", namespace.to_string());
        let committing = self.session.commit_transaction();
        match link.timed(&self.call.cancel, &work, committing).await {
            Ok(()) => Ok(()),
            Err(error) if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) => {
                let failure = self.call.write_failure(&error, Some(namespace));
                let failure = match failure.kind {
                    FailureKind::UnknownOutcome => failure,
                    _ => failure::unknown_outcome(&failure.summary),
                };
                Err((failure, false))
            }
            Err(error) => {
                let again = may_try_again(&error);
                Err((self.call.failure(&error, Some(namespace)), again))
            }
        }
    }

    /// Gives all of it up. Where the server cannot be told, it gives it up by itself.
    pub(crate) async fn abort(mut self) {
        // Whoever stopped it does not wait for a connection for this: the driver sends it once the session is dropped.
        if self.call.cancel.is_cancelled() {
            return;
        }
        let work = self.call.work_named("abortTransaction", String::new());
        let link = &self.call.link;
        let aborting = self.session.abort_transaction();
        let _ = link.timed(&self.call.cancel, &work, aborting).await;
    }
}
