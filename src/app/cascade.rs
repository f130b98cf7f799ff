//! Deleting a document that others refer to: what refers to it, what is to become of that, the whole list, one write.
//!
//! The person chooses first, then sees every document that would be changed, then says yes. Invariant: nothing is sent
//! but what the list showed, all in one transaction that also makes sure that nothing else points at what is gone.

use std::sync::Arc;

use bson::{RawBson, RawDocumentBuf};

use super::App;
use super::command::Command;
use super::effect::Effect;
use super::overlay::{Overlay, scroll};
use super::referrers::{Census, Chosen, Counted, id_of};
use super::scope::{Asker, Scope, TabId};
use super::tab::Answer;
use super::update::{record, scope, tell_write};
use super::words;
use crate::model::SharedModel;
use crate::mongo::request::{
    ConnectionState, Failure, FailureKind, MOST_TOGETHER, Namespace, ProfileName, Reply, Request,
    Role, TaskId, Together, TogetherOutcome,
};

mod collecting;

pub use collecting::{Line, Review};

use collecting::{Collecting, Progress};

/// What is to become of the documents that refer to the one that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Nothing is deleted.
    Leave,
    /// They stay as they are, and point at nothing.
    OnlyThis,
    /// They are deleted too, and what refers to them.
    DeleteToo,
    /// Their references are taken out.
    Unset,
}

/// One answer to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answering {
    /// Which.
    pub way: Way,
    /// What it does.
    pub label: String,
    /// Why it cannot be chosen.
    pub refused: Option<String>,
}

/// How far the question has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// The person chooses.
    Choosing,
    /// What would be changed is being read.
    Collecting(Box<Collecting>),
    /// The whole list is shown and waits for a yes.
    Reviewing(Box<Review>),
    /// The write is under way.
    Writing(TaskId, Box<Review>),
    /// Nobody knows whether the write was done; asks whether to look.
    Unknown(Box<Review>),
    /// The document is read again, to see whether the write was done.
    Looking(TaskId, Box<Review>),
}

/// A document that is to be deleted, and what refers to it.
#[derive(Debug, Clone)]
pub struct Deletion {
    /// The tab that shows it.
    pub tab: TabId,
    /// The profile.
    pub profile: ProfileName,
    /// Its collection.
    pub namespace: Namespace,
    /// Its model.
    pub model: SharedModel,
    /// The document, as it was shown.
    pub document: Arc<RawDocumentBuf>,
    /// Its `_id`.
    pub id: RawBson,
    /// What refers to it.
    pub census: Census,
    /// How far the question has come.
    pub stage: Stage,
    /// The answer under the cursor.
    pub cursor: usize,
    /// The first line of the list that is shown.
    pub first: usize,
    /// Answers that turned out not to be possible, with the reason.
    refused: Vec<(Way, String)>,
    standalone: bool,
}

impl PartialEq for Deletion {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.document, &other.document)
            && self.census == other.census
            && self.stage == other.stage
            && self.cursor == other.cursor
            && self.first == other.first
            && self.refused == other.refused
    }
}

/// What the deck does after the question took something.
#[derive(Debug)]
enum After {
    /// It stays.
    Stay,
    /// It closes.
    Close,
    /// It closes, and the document alone is deleted.
    OnlyThis,
    /// It closes: all was written.
    Written(Box<Review>),
    /// It closes: nothing was written, for this reason. The collections are read again.
    Ended(Box<Review>, String, &'static str),
}

impl Deletion {
    /// Asks about a document; `None` where no model has a reference to it.
    pub fn open(
        scope: &mut Scope<'_>,
        tab: TabId,
        profile: &ProfileName,
        namespace: &Namespace,
        model: &SharedModel,
        document: &Arc<RawDocumentBuf>,
    ) -> Option<Self> {
        let id = id_of(document);
        let census = Census::begin(scope, profile, &namespace.database, model, &id)?;
        let standalone = scope.profiles.get(profile).is_some_and(
            |p| matches!(&p.connection, ConnectionState::Ready(s) if s.role == Role::Standalone),
        );
        Some(Self {
            tab,
            profile: profile.clone(),
            namespace: namespace.clone(),
            model: Arc::clone(model),
            document: Arc::clone(document),
            id,
            census,
            stage: Stage::Choosing,
            cursor: 0,
            first: 0,
            refused: Vec::new(),
            standalone,
        })
    }

