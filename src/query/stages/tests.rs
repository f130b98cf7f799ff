#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use bson::{RawDocumentBuf, rawdoc};
use proptest::prelude::*;

use super::*;
use crate::query::{Context, parse};
use crate::value::sample;

const TEXT: &str = "// all orders\ndb.orders.aggregate([ // stages\n  // what counts\n  { $match: { a: 1 } }, // open ones\n  {\n    $group: {\n      _id: '$b', // by b\n      n: { $sum: 1 }\n    }\n  } /* why */,\n\n  { $limit: 5 }\n]).maxTimeMS(5)";

fn at(text: &str) -> Pipeline {
    find(text, text.find('[').unwrap() + 1).unwrap()
}

fn done(text: &str, change: Edit) -> String {
    edit(text, &at(text), &change).unwrap().text
}

fn names(text: &str) -> Vec<String> {
    at(text)
        .stages
        .iter()
        .map(|s| {
            let name = s.name.clone().unwrap_or_default();
            match s.state {
                State::Enabled => name,
                State::Disabled => format!("({name})"),
            }
        })
        .collect()
}

#[test]
fn a_pipeline_is_found_from_anywhere_in_its_statement() {
    for cursor in [
        3,
        TEXT.find("orders.agg").unwrap(),
        TEXT.find("$sum").unwrap(),
        TEXT.len(),
    ] {
        let found = find(TEXT, cursor).unwrap();
        assert_eq!(found.stages.len(), 3);
        assert_eq!(found.standing, Standing::Statement);
        assert_eq!(
            &TEXT[found.statement.start..found.statement.start + 9],
            "db.orders"
        );
    }
    let text = "[{$match: {$or: [{$expr: 1}]}}, {$lookup: {pipeline: [{$limit: 1}]}}, {$facet: {a: [{$count: 'n'}]}}]";
    let inner = find(text, text.find("$limit").unwrap()).unwrap();
    assert_eq!((inner.stages.len(), inner.standing), (1, Standing::Inside));
    assert_eq!(
        find(text, text.find("$count").unwrap())
            .unwrap()
            .stages
            .len(),
        1
    );
    assert_eq!(
        find(text, text.find("$expr").unwrap())
            .unwrap()
            .stages
            .len(),
        3
    );
    assert_eq!(find("db.a.find({a: [{$x: 1}]})", 17), None);
    assert_eq!(find("db.a.aggregate([", 16), None);
}

#[test]
fn a_stage_has_its_comments() {
    let found = at(TEXT);
    let shown: Vec<&str> = found
        .stages
        .iter()
        .map(|s| &TEXT[s.span.start..s.span.end])
        .collect();
    assert_eq!(
        shown[0],
        "// stages\n  // what counts\n  { $match: { a: 1 } }, // open ones"
    );
    assert!(shown[1].ends_with("} /* why */,"), "{}", shown[1]);
    assert_eq!(shown[2], "{ $limit: 5 }");
    assert_eq!(found.stage_at(TEXT.find("$sum").unwrap()), Some(1));
}

#[test]
fn a_moved_stage_keeps_its_bytes() {
    let moved = done(TEXT, Edit::Move { from: 2, to: 0 });
    assert_eq!(names(&moved), ["$limit", "$match", "$group"]);
    assert_eq!(
        moved,
        "// all orders\ndb.orders.aggregate([ { $limit: 5 },\n  // stages\n  // what counts\n  { $match: { a: 1 } }, // open ones\n\n  {\n    $group: {\n      _id: '$b', // by b\n      n: { $sum: 1 }\n    }\n  } /* why */\n]).maxTimeMS(5)"
    );
    let line = "[{$match: {}}, {$limit: 1}]";
    assert_eq!(
        done(line, Edit::Move { from: 1, to: 0 }),
        "[{$limit: 1}, {$match: {}}]"
    );
}

#[test]
fn a_disabled_stage_is_a_comment_and_comes_back() {
    let off = done(TEXT, Edit::Toggle(1));
    assert_eq!(names(&off), ["$match", "($group)", "$limit"]);
    assert!(
        off.contains("  //- {\n  //|   $group: {\n  //|     _id: '$b', // by b\n"),
        "{off}"
    );
    assert_eq!(
        done(&off, Edit::Toggle(1)).replace("},", "}"),
        TEXT.replace("} /* why */,", "} /* why */")
            .replace("},", "}")
    );
    let line = "[{$match: {}}, {$limit: 1}]";
    let off = done(line, Edit::Toggle(0));
    assert_eq!(off, "[\n  //- {$match: {}}\n  {$limit: 1}]");
    assert_eq!(
        done(&off, Edit::Toggle(0)),
        "[\n  {$match: {}},\n  {$limit: 1}]"
    );
    let both = done(&off, Edit::Toggle(1));
    assert_eq!(names(&both), ["($match)", "($limit)"]);
    assert_eq!(names("[\n//- not a stage\n{$limit: 1}]"), ["$limit"]);
}

