//! Which models an invocation means.
//!
//! Invariant: a name that fits several models is refused with their full names, never resolved to one of them silently.

use std::path::Path;
use std::sync::Arc;

use super::Where;
use crate::cli::{config as configuration, print};
use crate::config::models;
use crate::model::{Library, Model, Reading, SharedModel};

/// The models that the arguments name, else the configured ones.
pub(super) fn library(from: &Where) -> Result<Library, super::Stopped> {
    let mut library = Library::default();
    for argument in &from.model {
        library.extend(of_file(argument)?);
    }
    let here = std::env::current_dir().unwrap_or_default();
    if !from.models.is_empty() {
        let loaded = models::load(&here, &from.models);
        // A glob that finds nothing is a mistake of this call, not a gap of some file.
        if loaded.models.is_empty() {
            let why: Vec<String> = loaded
                .gaps
                .iter()
                .map(|g| told(&g.file, g.line, &g.what))
                .collect();
            return Err(format!("no model: {}", why.join("; ")).into());
        }
        library.extend(loaded);
    }
    if from.model.is_empty() && from.models.is_empty() {
        let config = configuration::load()?;
        let mut globs = Vec::new();
        match &from.profile {
            Some(name) => {
                let profile = config
                    .profiles
                    .iter()
                    .find(|p| p.name.as_str() == name)
                    .ok_or_else(|| {
                        format!("there is no profile `{name}`; see `mongodeck config check`")
                    })?;
                globs.extend(config.models_of(profile));
            }
            None => {
                for profile in &config.profiles {
                    globs.extend(config.models_of(profile));
                }
                globs.extend(
                    config
                        .models
                        .iter()
                        .filter(|g| !g.patterns.is_empty())
                        .cloned(),
                );
            }
        }
        let mut seen = Vec::new();
        for glob in globs {
            if !seen.contains(&glob) {
                let loaded = models::load(&glob.base, &glob.patterns);
                for model in loaded.models {
                    let known = library
                        .models
                        .iter()
                        .any(|m| m.name == model.name && m.source == model.source);
                    if !known {
                        library.models.push(model);
                    }
                }
                library.gaps.extend(loaded.gaps);
                seen.push(glob);
            }
        }
        if library.models.is_empty() && library.gaps.is_empty() {
            return Err("no model is configured; name files with `--model FILE` or `--models GLOB`, or see the ones that come with the program with `--models shipped`".to_owned().into());
        }
    }
    tell_gaps(&library);
    if library.models.is_empty() {
        return Err("no model could be read".to_owned().into());
    }
    Ok(library)
}

/// Says what belongs to no model and could not be read.
fn tell_gaps(library: &Library) {
    for gap in &library.gaps {
        print::warning(&told(&gap.file, gap.line, &gap.what));
    }
}

fn told(file: &str, line: usize, what: &str) -> String {
    match line {
        0 => format!("{file}: {what}"),
        line => format!("{file}:{line}: {what}"),
    }
}

/// The models of one file: its own, else its schemas; with `#NAME` the one of that name.
pub(super) fn of_file(argument: &str) -> Result<Library, String> {
    // A file's name may have a `#` of its own.
    let (file, name) = match argument.rsplit_once('#') {
        Some((file, name)) if !Path::new(argument).is_file() => (file, Some(name)),
        _ => (argument, None),
    };
    if file.starts_with("shipped:") {
        return models::of_shipped(file, name);
    }
    let reading = models::read_file(Path::new(file)).map_err(|e| e.render(file))?;
    let Reading {
        models,
        schemas,
        gaps,
        ..
    } = reading;
    let problems: String = gaps
        .iter()
        .map(|g| format!("\n{}", told(&g.file, g.line, &g.what)))
        .collect();
    let found: Vec<Model> = match name {
        Some(name) => {
            let all: Vec<Model> = models.into_iter().chain(schemas).collect();
            let names: Vec<String> = all.iter().map(|m| format!("`{}`", m.name)).collect();
            let chosen: Vec<Model> = all.into_iter().filter(|m| m.name == name).take(1).collect();
            if chosen.is_empty() && !names.is_empty() {
                return Err(format!(
                    "`{file}` has no model `{name}`; it has {}",
                    names.join(", ")
                ));
            }
            chosen
        }
        None if !models.is_empty() => models,
        None => schemas,
    };
    if found.is_empty() {
        return Err(format!(
            "`{file}` has no schema; a model file calls `new Schema(…)` and `model(…)`, or declares types{problems}"
        ));
    }
    Ok(Library {
        models: found.into_iter().map(Arc::new).collect(),
        gaps,
    })
}

/// A model's name with its database.
pub(super) fn full_name(model: &Model) -> String {
    match &model.database {
        Some(database) => format!("{database}.{}", model.name),
        None => model.name.clone(),
    }
}

/// A model's namespace; its collection alone where it belongs to every database.
pub(super) fn namespace(model: &Model) -> String {
    match &model.database {
        Some(database) => format!("{database}.{}", model.collection),
        None => model.collection.clone(),
    }
}

/// The models with these names, in the library's order; all where none is named.
pub(super) fn named(library: &Library, names: &[String]) -> Result<Vec<SharedModel>, String> {
    if names.is_empty() {
        return Ok(library.models.clone());
    }
    let mut out: Vec<SharedModel> = Vec::new();
    for name in names {
        let model = one(library, name)?;
        if !out.iter().any(|m| Arc::ptr_eq(m, &model)) {
            out.push(model);
        }
    }
    Ok(out)
}

/// The one model with this name.
pub(super) fn one(library: &Library, name: &str) -> Result<SharedModel, String> {
    let by = |fits: &dyn Fn(&Model) -> bool| -> Vec<SharedModel> {
        library.models.iter().filter(|m| fits(m)).cloned().collect()
    };
    let exact = by(&|m| full_name(m) == name || namespace(m) == name);
    let found = match exact.is_empty() {
        false => exact,
        true => by(&|m| m.name == name || m.collection == name),
    };
    match found.as_slice() {
        [only] => Ok(Arc::clone(only)),
        [] => {
            let known = library.models.iter().map(|m| m.name.as_str());
            let near = crate::value::diagnostic::did_you_mean(name, known);
            Err(match near {
                Some(near) => format!("there is no model `{name}`; did you mean `{near}`?"),
                None => format!("there is no model `{name}`; see `mongodeck models list`"),
            })
        }
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|m| format!("`{}`", full_name(m)))
                .collect();
            Err(format!(
                "`{name}` is {} models; choose one of {}",
                several.len(),
                names.join(", ")
            ))
        }
    }
}
