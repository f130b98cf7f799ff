//! Where the documents come from, and whether they are whole ones that can be changed.

use std::sync::Arc;

use super::Documents;
use crate::mongo::request::CollectionKind;
use crate::query::Statement;

/// Where the documents come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// From a collection, by a find of this tab's own.
    Collection,
    /// From a statement.
    Statement(Arc<Statement>),
    /// They are what a statement came to: nothing more can be read.
    Value,
}

impl Documents {
    /// Whether whole documents are shown, which can be changed. Whether the profile may be written to is another
    /// question, asked when something is to be written.
    ///
    /// # Errors
    /// Why not, in words that say what to do.
    pub fn whole(&self) -> Result<(), String> {
        match &self.origin {
            Origin::Collection => {}
            Origin::Statement(statement) if statement.gives_whole_documents() => {}
            Origin::Statement(_) => {
                return Err(
                    "these are results, not whole documents: only those of a `find` without a \
                     projection can be edited"
                        .to_owned(),
                );
            }
            Origin::Value => {
                return Err("this is a result, not a document of a collection".to_owned());
            }
        }
        match self.kind {
            Some(CollectionKind::View) => {
                return Err(format!(
                    "`{}` is a view: edit the collection that it reads",
                    self.namespace
                ));
            }
            Some(CollectionKind::TimeSeries) => {
                return Err(format!(
                    "`{}` is a time series: its documents cannot be edited one by one",
                    self.namespace
                ));
            }
            Some(CollectionKind::System) => {
                return Err(format!("`{}` belongs to the server", self.namespace));
            }
            Some(CollectionKind::Collection | CollectionKind::Capped) | None => {}
        }
        if self.find.projection.is_some() {
            return Err("these are parts of documents: only whole ones can be edited".to_owned());
        }
        Ok(())
    }
}
