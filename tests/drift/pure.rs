//! The fold of documents into groups, and where references lead, without a server.

use std::sync::Arc;

use bson::{Document, RawBson, RawDocumentBuf, doc};
use mongodeck::model::drift::tally::{MOST_EXAMPLES, MOST_GROUPS, MOST_VALUES};
use mongodeck::model::drift::{
    FixKind, Leads, Mended, Place, PlaceStep, Tally, Target, mend::mend, references::references,
};
use mongodeck::model::{Library, Model, NoSources, reader};
use mongodeck::value::Path;

fn models(text: &str) -> Library {
    let mut library = Library::default();
    let head = "const { Schema, model } = require('mongoose');\n";
    let reading = reader::read("m.js", &format!("{head}{text}"), &NoSources).unwrap();
    library.add_reading(reading);
    assert_eq!(library.gaps, []);
    library
}

fn one(text: &str) -> Arc<Model> {
    Arc::clone(models(text).models.last().unwrap())
}

fn raw(document: &Document) -> RawDocumentBuf {
    RawDocumentBuf::try_from(document).unwrap()
}

#[test]
fn a_place_has_any_position_in_arrays_and_any_key_in_maps() {
    let model = one("model('A', new Schema({
        list: [{ name: String, tags: [String] }], labels: { type: Map, of: { n: Number } }, matrix: [[Number]] }));");
    for (path, shown) in [
        (Path::root().key("list").index(3).key("name"), "list[].name"),
        (
            Path::root().key("list").index(3).key("tags").index(0),
            "list[].tags[]",
        ),
        (
            Path::root().key("labels").key("red.ish").key("n"),
            "labels.*.n",
        ),
        (Path::root().key("matrix").index(1).index(2), "matrix[][]"),
        (Path::root().key("no such").key("x"), "['no such'].x"),
    ] {
        let place = Place::of(&model, &path);
        assert_eq!(place.to_string(), shown);
        assert!(place.fits(&path), "{shown}");
        if !shown.contains('\'') {
            assert_eq!(Place::parse(shown), place);
        }
    }
    let place = Place::parse("list[].tags[]");
    assert_eq!(place.dotted().as_deref(), Some("list.tags"));
    assert_eq!(Place::parse("labels.*").dotted(), None);
    assert!(!place.fits(&Path::root().key("list").index(0).key("tags")));
    let mut found = Vec::new();
    let document = raw(&doc! { "list": [{ "tags": ["a"] }, {}, { "tags": ["b", "c"] }, 5] });
    place.each(&document, &mut |path, value| {
        found.push(format!("{} {:?}", path.dotted(), value.as_str()));
    });
    assert_eq!(
        found,
        [
            "list.0.tags.0 Some(\"a\")",
            "list.2.tags.0 Some(\"b\")",
            "list.2.tags.1 Some(\"c\")"
        ]
    );
    assert_eq!(
        Place(vec![PlaceStep::Key("a".into()), PlaceStep::Element]).to_string(),
        "a[]"
    );
}

#[test]
fn a_tally_is_bounded_whatever_it_is_shown() {
    let model = one("model('A', new Schema({ n: Number }));");
    let mut tally = Tally::new(model);
    for i in 0..3_000_i32 {
        // A name of its own in each document, and a value of its own.
        tally.add(&raw(
            &doc! { "_id": i, "n": format!("x{i}"), format!("field{i}"): 1 },
        ));
    }
    let findings = tally.findings();
    assert_eq!(findings.documents, 3_000);
    assert_eq!(findings.refused, 3_000);
    assert_eq!(findings.groups.len(), MOST_GROUPS);
    let counted: u64 = findings.groups.iter().map(|g| g.violations).sum();
    // An `_id` of the wrong kind, the number, and the field, of each document.
    assert_eq!(counted + findings.other_violations, 9_000);
    let numbers = findings
        .groups
        .iter()
        .find(|g| g.place.to_string() == "n")
        .unwrap();
    assert_eq!(numbers.documents, 3_000);
    assert_eq!(numbers.examples.len(), MOST_EXAMPLES);
    assert_eq!(numbers.values.len(), MOST_VALUES);
    assert_eq!(numbers.other_values, 3_000 - MOST_VALUES as u64);
}

