//! Opening a query tab: with the find that a tab of documents shows, or with text of its own.

use super::running::Running;
use super::text::QueryText;
use super::{Part, Query, Results};
use crate::app::scope::{Scope, TabId};
use crate::mongo::request::ProfileName;

/// How much of the height the text has at first, in percent.
const SHARE: u16 = 40;

impl Query {
    /// A tab with a text that is not run.
    pub fn open(
        scope: &mut Scope<'_>,
        tab: TabId,
        profile: ProfileName,
        database: String,
        collection: Option<String>,
        text: &str,
    ) -> Self {
        let mut query = Self {
            tab,
            profile,
            database,
            collection,
            text: QueryText::new(text),
            part: Part::Text,
            share: SHARE,
            results: Results::default(),
            running: None::<Running>,
            asked: None,
            last: None,
            held: None,
            bound: super::saved::Bound::default(),
            saving: None,
            form: None,
            watch: None,
            stages: super::stages::Stages::default(),
            list: None,
            known: super::completing::Known::default(),
        };
        query.changed(scope);
        query
    }
}

/// The statement of a find as text: `db.orders.find({…}).sort({…})`.
#[must_use]
pub fn find_text(collection: &str, filter: &str, sort: &str) -> String {
    let filter = match filter.trim() {
        "" => "{}",
        filter => filter,
    };
    let mut text = format!("db{}.find({filter})", place(collection));
    if !sort.trim().is_empty() {
        text.push_str(&format!(".sort({})", sort.trim()));
    }
    text
}

/// How a collection is named after `db`: `.orders`, or `.getCollection('my-orders')`.
#[must_use]
pub fn place(collection: &str) -> String {
    let mut chars = collection.chars();
    let plain = chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
        && !collection.ends_with('.')
        && !collection.contains("..")
        && crate::query::Operation::from_name(collection).is_none()
        && !collection.split('.').skip(1).any(|part| {
            part.is_empty()
                || part.starts_with(|c: char| c.is_ascii_digit())
                || crate::query::Operation::from_name(part).is_some()
        });
    match plain {
        true => format!(".{collection}"),
        false => {
            let quoted = collection.replace('\\', "\\\\").replace('\'', "\\'");
            format!(".getCollection('{quoted}')")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_find_is_text_that_names_its_collection_safely() {
        assert_eq!(find_text("orders", "", ""), "db.orders.find({})");
        assert_eq!(
            find_text("a.b", " {x: 1} ", "{y: -1}"),
            "db.a.b.find({x: 1}).sort({y: -1})"
        );
        assert_eq!(place("my-orders"), ".getCollection('my-orders')");
        assert_eq!(place("stats"), ".getCollection('stats')");
        assert_eq!(place("it's"), ".getCollection('it\\'s')");
    }
}
