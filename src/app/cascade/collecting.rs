//! Reading every document that a cascade would change, and making the list and the writes of it.
//!
//! Level by level: what refers to the document, and where those are deleted too, what refers to them. Invariant: a
//! document is in the list once, however many ways lead to it, and a circle of references ends.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bson::{RawBson, RawDocument, RawDocumentBuf, rawdoc};

use super::{Deletion, Way};
use crate::app::journal::Entry;
use crate::app::referrers::{id_of, row};
use crate::app::scope::{Asker, Scope};
use crate::app::words;
use crate::model::referrers::{Pointing, Referrer, referrers};
use crate::model::{Library, Severity, SharedModel};
use crate::mongo::request::{
    Absence, Failure, Gather, GatherEnd, MOST_TOGETHER, MOST_TOGETHER_BYTES, Namespace,
    ProfileName, Reply, Request, TaskId, Write,
};
use crate::value::diff::apply;
use crate::value::update::{self, delete_filter, plan};

/// Levels of documents that refer to documents that are deleted.
const DEEPEST: usize = 8;
/// The server works on one question no longer than this.
const WITHIN: Duration = Duration::from_secs(30);
/// Questions in all; each reads a collection by one field.
const QUESTIONS: usize = 400;

/// A question for the documents that point at some others.
#[derive(Debug, Clone, PartialEq)]
struct Question {
    referrer: Referrer,
    namespace: Namespace,
    filter: RawDocumentBuf,
    ids: Vec<RawBson>,
    depth: usize,
}

/// A document that would be changed.
#[derive(Debug, Clone)]
struct Found {
    namespace: Namespace,
    model: SharedModel,
    before: Arc<RawDocumentBuf>,
    /// Without the references; `None` where it is deleted.
    after: Option<RawDocumentBuf>,
    /// The fields by which it refers.
    by: Vec<String>,
    depth: usize,
}

/// What is known of a cascade while it is being read.
#[derive(Debug, Clone)]
pub struct Collecting {
    way: Way,
    profile: ProfileName,
    root: (Namespace, Arc<RawDocumentBuf>),
    queue: VecDeque<Question>,
    asked: Option<(TaskId, Question)>,
    found: Vec<Found>,
    known: HashMap<(Namespace, Vec<u8>), usize>,
    bytes: usize,
    questions: usize,
    absent: Vec<Absence>,
    /// References that cannot be asked for.
    notes: Vec<String>,
}

impl PartialEq for Collecting {
    fn eq(&self, other: &Self) -> bool {
        self.way == other.way && self.asked == other.asked && self.found.len() == other.found.len()
    }
}

/// What came of looking for the next question.
#[derive(Debug)]
pub(super) enum Progress {
    /// One was asked.
    Asked,
    /// It cannot be done: why.
    Refused(String),
    /// There is none: this is the list.
    Complete(Box<Review>),
}

/// The root's place among those known.
const ROOT: usize = usize::MAX;

fn key(namespace: &Namespace, id: &RawBson) -> (Namespace, Vec<u8>) {
    let id = rawdoc! { "_id": id.clone() };
    (namespace.clone(), id.into_bytes())
}

impl Collecting {
    pub(super) fn begin(deletion: &Deletion, way: Way) -> Self {
        let mut collecting = Self {
            way,
            profile: deletion.profile.clone(),
            root: (deletion.namespace.clone(), Arc::clone(&deletion.document)),
            queue: VecDeque::new(),
            asked: None,
            found: Vec::new(),
            known: HashMap::from([(key(&deletion.namespace, &deletion.id), ROOT)]),
            bytes: deletion.document.as_bytes().len(),
            questions: 0,
            absent: Vec::new(),
            notes: Vec::new(),
        };
        let all = deletion.census.rows.iter().map(|r| r.referrer.clone());
        collecting.enqueue(all.collect(), vec![deletion.id.clone()], 1);
        collecting
    }

    pub(super) fn way(&self) -> Way {
        self.way
    }

