//! A chain such as `db.orders.find({…}).sort({…})` read as a statement.
//!
//! Walks the links of the chain; arguments are values. Old names (`insert`, `update`, `remove`, …) become the ones
//! that say how many documents they change. Sends nothing.

mod arguments;
mod fit;
mod links;

use bson::RawBson;
use oxc_ast::ast::{Argument, Expression};

use arguments::canonical;
use links::{Link, links};

use super::eval::{Evaluator, bare, function_refusal, span_of};
use super::js::{Js, Object, Problem};
use super::operation::{CursorMethod, Operation, signature};
pub(super) use fit::normal_sort;

use crate::value::{Diagnostic, Span, diagnostic::did_you_mean};

/// A statement, ready to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The database: the current one, or the one that the text names.
    pub database: String,
    /// The collection; `None` for what is asked of the database.
    pub collection: Option<String>,
    /// What is done.
    pub operation: Operation,
    /// Its arguments, checked for their kind. A pipeline is always one array, and left-out filters are `{}`.
    pub arguments: Vec<RawBson>,
    /// The cursor's methods with their arguments, in the order written. Sorts are documents of numbers.
    pub cursor: Vec<(CursorMethod, Vec<RawBson>)>,
}

/// What a chain says.
pub(super) enum Chain {
    Statement(Statement),
    /// `db` itself or its name.
    Name(String),
}

/// Reads a chain; `None` where the expression is not one.
pub(super) fn read(
    evaluator: &mut Evaluator<'_>,
    expression: &Expression<'_>,
    database: &str,
) -> Result<Option<Chain>, Diagnostic> {
    let Some((root, root_span, links)) = links(evaluator, expression)? else {
        return Ok(None);
    };
    let mut reader = Reader {
        evaluator,
        links,
        at: 0,
        database: database.to_owned(),
        end: span_of(expression).end,
    };
    if root != "db" {
        return reader.of_deployment(root, root_span).map(Some);
    }
    reader.of_database().map(Some)
}

struct Reader<'r, 'c, 'e, 'a> {
    evaluator: &'r mut Evaluator<'c>,
    links: Vec<Link<'e, 'a>>,
    at: usize,
    database: String,
    end: usize,
}

type Arguments<'e, 'a> = (&'e [Argument<'a>], Span);

impl<'e, 'a> Reader<'_, '_, 'e, 'a> {
    fn name(&self, ahead: usize) -> Option<(&str, Span)> {
        match self.links.get(self.at + ahead) {
            Some(Link::Name(name, span)) => Some((name, *span)),
            _ => None,
        }
    }

    fn arguments(&self, ahead: usize) -> Option<Arguments<'e, 'a>> {
        match self.links.get(self.at + ahead) {
            Some(Link::Call(arguments, span)) => Some((arguments, *span)),
            _ => None,
        }
    }

    fn statement(
        &mut self,
        collection: Option<String>,
        operation: Operation,
        arguments: Vec<RawBson>,
    ) -> Result<Chain, Diagnostic> {
        let cursor = self.cursor(operation)?;
        Ok(Chain::Statement(Statement {
            database: std::mem::take(&mut self.database),
            collection,
            operation,
            arguments,
            cursor,
        }))
    }

    fn command(
        &mut self,
        operation: Operation,
        fields: Vec<(&str, Js)>,
    ) -> Result<Chain, Diagnostic> {
        let object: Object = fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        let command = self.bson(&Js::Object(object), Span::point(self.end))?;
        self.statement(None, operation, vec![command])
    }

    fn bson(&self, value: &Js, span: Span) -> Result<RawBson, Diagnostic> {
        value.to_bson().map_err(|p| problem(span, p))
    }

    fn text(
        &mut self,
        (arguments, span): Arguments<'_, '_>,
        what: &str,
    ) -> Result<String, Diagnostic> {
        let values = self.evaluator.arguments(arguments)?;
        match values.as_slice() {
            [Js::Text(text)] if !text.is_empty() && !text.contains('\0') => Ok(text.clone()),
            [Js::Text(_)] => Err(Diagnostic::new(span, format!("{what} cannot be empty"))
                .with_help("write its name in quotes")),
            _ => Err(
                Diagnostic::new(span, format!("{what} is named by one string"))
                    .with_help("write its name in quotes"),
            ),
        }
    }

