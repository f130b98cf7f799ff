//! Model files on disk: globs of a profile to a [`Library`].
//!
//! Reads files and nothing else; what they say is the model reader's business. Files are parsed, never run.
//!
//! Invariant: a file that cannot be read is a gap of the library, never silently left out; no walk follows a link to a
//! directory, and none looks into `node_modules` or a hidden directory.

use std::fs;
use std::path::{Component, Path, PathBuf};

use bson::RawDocumentBuf;

use crate::model::{Gap, Library, Model, Reading, Sources, reader};
use crate::value::{Diagnostic, Span, extjson};

const MOST_FILES: usize = 20_000;
const LARGEST: u64 = 8 * 1024 * 1024;
const ENDINGS: [&str; 8] = ["ts", "js", "mts", "mjs", "cts", "cjs", "tsx", "jsx"];

/// Files next to each other on disk, for imports.
pub struct Disk;

impl Sources for Disk {
    fn resolve(&self, from: &str, specifier: &str) -> Option<(String, String)> {
        if !specifier.starts_with('.') {
            return None;
        }
        let folder = Path::new(from).parent().unwrap_or(Path::new(""));
        let plain = normal(&folder.join(specifier));
        let file = candidates(&plain).into_iter().find(|p| p.is_file())?;
        let text = text(&file).ok()?;
        Some((file.to_string_lossy().into_owned(), text))
    }
}

/// What an import may mean, in the order that bundlers try.
fn candidates(plain: &Path) -> Vec<PathBuf> {
    let mut out = vec![plain.to_path_buf()];
    let ended = |end: &str| {
        let mut name = plain.as_os_str().to_owned();
        name.push(".");
        name.push(end);
        PathBuf::from(name)
    };
    out.extend(ENDINGS.iter().map(|end| ended(end)));
    // TypeScript writes the ending that the compiled file will have.
    if let Some("js" | "mjs" | "cjs" | "jsx") = plain.extension().and_then(|e| e.to_str()) {
        out.extend(
            ["ts", "mts", "cts", "tsx"]
                .iter()
                .map(|end| plain.with_extension(end)),
        );
    }
    out.extend(ENDINGS.iter().map(|end| plain.join(format!("index.{end}"))));
    out
}

/// The path without `.` and `..`, as far as they can be taken away without looking at the disk.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(out.components().next_back(), Some(Component::Normal(_))) =>
            {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

pub(super) fn text(path: &Path) -> Result<String, String> {
    let meta = fs::metadata(path).map_err(|e| reason(&e))?;
    if !meta.is_file() {
        return Err("it is not a file".to_owned());
    }
    if meta.len() > LARGEST {
        return Err(format!("it is larger than {LARGEST} bytes"));
    }
    let bytes = fs::read(path).map_err(|e| reason(&e))?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it is not there".to_owned(),
        std::io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
        _ => error.to_string(),
    }
}

/// Why one model file is of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// It could not be opened, with the reason as a clause.
    Unread(String),
    /// Its text is wrong, at this place. The second part is the text.
    Wrong(Diagnostic, String),
}

impl Unusable {
    /// The problem in words for people, with the file's name and, where there is one, the place.
    #[must_use]
    pub fn render(&self, name: &str) -> String {
        match self {
            Self::Unread(why) => format!("cannot read `{name}`: {why}"),
            Self::Wrong(problem, text) => problem.render(name, text),
        }
    }
}

/// Reads one model file: JavaScript, TypeScript, or a `$jsonSchema` in a `.json` file.
///
/// # Errors
/// Where it cannot be opened or its text is wrong.
pub fn read_file(path: &Path) -> Result<Reading, Unusable> {
    let name = path.to_string_lossy().into_owned();
    let text = text(path).map_err(Unusable::Unread)?;
    if path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("json"))
    {
        let document = schema_document(&text)?;
        let stem = path
            .file_stem()
            .map_or_else(String::new, |s| s.to_string_lossy().into_owned());
        let model = Model::from_json_schema(&stem, &document, &name).map_err(|e| {
            Unusable::Wrong(
                Diagnostic::new(Span::point(0), e.to_string())
                    .with_help("write what the server takes as `$jsonSchema`"),
                text,
            )
        })?;
        return Ok(Reading {
            models: vec![model],
            files: vec![name],
            ..Reading::default()
        });
    }
    reader::read(&name, &text, &Disk).map_err(|problem| Unusable::Wrong(problem, text))
}

