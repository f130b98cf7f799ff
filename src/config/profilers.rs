//! Notes of profilers that this program has set, kept on disk while they are set.
//!
//! A note is written before its profiler is set and goes once that is put back, so one that is there while nobody holds
//! it was left by a run that ended without putting it back.
//!
//! Invariant: a note that a running program holds is told to no other.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::paths;

/// A note of that age is of no use to anybody: servers forget their profilers' levels when they restart.
const KEPT: Duration = Duration::from_secs(60 * 24 * 60 * 60);

/// The longest note that is read.
const LONGEST: u64 = 64 << 10;

/// The most notes that are looked at.
const MOST: usize = 1_000;

/// How a profiler is set, in the server's own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// 0, 1 or 2.
    pub level: i32,
    /// From how many milliseconds on an operation is slow.
    pub slow_ms: i64,
    /// The share of slow operations that is noted, from 0 to 1.
    pub sample_rate: f64,
}

/// A profiler that was set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// The profile's name.
    pub profile: String,
    /// The server, `host:port`.
    pub address: String,
    /// The database.
    pub database: String,
    /// How it was before.
    pub before: Setting,
    /// How it was set.
    pub set: Setting,
}

/// A note on disk that this program holds. Dropped, it stays there for the next run; [`Held::remove`] takes it away.
#[derive(Debug)]
pub struct Held {
    path: PathBuf,
    /// Keeps other programs from taking it for one that was left.
    _lock: File,
}

impl Held {
    /// Writes a note into `directory`, which is made where it is missing.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn write(directory: &Path, note: &Note) -> io::Result<Self> {
        let name = format!("{}.json", bson::oid::ObjectId::new().to_hex());
        let path = directory.join(name);
        paths::write_private(&path, &serde_json::to_vec(note)?)?;
        let lock = File::open(&path)?;
        hold(&lock)?;
        Ok(Self { path, _lock: lock })
    }

    /// Takes the note away.
    pub fn remove(self) {
        // One that stays is told again, and found to be out of date then.
        let _ = fs::remove_file(&self.path);
    }
}

fn hold(file: &File) -> io::Result<()> {
    match file.try_lock() {
        // Not every file system has locks.
        Ok(()) | Err(fs::TryLockError::Error(_)) => Ok(()),
        Err(fs::TryLockError::WouldBlock) => Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "another console holds it",
        )),
    }
}

/// The notes of a profile in `directory` that no running program holds; they are held from now on.
#[must_use]
pub fn left(directory: &Path, profile: &str) -> Vec<(Held, Note)> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    entries
        .flatten()
        .take(MOST)
        .filter_map(|entry| take(&entry.path(), profile))
        .collect()
}

fn take(path: &Path, profile: &str) -> Option<(Held, Note)> {
    if path.extension().is_none_or(|e| e != "json") {
        return None;
    }
    let lock = File::open(path).ok()?;
    let about = lock.metadata().ok()?;
    hold(&lock).ok()?;
    let age = SystemTime::now().duration_since(about.modified().ok()?);
    if age.is_ok_and(|age| age > KEPT) {
        let _ = fs::remove_file(path);
        return None;
    }
    let mut text = String::new();
    (&lock).take(LONGEST).read_to_string(&mut text).ok()?;
    let note: Note = serde_json::from_str(&text).ok()?;
    let held = Held {
        path: path.to_owned(),
        _lock: lock,
    };
    (note.profile == profile).then_some((held, note))
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

    fn note(profile: &str) -> Note {
        let setting = |level| Setting {
            level,
            slow_ms: 100,
            sample_rate: 0.25,
        };
        Note {
            profile: profile.to_owned(),
            address: "db1:27017".to_owned(),
            database: "shop".to_owned(),
            before: setting(0),
            set: setting(2),
        }
    }

    #[test]
    fn a_note_is_left_once_nobody_holds_it_and_gone_once_it_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().join("profilers");
        assert!(left(&at, "main").is_empty());
        let held = Held::write(&at, &note("main")).unwrap();
        assert!(left(&at, "main").is_empty(), "it is held");
        drop(held);
        assert!(left(&at, "other").is_empty());
        let found = left(&at, "main");
        assert_eq!(found[0].1, note("main"));
        assert!(left(&at, "main").is_empty(), "it is held again");
        for (held, _) in found {
            held.remove();
        }
        assert!(left(&at, "main").is_empty());
    }

    #[test]
    fn what_is_no_note_is_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("a.json"), "{\"profile\": 1}").unwrap();
        fs::write(directory.path().join("b.txt"), "x").unwrap();
        assert!(left(directory.path(), "main").is_empty());
    }
}
