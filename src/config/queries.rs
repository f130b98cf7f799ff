//! Saved queries on disk, a trusted project's before the person's own before those that come with the program.
//!
//! Reads files and nothing else; nothing in them is run here. Of two queries of one name the first found counts, and the
//! other is told as hidden. A file with a mistake is told with its place, and the others are still there.

use std::fmt;
use std::path::{Path, PathBuf};

use super::models::{matching, normal, text};
use super::{Config, Project, paths};
use crate::query::saved::{SavedQuery, shipped};

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
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The query.
    pub query: SavedQuery,
    /// Its place.
    pub origin: Origin,
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
}

impl Shelf {
    /// The query of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Found> {
        self.queries.iter().find(|f| f.query.name == name)
    }

    fn add(&mut self, found: Found) {
        if self.named(&found.query.name).is_some() {
            self.hidden.push(found);
        } else {
            self.queries.push(found);
        }
    }

    fn read(&mut self, origin: Origin, path: &Path) {
        let name = path.display().to_string();
        let text = match text(path) {
            Ok(text) => text,
            Err(why) => {
                self.problems.push(format!("cannot read `{name}`: {why}"));
                return;
            }
        };
        self.parse(origin, &name, &text);
    }

    fn parse(&mut self, origin: Origin, name: &str, text: &str) {
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

/// Reads all saved queries: `queries/*.js` beside a trusted project's file and in the configuration's directory, what the
/// key `queries` names in either, and those that come with the program.
#[must_use]
pub fn load(config: &Config) -> Shelf {
    let mut shelf = Shelf::default();
    let project = match &config.sources.project {
        Project::Trusted(file) => file.parent().map(Path::to_owned),
        _ => None,
    };
    let own = config
        .sources
        .personal
        .as_ref()
        .and_then(|f| f.parent().map(Path::to_owned))
        .or_else(|| paths::config().ok());
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut places: Vec<(bool, PathBuf)> = Vec::new();
    places.extend(project.iter().map(|d| (true, d.join("queries/*.js"))));
    let is_project = |base: &Path| project.as_deref().is_some_and(|p| same(p, base));
    let named = |wanted: bool| {
        config
            .queries
            .iter()
            .filter(move |g| is_project(&g.base) == wanted)
            .flat_map(|g| g.patterns.iter().map(|p| g.base.join(p)))
            .map(move |p| (wanted, p))
            .collect::<Vec<_>>()
    };
    places.extend(named(true));
    places.extend(own.iter().map(|d| (false, d.join("queries/*.js"))));
    places.extend(named(false));
    for (of_project, pattern) in places {
        for path in matching(&normal(&pattern)) {
            if seen.contains(&path) {
                continue;
            }
            seen.push(path.clone());
            let origin = if of_project {
                Origin::Project(path.clone())
            } else {
                Origin::Personal(path.clone())
            };
            shelf.read(origin, &path);
        }
    }
    for (path, text) in shipped::FILES {
        shelf.parse(Origin::Shipped(path), path, text);
    }
    shelf
}

fn same(a: &Path, b: &Path) -> bool {
    a == b
        || match (a.canonicalize(), b.canonicalize()) {
            (Ok(a), Ok(b)) => a == b,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn every_shipped_query_reads_and_has_a_name_of_its_own() {
        let mut shelf = Shelf::default();
        for (path, text) in shipped::FILES {
            shelf.parse(Origin::Shipped(path), path, text);
        }
        assert_eq!(shelf.problems, Vec::<String>::new());
        assert_eq!(shelf.hidden, []);
        assert_eq!(shelf.queries.len(), shipped::FILES.len());
        for found in &shelf.queries {
            assert!(found.query.database.is_some() && !found.query.description.is_empty());
        }
    }

    #[test]
    fn a_projects_query_hides_the_persons_and_the_shipped_one() {
        let home = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = home.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("p/queries/a.js", "// project\ndb.c.find()");
        write("p/queries/bad.js", "// @nmae x\ndb.c.find()");
        write("p/more/b.js", "// named\ndb.c.find()");
        write("own/queries/a.js", "// personal\ndb.c.find()");
        write("own/queries/nexstep-user-growth.js", "// mine\ndb.c.find()");
        let mut config = Config::default();
        config.sources.personal = Some(home.path().join("own/config.toml"));
        config.sources.project = Project::Trusted(home.path().join("p/mongodeck.toml"));
        config.queries.push(crate::config::Globs {
            base: home.path().join("p"),
            patterns: vec!["more/*.js".to_owned(), "queries/*.js".to_owned()],
        });
        let shelf = load(&config);
        let told = |name: &str| {
            let found = shelf.named(name).unwrap();
            (found.origin.word(), found.query.summary().to_owned())
        };
        assert_eq!(told("a"), ("project", "project".to_owned()));
        assert_eq!(told("b"), ("project", "named".to_owned()));
        assert_eq!(told("nexstep-user-growth"), ("personal", "mine".to_owned()));
        let hidden: Vec<_> = shelf.hidden.iter().map(|f| f.origin.word()).collect();
        assert_eq!(hidden, ["personal", "shipped"]);
        assert_eq!(shelf.problems.len(), 1);
        assert!(shelf.problems[0].contains("bad.js:1:4: `@nmae` is no tag"));
    }
}