    fn of_deployment(&mut self, root: &str, span: Span) -> Result<Chain, Diagnostic> {
        let command = match (root, self.name(0).map(|(n, _)| n), self.arguments(1)) {
            ("rs", Some("status"), Some(([], _))) => "replSetGetStatus",
            ("rs", Some("conf" | "config"), Some(([], _))) => "replSetGetConfig",
            ("rs", Some("hello" | "isMaster"), Some(([], _))) => "hello",
            _ => {
                return Err(Diagnostic::new(
                    span,
                    format!("this method of `{root}` is not known here"),
                )
                .with_help("write it as `db.adminCommand({…})`"));
            }
        };
        self.at += 2;
        self.command(Operation::AdminCommand, vec![(command, Js::Number(1.0))])
    }

    fn of_database(&mut self) -> Result<Chain, Diagnostic> {
        loop {
            let Some((name, span)) = self.name(0).map(|(n, s)| (n.to_owned(), s)) else {
                return match self.arguments(0) {
                    Some((_, span)) => Err(Diagnostic::new(span, "`db` is not a function")
                        .with_help("write `db.collection.find(…)`")),
                    None => Ok(Chain::Name(self.database.clone())),
                };
            };
            let Some(arguments) = self.arguments(1) else {
                self.at += 1;
                return self.of_collection(name, span);
            };
            self.at += 2;
            match name.as_str() {
                "getSiblingDB" | "getDB" => {
                    self.database = self.text(arguments, "a database")?;
                }
                "getMongo" | "getSession" => {}
                "getCollection" => {
                    let collection = self.text(arguments, "a collection")?;
                    return self.of_collection(collection, span);
                }
                "getName" if self.at == self.links.len() => {
                    return Ok(Chain::Name(self.database.clone()));
                }
                _ => return self.database_operation(&name, span, arguments),
            }
        }
    }

    fn database_operation(
        &mut self,
        name: &str,
        span: Span,
        arguments: Arguments<'e, 'a>,
    ) -> Result<Chain, Diagnostic> {
        let simple = match name {
            "stats" => Some("dbStats"),
            "serverStatus" => Some("serverStatus"),
            "hello" => Some("hello"),
            "isMaster" => Some("hello"),
            "version" | "serverBuildInfo" => Some("buildInfo"),
            "ping" => Some("ping"),
            "hostInfo" => Some("hostInfo"),
            "getUsers" => Some("usersInfo"),
            "getRoles" => Some("rolesInfo"),
            "listCommands" => Some("listCommands"),
            "getProfilingStatus" => None,
            _ => None,
        };
        if let Some(command) = simple {
            let values = self.evaluator.arguments(arguments.0)?;
            let mut fields = vec![(command, Js::Number(1.0))];
            match (name, values.as_slice()) {
                (_, []) => {}
                ("stats", [scale @ Js::Number(_)]) => fields.push(("scale", scale.clone())),
                (_, [Js::Object(options)]) => {
                    let mut object: Object = Object::default();
                    object.set(command.to_owned(), Js::Number(1.0));
                    for (k, v) in options.ordered() {
                        object.set(k.clone(), v.clone());
                    }
                    let document = self.bson(&Js::Object(object), arguments.1)?;
                    return self.statement(None, Operation::RunCommand, vec![document]);
                }
                _ => {
                    return Err(Diagnostic::new(
                        arguments.1,
                        format!("`{name}` takes a document of options"),
                    ));
                }
            }
            return self.command(Operation::RunCommand, fields);
        }
        match name {
            "getProfilingStatus" => {
                return self.command(Operation::RunCommand, vec![("profile", Js::Number(-1.0))]);
            }
            "currentOp" => {
                let values = self.evaluator.arguments(arguments.0)?;
                let mut object = Object::default();
                object.set("currentOp".into(), Js::Number(1.0));
                match values.as_slice() {
                    [] => {}
                    [Js::Bool(all)] => object.set("$all".into(), Js::Bool(*all)),
                    [Js::Object(filter)] => {
                        for (k, v) in filter.ordered() {
                            object.set(k.clone(), v.clone());
                        }
                    }
                    _ => {
                        return Err(Diagnostic::new(arguments.1, "`currentOp` takes a filter"));
                    }
                }
                let document = self.bson(&Js::Object(object), arguments.1)?;
                return self.statement(None, Operation::AdminCommand, vec![document]);
            }
            "killOp" => {
                let values = self.evaluator.arguments(arguments.0)?;
                let [id] = values.as_slice() else {
                    return Err(Diagnostic::new(
                        arguments.1,
                        "`killOp` takes the operation's id",
                    ));
                };
                return self.command(
                    Operation::AdminCommand,
                    vec![("killOp", Js::Number(1.0)), ("op", id.clone())],
                );
            }
            _ => {}
        }
        let alias = match name {
            "getDBNames" | "getDatabaseNames" => "getDBNames",
            other => other,
        };
        match Operation::from_name(alias).filter(|o| o.of_database() && *o != Operation::Use) {
            Some(operation) => {
                let arguments = self.checked(operation, arguments)?;
                self.statement(None, operation, arguments)
            }
            None if Operation::from_name(name).is_some() => Err(Diagnostic::new(
                span,
                format!("`{name}` needs a collection"),
            )
            .with_help(format!("write `db.collection.{name}(…)`"))),
            None => {
                let known = Operation::ALL
                    .iter()
                    .filter(|o| o.of_database())
                    .map(|o| o.name());
                let known = known.chain([
                    "getCollection",
                    "getSiblingDB",
                    "stats",
                    "serverStatus",
                    "currentOp",
                ]);
                let diagnostic =
                    Diagnostic::new(span, format!("a database has no method `{name}`"));
                Err(match did_you_mean(name, known) {
                    Some(near) => diagnostic.with_help(format!("did you mean `db.{near}(…)`?")),
                    None => diagnostic.with_help("write a command as `db.runCommand({…})`"),
                })
            }
        }
    }

