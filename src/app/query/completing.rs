//! The list of what can stand at the cursor of a query's text.
//!
//! What there is to offer is told by [`crate::query::complete`]; here is what is known around it (names, models, a sample
//! of documents) and what keys do while the list is open. Invariant: the list is of the text as it is now.

use std::collections::BTreeMap;
use std::sync::Arc;

use bson::{RawBsonRef, RawDocument, RawDocumentBuf};
use tui_textarea::{Input, Key};

use super::Query;
use crate::app::documents::feed::first_count;
use crate::app::regions::scrolled;
use crate::app::scope::{Asker, Scope};
use crate::app::words;
use crate::model::{self, Library};
use crate::mongo::request::{FeedId, Find, Namespace, Reply, Request, TaskId};
use crate::query::complete::{Candidate, Completion, Form, Knowledge, Parameter, complete};
use crate::query::shape::{Field, Fields};
use crate::value::{Kind, Span};

/// The most rows of the list.
pub const ROWS: usize = 8;
/// Longer texts are looked at only when the list is asked for.
const AT_ONCE: usize = 24 << 10;
/// How many documents of a collection are looked at for its fields.
const SAMPLED: u64 = 50;
/// How deep documents are looked into for their fields.
const DEEPEST: usize = 5;
/// How many fields of a collection are offered.
const MOST: usize = 400;

/// An open list.
#[derive(Debug, Clone)]
pub struct List {
    /// What can stand at the cursor.
    pub completion: Completion,
    /// The candidate under the cursor.
    pub cursor: usize,
    /// The first candidate that is drawn.
    pub first: usize,
    /// Whether the person asked for it, or moved in it: Enter takes the candidate only then.
    pub(super) chosen: bool,
}

/// What is known of the collections around a text.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The names of all collections on the profile, by database.
    pub names: BTreeMap<String, Vec<String>>,
    /// The fields that sampled documents had, by collection.
    sampled: BTreeMap<Namespace, Vec<Field>>,
    /// The sample that is being read.
    sampling: Option<(TaskId, FeedId, Namespace)>,
    /// Whether the list opens once the sample is there.
    waits: bool,
}

/// Fields of collections from models and samples.
pub(super) struct Around<'a> {
    known: &'a Known,
    models: &'a Library,
}

impl Fields for Around<'_> {
    fn fields(&self, database: &str, collection: &str) -> Vec<Field> {
        let mut fields = Vec::new();
        if let Some(model) = self.models.for_namespace(database, collection) {
            of_model(model.fields(), "", 0, &mut fields);
        }
        let place = Namespace::new(database, collection);
        if let Some(sampled) = self.known.sampled.get(&place) {
            for field in sampled {
                if fields.iter().all(|f| f.path != field.path) {
                    fields.push(field.clone());
                }
            }
        }
        fields.truncate(MOST);
        fields
    }
}

/// A parameter with its type, its default and what it means.
fn known(parameter: &crate::query::saved::Parameter) -> Parameter {
    let default = match &parameter.default {
        Some(default) => format!(" = {default}"),
        None => String::new(),
    };
    Parameter {
        name: parameter.name.clone(),
        kind: format!("{}{default}", parameter.kind.name()),
        help: match parameter.help.as_str() {
            "" => parameter.kind.describe(),
            help => help.to_owned(),
        },
    }
}

fn of_model(fields: &[model::Field], before: &str, depth: usize, out: &mut Vec<Field>) {
    for field in fields {
        if out.len() >= MOST || depth > DEEPEST {
            return;
        }
        let path = match before {
            "" => field.name.clone(),
            before => format!("{before}.{}", field.name),
        };
        let inner = match &field.kind {
            model::Kind::Array(element) => &element.kind,
            kind => kind,
        };
        out.push(Field {
            path: path.clone(),
            kind: field.kind.label(),
            values: field
                .choices
                .iter()
                .filter_map(|c| {
                    let value = bson::RawBson::try_from(c.clone()).ok()?;
                    Some(words::line(value.as_raw_bson_ref()))
                })
                .collect(),
            help: field.describe(),
        });
        if let model::Kind::Nested(inner) = inner {
            of_model(inner, &path, depth + 1, out);
        }
    }
}

