//! Sets a database's profiler, and puts it back: when it is asked for, when the connection closes, and after a run that
//! could not.
//!
//! Invariant: what a profiler was before the first setting is remembered, here and on disk, until it is so again or
//! somebody else has set it since.

use std::collections::HashMap;
use std::sync::Arc;

use bson::rawdoc;
use mongodb::error::{Error, ErrorKind};

use super::super::{Post, lock};
use super::slow::profiling;
use super::{MARK, Part, Seat};
use crate::config::profilers::{self, Note, Setting};
use crate::mongo::link::{Call, Cancel, Link};
use crate::mongo::request::observe::{LeftProfiler, Profiling, ProfilingLevel, Restored};
use crate::mongo::request::{Failure, FailureKind, Report};

const SET: Part = Part {
    what: "the profiler",
    done: "set",
    privilege: "enableProfiler",
    role: "dbAdmin",
};
/// What of a server holds for all its databases.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Threshold {
    slow_ms: i64,
    sample_rate: f64,
}

impl Threshold {
    fn of(profiling: Profiling) -> Self {
        Self {
            slow_ms: profiling.slow_ms,
            sample_rate: profiling.sample_rate,
        }
    }
}

/// The profilers that this program has set.
#[derive(Debug, Default)]
pub(in crate::mongo::runner) struct Profilers {
    held: Vec<Held>,
    /// What an earlier run has set and not put back.
    left: Vec<Held>,
    /// What is on disk of either, by database.
    notes: HashMap<String, profilers::Held>,
    /// Whoever changes a profiler has it, so that none is put back while it is still being set.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Of each server: what it was before the first setting, and what was set last.
    thresholds: HashMap<String, (Threshold, Threshold)>,
}

#[derive(Debug, Clone, PartialEq)]
struct Held {
    database: String,
    address: String,
    before: Profiling,
    set: Profiling,
}

impl Profilers {
    /// Whether this database's profiler was set, now or by an earlier run.
    pub(in crate::mongo::runner) fn holds(&self, database: &str) -> bool {
        self.held
            .iter()
            .chain(&self.left)
            .any(|h| h.database == database)
    }

    /// How it was before an earlier run set it.
    pub(super) fn left(&self, database: &str) -> Option<Profiling> {
        let left = self.left.iter().find(|h| h.database == database)?;
        Some(left.before)
    }

    /// Answers from now on for what an earlier run has left. Whether there was such a thing.
    fn take_up(&mut self, database: &str) -> bool {
        let Some(place) = self.left.iter().position(|h| h.database == database) else {
            return false;
        };
        let left = self.left.remove(place);
        self.remember(database, &left.address, left.before, left.set);
        true
    }

    /// How it was before.
    pub(super) fn before(&self, database: &str) -> Option<Profiling> {
        let held = self.held.iter().find(|h| h.database == database)?;
        Some(held.before)
    }

    fn remember(&mut self, database: &str, address: &str, before: Profiling, set: Profiling) {
        let thresholds = (Threshold::of(before), Threshold::of(set));
        let server = self
            .thresholds
            .entry(address.to_owned())
            .or_insert(thresholds);
        server.1 = thresholds.1;
        match self.held.iter_mut().find(|h| h.database == database) {
            Some(held) if held.address == address => held.set = set,
            Some(held) => {
                *held = Held {
                    database: database.to_owned(),
                    address: address.to_owned(),
                    before,
                    set,
                };
            }
            None => self.held.push(Held {
                database: database.to_owned(),
                address: address.to_owned(),
                before,
                set,
            }),
        }
    }

    fn forget(&mut self, database: &str) {
        if let Some(note) = self.notes.remove(database) {
            note.remove();
        }
        self.held.retain(|h| h.database != database);
        let held = &self.held;
        self.thresholds
            .retain(|address, _| held.iter().any(|h| h.address == *address));
    }

    /// How a profiler is to be put back that is `now` so; `None` where somebody else has set it since.
    fn target(&self, held: &Held, now: Profiling) -> Option<Profiling> {
        if now.level != held.set.level {
            return None;
        }
        let last = self
            .held
            .iter()
            .filter(|h| h.address == held.address)
            .count()
            == 1;
        let threshold = match self.thresholds.get(&held.address) {
            Some((before, set)) if last && *set == Threshold::of(now) => *before,
            _ => Threshold::of(now),
        };
        Some(Profiling {
            level: held.before.level,
            slow_ms: threshold.slow_ms,
            sample_rate: threshold.sample_rate,
        })
    }
}

async fn put(seat: &Seat, database: &str, to: Profiling) -> Result<(), Error> {
    let command = rawdoc! {
        "profile": to.level.number(),
        "slowms": i32::try_from(to.slow_ms).unwrap_or(i32::MAX),
        "sampleRate": to.sample_rate,
    };
    seat.order(database, command).await.map(|_| ())
}

