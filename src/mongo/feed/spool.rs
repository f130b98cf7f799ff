//! Keeps the documents of a cursor in a file without a name, so that scrolling back costs no memory and no request.
//!
//! The file is the documents' own bytes, one after the other, as they were received. An index holds the offset of each
//! so-many-th document; it is thinned when it grows, so memory stays bounded however long the feed is. Must not know
//! where documents come from. The operating system frees the file when it is closed, also after a crash.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use bson::{RawArray, RawBsonRef, RawDocumentBuf};

/// Documents between two entries of the index, at first.
const STRIDE: u64 = 64;

/// When the index has so many entries, every other one is dropped: 64 Ki entries are half a megabyte.
const MOST_ENTRIES: usize = 65_536;

/// Bytes gathered before they are written.
const GATHERED: usize = 128 * 1024;

/// Bytes read at once while walking over small documents.
const WALK: usize = 32 * 1024;

/// Places that one request may ask for.
const MOST_PLACES: usize = 20_000;

#[derive(Debug)]
pub(super) struct Spool {
    file: File,
    /// Offsets of the documents at places 0, `stride`, 2·`stride`, …
    index: Vec<u64>,
    stride: u64,
    count: u64,
    bytes: u64,
}

impl Spool {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            file: nameless()?,
            index: Vec::new(),
            stride: STRIDE,
            count: 0,
            bytes: 0,
        })
    }

    /// How many documents are kept.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// How many bytes they have.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Keeps all documents of `batch`, or none of them where the file cannot be written.
    pub(super) fn append(&mut self, batch: &RawArray) -> io::Result<()> {
        let (count, bytes, entries) = (self.count, self.bytes, self.index.len());
        let stride = self.stride;
        let done = self.write(batch);
        if done.is_err() {
            // What was written past the end is overwritten by the next batch. A thinned index stays right.
            self.count = count;
            self.bytes = bytes;
            if self.stride == stride {
                self.index.truncate(entries);
            } else {
                let keep = usize::try_from(count.div_ceil(self.stride)).unwrap_or(usize::MAX);
                self.index.truncate(keep);
            }
        }
        done
    }

    fn write(&mut self, batch: &RawArray) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.bytes))?;
        let mut gathered: Vec<u8> = Vec::with_capacity(GATHERED.min(batch.as_bytes().len()));
        for value in batch {
            let value =
                value.map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.to_string()))?;
            let RawBsonRef::Document(document) = value else {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "a batch holds something else than a document",
                ));
            };
            self.note();
            let bytes = document.as_bytes();
            if gathered.len() + bytes.len() > GATHERED {
                self.file.write_all(&gathered)?;
                gathered.clear();
            }
            if bytes.len() > GATHERED {
                self.file.write_all(bytes)?;
            } else {
                gathered.extend_from_slice(bytes);
            }
            self.count += 1;
            self.bytes += bytes.len() as u64;
        }
        self.file.write_all(&gathered)
    }

    /// Enters the next document into the index, where its turn has come.
    fn note(&mut self) {
        if !self.count.is_multiple_of(self.stride) {
            return;
        }
        if self.index.len() == MOST_ENTRIES {
            let mut nth = 0_usize;
            self.index.retain(|_| {
                nth += 1;
                nth % 2 == 1
            });
            self.stride *= 2;
            if !self.count.is_multiple_of(self.stride) {
                return;
            }
        }
        self.index.push(self.bytes);
    }

    /// Offset and length of each document from place `first` on, at the most `count` of them.
    fn locate(&mut self, first: u64, count: usize) -> io::Result<Vec<(u64, usize)>> {
        let last = first
            .saturating_add(count.min(MOST_PLACES) as u64)
            .min(self.count);
        let mut found = Vec::new();
        if first >= last {
            return Ok(found);
        }
        let entry = usize::try_from(first / self.stride).unwrap_or(usize::MAX);
        let Some(&start) = self.index.get(entry) else {
            return Err(io::Error::other(
                "the index of the kept documents is damaged",
            ));
        };
        let mut walk = Walk::new(start, self.bytes);
        for place in (first / self.stride) * self.stride..last {
            let length = walk.length(&mut self.file)?;
            if place >= first {
                found.push((walk.at, length));
            }
            walk.at += length as u64;
        }
        Ok(found)
    }

    /// Where the document at `place` begins; the end of all for a place that is not kept.
    pub(super) fn offset(&mut self, place: u64) -> io::Result<u64> {
        Ok(self
            .locate(place, 1)?
            .first()
            .map_or(self.bytes, |(at, _)| *at))
    }

    /// The documents at `first`, `first + 1`, …: at the most `count`, and no further one once `max_bytes` are reached.
    pub(super) fn forward(
        &mut self,
        first: u64,
        count: usize,
        max_bytes: usize,
    ) -> io::Result<Vec<Arc<RawDocumentBuf>>> {
        let places = self.locate(first, count)?;
        self.read(places.into_iter(), max_bytes)
    }

    /// The documents at `first`, `first - 1`, …, under the same limits.
    pub(super) fn backward(
        &mut self,
        first: u64,
        count: usize,
        max_bytes: usize,
    ) -> io::Result<Vec<Arc<RawDocumentBuf>>> {
        let count = (count.min(MOST_PLACES) as u64).min(first.saturating_add(1));
        let lowest = (first + 1).saturating_sub(count);
        let places = self.locate(lowest, usize::try_from(count).unwrap_or(MOST_PLACES))?;
        self.read(places.into_iter().rev(), max_bytes)
    }

    fn read(
        &mut self,
        places: impl Iterator<Item = (u64, usize)>,
        max_bytes: usize,
    ) -> io::Result<Vec<Arc<RawDocumentBuf>>> {
        let mut documents = Vec::new();
        let mut total = 0_usize;
        for (at, length) in places {
            self.file.seek(SeekFrom::Start(at))?;
            let mut bytes = vec![0; length];
            self.file.read_exact(&mut bytes)?;
            let document = RawDocumentBuf::from_bytes(bytes)
                .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.to_string()))?;
            documents.push(Arc::new(document));
            total = total.saturating_add(length);
            if total >= max_bytes {
                break;
            }
        }
        Ok(documents)
    }
}

