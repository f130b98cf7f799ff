//! What a statement came to, as plain data with its words.
//!
//! Must not know the driver.

use bson::{RawBson, RawDocumentBuf};

use super::{Failure, Page};
use crate::query::Operation;
#[cfg(doc)]
use crate::query::Statement;

/// What a statement came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It gives documents: the first page of the feed that is now open. Read on with [`super::Request::Page`], close it with
    /// [`super::Request::CloseFeed`]. Whether they may be edited tells [`Statement::gives_whole_documents`].
    Documents(Page),
    /// It gives one value: a document, a count, a list, a command's reply; null where nothing was found.
    Value(RawBson),
    /// Documents were written, or some of them were not.
    Changed(Box<Changed>),
    /// Something else was done: an index made, a collection dropped.
    Done {
        /// What was done, as a sentence without its full stop: ``created the index `a_1` of `shop.orders` ``.
        said: String,
        /// What mongosh would print.
        value: RawBson,
    },
    /// The current database is another one from now on. Nothing was sent.
    Database(String),
}

/// What a statement that writes documents came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// The statement's operation.
    pub operation: Operation,
    /// Whether the server confirmed it; otherwise the figures are not known and stay 0.
    pub acknowledged: bool,
    /// Documents inserted, without upserts.
    pub inserted: u64,
    /// Documents that matched.
    pub matched: u64,
    /// Documents that are different now.
    pub modified: u64,
    /// Documents deleted.
    pub deleted: u64,
    /// Documents inserted because nothing matched.
    pub upserted: u64,
    /// The `_id`s of inserted documents by their place among the statement's writes; the first 1,000 of them.
    pub inserted_ids: Vec<(usize, RawBson)>,
    /// The `_id`s of upserted documents by their place; the first 1,000 of them.
    pub upserted_ids: Vec<(usize, RawBson)>,
    /// What was refused, by its place among the statement's writes; the first 1,000 of them. With ordered writes
    /// nothing after the first was tried.
    pub errors: Vec<(usize, Failure)>,
    /// How many were refused in all.
    pub refused: u64,
    /// Why it cannot be said that the writes were stored as safely as was asked.
    pub unconfirmed: Option<Failure>,
    /// Why it ended before all was tried: stopped, or the connection broke. What was done before stays done.
    pub ended: Option<Failure>,
}

impl Changed {
    /// Nothing so far.
    #[must_use]
    pub fn nothing(operation: Operation) -> Self {
        Self {
            operation,
            acknowledged: true,
            inserted: 0,
            matched: 0,
            modified: 0,
            deleted: 0,
            upserted: 0,
            inserted_ids: Vec::new(),
            upserted_ids: Vec::new(),
            errors: Vec::new(),
            refused: 0,
            unconfirmed: None,
            ended: None,
        }
    }

    /// The figures in one line: `matched 3, changed 2`.
    #[must_use]
    pub fn summary(&self) -> String {
        use Operation as O;
        if !self.acknowledged {
            return "sent, without waiting for the server to confirm it".to_owned();
        }
        let mut parts = Vec::new();
        let always = |o: &[O]| o.contains(&self.operation);
        let mut part = |word: &str, n: u64, always: bool| {
            if n > 0 || always {
                parts.push(format!("{word} {n}"));
            }
        };
        part(
            "inserted",
            self.inserted,
            always(&[O::InsertOne, O::InsertMany]),
        );
        let updates = always(&[O::UpdateOne, O::UpdateMany, O::ReplaceOne]);
        part("matched", self.matched, updates);
        part("changed", self.modified, updates);
        part("upserted", self.upserted, false);
        part(
            "deleted",
            self.deleted,
            always(&[O::DeleteOne, O::DeleteMany]),
        );
        part("refused", self.refused, false);
        if parts.is_empty() {
            "nothing changed".to_owned()
        } else {
            parts.join(", ")
        }
    }

    /// Whether all was done and confirmed.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.refused == 0 && self.unconfirmed.is_none() && self.ended.is_none()
    }

    /// What went wrong, one line each, refusals with their place; empty where all was done.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .errors
            .iter()
            .map(|(at, failure)| format!("write {at}: {failure}"))
            .collect();
        let kept = self.errors.len() as u64;
        if self.refused > kept {
            lines.push(format!("and {} more", self.refused - kept));
        }
        lines.extend(self.unconfirmed.iter().map(ToString::to_string));
        lines.extend(self.ended.iter().map(ToString::to_string));
        lines
    }

    /// The result as one document: figures, ids by place, and refusals.
    #[must_use]
    pub fn document(&self) -> RawDocumentBuf {
        use bson::raw::cstr;
        let long = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let place = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let ids = |list: &[(usize, RawBson)]| {
            let mut out = bson::RawArrayBuf::new();
            for (at, id) in list {
                let mut one = RawDocumentBuf::new();
                one.append(cstr!("index"), place(*at));
                one.append(cstr!("_id"), id.clone());
                out.push(one);
            }
            out
        };
        let mut out = RawDocumentBuf::new();
        out.append(cstr!("acknowledged"), self.acknowledged);
        out.append(cstr!("insertedCount"), long(self.inserted));
        out.append(cstr!("matchedCount"), long(self.matched));
        out.append(cstr!("modifiedCount"), long(self.modified));
        out.append(cstr!("deletedCount"), long(self.deleted));
        out.append(cstr!("upsertedCount"), long(self.upserted));
        if !self.inserted_ids.is_empty() {
            out.append(cstr!("insertedIds"), ids(&self.inserted_ids));
        }
        if !self.upserted_ids.is_empty() {
            out.append(cstr!("upsertedIds"), ids(&self.upserted_ids));
        }
        if self.refused > 0 {
            let mut errors = bson::RawArrayBuf::new();
            for (at, failure) in &self.errors {
                let mut one = RawDocumentBuf::new();
                one.append(cstr!("index"), place(*at));
                one.append(cstr!("error"), failure.summary.as_str());
                if let Some(code) = failure.code {
                    one.append(cstr!("code"), code);
                }
                errors.push(one);
            }
            out.append(cstr!("refusedCount"), long(self.refused));
            out.append(cstr!("errors"), errors);
        }
        if let Some(failure) = &self.unconfirmed {
            out.append(cstr!("unconfirmed"), failure.summary.as_str());
        }
        if let Some(failure) = &self.ended {
            out.append(cstr!("ended"), failure.summary.as_str());
        }
        out
    }
}
