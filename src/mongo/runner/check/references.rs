//! References that lead nowhere: the ids of a batch of documents are asked for together, and answers are remembered.
//!
//! Invariant: what is remembered is bounded; it is forgotten when it is too much.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use bson::{RawArrayBuf, RawBson, RawBsonRef, RawDocument, rawdoc};

use super::is_of_the_whole;
use crate::model::Violation;
use crate::model::drift::tally::{MOST_EXAMPLES, id_of};
use crate::model::drift::{CheckedReference, Example, Referred};
use crate::mongo::link::Call;
use crate::mongo::request::drift::Dangling;
use crate::mongo::request::{Failure, Namespace};
use crate::mongo::runner::read;
use crate::value::cell::brief;
use crate::value::{Path, Value};

/// Ids that are asked for at once.
const AT_ONCE: usize = 1_000;
/// Answers that are remembered, of all collections together.
const MOST_KNOWN: usize = 400_000;

/// What an id is remembered as: an ObjectId itself, anything else by its hash.
type Mark = u128;

/// Marks ids.
#[derive(Debug, Default, Clone)]
pub(super) struct Marker(RandomState, RandomState);

impl Marker {
    /// Equal for values that the server takes for equal: numbers by value.
    fn mark(&self, value: RawBsonRef<'_>) -> Mark {
        let hashed = |tag: u8, bytes: &[u8]| {
            let low = self.0.hash_one((tag, bytes));
            let high = self.1.hash_one((tag, bytes));
            // The top bit tells a hash from an id.
            (u128::from(high) << 64 | u128::from(low)) | 1 << 127
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it was checked to be whole"
        )]
        match value {
            RawBsonRef::ObjectId(id) => id
                .bytes()
                .iter()
                .fold(0, |mark, byte| mark << 8 | u128::from(*byte)),
            RawBsonRef::Int32(n) => hashed(1, &i64::from(n).to_le_bytes()),
            RawBsonRef::Int64(n) => hashed(1, &n.to_le_bytes()),
            RawBsonRef::Double(d) if d.fract() == 0.0 && d.abs() < 9e15 => {
                hashed(1, &(d as i64).to_le_bytes())
            }
            other => {
                let value = Value::new(other);
                hashed(value.kind().tag(), value.bytes())
            }
        }
    }
}

/// What was learned of ids so far, by collection.
#[derive(Debug, Default)]
pub(super) struct Known {
    marker: Marker,
    there: HashMap<Referred, HashSet<Mark>>,
    gone: HashMap<Referred, HashSet<Mark>>,
}

impl Known {
    fn has(&self, referred: &Referred, mark: Mark) -> bool {
        self.there.get(referred).is_some_and(|s| s.contains(&mark))
    }

    fn lacks(&self, referred: &Referred, mark: Mark) -> bool {
        self.gone.get(referred).is_some_and(|s| s.contains(&mark))
    }

    fn bound(&mut self) {
        let sizes = self.there.values().chain(self.gone.values());
        if sizes.map(HashSet::len).sum::<usize>() > MOST_KNOWN {
            self.there.clear();
            self.gone.clear();
        }
    }
}

type SharedKnown = Arc<Mutex<Known>>;

/// One value that refers to something that is not known to be there.
pub(super) struct Mention {
    reference: usize,
    referred: Referred,
    mark: Mark,
    value: RawBson,
    document: Option<RawBson>,
    path: Path,
    /// Tells apart the documents of a batch.
    place: usize,
}

/// Adds the references of a document to `mentions`, but for those that are known to lead somewhere. A value that breaks
/// the model is told of as that, and refers to nothing.
pub(super) fn collect(
    references: &[CheckedReference],
    document: &RawDocument,
    violations: &[Violation],
    known: &SharedKnown,
    mentions: &mut Vec<Mention>,
) {
    if references.is_empty() {
        return;
    }
    let place = document.as_bytes().as_ptr() as usize;
    let known = known.lock().unwrap_or_else(PoisonError::into_inner);
    for (number, reference) in references.iter().enumerate() {
        reference.place.each(document, &mut |path, value| {
            if matches!(value, RawBsonRef::Null | RawBsonRef::Undefined)
                || violations
                    .iter()
                    .any(|v| v.path.contains(path) && !v.path.is_root())
            {
                return;
            }
            let Some(referred) = reference.referred(document, path) else {
                return;
            };
            let mark = known.marker.mark(value);
            if known.has(referred, mark) {
                return;
            }
            mentions.push(Mention {
                reference: number,
                referred: referred.clone(),
                mark,
                value: value.into(),
                document: id_of(document),
                path: path.clone(),
                place,
            });
        });
    }
}