#[test]
fn a_fix_is_offered_where_it_would_mend() {
    let model = one("model('A', new Schema({ _id: Schema.Types.Mixed,
        need: { type: String, required: true }, kind: { type: String, enum: ['red', 'blue'], default: 'blue' },
        size: { type: Number, max: 10, required: true }, at: Date }));");
    let mut tally = Tally::new(model);
    tally.add(&raw(
        &doc! { "_id": 1, "kind": "rde", "size": 11, "at": "2026-01-01", "x": 1 },
    ));
    tally.add(&raw(
        &doc! { "_id": 2, "need": "y", "kind": "violet", "size": 11, "at": "soon" },
    ));
    let told: Vec<String> = tally
        .findings()
        .groups
        .iter()
        .map(|g| {
            let offers: Vec<String> = g
                .fixes
                .iter()
                .map(|f| format!("{} {}", f.kind.word(), f.violations))
                .collect();
            format!("{} {}: {}", g.place, g.kind, offers.join(", "))
        })
        .collect();
    assert_eq!(
        told,
        [
            "at date: cast 1, unset 2",
            "kind enum: nearest 1, default 2, unset 2",
            "size max: bound 2",
            "need required: ",
            "x strict: unset 1",
        ]
    );
}

#[test]
fn a_fix_mends_its_own_group_and_says_where_it_does_not_fit() {
    let model = one(
        "model('A', new Schema({ _id: Schema.Types.Mixed, n: Number, m: Number,
        on: { type: Boolean, default: true } }));",
    );
    let target = Target::Violations {
        place: Place::parse("n"),
        kind: "Number".to_owned(),
    };
    let outcome = |document: &Document, fix| mend(&model, &raw(document), &target, fix);
    let Mended::Changed(change) = outcome(&doc! { "_id": 1, "n": "5", "m": "6" }, FixKind::Cast)
    else {
        panic!()
    };
    assert_eq!(change.after, raw(&doc! { "_id": 1, "n": 5, "m": "6" }));
    assert_eq!(
        outcome(&doc! { "_id": 1, "n": 5 }, FixKind::Cast),
        Mended::Untouched
    );
    assert_eq!(
        outcome(&doc! { "_id": 1, "n": "x" }, FixKind::Cast),
        Mended::Unfit
    );
    assert!(matches!(
        outcome(&doc! { "n": "5" }, FixKind::Cast),
        Mended::Blocked(_)
    ));
    let missing = Target::Missing(vec![Place::parse("on")]);
    let backfill = |document: &Document| mend(&model, &raw(document), &missing, FixKind::Default);
    let Mended::Changed(change) = backfill(&doc! { "_id": 1 }) else {
        panic!()
    };
    assert_eq!(change.after, raw(&doc! { "_id": 1, "on": true }));
    assert_eq!(backfill(&doc! { "_id": 1, "on": false }), Mended::Untouched);
}

#[test]
fn references_lead_to_collections_also_by_a_name_in_the_document() {
    let library = models("model('User', new Schema({ name: String }));
        model('Post', new Schema({ name: String }), 'blog_posts');
        model('Note', new Schema({
          by: { type: Schema.Types.ObjectId, ref: 'User' }, gone: { type: Schema.Types.ObjectId, ref: 'Nobody' },
          seen: [{ type: Schema.Types.ObjectId, ref: 'User' }],
          parts: [{ on: { type: Schema.Types.ObjectId, refPath: 'parts.what' }, what: String }] }));");
    let model = library.named("any", "Note").unwrap();
    let (found, notes) = references(&model, &library, "shop");
    let places: Vec<String> = found.iter().map(|r| r.place.to_string()).collect();
    assert_eq!(places, ["by", "seen[]", "parts[].on"]);
    assert_eq!(
        notes,
        ["`gone` refers to `Nobody`, and no model of that name is loaded"]
    );
    let Leads::To(users) = &found[0].leads else {
        panic!()
    };
    assert_eq!(
        (users.database.as_str(), users.collection.as_str()),
        ("shop", "users")
    );
    let document = raw(
        &doc! { "parts": [{ "on": 1, "what": "User" }, { "on": 2, "what": "Post" }, { "on": 3, "what": "?" }] },
    );
    let mut led = Vec::new();
    found[2].place.each(&document, &mut |path, value| {
        let to = found[2].referred(&document, path);
        let id: RawBson = value.into();
        led.push(format!("{id:?} {:?}", to.map(|r| r.collection.as_str())));
    });
    assert_eq!(
        led,
        [
            "Int32(1) Some(\"users\")",
            "Int32(2) Some(\"blog_posts\")",
            "Int32(3) None"
        ]
    );
}
