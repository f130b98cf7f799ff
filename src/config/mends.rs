//! Journals of fixes over many documents: what each document was, kept before it is changed.
//!
//! A journal is a private file of BSON documents one after the other: a head, then for each batch its entries, and a mark
//! once the batch has an outcome. A batch is on disk before it is sent, so after a crash it is known which documents may
//! have been changed and what they were. While a mend runs its journal ends in `.open`; afterwards in `.mend`; and in
//! `.undone` once it was undone. Of the finished ones the newest [`KEPT`] stay.
//!
//! Invariant: a record that is only half there was never acted on.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use bson::raw::cstr;
use bson::{RawArrayBuf, RawBson, RawBsonRef, RawDocument, RawDocumentBuf, rawdoc};

use super::paths;

/// How many finished journals are kept.
pub const KEPT: usize = 20;
/// The longest record that is read.
const LONGEST: usize = 256 << 20;

/// What a mend is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The profile's name.
    pub profile: String,
    /// The database.
    pub database: String,
    /// The collection.
    pub collection: String,
    /// The model's name.
    pub model: String,
    /// What was mended, in words: ``cast `age` (Number)``.
    pub what: String,
    /// When it began, in milliseconds since the epoch.
    pub at: u64,
}

/// A write and its guard.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// `_id` and the values that it writes over.
    pub filter: RawDocumentBuf,
    /// Update operators, or the whole new document.
    pub change: RawDocumentBuf,
}

/// One document of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its `_id`.
    pub id: RawBson,
    /// What is written.
    pub forth: Step,
    /// What puts it back.
    pub back: Step,
}

/// A batch as a journal has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Its number, from 0.
    pub number: i64,
    /// Its documents.
    pub entries: Vec<Entry>,
    /// The places of entries that were not written; `None` where the batch has no outcome.
    pub missed: Option<Vec<usize>>,
}

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// A new journal in `directory`, which is made where it is missing. Removes the oldest finished ones beyond [`KEPT`].
    ///
    /// # Errors
    /// The file system refuses.
    pub fn create(directory: &Path, head: &Head) -> io::Result<Self> {
        paths::private_directory(directory)?;
        prune(directory);
        let name = format!(
            "{:013}-{}.open",
            head.at,
            bson::oid::ObjectId::new().to_hex()
        );
        let path = directory.join(name);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let file = options.open(&path)?;
        hold(&file)?;
        let mut journal = Self { file, path };
        journal.put(&rawdoc! {
            "head": 1,
            "profile": head.profile.as_str(),
            "database": head.database.as_str(),
            "collection": head.collection.as_str(),
            "model": head.model.as_str(),
            "what": head.what.as_str(),
            "at": i64::try_from(head.at).unwrap_or(i64::MAX),
        })?;
        Ok(journal)
    }

    /// Goes on with a journal that has no end: what is only half there at its end is cut off.
    ///
    /// # Errors
    /// The file cannot be read, is no journal, or another console writes it.
    pub fn go_on(path: &Path) -> io::Result<Self> {
        let mut file = fs::OpenOptions::new().write(true).open(path)?;
        hold(&file)?;
        let mut reader = Reader::open(path)?;
        while reader.record()?.is_some() {}
        let whole = reader.whole;
        file.set_len(whole)?;
        file.seek(io::SeekFrom::End(0))?;
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps a batch. It is on disk when this returns, and may be sent.
    ///
    /// # Errors
    /// The file system refuses; the batch must not be sent.
    pub fn begin(&mut self, number: i64, entries: &[Entry]) -> io::Result<()> {
        let mut list = RawArrayBuf::new();
        for entry in entries {
            let mut one = RawDocumentBuf::new();
            one.append(cstr!("id"), entry.id.clone());
            one.append(cstr!("filter"), entry.forth.filter.clone());
            one.append(cstr!("change"), entry.forth.change.clone());
            one.append(cstr!("backFilter"), entry.back.filter.clone());
            one.append(cstr!("backChange"), entry.back.change.clone());
            list.push(one);
        }
        self.put(&rawdoc! { "batch": number, "entries": list })
    }

    /// Notes the outcome of a batch: which of its entries were not written.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn done(&mut self, number: i64, missed: &[usize]) -> io::Result<()> {
        let mut list = RawArrayBuf::new();
        for place in missed {
            list.push(i64::try_from(*place).unwrap_or(i64::MAX));
        }
        self.put(&rawdoc! { "done": number, "missed": list })
    }

    /// Ends the journal under its lasting name, which is given back.
    ///
    /// # Errors
    /// The file system refuses; the journal stays open.
    pub fn end(self) -> io::Result<PathBuf> {
        rename(&self.path, "mend")
    }

    /// Takes the journal away: nothing was written.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn discard(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }

    fn put(&mut self, record: &RawDocument) -> io::Result<()> {
        self.file.write_all(record.as_bytes())?;
        self.file.sync_data()
    }
}

