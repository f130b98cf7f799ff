//! Completion in the editor: when the list opens, what it holds, and what taking a candidate does to the text.
//!
//! Only the text before the cursor and a little after it is looked at, and only for keys that may matter. Invariant: a
//! key is never taken by a list that is not open, nor by one that has nothing to offer.

use std::time::Duration;

use super::Editor;
use super::buffer::byte_of;
use super::candidates::{Referred, Sight};
use super::millis;
use crate::app::completion::{Candidate, Completion, Press};
use crate::app::scope::{Asker, Moment, Scope};
use crate::mongo::request::{Failure, Gather, GatherEnd, Reply, Request, TaskId};
use crate::value::typing::{Place, Typed, place_at};
use crate::value::{Path, Span};

/// Documents that are asked for at once.
const ASKED: u64 = 50;
/// Bytes of documents that are asked for at once.
const BYTES: usize = 512 << 10;
/// The server looks for documents no longer than this.
const WITHIN: Duration = Duration::from_secs(2);
/// How long typing rests before the server is asked once more, in milliseconds.
const REST: u64 = 150;

/// The list at the cursor.
#[derive(Debug)]
pub struct Completing {
    /// The candidates.
    pub list: Completion,
    /// The line of the cursor.
    pub row: usize,
    /// The bytes of that line that a candidate takes the place of.
    pub span: Span,
    path: Path,
    is_key: bool,
    /// Whether it opened by itself.
    by_itself: bool,
    /// The text in which it was asked for on a whole value, which narrows nothing.
    untouched: Option<u64>,
    lookup: Option<Lookup>,
}

/// Documents that a reference may lead to.
#[derive(Debug)]
struct Lookup {
    referred: Referred,
    /// Candidates beside the documents.
    beside: Vec<Candidate>,
    task: Option<TaskId>,
    /// What the answer that is there was asked for, and whether that was all.
    answered: Option<(String, bool)>,
    due: Option<Moment>,
}

/// What a person who types a value means: without quotes and constructors.
fn meant(head: &str) -> &str {
    let start = head.rfind(['\'', '"', '`', '(']).map_or(0, |at| at + 1);
    head.get(start..).unwrap_or("").trim_start()
}

impl Editor {
    fn place(&self) -> Option<(usize, Place)> {
        let (row, column) = self.buffer.cursor();
        let line = self.buffer.lines().get(row)?;
        let place = place_at(self.buffer.lines(), row, byte_of(line, column), &self.path)?;
        Some((row, place))
    }

    /// Opens the list at the cursor, because the person asked for it.
    pub(super) fn complete(&mut self, scope: &mut Scope<'_>) {
        self.close_completion(scope);
        self.open_completion(scope, false);
        match &self.completion {
            Some(open) if open.list.is_empty() && open.lookup.is_none() => {
                self.completion = None;
                scope.info("nothing is known that could stand here");
            }
            Some(_) => {}
            None => scope.info("nothing can be completed here"),
        }
    }

    fn open_completion(&mut self, scope: &mut Scope<'_>, by_itself: bool) {
        let Some((row, place)) = self.place() else {
            return;
        };
        let Place {
            path,
            typed,
            span,
            head,
            complete,
        } = place;
        let now = scope.now;
        let (all, referred, is_key) = {
            let library = scope.models.clone();
            let sight = Sight {
                library: &library,
                model: self.model.as_deref(),
                database: &self.host.namespace.database,
                samples: &self.samples,
                now: millis(now),
            };
            match typed {
                Typed::Key { colon, others } => (sight.names(&path, &others, colon), None, true),
                // Beside the document's own brackets nothing can stand.
                Typed::Value if path.is_root() => return,
                Typed::Value => {
                    // What is wanted is said by declarations; guesses are for who asks.
                    if by_itself && sight.field(&path).is_none() {
                        return;
                    }
                    let base = self.base.as_ref().map(|b| &***b);
                    let (all, referred) =
                        sight.values(&path, base, &mut || scope.ids.object_id(now));
                    (all, referred, false)
                }
            }
        };
        let untouched = (complete && !by_itself).then(|| self.buffer.version());
        let query = match untouched {
            Some(_) => "",
            None => meant(&head),
        };
        let lookup = referred.map(|referred| Lookup {
            referred,
            beside: all.clone(),
            task: None,
            answered: None,
            due: None,
        });
        let mut open = Completing {
            list: Completion::new(all, query),
            row,
            span,
            path,
            is_key,
            by_itself,
            untouched,
            lookup,
        };
        open.ask(scope, self.host.tab, &self.host.profile);
        self.completion = Some(Box::new(open));
    }

