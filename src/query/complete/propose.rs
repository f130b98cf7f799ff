//! What is offered at a place once it is known what may stand there.

use super::Sort;
use super::offer::{Offers, Way, quoted};
use super::place::{Place, Typing};
use crate::query::shape::Shape;
use crate::query::sketch::GroupId;
use crate::query::snippet::Snippet;
use crate::query::vocabulary::{Role, expressions, filters, stages, updates, values};

impl Place<'_, '_> {
    /// Where a document's next key goes.
    pub(super) fn at_key(&mut self, group: GroupId, way: Way, offers: &mut Offers<'_>) {
        let shape = std::mem::take(&mut self.shape);
        match self.role {
            Role::Filter => {
                offers.keys(&shape, &self.path, way, "‹›", true);
                offers.entries(filters::TOP, Sort::Operator, way);
            }
            Role::Condition => {
                offers.entries(filters::CONDITIONS, Sort::Operator, way);
                offers.keys(&shape, &self.path, way, "‹›", false);
            }
            Role::Element => {
                offers.keys(&shape, &self.path, way, "‹›", true);
                offers.entries(filters::CONDITIONS, Sort::Operator, way);
                offers.entries(
                    filters::TOP.get(..3).unwrap_or_default(),
                    Sort::Operator,
                    way,
                );
            }
            Role::Value | Role::Document => offers.keys(&shape, &self.path, way, "‹›", false),
            Role::Stage => offers.entries(stages::STAGES, Sort::Stage, way),
            Role::Expression => offers.entries(expressions::EXPRESSIONS, Sort::Operator, way),
            Role::NewFields | Role::Windows => offers.keys(&shape, "", way, "‹›", true),
            Role::Project => {
                offers.keys(&shape, &self.path, way, "‹1›", true);
                if !self.path.is_empty() {
                    offers.entries(expressions::EXPRESSIONS, Sort::Operator, way);
                }
            }
            Role::Group => {
                if self.sketch.field(group, "_id").is_none() {
                    offers.push(
                        Sort::Key,
                        "_id",
                        Snippet::parse(if way == Way::Entry {
                            "_id: ‹'$field'›"
                        } else {
                            "_id"
                        }),
                        "_id: expression",
                        "what makes a group; null for all documents together",
                    );
                }
                if way == Way::Entry {
                    offers.push(
                        Sort::Key,
                        "count",
                        Snippet::parse("count: { $sum: 1 }"),
                        "count: { $sum: 1 }",
                        "how many documents the group has",
                    );
                }
            }
            Role::Accumulator => offers.entries(expressions::ACCUMULATORS, Sort::Accumulator, way),
            Role::Window => {
                offers.entries(stages::WINDOW, Sort::Key, way);
                offers.entries(expressions::WINDOWS, Sort::Accumulator, way);
                offers.entries(expressions::ACCUMULATORS, Sort::Accumulator, way);
            }
            Role::Keys(entries) => offers.entries(entries, Sort::Key, way),
            Role::Collection => {
                for (key, help) in [("db", "the database"), ("coll", "the collection")] {
                    let insert = if way == Way::Entry {
                        Snippet::parse(&format!("{key}: '‹›'"))
                    } else {
                        Snippet::plain(key)
                    };
                    offers.push(Sort::Key, key, insert, "", help);
                }
            }
            Role::Few(role) | Role::List(role) if !matches!(role, Role::Few(_) | Role::List(_)) => {
                self.role = *role;
                self.shape = shape;
                self.at_key(group, way, offers);
            }
            Role::Sort => offers.keys(&shape, &self.path, way, "‹1›", true),
            Role::IndexKeys => {
                offers.keys(&shape, "", way, "‹1›", true);
                offers.push(
                    Sort::Operator,
                    "$**",
                    Snippet::plain("'$**': 1"),
                    "'$**': 1",
                    "every field",
                );
            }
            Role::Projection => offers.keys(&shape, "", way, "‹1›", true),
            Role::Shown => {
                offers.entries(filters::PROJECTIONS, Sort::Operator, way);
                offers.keys(&shape, &self.path, way, "‹1›", true);
                offers.entries(expressions::EXPRESSIONS, Sort::Operator, way);
            }
            Role::Update => offers.entries(updates::UPDATES, Sort::Operator, way),
            Role::Fields(role) => {
                let value = match role {
                    Role::Keys(_) | Role::List(_) | Role::Any => "‹›",
                    Role::Whole => "‹1›",
                    _ => "‹›",
                };
                offers.keys(&shape, "", way, value, true);
            }
            _ => {}
        }
    }