#[test]
fn stages_are_copied_put_in_and_taken_out() {
    let line = "[{$match: {}}, {$limit: 1}]";
    assert_eq!(
        done(line, Edit::Duplicate(1)),
        "[{$match: {}}, {$limit: 1}, {$limit: 1}]"
    );
    assert_eq!(done(line, Edit::Remove(0)), "[{$limit: 1}]");
    assert_eq!(done(line, Edit::Remove(1)), "[{$match: {}}]");
    let put = |text: &str, at| {
        done(
            text,
            Edit::Insert {
                at,
                text: "{ $skip: 1 }".into(),
            },
        )
    };
    assert_eq!(put(line, 0), "[{ $skip: 1 }, {$match: {}}, {$limit: 1}]");
    assert_eq!(
        put("db.a.aggregate([])", 0),
        "db.a.aggregate([\n  { $skip: 1 }\n])"
    );
    assert_eq!(
        put("[\n  {$limit: 1},\n]", 1),
        "[\n  {$limit: 1},\n  { $skip: 1 },\n]"
    );
    assert_eq!(
        edit(
            line,
            &at(line),
            &Edit::Insert {
                at: 0,
                text: "{a: 1}, {".into()
            }
        ),
        None
    );
    assert_eq!(edit(line, &at(line), &Edit::Remove(2)), None);
}

#[test]
fn a_preview_runs_what_comes_before() {
    let off = done(TEXT, Edit::Toggle(0));
    let context = Context::new("test", 0);
    let read = |text: &str| format!("{:?}", parse(text, &context).unwrap());
    assert_eq!(
        read(&prefix(&off, &at(&off), 2)),
        read("[{$group: {_id: '$b', n: {$sum: 1}}}]")
    );
    let named = "const x = 5;\ndb.a.aggregate([{$limit: x}, {$skip: 1}]).maxTimeMS(3)";
    assert_eq!(
        read(&statement_prefix(named, &find(named, 40).unwrap(), 1).unwrap()),
        read("db.a.aggregate([{$limit: 5}]).maxTimeMS(3)")
    );
}

#[test]
fn the_fields_that_a_stage_adds_and_loses_are_named() {
    let before: Vec<RawDocumentBuf> =
        vec![rawdoc! {"a": {"b": 1, "c": 2}, "d": [{"e": 1}], "f": {"g": 1}}];
    let after = vec![rawdoc! {"a": {"b": 1}, "d": [{"e": 1, "x": 2}], "n": {"m": 1}}];
    let found = field_changes(&before, &after);
    assert_eq!(found.added, ["d.x", "n"]);
    assert_eq!(found.lost, ["a.c", "f"]);
}

#[test]
fn a_rare_field_is_not_lost_and_a_stage_without_result_still_says_what_it_does() {
    let before = [rawdoc! {"a": 1, "rare": 2}, rawdoc! {"a": 2}];
    let after = [rawdoc! {"a": 1, "n": 5}];
    let changes = |stage: &str, after: &[RawDocumentBuf]| {
        let found = stage_changes(
            stage,
            "shop",
            &crate::query::shape::NoFields,
            &before,
            after,
        );
        (found.added.join(" "), found.lost.join(" "))
    };
    let pair = |added: &str, lost: &str| (added.to_owned(), lost.to_owned());
    assert_eq!(changes("{$addFields: {n: 5}}", &after), pair("n", ""));
    assert_eq!(changes("{$match: {a: 1}}", &after), pair("", ""));
    assert_eq!(
        changes("{$group: {_id: '$a', n: {$sum: 1}}} // all", &[]),
        pair("_id n", "a rare")
    );
    assert_eq!(
        changes("{$unset: 'rare'}", &[rawdoc! {"a": 1}]),
        pair("", "rare")
    );
}

