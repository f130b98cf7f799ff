//! Where the cursor is: walked from the outermost brackets to the innermost, with the fields known there.

use super::offer::{Offers, Way};
use super::{About, Completion, Form, Knowledge, Sort};
use crate::query::chain::Chain;
use crate::query::shape::{Follower, Shape};
use crate::query::sketch::{GroupId, ROOT, Sketch};
use crate::query::snippet::Snippet;
use crate::query::token::TokenKind;
use crate::query::vocabulary::{self, Entry, Role, options, values};
use crate::value::Span;

/// Brackets deeper than this are not looked into.
const MAX_LEVELS: usize = 300;

pub(super) fn completion(text: &str, cursor: usize, knowledge: &Knowledge<'_>) -> Completion {
    let sketch = Sketch::new(text);
    let nothing = Completion {
        replace: Span::point(cursor),
        typed: String::new(),
        candidates: Vec::new(),
        about: None,
    };
    let Some(typing) = Typing::at(&sketch, cursor) else {
        return nothing;
    };
    let mut place = Place {
        sketch: &sketch,
        knowledge,
        follower: Follower {
            sketch: &sketch,
            fields: knowledge.fields,
            database: knowledge.database,
        },
        database: knowledge.database.to_owned(),
        role: Role::Any,
        path: String::new(),
        shape: Shape::default(),
        names: Vec::new(),
        about: None,
    };
    let mut offers = Offers::new(knowledge);
    if !place.of_chain(&typing, &mut offers) {
        place.of_brackets(cursor, &typing, &mut offers);
    }
    let mut found = offers.finish(typing.replace, typing.typed);
    found.about = place.about.map(|e| About {
        name: e.name,
        signature: e.signature,
        help: e.help,
    });
    found
}

/// What is being typed at the cursor.
pub(super) struct Typing {
    /// What a candidate takes the place of.
    pub(super) replace: Span,
    pub(super) typed: String,
    /// The first token at or after what is replaced.
    token: usize,
    /// Inside quotes.
    pub(super) quoted: bool,
    /// After `name.`: the token of the dot.
    dot: Option<usize>,
}

impl Typing {
    /// `None` inside a comment, a number or a regular expression.
    fn at(sketch: &Sketch<'_>, cursor: usize) -> Option<Self> {
        let token = sketch.tokens.partition_point(|t| t.span.end < cursor);
        let plain = |token| Self {
            replace: Span::point(cursor),
            typed: String::new(),
            token,
            quoted: false,
            dot: None,
        };
        // The token that the cursor is inside of or right behind; of two that meet there, the word or text.
        let touches = |i: usize| {
            sketch
                .tokens
                .get(i)
                .is_some_and(|t| t.span.start < cursor && cursor <= t.span.end)
        };
        let mut found = plain(token);
        if !touches(token) {
            found.token = token;
        } else {
            let here = sketch.tokens[token];
            let inside = cursor < here.span.end || !here.closed;
            let typed = || {
                sketch
                    .text
                    .get(here.span.start..cursor)
                    .unwrap_or("")
                    .to_owned()
            };
            match here.kind {
                TokenKind::LineComment => return None,
                TokenKind::BlockComment if inside => return None,
                TokenKind::Regex | TokenKind::Number => return None,
                TokenKind::Text | TokenKind::Template if inside => {
                    let end = if here.closed { here.span.end } else { cursor };
                    found.replace = Span::new(here.span.start, end);
                    found.typed = typed();
                    found.quoted = true;
                }
                TokenKind::Word => {
                    found.replace = here.span;
                    found.typed = typed();
                }
                _ => found.token = token + 1,
            }
        }
        // A path with dots that is not in quotes yet, or a chain.
        let before = found.token.checked_sub(1);
        if !found.quoted
            && let Some(dot) = before.filter(|i| sketch.tokens[*i].kind == TokenKind::Dot)
        {
            found.dot = Some(dot);
        }
        Some(found)
    }
}

