//! What the server says of how it runs a statement: a sentence, an index that would help, the stages as a tree.
//!
//! Reads through [`crate::query::explain`]; the index that is advised is created as a statement of its own, which asks
//! first as every write does.

use super::running::namespace;
use super::text::Chosen;
use super::{Part, Query};
use crate::app::command::Command;
use crate::app::overlay::scroll_among;
use crate::app::scope::{Asker, Scope};
use crate::app::tab::Handled;
use crate::app::words;
use crate::mongo::request::{Failure, IndexInfo, Reply, Request, TaskId};
use crate::query::explain::{Advice, KnownIndex, Plan, PlanStage, Standing};
use crate::query::{CursorMethod, Statement};

/// A plan that is shown.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The plan.
    pub plan: Plan,
    /// Its lines.
    pub lines: Vec<Line>,
    /// The first line shown.
    pub first: usize,
    /// Whether it is shown, or the answer as a document.
    pub shown: bool,
    /// What was explained.
    pub of: Chosen,
    /// Its collection, for the index that is advised.
    place: crate::mongo::request::Namespace,
    /// The indexes that the collection has, once they were read.
    indexes: Vec<KnownIndex>,
    /// The task that reads them.
    asked: Option<TaskId>,
}

/// One line of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How it is meant.
    pub tone: Tone,
    /// What it says.
    pub text: String,
    /// Figures on its right; empty for none.
    pub figures: String,
}

/// How a line of a plan is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// What it comes to.
    Sentence,
    /// What would be better.
    Advice,
    /// A heading.
    Head,
    /// A stage.
    Stage,
    /// Something about the stage above.
    Detail,
}

/// The statement that explains another one.
#[must_use]
pub fn explaining(statement: &Statement) -> Statement {
    // A write is only planned; a read is run, so that there are figures.
    match statement.consequence().writes() {
        true => planning(statement),
        false => explain(statement, "executionStats"),
    }
}

/// The statement that asks how another one would be run, and does not run it.
#[must_use]
pub fn planning(statement: &Statement) -> Statement {
    explain(statement, "queryPlanner")
}

fn explain(statement: &Statement, verbosity: &str) -> Statement {
    let mut explain = statement.clone();
    explain.cursor.retain(|(m, _)| *m != CursorMethod::Explain);
    let arguments = vec![bson::RawBson::String(verbosity.to_owned())];
    explain.cursor.push((CursorMethod::Explain, arguments));
    explain
}

impl Explained {
    /// A plan, with its lines.
    #[must_use]
    pub fn new(plan: Plan, of: Chosen, statement: &Statement) -> Self {
        Self {
            lines: lines(&plan, &[]),
            plan,
            first: 0,
            shown: true,
            of,
            place: namespace(statement),
            indexes: Vec::new(),
            asked: None,
        }
    }
}

/// A plan as text, for reading it where there is no room for a tree.
#[must_use]
pub fn text(plan: &Plan) -> String {
    let lines = lines(plan, &[]).into_iter();
    lines.map(|l| l.text + "\n").collect::<String>()
}

fn lines(plan: &Plan, indexes: &[KnownIndex]) -> Vec<Line> {
    let line = |tone, text: String, figures: String| Line {
        tone,
        text,
        figures,
    };
    let sentence = plan.sentence_among(indexes);
    let mut out = vec![line(Tone::Sentence, sentence, String::new())];
    for advice in plan.advice_among(indexes) {
        let keys = words::document_line(&advice.keys);
        let of = match &advice.collection {
            Some(collection) => format!(" of `{collection}`"),
            None => String::new(),
        };
        let why = &advice.reason;
        let (tone, text) = match &advice.standing {
            Standing::There(name) => (
                Tone::Detail,
                format!("`{name}` would serve it, and was not taken: {why}; compare with `hint`"),
            ),
            Standing::Longer(name) => (
                Tone::Advice,
                format!(
                    "an index on {keys}{of} would serve it: {why}; `{name}` is not needed beside it"
                ),
            ),
            Standing::Missing => (
                Tone::Advice,
                format!("an index on {keys}{of} would serve it: {why}"),
            ),
        };
        out.push(line(tone, text, String::new()));
    }
    out.push(line(Tone::Head, String::new(), String::new()));
    out.push(line(
        Tone::Head,
        "the plan".to_owned(),
        "returned   keys   documents   ms".to_owned(),
    ));
    tree(&plan.root, &mut out);
    for (place, rejected) in plan.rejected.iter().enumerate() {
        out.push(line(Tone::Head, String::new(), String::new()));
        let text = format!("rejected plan {}", place + 1);
        out.push(line(Tone::Head, text, String::new()));
        tree(rejected, &mut out);
    }
    out
}