    /// The question.
    #[must_use]
    pub fn title(&self) -> String {
        let id = words::line(self.id.as_raw_bson_ref());
        match &self.stage {
            Stage::Choosing | Stage::Collecting(_) => {
                format!("delete {id} of {}?", self.namespace)
            }
            Stage::Reviewing(review) | Stage::Writing(_, review) => review.title(),
            Stage::Unknown(_) | Stage::Looking(..) => "outcome unknown".to_owned(),
        }
    }

    /// The answers to choose from; the first is always to leave everything.
    #[must_use]
    pub fn answers(&self) -> Vec<Answering> {
        let (total, more) = self.census.total();
        let over = self.census.is_over();
        let answer = |way: Way, label: String, refused: Option<String>| Answering {
            way,
            label,
            refused,
        };
        let mut out = vec![answer(
            Way::Leave,
            "No: leave everything as it is".into(),
            None,
        )];
        if over && total == 0 && !more {
            out.push(answer(
                Way::OnlyThis,
                "Yes: delete it; nothing refers to it".into(),
                None,
            ));
            return out;
        }
        let label = "Delete only this one; what refers to it will point at nothing";
        out.push(answer(Way::OnlyThis, label.into(), None));
        let count = match (total, more) {
            (0, _) => "what refers".to_owned(),
            (n, true) => format!("the {}+ that refer", words::grouped(n)),
            (1, false) => "the one that refers".to_owned(),
            (n, false) => format!("the {n} that refer"),
        };
        let most = MOST_TOGETHER as u64;
        let general = if self.standalone {
            Some("a standalone server has no transactions".to_owned())
        } else if !over {
            Some("still counting".to_owned())
        } else if total >= most {
            Some(format!(
                "more than {} documents: no transaction of so many is sent",
                words::grouped(most - 1)
            ))
        } else {
            None
        };
        for (way, label) in [
            (
                Way::DeleteToo,
                format!("Delete {count} to it too, in one transaction; the list comes first"),
            ),
            (
                Way::Unset,
                "Take the references out, in one transaction; the list comes first".to_owned(),
            ),
        ] {
            let own = self.refused.iter().find(|(w, _)| *w == way);
            let refused = own.map(|(_, why)| why.clone()).or_else(|| general.clone());
            out.push(answer(way, label, refused));
        }
        out
    }

    fn command(&mut self, scope: &mut Scope<'_>, command: Command, rows: usize) -> After {
        let no = matches!(
            command,
            Command::Back | Command::ConfirmNo | Command::Cancel | Command::Quit
        );
        match &mut self.stage {
            Stage::Choosing if no => {
                self.census.stop(scope);
                return After::Close;
            }
            Stage::Choosing => return self.choose(scope, command, rows),
            Stage::Collecting(collecting) => {
                if no {
                    collecting.stop(scope);
                    self.stage = Stage::Choosing;
                }
            }
            Stage::Reviewing(review) => match command {
                _ if no => {
                    self.stage = Stage::Choosing;
                    self.cursor = 0;
                }
                Command::CursorLeft
                | Command::CursorRight
                | Command::FocusNext
                | Command::FocusPrevious => review.on_yes = !review.on_yes,
                Command::ConfirmYes => self.write(scope),
                Command::Accept | Command::Open if review.on_yes => self.write(scope),
                Command::Accept | Command::Open => {
                    self.stage = Stage::Choosing;
                    self.cursor = 0;
                }
                command => {
                    let last = review.lines.len().saturating_sub(1);
                    scroll(&mut review.first, command, rows);
                    review.first = review.first.min(last);
                }
            },
            Stage::Writing(..) | Stage::Looking(..) => {
                scope.info("wait: the write is under way");
            }
            Stage::Unknown(_) => match command {
                Command::ConfirmYes | Command::Accept | Command::Open => self.look(scope),
                _ if no => {
                    scope.warn("it may have been done or not: read the collections again");
                    return After::Close;
                }
                _ => {}
            },
        }
        After::Stay
    }

