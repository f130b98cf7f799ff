//! A tab: the typed models, and one of them to be read.
//!
//! The list is in [`list`], the chosen model as rows in [`page`]. Nothing here reads files: what is known of a model is
//! what its reader left in it.

use super::command::Command;
use super::context::Context;
use super::effect::Effect;
use super::regions::Hit;
use super::scope::{Scope, TabId};
use super::tab::{Destination, Handled, Pane};
use crate::config::state::{SessionTab, TabKind};
use crate::model::{SharedModel, Source, shipped};
use crate::mongo::request::{Failure, Namespace, ProfileName, Reply, TaskId};

pub mod list;
pub mod page;

use list::List;
use page::Page;

/// Rows that one turn of the wheel moves.
const WHEEL: isize = 3;
/// The most models that can be gone back to.
const LONGEST_TRAIL: usize = 100;

/// Which part of the tab has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// The list of models.
    #[default]
    List,
    /// The chosen model.
    Page,
}

/// The models, as seen from one profile.
#[derive(Debug)]
pub struct Models {
    /// The tab.
    pub tab: TabId,
    /// The profile whose collections are opened from here.
    pub profile: ProfileName,
    /// The list.
    pub list: List,
    /// The model under the list's cursor; `None` where there is none.
    pub page: Option<Page>,
    /// Which part has the keys.
    pub part: Part,
    /// The collection that was asked about and has no model.
    pub missing: Option<Namespace>,
    /// Where references were followed from: the model, and the row in it.
    trail: Vec<(SharedModel, usize)>,
    /// The database that the person came from, for models that name none.
    database: Option<String>,
}

impl Models {
    /// The models, with the one of `namespace` chosen where that is given.
    pub fn open(
        scope: &mut Scope<'_>,
        tab: TabId,
        profile: ProfileName,
        namespace: Option<&Namespace>,
    ) -> Self {
        let database = scope
            .profiles
            .get(&profile)
            .and_then(|p| p.database.clone());
        let mut models = Self {
            tab,
            profile,
            list: List::new(scope.models),
            page: None,
            part: Part::List,
            missing: None,
            trail: Vec::new(),
            database,
        };
        models.settle_view(scope);
        if let Some(namespace) = namespace {
            models.show(scope, namespace);
        }
        models
    }

    /// Shows the model of a collection, or says that there is none.
    pub fn show(&mut self, scope: &mut Scope<'_>, namespace: &Namespace) {
        self.database = Some(namespace.database.clone());
        let model = scope
            .models
            .for_namespace(&namespace.database, &namespace.collection);
        match model {
            Some(model) => {
                self.missing = None;
                self.choose(scope, &model);
                self.part = Part::Page;
            }
            None => {
                self.missing = Some(namespace.clone());
                self.page = None;
                self.part = Part::Page;
            }
        }
    }

    /// The model that is shown.
    #[must_use]
    pub fn model(&self) -> Option<&SharedModel> {
        self.page.as_ref().map(|p| &p.model)
    }

    /// The collection that the shown model describes, in the database that the person is in where it names none.
    #[must_use]
    pub fn namespace(&self) -> Option<Namespace> {
        if let Some(missing) = &self.missing {
            return Some(missing.clone());
        }
        let model = self.model()?;
        let database = model.database.clone().or_else(|| self.database.clone())?;
        Some(Namespace::new(database, model.collection.clone()))
    }

    /// Puts the list's cursor on a model, and shows it.
    fn choose(&mut self, scope: &mut Scope<'_>, model: &SharedModel) {
        self.list.go_to(model);
        self.settle_view(scope);
    }

    /// Brings the page into step with the list's cursor, and both with the sizes that were drawn.
    fn settle_view(&mut self, scope: &mut Scope<'_>) {
        self.list.fit(scope.regions.side_rows);
        if self.missing.is_none() {
            let chosen = self.list.current();
            let same = match (&self.page, &chosen) {
                (Some(page), Some(model)) => std::sync::Arc::ptr_eq(&page.model, model),
                (None, None) => true,
                _ => false,
            };
            if !same {
                self.page = chosen.map(|m| Page::new(m, scope.models));
            }
        }
        if let Some(page) = &mut self.page {
            page.fit(scope.regions.main_rows);
        }
    }

