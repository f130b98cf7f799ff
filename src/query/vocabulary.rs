//! The words of MongoDB's query language: what each is called, takes and does, and since which server.
//!
//! Tables alone: knows no text and no cursor. Complete for servers 6.0 to 8.0; words that older servers had and newer
//! ones dropped are left out.

/// Items as they stand: the tables keep a line for each word, which the formatter would take apart.
macro_rules! as_written {
    ($($item:item)*) => { $($item)* };
}

pub(super) mod expressions;
pub(super) mod filters;
pub(super) mod options;
pub(super) mod stages;
pub(super) mod updates;
pub(super) mod values;

/// A server's version: major and minor.
pub type Version = (u8, u8);

/// What may stand somewhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Role {
    /// Anything.
    Any,
    /// A filter's document.
    Filter,
    /// What a field of a filter is held to: a value, or operators.
    Condition,
    /// What `$elemMatch` takes: a filter of the elements' fields, or operators on the elements.
    Element,
    /// A value of the field that the text is about.
    Value,
    /// An array of stages.
    Pipeline,
    /// A document of one stage.
    Stage,
    /// An aggregation expression.
    Expression,
    /// New fields, each an expression.
    NewFields,
    /// `$project`: 0, 1 or an expression for each field.
    Project,
    /// `$group`: `_id`, and an accumulator for each other field.
    Group,
    /// New fields, each an accumulator.
    Accumulators,
    /// One accumulator's document.
    Accumulator,
    /// New fields, each a function over a window.
    Windows,
    /// One window function's document.
    Window,
    /// A document with these keys.
    Keys(&'static [Entry]),
    /// A document with free names, each of them this.
    Each(&'static Role),
    /// An array of these.
    List(&'static Role),
    /// One of these, or an array of them.
    Few(&'static Role),
    /// One of these texts.
    Words(&'static [&'static str]),
    /// A field's path without a dollar sign.
    FieldName,
    /// A field's path with a dollar sign.
    FieldPath,
    /// A name of the person's own.
    Name,
    /// A collection's name.
    Collection,
    /// A database's name.
    Database,
    /// Keys with directions.
    Sort,
    /// A projection of `find`.
    Projection,
    /// An update's document, or a pipeline.
    Update,
    /// Fields with this for each.
    Fields(&'static Role),
    /// A whole document of the collection.
    Document,
    /// An index's keys.
    IndexKeys,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Whole,
    /// The value of a sort's key: `1` or `-1`.
    Direction,
    /// The value of an index's key.
    IndexKind,
    /// The value of a projection's field.
    Shown,
}

/// One word of the language.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    /// The first server that has it; `(0, 0)` where all that are in use do.
    pub(super) since: Version,
    /// How it is written.
    pub(super) signature: &'static str,
    /// What it does, in a line.
    pub(super) help: &'static str,
    /// What is inserted, in the notation of snippets; empty where that follows from what it takes.
    pub(super) snippet: &'static str,
    /// What stands after its colon.
    pub(super) takes: Role,
}

impl Entry {
    const fn since(mut self, major: u8, minor: u8) -> Self {
        self.since = (major, minor);
        self
    }

    const fn snippet(mut self, snippet: &'static str) -> Self {
        self.snippet = snippet;
        self
    }
}

/// An entry; see its fields.
const fn entry(
    name: &'static str,
    signature: &'static str,
    help: &'static str,
    takes: Role,
) -> Entry {
    Entry {
        name,
        since: (0, 0),
        signature,
        help,
        snippet: "",
        takes,
    }
}

/// The entry of this name.
pub(super) fn find(entries: &'static [Entry], name: &str) -> Option<&'static Entry> {
    entries.iter().find(|e| e.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_says_how_it_is_written_and_what_it_does() {
        let tables = [
            stages::STAGES,
            expressions::EXPRESSIONS,
            expressions::ACCUMULATORS,
            expressions::WINDOWS,
            filters::TOP,
            filters::CONDITIONS,
            updates::UPDATES,
            options::OPERATIONS,
            options::METHODS,
            values::CONSTRUCTORS,
        ];
        for table in tables {
            for (i, e) in table.iter().enumerate() {
                assert!(!e.signature.is_empty() && !e.help.is_empty(), "{}", e.name);
                assert!(e.help.len() < 110, "{}: {}", e.name, e.help);
                assert!(!e.help.ends_with('.'), "{}", e.name);
                assert!(
                    table[i + 1..].iter().all(|o| o.name != e.name),
                    "{} occurs twice",
                    e.name
                );
            }
        }
    }
}
