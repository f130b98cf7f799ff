//! The disk's side of the console: one thread that saves what the state machine wants kept, in order.
//!
//! Typing never waits for the disk. Of several saves of the same draft that wait, only the newest is done. What cannot
//! be saved is told to the person. It also looks which files a path may go on with, since a directory may be slow.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc as blocking;
use std::thread::JoinHandle;

use tokio::sync::mpsc;

use crate::app::Msg;
use crate::config::state::{
    ColumnLayout, Draft, DraftId, HistoryEntry, Remembered, Session, WriteRecord,
};
use crate::config::store::Store;

enum Order {
    SaveDraft(Box<Draft>),
    RemoveDraft(DraftId),
    LogWrite(WriteRecord),
    SaveLayout(String, String, ColumnLayout),
    SaveSession(Session),
    KeepStatement(HistoryEntry),
    Complete(String),
    WriteFile {
        path: String,
        text: String,
        what: String,
    },
    SaveValues(String, String, Remembered),
}

/// The thread, and the way to it.
pub struct Keeper {
    orders: Option<blocking::Sender<Order>>,
    troubles: mpsc::UnboundedReceiver<Msg>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread for `store`; `None` keeps nothing, where there is no place for it.
    #[must_use]
    pub fn start(store: Option<Store>) -> Self {
        let (orders, inbox) = blocking::channel();
        let (tell, troubles) = mpsc::unbounded_channel();
        let thread = std::thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || keep(store.as_ref(), &inbox, &tell))
            .ok();
        Self {
            orders: thread.is_some().then_some(orders),
            troubles,
            thread,
        }
    }

    /// What went wrong next. Pends for ever while nothing does.
    pub async fn next(&mut self) -> Option<Msg> {
        match self.troubles.recv().await {
            Some(msg) => Some(msg),
            None => std::future::pending().await,
        }
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // The thread ends only after this sender is gone.
            let _ = orders.send(order);
        }
    }

    /// Saves a draft.
    pub fn save_draft(&self, draft: Draft) {
        self.order(Order::SaveDraft(Box::new(draft)));
    }

    /// Removes a draft.
    pub fn remove_draft(&self, id: DraftId) {
        self.order(Order::RemoveDraft(id));
    }

    /// Adds a line to the log of writes.
    pub fn log_write(&self, record: WriteRecord) {
        self.order(Order::LogWrite(record));
    }

    /// Saves how a collection's columns are laid out.
    pub fn save_layout(&self, profile: String, namespace: String, layout: ColumnLayout) {
        self.order(Order::SaveLayout(profile, namespace, layout));
    }

    /// Adds a statement to the history.
    pub fn keep_statement(&self, entry: HistoryEntry) {
        self.order(Order::KeepStatement(entry));
    }

    /// Writes a new file of the person's.
    pub fn write_file(&self, path: String, text: String, what: String) {
        self.order(Order::WriteFile { path, text, what });
    }

    /// Saves the values of a saved query's parameters.
    pub fn save_values(&self, profile: String, query: String, held: Remembered) {
        self.order(Order::SaveValues(profile, query, held));
    }

    /// Saves the open tabs.
    pub fn save_session(&self, session: Session) {
        self.order(Order::SaveSession(session));
    }

    /// Looks which files and directories a path may go on with; they come as [`Msg::Paths`].
    pub fn complete(&self, text: String) {
        self.order(Order::Complete(text));
    }

    /// Waits until everything is on disk.
    pub fn finish(mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been told by the hook.
            let _ = thread.join();
        }
    }
}

fn keep(
    store: Option<&Store>,
    inbox: &blocking::Receiver<Order>,
    tell: &mpsc::UnboundedSender<Msg>,
) {
    while let Ok(first) = inbox.recv() {
        let mut orders = vec![first];
        orders.extend(inbox.try_iter());
        for (place, order) in orders.iter().enumerate() {
            let outdated = match order {
                Order::SaveDraft(draft) => orders[place + 1..].iter().any(|later| match later {
                    Order::SaveDraft(d) => d.id == draft.id,
                    Order::RemoveDraft(id) => *id == draft.id,
                    _ => false,
                }),
                Order::SaveSession(_) => orders[place + 1..]
                    .iter()
                    .any(|o| matches!(o, Order::SaveSession(_))),
                _ => false,
            };
            if outdated {
                continue;
            }
            if let Order::WriteFile { path, text, what } = order {
                let _ = tell.send(written(path, what, new_file(path, text)));
                continue;
            }
            if let Order::Complete(text) = order {
                let found = super::files::beginning(text);
                let text = text.clone();
                let _ = tell.send(Msg::Paths { text, found });
                continue;
            }
            let Some(store) = store else {
                continue;
            };
            let (what, result) = match order {
                Order::SaveDraft(draft) => ("the draft", store.save_draft(draft)),
                Order::RemoveDraft(id) => ("the draft's removal", store.remove_draft(id)),
                Order::LogWrite(record) => ("the log of writes", store.log_write(record)),
                Order::SaveLayout(profile, namespace, layout) => {
                    ("the columns", store.save_layout(profile, namespace, layout))
                }
                Order::KeepStatement(entry) => ("the history", store.keep_statement(entry)),
                Order::SaveValues(profile, query, held) => {
                    ("the values", store.save_values(profile, query, held))
                }
                Order::SaveSession(session) => ("the open tabs", store.save_session(session)),
                Order::Complete(_) => continue,
                Order::WriteFile { .. } => continue,
            };
            if let Err(e) = result {
                let text = format!("{what} could not be saved: {e}");
                let _ = tell.send(Msg::Trouble {
                    text,
                    detail: String::new(),
                });
            }
        }
    }
}

fn written(path: &str, what: &str, result: io::Result<PathBuf>) -> Msg {
    match result {
        Ok(path) => Msg::Information(format!("wrote {what} to `{}`", path.display())),
        Err(e) => {
            let why = match e.kind() {
                io::ErrorKind::AlreadyExists => "it exists already; choose another name".to_owned(),
                _ => e.to_string(),
            };
            Msg::Trouble {
                text: format!("`{path}` was not written: {why}"),
                detail: String::new(),
            }
        }
    }
}

/// Writes a file beside its place, and gives it its name once it is whole. Gives the path.
fn new_file(path: &str, text: &str) -> io::Result<PathBuf> {
    let home = || directories::BaseDirs::new().map(|d| d.home_dir().to_owned());
    let path = match path.strip_prefix("~/") {
        Some(rest) => home().map_or_else(|| PathBuf::from(path), |home| home.join(rest)),
        None => PathBuf::from(path),
    };
    if path.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(&path).map_err(|e| e.error)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "a test fails by panicking"
    )]

    use super::*;
    use crate::config::state::DraftKind;

    #[test]
    fn the_newest_text_of_a_draft_is_on_disk_once_the_keeper_is_done() {
        let directory = tempfile::tempdir().unwrap();
        let keeper = Keeper::start(Some(Store::at(directory.path()).unwrap()));
        let draft = |n: u64| Draft {
            id: DraftId("d1".into()),
            profile: "main".into(),
            namespace: "a.b".into(),
            kind: DraftKind::New,
            base: None,
            text: format!("{{ n: {n} }}"),
            path: String::new(),
            created: 1,
            updated: n,
            uncertain: false,
        };
        for n in 0..200 {
            keeper.save_draft(draft(n));
        }
        keeper.finish();
        let found = Store::at(directory.path()).unwrap().drafts();
        assert_eq!(found.value, [draft(199)]);
    }
}
