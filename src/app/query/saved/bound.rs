//! The parameters of a tab's text and the values that they stand for.
//!
//! Which there are is read from the text: those that its comment declares, and those that it uses without. Invariant: a
//! value is read by its parameter's type; one that cannot be read is no value.

use std::collections::BTreeMap;

use bson::RawBson;

use crate::app::scope::Moment;
use crate::query::saved::write::undeclared;
use crate::query::saved::{Parameter, SavedQuery};

/// The parameters of a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bound {
    /// All of them: those that are declared, then those that are only used.
    pub parameters: Vec<Parameter>,
    /// What was given for them, as text.
    pub given: BTreeMap<String, String>,
    /// What they stand for now.
    pub values: BTreeMap<String, RawBson>,
    /// The name and the description that the text's comment gives it; empty for none.
    pub label: (String, String),
}

impl Bound {
    /// Reads which parameters a text has, and what they stand for at this moment.
    pub fn read(&mut self, text: &str, now: Moment) {
        if !text.contains("params") && !text.contains('@') {
            self.parameters.clear();
            self.values.clear();
            self.label = <(String, String)>::default();
            return;
        }
        // While its comment is being typed the last one that could be read holds.
        if let Ok(header) = SavedQuery::header(UNNAMED, text) {
            self.parameters = header.parameters;
            let name = match header.name.as_str() {
                UNNAMED => String::new(),
                _ => header.name,
            };
            self.label = (name, header.description);
        } else {
            self.parameters.retain(|p| text.contains(&p.name));
        }
        let used = undeclared(text, &self.parameters);
        self.parameters.extend(used);
        let now = i64::try_from(now.0).unwrap_or(i64::MAX);
        self.values = self
            .parameters
            .iter()
            .filter_map(|p| {
                let text = self.given.get(&p.name).or(p.default.as_ref())?;
                Some((p.name.clone(), p.kind.read(text, now).ok()?))
            })
            .collect();
    }

    /// Whether a statement uses a parameter that has no value.
    #[must_use]
    pub fn lacks(&self, statement: &str) -> bool {
        undeclared(statement, &[])
            .iter()
            .any(|p| !self.values.contains_key(&p.name))
    }

    /// The values in a line: `since = 2026-01-01, status = open`; empty for none.
    #[must_use]
    pub fn line(&self) -> String {
        let said = self.parameters.iter().filter_map(|p| {
            let text = self.given.get(&p.name).or(p.default.as_ref())?;
            Some(format!("{} = {text}", p.name))
        });
        said.collect::<Vec<_>>().join(", ")
    }
}

const UNNAMED: &str = "unnamed";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_was_given_else_the_defaults_and_are_read_anew_at_each_moment() {
        let text = "/**\n * @name late\n * @param {date} since = -1d\n * @param {number} most = 5\n */\ndb.a.find({at: {$gte: params.since}, who: params.who}).limit(params.most)";
        let mut bound = Bound::default();
        bound.read(text, Moment(86_400_000));
        let names: Vec<&str> = bound.parameters.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["since", "most", "who"]);
        assert_eq!(bound.label.0, "late");
        let since = |b: &Bound| b.values.get("since").cloned();
        let date = |ms| Some(RawBson::DateTime(bson::DateTime::from_millis(ms)));
        assert_eq!(since(&bound), date(0));
        assert!(bound.lacks("x(params.who)") && !bound.lacks("x(params.since)"));
        bound.given.insert("who".to_owned(), "1})".to_owned());
        bound.read(text, Moment(86_400_001));
        assert_eq!(since(&bound), date(1));
        assert_eq!(
            bound.values.get("who"),
            Some(&RawBson::String("1})".to_owned())),
            "a value is a value, whatever it says"
        );
        bound.read("{a: 1}", Moment(0));
        assert_eq!(bound.values.len(), 0);
    }
}
