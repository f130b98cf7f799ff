//! What the console keeps on disk between runs: loading and saving of [`super::state`].
//!
//! Everything is a private file in the state directory, written beside its place, synced and renamed, so that a
//! `kill -9` or a full disk leaves the last whole state. A file that cannot be read is set aside under another name and
//! told of, never deleted and never in the way.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::paths;
use super::state::{
    ColumnLayout, Draft, DraftId, DraftKind, HistoryEntry, Remembered, Session, WriteRecord,
    layout_key,
};

/// The log of writes is moved to `writes.1.jsonl` when it is over so many bytes; the one moved before goes.
const MAX_LOG: u64 = 8 << 20;
/// The statements that were run.
const HISTORY: &str = "history.jsonl";
/// The history is moved to `history.1.jsonl` when it is over so many bytes; the one moved before goes.
const MAX_HISTORY: u64 = 1 << 20;
/// The most bytes of a file that is read: a draft's text is no longer than a document's.
const MAX_FILE: u64 = 256 << 20;

/// The state directory.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

/// What was read, and what the person should know about what was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// What was read.
    pub value: T,
    /// One line for each file that could not be read, with where it was set aside.
    pub notices: Vec<String>,
}

/// A draft as its file holds it. The base is in a file of its own, called by its hash, so that saving the text after
/// each pause of typing does not write a large document again.
#[derive(Debug, Serialize, Deserialize)]
struct DraftFile {
    id: DraftId,
    profile: String,
    namespace: String,
    kind: DraftKind,
    base: Option<String>,
    text: String,
    path: String,
    created: u64,
    updated: u64,
    #[serde(default)]
    uncertain: bool,
}

impl Store {
    /// The person's state directory, made where it is missing.
    ///
    /// # Errors
    /// There is no home directory, or the file system refuses.
    pub fn open() -> io::Result<Self> {
        Self::at(&paths::state()?)
    }