pub(super) struct Place<'p, 't> {
    pub(super) sketch: &'p Sketch<'t>,
    pub(super) knowledge: &'p Knowledge<'p>,
    pub(super) follower: Follower<'p, 't>,
    database: String,
    pub(super) role: Role,
    /// The field that a condition or value is about.
    pub(super) path: String,
    /// The fields of the documents here.
    pub(super) shape: Shape,
    /// Names of the person's own, used as `$$name`.
    pub(super) names: Vec<String>,
    pub(super) about: Option<&'static Entry>,
}

impl Place<'_, '_> {
    /// After a dot: of a chain that starts with `db`, or `params.`. False where it is neither.
    fn of_chain(&mut self, typing: &Typing, offers: &mut Offers<'_>) -> bool {
        let Some(dot) = typing.dot else {
            return false;
        };
        let sketch = self.sketch;
        if dot > 0 && sketch.token_text(dot - 1) == "params" {
            for one in self.knowledge.parameters {
                offers.push(
                    Sort::Parameter,
                    one.name.clone(),
                    Snippet::plain(one.name.clone()),
                    one.kind.clone(),
                    one.help.clone(),
                );
            }
            return true;
        }
        // The name before the dot is a link too: a chain that ends there has no last name of its own.
        let chain = Chain::before(sketch, dot);
        if !chain.rooted {
            return false;
        }
        // `db.a.` is a collection `a`, or the start of `a.b`.
        let mut collection = chain.collection.clone();
        if chain.operation.is_none()
            && let Some(last) = chain.last
        {
            match &mut collection {
                Some(c) => {
                    c.push('.');
                    c.push_str(last);
                }
                None => collection = Some(last.to_owned()),
            }
        }
        if let Some((operation, _)) = chain.operation {
            let aggregate = operation == "aggregate";
            if matches!(operation, "find" | "findOne" | "aggregate") {
                offers.entries(options::METHODS, Sort::Method, Way::Plain);
            }
            if aggregate {
                let not: Vec<String> = ["sort", "limit", "skip", "projection", "hint", "collation"]
                    .map(str::to_owned)
                    .to_vec();
                offers.without(&not);
            }
            return true;
        }
        match collection {
            None => {
                let other = chain
                    .database
                    .as_deref()
                    .is_some_and(|d| d != self.knowledge.database);
                if !other {
                    for name in self.knowledge.collections {
                        offers.push(
                            Sort::Collection,
                            name.clone(),
                            collection_text(name),
                            "",
                            "",
                        );
                    }
                }
                offers.entries(options::OPERATIONS, Sort::Operation, Way::Plain);
                let not: Vec<String> = options::OPERATIONS
                    .iter()
                    .map(|e| e.name.to_owned())
                    .filter(|n| !options::OF_DATABASE.contains(&n.as_str()))
                    .collect();
                offers.without(&not);
            }
            Some(collection) => {
                let below = format!("{collection}.");
                for name in self.knowledge.collections {
                    if let Some(rest) = name.strip_prefix(&below)
                        && collection_text(rest).text == rest
                    {
                        offers.push(Sort::Collection, rest, Snippet::plain(rest), "", "");
                    }
                }
                offers.entries(options::OPERATIONS, Sort::Operation, Way::Plain);
                let not: Vec<String> = options::OF_DATABASE
                    .iter()
                    .filter(|n| !matches!(**n, "aggregate" | "stats"))
                    .map(|n| (*n).to_owned())
                    .collect();
                offers.without(&not);
            }
        }
        true
    }

