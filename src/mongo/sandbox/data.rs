//! What a sandbox holds at first: plausible documents of five systems, always the same ones.
//!
//! Nothing here depends on a clock or on chance: the generator has a fixed seed and every date is counted back from
//! [`NOW`], so that a figure on a screen or in a test is the same tomorrow. Every reference resolves. The documents
//! follow the models that are shipped with the program, except for those in [`World::planted`], which break theirs on
//! purpose.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use bson::oid::ObjectId;
use bson::spec::BinarySubtype;
use bson::{Binary, Bson, DateTime, Decimal128, Document, doc};
use mongodb::Client;

use super::{Listener, Progress};
use crate::mongo::request::{Failure, FailureKind, Namespace};

mod career_dev;
mod corp_astro;
mod curiosities;
mod datenight;
mod datenight_analytics;
mod migratio;
mod nexstep;
mod words;

/// The day that all sample data are counted back from, in milliseconds: 1 March 2026.
pub const NOW: i64 = 1_772_323_200_000;

/// Changes when the sample data do, so that a kept sandbox of an older version is told apart.
pub const VERSION: &str = "1";

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// One collection with its documents.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Its name.
    pub namespace: Namespace,
    /// Fields of its `create` command (`capped`, `timeseries`, `viewOn`, …); empty for a plain collection.
    pub options: Document,
    /// Its documents, in the order they are inserted. None for a view.
    pub documents: Vec<Document>,
    /// Its indexes beside the one on `_id`: fields of `createIndexes`, `key` and `name` included.
    pub indexes: Vec<Document>,
}

/// A place where a document breaks its model on purpose.
#[derive(Debug, Clone, PartialEq)]
pub struct Planted {
    /// The collection.
    pub namespace: Namespace,
    /// The document's `_id`.
    pub id: Bson,
    /// The place, in dot notation.
    pub path: String,
}

/// All sample data.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The collections of all databases.
    pub samples: Vec<Sample>,
    /// Every place where a document breaks its model.
    pub planted: Vec<Planted>,
}

impl World {
    /// Makes all sample data: the same ones each time.
    #[must_use]
    pub fn new() -> Self {
        let mut world = Self::default();
        career_dev::fill(&mut world);
        nexstep::fill(&mut world);
        migratio::fill(&mut world);
        datenight::fill(&mut world);
        datenight_analytics::fill(&mut world);
        corp_astro::fill(&mut world);
        curiosities::fill(&mut world);
        world
    }

    /// The documents of one collection; none where there is no such collection.
    #[must_use]
    pub fn documents(&self, database: &str, collection: &str) -> &[Document] {
        self.samples
            .iter()
            .find(|s| s.namespace.database == database && s.namespace.collection == collection)
            .map_or(&[], |s| &s.documents)
    }

