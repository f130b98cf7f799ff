//! The models of the sample systems, in the program itself.
//!
//! Invariant: every file here reads without a gap; a test holds them to that.

use super::Library;
use super::reader::{self, Sources};

/// Path below `assets/models/`, and text.
const FILES: [(&str, &str); 13] = [
    (
        "career_path_pilot/models.ts",
        include_str!("../../assets/models/career_path_pilot/models.ts"),
    ),
    (
        "nexstep/models.js",
        include_str!("../../assets/models/nexstep/models.js"),
    ),
    (
        "corp_astro/models.ts",
        include_str!("../../assets/models/corp_astro/models.ts"),
    ),
    (
        "datenight/main.js",
        include_str!("../../assets/models/datenight/main.js"),
    ),
    (
        "datenight/analytics.js",
        include_str!("../../assets/models/datenight/analytics.js"),
    ),
    (
        "migratio/user.js",
        include_str!("../../assets/models/migratio/user.js"),
    ),
    (
        "migratio/assessment.js",
        include_str!("../../assets/models/migratio/assessment.js"),
    ),
    (
        "migratio/program.js",
        include_str!("../../assets/models/migratio/program.js"),
    ),
    (
        "migratio/recommendation.js",
        include_str!("../../assets/models/migratio/recommendation.js"),
    ),
    (
        "migratio/roadmap.js",
        include_str!("../../assets/models/migratio/roadmap.js"),
    ),
    (
        "migratio/document.js",
        include_str!("../../assets/models/migratio/document.js"),
    ),
    (
        "migratio/analytics.js",
        include_str!("../../assets/models/migratio/analytics.js"),
    ),
    (
        "migratio/constants.js",
        include_str!("../../assets/models/migratio/constants.js"),
    ),
];

/// The text of a shipped file, by the name that its models have as their source.
#[must_use]
pub fn text(file: &str) -> Option<&'static str> {
    FILES
        .iter()
        .find(|(path, _)| *path == file)
        .map(|(_, text)| *text)
}

struct Shipped;

impl Sources for Shipped {
    fn resolve(&self, from: &str, specifier: &str) -> Option<(String, String)> {
        let (folder, _) = from.rsplit_once('/')?;
        let name = format!("{folder}/{}.js", specifier.strip_prefix("./")?);
        FILES
            .iter()
            .find(|(path, _)| *path == name)
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
    }
}

/// The models of the five sample systems, bound to the databases that the sandbox fills.
#[must_use]
pub fn shipped() -> Library {
    let mut library = Library::default();
    for (name, text) in FILES {
        match reader::read(name, text, &Shipped) {
            Ok(reading) => library.add_reading(reading),
            Err(problem) => library.gaps.push(super::Gap {
                file: name.to_owned(),
                line: problem.position(text).0,
                what: problem.message,
            }),
        }
    }
    library
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_model_is_read_without_a_gap() {
        let library = shipped();
        assert_eq!(library.gaps, []);
        for model in &library.models {
            assert_eq!(model.gaps, [], "{}", model.name);
        }
        let count = |database: &str| {
            library
                .models
                .iter()
                .filter(|m| m.database.as_deref() == Some(database))
                .count()
        };
        assert_eq!(count("migratio"), 26);
        assert_eq!(count("career_dev"), 5);
        assert_eq!(count("nexstep"), 6);
        assert_eq!(count("corp_astro"), 3);
        assert_eq!(count("datenight"), 6);
        assert_eq!(count("datenight_analytics"), 4);
        assert_eq!(library.models.len(), 50);
        let migratio: Vec<_> = library
            .domains()
            .into_iter()
            .filter(|d| d.database.as_deref() == Some("migratio"))
            .filter_map(|d| d.name)
            .collect();
        assert_eq!(
            migratio,
            [
                "User",
                "Assessment",
                "Program",
                "Recommendation",
                "Roadmap",
                "Document",
                "Analytics"
            ]
        );
    }

    #[test]
    fn every_reference_leads_to_a_model_of_its_database() {
        let library = shipped();
        for model in &library.models {
            for (path, reference) in model.references() {
                if let super::super::Reference::Model(name) = reference {
                    let found = library.named(model.database.as_deref().unwrap_or(""), name);
                    assert!(found.is_some(), "{}.{path} -> {name}", model.name);
                }
            }
        }
    }

    #[test]
    fn a_template_of_each_model_has_its_required_fields() {
        let library = shipped();
        for model in &library.models {
            let mut next = 0u8;
            let document = model.template(1_700_000_000_000, &mut || {
                next = next.wrapping_add(1);
                bson::oid::ObjectId::from_bytes([next; 12])
            });
            let wrong: Vec<_> = model
                .validate(&document)
                .into_iter()
                // What only a person can fill in: text, references, and values that have no simplest one.
                .filter(|v| !matches!(v.kind.as_str(), "required" | "regexp" | "minlength"))
                .collect();
            assert_eq!(wrong, [], "{}", model.name);
        }
    }
}