fn of_document(document: &RawDocument, before: &str, depth: usize, out: &mut Vec<Field>) {
    for (key, value) in document.iter().flatten() {
        if out.len() >= MOST || depth > DEEPEST {
            return;
        }
        let path = match before {
            "" => key.as_str().to_owned(),
            before => format!("{before}.{}", key.as_str()),
        };
        if out.iter().all(|f| f.path != path) {
            out.push(Field {
                path: path.clone(),
                kind: Kind::of(value).label().to_owned(),
                ..Field::default()
            });
        }
        match value {
            RawBsonRef::Document(inner) => of_document(inner, &path, depth + 1, out),
            RawBsonRef::Array(items) => {
                for item in items.into_iter().flatten().take(3) {
                    if let RawBsonRef::Document(inner) = item {
                        of_document(inner, &path, depth + 1, out);
                    }
                }
            }
            _ => {}
        }
    }
}

impl Known {
    /// What is known of the fields of collections.
    pub(super) fn around<'a>(&'a self, models: &'a Library) -> Around<'a> {
        Around {
            known: self,
            models,
        }
    }

    /// Takes the fields of documents of a collection.
    fn learn<'d>(
        &mut self,
        place: Namespace,
        documents: impl IntoIterator<Item = &'d Arc<RawDocumentBuf>>,
    ) {
        let mut fields = Vec::new();
        for document in documents {
            of_document(document, "", 0, &mut fields);
        }
        self.sampled.insert(place, fields);
    }
}

impl Query {
    /// What can stand at the cursor.
    fn candidates(&self, scope: &Scope<'_>, text: &str) -> Completion {
        let (database, collection) = (&self.database, self.collection.as_deref());
        let place = (database.as_str(), collection.unwrap_or(""));
        self.candidates_at(scope, text, self.text.buffer.offset(), place, Form::Any)
    }

    /// What can stand at a byte offset of a text that is about the collection of `place`.
    pub(super) fn candidates_at(
        &self,
        scope: &Scope<'_>,
        text: &str,
        offset: usize,
        place: (&str, &str),
        form: Form,
    ) -> Completion {
        let names = self.known.names.get(&self.database);
        let databases: Vec<String> = self.known.names.keys().cloned().collect();
        let around = self.known.around(scope.models);
        let parameters: Vec<Parameter> = self.bound.parameters.iter().map(known).collect();
        let knowledge = Knowledge {
            database: place.0,
            collection: place.1,
            parameters: &parameters,
            form,
            collections: names.map_or(&[], Vec::as_slice),
            databases: &databases,
            fields: &around,
            ..Knowledge::default()
        };
        complete(text, offset, &knowledge)
    }

    /// Opens the list because the person asked for it.
    pub(super) fn complete_asked(&mut self, scope: &mut Scope<'_>) {
        self.sample(scope);
        self.open_list(scope, true);
        if self.list.is_none() {
            scope.info("nothing is known that could stand here");
        }
    }

    fn open_list(&mut self, scope: &Scope<'_>, chosen: bool) {
        let text = self.text.buffer.text();
        let completion = self.candidates(scope, &text);
        self.list = (!completion.candidates.is_empty()).then_some(List {
            completion,
            cursor: 0,
            first: 0,
            chosen,
        });
    }

    /// The text changed by a typed key: the list opens, follows or closes.
    pub(super) fn typed_into(&mut self, scope: &mut Scope<'_>, input: &Input) {
        let was_chosen = self.list.take().is_some_and(|l| l.chosen);
        self.known.waits = false;
        let begins = match input.key {
            Key::Char(c) if !input.ctrl && !input.alt => {
                c.is_alphanumeric() || matches!(c, '$' | '.' | '_')
            }
            Key::Backspace => was_chosen,
            _ => false,
        };
        if !begins || self.text.buffer.bytes() > AT_ONCE {
            return;
        }
        self.sample(scope);
        self.open_list(scope, was_chosen);
        self.known.waits = self.list.is_none() && self.known.sampling.is_some();
        // What is typed out already needs no list.
        if let Some(list) = &self.list {
            let typed = &list.completion.typed;
            let whole = matches!(
                list.completion.candidates.as_slice(),
                [only] if only.insert.text == *typed || only.label == *typed
            );
            let nothing_typed = typed.is_empty() && !was_chosen && input.key != Key::Char('.');
            if whole || nothing_typed {
                self.list = None;
            }
        }
    }

