//! The place of a value inside a document.

use std::fmt;

use bson::{RawArray, RawBsonRef, RawDocument};

/// One step from a container to a value inside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// The field of a document with this name; the first of them where a name occurs twice.
    Key(String),
    /// The element of an array at this place, counted from 0.
    Index(usize),
}

/// A place inside a document: the steps from its top. The empty path is the document itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// The document itself.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// The field `name` of what this path leads to.
    #[must_use]
    pub fn key(&self, name: impl Into<String>) -> Self {
        self.step(Step::Key(name.into()))
    }

    /// The element `index` of what this path leads to.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.step(Step::Index(index))
    }

    /// One step further.
    #[must_use]
    pub fn step(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The container of this place; `None` for the document itself.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }

    /// Whether this is the document itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `other` is this place or lies inside it.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Reads `a.b.0` as the server's dot notation does: a step of digits is an index inside an array, and a key
    /// elsewhere; which of the two is decided when the path is looked up, so digits are kept as a key here.
    #[must_use]
    pub fn from_dotted(text: &str) -> Self {
        Self(
            text.split('.')
                .filter(|s| !s.is_empty())
                .map(|s| Step::Key(s.to_owned()))
                .collect(),
        )
    }

    /// The path that a text names: dot notation, and `['a.b']` where a key has a dot of its own or is empty, as paths
    /// are shown.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut steps = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find("['") {
            let Some(end) = rest[at + 2..].find("']") else {
                break;
            };
            steps.extend(Self::from_dotted(&rest[..at]).0);
            steps.push(Step::Key(rest[at + 2..at + 2 + end].to_owned()));
            rest = &rest[at + 2 + end + 2..];
        }
        steps.extend(Self::from_dotted(rest).0);
        Self(steps)
    }

    /// The server's dot notation, `a.b.0`. Ambiguous where a key has a dot of its own: see [`Path::is_plain`].
    #[must_use]
    pub fn dotted(&self) -> String {
        let parts: Vec<String> = self
            .0
            .iter()
            .map(|s| match s {
                Step::Key(k) => k.clone(),
                Step::Index(i) => i.to_string(),
            })
            .collect();
        parts.join(".")
    }

    /// Whether the server's dot notation names exactly this place: no key is empty, has a dot, or starts with a dollar.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.0.iter().all(|s| match s {
            Step::Key(k) => !k.is_empty() && !k.contains(['.', '\0']) && !k.starts_with('$'),
            Step::Index(_) => true,
        })
    }

    /// The value at this place; `None` where there is none or where the bytes on the way are not valid BSON.
    /// A key of digits also finds an array's element, as in dot notation.
    #[must_use]
    pub fn get<'a>(&self, document: &'a RawDocument) -> Option<RawBsonRef<'a>> {
        let mut at = RawBsonRef::Document(document);
        for step in &self.0 {
            at = match (at, step) {
                (RawBsonRef::Document(d), Step::Key(k)) => d
                    .iter()
                    .flatten()
                    .find(|(name, _)| name.as_str() == k)
                    .map(|(_, v)| v)?,
                (RawBsonRef::Document(d), Step::Index(i)) => {
                    let name = i.to_string();
                    d.iter()
                        .flatten()
                        .find(|(k, _)| k.as_str() == name)
                        .map(|(_, v)| v)?
                }
                (RawBsonRef::Array(a), Step::Index(i)) => element(a, *i)?,
                (RawBsonRef::Array(a), Step::Key(k)) => element(a, k.parse().ok()?)?,
                _ => return None,
            };
        }
        Some(at)
    }
}

fn element(array: &RawArray, index: usize) -> Option<RawBsonRef<'_>> {
    array.into_iter().nth(index)?.ok()
}

impl fmt::Display for Path {
    /// For people: `a.b[0]`, and `['odd.key']` where a key would be misread.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(n) => write!(f, "[{n}]")?,
                Step::Key(k)
                    if k.is_empty()
                        || k.contains(|c: char| {
                            c == '.' || c == '[' || c == '\'' || c.is_whitespace() || c.is_control()
                        }) =>
                {
                    write!(f, "['{}']", k.escape_debug())?;
                }
                Step::Key(k) if i == 0 => f.write_str(k)?,
                Step::Key(k) => write!(f, ".{k}")?,
            }
        }
        Ok(())
    }
}