const PIECES: &[&str] = &[
    "{ $match: { a: 1 } }",
    "{$limit: 5}",
    "{\n    $group: { _id: '$x', // id\n      n: { $sum: 1 } }\n  }",
    "{$addFields: {t: `a\n  b`}}",
    "{$project: {a: /[/]*x/, b: '//'}}",
];
const GAPS: &[&str] = &[
    "",
    " ",
    "\n  ",
    "\n\n  // note\n  ",
    " /* c */ ",
    " // end\n",
    "\n  //- {$skip: 1}\n  ",
];

prop_compose! {
    fn pipeline()(
        pieces in prop::collection::vec((prop::sample::select(PIECES), prop::sample::select(GAPS), prop::sample::select(GAPS)), 0..5),
        end in prop::sample::select(GAPS),
        comma in any::<bool>(),
    ) -> String {
        let mut out = String::from("db.a.aggregate([");
        let count = pieces.len();
        for (i, (piece, before, after)) in pieces.into_iter().enumerate() {
            out.push_str(before);
            out.push_str(piece);
            out.push_str(after);
            if i + 1 < count || comma {
                out.push(',');
            }
        }
        out.push_str(end);
        out.push_str("])");
        out
    }
}

/// The bytes of each stage, enabled or not.
fn bodies(text: &str) -> Vec<String> {
    let found = at(text);
    found
        .stages
        .iter()
        .map(|s| {
            let body = &text[s.body.start..s.body.end];
            let whole = match s.state {
                State::Enabled => body.to_owned(),
                State::Disabled => enabled_text(body).unwrap(),
            };
            let sketch = Sketch::new(&whole);
            let end = sketch.last_significant(0, sketch.tokens.len()).unwrap();
            whole[..sketch.tokens[end].span.end].to_owned()
        })
        .collect()
}

/// All comments, in no order, but those that hold a stage; those beside the stage in them among the others.
fn comments(text: &str) -> Vec<String> {
    let mut found: Vec<String> = tokens(text)
        .iter()
        .filter(|t| t.is_comment())
        .map(|t| t.text(text).to_owned())
        .filter(|c| !c.starts_with(OFF) && !c.starts_with(MORE) && !c.starts_with(EXACT))
        .collect();
    // A comment behind a stage goes into the comment that holds the stage.
    for stage in at(text)
        .stages
        .iter()
        .filter(|s| s.state == State::Disabled)
    {
        let whole = enabled_text(&text[stage.body.start..stage.body.end]).unwrap();
        let inner = tokens(&whole);
        found.extend(
            inner
                .iter()
                .filter(|t| t.is_comment())
                .map(|t| t.text(&whole).to_owned()),
        );
    }
    found.sort();
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn an_edit_keeps_every_stage_byte_for_byte(text in pipeline(), choice in 0_usize..4, a in 0_usize..8, b in 0_usize..8) {
        let before = bodies(&text);
        prop_assume!(!before.is_empty());
        let (a, b) = (a % before.len(), b % before.len());
        let mut wanted = before.clone();
        let change = match choice {
            0 => {
                let item = wanted.remove(a);
                wanted.insert(b, item);
                Edit::Move { from: a, to: b }
            }
            1 => Edit::Toggle(a),
            2 => {
                wanted.insert(a, before[a].clone());
                Edit::Duplicate(a)
            }
            _ => {
                wanted.remove(a);
                Edit::Remove(a)
            }
        };
        let after = done(&text, change);
        prop_assert_eq!(bodies(&after), wanted, "{}\n=>\n{}", text, after);
        if choice == 0 {
            prop_assert_eq!(comments(&after), comments(&text), "{}\n=>\n{}", text, after);
        }
        prop_assert!(parse(&after, &Context::new("t", 0)).is_ok(), "{}\n=>\n{}", text, after);
    }

    #[test]
    fn disabling_and_enabling_gives_the_same_stages(text in pipeline(), a in 0_usize..8) {
        let before = bodies(&text);
        prop_assume!(!before.is_empty());
        let a = a % before.len();
        let once = done(&text, Edit::Toggle(a));
        let twice = done(&once, Edit::Toggle(a));
        prop_assert_eq!(bodies(&twice), before);
        prop_assert_eq!(comments(&twice), comments(&text), "{}\n=>\n{}\n=>\n{}", text, once, twice);
    }

    #[test]
    fn odd_text_does_no_harm(text in sample::text(), cursor in 0_usize..20) {
        let text = format!("[{text}]");
        if let Some(found) = find(&text, cursor) {
            for change in [Edit::Toggle(0), Edit::Remove(0), Edit::Duplicate(0)] {
                let _ = edit(&text, &found, &change);
            }
            let _ = statement_prefix(&text, &found, 1);
        }
    }
}
