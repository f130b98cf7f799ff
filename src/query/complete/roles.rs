//! What may stand at each place of brackets, one level after the other, with the fields known there.

use super::place::{Place, is_called};
use crate::query::chain::Chain;
use crate::query::sketch::{GroupId, Value, unquoted};
use crate::query::vocabulary::{self, Entry, Role, expressions, filters, options, stages, updates};

impl Place<'_, '_> {
    /// What an argument of the call with these parentheses is.
    pub(super) fn argument(&self, group: GroupId, part: usize) -> Role {
        let sketch = self.sketch;
        let chain = Chain::before(sketch, sketch.groups[group].open);
        let (true, Some(name)) = (chain.rooted, chain.last) else {
            return self.role;
        };
        if chain.operation.is_some() {
            let method = vocabulary::find(options::METHODS, name).filter(|_| part == 0);
            return method.map_or(Role::Any, |e| e.takes);
        }
        let roles = options::arguments(name);
        let role = roles.get(part).copied().unwrap_or(Role::Any);
        let parts = &sketch.groups[group].parts;
        let document = parts
            .get(part)
            .is_some_and(|p| matches!(sketch.value(group, p), Value::Document(_)));
        match role {
            // `aggregate({$match: …}, {$limit: …})`: stages without their brackets.
            Role::Pipeline if name == "aggregate" && document => Role::Stage,
            _ if name == "aggregate"
                && parts
                    .first()
                    .is_some_and(|p| matches!(sketch.value(group, p), Value::Document(_))) =>
            {
                Role::Stage
            }
            role => role,
        }
    }

    /// What stands in a part of brackets whose own role is known; goes one level down.
    pub(super) fn value_role(&mut self, group: GroupId, part: usize) -> Role {
        let sketch = self.sketch;
        let Some(found) = sketch.groups[group].parts.get(part).copied() else {
            return Role::Any;
        };
        match sketch.groups[group].bracket {
            b'(' => {
                if is_called(sketch, group) {
                    self.argument(group, part)
                } else {
                    self.role
                }
            }
            b'[' => self.element_role(group, part),
            _ => match sketch.key(&found) {
                Some(key) => self.field_role(group, &key),
                None => Role::Any,
            },
        }
    }

    pub(super) fn element_role(&mut self, group: GroupId, part: usize) -> Role {
        match self.role {
            Role::Pipeline | Role::Update => {
                let shape = std::mem::take(&mut self.shape);
                self.shape = self.follower.after(group, part, shape, 0);
                self.path.clear();
                Role::Stage
            }
            Role::List(role) | Role::Few(role) => *role,
            Role::Expression | Role::Project | Role::Accumulator | Role::Window => Role::Expression,
            Role::Value | Role::Condition => Role::Value,
            role @ (Role::Words(_) | Role::FieldName | Role::FieldPath) => role,
            _ => Role::Any,
        }
    }

    pub(super) fn step(&mut self, key: &str) {
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(key);
    }

    pub(super) fn known(&mut self, entries: &'static [Entry], key: &str) -> Option<Role> {
        let entry = vocabulary::find(entries, key)?;
        self.about = Some(entry);
        Some(entry.takes)
    }