    /// How many documents were read so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// The collection that is being read.
    #[must_use]
    pub fn reading(&self) -> Option<&Namespace> {
        self.asked.as_ref().map(|(_, q)| &q.namespace)
    }

    pub(super) fn awaits(&self, task: TaskId) -> bool {
        self.asked.as_ref().is_some_and(|(t, _)| *t == task)
    }

    pub(super) fn stop(&mut self, scope: &mut Scope<'_>) {
        if let Some((task, _)) = self.asked.take() {
            scope.cancel(task);
        }
    }

    fn enqueue(&mut self, all: Vec<Referrer>, ids: Vec<RawBson>, depth: usize) {
        for referrer in all {
            let row = row(referrer, &ids);
            match (row.filter, &row.referrer.pointing) {
                (Some(filter), _) => self.queue.push_back(Question {
                    namespace: row.namespace,
                    referrer: row.referrer,
                    filter,
                    ids: ids.clone(),
                    depth,
                }),
                (None, Pointing::Untold(why)) => {
                    let note = format!(
                        "not looked at: {}.{}: {why}",
                        row.namespace, row.referrer.path
                    );
                    if !self.notes.contains(&note) {
                        self.notes.push(note);
                    }
                }
                (None, _) => {}
            }
        }
    }

    pub(super) fn advance(&mut self, scope: &mut Scope<'_>, profile: &ProfileName) -> Progress {
        let Some(question) = self.queue.pop_front() else {
            return match self.review() {
                Ok(review) => Progress::Complete(Box::new(review)),
                Err(why) => Progress::Refused(why),
            };
        };
        self.questions += 1;
        if self.questions > QUESTIONS {
            return Progress::Refused(format!(
                "more than {QUESTIONS} collections and fields would have to be read"
            ));
        }
        let request = Request::Gather(Gather {
            namespace: question.namespace.clone(),
            filter: question.filter.clone(),
            projection: None,
            sort: None,
            // Documents that are known already may come again.
            limit: MOST_TOGETHER as u64,
            max_bytes: MOST_TOGETHER_BYTES,
            within: WITHIN,
            explain: false,
        });
        let task = scope.ask(Asker::Referrers, profile, request);
        self.asked = Some((task, question));
        Progress::Asked
    }

    /// Takes an answer.
    ///
    /// # Errors
    /// Why the cascade cannot be made.
    pub(super) fn take(
        &mut self,
        scope: &mut Scope<'_>,
        result: Result<Reply, Failure>,
    ) -> Result<(), String> {
        let Some((_, question)) = self.asked.take() else {
            return Ok(());
        };
        let place = format!("{}.{}", question.namespace, question.referrer.path);
        let gathered = match result {
            Ok(Reply::Gathered(gathered)) => gathered,
            Ok(_) => return Err("the answer was of another kind".to_owned()),
            Err(failure) => return Err(format!("`{place}` could not be read: {failure}")),
        };
        match gathered.end {
            GatherEnd::All => {}
            GatherEnd::Limit => return Err(too_many()),
            GatherEnd::Time => {
                return Err(format!(
                    "what refers by `{place}` could not be found in {} s: an index on it would help",
                    WITHIN.as_secs()
                ));
            }
        }
        let mut new = Vec::new();
        for document in gathered.documents {
            let id = id_of(&document);
            let key = key(&question.namespace, &id);
            match self.known.get(&key).copied() {
                Some(ROOT) => {}
                Some(at) => self.also(at, &question)?,
                None => {
                    self.bytes += document.as_bytes().len();
                    if self.found.len() + 2 > MOST_TOGETHER || self.bytes > MOST_TOGETHER_BYTES {
                        return Err(too_many());
                    }
                    let at = self.found.len();
                    self.known.insert(key, at);
                    self.found.push(Found {
                        namespace: question.namespace.clone(),
                        model: Arc::clone(&question.referrer.model),
                        after: None,
                        before: document,
                        by: Vec::new(),
                        depth: question.depth,
                    });
                    self.also(at, &question)?;
                    new.push(id);
                }
            }
        }
        self.absent.push(Absence {
            namespace: question.namespace.clone(),
            filter: question.filter.clone(),
        });
        if self.way == Way::DeleteToo && !new.is_empty() {
            self.deeper(scope.models, &question, new)?;
        }
        Ok(())
    }