    fn of_brackets(&mut self, cursor: usize, typing: &Typing, offers: &mut Offers<'_>) {
        let sketch = self.sketch;
        let from = typing.replace.start;
        let mut path = Vec::new();
        let mut group = sketch.group_at(from);
        while group != ROOT && path.len() < MAX_LEVELS {
            path.push(group);
            group = sketch.groups[group].parent;
        }
        path.reverse();
        let Some((&first, _)) = path.split_first() else {
            self.at_root(typing, offers);
            return;
        };
        self.enter(first);
        for pair in path.windows(2) {
            let (outer, inner) = (pair[0], pair[1]);
            let part = sketch.groups[inner].in_part;
            let role = self.value_role(outer, part);
            let found = &sketch.groups[inner];
            self.role = if found.bracket == b'(' && is_called(sketch, inner) {
                // The arguments of a constructor; a call inside a chain in brackets is one of `print`.
                let chain = Chain::before(sketch, found.open);
                if chain.rooted {
                    self.enter(inner);
                    self.role
                } else {
                    self.about = constructor(chain.last);
                    Role::Any
                }
            } else {
                role
            };
        }
        let Some(&inner) = path.last() else { return };
        let part = sketch.part_at(inner, from);
        let parts = &sketch.groups[inner].parts;
        let Some(found) = parts.get(part).copied() else {
            return;
        };
        let colon = found
            .colon
            .filter(|c| sketch.tokens.get(*c).is_some_and(|t| t.span.start < from));
        if sketch.groups[inner].bracket == b'{' && colon.is_none() {
            let way = if found.colon.is_some() {
                Way::Key
            } else {
                Way::Entry
            };
            let taken = self.taken(inner, part);
            self.at_key(inner, way, offers);
            offers.without(&taken);
        } else {
            // A value has started already: `1 + |` is no place for one more, but `- |` may be.
            let (start, _) = sketch.value_range(inner, &found);
            let already = (start..typing.token.min(sketch.tokens.len())).any(|i| {
                !sketch.tokens[i].is_comment() && sketch.tokens[i].kind != TokenKind::Operator
            });
            let role = self.value_role(inner, part);
            if already && typing.dot.is_none() {
                return;
            }
            self.at_value(role, cursor, typing, offers);
            if typing.quoted {
                offers.texts_only();
            }
        }
    }

    /// The keys that a document has besides the one at the cursor.
    fn taken(&self, group: GroupId, part: usize) -> Vec<String> {
        let here = self.sketch.groups[group].parts.get(part).map(|p| p.first);
        self.sketch
            .entries(group)
            .filter(|(_, p)| Some(p.first) != here)
            .map(|(key, _)| key.into_owned())
            .collect()
    }

    /// The outermost brackets: of a call, or a bare literal.
    fn enter(&mut self, group: GroupId) {
        let sketch = self.sketch;
        let found = &sketch.groups[group];
        let collection = self.knowledge.collection.to_owned();
        match found.bracket {
            b'(' => {
                let chain = Chain::before(sketch, found.open);
                if let Some(database) = &chain.database {
                    self.database.clone_from(database);
                }
                if let (true, Some(name)) = (chain.rooted, chain.last) {
                    let collection = chain.collection.as_deref().unwrap_or("");
                    self.shape =
                        Shape::of(self.knowledge.fields.fields(&self.database, collection));
                    self.about = match chain.operation {
                        Some(_) => vocabulary::find(options::METHODS, name),
                        None => vocabulary::find(options::OPERATIONS, name),
                    };
                    // The roles of the arguments are looked up part by part.
                    self.role = Role::Any;
                } else {
                    self.about = constructor(chain.last);
                }
            }
            bracket => {
                self.shape = Shape::of(self.knowledge.fields.fields(&self.database, &collection));
                // `const since = {`: a value of which nothing is known.
                let named = sketch
                    .last_significant(0, found.open)
                    .is_some_and(|i| sketch.tokens[i].kind == TokenKind::Operator);
                self.role = match (self.knowledge.form, bracket) {
                    _ if named => Role::Any,
                    (Form::Any, b'[') | (Form::Pipeline, _) => Role::Pipeline,
                    (Form::Any | Form::Filter, _) => Role::Filter,
                    (Form::Projection, _) => Role::Projection,
                    (Form::Sort, _) => Role::Sort,
                    (Form::Collation, _) => options::COLLATION,
                    (Form::Hint, _) => Role::IndexKeys,
                    (Form::Stage, _) => Role::Stage,
                    (Form::Update, b'[') => Role::Pipeline,
                    (Form::Update, _) => Role::Update,
                };
            }
        }
    }