/// Marks a journal as undone, and gives its new name.
///
/// # Errors
/// The file system refuses.
pub fn mark_undone(path: &Path) -> io::Result<PathBuf> {
    rename(path, "undone")
}

fn rename(path: &Path, ending: &str) -> io::Result<PathBuf> {
    let to = path.with_extension(ending);
    if to != path {
        fs::rename(path, &to)?;
    }
    Ok(to)
}

/// Keeps a journal from being written by two consoles.
fn hold(file: &File) -> io::Result<()> {
    match file.try_lock() {
        // Not every file system has locks.
        Ok(()) | Err(fs::TryLockError::Error(_)) => Ok(()),
        Err(fs::TryLockError::WouldBlock) => Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "another console is writing it",
        )),
    }
}

/// The journals in `directory` that have no end: the program ended while they were written. Oldest first. One that a
/// console is writing is none of them.
#[must_use]
pub fn unfinished(directory: &Path) -> Vec<(PathBuf, Head)> {
    named(directory, "open")
        .into_iter()
        .filter_map(|path| {
            let reader = Reader::open(&path).ok()?;
            hold(reader.file.get_ref()).ok()?;
            let head = reader.head;
            Some((path, head))
        })
        .collect()
}

fn named(directory: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == ending))
        .collect();
    found.sort_unstable();
    found
}

fn prune(directory: &Path) {
    for ending in ["mend", "undone"] {
        let found = named(directory, ending);
        // Names begin with the time.
        for old in found.iter().take(found.len().saturating_sub(KEPT)) {
            // One that cannot go now goes the next time.
            let _ = fs::remove_file(old);
        }
    }
}

/// Reads a journal batch by batch.
#[derive(Debug)]
pub struct Reader {
    file: BufReader<File>,
    /// What the journal is of.
    pub head: Head,
    /// A record that was read to see whether it belongs to the batch before it.
    ahead: Option<RawDocumentBuf>,
    /// Bytes of the records that are whole.
    whole: u64,
}

impl Reader {
    /// Opens a journal.
    ///
    /// # Errors
    /// The file cannot be read, or is no journal.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut reader = Self {
            file: BufReader::new(File::open(path)?),
            head: Head {
                profile: String::new(),
                database: String::new(),
                collection: String::new(),
                model: String::new(),
                what: String::new(),
                at: 0,
            },
            ahead: None,
            whole: 0,
        };
        let head = reader
            .record()?
            .filter(|r| r.get("head").is_ok_and(|h| h.is_some()))
            .ok_or_else(damaged)?;
        let text = |key| head.get_str(key).map(str::to_owned).map_err(|_| damaged());
        reader.head = Head {
            profile: text("profile")?,
            database: text("database")?,
            collection: text("collection")?,
            model: text("model")?,
            what: text("what")?,
            at: head
                .get_i64("at")
                .ok()
                .and_then(|n| u64::try_from(n).ok())
                .unwrap_or(0),
        };
        Ok(reader)
    }

    /// The next batch; `None` at the end.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged.
    pub fn batch(&mut self) -> io::Result<Option<Batch>> {
        let record = match self.ahead.take() {
            Some(record) => record,
            None => match self.record()? {
                Some(record) => record,
                None => return Ok(None),
            },
        };
        let number = record.get_i64("batch").map_err(|_| damaged())?;
        let mut entries = Vec::new();
        for entry in record.get_array("entries").map_err(|_| damaged())? {
            let Ok(RawBsonRef::Document(entry)) = entry else {
                return Err(damaged());
            };
            entries.push(read_entry(entry).ok_or_else(damaged)?);
        }
        let mut missed = None;
        if let Some(next) = self.record()? {
            match next.get_i64("done") {
                Ok(of) if of == number => {
                    missed = Some(
                        next.get_array("missed")
                            .map_err(|_| damaged())?
                            .into_iter()
                            .flatten()
                            .filter_map(|v| v.as_i64())
                            .filter_map(|n| usize::try_from(n).ok())
                            .collect(),
                    );
                }
                _ => self.ahead = Some(next),
            }
        }
        Ok(Some(Batch {
            number,
            entries,
            missed,
        }))
    }

    /// The next whole record; `None` at the end, and where the rest is not whole.
    fn record(&mut self) -> io::Result<Option<RawDocumentBuf>> {
        let mut length = [0; 4];
        if !self.fill(&mut length)? {
            return Ok(None);
        }
        let size = usize::try_from(i32::from_le_bytes(length)).map_err(|_| damaged())?;
        if !(5..=LONGEST).contains(&size) {
            return Err(damaged());
        }
        let mut bytes = vec![0; size];
        bytes[..4].copy_from_slice(&length);
        if !self.fill(&mut bytes[4..])? {
            return Ok(None);
        }
        self.whole += size as u64;
        RawDocumentBuf::from_bytes(bytes)
            .map(Some)
            .map_err(|_| damaged())
    }

    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<bool> {
        match self.file.read_exact(bytes) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(e) => Err(e),
        }
    }
}

