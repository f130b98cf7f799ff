//! The question before a statement that writes, or that says something else than what was typed.
//!
//! It says what would be done, where, and how many documents that is now. Invariant: a profile that may not be written to
//! is refused before anything is asked.

use std::sync::Arc;

use bson::{RawBson, RawDocumentBuf};

use super::Query;
use super::running::namespace;
use super::telling;
use super::text::Chosen;
use crate::app::overlay::{Confirm, Intent, Overlay};
use crate::app::scope::{Asker, Scope};
use crate::mongo::request::{Failure, Namespace, Reply, Request, TaskId};
use crate::query::{Consequence, Operation, Statement};
use crate::value::Diagnostic;

/// A statement that waits for a yes.
#[derive(Debug, Clone)]
pub struct Asked {
    statement: Arc<Statement>,
    chosen: Chosen,
    warnings: Vec<Diagnostic>,
    writes: Option<String>,
    /// The figures that the question waits for.
    figures: Option<(TaskId, Figure)>,
}

/// What a figure tells.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Figure {
    /// How many documents the filter matches.
    Matches,
    /// About how many documents a collection holds.
    Holds(Namespace),
}

impl Asked {
    /// A statement, with what there is to ask about.
    #[must_use]
    pub fn new(
        statement: Arc<Statement>,
        chosen: Chosen,
        warnings: Vec<Diagnostic>,
        consequence: Consequence,
    ) -> Self {
        let writes = match consequence {
            Consequence::Reads => None,
            Consequence::Writes(what) => Some(what),
        };
        Self {
            statement,
            chosen,
            warnings,
            writes,
            figures: None,
        }
    }
}

impl Query {
    /// Whether figures for a question are awaited.
    #[must_use]
    pub fn is_asking(&self) -> bool {
        self.asked.as_ref().is_some_and(|a| a.figures.is_some())
    }

    /// Drops a question that was not put so far.
    pub(super) fn forget_asked(&mut self, scope: &mut Scope<'_>) {
        if let Some((task, _)) = self.asked.take().and_then(|a| a.figures) {
            scope.cancel(task);
        }
    }

    /// Asks before a statement is run, with what is known of the documents that it would change.
    pub(super) fn ask(&mut self, scope: &mut Scope<'_>, mut asked: Asked) {
        if self.running.is_some() {
            return scope.warn("a write is under way: wait for what becomes of it");
        }
        if asked.writes.is_some() {
            let refusal = scope
                .profiles
                .get(&self.profile)
                .and_then(|p| p.write_refusal());
            if let Some(refusal) = refusal {
                return scope.warn(format!("not run: {refusal}"));
            }
        }
        let Some((figure, request)) = figure(&asked.statement, asked.writes.is_some()) else {
            self.put_question(scope, asked, None);
            return;
        };
        let task = scope.ask(Asker::Tab(self.tab), &self.profile, request);
        asked.figures = Some((task, figure));
        self.asked = Some(asked);
    }

    /// Takes the figures that a question waits for. Whether they were.
    pub(super) fn figures_settled(
        &mut self,
        scope: &mut Scope<'_>,
        task: TaskId,
        result: &Result<Reply, Failure>,
    ) -> bool {
        let awaited = self.asked.as_ref().and_then(|a| a.figures.as_ref());
        if awaited.is_none_or(|(t, _)| *t != task) {
            return false;
        }
        let Some(mut asked) = self.asked.take() else {
            return false;
        };
        let figure = asked.figures.take().map(|(_, figure)| figure);
        let said = match (figure, result) {
            (Some(Figure::Matches), Ok(Reply::Count(n))) => Some(matches(&asked.statement, *n)),
            (Some(Figure::Holds(place)), Ok(Reply::Sizes(sizes)))
                if asked.statement.operation == Operation::Aggregate =>
            {
                let size = sizes.first().map(|(_, size)| *size);
                Some(super::pouring::said(&asked.statement, &place, size))
            }
            (Some(Figure::Holds(place)), Ok(Reply::Sizes(sizes))) => {
                Some(match sizes.first().map(|(_, size)| size.documents) {
                    Some(n) => format!("`{place}` holds {} now.", documents(n)),
                    None => format!("`{place}` does not exist so far."),
                })
            }
            (Some(_), Err(failure)) => Some(format!(
                "How many documents that is could not be found out: {}.",
                failure.summary
            )),
            _ => None,
        };
        self.put_question(scope, asked, said);
        true
    }