    /// A document refers by one more field.
    fn also(&mut self, at: usize, question: &Question) -> Result<(), String> {
        let Some(found) = self.found.get_mut(at) else {
            return Ok(());
        };
        if !found.by.contains(&question.referrer.path) {
            found.by.push(question.referrer.path.clone());
        }
        if self.way == Way::Unset {
            let now: &RawDocument = found.after.as_deref().unwrap_or(&found.before);
            let removals = question.referrer.removals(now, &question.ids);
            found.after = Some(apply(&removals, now).map_err(|e| e.to_string())?);
        }
        Ok(())
    }

    /// What refers to documents that are deleted too.
    fn deeper(
        &mut self,
        library: &Library,
        question: &Question,
        ids: Vec<RawBson>,
    ) -> Result<(), String> {
        let all = referrers(
            library,
            &question.namespace.database,
            &question.referrer.model,
        );
        if all.is_empty() {
            return Ok(());
        }
        if question.depth >= DEEPEST {
            return Err(format!(
                "references go on for more than {DEEPEST} levels: delete from the far end first"
            ));
        }
        self.enqueue(all, ids, question.depth + 1);
        Ok(())
    }

    fn review(&self) -> Result<Review, String> {
        let (namespace, document) = &self.root;
        let mut review = Review {
            way: self.way,
            profile: self.profile.clone(),
            writes: Vec::new(),
            absent: self.absent.clone(),
            entries: Vec::new(),
            lines: Vec::new(),
            blocked: 0,
            on_yes: false,
            first: 0,
        };
        review.line("delete", namespace, document, &[], 0);
        let mut found: Vec<&Found> = self.found.iter().collect();
        found.sort_by_key(|f| f.depth);
        for one in found {
            match (&one.after, self.way) {
                (Some(after), Way::Unset) => review.unset(one, after)?,
                _ => {
                    review.line("delete", &one.namespace, &one.before, &one.by, one.depth);
                    review.delete(&one.namespace, &one.before)?;
                }
            }
        }
        for note in &self.notes {
            review.lines.push(Line {
                text: note.clone(),
                wrong: false,
                remark: true,
            });
        }
        review.delete(namespace, document)?;
        Ok(review)
    }
}

fn too_many() -> String {
    format!(
        "more than {} documents or {} MB would be changed: no transaction of so many is sent",
        words::grouped(MOST_TOGETHER as u64),
        MOST_TOGETHER_BYTES >> 20
    )
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What is done to which document.
    pub text: String,
    /// Whether it breaks a model.
    pub wrong: bool,
    /// Whether it is said beside what is done.
    pub remark: bool,
}

/// Everything that would be done, to be read before it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// What becomes of the documents that refer.
    pub way: Way,
    /// The profile.
    pub profile: ProfileName,
    /// The changes; the document itself comes last.
    pub writes: Vec<Write>,
    /// What must match nothing afterwards.
    pub absent: Vec<Absence>,
    /// The documents as they are and as they will be, for the log and an undo. In the order of `writes`.
    pub entries: Vec<Entry>,
    /// The list.
    pub lines: Vec<Line>,
    /// How many documents would break their model.
    pub blocked: usize,
    /// Whether the cursor is on *Yes*.
    pub on_yes: bool,
    /// The first line shown.
    pub first: usize,
}

impl Review {
    /// The question over the list.
    #[must_use]
    pub fn title(&self) -> String {
        let others = self.writes.len().saturating_sub(1);
        match self.way {
            Way::Unset => format!("delete 1 document, and unset the references in {others}?"),
            _ => format!("delete {} documents?", others + 1),
        }
    }