    /// The state directory `root`, made where it is missing.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn at(root: &Path) -> io::Result<Self> {
        paths::private_directory(root)?;
        Ok(Self {
            root: root.to_owned(),
        })
    }

    /// Saves a draft over its former self.
    ///
    /// # Errors
    /// The file system refuses, and the former self is still there; or the draft's id is not fit for a file's name.
    pub fn save_draft(&self, draft: &Draft) -> io::Result<()> {
        let directory = self.drafts_directory();
        let name = file_name(&draft.id)?;
        let base = match &draft.base {
            Some(bytes) => {
                let hash = hash(bytes);
                let file = directory.join(format!("{name}.{hash}.base"));
                if !file.exists() {
                    paths::write_private(&file, bytes)?;
                }
                Some(hash)
            }
            None => None,
        };
        let held = DraftFile {
            id: draft.id.clone(),
            profile: draft.profile.clone(),
            namespace: draft.namespace.clone(),
            kind: draft.kind,
            base: base.clone(),
            text: draft.text.clone(),
            path: draft.path.clone(),
            created: draft.created,
            updated: draft.updated,
            uncertain: draft.uncertain,
        };
        write_json(&directory.join(format!("{name}.json")), &held)?;
        // A base that the draft no longer starts from goes only now that nothing names it.
        for file in self.files_of(name)? {
            let stale = file.extension().is_some_and(|e| e == "base")
                && base.as_deref().is_none_or(|hash| {
                    file.file_name() != Some(format!("{name}.{hash}.base").as_ref())
                });
            if stale {
                let _ = fs::remove_file(file);
            }
        }
        Ok(())
    }

    /// Removes a draft: it was written, or thrown away by the person. One that is not there is no error.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn remove_draft(&self, id: &DraftId) -> io::Result<()> {
        let name = file_name(id)?;
        // The text goes first: a base without its draft means nothing, a draft without its base is damaged.
        let text = self.drafts_directory().join(format!("{name}.json"));
        match fs::remove_file(text) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        for file in self.files_of(name)? {
            if file.extension().is_some_and(|e| e == "base") {
                fs::remove_file(file)?;
            }
        }
        Ok(())
    }

    /// All drafts, the one that changed last first.
    #[must_use]
    pub fn drafts(&self) -> Found<Vec<Draft>> {
        let mut found = Found {
            value: Vec::new(),
            notices: Vec::new(),
        };
        let directory = self.drafts_directory();
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return found,
            Err(e) => {
                found.notices.push(format!(
                    "cannot read drafts in `{}`: {e}",
                    directory.display()
                ));
                return found;
            }
        };
        for path in entries.flatten().map(|e| e.path()) {
            if path.extension().is_none_or(|e| e != "json") {
                continue;
            }
            match read_draft(&path) {
                Ok(draft) => found.value.push(draft),
                Err(why) => found.notices.push(set_aside(&path, "draft", &why)),
            }
        }
        found
            .value
            .sort_by(|a, b| b.updated.cmp(&a.updated).then_with(|| a.id.cmp(&b.id)));
        found
    }

    /// Saves the open tabs.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn save_session(&self, session: &Session) -> io::Result<()> {
        write_json(&self.root.join("session.json"), session)
    }

    /// The tabs of the last time; none where there was none.
    #[must_use]
    pub fn session(&self) -> Found<Session> {
        self.read_or_default("session.json", "session")
    }

    /// Saves how the columns of one collection are laid out.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn save_layout(
        &self,
        profile: &str,
        namespace: &str,
        layout: &ColumnLayout,
    ) -> io::Result<()> {
        let mut all = self.layouts().value;
        all.insert(layout_key(profile, namespace), layout.clone());
        write_json(&self.root.join("columns.json"), &all)
    }

    /// How columns are laid out, by [`layout_key`].
    #[must_use]
    pub fn layouts(&self) -> Found<BTreeMap<String, ColumnLayout>> {
        self.read_or_default("columns.json", "column layouts")
    }

    /// Saves the values that `held` has for the parameters of one saved query, beside those of other queries.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn save_values(&self, profile: &str, query: &str, held: &Remembered) -> io::Result<()> {
        let mut all = self.values().value;
        all.merge(profile, query, held);
        write_json(&self.root.join("parameters.json"), &all)
    }

    /// The values that were last given for the parameters of saved queries.
    #[must_use]
    pub fn values(&self) -> Found<Remembered> {
        self.read_or_default("parameters.json", "values of parameters")
    }

    /// Adds one write to the log, as a line of JSON with a mongosh line that shows the document.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn log_write(&self, record: &WriteRecord) -> io::Result<()> {
        self.log_writes(std::slice::from_ref(record))
    }

    /// Adds several writes to the log at once; see [`Store::log_write`].
    ///
    /// # Errors
    /// The file system refuses.
    pub fn log_writes(&self, records: &[WriteRecord]) -> io::Result<()> {
        #[derive(Serialize)]
        struct Line<'r> {
            #[serde(flatten)]
            record: &'r WriteRecord,
            #[serde(rename = "override")]
            overriding: bool,
            shell: String,
        }
        let mut lines = Vec::new();
        for record in records {
            serde_json::to_writer(
                &mut lines,
                &Line {
                    record,
                    overriding: !record.overridden.is_empty(),
                    shell: shell_line(record),
                },
            )?;
            lines.push(b'\n');
        }
        let path = self.write_log();
        if fs::metadata(&path).is_ok_and(|m| m.len() > MAX_LOG) {
            fs::rename(&path, self.root.join("writes.1.jsonl"))?;
        }
        let mut options = fs::OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = options.open(path)?;
        // One call, so that two consoles that append at once do not mix their lines.
        file.write_all(&lines)?;
        file.sync_data()
    }

    /// Where the journals of fixes over many documents are; see [`super::mends`].
    #[must_use]
    pub fn mends(&self) -> PathBuf {
        self.root.join("mends")
    }

    /// Where the notes of profilers that are set are; see [`super::profilers`].
    #[must_use]
    pub fn profilers(&self) -> PathBuf {
        self.root.join("profilers")
    }

    /// Adds a statement to the history.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn keep_statement(&self, entry: &HistoryEntry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let path = self.root.join(HISTORY);
        if fs::metadata(&path).is_ok_and(|m| m.len() > MAX_HISTORY) {
            fs::rename(&path, self.root.join("history.1.jsonl"))?;
        }
        let mut options = fs::OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        options.open(path)?.write_all(&line)
    }

    /// The last `most` statements that were run, the newest last. Lines that cannot be read are left out.
    #[must_use]
    pub fn statements(&self, most: usize) -> Vec<HistoryEntry> {
        let mut entries: Vec<HistoryEntry> = Vec::new();
        for name in ["history.1.jsonl", HISTORY] {
            let Ok(Some(bytes)) = read_bytes(&self.root.join(name)) else {
                continue;
            };
            let lines = bytes.split(|b| *b == b'\n');
            entries.extend(lines.filter_map(|l| serde_json::from_slice(l).ok()));
        }
        let from = entries.len().saturating_sub(most);
        entries.split_off(from)
    }

    /// Where the log of writes is.
    #[must_use]
    pub fn write_log(&self) -> PathBuf {
        self.root.join("writes.jsonl")
    }

    fn drafts_directory(&self) -> PathBuf {
        self.root.join("drafts")
    }

    fn files_of(&self, name: &str) -> io::Result<Vec<PathBuf>> {
        let lead = format!("{name}.");
        match fs::read_dir(self.drafts_directory()) {
            Ok(entries) => Ok(entries
                .flatten()
                .filter(|e| e.file_name().to_string_lossy().starts_with(&lead))
                .map(|e| e.path())
                .collect()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(e) => Err(e),
        }
    }

    fn read_or_default<T: DeserializeOwned + Default>(&self, name: &str, what: &str) -> Found<T> {
        let path = self.root.join(name);
        match read_json(&path) {
            Ok(value) => Found {
                value: value.unwrap_or_default(),
                notices: Vec::new(),
            },
            Err(why) => Found {
                value: T::default(),
                notices: vec![set_aside(&path, what, &why)],
            },
        }
    }
}