    /// The names of the databases, each once.
    #[must_use]
    pub fn databases(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .samples
            .iter()
            .map(|s| s.namespace.database.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn add(
        &mut self,
        database: &str,
        collection: &str,
        documents: Vec<Document>,
        indexes: Vec<Document>,
    ) {
        self.samples.push(Sample {
            namespace: Namespace::new(database, collection),
            options: Document::new(),
            documents,
            indexes,
        });
    }

    /// Changes the document at `place` of a collection that was added, and notes that it breaks its model at `path`.
    fn plant(
        &mut self,
        database: &str,
        collection: &str,
        place: usize,
        path: &str,
        change: impl FnOnce(&mut Document),
    ) {
        let namespace = Namespace::new(database, collection);
        let Some(document) = self
            .samples
            .iter_mut()
            .find(|s| s.namespace == namespace)
            .and_then(|s| s.documents.get_mut(place))
        else {
            return;
        };
        change(document);
        let id = document.get("_id").cloned().unwrap_or(Bson::Null);
        self.planted.push(Planted {
            namespace,
            id,
            path: path.to_owned(),
        });
    }
}

/// Loads all sample data over `client`: first the collections with their indexes, since an index on an empty collection
/// costs nothing, then the documents, several collections at once.
///
/// # Errors
/// Where the server refuses any of it.
pub(super) async fn load(client: &Client, progress: &Listener) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut world = World::new();
    let total = world.samples.len();
    let documents = world.samples.iter().map(|s| s.documents.len()).sum();
    progress(Progress::Loading { done: 0, total });
    // What is left of a load that was cut short, or of an older version.
    for database in world.databases() {
        client.database(database).drop().await.map_err(|e| {
            let mut failure = Failure::new(
                FailureKind::Other,
                format!("cannot clear `{database}` for the sample data"),
            );
            failure.detail = e.kind.to_string();
            failure
        })?;
    }
    // The largest first, so that none is left for the end alone.
    world
        .samples
        .sort_by_key(|s| std::cmp::Reverse(s.documents.len()));
    // A view needs what it looks at.
    let (views, plain): (Vec<_>, Vec<_>) = world
        .samples
        .into_iter()
        .partition(|s| s.options.contains_key("viewOn"));
    let done = Arc::new(AtomicUsize::new(0));
    for part in [plain, views] {
        let queue = Arc::new(std::sync::Mutex::new(part.into_iter()));
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let (client, queue) = (client.clone(), Arc::clone(&queue));
            let (done, progress) = (Arc::clone(&done), Arc::clone(progress));
            workers.spawn(async move {
                loop {
                    let next = queue.lock().ok().and_then(|mut queue| queue.next());
                    let Some(sample) = next else {
                        return Ok(());
                    };
                    load_one(&client, &sample).await?;
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    progress(Progress::Loading { done, total });
                }
            });
        }
        while let Some(result) = workers.join_next().await {
            result.map_err(|e| Failure::new(FailureKind::Other, e.to_string()))??;
        }
    }
    progress(Progress::Loaded {
        collections: total,
        documents,
        took: begun.elapsed(),
    });
    Ok(())
}

async fn load_one(client: &Client, sample: &Sample) -> Result<(), Failure> {
    let Namespace {
        database,
        collection,
    } = &sample.namespace;
    let database = client.database(database);
    let refused = |error: mongodb::error::Error| {
        let mut failure = Failure::new(
            FailureKind::Other,
            format!("cannot load the sample data of `{}`", sample.namespace),
        );
        failure.detail = error.kind.to_string();
        failure
    };
    let mut create = doc! { "create": collection };
    create.extend(sample.options.clone());
    database.run_command(create).await.map_err(refused)?;
    if !sample.indexes.is_empty() {
        database
            .run_command(doc! { "createIndexes": collection, "indexes": sample.indexes.clone() })
            .await
            .map_err(refused)?;
    }
    if !sample.documents.is_empty() {
        database
            .collection::<Document>(collection)
            .insert_many(&sample.documents)
            .ordered(false)
            .await
            .map_err(refused)?;
    }
    Ok(())
}

/// An index by its keys, named as the server would name it.
fn index(key: Document) -> Document {
    let name: Vec<String> = key
        .iter()
        .map(|(field, direction)| match direction {
            Bson::String(kind) => format!("{field}_{kind}"),
            other => format!("{field}_{other}"),
        })
        .collect();
    doc! { "key": key, "name": name.join("_") }
}

/// An index with further options.
fn index_with(key: Document, options: Document) -> Document {
    let mut index = index(key);
    index.extend(options);
    index
}

/// An index that lets a value occur once.
fn unique(key: Document) -> Document {
    index_with(key, doc! { "unique": true })
}

/// Ascending indexes of single fields.
fn singles(fields: &[&str]) -> Vec<Document> {
    fields
        .iter()
        .map(|field| {
            let mut key = Document::new();
            key.insert(*field, 1);
            index(key)
        })
        .collect()
}

/// An `_id`, and the time it was made at, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Id {
    oid: ObjectId,
    at: i64,
}

/// `count` ids of one collection, made in order between `from` and `to` days before [`NOW`].
fn ids(namespace: &str, count: usize, from: i64, to: i64) -> Vec<Id> {
    let start = NOW - from * DAY;
    let span = (from - to) * DAY;
    let mark = namespace
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let count_i64 = i64::try_from(count.max(1)).unwrap_or(1);
    (0..count_i64)
        .take(count)
        .map(|n| {
            // Not at even distances, and yet in order.
            let jitter = (span / count_i64) * (n * 7919 % 97) / 100;
            let at = start + span / count_i64 * n + jitter;
            let seconds = u32::try_from(at / 1000).unwrap_or(0);
            let mut bytes = [0_u8; 12];
            bytes[..4].copy_from_slice(&seconds.to_be_bytes());
            bytes[4..9].copy_from_slice(&mark.to_be_bytes()[..5]);
            bytes[9..].copy_from_slice(&u32::try_from(n).unwrap_or(0).to_be_bytes()[1..]);
            Id {
                oid: ObjectId::from_bytes(bytes),
                at,
            }
        })
        .collect()
}