    /// Outside all brackets.
    fn at_root(&mut self, typing: &Typing, offers: &mut Offers<'_>) {
        let sketch = self.sketch;
        let before = typing
            .token
            .checked_sub(1)
            .filter(|i| sketch.tokens[*i].span.end <= typing.replace.start)
            .and_then(|i| sketch.last_significant(0, i + 1));
        if typing.quoted {
            return;
        }
        let word = before.map_or("", |i| sketch.token_text(i));
        let same_line = before.is_some_and(|i| {
            let gap = sketch
                .text
                .get(sketch.tokens[i].span.end..typing.replace.start)
                .unwrap_or("");
            !gap.contains('\n')
        });
        if same_line && word == "use" {
            for name in self.knowledge.databases {
                offers.push(
                    Sort::Database,
                    name.clone(),
                    Snippet::plain(name.clone()),
                    "",
                    "",
                );
            }
            return;
        }
        if same_line && word == "show" {
            for (word, help) in [
                ("collections", "the collections' names"),
                ("dbs", "the databases"),
            ] {
                offers.push(Sort::Word, word, Snippet::plain(word), "", help);
            }
            return;
        }
        if same_line && !matches!(word, "" | ";") {
            return;
        }
        match self.knowledge.form {
            Form::Any => {
                for name in self.knowledge.collections {
                    let insert = collection_text(name).between(
                        if collection_text(name).text.starts_with("getColl") || !name.is_empty() {
                            "db."
                        } else {
                            ""
                        },
                        ".",
                    );
                    offers.push(Sort::Collection, format!("db.{name}"), insert, "", "");
                }
                for (word, insert, help) in [
                    ("db", "db.", "the current database"),
                    ("use", "use ", "changes to another database"),
                    ("show", "show ", "lists collections or databases"),
                    (
                        "const",
                        "const ‹name› = ‹›;",
                        "a name for a value, before a statement",
                    ),
                    ("{ }", "{ ‹› }", "a filter"),
                    ("[ ]", "[\n  { ‹› },\n]", "a pipeline"),
                ] {
                    offers.push(Sort::Word, word, Snippet::parse(insert), "", help);
                }
            }
            Form::Pipeline => offers.push(
                Sort::Word,
                "[ ]",
                Snippet::parse("[\n  { ‹› },\n]"),
                "",
                "a pipeline",
            ),
            Form::Hint => offers.push(
                Sort::Word,
                "{ }",
                Snippet::parse("{ ‹field›: ‹1› }"),
                "",
                "an index's keys",
            ),
            _ => offers.push(Sort::Word, "{ }", Snippet::parse("{ ‹› }"), "", ""),
        }
    }
}

/// Whether parentheses are those of a call.
pub(super) fn is_called(sketch: &Sketch<'_>, group: GroupId) -> bool {
    let open = sketch.groups[group].open;
    sketch.last_significant(0, open).is_some_and(|i| {
        sketch.tokens[i].kind == TokenKind::Word
            && !matches!(sketch.token_text(i), "typeof" | "void" | "in" | "return")
    })
}

fn constructor(name: Option<&str>) -> Option<&'static Entry> {
    let name = name?;
    values::CONSTRUCTORS
        .iter()
        .find(|e| e.name.trim_start_matches("new ") == name)
}

/// A collection's name after `db.`.
fn collection_text(name: &str) -> Snippet {
    let plain = name.split('.').all(|part| {
        let mut chars = part.chars();
        chars
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '_' || c == '$')
            && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '$')
    });
    let method = options::OF_DATABASE.contains(&name);
    if plain && !method {
        Snippet::plain(name)
    } else {
        Snippet::plain(format!("getCollection({})", super::offer::quoted(name)))
    }
}