    fn filter_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        match command {
            Command::Accept | Command::Open => self.list.filtering = false,
            Command::Back | Command::Cancel => {
                self.list.clear_filter();
            }
            Command::CursorUp | Command::CursorDown | Command::PageUp | Command::PageDown => {
                self.list.command(command, scope.regions.side_rows);
            }
            Command::FocusNext | Command::FocusPrevious => {
                self.list.filtering = false;
                self.part = Part::Page;
            }
            _ => return Handled::No,
        }
        self.settle_view(scope);
        Handled::Yes
    }

    fn list_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        if self.list.command(command, scope.regions.side_rows) {
            self.missing = None;
            self.trail.clear();
            return Handled::Yes;
        }
        match command {
            Command::CursorRight | Command::FocusNext => self.part = Part::Page,
            Command::Back if self.list.filter.is_some() => self.list.clear_filter(),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn page_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        match command {
            Command::FocusPrevious => {
                self.part = Part::List;
                return Handled::Yes;
            }
            Command::FocusNext => {
                self.part = Part::List;
                return Handled::No;
            }
            Command::Back => {
                match self.trail.pop() {
                    Some((model, row)) => {
                        self.choose(scope, &model);
                        if let Some(page) = &mut self.page {
                            page.window.cursor = row;
                        }
                    }
                    None => self.part = Part::List,
                }
                return Handled::Yes;
            }
            _ => {}
        }
        let Some(page) = &mut self.page else {
            return match command {
                Command::CursorLeft => {
                    self.part = Part::List;
                    Handled::Yes
                }
                _ => Handled::No,
            };
        };
        if command == Command::CursorLeft && !page.can_close() {
            self.part = Part::List;
            return Handled::Yes;
        }
        match page.command(command, scope.regions.main_rows) {
            true => Handled::Yes,
            false => Handled::No,
        }
    }

    /// What holds in both parts.
    fn common_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        match command {
            Command::Filter => {
                self.part = Part::List;
                self.list.open_filter();
            }
            Command::ClearFilter => self.list.clear_filter(),
            Command::Open => match self.namespace() {
                Some(namespace) => scope.go_to(Destination::Documents {
                    profile: self.profile.clone(),
                    namespace,
                    filter: String::new(),
                }),
                None => self.say_no_namespace(scope),
            },
            Command::Details => match self.namespace() {
                Some(namespace) => {
                    super::administration::show_details(scope, &self.profile, namespace);
                }
                None => self.say_no_namespace(scope),
            },
            Command::Check => match self.namespace() {
                Some(namespace) => scope.go_to(Destination::Drift {
                    profile: self.profile.clone(),
                    namespaces: vec![namespace],
                }),
                None => self.say_no_namespace(scope),
            },
            Command::Follow => self.follow(scope),
            Command::CopyValue | Command::CopyPath | Command::CopyDocument => {
                self.copy(scope, command);
            }
            Command::EditExternal => self.open_source(scope),
            Command::Refresh => scope.effects.push(Effect::ReadModels),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn say_no_namespace(&self, scope: &mut Scope<'_>) {
        match self.model() {
            Some(model) => scope.warn(format!(
                "the model `{}` names no database: open `{}` from the tree",
                model.name, model.collection
            )),
            None => scope.info("put the cursor on a model first"),
        }
    }

    /// Goes from a reference to the model that it names, or from one that points here to where it stands.
    fn follow(&mut self, scope: &mut Scope<'_>) {
        let Some(page) = &self.page else {
            return self.say_no_namespace(scope);
        };
        let Some(name) = page.current().and_then(|row| row.leads.clone()) else {
            return scope.info("put the cursor on a reference first");
        };
        let database = page
            .model
            .database
            .clone()
            .or_else(|| self.database.clone())
            .unwrap_or_default();
        let (from, row) = (page.model.clone(), page.window.cursor);
        match scope.models.named(&database, &name) {
            Some(model) => {
                if self.trail.len() == LONGEST_TRAIL {
                    self.trail.remove(0);
                }
                self.trail.push((from, row));
                self.list.reveal(&model);
                self.choose(scope, &model);
                self.part = Part::Page;
            }
            None => scope.warn(format!("the model `{name}` is not loaded")),
        }
    }

    fn copy(&mut self, scope: &mut Scope<'_>, command: Command) {
        let Some(page) = &self.page else {
            return self.say_no_namespace(scope);
        };
        let text = match command {
            Command::CopyDocument => page.text(),
            _ if self.part == Part::List => page.model.name.clone(),
            Command::CopyPath => match page.current().map(|r| r.path.clone()) {
                Some(path) if !path.is_empty() => path,
                _ => return scope.info("there is no path here"),
            },
            _ => page.current().map(page::Row::line).unwrap_or_default(),
        };
        let lines = text.lines().count();
        scope.info(match lines {
            0 | 1 => "copied".to_owned(),
            n => format!("copied {n} lines"),
        });
        scope.effects.push(Effect::Copy { text });
    }

    /// Opens the file that the row under the cursor stands in, at its line.
    fn open_source(&mut self, scope: &mut Scope<'_>) {
        let Some(page) = &self.page else {
            return self.say_no_namespace(scope);
        };
        let mut source = page.model.source.clone();
        if self.part == Part::Page
            && let Some(row) = page.current().and_then(|r| r.source.clone())
        {
            source = row;
        }
        let Source { file, line } = source;
        match shipped::text(&file) {
            Some(text) => scope.effects.push(Effect::EditExternally {
                tab: self.tab,
                text: text.to_owned(),
                line,
            }),
            None => scope.effects.push(Effect::OpenFile { file, line }),
        }
    }
}