fn schema_document(text: &str) -> Result<RawDocumentBuf, Unusable> {
    extjson::parse_document(text).map_err(|problems| {
        let first = problems
            .into_iter()
            .next()
            .unwrap_or_else(|| Diagnostic::new(Span::point(0), "not a JSON document"));
        Unusable::Wrong(first, text.to_owned())
    })
}

/// Reads every model file that the globs name, relative ones against `base`. A glob knows `*`, `**`, `?` and
/// `{a,b}`; the word `shipped` stands for the models that come with the program, `shipped:SYSTEM` for one system's.
/// What matches nothing, and what cannot be read, is a gap of the library.
#[must_use]
pub fn load(base: &Path, globs: &[String]) -> Library {
    let mut library = Library::default();
    let mut seen = Vec::new();
    for glob in globs {
        if let Some(system) = shipped_system(glob) {
            library.extend(of_system(system));
            continue;
        }
        let full = normal(&base.join(glob));
        let files = matching(&full);
        if files.is_empty() {
            library.gaps.push(Gap {
                file: full.to_string_lossy().into_owned(),
                line: 0,
                what: format!("no file matches `{glob}`"),
            });
        }
        for file in files {
            if seen.contains(&file) {
                continue;
            }
            match read_file(&file) {
                Ok(reading) => library.add_reading(reading),
                Err(problem) => {
                    let (line, what) = match problem {
                        Unusable::Unread(why) => (0, format!("cannot be read: {why}")),
                        Unusable::Wrong(problem, text) => {
                            (problem.position(&text).0, problem.message)
                        }
                    };
                    library.gaps.push(Gap {
                        file: file.to_string_lossy().into_owned(),
                        line,
                        what,
                    });
                }
            }
            seen.push(file);
        }
    }
    library
}

/// The models that `shipped:SYSTEM` stands for; with a name the one of that name.
///
/// # Errors
/// No such system is shipped, or it has no model of that name: the names that there are.
pub fn of_shipped(pattern: &str, name: Option<&str>) -> Result<Library, String> {
    let mut library = load(Path::new("."), &[pattern.to_owned()]);
    if let (true, Some(gap)) = (library.models.is_empty(), library.gaps.first()) {
        return Err(format!("`{}`: {}", gap.file, gap.what));
    }
    if let Some(name) = name {
        let names: Vec<String> = (library.models.iter())
            .map(|m| format!("`{}`", m.name))
            .collect();
        library.models.retain(|m| m.name == name);
        if library.models.is_empty() {
            return Err(format!(
                "`{pattern}` has no model `{name}`; it has {}",
                names.join(", ")
            ));
        }
    }
    Ok(library)
}

/// The system that `shipped:SYSTEM` names, empty for all of them; `None` where the pattern is a glob.
fn shipped_system(pattern: &str) -> Option<&str> {
    let rest = pattern.trim().strip_prefix("shipped")?;
    if rest.is_empty() {
        return Some("");
    }
    rest.strip_prefix(':')
}

fn of_system(system: &str) -> Library {
    let mut library = crate::model::shipped::shipped();
    if system.is_empty() {
        return library;
    }
    let folder = format!("{system}/");
    let fits = |file: &str| file.starts_with(&folder) || file.contains(&format!("/{folder}"));
    library.models.retain(|m| fits(&m.source.file));
    library.gaps.retain(|g| fits(&g.file));
    if library.models.is_empty() {
        library.gaps.push(Gap {
            file: format!("shipped:{system}"),
            line: 0,
            what: "no models of that system are shipped".to_owned(),
        });
    }
    library
}