    fn choose(&mut self, scope: &mut Scope<'_>, command: Command, rows: usize) -> After {
        let answers = self.answers();
        let last = answers.len().saturating_sub(1);
        match command {
            Command::CursorUp | Command::FocusPrevious => {
                self.cursor = self.cursor.saturating_sub(1);
            }
            Command::CursorDown | Command::FocusNext => self.cursor = (self.cursor + 1).min(last),
            Command::Accept | Command::Open => {
                let Some(answer) = answers.get(self.cursor.min(last)) else {
                    return After::Stay;
                };
                if let Some(why) = &answer.refused {
                    scope.warn(format!("this cannot be chosen: {why}"));
                    return After::Stay;
                }
                return self.chosen(scope, answer.way);
            }
            Command::ConfirmYes => scope.info("choose with the arrows, then press enter"),
            command => {
                scroll(&mut self.first, command, rows);
                let last = self.census.rows.len().saturating_sub(1);
                self.first = self.first.min(last);
            }
        }
        After::Stay
    }

    fn chosen(&mut self, scope: &mut Scope<'_>, way: Way) -> After {
        match way {
            Way::Leave => {
                self.census.stop(scope);
                After::Close
            }
            Way::OnlyThis => {
                self.census.stop(scope);
                After::OnlyThis
            }
            Way::DeleteToo | Way::Unset => {
                let collecting = Collecting::begin(self, way);
                self.advance(scope, Box::new(collecting));
                After::Stay
            }
        }
    }

    /// Asks the next question, or shows the list.
    fn advance(&mut self, scope: &mut Scope<'_>, mut collecting: Box<Collecting>) {
        match collecting.advance(scope, &self.profile) {
            Progress::Asked => self.stage = Stage::Collecting(collecting),
            Progress::Refused(why) => {
                scope.warn(why.clone());
                self.refused.push((collecting.way(), why));
                self.stage = Stage::Choosing;
                self.cursor = 0;
            }
            Progress::Complete(review) => {
                let blocked = review.blocked;
                if blocked > 0 {
                    scope.warn(format!(
                        "{blocked} document(s) would break their model: this write is blocked"
                    ));
                }
                self.stage = Stage::Reviewing(review);
            }
        }
    }

    fn write(&mut self, scope: &mut Scope<'_>) {
        let refusal = scope
            .profiles
            .get(&self.profile)
            .and_then(|p| p.write_refusal());
        if let Some(refusal) = refusal {
            return scope.warn(refusal);
        }
        let review = match std::mem::replace(&mut self.stage, Stage::Choosing) {
            Stage::Reviewing(review) => review,
            other => {
                self.stage = other;
                return;
            }
        };
        if review.blocked > 0 {
            scope.warn(format!(
                "{} document(s) would break their model: this write is blocked",
                review.blocked
            ));
            self.stage = Stage::Reviewing(review);
            return;
        }
        let request = Request::Together(Together {
            writes: review.writes.clone(),
            absent: review.absent.clone(),
        });
        let task = scope.ask_write(Asker::Referrers, &self.profile, request, review.what());
        self.stage = Stage::Writing(task, review);
    }

    fn look(&mut self, scope: &mut Scope<'_>) {
        let review = match std::mem::replace(&mut self.stage, Stage::Choosing) {
            Stage::Unknown(review) => review,
            other => {
                self.stage = other;
                return;
            }
        };
        let request = Request::Document {
            namespace: self.namespace.clone(),
            id: self.id.clone(),
        };
        let task = scope.ask(Asker::Referrers, &self.profile, request);
        self.stage = Stage::Looking(task, review);
    }