    fn put_question(&mut self, scope: &mut Scope<'_>, asked: Asked, figures: Option<String>) {
        let mut lines = Vec::new();
        if let Some(what) = &asked.writes {
            lines.push(format!("On profile `{}` it {what}.", self.profile));
        }
        lines.extend(figures);
        if asked.writes.is_some() {
            lines.extend(telling::parts(&asked.statement));
            let place = namespace(&asked.statement);
            let model = scope
                .models
                .for_namespace(&place.database, &place.collection);
            if let Some(model) = model {
                lines.extend(telling::objections(&asked.statement, &model));
            }
        }
        for warning in &asked.warnings {
            lines.push(match &warning.help {
                Some(help) => format!("! {}; {help}", warning.message),
                None => format!("! {}", warning.message),
            });
        }
        let title = match asked.writes.is_some() {
            true => "run this write?",
            false => "run what was not typed so?",
        };
        let word = asked.writes.as_ref().and_then(|_| word(&asked.statement));
        if let Some(word) = &word {
            lines.push(format!("This cannot be undone. Type `{word}` to run it."));
        } else if asked.writes.is_some() && telling::changes_documents(asked.statement.operation) {
            lines.push("This cannot be undone.".to_owned());
        }
        let mut question = Confirm::new(title, lines, Intent::RunStatement(self.tab));
        if let Some(word) = word {
            question = question.typed(word);
        }
        self.asked = Some(asked);
        scope.overlays.push(Overlay::Confirm(question));
    }

    /// The person said yes.
    pub(super) fn agreed(&mut self, scope: &mut Scope<'_>) {
        if let Some(asked) = self.asked.take() {
            self.start(scope, asked.statement, asked.chosen, asked.writes);
        }
    }
}

/// The word that must be typed before so much is lost: the name of what goes.
fn word(statement: &Statement) -> Option<String> {
    let all = match statement.arguments.first() {
        Some(RawBson::Document(filter)) => filter.is_empty(),
        _ => true,
    };
    match statement.operation {
        Operation::Drop => statement.collection.clone(),
        Operation::DropDatabase => Some(statement.database.clone()),
        Operation::DeleteMany if all => statement.collection.clone(),
        _ => None,
    }
}

/// What is asked of the server before the question.
fn figure(statement: &Statement, writes: bool) -> Option<(Figure, Request)> {
    use Operation as O;
    if !writes {
        return None;
    }
    let place = namespace(statement);
    match statement.operation {
        O::UpdateOne
        | O::UpdateMany
        | O::ReplaceOne
        | O::DeleteOne
        | O::DeleteMany
        | O::FindOneAndUpdate
        | O::FindOneAndReplace
        | O::FindOneAndDelete => {
            let filter = match statement.arguments.first() {
                Some(RawBson::Document(filter)) => filter.clone(),
                _ => RawDocumentBuf::new(),
            };
            let request = Request::Count {
                namespace: place,
                filter,
            };
            Some((Figure::Matches, request))
        }
        O::Drop => Some(holds(place)),
        O::Aggregate => super::pouring::target(statement).map(holds),
        _ => None,
    }
}

fn holds(place: Namespace) -> (Figure, Request) {
    let request = Request::Sizes {
        database: place.database.clone(),
        collections: vec![place.collection.clone()],
    };
    (Figure::Holds(place), request)
}

fn matches(statement: &Statement, n: u64) -> String {
    use Operation as O;
    let one = !matches!(statement.operation, O::UpdateMany | O::DeleteMany);
    match (n, one) {
        (0, _) => "No document matches now.".to_owned(),
        (1, _) => "1 document matches now.".to_owned(),
        (n, false) => format!("{} match now.", documents(n)),
        (n, true) => format!("{} match now: one of them is taken.", documents(n)),
    }
}

fn documents(n: u64) -> String {
    match n {
        1 => "1 document".to_owned(),
        n => format!("{n} documents"),
    }
}