    fn of_collection(&mut self, first: String, span: Span) -> Result<Chain, Diagnostic> {
        let mut collection = first;
        let mut explain = None;
        if collection.is_empty() {
            return Err(Diagnostic::new(span, "a collection's name cannot be empty"));
        }
        loop {
            let Some((name, span)) = self.name(0).map(|(n, s)| (n.to_owned(), s)) else {
                return Err(match self.arguments(0) {
                    Some((_, span)) => {
                        Diagnostic::new(span, format!("`{collection}` is not a function"))
                            .with_help("write `db.collection.find(…)`")
                    }
                    None => Diagnostic::new(
                        Span::point(self.end),
                        format!("nothing is asked of the collection `{collection}`"),
                    )
                    .with_help("add `.find()`"),
                });
            };
            let Some(arguments) = self.arguments(1) else {
                if self.at + 1 == self.links.len() && canonical(&name).is_some() {
                    return Err(Diagnostic::new(span, format!("`{name}` is not called"))
                        .with_help(format!("add parentheses: `{name}()`")));
                }
                self.at += 1;
                collection.push('.');
                collection.push_str(&name);
                continue;
            };
            self.at += 2;
            match name.as_str() {
                "getCollection" => {
                    let rest = self.text(arguments, "a collection")?;
                    collection.push('.');
                    collection.push_str(&rest);
                    continue;
                }
                "explain" if explain.is_none() => {
                    let values = self.evaluator.arguments(arguments.0)?;
                    let values = values
                        .iter()
                        .map(|v| self.bson(v, arguments.1))
                        .collect::<Result<Vec<_>, _>>()?;
                    explain = Some(values);
                    continue;
                }
                _ => {}
            }
            let mut chain = self.collection_operation(collection, &name, span, arguments)?;
            if let (Some(verbosity), Chain::Statement(statement)) = (explain, &mut chain) {
                statement.cursor.push((CursorMethod::Explain, verbosity));
            }
            return Ok(chain);
        }
    }

