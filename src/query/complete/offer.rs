//! Candidates: words of the language, fields and values, each with what it inserts.

use std::borrow::Cow;

use super::{Candidate, Completion, Knowledge, MAX_CANDIDATES, Sort, fit};
use crate::query::shape::Shape;
use crate::query::snippet::Snippet;
use crate::query::vocabulary::{Entry, Role};
use crate::value::Span;
use crate::value::shell::print_key;

/// How a word goes into the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// As a key with its value.
    Entry,
    /// As a key alone: its colon is there already.
    Key,
    /// In braces of its own, where a value goes.
    Braces,
    /// As it is.
    Plain,
}

/// Gathers candidates for one place.
pub(super) struct Offers<'k> {
    knowledge: &'k Knowledge<'k>,
    list: Vec<Candidate>,
}

/// What is inserted for a word as a key with its value.
pub(in crate::query) fn entry_text(entry: &Entry) -> Snippet {
    if !entry.snippet.is_empty() {
        return Snippet::parse(entry.snippet);
    }
    let value = match entry.takes {
        Role::Keys([]) => "{}",
        Role::Keys(_)
        | Role::Fields(_)
        | Role::Each(_)
        | Role::Filter
        | Role::Sort
        | Role::Projection
        | Role::Document
        | Role::Update
        | Role::Accumulators
        | Role::Windows
        | Role::NewFields
        | Role::Project
        | Role::Group
        | Role::IndexKeys => "{ ‹› }",
        Role::List(Role::Filter | Role::Keys(_) | Role::Stage) => "[{ ‹› }]",
        Role::Pipeline => "[{ ‹› }]",
        Role::List(_) => "[‹›]",
        Role::Words(_) | Role::FieldName | Role::Collection | Role::Name | Role::Database => "'‹›'",
        Role::Bool => "‹true›",
        _ => "‹›",
    };
    Snippet::parse(&format!("{}: {value}", entry.name))
}

impl<'k> Offers<'k> {
    pub(super) fn new(knowledge: &'k Knowledge<'k>) -> Self {
        Self {
            knowledge,
            list: Vec::new(),
        }
    }

    pub(super) fn push(
        &mut self,
        sort: Sort,
        label: impl Into<String>,
        insert: Snippet,
        signature: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
    ) {
        self.list.push(Candidate {
            label: label.into(),
            insert,
            sort,
            signature: signature.into(),
            help: help.into(),
            newer: None,
        });
    }

    /// Words of the language.
    pub(super) fn entries(&mut self, entries: &'static [Entry], sort: Sort, way: Way) {
        for entry in entries {
            let insert = match way {
                Way::Entry => entry_text(entry),
                Way::Key => Snippet::plain(entry.name),
                Way::Braces => entry_text(entry).between("{ ", " }"),
                Way::Plain if entry.snippet.is_empty() => Snippet::plain(entry.name),
                Way::Plain => Snippet::parse(entry.snippet),
            };
            self.push(sort, entry.name, insert, entry.signature, entry.help);
            let newer = self.knowledge.server.is_some_and(|have| entry.since > have);
            if let Some(last) = self.list.last_mut().filter(|_| newer) {
                last.newer = Some(entry.since);
            }
        }
    }

    /// Fields as keys, below `path`; `value` is what follows the colon, in the notation of snippets.
    pub(super) fn keys(&mut self, shape: &Shape, path: &str, way: Way, value: &str, deep: bool) {
        let inner;
        let shape = if path.is_empty() {
            shape
        } else {
            match shape.at(path) {
                Some(node) => {
                    inner = &node.inner;
                    inner
                }
                None => return,
            }
        };
        for (name, node) in shape.paths() {
            if !deep && name.contains('.') {
                continue;
            }
            let key = print_key(&name);
            let insert = match way {
                Way::Entry => Snippet::parse(&format!(": {value}")).between(&key, ""),
                _ => Snippet::plain(key),
            };
            self.push(
                Sort::Field,
                name,
                insert,
                node.kind.clone(),
                node.help.clone(),
            );
        }
    }

    /// Fields as texts, with `before` in front of each path.
    pub(super) fn paths(&mut self, shape: &Shape, before: &str) {
        for (name, node) in shape.paths() {
            let path = format!("{before}{name}");
            let insert = Snippet::plain(quoted(&path));
            self.push(
                Sort::Field,
                path,
                insert,
                node.kind.clone(),
                node.help.clone(),
            );
        }
    }

    /// Values that a field has.
    pub(super) fn values(&mut self, shape: &Shape, path: &str) {
        if let Some(node) = shape.at(path) {
            for value in &node.values {
                self.push(
                    Sort::Value,
                    value.clone(),
                    Snippet::plain(value.clone()),
                    node.kind.clone(),
                    node.help.clone(),
                );
            }
        }
    }

    /// Fixed texts.
    pub(super) fn words(&mut self, words: &[&'static str]) {
        for word in words {
            self.push(
                Sort::Value,
                quoted(word),
                Snippet::plain(quoted(word)),
                "",
                "",
            );
        }
    }

    /// Values as they stand.
    pub(super) fn plain(&mut self, values: &[(&'static str, &'static str)]) {
        for (value, help) in values {
            self.push(Sort::Value, *value, Snippet::plain(*value), "", *help);
        }
    }

    /// Names in quotes.
    pub(super) fn names(&mut self, names: &[String], sort: Sort) {
        for name in names {
            self.push(sort, name.clone(), Snippet::plain(quoted(name)), "", "");
        }
    }

    /// `params.…`.
    pub(super) fn parameters(&mut self) {
        for one in self.knowledge.parameters {
            let text = format!("params.{}", one.name);
            self.push(
                Sort::Parameter,
                text.clone(),
                Snippet::plain(text),
                one.kind.clone(),
                one.help.clone(),
            );
        }
    }

    /// Only those that are texts in quotes.
    pub(super) fn texts_only(&mut self) {
        self.list.retain(|c| c.insert.text.starts_with(['\'', '"']));
    }

    /// Without those whose label is among these.
    pub(super) fn without(&mut self, taken: &[String]) {
        self.list.retain(|c| !taken.contains(&c.label));
    }

    /// Those that fit what is typed, best first.
    pub(super) fn finish(self, replace: Span, typed: String) -> Completion {
        let mut ranked: Vec<(u8, bool, Candidate)> = self
            .list
            .into_iter()
            .filter_map(|c| Some((fit(&c.label, &typed)?, c.newer.is_some(), c)))
            .collect();
        ranked.sort_by_key(|(fit, newer, _)| (*newer, *fit));
        ranked.truncate(MAX_CANDIDATES);
        Completion {
            replace,
            typed,
            candidates: ranked.into_iter().map(|(_, _, c)| c).collect(),
            about: None,
        }
    }
}

/// A text in single quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::new();
    crate::value::shell::print::push_quoted(&mut out, text);
    out
}