    /// Closes the list, and stops what it asked for. Whether one was open.
    pub(super) fn close_completion(&mut self, scope: &mut Scope<'_>) -> bool {
        let Some(mut open) = self.completion.take() else {
            return false;
        };
        open.stop(scope);
        true
    }

    /// Gives a key to the list, where one is open. Whether it took it.
    pub(super) fn completion_press(
        &mut self,
        scope: &mut Scope<'_>,
        input: &tui_textarea::Input,
    ) -> bool {
        let Some(open) = &mut self.completion else {
            return false;
        };
        match open.list.press(input) {
            Press::Moved => true,
            Press::Take => {
                self.take_completion(scope);
                true
            }
            Press::Not => false,
        }
    }

    /// Takes one of the candidates in sight.
    pub(super) fn point_completion(&mut self, scope: &mut Scope<'_>, place: usize) {
        if let Some(open) = &mut self.completion {
            open.list.point(place);
            self.take_completion(scope);
        }
    }

    fn take_completion(&mut self, scope: &mut Scope<'_>) {
        let Some(mut open) = self.completion.take() else {
            return;
        };
        open.stop(scope);
        let Some(candidate) = open.list.current().cloned() else {
            return;
        };
        let lines = self.buffer.lines();
        let before: usize = lines.iter().take(open.row).map(|l| l.len() + 1).sum();
        let span = Span::new(before + open.span.start, before + open.span.end);
        self.buffer.replace(span, &candidate.insert);
        let caret = candidate.caret.unwrap_or(candidate.insert.len());
        self.buffer.go_to(span.start + caret);
        self.changed(scope);
        // A name is followed by its value.
        if open.is_key && candidate.insert.ends_with(": ") {
            self.open_completion(scope, true);
            self.drop_idle(scope);
        }
    }

    /// The text or the cursor changed: the list follows, opens or closes. `typed` is the character that was typed.
    pub(super) fn follow_completion(&mut self, scope: &mut Scope<'_>, typed: Option<char>) {
        let Some(mut open) = self.completion.take() else {
            if typed.is_some_and(|c| {
                c.is_alphanumeric() || matches!(c, '_' | '$' | ':' | ' ' | '\'' | '"')
            }) {
                self.open_by_itself(scope, typed);
            }
            return;
        };
        let place = self.place();
        let same = place.as_ref().is_some_and(|(row, place)| {
            let key = matches!(place.typed, Typed::Key { .. });
            *row == open.row && key == open.is_key && place.path == open.path
        });
        let Some((_, place)) = place.filter(|_| same) else {
            open.stop(scope);
            return;
        };
        open.span = place.span;
        let touched = open.untouched.is_none_or(|v| v != self.buffer.version());
        if touched {
            open.untouched = None;
        }
        let query = if touched { meant(&place.head) } else { "" };
        if query != open.list.query() {
            open.list.narrow(query);
            open.due(scope.now);
        }
        let over = place.complete && touched && !open.is_key && !place.head.ends_with('(');
        // Behind a space nothing is being typed any more.
        let left = open.is_key && typed == Some(' ');
        if (open.by_itself && over) || left || typed.is_some_and(|c| matches!(c, ',' | '}' | ']')) {
            open.stop(scope);
            return;
        }
        self.completion = Some(open);
        self.drop_idle(scope);
    }

    fn open_by_itself(&mut self, scope: &mut Scope<'_>, typed: Option<char>) {
        let Some((_, place)) = self.place() else {
            return;
        };
        let wanted = match &place.typed {
            Typed::Key { colon, .. } => {
                let letters = meant(&place.head);
                !colon
                    && !letters.is_empty()
                    && typed.is_some_and(|c| c.is_alphanumeric() || c == '_')
            }
            // After the colon, and at the first letters.
            Typed::Value => !place.complete && meant(&place.head).chars().count() <= 2,
        };
        if wanted {
            self.open_completion(scope, true);
            self.drop_idle(scope);
        }
    }

    /// A list that opened by itself goes where it has nothing to offer but what stands there already.
    fn drop_idle(&mut self, scope: &mut Scope<'_>) {
        let Some(open) = &self.completion else {
            return;
        };
        let (row, span) = (open.row, open.span);
        let lines = self.buffer.lines();
        let there = lines.get(row).and_then(|l| l.get(span.start..span.end));
        let only = open.list.len() == 1
            && open.list.current().map(|c| c.insert.trim_end_matches(": ")) == there;
        let asking = open.lookup.as_ref().is_some_and(Lookup::is_open);
        if open.by_itself && (only || open.list.is_empty()) && !asking {
            self.close_completion(scope);
        }
    }