/// Steps from document to document by their lengths, reading a piece of the file at once where they are small.
struct Walk {
    at: u64,
    end: u64,
    piece: Vec<u8>,
    piece_at: u64,
}

impl Walk {
    fn new(at: u64, end: u64) -> Self {
        Self {
            at,
            end,
            piece: Vec::new(),
            piece_at: at,
        }
    }

    fn length(&mut self, file: &mut File) -> io::Result<usize> {
        let damaged =
            || io::Error::new(io::ErrorKind::InvalidData, "the kept documents are damaged");
        let inside =
            |at: u64, piece_at: u64, len: usize| at >= piece_at && at + 4 <= piece_at + len as u64;
        if !inside(self.at, self.piece_at, self.piece.len()) {
            let size = usize::try_from(self.end.saturating_sub(self.at))
                .unwrap_or(WALK)
                .min(WALK);
            self.piece.resize(size, 0);
            self.piece_at = self.at;
            file.seek(SeekFrom::Start(self.at))?;
            file.read_exact(&mut self.piece)?;
        }
        let from = usize::try_from(self.at - self.piece_at).map_err(|_| damaged())?;
        let bytes: [u8; 4] = self
            .piece
            .get(from..from + 4)
            .and_then(|b| b.try_into().ok())
            .ok_or_else(damaged)?;
        let length = usize::try_from(i32::from_le_bytes(bytes)).map_err(|_| damaged())?;
        if length < 5 || self.at + length as u64 > self.end {
            return Err(damaged());
        }
        Ok(length)
    }
}

