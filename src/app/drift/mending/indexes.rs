//! The question whether the indexes that a collection misses are to be made.

use bson::RawDocumentBuf;

use super::{Pending, WorkKind};
use crate::app::drift::Drift;
use crate::app::scope::Scope;
use crate::app::words;
use crate::model::drift::{IndexDrift, indexes};
use crate::mongo::request::Request;

impl Drift {
    pub(super) fn ask_indexes(&mut self, scope: &mut Scope<'_>, place: usize) {
        let Some((subject, report)) = self.found(place) else {
            return;
        };
        let missing: Vec<&crate::model::Index> = report
            .indexes
            .iter()
            .flatten()
            .filter_map(|drift| match drift {
                IndexDrift::Missing(index) => Some(index),
                _ => None,
            })
            .collect();
        if missing.is_empty() {
            return scope.info("no index is missing");
        }
        let specifications: Vec<RawDocumentBuf> = missing
            .iter()
            .filter_map(|i| RawDocumentBuf::try_from(&indexes::specification(i)).ok())
            .collect();
        let mut lines = vec![format!(
            "in `{}` on profile `{}`, while it is in use:",
            subject.namespace, self.profile
        )];
        lines.extend(specifications.iter().map(|s| words::document_line(s)));
        if missing.iter().any(|i| i.is_unique()) && !report.duplicates.is_empty() {
            lines.push(
                "There are duplicate values: a unique index over them cannot be made.".to_owned(),
            );
        }
        let n = specifications.len();
        let request = Request::CreateIndexes {
            namespace: subject.namespace.clone(),
            indexes: specifications,
        };
        let what = match n {
            1 => format!("create 1 index in `{}`", subject.namespace),
            n => format!("create {n} indexes in `{}`", subject.namespace),
        };
        let title = match n {
            1 => "make the missing index?".to_owned(),
            n => format!("make the {n} missing indexes?"),
        };
        let pending = Pending {
            subject: place,
            kind: WorkKind::Indexes(n),
            request,
            what,
        };
        self.ask(scope, &title, lines, pending);
    }
}