fn read_entry(entry: &RawDocument) -> Option<Entry> {
    let document = |key| entry.get_document(key).ok().map(ToOwned::to_owned);
    Some(Entry {
        id: entry.get("id").ok()??.into(),
        forth: Step {
            filter: document("filter")?,
            change: document("change")?,
        },
        back: Step {
            filter: document("backFilter")?,
            change: document("backChange")?,
        },
    })
}

fn damaged() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "it is no journal of a fix, or damaged",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn head() -> Head {
        Head {
            profile: "main".into(),
            database: "shop".into(),
            collection: "orders.old".into(),
            model: "Order".into(),
            what: "cast `age`".into(),
            at: 1_700_000_000_000,
        }
    }

    fn entry(n: i32) -> Entry {
        let step = |v: i32| Step {
            filter: rawdoc! { "_id": n, "v": v },
            change: rawdoc! { "$set": { "v": v + 1 } },
        };
        Entry {
            id: RawBson::Int32(n),
            forth: step(1),
            back: step(2),
        }
    }

    #[test]
    fn what_is_written_is_read_and_half_a_record_counts_for_nothing() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("mends");
        let mut journal = Journal::create(&directory, &head()).unwrap();
        journal.begin(0, &[entry(1), entry(2)]).unwrap();
        journal.done(0, &[1]).unwrap();
        journal.begin(1, &[entry(3)]).unwrap();
        let path = journal.path().to_owned();
        drop(journal);
        // As after a crash in the middle of a batch.
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(&[200, 0, 0, 0, 1, 2, 3]).unwrap();
        drop(file);

        let open = unfinished(&directory);
        assert_eq!(open, [(path.clone(), head())]);
        let mut journal = Journal::go_on(&path).unwrap();
        assert!(unfinished(&directory).is_empty(), "it is in use");
        assert!(Journal::go_on(&path).is_err());
        journal.done(1, &[]).unwrap();
        let path = journal.end().unwrap();
        assert!(unfinished(&directory).is_empty());
        let mut reader = Reader::open(&path).unwrap();
        let first = reader.batch().unwrap().unwrap();
        assert_eq!((first.number, first.missed), (0, Some(vec![1])));
        assert_eq!(first.entries, [entry(1), entry(2)]);
        let second = reader.batch().unwrap().unwrap();
        assert_eq!((second.number, second.missed), (1, Some(vec![])));
        assert_eq!(reader.batch().unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_journal_is_private_and_old_ones_go() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        for n in 0..30 {
            let head = Head { at: n, ..head() };
            let journal = Journal::create(home.path(), &head).unwrap();
            let mode = fs::metadata(journal.path()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            journal.end().unwrap();
        }
        let left = named(home.path(), "mend");
        assert_eq!(left.len(), KEPT + 1);
        assert_eq!(Reader::open(&left[0]).unwrap().head.at, 30 - 21);
    }

    #[test]
    fn a_file_of_another_kind_is_no_journal() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("x.open");
        fs::write(&path, rawdoc! { "a": 1 }.as_bytes()).unwrap();
        assert!(Reader::open(&path).is_err());
        fs::write(&path, b"text that is none").unwrap();
        assert!(Reader::open(&path).is_err());
        assert!(unfinished(home.path()).is_empty());
    }
}
