//! Who points at a document: which fields of which models, and how many documents each.
//!
//! The counts are asked in the background, few at once, each up to a bound and within a time. Invariant: what is not
//! known is said to be unknown, never shown as none.

use std::sync::Arc;
use std::time::Duration;

use bson::{RawBson, RawDocument, RawDocumentBuf, rawdoc};

use super::Command;
use super::regions::scrolled;
use super::scope::{Asker, Scope};
use super::tab::Destination;
use super::words;
use crate::model::Model;
use crate::model::referrers::{Pointing, Referrer, referrers};
use crate::mongo::request::{
    Failure, Gather, GatherEnd, Gathered, Namespace, ProfileName, Reply, Request, Serving, TaskId,
};

/// Questions that are asked at once.
const AT_ONCE: usize = 3;
/// Documents are counted up to this number.
pub const COUNTED: u64 = 1_000;
/// The server works on one count no longer than this.
const WITHIN: Duration = Duration::from_secs(2);
/// Bytes of `_id`s that one answer holds at the most.
const BYTES: usize = 1 << 20;

/// What is known of one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Counted {
    /// Its turn has not come.
    Waiting,
    /// It is being counted.
    Asking(TaskId),
    /// So many documents point here by it.
    Known {
        /// How many.
        count: u64,
        /// Whether there are more than that.
        more: bool,
        /// The first of their `_id`s.
        first: Vec<RawBson>,
        /// How the server found them.
        serving: Serving,
    },
    /// The time was over before it was known.
    Late(Serving),
    /// It could not be counted.
    Failed(Failure),
    /// It cannot be asked for: why.
    Untold(String),
}

/// How many of the first `_id`s are kept.
const FIRST: usize = 5;

impl Counted {
    /// How many in words: `12`, `1,000+`, `none`.
    #[must_use]
    pub fn figure(&self) -> String {
        match self {
            Self::Waiting => "…".to_owned(),
            Self::Asking(_) => "counting …".to_owned(),
            Self::Known { count: 0, .. } => "none".to_owned(),
            Self::Known {
                count, more: false, ..
            } => count.to_string(),
            Self::Known { count, .. } => format!("{}+", words::grouped(*count)),
            Self::Late(_) | Self::Failed(_) | Self::Untold(_) => "?".to_owned(),
        }
    }

    /// Whether the answer is still to come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Waiting | Self::Asking(_))
    }
}

/// One field that may point at the document.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The field.
    pub referrer: Referrer,
    /// Its collection.
    pub namespace: Namespace,
    /// Matches the documents that point here; `None` where no filter can.
    pub filter: Option<RawDocumentBuf>,
    /// What is known.
    pub counted: Counted,
}

impl Row {
    /// What there is to say beside the count: how it is found, or why it is not known.
    #[must_use]
    pub fn remark(&self) -> String {
        let scan = |late: bool| {
            let slow = if late { ", which takes longer" } else { "" };
            format!(
                "no index on `{}`: the whole collection is read{slow}",
                self.referrer.path
            )
        };
        match &self.counted {
            Counted::Known { serving, .. } => match serving {
                Serving::Index(name) => format!("by index {name}"),
                Serving::Scan => scan(false),
                Serving::Unknown => String::new(),
            },
            Counted::Late(serving) => match serving {
                Serving::Scan => {
                    format!("not counted in {} s: {}", WITHIN.as_secs(), scan(true))
                }
                _ => format!("not counted in {} s", WITHIN.as_secs()),
            },
            Counted::Failed(failure) => failure.summary.clone(),
            Counted::Untold(why) => why.clone(),
            Counted::Waiting | Counted::Asking(_) => String::new(),
        }
    }
}

/// The fields that may point at one document, and what is known of each.
#[derive(Debug, Clone, PartialEq)]
pub struct Census {
    /// The profile.
    pub profile: ProfileName,
    /// The fields.
    pub rows: Vec<Row>,
}

impl Census {
    /// Begins to count what points at the document with `id`; `None` where no model has a reference to `model`.
    pub fn begin(
        scope: &mut Scope<'_>,
        profile: &ProfileName,
        database: &str,
        model: &Model,
        id: &RawBson,
    ) -> Option<Self> {
        let rows: Vec<Row> = referrers(scope.models, database, model)
            .into_iter()
            .map(|referrer| row(referrer, std::slice::from_ref(id)))
            .collect();
        if rows.is_empty() {
            return None;
        }
        let mut census = Self {
            profile: profile.clone(),
            rows,
        };
        census.ask(scope);
        Some(census)
    }

    fn ask(&mut self, scope: &mut Scope<'_>) {
        let asking = |c: &Counted| matches!(c, Counted::Asking(_));
        let mut under_way = self.rows.iter().filter(|r| asking(&r.counted)).count();
        for row in &mut self.rows {
            if under_way >= AT_ONCE {
                return;
            }
            if let (Counted::Waiting, Some(filter)) = (&row.counted, &row.filter) {
                let request = Request::Gather(Gather {
                    namespace: row.namespace.clone(),
                    filter: filter.clone(),
                    projection: Some(rawdoc! { "_id": 1 }),
                    sort: None,
                    limit: COUNTED,
                    max_bytes: BYTES,
                    within: WITHIN,
                    explain: true,
                });
                let task = scope.ask(Asker::Referrers, &self.profile, request);
                row.counted = Counted::Asking(task);
                under_way += 1;
            }
        }
    }