/// Sets a profiler, and reads how it is then.
pub(in crate::mongo::runner) async fn set(
    post: &Arc<Post>,
    call: &Call,
    database: &str,
    to: Profiling,
) -> Result<Profiling, Failure> {
    if to.slow_ms < 0 || !(0.0..=1.0).contains(&to.sample_rate) {
        return Err(Failure::new(
            FailureKind::Query,
            "a threshold is 0 ms or more, and a share is between 0 and 1",
        ));
    }
    let turn = Arc::clone(&lock(&post.profilers).turn);
    let _turn = turn.lock().await;
    call.go_on()?;
    let seat = Seat::take(call).await?;
    let words = |e: Error| seat.failure(&e, &SET);
    let before = profiling(&seat, database).await.map_err(words)?;
    call.go_on()?;
    if lock(&post.profilers).take_up(database) {
        tell_left(post);
    }
    let known = lock(&post.profilers).before(database);
    note(post, &seat.address, database, known.unwrap_or(before), to).await;
    // Remembered first: where the answer is lost, it may have been set.
    lock(&post.profilers).remember(database, &seat.address, before, to);
    if let Err(error) = put(&seat, database, to).await {
        if matches!(error.kind.as_ref(), ErrorKind::Command(_)) {
            match known {
                Some(_) => lock(&post.profilers).remember(database, &seat.address, before, before),
                None => lock(&post.profilers).forget(database),
            }
        }
        return Err(words(error));
    }
    let now = profiling(&seat, database).await.map_err(words)?;
    if lock(&post.profilers).before(database) == Some(now) {
        lock(&post.profilers).forget(database);
    }
    if now.level != to.level {
        return Err(Failure::new(
            FailureKind::Other,
            format!("the server left the profiler at `{}`", now.level.words()),
        ));
    }
    Ok(now)
}

/// Puts a profiler back.
pub(in crate::mongo::runner) async fn restore(
    post: &Arc<Post>,
    call: &Call,
    database: &str,
) -> Result<Restored, Failure> {
    let turn = Arc::clone(&lock(&post.profilers).turn);
    let _turn = turn.lock().await;
    let left = lock(&post.profilers).take_up(database);
    let restored = put_back(post, call, database).await;
    if left {
        tell_left(post);
    }
    restored
}

async fn put_back(post: &Arc<Post>, call: &Call, database: &str) -> Result<Restored, Failure> {
    let held = {
        let profilers = lock(&post.profilers);
        let found = profilers.held.iter().find(|h| h.database == database);
        match found {
            Some(held) => held.clone(),
            None => return Ok(Restored::NotOurs),
        }
    };
    let seat = Seat::at(call, &held.address).await?;
    let words = |e: Error| seat.failure(&e, &SET);
    let now = profiling(&seat, database).await.map_err(words)?;
    let Some(target) = lock(&post.profilers).target(&held, now) else {
        lock(&post.profilers).forget(database);
        return Ok(Restored::SetElsewhere(now));
    };
    put(&seat, database, target).await.map_err(words)?;
    lock(&post.profilers).forget(database);
    Ok(Restored::Yes(target))
}

/// Puts all of them back, the last one set first, before the connection is closed.
pub(in crate::mongo::runner) async fn restore_all(post: &Arc<Post>, link: &Arc<Link>) {
    // One that is just being set is put back once it is.
    let turn = Arc::clone(&lock(&post.profilers).turn);
    drop(turn.lock().await);
    let databases: Vec<String> = lock(&post.profilers)
        .held
        .iter()
        .rev()
        .map(|h| h.database.clone())
        .collect();
    let call = Call::new(
        Arc::clone(link),
        &format!("mongodeck/closing{MARK}"),
        Cancel::default(),
    );
    for database in databases {
        // Nobody is left to be told. Where it does not work its note stays, and the next run tells of it.
        let _ = restore(post, &call, &database).await;
    }
    let mut profilers = lock(&post.profilers);
    profilers.held.clear();
    profilers.left.clear();
    profilers.thresholds.clear();
    profilers.notes.clear();
}

fn written(profiling: Profiling) -> Setting {
    Setting {
        level: profiling.level.number(),
        slow_ms: profiling.slow_ms,
        sample_rate: profiling.sample_rate,
    }
}

fn read(setting: Setting) -> Profiling {
    Profiling {
        level: ProfilingLevel::of(i64::from(setting.level)),
        slow_ms: setting.slow_ms,
        sample_rate: setting.sample_rate,
    }
}

/// Writes down that a profiler is about to be set, in the place of what was written of it before. Where the disk refuses
/// it is set all the same: it is put back by this run, if by no other.
async fn note(post: &Arc<Post>, address: &str, database: &str, before: Profiling, set: Profiling) {
    let Ok(directory) = post.store().map(|s| s.profilers()) else {
        return;
    };
    let note = Note {
        profile: post.profile.name.to_string(),
        address: address.to_owned(),
        database: database.to_owned(),
        before: written(before),
        set: written(set),
    };
    let writing = tokio::task::spawn_blocking(move || profilers::Held::write(&directory, &note));
    if let Ok(Ok(held)) = writing.await {
        let old = lock(&post.profilers)
            .notes
            .insert(database.to_owned(), held);
        if let Some(old) = old {
            old.remove();
        }
    }
}

