//! Looks how far the server is with an index build that a task has begun, while the task waits for its end.
//!
//! Asked beside the pool, and of the task's own operations alone, which their comment finds: the threads that build carry
//! it too. It is nothing that the task needs. So whatever goes wrong here is told to nobody, and a user who may not look
//! is refused once, not every second.

use std::sync::Arc;
use std::time::Duration;

use bson::rawdoc;

use super::super::read::refused;
use super::super::{Post, lock};
use super::operations::{command, operation};
use super::{MARK, Seat};
use crate::mongo::link::{Call, Cancel};
use crate::mongo::request::observe::Building;
use crate::mongo::request::{Report, Request, TaskId};
use crate::query::plan::Plan;

/// Time between two looks, and before the first: what is made sooner needs none.
const EVERY: Duration = Duration::from_secs(1);

/// A build has a thread on each shard at the most.
const MOST: usize = 100;

/// Looks go on until this is dropped.
#[derive(Debug)]
pub(in crate::mongo::runner) struct Watching(Cancel);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Whether a request has the server build indexes while it waits.
pub(in crate::mongo::runner) fn builds(request: &Request) -> bool {
    match request {
        Request::CreateIndexes { .. } => true,
        Request::Run { statement, .. } => match statement.plan() {
            Ok(Plan::Change(command, _) | Plan::Sent(command)) => {
                let first = command.body.iter().flatten().next();
                first.is_some_and(|(key, _)| key.as_str() == "createIndexes")
            }
            _ => false,
        },
        _ => false,
    }
}

/// Begins to look, where that can tell anything.
pub(in crate::mongo::runner) fn watch(
    post: &Arc<Post>,
    task: TaskId,
    call: &Call,
) -> Option<Watching> {
    if !call.link().takes_comments() || call.link().may_not_look() {
        return None;
    }
    let over = Cancel::default();
    let comment = call.comment().to_owned();
    // Without what a person wrote beside the statement, so that it is known as one of ours that only look.
    let own = comment.split(' ').next().unwrap_or_default();
    let looking = Looking {
        post: Arc::clone(post),
        task,
        call: call.unstopped().with_comment(format!("{own}{MARK}")),
        comment,
        over: over.clone(),
    };
    tokio::spawn(looking.go_on());
    Some(Watching(over))
}

/// Why nothing was seen.
enum Unseen {
    /// This user may not look.
    Refused,
    /// Not at the moment: the server does not answer, or is another one by now.
    NotNow,
}

struct Looking {
    post: Arc<Post>,
    task: TaskId,
    call: Call,
    /// What the build runs under.
    comment: String,
    over: Cancel,
}

impl Looking {
    async fn go_on(self) {
        let mut seat = None;
        let mut told = None;
        loop {
            tokio::select! {
                () = self.over.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            match self.look(&mut seat).await {
                Ok(found) if found != told => {
                    self.post.report_building(self.task, found.clone());
                    told = found;
                }
                Ok(_) => {}
                Err(Unseen::Refused) => return self.call.link().note_may_not_look(),
                Err(Unseen::NotNow) => seat = None,
            }
        }
    }

    async fn look(&self, seat: &mut Option<Seat>) -> Result<Option<Building>, Unseen> {
        let seat = match seat {
            Some(seat) => seat,
            None => {
                let taken = Seat::take(&self.call).await;
                seat.insert(taken.map_err(|_| Unseen::NotNow)?)
            }
        };
        let mut stages = bson::RawArrayBuf::new();
        // The threads that build belong to no user, so they are among those of all users alone.
        stages.push(rawdoc! { "$currentOp": { "allUsers": true } });
        stages.push(rawdoc! { "$match": {
            "command.comment": self.comment.as_str(),
            "command.createIndexes": { "$exists": true },
            "msg": { "$exists": true },
        } });
        let mut found: Option<Building> = None;
        let take = |document: &bson::RawDocument| {
            let one = Building::of(&operation(document, ""));
            // Of several shards the last one counts.
            let before = found.take().into_iter().chain(one);
            found = before.min_by_key(|b| b.percent.unwrap_or(100));
        };
        match seat.every("admin", command(stages, MOST), MOST, take).await {
            Ok(_) => Ok(found),
            Err(error) if refused(&error) => Err(Unseen::Refused),
            Err(_) => Err(Unseen::NotNow),
        }
    }
}

impl Post {
    /// Tells how far the server is with a build of a task, unless the task has its answer.
    fn report_building(&self, task: TaskId, building: Option<Building>) {
        let tasks = lock(&self.tasks);
        if tasks.get(&task).is_some_and(|running| !running.answered) {
            // Under the lock, so that it cannot come after the answer.
            self.report(Report::Building {
                profile: self.profile.name.clone(),
                task,
                building,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;
    use crate::mongo::request::FeedId;
    use crate::query::{Context, Input, parse};

    fn run(text: &str) -> Request {
        match parse(text, &Context::new("shop", 0)) {
            Ok(Input::Statement(statement)) => Request::Run {
                statement: Arc::new(statement),
                feed: FeedId(1),
                count: 1,
            },
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn statements_that_build_indexes_are_watched_and_others_are_not() {
        for text in [
            "db.c.createIndex({a: 1})",
            "db.c.createIndexes([{a: 1}, {b: 1}])",
            "db.runCommand({createIndexes: 'c', indexes: [{key: {a: 1}, name: 'a_1'}]})",
        ] {
            assert!(builds(&run(text)), "{text}");
        }
        for text in [
            "db.c.find()",
            "db.c.dropIndex('a_1')",
            "db.c.insertOne({createIndexes: 'c'})",
            "db.runCommand({ping: 1})",
        ] {
            assert!(!builds(&run(text)), "{text}");
        }
    }

    #[test]
    fn the_thread_that_builds_tells_how_far_it_is_and_the_client_that_waits_tells_nothing() {
        let index = rawdoc! { "v": 2, "key": { "n": 1 }, "name": "n_1" };
        let command =
            rawdoc! { "createIndexes": "c", "indexes": [index], "comment": "mongodeck/5f/1" };
        let building = rawdoc! {
            "opid": 2, "desc": "IndexBuildsCoordinatorMongod-0", "command": command.clone(),
            "msg": "Index Build: scanning collection Index Build: scanning collection: 50/200 25%",
            "progress": { "done": 50, "total": 200 },
        };
        let told = Building::of(&operation(&building, "")).unwrap();
        assert_eq!(
            (told.indexes.as_str(), told.percent, told.text.as_str()),
            ("n_1", Some(25), "25 % scanning collection")
        );
        let draining = rawdoc! {
            "opid": 2, "command": command.clone(), "msg": "Index Build: draining writes",
        };
        let told = Building::of(&operation(&draining, "")).unwrap();
        assert_eq!(
            (told.percent, told.text.as_str()),
            (None, "draining writes")
        );
        let waiting = rawdoc! { "opid": 1, "desc": "conn2", "command": command };
        assert_eq!(Building::of(&operation(&waiting, "")), None);
    }
}
