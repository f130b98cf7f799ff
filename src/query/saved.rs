//! Saved queries: a file that is a statement, with a comment in front that says what it is.
//!
//! ```js
//! /**
//!  * Users who signed up, month by month.
//!  * @name user-growth
//!  * @profile staging
//!  * @database career_dev
//!  * @format table
//!  * @chart bar
//!  * @param {date} since = 2026-01-01 - the first day that counts
//!  * @param {open|closed} status = open - in which state
//!  */
//! db.users.aggregate([{$match: {createdAt: {$gte: params.since}, status: params.status}}, …])
//! ```
//!
//! Text before the first tag describes the query. A parameter is an identifier of the statement, `params.since`, and
//! what is given for it is read by its type into one value: text is never pasted into text. Pure; nothing is executed.

mod header;
mod parameter;
pub mod shelf;
pub mod shipped;
pub mod write;

use std::collections::BTreeMap;

use bson::RawBson;

use super::{Checked, Context, Input};
use crate::value::Diagnostic;
use crate::value::chart::Kind as ChartKind;
use crate::value::diagnostic::did_you_mean;
pub use parameter::{Parameter, Type};

/// A saved query, as its file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedQuery {
    /// Its name: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// What it is for, in one line or several; may be empty.
    pub description: String,
    /// The profile that it is for, where none is asked for.
    pub profile: Option<String>,
    /// The database that `db` is, where none is asked for.
    pub database: Option<String>,
    /// The format of headless results, where none is asked for: one of [`FORMATS`].
    pub format: Option<String>,
    /// The chart that suits its result.
    pub chart: Option<ChartKind>,
    /// Its parameters, in the order of the header.
    pub parameters: Vec<Parameter>,
    /// The whole text of the file: header and statement.
    pub text: String,
}

/// The names of formats that a header may ask for.
pub const FORMATS: [&str; 8] = [
    "table", "json", "jsonl", "ejson", "csv", "markdown", "vertical", "bson",
];

/// A value for a parameter that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbound {
    /// The parameter's name, as it was given.
    pub parameter: String,
    /// What is wrong, as a clause about the parameter.
    pub message: String,
    /// The next step.
    pub help: Option<String>,
}

impl std::fmt::Display for Unbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the parameter `{}` {}", self.parameter, self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Unbound {}

impl SavedQuery {
    /// Reads the text of a file. `stem`, the file's name without its ending, is the query's name where the header gives
    /// none. The statement is read too, with example values for its parameters, so that a file that can never run is
    /// found before anybody runs it.
    ///
    /// # Errors
    /// Everything that is wrong with header or statement, in the order of the text.
    pub fn parse(stem: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let query = header::read(stem, text)?;
        let mut context = Context::new(query.database.as_deref().unwrap_or("test"), 0);
        context.parameters = query
            .parameters
            .iter()
            .map(|p| (p.name.clone(), p.example()))
            .collect();
        match super::parse(text, &context)? {
            Input::Statement(_) => Ok(query),
            Input::Value(_) => {
                let end = super::words::skip_space(text);
                Err(vec![
                    Diagnostic::new(
                        crate::value::Span::new(
                            end.min(text.len()),
                            text.trim_end().len().max(end.min(text.len())),
                        ),
                        "a saved query is a whole statement",
                    )
                    .with_help("write `db.collection.find({…})` or `db.collection.aggregate([…])`"),
                ])
            }
        }
    }

    /// Reads the comment in front alone, whatever the statement says.
    ///
    /// # Errors
    /// Everything that is wrong with the header.
    pub fn header(stem: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        header::read(stem, text)
    }

    /// Where the statement begins in the text of a file, behind the comments.
    #[must_use]
    pub fn statement_at(text: &str) -> usize {
        super::words::skip_space(text).min(text.len())
    }

    /// The values of all parameters: those that are `given` as text, read by their types, and the defaults of the others.
    /// `now_millis` is the time, for dates such as `-30d`.
    ///
    /// # Errors
    /// Every parameter that is unknown, missing, or cannot be read as its type.
    pub fn bind(
        &self,
        given: &BTreeMap<String, String>,
        now_millis: i64,
    ) -> Result<BTreeMap<String, RawBson>, Vec<Unbound>> {
        let mut values = BTreeMap::new();
        let mut problems = Vec::new();
        for name in given.keys() {
            if self.parameters.iter().all(|p| p.name != *name) {
                let known: Vec<&str> = self.parameters.iter().map(|p| p.name.as_str()).collect();
                let help = match did_you_mean(name, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if known.is_empty() => "this query takes none".to_owned(),
                    None => format!("there are `{}`", known.join("`, `")),
                };
                problems.push(Unbound {
                    parameter: name.clone(),
                    message: format!("is none of `{}`", self.name),
                    help: Some(help),
                });
            }
        }
        for parameter in &self.parameters {
            let text = given.get(&parameter.name).or(parameter.default.as_ref());
            match text {
                None => problems.push(Unbound {
                    parameter: parameter.name.clone(),
                    message: "has no value".to_owned(),
                    help: Some(format!(
                        "give it one: {} ({})",
                        parameter.usage(),
                        parameter.kind.describe()
                    )),
                }),
                Some(text) => match parameter.kind.read(text, now_millis) {
                    Ok(value) => {
                        values.insert(parameter.name.clone(), value);
                    }
                    Err(why) => problems.push(Unbound {
                        parameter: parameter.name.clone(),
                        message: why,
                        help: Some(format!("it takes {}", parameter.kind.describe())),
                    }),
                },
            }
        }
        if problems.is_empty() {
            Ok(values)
        } else {
            Err(problems)
        }
    }

    /// The statement with these values. `context` gives the time, chance and zone; its database counts only where neither
    /// header nor text names one.
    ///
    /// # Errors
    /// What is wrong with the text with these values.
    pub fn statement(
        &self,
        values: BTreeMap<String, RawBson>,
        context: &Context,
    ) -> Result<Checked, Vec<Diagnostic>> {
        let context = Context {
            parameters: values,
            ..context.clone()
        };
        super::check(&self.text, &context)
    }

    /// The description's first line.
    #[must_use]
    pub fn summary(&self) -> &str {
        self.description.lines().next().unwrap_or("")
    }
}

#[cfg(test)]
mod tests;