    /// Takes a key while the list is open. Whether it was for the list.
    pub(super) fn list_key(&mut self, scope: &mut Scope<'_>, input: &Input) -> bool {
        let Some(list) = &mut self.list else {
            return false;
        };
        if input.ctrl || input.alt {
            self.list = None;
            return false;
        }
        let last = list.completion.candidates.len().saturating_sub(1);
        match input.key {
            Key::Down => list.cursor = (list.cursor + 1).min(last),
            Key::Up => list.cursor = list.cursor.saturating_sub(1),
            Key::PageDown => list.cursor = (list.cursor + ROWS).min(last),
            Key::PageUp => list.cursor = list.cursor.saturating_sub(ROWS),
            Key::Tab => {
                self.take_candidate(scope);
                return true;
            }
            Key::Enter if list.chosen => {
                self.take_candidate(scope);
                return true;
            }
            Key::Left | Key::Right | Key::Home | Key::End | Key::Enter => {
                self.list = None;
                return false;
            }
            _ => return false,
        }
        list.chosen = true;
        list.first = scrolled(list.first, list.cursor, ROWS);
        true
    }

    fn take_candidate(&mut self, scope: &mut Scope<'_>) {
        let Some(list) = self.list.take() else {
            return;
        };
        let Some(candidate) = list.completion.candidates.get(list.cursor) else {
            return;
        };
        self.insert(list.completion.replace, candidate);
        self.changed(scope);
    }

    fn insert(&mut self, replace: Span, candidate: &Candidate) {
        let row = self.text.buffer.position(replace.start).0;
        let line = self.text.buffer.lines().get(row).map_or("", String::as_str);
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        let snippet = candidate.insert.indented(&indent);
        self.text.buffer.replace(replace, &snippet.text);
        let to = snippet
            .places
            .first()
            .map_or(snippet.text.len(), |p| p.start);
        self.text.buffer.go_to(replace.start + to);
    }

    /// Reads some documents of the collection that the text is about, once, to know its fields.
    pub(super) fn sample(&mut self, scope: &mut Scope<'_>) {
        let place = match self.text.current().and_then(|p| self.text.parts.get(p)) {
            Some(part) => part
                .statement
                .as_ref()
                .and_then(|s| Some(Namespace::new(&*s.database, s.collection.as_deref()?))),
            None => None,
        };
        let here = || Some(Namespace::new(&*self.database, self.collection.as_deref()?));
        let Some(place) = place.or_else(here) else {
            return;
        };
        if self.known.sampled.contains_key(&place) || self.known.sampling.is_some() {
            return;
        }
        let feed = scope.ids.feed();
        let request = Request::OpenFeed {
            feed,
            namespace: place.clone(),
            find: Find {
                limit: Some(SAMPLED),
                ..Find::all()
            },
            count: first_count(scope).min(SAMPLED as usize),
        };
        let task = scope.ask(Asker::Tab(self.tab), &self.profile, request);
        self.known.sampling = Some((task, feed, place));
    }

    /// Takes the sample that was asked for. Whether it was that.
    pub(super) fn sample_settled(
        &mut self,
        scope: &mut Scope<'_>,
        task: TaskId,
        result: &Result<Reply, crate::mongo::request::Failure>,
    ) -> bool {
        if self
            .known
            .sampling
            .as_ref()
            .is_none_or(|(t, ..)| *t != task)
        {
            return false;
        }
        let Some((_, feed, place)) = self.known.sampling.take() else {
            return false;
        };
        match result {
            Ok(Reply::Page(page)) => self.known.learn(place, &page.documents),
            // What cannot be read has no fields to offer, and is not asked for again.
            _ => self.known.learn(place, []),
        }
        scope.ask(Asker::Nobody, &self.profile, Request::CloseFeed { feed });
        if self.list.is_some() || std::mem::take(&mut self.known.waits) {
            let chosen = self.list.as_ref().is_some_and(|l| l.chosen);
            self.open_list(scope, chosen);
        }
        true
    }
}