/// A file without a name. Rather not in memory, where many systems keep their `/tmp`.
fn nameless() -> io::Result<File> {
    if std::env::var_os("TMPDIR").is_none() {
        let on_disk = std::path::Path::new("/var/tmp");
        if on_disk.is_dir()
            && let Ok(file) = tempfile::tempfile_in(on_disk)
        {
            return Ok(file);
        }
    }
    tempfile::tempfile()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use bson::{RawArrayBuf, rawdoc};

    use super::*;

    fn filled(count: i32) -> Spool {
        let mut spool = Spool::new().unwrap();
        let mut batch = RawArrayBuf::new();
        for i in 0..count {
            // Lengths that differ, so that a wrong step shows.
            batch.push(rawdoc! { "i": i, "pad": "x".repeat(usize::try_from(i % 97).unwrap()) });
            if i % 333 == 0 {
                spool.append(&batch).unwrap();
                batch = RawArrayBuf::new();
            }
        }
        spool.append(&batch).unwrap();
        spool
    }

    fn numbers(documents: &[Arc<RawDocumentBuf>]) -> Vec<i32> {
        documents.iter().map(|d| d.get_i32("i").unwrap()).collect()
    }

    #[test]
    fn every_place_is_found_in_both_directions() {
        let mut spool = filled(5_000);
        assert_eq!(spool.count(), 5_000);
        for first in [0_u64, 1, 63, 64, 65, 1_000, 4_990] {
            let from = i32::try_from(first).unwrap();
            let forward = spool.forward(first, 20, usize::MAX).unwrap();
            assert_eq!(
                numbers(&forward),
                (from..5_000.min(from + 20)).collect::<Vec<_>>()
            );
            let backward = spool.backward(first, 20, usize::MAX).unwrap();
            let expected: Vec<i32> = ((from - 19).max(0)..=from).rev().collect();
            assert_eq!(numbers(&backward), expected);
        }
        assert!(spool.forward(5_000, 10, usize::MAX).unwrap().is_empty());
    }

    #[test]
    fn a_page_stops_after_the_document_that_reaches_the_limit_of_bytes() {
        let mut spool = filled(100);
        assert_eq!(spool.forward(3, 50, 1).unwrap().len(), 1);
        let two = rawdoc! { "i": 3, "pad": "xxx" }.as_bytes().len() + 1;
        assert_eq!(spool.forward(3, 50, two).unwrap().len(), 2);
        assert_eq!(spool.backward(3, 50, two).unwrap().len(), 2);
    }

    #[test]
    fn the_index_stays_small_and_right_when_it_is_thinned() {
        let mut spool = filled(0);
        spool.stride = 1;
        let mut batch = RawArrayBuf::new();
        for i in 0..1_000 {
            batch.push(rawdoc! { "i": i });
        }
        for _ in 0..200 {
            spool.append(&batch).unwrap();
        }
        assert!(spool.index.len() <= MOST_ENTRIES, "{}", spool.index.len());
        for place in [0_u64, 65_535, 65_536, 131_071, 199_999] {
            let got = spool.forward(place, 1, usize::MAX).unwrap();
            assert_eq!(numbers(&got), vec![i32::try_from(place % 1_000).unwrap()]);
        }
    }

    #[test]
    fn what_is_read_back_is_what_was_kept_byte_for_byte() {
        let mut spool = Spool::new().unwrap();
        // Two fields of one name, and a NaN with a payload.
        let mut document =
            rawdoc! { "a": 1, "n": f64::from_bits(0x7ff8_0000_0000_0007), "z": -0.0 };
        document.append(bson::raw::cstr!("a"), 2_i64);
        let big = rawdoc! { "b": "y".repeat(3 * GATHERED) };
        let mut batch = RawArrayBuf::new();
        batch.push(document.clone());
        batch.push(big.clone());
        batch.push(document.clone());
        spool.append(&batch).unwrap();
        let got = spool.forward(0, 3, usize::MAX).unwrap();
        let bytes: Vec<&[u8]> = got.iter().map(|d| d.as_bytes()).collect();
        assert_eq!(
            bytes,
            [document.as_bytes(), big.as_bytes(), document.as_bytes()]
        );
    }
}