    /// Whether the answer to a task is awaited here.
    fn awaits(&self, task: TaskId) -> bool {
        let counting = self
            .census
            .rows
            .iter()
            .any(|r| r.counted == Counted::Asking(task));
        counting
            || match &self.stage {
                Stage::Collecting(collecting) => collecting.awaits(task),
                Stage::Writing(t, _) | Stage::Looking(t, _) => *t == task,
                Stage::Choosing | Stage::Reviewing(_) | Stage::Unknown(_) => false,
            }
    }

    fn settle(
        &mut self,
        scope: &mut Scope<'_>,
        task: TaskId,
        result: Result<Reply, Failure>,
    ) -> After {
        match std::mem::replace(&mut self.stage, Stage::Choosing) {
            Stage::Collecting(mut collecting) if collecting.awaits(task) => {
                match collecting.take(scope, result) {
                    Ok(()) => self.advance(scope, collecting),
                    Err(why) => {
                        scope.warn(why.clone());
                        self.refused.push((collecting.way(), why));
                        self.cursor = 0;
                    }
                }
                After::Stay
            }
            Stage::Writing(t, review) if t == task => self.written(scope, review, result),
            Stage::Looking(t, review) if t == task => self.looked(scope, review, result),
            stage => {
                self.stage = stage;
                self.census.settle(scope, task, result);
                After::Stay
            }
        }
    }

    fn written(
        &mut self,
        scope: &mut Scope<'_>,
        review: Box<Review>,
        result: Result<Reply, Failure>,
    ) -> After {
        match result {
            Ok(Reply::Together(TogetherOutcome::Written)) => After::Written(review),
            Ok(Reply::Together(TogetherOutcome::Conflict { place, theirs })) => {
                let what = review.place(place);
                let how = match theirs {
                    Some(_) => "was changed",
                    None => "was deleted",
                };
                let words =
                    format!("not done: a document {how} meanwhile: {what}; delete again to see");
                After::Ended(review, words, "conflict")
            }
            Ok(Reply::Together(TogetherOutcome::Present { place, id })) => {
                let id = words::line(id.as_raw_bson_ref());
                let place = review.absent.get(place);
                let collection = place.map_or("", |a| a.namespace.collection.as_str());
                let words = format!(
                    "not done: another document refers to one of these by now: {collection} {id}; delete again to see"
                );
                After::Ended(review, words, "conflict")
            }
            Err(failure) if failure.kind == FailureKind::UnknownOutcome => {
                log(scope, &self.profile, &review, "unknown");
                scope.fail(&failure);
                self.stage = Stage::Unknown(review);
                After::Stay
            }
            Err(failure) => {
                let outcome = failure.outcome();
                log(scope, &self.profile, &review, &outcome);
                scope.fail(&failure);
                self.stage = Stage::Reviewing(review);
                After::Stay
            }
            Ok(_) => {
                scope.warn("the answer was of another kind");
                self.stage = Stage::Unknown(review);
                After::Stay
            }
        }
    }

    /// One document of a transaction tells of all of them.
    fn looked(
        &mut self,
        scope: &mut Scope<'_>,
        review: Box<Review>,
        result: Result<Reply, Failure>,
    ) -> After {
        match result {
            Ok(Reply::Document(None)) => {
                scope.info("it was done");
                After::Written(review)
            }
            Ok(Reply::Document(Some(_))) => {
                let words = "it was not done: the document is still there".to_owned();
                After::Ended(review, words, "not done")
            }
            Ok(_) => {
                self.stage = Stage::Unknown(review);
                After::Stay
            }
            Err(failure) => {
                scope.fail(&failure);
                self.stage = Stage::Unknown(review);
                After::Stay
            }
        }
    }
}

/// A line in the log of writes for each document.
fn log(scope: &mut Scope<'_>, profile: &ProfileName, review: &Review, outcome: &str) {
    for entry in &review.entries {
        let what = match entry.after {
            None => "delete",
            Some(_) => "unset references",
        };
        let mut line = record(
            scope.now,
            profile,
            &entry.namespace,
            what,
            outcome.to_owned(),
        );
        line.id = words::line(entry.id.as_raw_bson_ref());
        scope.effects.push(Effect::RecordWrite(line));
    }
}

impl App {
    /// Gives a command to the list of who refers to a document.
    pub(super) fn referrers_command(&mut self, command: Command, effects: &mut Vec<Effect>) {
        let rows = self.regions.overlay_rows;
        let Some(Overlay::Referrers(mut list)) = self.overlays.pop() else {
            return;
        };
        let chosen = list.command(command, rows);
        let mut scope = scope!(self, (*effects));
        match chosen {
            Chosen::Nothing => self.overlays.push(Overlay::Referrers(list)),
            Chosen::Say(words) => {
                scope.info(words);
                self.overlays.push(Overlay::Referrers(list));
            }
            Chosen::Close => list.census.stop(&mut scope),
            Chosen::Open(destination) => {
                list.census.stop(&mut scope);
                scope.go_to(destination);
            }
        }
    }

