//! `models export`.

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use bson::{Document, RawDocumentBuf};

use super::select::{full_name, library, named, namespace};
use super::{ExportArgs, Language, Stopped, put};
use crate::cli::{Exit, print};
use crate::model::Model;
use crate::model::export::{self, Note, Undeclared};
use crate::value::extjson::{self, Layout, Mode};

pub(super) fn run(args: &ExportArgs) -> Result<Exit, Stopped> {
    let library = library(&args.from)?;
    let models = named(&library, &args.names)?;
    let models: Vec<&Model> = models.iter().map(AsRef::as_ref).collect();
    if args.strict && args.language != Language::Jsonschema {
        return Err("`--strict` is for `--as jsonschema`".to_owned().into());
    }
    let undeclared = if args.strict {
        Undeclared::Refused
    } else {
        Undeclared::Allowed
    };
    let Some(folder) = &args.out else {
        let (text, notes) = written(&models, args.language, undeclared)?;
        put(&text);
        tell(&notes);
        return Ok(Exit::Ok);
    };
    let mut files: Vec<(String, String)> = Vec::new();
    let mut told: Vec<Note> = Vec::new();
    if args.language == Language::Mermaid {
        let (text, notes) = written(&models, args.language, undeclared)?;
        files.push(("models.mmd".to_owned(), text));
        told.extend(notes);
    } else {
        let mut taken: HashSet<String> = HashSet::new();
        for model in &models {
            let (text, notes) = written(&[model], args.language, undeclared)?;
            let ending = match args.language {
                Language::Jsonschema => "schema.json",
                Language::Typescript => "ts",
                Language::Mongoose | Language::Mermaid => "js",
            };
            let mut stem = safe(&model.name);
            // Two models may have the same name in different databases; some disks take `User` and `user` for one.
            if !taken.insert(stem.to_lowercase()) {
                stem = safe(&full_name(model));
                let mut number = 2;
                while !taken.insert(stem.to_lowercase()) {
                    stem = format!("{}-{number}", safe(&full_name(model)));
                    number += 1;
                }
            }
            files.push((format!("{stem}.{ending}"), text));
            told.extend(notes);
        }
    }
    write_all(folder, &files, args.force)?;
    tell(&told);
    print::note(&format!(
        "{} {} written to `{}`",
        files.len(),
        if files.len() == 1 { "file" } else { "files" },
        folder.display()
    ));
    Ok(Exit::Ok)
}

/// A name that is one file's on every disk.
fn safe(name: &str) -> String {
    let out: String = name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') {
                c
            } else {
                '_'
            }
        })
        .take(100)
        .collect();
    let out = out.trim_start_matches('.').to_owned();
    if out.is_empty() {
        "model".to_owned()
    } else {
        out
    }
}

fn write_all(folder: &Path, files: &[(String, String)], force: bool) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|e| format!("cannot make `{}`: {e}", folder.display()))?;
    if !force {
        let there: Vec<String> = files
            .iter()
            .map(|(name, _)| name)
            .filter(|name| folder.join(name).exists())
            .map(|name| format!("`{name}`"))
            .collect();
        if !there.is_empty() {
            return Err(format!(
                "`{}` has {} already; nothing was written; use `--force` to write over",
                folder.display(),
                there.join(", ")
            ));
        }
    }
    for (name, text) in files {
        let path = folder.join(name);
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(text.as_bytes())?;
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                file.as_file()
                    .set_permissions(fs::Permissions::from_mode(0o644))?;
            }
            file.persist(&path)?;
            Ok(())
        };
        write().map_err(|e| format!("cannot write `{}`: {e}", path.display()))?;
    }
    Ok(())
}

/// The models in a language, with what it leaves out.
pub(super) fn written(
    models: &[&Model],
    language: Language,
    undeclared: Undeclared,
) -> Result<(String, Vec<Note>), String> {
    let exported = match language {
        Language::Jsonschema => {
            let mut notes = Vec::new();
            let mut whole = Document::new();
            for model in models {
                let export = model.to_json_schema(undeclared);
                notes.extend(export.notes.into_iter().map(|n| Note {
                    path: match n.path.is_empty() {
                        true => model.name.clone(),
                        false => format!("{}.{}", model.name, n.path),
                    },
                    what: n.what,
                }));
                if models.len() == 1 {
                    whole = export.schema;
                } else {
                    whole.insert(namespace(model), export.schema);
                }
            }
            let text = RawDocumentBuf::try_from(&whole)
                .map_err(|e| e.to_string())
                .and_then(|raw| {
                    extjson::print_document(&raw, Mode::Relaxed, Layout::Indented)
                        .map_err(|e| e.to_string())
                })
                .map_err(|e| format!("the schema cannot be printed: {e}"))?;
            return Ok((format!("{text}\n"), notes));
        }
        Language::Typescript => export::typescript(models),
        Language::Mongoose => export::mongoose(models),
        Language::Mermaid => export::mermaid(models),
    };
    Ok((exported.text, exported.notes))
}

/// Says what a language leaves out.
pub(super) fn tell(notes: &[Note]) {
    for note in notes {
        print::note(&format!("left out: {note}"));
    }
}