fn date(ms: i64) -> DateTime {
    DateTime::from_millis(ms)
}

/// A decimal number of hundredths: `money(1999)` is `19.99`.
fn money(hundredths: u32) -> Bson {
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.parse::<Decimal128>()
        .map_or(Bson::Null, Bson::Decimal128)
}

/// A small generator of numbers that are good enough to look accidental (SplitMix64).
#[derive(Debug, Clone)]
struct Chance(u64);

impl Chance {
    fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 where `end` is 0.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    /// A number from `least` to `most`, both included.
    fn int(&mut self, least: i32, most: i32) -> i32 {
        let span = i64::from(most) - i64::from(least) + 1;
        let part = i64::try_from(self.next() >> 33).unwrap_or(0) % span.max(1);
        i32::try_from(i64::from(least) + part).unwrap_or(least)
    }

    /// A time from `from` to `to`, in milliseconds.
    fn time(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.next() >> 1).unwrap_or(0) % (to - from).max(1)
    }

    /// A number of tenths.
    fn tenths(&mut self, least: i32, most: i32) -> f64 {
        f64::from(self.int(least, most)) / 10.0
    }

    /// Whether something happens that happens `percent` times of a hundred.
    fn often(&mut self, percent: i32) -> bool {
        self.int(1, 100) <= percent
    }

    /// One of these; the list must not be empty.
    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let place = self.below(from.len());
        &from[place]
    }

    /// Some of these, each at the most once, in a turned order.
    fn some(&mut self, from: &[&str], least: i32, most: i32) -> Vec<String> {
        let count = usize::try_from(self.int(least, most))
            .unwrap_or(0)
            .min(from.len());
        let start = self.below(from.len());
        // A step that shares no divisor with a length below it visits every place once.
        let step = [7, 11, 13, 17, 19, 23, 1]
            .into_iter()
            .find(|s| !from.len().is_multiple_of(*s))
            .unwrap_or(1);
        (0..count)
            .map(|n| from[(start + n * step) % from.len()].to_owned())
            .collect()
    }

    /// Sentences of `count` words in all.
    fn prose(&mut self, count: usize) -> String {
        let mut text = String::new();
        let mut sentence = 0;
        for n in 0..count {
            let word = *self.pick(words::PROSE);
            if sentence == 0 {
                if n > 0 {
                    text.push_str(". ");
                }
                sentence = 6 + self.below(9);
                let mut letters = word.chars();
                text.extend(letters.next().map(|c| c.to_ascii_uppercase()));
                text.push_str(letters.as_str());
            } else {
                text.push(' ');
                text.push_str(word);
            }
            sentence -= 1;
        }
        text.push('.');
        text
    }

    /// Text that looks like a hashed password, and is the hash of nothing.
    fn password(&mut self) -> String {
        const LETTERS: &[u8] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut text = String::from("$2b$10$");
        for _ in 0..53 {
            text.push(char::from(*self.pick(LETTERS)));
        }
        text
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next().to_be_bytes()[0]).collect()
    }

    fn uuid(&mut self) -> Bson {
        let mut bytes = self.bytes(16);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Bson::Binary(Binary {
            subtype: BinarySubtype::Uuid,
            bytes,
        })
    }

    /// A time of a change after `at`, often the same.
    fn updated(&mut self, at: i64) -> i64 {
        if self.often(40) {
            at
        } else {
            self.time(at, NOW)
        }
    }
}