/// A line for mongosh that shows the document of a write, or the statement that wrote. It holds the `_id` and no other
/// value of a document.
fn shell_line(record: &WriteRecord) -> String {
    let quote = |s: &str| format!("'{}'", s.replace('\\', "\\\\").replace('\'', "\\'"));
    let (database, collection) = record
        .namespace
        .split_once('.')
        .unwrap_or((&record.namespace, ""));
    if let Some(chain) = record.statement.strip_prefix("db") {
        return format!("db.getSiblingDB({}){chain}", quote(database));
    }
    if collection.is_empty() || record.id.is_empty() {
        return format!("db.getSiblingDB({}).getCollectionInfos()", quote(database));
    }
    format!(
        "db.getSiblingDB({}).getCollection({}).findOne({{ _id: {} }})",
        quote(database),
        quote(collection),
        record.id
    )
}

fn file_name(id: &DraftId) -> io::Result<&str> {
    let fits = !id.0.is_empty()
        && id.0.len() <= 100
        && id
            .0
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if fits {
        Ok(&id.0)
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("`{}` cannot name a draft", id.0.escape_debug()),
        ))
    }
}

fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .take(16)
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    paths::write_private(path, &serde_json::to_vec(value)?)
}

fn read_bytes(path: &Path) -> Result<Option<Vec<u8>>, String> {
    match fs::metadata(path) {
        Ok(m) if m.len() > MAX_FILE => {
            return Err(format!("it is over {} MiB long", MAX_FILE >> 20));
        }
        Ok(_) => {}
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e.to_string()),
    }
    fs::read(path).map(Some).map_err(|e| e.to_string())
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, String> {
    match read_bytes(path)? {
        // The parser's own message may quote what the file holds.
        Some(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|e| format!("it is damaged at line {}, column {}", e.line(), e.column())),
        None => Ok(None),
    }
}

fn read_draft(path: &Path) -> Result<Draft, String> {
    let held: DraftFile = read_json(path)?.ok_or("it is gone")?;
    let name = file_name(&held.id).map_err(|e| e.to_string())?;
    if path.file_stem().and_then(|s| s.to_str()) != Some(name) {
        return Err("it is not called by its own id".to_owned());
    }
    let base = match &held.base {
        Some(wanted) => {
            let file = path.with_file_name(format!("{name}.{wanted}.base"));
            let bytes = read_bytes(&file)?.ok_or("the document it started from is gone")?;
            if hash(&bytes) != *wanted {
                return Err("the document it started from is damaged".to_owned());
            }
            Some(bytes)
        }
        None => None,
    };
    Ok(Draft {
        id: held.id,
        profile: held.profile,
        namespace: held.namespace,
        kind: held.kind,
        base,
        text: held.text,
        path: held.path,
        created: held.created,
        updated: held.updated,
        uncertain: held.uncertain,
    })
}

