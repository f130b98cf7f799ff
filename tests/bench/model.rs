//! How fast documents are held to their models: one core, straight from raw BSON.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench has no caller and fails by panicking"
)]

use bson::{RawDocumentBuf, oid::ObjectId, rawdoc};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use mongodeck::model::{Model, shipped};

fn main() {
    divan::main();
}

fn users() -> Model {
    let library = shipped();
    (*library.for_namespace("career_dev", "users").unwrap()).clone()
}

fn user() -> RawDocumentBuf {
    let at = bson::DateTime::from_millis(1_700_000_000_000);
    rawdoc! {
        "_id": ObjectId::from_bytes([7; 12]),
        "name": "Ada Okafor",
        "email": "ada.okafor@example.com",
        "password": "$2b$10$abcdefghijklmnopqrstuvabcdefghijklmnopqrstuv1234567890",
        "currentTitle": "Senior Engineer",
        "currentCompany": "Example Ltd",
        "goalType": "promotion",
        "timeframe": "6-months",
        "networkingIntensity": "moderate",
        "skills": ["rust", "mongodb", "terminal interfaces", "public speaking"],
        "preferences": { "notifications": true, "emailUpdates": false },
        "createdAt": at,
        "updatedAt": at,
        "__v": 0,
    }
}

#[divan::bench]
fn a_user_that_fits(bencher: Bencher<'_, '_>) {
    let (model, document) = (users(), user());
    assert!(model.validate(&document).is_empty());
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench_local(|| black_box(model.validate(black_box(&document))));
}

#[divan::bench]
fn a_user_with_two_violations(bencher: Bencher<'_, '_>) {
    let (model, mut document) = (users(), user());
    document.append(bson::raw::cstr!("timeframe"), "3-weeks");
    document.append(bson::raw::cstr!("skills"), 5);
    assert_eq!(model.validate(&document).len(), 2);
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench_local(|| black_box(model.validate(black_box(&document))));
}

#[divan::bench]
fn reading_every_shipped_model(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| black_box(shipped()));
}