    fn collection_operation(
        &mut self,
        collection: String,
        name: &str,
        span: Span,
        arguments: Arguments<'e, 'a>,
    ) -> Result<Chain, Diagnostic> {
        match name {
            "insert" | "update" | "remove" => {
                return self.old_write(collection, name, arguments);
            }
            "dataSize" | "storageSize" | "totalIndexSize" | "totalSize"
                if arguments.0.is_empty() =>
            {
                return self.statement(Some(collection), Operation::Stats, Vec::new());
            }
            "validate"
            | "isCapped"
            | "save"
            | "group"
            | "copyTo"
            | "initializeUnorderedBulkOp"
            | "initializeOrderedBulkOp"
            | "watch" => {
                return Err(
                    Diagnostic::new(span, format!("`{name}` cannot be used here")).with_help(
                        match name {
                            "validate" => "write `db.runCommand({validate: \"…\"})`",
                            "isCapped" => "look at `db.collection.stats()`",
                            "save" => "write `replaceOne({_id: …}, {…}, {upsert: true})`",
                            "group" => "write an aggregation with `$group`",
                            "watch" => "write an aggregation with `$changeStream`",
                            _ => "write `bulkWrite([…])`",
                        },
                    ),
                );
            }
            _ => {}
        }
        let Some(operation) = canonical(name) else {
            let diagnostic = Diagnostic::new(span, format!("a collection has no method `{name}`"));
            let known = Operation::ALL
                .iter()
                .filter(|o| o.of_collection())
                .map(|o| o.name());
            if CursorMethod::from_name(name).is_some() {
                return Err(
                    diagnostic.with_help(format!("call `find` first: `find({{…}}).{name}(…)`"))
                );
            }
            return Err(match did_you_mean(name, known) {
                Some(near) => diagnostic.with_help(format!("did you mean `{near}(…)`?")),
                None => diagnostic.with_help("write a command as `db.runCommand({…})`"),
            });
        };
        let arguments = self.checked(operation, arguments)?;
        self.statement(Some(collection), operation, arguments)
    }

    /// `insert`, `update` and `remove` under the names that say how many documents they change.
    fn old_write(
        &mut self,
        collection: String,
        name: &str,
        (arguments, span): Arguments<'e, 'a>,
    ) -> Result<Chain, Diagnostic> {
        let mut values = self.evaluator.arguments(arguments)?;
        let flag = |values: &mut Vec<Js>, at: usize, key: &str| -> bool {
            match values.get_mut(at) {
                Some(Js::Bool(set)) => {
                    let set = *set;
                    values.truncate(at);
                    set
                }
                Some(Js::Object(options)) => {
                    let set = options.get(key).is_some_and(Js::truthy);
                    let rest: Object = options
                        .ordered()
                        .into_iter()
                        .filter(|(k, _)| k != key)
                        .cloned()
                        .collect();
                    if rest.is_empty() {
                        values.truncate(at);
                    } else {
                        *options = rest;
                    }
                    set
                }
                _ => false,
            }
        };
        let operation = match name {
            "insert" if matches!(values.first(), Some(Js::Array(_))) => Operation::InsertMany,
            "insert" => Operation::InsertOne,
            "remove" => {
                if flag(&mut values, 1, "justOne") {
                    Operation::DeleteOne
                } else {
                    Operation::DeleteMany
                }
            }
            _ => {
                if values.len() == 4 || matches!(values.get(2), Some(Js::Bool(_))) {
                    let upsert = values.get(2).is_some_and(Js::truthy);
                    let multi = values.get(3).is_some_and(Js::truthy);
                    values.truncate(2);
                    let mut options = Object::default();
                    options.set("upsert".into(), Js::Bool(upsert));
                    options.set("multi".into(), Js::Bool(multi));
                    values.push(Js::Object(options));
                }
                let replacement = matches!(values.get(1), Some(Js::Object(update))
                    if update.first_key().is_none_or(|k| !k.starts_with('$')));
                let multi = flag(&mut values, 2, "multi");
                match (replacement, multi) {
                    (true, false) => Operation::ReplaceOne,
                    (_, true) => Operation::UpdateMany,
                    (false, false) => Operation::UpdateOne,
                }
            }
        };
        let spans = vec![span; values.len()];
        let arguments =
            self.checked_values(operation.name(), signature(operation), values, &spans, span)?;
        self.statement(Some(collection), operation, arguments)
    }
}

/// Whether a `forEach` only prints, which is what happens to results anyway.
fn prints(arguments: &[Argument<'_>]) -> bool {
    matches!(arguments, [only] if matches!(only.as_expression().map(bare),
        Some(Expression::Identifier(name)) if matches!(name.name.as_str(), "print" | "printjson" | "printjsononeline")))
}

fn problem(span: Span, problem: Problem) -> Diagnostic {
    Diagnostic {
        span,
        message: problem.message,
        help: problem.help,
    }
}

/// The diagnostic for a statement of the language itself, such as a loop.
pub(super) fn of_language(what: &str, span: Span) -> Diagnostic {
    if what == "function" {
        return function_refusal(span);
    }
    Diagnostic::new(
        span,
        format!("{what} is code, and query text is never executed"),
    )
    .with_help("write one statement, such as `db.orders.find({…})`, with values in place of names")
}