/// The files that a glob names, sorted.
pub(super) fn matching(glob: &Path) -> Vec<PathBuf> {
    let mut root = PathBuf::new();
    let mut parts: Vec<String> = Vec::new();
    for part in glob.components() {
        let text = part.as_os_str().to_string_lossy();
        if parts.is_empty() && !text.contains(['*', '?', '{']) {
            root.push(part);
        } else {
            parts.push(text.into_owned());
        }
    }
    if parts.is_empty() {
        return if root.is_file() {
            vec![root]
        } else {
            Vec::new()
        };
    }
    let mut out = Vec::new();
    let mut budget = MOST_FILES;
    walk(&root, &parts, &mut out, &mut budget, 0);
    out.sort();
    out.dedup();
    out
}

fn walk(folder: &Path, parts: &[String], out: &mut Vec<PathBuf>, budget: &mut usize, depth: usize) {
    let Some((part, rest)) = parts.split_first() else {
        return;
    };
    if depth > 64 {
        return;
    }
    if part == "**" {
        walk(folder, rest, out, budget, depth + 1);
    }
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if *budget == 0 {
            return;
        }
        *budget -= 1;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let path = entry.path();
        if kind.is_dir() {
            if name == "node_modules" || (name.starts_with('.') && !part.starts_with('.')) {
                continue;
            }
            if part == "**" {
                walk(&path, parts, out, budget, depth + 1);
            } else if fits(part, &name, 0) {
                walk(&path, rest, out, budget, depth + 1);
            }
        } else if rest.is_empty() && part != "**" && fits(part, &name, 0) && path.is_file() {
            out.push(path);
        }
    }
}

/// Whether a name fits one part of a glob.
fn fits(pattern: &str, name: &str, depth: usize) -> bool {
    if depth > 16 {
        return false;
    }
    if let (Some(open), Some(close)) = (pattern.find('{'), pattern.find('}'))
        && open < close
    {
        return pattern[open + 1..close].split(',').any(|choice| {
            fits(
                &format!("{}{choice}{}", &pattern[..open], &pattern[close + 1..]),
                name,
                depth + 1,
            )
        });
    }
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some('?') => {
                p += 1;
                n += 1;
            }
            Some(c) if *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    p = at + 1;
                    n = from + 1;
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_glob_finds_models_and_their_imports_and_leaves_packages_alone() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        at(
            "src/models/user.ts",
            "import { Schema, model } from 'mongoose';\nimport { ROLES } from '../words.js';\n\
             export default model('User', new Schema({ role: { type: String, enum: ROLES } }));",
        );
        at("src/words.ts", "export const ROLES = ['a', 'b'] as const;");
        at(
            "src/models/node_modules/x/y.ts",
            "model('Hidden', new Schema({}))",
        );
        at("src/models/broken.js", "const a = ;");
        let library = load(
            dir.path(),
            &[
                "src/models/**/*.{ts,js}".to_owned(),
                "nothing/*.js".to_owned(),
            ],
        );
        assert_eq!(library.models.len(), 1);
        let role = library.models[0]
            .field(&crate::value::Path::root().key("role"))
            .unwrap();
        assert_eq!(role.describe(), "String enum a | b");
        let gaps: Vec<_> = library.gaps.iter().map(|g| g.what.as_str()).collect();
        assert_eq!(gaps.len(), 2, "{gaps:?}");
        assert!(gaps[0].contains("not valid JavaScript"), "{gaps:?}");
        assert!(gaps[1].contains("no file matches"), "{gaps:?}");
    }

    #[test]
    fn shipped_models_are_named_by_their_system_and_one_of_them_by_its_name() {
        let shipped = crate::model::shipped::shipped();
        let model = shipped.models.first().unwrap();
        let folder = Path::new(&model.source.file).parent().unwrap();
        let pattern = format!("shipped:{}", folder.file_name().unwrap().to_str().unwrap());
        assert!(of_shipped(&pattern, None).unwrap().models.len() > 1);
        let one = of_shipped(&pattern, Some(&model.name)).unwrap();
        assert!(one.models.iter().all(|m| m.name == model.name));
        let refused = of_shipped(&pattern, Some("Nobody")).unwrap_err();
        assert!(refused.contains(&model.name), "{refused}");
        assert!(of_shipped("shipped:nowhere", None).is_err());
    }
}