    /// Takes the result of a task, where it is one of these.
    pub fn settle(
        &mut self,
        scope: &mut Scope<'_>,
        task: TaskId,
        result: Result<Reply, Failure>,
    ) -> bool {
        let Some(row) = self
            .rows
            .iter_mut()
            .find(|r| r.counted == Counted::Asking(task))
        else {
            return false;
        };
        row.counted = match result {
            Ok(Reply::Gathered(gathered)) => known(gathered),
            Ok(_) => Counted::Untold("the answer was of another kind".to_owned()),
            Err(failure) => Counted::Failed(failure),
        };
        self.ask(scope);
        true
    }

    /// Whether everything is known that can be.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !self.rows.iter().any(|r| r.counted.is_open())
    }

    /// How many pointers are known, and whether there may be more.
    #[must_use]
    pub fn total(&self) -> (u64, bool) {
        let mut total = 0;
        let mut more = false;
        for row in &self.rows {
            match &row.counted {
                Counted::Known { count, more: m, .. } => {
                    total += count;
                    more |= m;
                }
                _ => more = true,
            }
        }
        (total, more)
    }

    /// Stops what is still asked for.
    pub fn stop(&mut self, scope: &mut Scope<'_>) {
        for row in &mut self.rows {
            if let Counted::Asking(task) = row.counted {
                scope.cancel(task);
                row.counted = Counted::Waiting;
            }
        }
    }
}

/// A field, and what to ask for the pointers at these documents.
#[must_use]
pub fn row(referrer: Referrer, ids: &[RawBson]) -> Row {
    let filter = referrer.filter(ids);
    let counted = match &referrer.pointing {
        Pointing::Untold(why) => Counted::Untold(why.clone()),
        _ if filter.is_none() => Counted::Untold("its name cannot be asked for".to_owned()),
        _ => Counted::Waiting,
    };
    Row {
        namespace: Namespace::new(&referrer.database, &referrer.collection),
        referrer,
        filter,
        counted,
    }
}

fn known(gathered: Gathered) -> Counted {
    let Gathered {
        documents,
        end,
        serving,
    } = gathered;
    if end == GatherEnd::Time && documents.is_empty() {
        return Counted::Late(serving);
    }
    let first = documents.iter().take(FIRST).map(|d| id_of(d)).collect();
    Counted::Known {
        count: documents.len() as u64,
        more: end != GatherEnd::All,
        first,
        serving,
    }
}

/// A filter as one would type it.
fn filter_text(filter: &RawDocument) -> String {
    let text = words::document_line(filter);
    let inner = text.strip_prefix("{ ").and_then(|t| t.strip_suffix(" }"));
    inner.map(|t| format!("{{{t}}}")).unwrap_or(text)
}

/// A document's `_id`; null where it has none.
#[must_use]
pub fn id_of(document: &RawDocument) -> RawBson {
    match document.get("_id") {
        Ok(Some(id)) => RawBson::from(id),
        _ => RawBson::Null,
    }
}

/// The list of who points at a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Referrers {
    /// Its title.
    pub title: String,
    /// The fields.
    pub census: Census,
    /// The row under the cursor.
    pub cursor: usize,
    /// The first row shown.
    pub first: usize,
}

/// What became of a command in the list.
#[derive(Debug, Clone, PartialEq)]
pub enum Chosen {
    /// The list stays.
    Nothing,
    /// It closes.
    Close,
    /// It closes, and this is opened.
    Open(Destination),
    /// It stays, and this is said.
    Say(String),
}

impl Referrers {
    /// Lists what points at a document, and begins to count.
    ///
    /// # Errors
    /// That nothing can point at it, in words.
    pub fn open(
        scope: &mut Scope<'_>,
        profile: &ProfileName,
        namespace: &Namespace,
        model: &Model,
        document: &Arc<RawDocumentBuf>,
    ) -> Result<Self, String> {
        let id = id_of(document);
        let census = Census::begin(scope, profile, &namespace.database, model, &id)
            .ok_or_else(|| format!("no model has a reference to `{}`", model.name))?;
        let shown = words::line(id.as_raw_bson_ref());
        Ok(Self {
            title: format!("what refers to {shown} of {namespace}"),
            census,
            cursor: 0,
            first: 0,
        })
    }

    /// Takes a command.
    pub fn command(&mut self, command: Command, rows: usize) -> Chosen {
        let last = self.census.rows.len().saturating_sub(1);
        let step = rows.max(1);
        self.cursor = match command {
            Command::CursorUp => self.cursor.saturating_sub(1),
            Command::CursorDown => self.cursor + 1,
            Command::PageUp | Command::HalfPageUp => self.cursor.saturating_sub(step),
            Command::PageDown | Command::HalfPageDown => self.cursor + step,
            Command::CursorFirst => 0,
            Command::CursorLast => last,
            Command::Accept | Command::Open | Command::CursorRight => return self.chosen(),
            Command::Back | Command::Cancel | Command::ConfirmNo | Command::Quit => {
                return Chosen::Close;
            }
            _ => self.cursor,
        }
        .min(last);
        self.first = scrolled(self.first, self.cursor, rows);
        Chosen::Nothing
    }

    fn chosen(&self) -> Chosen {
        let Some(row) = self.census.rows.get(self.cursor) else {
            return Chosen::Close;
        };
        match (&row.filter, &row.counted) {
            (_, Counted::Known { count: 0, .. }) => {
                Chosen::Say(format!("nothing refers to it by `{}`", row.referrer.path))
            }
            (Some(filter), _) => Chosen::Open(Destination::Documents {
                profile: self.census.profile.clone(),
                namespace: row.namespace.clone(),
                filter: filter_text(filter),
            }),
            (None, _) => Chosen::Say(format!("it cannot be asked for: {}", row.remark())),
        }
    }
}