    /// Time went by: the server is asked for what was typed meanwhile.
    pub(super) fn tick_completion(&mut self, scope: &mut Scope<'_>) {
        let (tab, profile) = (self.host.tab, self.host.profile.clone());
        if let Some(open) = &mut self.completion {
            let due = open.lookup.as_ref().and_then(|l| l.due);
            if due.is_some_and(|due| due <= scope.now) {
                open.ask(scope, tab, &profile);
            }
        }
    }

    /// Whether time alone changes the list.
    pub(super) fn completion_wants_ticks(&self) -> bool {
        let lookup = self.completion.as_ref().and_then(|c| c.lookup.as_ref());
        lookup.is_some_and(|l| l.due.is_some())
    }

    /// Takes the result of a task, where the list asked for it.
    pub fn settle_completion(
        &mut self,
        scope: &mut Scope<'_>,
        task: TaskId,
        result: &Result<Reply, Failure>,
    ) -> bool {
        let Some(open) = &mut self.completion else {
            return false;
        };
        if !open.take(task, result) {
            return false;
        }
        self.drop_idle(scope);
        true
    }
}

impl Lookup {
    fn is_open(&self) -> bool {
        self.task.is_some() || self.due.is_some()
    }
}

impl Completing {
    fn ask(
        &mut self,
        scope: &mut Scope<'_>,
        tab: crate::app::TabId,
        profile: &crate::mongo::request::ProfileName,
    ) {
        let Some(lookup) = &mut self.lookup else {
            return;
        };
        lookup.due = None;
        if let Some(task) = lookup.task.take() {
            scope.cancel(task);
        }
        let query = self.list.query().to_owned();
        let request = Request::Gather(Gather {
            namespace: lookup.referred.namespace.clone(),
            filter: lookup.referred.filter(&query),
            projection: Some(lookup.referred.projection()),
            sort: None,
            limit: ASKED,
            max_bytes: BYTES,
            within: WITHIN,
            explain: false,
        });
        lookup.task = Some(scope.ask(Asker::Tab(tab), profile, request));
        lookup.answered = Some((query, false));
        self.list.note = Some(format!(
            "reading {} …",
            lookup.referred.namespace.collection
        ));
    }

    /// Something else is typed: what is there may be all that there is, else the server is asked soon.
    fn due(&mut self, now: Moment) {
        let Some(lookup) = &mut self.lookup else {
            return;
        };
        let covered = lookup.answered.as_ref().is_some_and(|(asked, all)| {
            *all && self
                .list
                .query()
                .to_lowercase()
                .starts_with(&asked.to_lowercase())
        });
        lookup.due = (!covered).then_some(Moment(now.0 + REST));
    }

    fn take(&mut self, task: TaskId, result: &Result<Reply, Failure>) -> bool {
        let Some(lookup) = self.lookup.as_mut().filter(|l| l.task == Some(task)) else {
            return false;
        };
        lookup.task = None;
        let gathered = match result {
            Ok(Reply::Gathered(gathered)) => gathered,
            Ok(_) => return true,
            Err(failure) => {
                self.list.note = Some(failure.summary.clone());
                return true;
            }
        };
        let mut all: Vec<Candidate> = gathered
            .documents
            .iter()
            .filter_map(|d| lookup.referred.candidate(d))
            .collect();
        all.extend(lookup.beside.iter().cloned());
        if let Some((_, complete)) = &mut lookup.answered {
            *complete = gathered.end == GatherEnd::All;
        }
        let collection = &lookup.referred.namespace.collection;
        self.list.note = match (gathered.end, gathered.documents.len()) {
            (GatherEnd::Time, _) => Some(format!("{collection}: not found in time, type more")),
            (GatherEnd::Limit, n) => Some(format!(
                "the first {n} of {collection}: type to find others"
            )),
            (GatherEnd::All, 0) => Some(format!("no document of {collection} fits")),
            (GatherEnd::All, _) => None,
        };
        self.list.replace(all);
        true
    }

    fn stop(&mut self, scope: &mut Scope<'_>) {
        if let Some(task) = self.lookup.as_mut().and_then(|l| l.task.take()) {
            scope.cancel(task);
        }
    }
}