/// The references of a check, with what they came to so far.
pub(super) struct Links {
    references: Arc<Vec<CheckedReference>>,
    known: SharedKnown,
    found: Vec<Dangling>,
    unreadable: HashMap<Referred, String>,
}

impl Links {
    pub(super) fn new(references: &[CheckedReference]) -> Self {
        Self {
            references: Arc::new(references.to_vec()),
            known: SharedKnown::default(),
            found: references
                .iter()
                .map(|reference| Dangling {
                    reference: reference.clone(),
                    values: 0,
                    documents: 0,
                    examples: Vec::new(),
                })
                .collect(),
            unreadable: HashMap::new(),
        }
    }

    pub(super) fn references(&self) -> &Arc<Vec<CheckedReference>> {
        &self.references
    }

    pub(super) fn known(&self) -> SharedKnown {
        Arc::clone(&self.known)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks up what `mentions` refer to, and counts those that lead nowhere.
    pub(super) async fn resolve(
        &mut self,
        call: &Call,
        mentions: Vec<Mention>,
    ) -> Result<(), Failure> {
        let mut asked: HashMap<Referred, HashMap<Mark, &RawBson>> = HashMap::new();
        {
            let mut known = self.lock();
            known.bound();
            for mention in &mentions {
                let open = !known.has(&mention.referred, mention.mark)
                    && !known.lacks(&mention.referred, mention.mark)
                    && !self.unreadable.contains_key(&mention.referred);
                if open {
                    asked
                        .entry(mention.referred.clone())
                        .or_default()
                        .insert(mention.mark, &mention.value);
                }
            }
        }
        for (referred, ids) in asked {
            let ids: Vec<(Mark, &RawBson)> = ids.into_iter().collect();
            for some in ids.chunks(AT_ONCE) {
                call.go_on()?;
                match self.ask(call, &referred, some).await {
                    Ok(()) => {}
                    Err(failure) if is_of_the_whole(&failure) => return Err(failure),
                    Err(failure) => {
                        self.unreadable.insert(referred.clone(), failure.summary);
                        break;
                    }
                }
            }
        }
        let known = Arc::clone(&self.known);
        let known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut last: Vec<Option<usize>> = vec![None; self.found.len()];
        for mention in mentions {
            if !known.lacks(&mention.referred, mention.mark) {
                continue;
            }
            let found = &mut self.found[mention.reference];
            found.values += 1;
            if last[mention.reference].replace(mention.place) == Some(mention.place) {
                continue;
            }
            found.documents += 1;
            if found.examples.len() < MOST_EXAMPLES
                && let Some(id) = mention.document
            {
                found.examples.push(Example {
                    id,
                    path: mention.path,
                    found: Some(brief(mention.value.as_raw_bson_ref(), 80)),
                });
            }
        }
        Ok(())
    }

    async fn ask(
        &self,
        call: &Call,
        referred: &Referred,
        ids: &[(Mark, &RawBson)],
    ) -> Result<(), Failure> {
        let namespace = Namespace::new(&referred.database, &referred.collection);
        let mut list = RawArrayBuf::new();
        for (_, id) in ids {
            list.push((*id).clone());
        }
        let most = i32::try_from(ids.len())
            .unwrap_or(i32::MAX)
            .saturating_add(1);
        let command = rawdoc! {
            "find": referred.collection.as_str(),
            "filter": { "_id": { "$in": list } },
            "projection": { "_id": 1 },
            "batchSize": most,
        };
        let mut there = HashSet::new();
        let marker = self.lock().marker.clone();
        read::every(call, &referred.database, command, |found| {
            if let Ok(Some(id)) = found.get("_id") {
                there.insert(marker.mark(id));
            }
        })
        .await
        .map_err(|e| call.failure(&e, Some(&namespace)))?;
        let mut known = self.lock();
        for (mark, _) in ids {
            let side = if there.contains(mark) {
                &mut known.there
            } else {
                &mut known.gone
            };
            side.entry(referred.clone()).or_default().insert(*mark);
        }
        Ok(())
    }

    /// The references that lead nowhere, and a note on each collection that could not be read.
    pub(super) fn findings(self) -> (Vec<Dangling>, Vec<String>) {
        let mut notes: Vec<String> = self
            .unreadable
            .into_iter()
            .map(|(referred, why)| {
                format!(
                    "references to `{}.{}` could not be followed: {why}",
                    referred.database, referred.collection
                )
            })
            .collect();
        notes.sort_unstable();
        let dangling = self.found.into_iter().filter(|d| d.values > 0).collect();
        (dangling, notes)
    }
}