    /// What it is, for a notice.
    #[must_use]
    pub fn what(&self) -> String {
        let others = self.writes.len().saturating_sub(1);
        match self.way {
            Way::Unset => format!("delete of a document, with the references in {others} others"),
            _ => format!("delete of {} documents", others + 1),
        }
    }

    /// What was done, once it was.
    #[must_use]
    pub fn done(&self) -> String {
        let others = self.writes.len().saturating_sub(1);
        match self.way {
            Way::Unset => format!("deleted 1 document, and unset the references in {others}"),
            _ => format!("deleted {} documents", others + 1),
        }
    }

    /// The document of a write, in words.
    #[must_use]
    pub fn place(&self, place: usize) -> String {
        match self.entries.get(place) {
            Some(entry) => {
                let id = words::line(entry.id.as_raw_bson_ref());
                format!("{} {id}", entry.namespace.collection)
            }
            None => "a document".to_owned(),
        }
    }

    fn line(
        &mut self,
        verb: &str,
        namespace: &Namespace,
        document: &RawDocument,
        by: &[String],
        depth: usize,
    ) {
        let id = words::line(id_of(document).as_raw_bson_ref());
        let indent = "  ".repeat(depth);
        let by = match by {
            [] => String::new(),
            by => format!("  by {}", by.join(", ")),
        };
        self.lines.push(Line {
            text: format!("{indent}{verb} {namespace} {id}{by}"),
            wrong: false,
            remark: false,
        });
    }

    fn delete(
        &mut self,
        namespace: &Namespace,
        document: &Arc<RawDocumentBuf>,
    ) -> Result<(), String> {
        let id = id_of(document);
        let filter = delete_filter(document).map_err(|e| e.to_string())?;
        self.writes.push(Write::Delete {
            namespace: namespace.clone(),
            id: id.clone(),
            filter,
        });
        self.enter(namespace, id, document, None);
        Ok(())
    }

    fn unset(&mut self, one: &Found, after: &RawDocumentBuf) -> Result<(), String> {
        let id = id_of(&one.before);
        let verb = format!("unset {} of", one.by.join(", "));
        self.line(&verb, &one.namespace, &one.before, &[], one.depth);
        let plan = match plan(&one.before, after) {
            Ok(plan) => plan,
            Err(update::PlanError::Unchanged) => return Ok(()),
            Err(problem) => return Err(problem.to_string()),
        };
        let known = one.model.validate(&one.before);
        let is_new = |v: &crate::model::Violation| {
            v.severity == Severity::Error
                && !known.iter().any(|k| k.path == v.path && k.kind == v.kind)
        };
        let broken: Vec<_> = one
            .model
            .validate(after)
            .into_iter()
            .filter(is_new)
            .collect();
        if !broken.is_empty() {
            self.blocked += 1;
        }
        for violation in broken.into_iter().take(3) {
            self.lines.push(Line {
                text: format!(
                    "{}✗ {}: {}",
                    "  ".repeat(one.depth + 1),
                    violation.path,
                    violation.message
                ),
                wrong: true,
                remark: true,
            });
        }
        let namespace = one.namespace.clone();
        let filter = plan.filter;
        self.writes.push(match plan.change {
            update::Write::Update(update) => Write::Update {
                namespace,
                id: id.clone(),
                filter,
                update,
            },
            update::Write::Replace(replacement) => Write::Replace {
                namespace,
                id: id.clone(),
                filter,
                replacement,
            },
        });
        self.enter(&one.namespace, id, &one.before, Some(after));
        Ok(())
    }

    fn enter(
        &mut self,
        namespace: &Namespace,
        id: RawBson,
        before: &Arc<RawDocumentBuf>,
        after: Option<&RawDocumentBuf>,
    ) {
        self.entries.push(Entry {
            profile: self.profile.clone(),
            namespace: namespace.clone(),
            id,
            before: Some(Arc::clone(before)),
            after: after.cloned().map(Arc::new),
        });
    }
}