impl Pane for Models {
    fn id(&self) -> TabId {
        self.tab
    }

    fn profile(&self) -> &ProfileName {
        &self.profile
    }

    fn title(&self) -> String {
        "models".to_owned()
    }

    fn subject(&self) -> String {
        match (&self.missing, self.model()) {
            (Some(missing), _) => missing.to_string(),
            (None, Some(model)) => format!("model {}", model.name),
            (None, None) => self.title(),
        }
    }

    fn context(&self) -> Context {
        if self.list.filtering {
            Context::Input
        } else {
            Context::Models
        }
    }

    fn command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        if self.list.filtering {
            return self.filter_command(scope, command);
        }
        let handled = match self.part {
            Part::List => self.list_command(scope, command),
            Part::Page => self.page_command(scope, command),
        };
        // A pane that hands the keys on has still changed.
        let handled = match handled {
            Handled::No if command != Command::FocusNext => self.common_command(scope, command),
            handled => handled,
        };
        self.settle_view(scope);
        handled
    }

    fn typed(&mut self, scope: &mut Scope<'_>, input: tui_textarea::Input) {
        self.list.typed(|field| field.input(input));
        self.missing = None;
        self.settle_view(scope);
    }

    fn pasted(&mut self, scope: &mut Scope<'_>, text: &str) {
        self.list.typed(|field| field.paste(text));
        self.missing = None;
        self.settle_view(scope);
    }

    fn drawn(&mut self, scope: &mut Scope<'_>) {
        self.settle_view(scope);
    }

    fn models_read(&mut self, scope: &mut Scope<'_>) {
        self.list.refill(scope.models);
        if let Some(missing) = self.missing.clone() {
            self.show(scope, &missing);
        }
        self.settle_view(scope);
    }

    fn hit(&mut self, scope: &mut Scope<'_>, hit: Hit, double: bool) {
        match hit {
            Hit::Row(place) => {
                self.part = Part::List;
                self.missing = None;
                let again = self.list.point(self.list.window.first + place);
                if double && again {
                    self.common_command(scope, Command::Open);
                }
            }
            Hit::Cell(place, _) => {
                self.part = Part::Page;
                if let Some(page) = &mut self.page {
                    page.window.cursor = page.window.first + place;
                    if double {
                        page.command(Command::Toggle, scope.regions.main_rows);
                    }
                }
            }
            _ => {}
        }
        self.settle_view(scope);
    }

    fn wheel(&mut self, scope: &mut Scope<'_>, down: bool) {
        let by = if down { WHEEL } else { -WHEEL };
        match (self.part, &mut self.page) {
            (Part::Page, Some(page)) => {
                let rows = page.rows().len();
                page.window.scroll(by, rows, scope.regions.main_rows);
            }
            _ => self.list.scroll(by, scope.regions.side_rows),
        }
        self.settle_view(scope);
    }

    fn settle(
        &mut self,
        _scope: &mut Scope<'_>,
        _task: TaskId,
        _result: Result<Reply, Failure>,
        _took: std::time::Duration,
    ) {
    }

    fn edited_externally(&mut self, scope: &mut Scope<'_>, result: Result<String, String>) {
        match result {
            Ok(_) => scope.info("this model is part of the program: nothing of the text was kept"),
            Err(problem) => scope.warn(problem),
        }
    }

    fn session(&self) -> Option<SessionTab> {
        Some(SessionTab {
            kind: TabKind::Models,
            profile: self.profile.to_string(),
            namespace: self.namespace().map(|n| n.to_string()).unwrap_or_default(),
            filter: String::new(),
            sort: String::new(),
            view: String::new(),
        })
    }
}
