//! The models that are at hand: which one describes a namespace, and how they group.
//!
//! Pure: is given models, never reads a file.
//!
//! Invariant: a model that names its database wins over one that does not.

use std::sync::Arc;

use super::{Gap, Model, Reading};

/// Every model that is loaded.
#[derive(Debug, Clone, Default)]
pub struct Library {
    /// The models in the order they were read; of two for the same namespace the later one holds.
    pub models: Vec<Arc<Model>>,
    /// What could not be read at all: a file, an import.
    pub gaps: Vec<Gap>,
}

impl Library {
    /// A library of these models.
    #[must_use]
    pub fn new(models: impl IntoIterator<Item = Model>) -> Self {
        Self {
            models: models.into_iter().map(Arc::new).collect(),
            gaps: Vec::new(),
        }
    }

    /// Adds every model and gap of another library; its models win over those already here.
    pub fn extend(&mut self, other: Self) {
        self.models.extend(other.models);
        self.gaps.extend(other.gaps);
    }

    /// Adds what a file came to. A model that another file brought already (it imports the same one) is not added twice.
    pub fn add_reading(&mut self, reading: Reading) {
        for model in reading.models {
            let known = self
                .models
                .iter()
                .any(|m| m.name == model.name && m.source == model.source);
            if !known {
                self.models.push(Arc::new(model));
            }
        }
        for gap in reading.gaps {
            if !self.gaps.contains(&gap) {
                self.gaps.push(gap);
            }
        }
    }

    /// The model of a namespace: one that names the database, else one that names none.
    #[must_use]
    pub fn for_namespace(&self, database: &str, collection: &str) -> Option<Arc<Model>> {
        let fits = |bound: bool| {
            self.models.iter().rev().find(move |m| {
                m.collection == collection
                    && match (&m.database, bound) {
                        (Some(d), true) => d == database,
                        (None, false) => true,
                        _ => false,
                    }
            })
        };
        fits(true).or_else(|| fits(false)).cloned()
    }

    /// The model with this name; where several have it, the one of `database` wins, then one without a database, then one
    /// whose file lies beside those of that database's models: a system may keep its collections in several.
    #[must_use]
    pub fn named(&self, database: &str, name: &str) -> Option<Arc<Model>> {
        // A discriminator is referred to by its own name and kept in its base's collection.
        let found =
            self.models.iter().rev().filter(|m| {
                m.name == name || m.root().discriminators.iter().any(|d| d.name == name)
            });
        let first = found
            .clone()
            .find(|m| m.database.as_deref() == Some(database));
        let second = found.clone().find(|m| m.database.is_none());
        let third = || {
            let beside: Vec<&str> = self
                .models
                .iter()
                .filter(|m| m.database.as_deref() == Some(database))
                .map(|m| folder(&m.source.file))
                .collect();
            found
                .clone()
                .find(|m| beside.contains(&folder(&m.source.file)))
        };
        first
            .or(second)
            .or_else(third)
            .or_else(|| found.clone().next())
            .cloned()
    }

    /// The models in groups: by database, then by domain, each in the order of its first model.
    #[must_use]
    pub fn domains(&self) -> Vec<Domain> {
        let mut out: Vec<Domain> = Vec::new();
        for model in &self.models {
            match out
                .iter_mut()
                .find(|d| d.database == model.database && d.name == model.domain)
            {
                Some(domain) => domain.models.push(Arc::clone(model)),
                None => out.push(Domain {
                    database: model.database.clone(),
                    name: model.domain.clone(),
                    models: vec![Arc::clone(model)],
                }),
            }
        }
        out
    }
}

/// The part of a file's name before its last slash.
fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Models that belong together.
#[derive(Debug, Clone)]
pub struct Domain {
    /// Their database.
    pub database: Option<String>,
    /// The group's name; `None` for models that are in none.
    pub name: Option<String>,
    /// The models.
    pub models: Vec<Arc<Model>>,
}

#[cfg(test)]
mod tests {
    use crate::model::shipped;

    #[test]
    fn a_name_that_several_systems_have_is_looked_for_in_ones_own() {
        let library = shipped();
        let of = |database: &str| {
            library
                .named(database, "User")
                .and_then(|m| m.database.clone())
        };
        assert_eq!(of("career_dev").as_deref(), Some("career_dev"));
        assert_eq!(of("migratio").as_deref(), Some("migratio"));
        // The analytics of a system are in a database of their own.
        assert_eq!(of("datenight_analytics").as_deref(), Some("datenight"));
    }
}