    /// Gives a command to the question before a document is deleted.
    pub(super) fn deletion_command(&mut self, command: Command, effects: &mut Vec<Effect>) {
        let rows = self.regions.overlay_rows;
        let Some(Overlay::Deletion(mut deletion)) = self.overlays.pop() else {
            return;
        };
        let mut scope = scope!(self, (*effects));
        let after = deletion.command(&mut scope, command, rows);
        let place = self.overlays.len();
        self.after_deletion(deletion, place, after, effects);
    }

    /// Takes the result of a task that one of the two asked for.
    pub(super) fn referrers_settled(
        &mut self,
        task: TaskId,
        result: Result<Reply, Failure>,
        writes: Option<String>,
        effects: &mut Vec<Effect>,
    ) {
        let place = self.overlays.iter().position(|o| match o {
            Overlay::Referrers(list) => list
                .census
                .rows
                .iter()
                .any(|r| r.counted == Counted::Asking(task)),
            Overlay::Deletion(deletion) => deletion.awaits(task),
            _ => false,
        });
        match place.map(|p| (p, self.overlays.remove(p))) {
            Some((place, Overlay::Referrers(mut list))) => {
                let mut scope = scope!(self, (*effects));
                list.census.settle(&mut scope, task, result);
                self.overlays.insert(place, Overlay::Referrers(list));
            }
            Some((place, Overlay::Deletion(mut deletion))) => {
                let mut scope = scope!(self, (*effects));
                let after = deletion.settle(&mut scope, task, result);
                self.after_deletion(deletion, place, after, effects);
            }
            Some((place, other)) => self.overlays.insert(place, other),
            // The question is gone, but what became of a write is never dropped.
            None => {
                if let Some(what) = writes {
                    let mut scope = scope!(self, (*effects));
                    tell_write(&mut scope, &what, &result);
                }
            }
        }
    }

    fn after_deletion(
        &mut self,
        deletion: Box<Deletion>,
        place: usize,
        after: After,
        effects: &mut Vec<Effect>,
    ) {
        let place = place.min(self.overlays.len());
        match after {
            After::Stay => self.overlays.insert(place, Overlay::Deletion(deletion)),
            After::Close => {}
            After::OnlyThis => self.tell_tab(deletion.tab, Answer::DeleteDocument, effects),
            After::Written(review) => {
                let mut scope = scope!(self, (*effects));
                log(&mut scope, &deletion.profile, &review, "written");
                scope.info(review.done());
                scope.journal.record_together(review.entries.clone());
                self.read_again(&deletion.profile, &review, effects);
            }
            After::Ended(review, words, outcome) => {
                let mut scope = scope!(self, (*effects));
                log(&mut scope, &deletion.profile, &review, outcome);
                scope.warn(words);
                self.read_again(&deletion.profile, &review, effects);
            }
        }
    }

    fn read_again(&mut self, profile: &ProfileName, review: &Review, effects: &mut Vec<Effect>) {
        let mut namespaces: Vec<&Namespace> = review.entries.iter().map(|e| &e.namespace).collect();
        namespaces.sort();
        namespaces.dedup();
        let mut scope = scope!(self, (*effects));
        for tab in self.tabs.iter_mut().filter(|t| t.profile() == profile) {
            for namespace in &namespaces {
                tab.documents_changed(&mut scope, namespace);
            }
        }
    }
}
