//! The log of connections: what became of each profile's connection and when, in files of the state directory.
//!
//! `connections.jsonl` holds one line of JSON for each change; when it is over its bound it becomes
//! `connections.1.jsonl`, and so on up to three old files, so that the log never grows beyond some two megabytes. Files
//! are their owner's alone, and every text is redacted before it is written. Writing is done by a thread of its own: a
//! disk that hangs holds up no connection, and what it cannot take is left out and counted.

use std::fs;
use std::io::{self, BufRead as _, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::paths;
use super::redact::redact;

/// A file over so many bytes is set aside.
const MAX_BYTES: u64 = 512 << 10;
/// Files set aside; the oldest goes.
const OLD_FILES: usize = 3;
/// Lines that may wait for the disk.
const WAITING: usize = 1_024;
/// No text of a line is longer, in bytes.
const MAX_TEXT: usize = 2_048;

/// One change of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Change {
    /// When, in milliseconds since 1970, as a date in UTC.
    pub at: String,
    /// The process that saw it.
    pub process: u32,
    /// The profile.
    pub profile: String,
    /// The server that it is about, `host:port`; `None` for the connection as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// How it stood before: `closed`, `connecting`, `ready`, `retrying`, `failed`; of a server, what it was in its
    /// deployment.
    pub before: String,
    /// How it stands after, in the same words.
    pub after: String,
    /// Why, where there is a reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Of `retrying`: how many attempts have failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Of `retrying`: milliseconds until the next attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_in_ms: Option<u64>,
}

impl Change {
    /// A change of `profile` that happens now.
    #[must_use]
    pub fn now(profile: &str, before: impl Into<String>, after: impl Into<String>) -> Self {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Self {
            at: crate::value::instant::iso(millis).unwrap_or_default(),
            process: std::process::id(),
            profile: profile.to_owned(),
            before: before.into(),
            after: after.into(),
            ..Self::default()
        }
    }

    /// One line for people, without the date's day.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}  {}", self.at, self.profile);
        if let Some(server) = &self.server {
            text.push_str(&format!(" {server}"));
        }
        text.push_str(&format!(": {} → {}", self.before, self.after));
        if let Some(attempt) = self.attempt {
            text.push_str(&format!(" (attempt {attempt} failed"));
            if let Some(next) = self.next_in_ms {
                text.push_str(&format!(", again in {next} ms"));
            }
            text.push(')');
        }
        if let Some(cause) = &self.cause {
            text.push_str(&format!(": {cause}"));
        }
        text
    }

    fn redacted(mut self) -> Self {
        let clean = |text: &mut String| {
            let mut safe = redact(text).into_owned();
            if safe.len() > MAX_TEXT {
                let end = (0..=MAX_TEXT).rev().find(|i| safe.is_char_boundary(*i));
                safe.truncate(end.unwrap_or(0));
            }
            *text = safe;
        };
        clean(&mut self.profile);
        clean(&mut self.before);
        clean(&mut self.after);
        self.server.as_mut().map(clean);
        self.cause.as_mut().map(clean);
        self
    }
}

/// Where the log of connections is, and a way to add to it. Clones are the same log.
#[derive(Debug, Clone)]
pub struct ConnectionLog {
    sender: SyncSender<Order>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Order {
    Write(Box<Change>),
    Flush(mpsc::Sender<()>),
}

impl ConnectionLog {
    /// The log in the person's state directory.
    ///
    /// # Errors
    /// There is no such directory, or the file system refuses.
    pub fn open() -> io::Result<Self> {
        Self::at(&paths::state()?)
    }

