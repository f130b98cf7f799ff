//! What the pane does at each key in a long pipeline: completion, the list of stages, laying it out.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench has no caller and fails by panicking"
)]

use divan::{Bencher, black_box};
use mongodeck::query::complete::{Knowledge, complete};
use mongodeck::query::format::format;
use mongodeck::query::shape::{Field, Fields};
use mongodeck::query::stages;

fn main() {
    divan::main();
}

/// A collection of 200 fields.
struct Wide;

impl Fields for Wide {
    fn fields(&self, _: &str, _: &str) -> Vec<Field> {
        (0..200)
            .map(|i| Field {
                path: format!("part{}.field{i}", i % 10),
                kind: "String".into(),
                ..Field::default()
            })
            .collect()
    }
}

/// A statement of 2,000 lines, and the place in its last stage.
fn long() -> (String, usize) {
    let mut text = String::from("db.orders.aggregate([\n");
    for i in 0..284 {
        text.push_str(&format!(
            "  {{\n    $set: {{\n      // stage {i}\n      new{i}: {{ $add: ['$part1.field1', {i}] }},\n      at: ISODate('2026-01-01'),\n    }},\n  }},\n"
        ));
    }
    text.push_str("  { $match: { ");
    let cursor = text.len();
    text.push_str(" } },\n])\n");
    (text, cursor)
}

#[divan::bench]
fn completion_at_the_end_of_2000_lines(bencher: Bencher<'_, '_>) {
    let (text, cursor) = long();
    let knowledge = Knowledge {
        fields: &Wide,
        ..Knowledge::default()
    };
    bencher.bench_local(|| complete(black_box(&text), cursor, &knowledge));
}

#[divan::bench]
fn the_stages_of_2000_lines(bencher: Bencher<'_, '_>) {
    let (text, cursor) = long();
    bencher.bench_local(|| stages::find(black_box(&text), cursor).unwrap());
}

#[divan::bench]
fn laying_out_2000_lines(bencher: Bencher<'_, '_>) {
    let (text, cursor) = long();
    bencher.bench_local(|| format(black_box(&text), 100, cursor).unwrap());
}