/// A person's name, and an address that no other person of the same list has.
fn person(chance: &mut Chance, number: usize) -> (String, String, String) {
    let first = *chance.pick(words::FIRST_NAMES);
    let last = *chance.pick(words::LAST_NAMES);
    let plain = |name: &str| -> String {
        name.chars()
            .filter_map(|c| match c {
                'é' | 'è' | 'ê' => Some('e'),
                'ø' | 'ö' | 'ó' => Some('o'),
                'å' | 'á' | 'ã' => Some('a'),
                'ü' | 'ú' => Some('u'),
                'í' => Some('i'),
                'ñ' | 'ń' => Some('n'),
                'ł' => Some('l'),
                c if c.is_ascii_alphabetic() => Some(c.to_ascii_lowercase()),
                _ => None,
            })
            .collect()
    };
    let email = format!("{}.{}{}@example.com", plain(first), plain(last), number + 1);
    (first.to_owned(), last.to_owned(), email)
}

/// The usual end of a document that Mongoose keeps: the time stamps and the version.
fn stamped(mut document: Document, created: i64, updated: i64) -> Document {
    document.insert("createdAt", date(created));
    document.insert("updatedAt", date(updated));
    document.insert("__v", 0);
    document
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use std::collections::HashSet;
    use std::sync::LazyLock;

    use super::*;

    static WORLD: LazyLock<World> = LazyLock::new(World::new);

    #[test]
    fn the_sample_data_are_the_same_each_time() {
        let again = World::new();
        assert_eq!(again.planted, WORLD.planted);
        for (one, two) in WORLD.samples.iter().zip(&again.samples) {
            assert_eq!(one.namespace, two.namespace);
            // By bytes, since `NaN` is not equal to itself.
            for (a, b) in one.documents.iter().zip(&two.documents) {
                assert_eq!(a.to_vec().unwrap(), b.to_vec().unwrap());
            }
        }
    }

    #[test]
    fn no_two_documents_of_a_collection_share_an_id() {
        for sample in &WORLD.samples {
            let mut seen = HashSet::new();
            for document in &sample.documents {
                let id = document.get("_id").unwrap().to_string();
                assert!(seen.insert(id.clone()), "{} {id}", sample.namespace);
            }
        }
    }

    #[test]
    fn every_id_in_a_document_is_of_some_document_or_part_of_one() {
        fn walk(path: &str, value: &Bson, each: &mut impl FnMut(&str, &ObjectId)) {
            match value {
                Bson::ObjectId(id) => each(path, id),
                Bson::Document(inner) => {
                    for (key, value) in inner {
                        walk(&format!("{path}.{key}"), value, each);
                    }
                }
                Bson::Array(items) => items.iter().for_each(|item| walk(path, item, each)),
                _ => {}
            }
        }
        let mut known = HashSet::new();
        let mut asked = Vec::new();
        for sample in &WORLD.samples {
            if sample.namespace.collection == "archives" {
                continue;
            }
            for document in &sample.documents {
                let whole = Bson::Document(document.clone());
                walk(&sample.namespace.to_string(), &whole, &mut |path, id| {
                    if path.ends_with("._id") {
                        known.insert(*id);
                    } else if path != "career_dev.applications.jobId" {
                        asked.push((path.to_owned(), *id));
                    }
                });
            }
        }
        assert!(asked.len() > 50_000);
        for (path, id) in asked {
            assert!(
                known.contains(&id),
                "{path} refers to {id}, which is not there"
            );
        }
    }

    #[test]
    fn every_planted_break_is_in_a_document_that_is_there() {
        assert!(WORLD.planted.len() >= 15);
        for planted in &WORLD.planted {
            let Namespace {
                database,
                collection,
            } = &planted.namespace;
            assert!(
                WORLD
                    .documents(database, collection)
                    .iter()
                    .any(|d| d.get("_id") == Some(&planted.id)),
                "{planted:?}"
            );
        }
        assert!(
            WORLD
                .planted
                .iter()
                .any(|p| p.path == "timeframe"
                    && p.namespace == Namespace::new("career_dev", "users"))
        );
    }

    #[test]
    fn the_curiosities_are_as_large_and_as_deep_as_they_say() {
        let archives = WORLD.documents("migratio", "archives");
        let bytes = archives[0].to_vec().unwrap().len();
        assert!((2_000_000..4_000_000).contains(&bytes), "{bytes}");
        let mut levels = 0;
        let mut inside = Some(&archives[1]);
        while let Some(document) = inside {
            levels += 1;
            inside = document.get_document("in").ok();
        }
        assert_eq!(levels, 151);
    }
}