/// Gives a file that cannot be read another name, and says so.
fn set_aside(path: &Path, what: &str, why: &str) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let free = (0..1000)
        .map(|n| match n {
            0 => path.with_file_name(format!("{name}.damaged")),
            n => path.with_file_name(format!("{name}.damaged-{n}")),
        })
        .find(|p| p.symlink_metadata().is_err());
    match free.map(|to| (fs::rename(path, &to), to)) {
        Some((Ok(()), to)) => format!(
            "cannot read the {what} `{}`: {why}; it is kept as `{}`",
            path.display(),
            to.display()
        ),
        _ => format!("cannot read the {what} `{}`: {why}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::config::state::{ColumnState, SessionTab};

    fn draft(id: &str, updated: u64) -> Draft {
        Draft {
            id: DraftId(id.to_owned()),
            profile: "local".to_owned(),
            namespace: "shop.orders".to_owned(),
            kind: DraftKind::Edit,
            base: Some(vec![5, 0, 0, 0, 0]),
            text: "{ a: 'ä\n' }".to_owned(),
            path: String::new(),
            created: 1,
            updated,
            uncertain: true,
        }
    }

    #[test]
    fn drafts_come_back_as_they_were_the_latest_first() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::at(home.path()).unwrap();
        let (one, two) = (draft("one", 10), draft("two", 20));
        store.save_draft(&one).unwrap();
        store.save_draft(&two).unwrap();
        let found = Store::at(home.path()).unwrap().drafts();
        assert_eq!(found.value, [two.clone(), one]);
        assert_eq!(found.notices, Vec::<String>::new());
        store.remove_draft(&DraftId("one".to_owned())).unwrap();
        store.remove_draft(&DraftId("one".to_owned())).unwrap();
        assert_eq!(store.drafts().value, [two]);
    }

    #[test]
    fn a_base_that_changed_replaces_the_former_one() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::at(home.path()).unwrap();
        let mut held = draft("one", 1);
        store.save_draft(&held).unwrap();
        held.base = Some(vec![1, 2, 3]);
        store.save_draft(&held).unwrap();
        assert_eq!(store.drafts().value, [held]);
        let files = fs::read_dir(home.path().join("drafts")).unwrap().count();
        assert_eq!(files, 2, "the text and one base");
    }

    #[test]
    fn a_damaged_draft_is_set_aside_and_told_of() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::at(home.path()).unwrap();
        store.save_draft(&draft("good", 1)).unwrap();
        let bad = home.path().join("drafts/bad.json");
        fs::write(&bad, "{\"id\": \"bad\", \"text\": \"hal").unwrap();
        let found = store.drafts();
        assert_eq!(found.value.len(), 1);
        assert_eq!(found.notices.len(), 1);
        assert!(
            found.notices[0].contains("is kept as"),
            "{:?}",
            found.notices
        );
        assert!(!bad.exists());
        assert!(home.path().join("drafts/bad.json.damaged").exists());
        assert_eq!(store.drafts().notices, Vec::<String>::new(), "told once");
    }

    #[test]
    fn an_id_never_leads_out_of_the_directory() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::at(home.path()).unwrap();
        assert!(store.save_draft(&draft("../evil", 1)).is_err());
        assert!(store.remove_draft(&DraftId("a/b".to_owned())).is_err());
    }

    #[test]
    fn sessions_and_layouts_come_back() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::at(home.path()).unwrap();
        assert_eq!(store.session().value, Session::default());
        let session = Session {
            tabs: vec![SessionTab {
                kind: crate::config::state::TabKind::Documents,
                profile: "local".to_owned(),
                namespace: "shop.orders".to_owned(),
                filter: "{a: 1}".to_owned(),
                sort: String::new(),
                view: "table".to_owned(),
            }],
            active: 0,
        };
        store.save_session(&session).unwrap();
        assert_eq!(store.session().value, session);
        let layout = ColumnLayout {
            columns: vec![ColumnState {
                path: "a.b".to_owned(),
                hidden: false,
                width: Some(12),
                pinned: true,
            }],
        };
        store.save_layout("local", "shop.orders", &layout).unwrap();
        store
            .save_layout("local", "shop.users", &ColumnLayout::default())
            .unwrap();
        let all = store.layouts().value;
        assert_eq!(all.get("local/shop.orders"), Some(&layout));
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn the_log_of_writes_holds_a_line_for_each_and_marks_overrides() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::at(home.path()).unwrap();
        let mut record = WriteRecord {
            at: 1,
            profile: "local".to_owned(),
            namespace: "shop.orders".to_owned(),
            what: "update".to_owned(),
            id: "ObjectId('6650f0c2e13e1a0001a1b2c3')".to_owned(),
            paths: vec!["status".to_owned()],
            overridden: Vec::new(),
            statement: String::new(),
            outcome: "written".to_owned(),
        };
        store.log_write(&record).unwrap();
        record.overridden.push("status: enum".to_owned());
        store.log_write(&record).unwrap();
        record.id.clear();
        record.statement = "db.orders.deleteMany({ a: 1 })".to_owned();
        store.log_write(&record).unwrap();
        let text = fs::read_to_string(store.write_log()).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(
            lines[2]["shell"],
            "db.getSiblingDB('shop').orders.deleteMany({ a: 1 })"
        );
        assert_eq!(
            lines[0]["shell"],
            "db.getSiblingDB('shop').getCollection('orders').findOne({ _id: ObjectId('6650f0c2e13e1a0001a1b2c3') })"
        );
        assert_eq!(lines[0]["override"], false);
        assert_eq!(lines[1]["override"], true);
        #[cfg(unix)]
        assert!(!paths::readable_by_others(&store.write_log()));
    }
}
