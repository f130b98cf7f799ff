//! Saved queries on disk, a trusted project's before the person's own before those that come with the program.
//!
//! Reads files and nothing else; nothing in them is run here. Of two queries of one name the first found counts, and the
//! other is told as hidden. A file with a mistake is told with its place, and the others are still there.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::models::{matching, normal, text};
use super::{Config, Project, paths};
pub use crate::query::saved::shelf::{Found, Origin, Shelf};
use crate::query::saved::shelf::{Homes, Instead, NotSaved};
use crate::query::saved::shipped;

/// Reads a file into a shelf.
fn read(shelf: &mut Shelf, origin: Origin, path: &Path) {
    let name = path.display().to_string();
    match text(path) {
        Ok(text) => shelf.parse(origin, &name, &text),
        Err(why) => shelf.problems.push(format!("cannot read `{name}`: {why}")),
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
    shelf.homes = Homes {
        project: project.as_ref().map(|d| d.join("queries")),
        personal: own.as_ref().map(|d| d.join("queries")),
    };
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
            read(&mut shelf, origin, &path);
        }
    }
    for (path, text) in shipped::FILES {
        shelf.parse(Origin::Shipped(path), path, text);
    }
    shelf
}

/// Writes a saved query: beside its place, then renamed, so that nobody ever reads half of it.
///
/// # Errors
/// Another file is there than the one that may be replaced, or the file system refuses; nothing was changed.
pub fn save(path: &Path, query: &str, instead: &Instead) -> Result<(), NotSaved> {
    let failed = |e: io::Error| NotSaved::Failed(format!("`{}`: {e}", path.display()));
    let there = match fs::symlink_metadata(path) {
        Ok(_) => Some(text(path)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => return Err(failed(e)),
    };
    let may = match (&there, instead) {
        (None, _) | (_, Instead::Anything) => true,
        (Some(_), Instead::Nothing) => false,
        (Some(there), Instead::Text(known)) => there.as_ref().is_ok_and(|t| t == known),
    };
    if !may {
        return Err(NotSaved::Taken);
    }
    let directory = path.parent().unwrap_or(Path::new("."));
    // A person's own directory is nobody else's; a project's is for the team.
    if paths::config().is_ok_and(|own| directory.starts_with(own)) {
        paths::private_directory(directory)
    } else {
        fs::create_dir_all(directory)
    }
    .map_err(failed)?;
    // A link stays one: what it leads to is replaced.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let directory = target.parent().unwrap_or(directory);
    let mut file = tempfile::Builder::new()
        .prefix(".writing-")
        .tempfile_in(directory)
        .map_err(failed)?;
    file.write_all(query.as_bytes()).map_err(failed)?;
    permit(file.as_file(), &target).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&target).map_err(|e| failed(e.error))?;
    Ok(())
}

/// A project's file is for the team: it keeps the permissions that it had, and a new one can be read by others.
#[cfg(unix)]
fn permit(file: &fs::File, target: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = match fs::metadata(target) {
        Ok(there) => there.permissions().mode() & 0o777,
        Err(_) => match target.parent().map(fs::metadata) {
            // As open as its directory is.
            Some(Ok(directory)) => directory.permissions().mode() & 0o666,
            _ => 0o600,
        },
    };
    file.set_permissions(fs::Permissions::from_mode(mode | 0o600))
}

#[cfg(not(unix))]
fn permit(_file: &fs::File, _target: &Path) -> io::Result<()> {
    Ok(())
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
    fn a_query_is_saved_whole_and_never_over_one_that_is_not_known() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("queries/a.js");
        save(&path, "one", &Instead::Nothing).unwrap();
        let again = save(&path, "two", &Instead::Nothing);
        assert_eq!(again, Err(NotSaved::Taken));
        let changed = save(&path, "two", &Instead::Text("zero".to_owned()));
        assert_eq!(changed, Err(NotSaved::Taken));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        save(&path, "two", &Instead::Text("one".to_owned())).unwrap();
        save(&path, "three", &Instead::Anything).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "three");
        let left = fs::read_dir(home.path().join("queries")).unwrap().count();
        assert_eq!(left, 1, "no file in the making stays");
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
