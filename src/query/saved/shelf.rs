//! All saved queries that can be had, and where they come from.
//!
//! Data alone: who reads and writes files fills it. Invariant: of each name there is one query; what it hides is kept
//! beside it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::SavedQuery;

/// Where a saved query comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file of the project, which is trusted.
    Project(PathBuf),
    /// A file of the person.
    Personal(PathBuf),
    /// The program itself: the path below its `assets/queries`.
    Shipped(&'static str),
}

impl Origin {
    /// The word for the kind of place.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Project(_) => "project",
            Self::Personal(_) => "personal",
            Self::Shipped(_) => "shipped",
        }
    }

    /// The file, where there is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Project(path) | Self::Personal(path) => Some(path),
            Self::Shipped(_) => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project(path) | Self::Personal(path) => write!(f, "{}", path.display()),
            Self::Shipped(path) => write!(f, "shipped:{path}"),
        }
    }
}

/// A saved query, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The query.
    pub query: SavedQuery,
    /// Its place.
    pub origin: Origin,
}

/// The directories that new queries go to; they need not be there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Homes {
    /// That of the project, where there is a trusted one.
    pub project: Option<PathBuf>,
    /// That of the person; `None` where there is no home directory.
    pub personal: Option<PathBuf>,
}

impl Homes {
    /// Where a new query of this name goes: to the project where there is one, else to the person.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<Origin> {
        let file = format!("{name}.js");
        match (&self.project, &self.personal) {
            (Some(project), _) => Some(Origin::Project(project.join(file))),
            (None, Some(personal)) => Some(Origin::Personal(personal.join(file))),
            (None, None) => None,
        }
    }
}

/// What a file that is written may take the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instead {
    /// Of none: where a file is there, nothing is written.
    Nothing,
    /// Of a file that still holds this text.
    Text(String),
    /// Of any: the person agreed.
    Anything,
}

/// Why a query was not saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSaved {
    /// Another file is there.
    Taken,
    /// The file system refuses, in words.
    Failed(String),
}

/// All saved queries that can be had.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shelf {
    /// One of each name: the project's, then the person's own, then shipped ones.
    pub queries: Vec<Found>,
    /// Queries that one of the same name hides.
    pub hidden: Vec<Found>,
    /// Files that cannot be used, each problem rendered with its place.
    pub problems: Vec<String>,
    /// Where new queries go.
    pub homes: Homes,
}

impl Shelf {
    /// The query of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Found> {
        self.queries.iter().find(|f| f.query.name == name)
    }

    /// The query of this name, hidden or not, among those of the same kind of place as `origin`.
    #[must_use]
    pub fn beside(&self, name: &str, origin: &Origin) -> Option<&Found> {
        let same = |f: &&Found| f.query.name == name && f.origin.word() == origin.word();
        self.queries.iter().chain(&self.hidden).find(same)
    }

    /// Adds a query, behind those of the same name.
    pub fn add(&mut self, found: Found) {
        if self.named(&found.query.name).is_some() {
            self.hidden.push(found);
        } else {
            self.queries.push(found);
        }
    }

    /// Adds what the text of a file says; `name` is the file's, for what is wrong with it.
    pub fn parse(&mut self, origin: Origin, name: &str, text: &str) {
        let stem = Path::new(name)
            .file_stem()
            .map_or_else(String::new, |s| s.to_string_lossy().into_owned());
        match SavedQuery::parse(&stem, text) {
            Ok(query) => self.add(Found { query, origin }),
            Err(problems) => self
                .problems
                .extend(problems.iter().map(|p| p.render(name, text))),
        }
    }
}