    /// The log in `directory`, which is made where it is missing.
    ///
    /// # Errors
    /// The file system refuses, or gives no thread.
    pub fn at(directory: &Path) -> io::Result<Self> {
        paths::private_directory(directory)?;
        let (sender, orders) = mpsc::sync_channel(WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let directory = directory.to_owned();
        std::thread::Builder::new()
            .name("connection-log".to_owned())
            .spawn(move || {
                while let Ok(order) = orders.recv() {
                    match order {
                        // There is nobody to tell: the log is what would tell.
                        Order::Write(change) => drop(append(&directory, &change, MAX_BYTES)),
                        Order::Flush(done) => drop(done.send(())),
                    }
                }
            })?;
        Ok(Self { sender, lost })
    }

    /// Adds a change. Returns at once; where the disk cannot keep up, the change is left out.
    pub fn note(&self, change: Change) {
        let order = Order::Write(Box::new(change.redacted()));
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
            self.sender.try_send(order)
        {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many changes were left out because the disk could not keep up.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Waits until what was added so far is written, this long at the most.
    pub fn flush(&self, longest: Duration) {
        let (done, written) = mpsc::channel();
        if self.sender.try_send(Order::Flush(done)).is_ok() {
            let _ = written.recv_timeout(longest);
        }
    }
}

/// The files of the log in `directory`, the oldest first, whether they exist or not.
#[must_use]
pub fn files(directory: &Path) -> Vec<PathBuf> {
    (0..=OLD_FILES)
        .rev()
        .map(|age| file(directory, age))
        .collect()
}

fn file(directory: &Path, age: usize) -> PathBuf {
    directory.join(match age {
        0 => "connections.jsonl".to_owned(),
        age => format!("connections.{age}.jsonl"),
    })
}

fn append(directory: &Path, change: &Change, most: u64) -> io::Result<()> {
    let current = file(directory, 0);
    set_aside(directory, most)?;
    let mut line = serde_json::to_vec(change)?;
    line.push(b'\n');
    let mut options = fs::OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut open = options.open(current)?;
    if breaks_off(&mut open) {
        line.insert(0, b'\n');
    }
    // One call, so that two programs that append at once do not mix their lines.
    open.write_all(&line)
}

/// Whether the last line has no end, since the disk was full when it was written.
fn breaks_off(open: &mut fs::File) -> bool {
    let mut last = [0];
    let read = open
        .seek(io::SeekFrom::End(-1))
        .and_then(|_| open.read_exact(&mut last));
    read.is_ok() && last != *b"\n"
}

/// Makes place where the newest file is over its bound. Of several programs that find it so, one does it.
fn set_aside(directory: &Path, most: u64) -> io::Result<()> {
    let current = file(directory, 0);
    if !fs::metadata(&current).is_ok_and(|m| m.len() >= most) {
        return Ok(());
    }
    let turn = match fs::File::open(&current) {
        Ok(turn) => turn,
        // Another one has just set it aside.
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    // A file system without locks has the files set aside all the same.
    let _ = turn.lock();
    // Who waited for the lock may hold a file that was set aside meanwhile; the new one has its own lock.
    if !is_at(&turn, &current) {
        return Ok(());
    }
    for age in (0..OLD_FILES).rev() {
        match fs::rename(file(directory, age), file(directory, age + 1)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(())
}

/// Whether a file is still the one of that name.
#[cfg(unix)]
fn is_at(file: &fs::File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let one = |m: &fs::Metadata| (m.dev(), m.ino());
    matches!((file.metadata(), fs::metadata(path)), (Ok(a), Ok(b)) if one(&a) == one(&b))
}

/// Whether a file is still the one of that name: as well as can be told without numbers of files.
#[cfg(not(unix))]
fn is_at(file: &fs::File, path: &Path) -> bool {
    matches!((file.metadata(), fs::metadata(path)), (Ok(a), Ok(b)) if a.len() <= b.len())
}

/// The last `most` changes of the log in `directory` that `wanted` takes, the newest last. Lines that cannot be read are
/// left out.
///
/// # Errors
/// A file of the log is there and cannot be read.
pub fn read(
    directory: &Path,
    most: usize,
    wanted: impl Fn(&Change) -> bool,
) -> io::Result<Vec<Change>> {
    let mut last = std::collections::VecDeque::new();
    for path in files(directory) {
        let file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(e),
        };
        // A file that something else made long does not fill the memory.
        for line in io::BufReader::new(file.take(MAX_BYTES * 4)).split(b'\n') {
            let Ok(change) = serde_json::from_slice::<Change>(&line?) else {
                continue;
            };
            if wanted(&change) {
                if last.len() == most {
                    last.pop_front();
                }
                last.push_back(change);
            }
        }
    }
    last.truncate(most);
    Ok(last.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_log_is_set_aside_at_its_bound_and_the_oldest_goes() {
        let home = tempfile::tempdir().unwrap();
        for n in 0..60 {
            let change = Change::now("main", "ready", format!("retrying {n}"));
            append(home.path(), &change, 400).unwrap();
        }
        let sizes: Vec<u64> = files(home.path())
            .iter()
            .map(|f| fs::metadata(f).unwrap().len())
            .collect();
        assert_eq!(sizes.len(), 4);
        assert!(sizes.iter().all(|s| *s < 700), "{sizes:?}");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 4);
        let kept = read(home.path(), 100, |_| true).unwrap();
        assert_eq!(kept.last().unwrap().after, "retrying 59");
        assert!(kept.len() < 30, "the oldest lines are gone");
        let in_order = kept.windows(2).all(|w| w[0].at <= w[1].at);
        assert!(in_order);
        let two = read(home.path(), 2, |_| true).unwrap();
        assert_eq!(two[..], kept[kept.len() - 2..]);
    }

    #[test]
    fn a_line_that_a_full_disk_broke_off_takes_no_other_with_it() {
        let home = tempfile::tempdir().unwrap();
        append(home.path(), &Change::now("a", "b", "c"), 1_000).unwrap();
        let mut options = fs::OpenOptions::new();
        let mut open = options.append(true).open(file(home.path(), 0)).unwrap();
        open.write_all(b"{\"at\": \"2026-").unwrap();
        append(home.path(), &Change::now("a", "c", "d"), 1_000).unwrap();
        let kept = read(home.path(), 10, |_| true).unwrap();
        assert_eq!(kept.len(), 2);
        assert_eq!(kept[1].after, "d");
    }

    #[test]
    fn programs_that_write_at_once_set_only_full_files_aside() {
        let home = tempfile::tempdir().unwrap();
        let most = 2_000;
        std::thread::scope(|threads| {
            for n in 0..4 {
                let path = home.path();
                threads.spawn(move || {
                    for line in 0..100 {
                        let change = Change::now("main", "ready", format!("retrying {n} {line}"));
                        append(path, &change, most).unwrap();
                    }
                });
            }
        });
        for age in 1..=OLD_FILES {
            let text = fs::read_to_string(file(home.path(), age)).unwrap();
            assert!(text.len() as u64 >= most, "{age}: {} bytes", text.len());
            assert!(
                (text.len() as u64) < most + 1_000,
                "{age}: {} bytes",
                text.len()
            );
            let whole = text
                .lines()
                .all(|l| serde_json::from_str::<Change>(l).is_ok());
            assert!(whole, "{text}");
        }
    }

    #[test]
    fn a_password_that_gets_into_a_cause_is_not_written() {
        let home = tempfile::tempdir().unwrap();
        let log = ConnectionLog::at(home.path()).unwrap();
        let mut change = Change::now("main", "connecting", "failed");
        change.cause = Some("cannot read `mongodb://ada:hunter2@h:1/`".to_owned());
        change.server = Some("mongodb://ada:hunter2@h".to_owned());
        log.note(change);
        log.flush(Duration::from_secs(5));
        let text = fs::read_to_string(file(home.path(), 0)).unwrap();
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("mongodb://ada:*******@h:1/"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn the_log_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        append(home.path(), &Change::now("a", "b", "c"), 1_000).unwrap();
        let mode = fs::metadata(file(home.path(), 0)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    #[test]
    fn a_line_that_is_damaged_is_passed_over() {
        let home = tempfile::tempdir().unwrap();
        append(
            home.path(),
            &Change::now("a", "closed", "connecting"),
            1_000,
        )
        .unwrap();
        let mut options = fs::OpenOptions::new();
        let mut open = options.append(true).open(file(home.path(), 0)).unwrap();
        open.write_all(b"{\"at\": \xff half a line\n").unwrap();
        append(home.path(), &Change::now("a", "connecting", "ready"), 1_000).unwrap();
        let kept = read(home.path(), 10, |_| true).unwrap();
        assert_eq!(kept.len(), 2);
        assert_eq!(read(home.path(), 10, |c| c.profile == "b").unwrap(), []);
    }
}
