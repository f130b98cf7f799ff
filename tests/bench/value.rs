//! How fast documents become text, rows and bytes again, on one generated document of 13 MB.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench has no caller and fails by panicking"
)]

use std::sync::{Arc, OnceLock};

use bson::{RawDocumentBuf, doc, oid::ObjectId};
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use mongodeck::value::diff::diff;
use mongodeck::value::extjson::{self, Mode};
use mongodeck::value::lines::{Direction, Lines};
use mongodeck::value::outline::Outline;
use mongodeck::value::shell::{Style, parse_document, print_document};

fn main() {
    divan::main();
}

/// 32,000 orders of 12 values each: near 400,000 values, near 13 MB.
fn document() -> &'static Arc<RawDocumentBuf> {
    static DOCUMENT: OnceLock<Arc<RawDocumentBuf>> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let orders: Vec<_> = (0..32_000_i32)
            .map(|i| {
                doc! {
                    "_id": ObjectId::from_parts(i as u32, [7; 5], [1, 2, 3]),
                    "name": format!("customer number {i} of a long list of customers, {}", "with a note ".repeat(12)),
                    "email": format!("c{i}@example.com"),
                    "total": f64::from(i) * 1.25,
                    "count": i,
                    "at": bson::DateTime::from_millis(1_700_000_000_000 + i64::from(i)),
                    "open": i % 2 == 0,
                    "tags": ["a", "b"],
                    "address": { "city": "Łódź", "zip": i64::from(i) },
                }
            })
            .collect();
        let whole = doc! { "_id": 1, "orders": orders };
        Arc::new(RawDocumentBuf::try_from(&whole).unwrap())
    })
}

fn size() -> BytesCount {
    BytesCount::new(document().as_bytes().len())
}

#[divan::bench]
fn print_shell(bencher: Bencher<'_, '_>) {
    let document = document();
    bencher
        .counter(size())
        .bench(|| print_document(black_box(document), &Style::INDENTED).unwrap());
}

#[divan::bench]
fn parse_shell(bencher: Bencher<'_, '_>) {
    let text = print_document(document(), &Style::INDENTED).unwrap();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| parse_document(black_box(&text)).unwrap());
}

#[divan::bench(args = [Mode::Canonical, Mode::Relaxed])]
fn write_extended_json(bencher: Bencher<'_, '_>, mode: Mode) {
    let document = document();
    let mut buffer = String::new();
    extjson::write_line(&mut std::io::sink(), &mut buffer, document, mode).unwrap();
    bencher
        .counter(BytesCount::of_str(&buffer))
        .bench_local(|| {
            extjson::write_line(&mut std::io::sink(), &mut buffer, black_box(document), mode)
                .unwrap();
        });
}

#[divan::bench]
fn read_extended_json(bencher: Bencher<'_, '_>) {
    let text =
        extjson::print_document(document(), Mode::Canonical, extjson::Layout::Compact).unwrap();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| extjson::parse_document(black_box(&text)).unwrap());
}

#[divan::bench]
fn outline_new(bencher: Bencher<'_, '_>) {
    bencher.bench(|| Outline::new(Arc::clone(document())).unwrap());
}

#[divan::bench]
fn outline_open_large_array(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(|| Outline::new(Arc::clone(document())).unwrap())
        .bench_values(|mut outline| {
            outline.open(1);
            outline
        });
}

#[divan::bench]
fn outline_rows_at_the_end(bencher: Bencher<'_, '_>) {
    let mut outline = Outline::new(Arc::clone(document())).unwrap();
    outline.open_all();
    let from = outline.row_count() - 60;
    bencher.bench(|| outline.rows(black_box(from), 60, 120));
}

#[divan::bench]
fn outline_open_all(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(|| Outline::new(Arc::clone(document())).unwrap())
        .bench_values(|mut outline| {
            outline.open_all();
            outline
        });
}

#[divan::bench]
fn lines_new(bencher: Bencher<'_, '_>) {
    bencher.bench(|| Lines::new(Arc::clone(document())).unwrap());
}

#[divan::bench]
fn lines_at_the_end(bencher: Bencher<'_, '_>) {
    let lines = Lines::new(Arc::clone(document())).unwrap();
    let from = lines.line_count() - 61;
    bencher.bench(|| lines.lines(black_box(from), 60, 120));
}

#[divan::bench]
fn lines_search_all(bencher: Bencher<'_, '_>) {
    let lines = Lines::new(Arc::clone(document())).unwrap();
    bencher.bench(|| lines.search("not in there", 0, Direction::Forward, usize::MAX));
}

#[divan::bench]
fn diff_one_field(bencher: Bencher<'_, '_>) {
    let mut edited = RawDocumentBuf::clone(document());
    edited.append(bson::raw::cstr!("added"), true);
    bencher.bench(|| diff(black_box(document()), black_box(&edited)).unwrap());
}