    /// Where a value goes.
    pub(super) fn at_value(
        &mut self,
        role: Role,
        _cursor: usize,
        typing: &Typing,
        offers: &mut Offers<'_>,
    ) {
        let shape = std::mem::take(&mut self.shape);
        let bracket = if typing.quoted {
            Way::Plain
        } else {
            Way::Braces
        };
        match role {
            Role::Condition | Role::Value => {
                offers.values(&shape, &self.path);
                offers.parameters();
                self.literals(&shape, offers);
                if role == Role::Condition {
                    offers.entries(filters::CONDITIONS, Sort::Operator, bracket);
                }
            }
            Role::Expression | Role::Accumulator | Role::Window | Role::Project => {
                if role == Role::Project {
                    offers.plain(&[("1", "keep the field"), ("0", "leave the field out")]);
                }
                if role == Role::Accumulator {
                    offers.entries(expressions::ACCUMULATORS, Sort::Accumulator, bracket);
                } else if role == Role::Window {
                    offers.entries(expressions::WINDOWS, Sort::Accumulator, bracket);
                    offers.entries(expressions::ACCUMULATORS, Sort::Accumulator, bracket);
                }
                if !matches!(role, Role::Accumulator | Role::Window) {
                    self.expressions(&shape, typing, offers);
                    offers.entries(expressions::EXPRESSIONS, Sort::Operator, bracket);
                    offers.parameters();
                    offers.entries(values::CONSTRUCTORS, Sort::Constructor, Way::Plain);
                }
            }
            Role::Stage => offers.entries(stages::STAGES, Sort::Stage, bracket),
            Role::Words(words) => offers.words(words),
            Role::Few(Role::Words(words)) => offers.words(words),
            Role::FieldName | Role::Few(Role::FieldName) => offers.paths(&shape, ""),
            Role::FieldPath => offers.paths(&shape, "$"),
            Role::Few(Role::Expression) => {
                self.shape = shape;
                self.at_value(Role::Expression, _cursor, typing, offers);
            }
            // The short form of a stage that takes keys: `$unwind: '$items'`, `$unionWith: 'other'`.
            Role::Keys(_) => {
                match self.about.map(|e| e.name) {
                    Some("$unwind") => offers.paths(&shape, "$"),
                    Some("$unionWith" | "$out") => {
                        offers.names(self.knowledge.collections, Sort::Collection)
                    }
                    Some("$getField") => offers.paths(&shape, ""),
                    Some(name) if name.starts_with('$') && !typing.quoted => {
                        self.expressions(&shape, typing, offers);
                    }
                    Some(name) if name.starts_with('$') => offers.paths(&shape, "$"),
                    _ => {}
                }
                offers.parameters();
            }
            Role::Collection => offers.names(self.knowledge.collections, Sort::Collection),
            Role::Database => offers.names(self.knowledge.databases, Sort::Database),
            Role::Bool => {
                offers.plain(&[("true", ""), ("false", "")]);
                offers.parameters();
            }
            Role::Direction => offers.plain(&[
                ("1", "ascending"),
                ("-1", "descending"),
                (
                    "{ $meta: 'textScore' }",
                    "the best match of a text search first",
                ),
            ]),
            Role::IndexKind => offers.plain(&[
                ("1", "ascending"),
                ("-1", "descending"),
                ("'text'", "words of a text"),
                ("'2dsphere'", "places on the earth"),
                ("'hashed'", "the value's hash"),
                ("'2d'", "places on a plane"),
            ]),
            Role::Shown => {
                offers.plain(&[("1", "keep the field"), ("0", "leave the field out")]);
                offers.entries(filters::PROJECTIONS, Sort::Operator, bracket);
                self.expressions(&shape, typing, offers);
                offers.entries(expressions::EXPRESSIONS, Sort::Operator, bracket);
            }
            Role::IndexKeys | Role::Name => {}
            Role::Any if typing.quoted => {}
            _ => {
                offers.parameters();
                if matches!(role, Role::Any | Role::Whole) {
                    self.literals(&shape, offers);
                }
            }
        }
    }

    /// Constructors, those of the field's kind first.
    pub(super) fn literals(&self, shape: &Shape, offers: &mut Offers<'_>) {
        let kind = shape.at(&self.path).map_or("", |n| n.kind.as_str());
        let first: &[&str] = match kind {
            "Boolean" => &["true", "false"],
            "Date" => &["ISODate", "new Date"],
            "ObjectId" => &["ObjectId"],
            "Int64" => &["NumberLong"],
            "Decimal128" => &["NumberDecimal"],
            "Binary" | "UUID" => &["UUID", "BinData"],
            "Timestamp" => &["Timestamp"],
            _ => &[],
        };
        for name in first {
            if let Some(at) = values::CONSTRUCTORS.iter().position(|e| e.name == *name) {
                let one = values::CONSTRUCTORS.get(at..=at).unwrap_or_default();
                offers.entries(one, Sort::Constructor, Way::Plain);
            }
        }
        for (at, entry) in values::CONSTRUCTORS.iter().enumerate() {
            if !first.contains(&entry.name) {
                let one = values::CONSTRUCTORS.get(at..=at).unwrap_or_default();
                offers.entries(one, Sort::Constructor, Way::Plain);
            }
        }
    }

    /// Paths and variables.
    pub(super) fn expressions(&self, shape: &Shape, typing: &Typing, offers: &mut Offers<'_>) {
        let typed = typing.typed.trim_start_matches(['\'', '"', '`']);
        if typed.starts_with("$$ROOT.") {
            offers.paths(shape, "$$ROOT.");
            return;
        }
        if !typed.starts_with("$$") {
            offers.paths(shape, "$");
        }
        for name in &self.names {
            let text = format!("$${name}");
            let insert = Snippet::plain(quoted(&text));
            offers.push(Sort::Variable, text, insert, "", "a name given here");
        }
        for (name, help, _) in expressions::VARIABLES {
            let insert = Snippet::plain(quoted(name));
            offers.push(Sort::Variable, *name, insert, "", *help);
        }
    }
}