fn tree(root: &PlanStage, out: &mut Vec<Line>) {
    for (depth, stage) in root.walk() {
        let indent = "  ".repeat(depth.min(30));
        let figure = |n: Option<u64>, width: usize| match n {
            Some(n) => format!("{:>width$}", words::count(n)),
            None => " ".repeat(width),
        };
        let figures = format!(
            "{} {} {}   {}",
            figure(stage.returned, 8),
            figure(stage.keys, 6),
            figure(stage.documents, 9),
            figure(stage.own_millis.or(stage.millis), 4),
        );
        let index = match &stage.index {
            Some(index) => {
                let back = if index.backward { ", backwards" } else { "" };
                format!("  {}{back}", index.name)
            }
            None => String::new(),
        };
        out.push(Line {
            tone: Tone::Stage,
            text: format!("{indent}{}{index}", stage.name),
            figures: match figures.trim() {
                "" => String::new(),
                _ => figures,
            },
        });
        let mut detail = |text: String| {
            out.push(Line {
                tone: Tone::Detail,
                text: format!("{indent}    {text}"),
                figures: String::new(),
            });
        };
        if let Some(index) = &stage.index {
            for (field, bounds) in &index.bounds {
                detail(format!("{field}: {}", bounds.join(", ")));
            }
        }
        if let Some(filter) = &stage.filter {
            detail(format!("filter {filter}"));
        }
        for note in &stage.notes {
            detail(note.clone());
        }
    }
}

impl Query {
    /// Has the server explain the statement under the cursor.
    pub(super) fn explain(&mut self, scope: &mut Scope<'_>) {
        let around = self.around(scope.now);
        let Some(mut chosen) = self.text.chosen(around) else {
            return scope.info("there is no statement here to explain");
        };
        chosen.explain = true;
        self.begin(scope, chosen);
    }

    /// Asks for the indexes of the collection, where the plan leaves something to wish for.
    pub(super) fn ask_indexes(&mut self, scope: &mut Scope<'_>) {
        let Some(explained) = &mut self.results.explained else {
            return;
        };
        if explained.plan.advice().is_empty() || explained.place.collection.is_empty() {
            return;
        }
        let request = Request::Details {
            namespace: explained.place.clone(),
        };
        explained.asked = Some(scope.ask(Asker::Tab(self.tab), &self.profile, request));
    }

    /// Takes the indexes of the collection. Whether the task was that.
    pub(super) fn indexes_settled(
        &mut self,
        task: TaskId,
        result: &Result<Reply, Failure>,
    ) -> bool {
        let Some(explained) = &mut self.results.explained else {
            return false;
        };
        if explained.asked != Some(task) {
            return false;
        }
        explained.asked = None;
        // Without them the advice is what the plan alone tells.
        if let Ok(Reply::Details(details)) = result {
            let known = |i: &IndexInfo| KnownIndex::new(&i.name, i.keys.clone(), &i.specification);
            explained.indexes = details.indexes.iter().map(known).collect();
            explained.lines = lines(&explained.plan, &explained.indexes);
        }
        true
    }

    /// Takes a command while a plan is shown. Whether it was for the plan.
    pub(super) fn plan_command(&mut self, scope: &mut Scope<'_>, command: Command) -> bool {
        let rows = scope.regions.main_rows.max(1);
        let Some(explained) = &mut self.results.explained else {
            return false;
        };
        match command {
            Command::ViewNext => explained.shown = !explained.shown,
            _ if !explained.shown => return false,
            Command::Open | Command::Accept => self.create_advised(scope),
            Command::Back => self.part = Part::Text,
            _ => {
                let lines = explained.lines.len();
                return scroll_among(&mut explained.first, command, rows, lines) == Handled::Yes;
            }
        }
        true
    }

    fn create_advised(&mut self, scope: &mut Scope<'_>) {
        let Some(explained) = &self.results.explained else {
            return;
        };
        let advice = explained.plan.advice_among(&explained.indexes);
        let new = |a: &&Advice| !matches!(a.standing, Standing::There(_));
        let Some(first) = advice.iter().find(new) else {
            return scope.info("no further index would serve it better");
        };
        let collection = first.collection.as_ref();
        let text = format!(
            "db{}.createIndex({})",
            super::opening::place(collection.unwrap_or(&explained.place.collection)),
            words::document_line(&first.keys)
        );
        let chosen = Chosen {
            text,
            start: usize::MAX,
            database: explained.place.database.clone(),
            explain: false,
            upto: None,
        };
        self.begin(scope, chosen);
    }
}
