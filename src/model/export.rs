//! A model in other languages: `$jsonSchema`, TypeScript, Mongoose, Mermaid.
//!
//! Pure: text and BSON out. What the other language cannot say is a [`Note`] with its place, never silently dropped.
//!
//! Invariant: what is written is valid in its language whatever the model's names and values hold, and is the same for
//! the same models.

mod condition;
mod jsonschema;
mod mermaid;
mod mongoose;
mod pattern;
mod typescript;
mod words;

pub use jsonschema::{SchemaExport, Undeclared};
pub use mermaid::mermaid;
pub use mongoose::mongoose;
pub use typescript::typescript;

/// Something that a model says and its export cannot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Note {
    /// The field in dot notation, an array's elements as `[]`; empty for the model as a whole.
    pub path: String,
    /// What is left out or different, as a clause.
    pub what: String,
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.what)
        } else {
            write!(f, "`{}`: {}", self.path, self.what)
        }
    }
}

/// Models as text in another language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exported {
    /// The text, with a line end at its end.
    pub text: String,
    /// What it leaves out; each note's path starts with the model's name.
    pub notes: Vec<Note>,
}

/// Notes in the order they are found, each once.
#[derive(Debug, Default)]
struct Notes(Vec<Note>);

impl Notes {
    fn add(&mut self, path: &str, what: impl Into<String>) {
        let note = Note {
            path: path.to_owned(),
            what: what.into(),
        };
        if !self.0.contains(&note) && self.0.len() < 2_000 {
            self.0.push(note);
        }
    }
}

fn join(path: &str, name: &str) -> String {
    match (path.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (false, true) => path.to_owned(),
        (false, false) => format!("{path}.{name}"),
    }
}