/// Looks for profilers that an earlier run has set and not put back, and tells of those that still are.
pub(in crate::mongo::runner) async fn find_left(post: Arc<Post>, link: Arc<Link>) {
    let Ok(directory) = post.store().map(|s| s.profilers()) else {
        return;
    };
    let name = post.profile.name.to_string();
    let looking = tokio::task::spawn_blocking(move || profilers::left(&directory, &name));
    let found = looking.await.unwrap_or_default();
    if found.is_empty() {
        return;
    }
    let comment = format!("mongodeck/left{MARK}");
    let call = Call::new(link, &comment, Cancel::default());
    for (held, note) in found {
        match is_still(&call, &note).await {
            Some(true) => {
                let mut profilers = lock(&post.profilers);
                if profilers.holds(&note.database) {
                    continue;
                }
                profilers.left.push(Held {
                    database: note.database.clone(),
                    address: note.address.clone(),
                    before: read(note.before),
                    set: read(note.set),
                });
                profilers.notes.insert(note.database, held);
            }
            // Somebody has put it back, or the server was started anew.
            Some(false) => held.remove(),
            None => {}
        }
    }
    tell_left(&post);
}

/// Whether a profiler still is as it was set; `None` where that cannot be told.
async fn is_still(call: &Call, note: &Note) -> Option<bool> {
    let mut seat = Seat::take(call).await.ok()?;
    if seat.address != note.address {
        // Another server may be of another deployment, under the same profile's name.
        super::server_of(call.link(), &note.address)?;
        seat = Seat::at(call, &note.address).await.ok()?;
    }
    let now = profiling(&seat, &note.database).await.ok()?;
    Some(now.level.number() == note.set.level)
}

fn tell_left(post: &Post) {
    let left = lock(&post.profilers)
        .left
        .iter()
        .map(|held| LeftProfiler {
            database: held.database.clone(),
            address: held.address.clone(),
            before: held.before,
            set: held.set,
        })
        .collect();
    post.report(Report::ProfilersLeft {
        profile: post.profile.name.clone(),
        left,
    });
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;

    const OFF: Profiling = Profiling {
        level: ProfilingLevel::Off,
        slow_ms: 100,
        sample_rate: 1.0,
    };
    const ALL: Profiling = Profiling {
        level: ProfilingLevel::All,
        slow_ms: 20,
        sample_rate: 1.0,
    };

    #[test]
    fn the_threshold_goes_back_with_the_last_of_a_servers_profilers() {
        let mut profilers = Profilers::default();
        profilers.remember("a", "h:1", OFF, ALL);
        let other = Profiling { slow_ms: 20, ..OFF };
        profilers.remember("b", "h:1", other, ALL);
        let held = profilers.held[0].clone();
        assert_eq!(
            profilers.target(&held, ALL),
            Some(Profiling { slow_ms: 20, ..OFF })
        );
        profilers.forget("a");
        let held = profilers.held[0].clone();
        assert_eq!(profilers.target(&held, ALL), Some(OFF));
    }

    #[test]
    fn what_somebody_else_set_since_is_left_as_it_is() {
        let mut profilers = Profilers::default();
        profilers.remember("a", "h:1", OFF, ALL);
        let held = profilers.held[0].clone();
        let slow = Profiling {
            level: ProfilingLevel::Slow,
            ..ALL
        };
        assert_eq!(profilers.target(&held, slow), None);
        let moved = Profiling { slow_ms: 7, ..ALL };
        assert_eq!(
            profilers.target(&held, moved),
            Some(Profiling { slow_ms: 7, ..OFF })
        );
    }

    #[test]
    fn the_first_setting_is_what_is_put_back_however_often_it_is_set() {
        let mut profilers = Profilers::default();
        profilers.remember("a", "h:1", OFF, ALL);
        let slow = Profiling {
            level: ProfilingLevel::Slow,
            ..ALL
        };
        profilers.remember("a", "h:1", ALL, slow);
        assert_eq!(profilers.before("a"), Some(OFF));
        let held = profilers.held[0].clone();
        assert_eq!(profilers.target(&held, slow), Some(OFF));
    }

    #[test]
    fn what_an_earlier_run_left_is_put_back_to_what_it_was_before_that_run() {
        let mut profilers = Profilers::default();
        profilers.left.push(Held {
            database: "a".to_owned(),
            address: "h:1".to_owned(),
            before: OFF,
            set: ALL,
        });
        assert!(profilers.holds("a") && !profilers.holds("b"));
        assert_eq!(
            (profilers.left("a"), profilers.before("a")),
            (Some(OFF), None)
        );
        assert!(profilers.take_up("a") && !profilers.take_up("a"));
        // Set once more, it still goes back to the beginning.
        let slow = Profiling {
            level: ProfilingLevel::Slow,
            ..ALL
        };
        profilers.remember("a", "h:1", ALL, slow);
        assert_eq!(profilers.before("a"), Some(OFF));
        let held = profilers.held[0].clone();
        assert_eq!(profilers.target(&held, slow), Some(OFF));
    }
}