    /// What a key of a document is held to.
    pub(super) fn field_role(&mut self, group: GroupId, key: &str) -> Role {
        let operator = key.starts_with('$');
        match self.role {
            Role::Filter if operator => self.known(filters::TOP, key).unwrap_or(Role::Any),
            Role::Filter => {
                self.step(key);
                Role::Condition
            }
            Role::Condition if operator => {
                self.known(filters::CONDITIONS, key).unwrap_or(Role::Any)
            }
            Role::Element if operator => self
                .known(filters::CONDITIONS, key)
                .or_else(|| self.known(filters::TOP, key))
                .unwrap_or(Role::Any),
            Role::Element => {
                self.step(key);
                Role::Condition
            }
            Role::Condition | Role::Value | Role::Document => {
                self.step(key);
                Role::Value
            }
            Role::Stage => {
                self.path.clear();
                self.known(stages::STAGES, key).unwrap_or(Role::Any)
            }
            Role::Pipeline => Role::Any,
            Role::Expression if operator => self
                .known(expressions::EXPRESSIONS, key)
                .unwrap_or(Role::Expression),
            Role::Expression => Role::Expression,
            Role::NewFields => Role::Expression,
            Role::Project if operator => self
                .known(expressions::EXPRESSIONS, key)
                .unwrap_or(Role::Expression),
            Role::Project => {
                self.step(key);
                Role::Project
            }
            Role::Group if key == "_id" => Role::Expression,
            Role::Group | Role::Accumulators => Role::Accumulator,
            Role::Accumulator => self
                .known(expressions::ACCUMULATORS, key)
                .or_else(|| self.known(expressions::EXPRESSIONS, key))
                .unwrap_or(Role::Expression),
            Role::Windows => Role::Window,
            Role::Window => self
                .known(stages::WINDOW, key)
                .or_else(|| self.known(expressions::WINDOWS, key))
                .or_else(|| self.known(expressions::ACCUMULATORS, key))
                .unwrap_or(Role::Expression),
            Role::Keys(entries) => {
                self.related(group, key);
                self.known(entries, key).unwrap_or(Role::Any)
            }
            Role::Collection => match key {
                "db" => Role::Database,
                _ => Role::Collection,
            },
            Role::Each(role) => *role,
            Role::Few(role) | Role::List(role) => {
                self.role = *role;
                match role {
                    Role::Few(_) | Role::List(_) => Role::Any,
                    _ => self.field_role(group, key),
                }
            }
            Role::Sort => Role::Direction,
            Role::IndexKeys => Role::IndexKind,
            Role::Projection if operator => Role::Any,
            Role::Projection => {
                self.step(key);
                Role::Shown
            }
            Role::Shown if key == "$elemMatch" => Role::Element,
            Role::Shown if operator => self
                .known(filters::PROJECTIONS, key)
                .or_else(|| self.known(expressions::EXPRESSIONS, key))
                .unwrap_or(Role::Any),
            Role::Shown => {
                self.step(key);
                Role::Shown
            }
            Role::Update => self.known(updates::UPDATES, key).unwrap_or(Role::Any),
            Role::Fields(role) => {
                self.step(key);
                *role
            }
            Role::Any if operator => Role::Any,
            _ => Role::Any,
        }
    }

    /// Fields of another collection, and names that hold from here on.
    pub(super) fn related(&mut self, group: GroupId, key: &str) {
        let sketch = self.sketch;
        let text = |value: Option<Value<'_>>| match value {
            Some(Value::Text(text)) => Some(unquoted(text).into_owned()),
            _ => None,
        };
        let from = text(
            sketch
                .field(group, "from")
                .or_else(|| sketch.field(group, "coll")),
        );
        if matches!(
            key,
            "pipeline"
                | "foreignField"
                | "connectFromField"
                | "connectToField"
                | "restrictSearchWithMatch"
        ) && let Some(from) = from
        {
            self.shape = self.follower.collection(&from);
        }
        if matches!(key, "in" | "cond") {
            if let Some(Value::Document(vars)) = sketch.field(group, "vars") {
                self.names
                    .extend(sketch.entries(vars).map(|(k, _)| k.into_owned()));
            } else if sketch.field(group, "initialValue").is_some() {
                self.names.extend(["value".to_owned(), "this".to_owned()]);
            } else {
                let name = text(sketch.field(group, "as"));
                self.names.push(name.unwrap_or_else(|| "this".to_owned()));
            }
        }
        if matches!(key, "pipeline" | "whenMatched")
            && let Some(Value::Document(names)) = sketch.field(group, "let")
        {
            self.names
                .extend(sketch.entries(names).map(|(k, _)| k.into_owned()));
        }
    }
}
