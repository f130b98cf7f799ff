//! Saved queries in the console, without a server: the list, the form of parameters, saving, the find form.

use std::path::PathBuf;
use std::sync::Arc;

use bson::{RawBson, rawdoc};
use mongodeck::app::overlay::Overlay;
use mongodeck::app::query::Query;
use mongodeck::app::{Context, Effect, Msg};
use mongodeck::mongo::request::{Namespace, Outcome, Reply, Request};
use mongodeck::query::saved::shelf::{Homes, Instead, NotSaved, Origin, Shelf};
use mongodeck::query::saved::shipped;

use crate::support::harness::{Harness, profile};

const LATE: &str = "/**
 * Orders that nobody has sent yet.
 * @name late
 * @database shop
 * @format json
 * @param {date} since - the first day that counts
 * @param {open|held|any} state = open - in which state
 * @param {number} most = 20
 */
db.orders.find({at: {$gte: params.since}, state: params.state}).limit(params.most)
";

fn shelf() -> Arc<Shelf> {
    let mut shelf = Shelf {
        homes: Homes {
            project: Some(PathBuf::from("/project/queries")),
            personal: Some(PathBuf::from("/home/ada/queries")),
        },
        ..Shelf::default()
    };
    let mut project = |name: &str, text: &str| {
        let path = PathBuf::from(format!("/project/queries/{name}.js"));
        shelf.parse(Origin::Project(path), &format!("{name}.js"), text);
    };
    project("late", LATE);
    project("all", "// Every order\ndb.orders.find({})");
    project(
        "away",
        "// @profile nowhere\n// @database shop\ndb.orders.find({})",
    );
    project(
        "clean",
        "// Throws drafts away\ndb.orders.deleteMany({draft: true})",
    );
    project("bad", "/**\n * @nmae bad\n */\ndb.orders.find({})");
    for (path, text) in shipped::FILES {
        shelf.parse(Origin::Shipped(path), path, text);
    }
    Arc::new(shelf)
}

fn opened(size: (u16, u16)) -> Harness {
    let mut console = Harness::with(&[profile("main")], [], size);
    console.open("main", "shop.orders");
    console.serve(0, |_| unreachable!());
    console.effects();
    console
}

fn listed(size: (u16, u16)) -> Harness {
    let mut console = opened(size);
    console.keys("g q");
    assert!(console.effects().contains(&Effect::ReadQueries));
    console.tell(Msg::Queries(shelf()));
    console
}

fn query(console: &Harness) -> &Query {
    console.app.tab().and_then(|t| t.query()).expect("a query")
}

/// The statement that was sent last, as shell text of its first argument.
fn sent(console: &mut Harness) -> Option<RawBson> {
    let (_, request) = console.request(|r| matches!(r, Request::Run { .. }))?;
    match request {
        Request::Run { statement, .. } => statement.arguments.first().cloned(),
        _ => None,
    }
}

#[test]
fn the_list_says_what_each_query_is_and_what_it_takes_and_typing_finds_it_by_its_description() {
    let mut console = listed((140, 40));
    assert_eq!(console.app.context(), Context::List);
    for text in [
        "saved queries  18/18",
        "project",
        "shipped",
        "nexstep",
        "✗ bad.js:2:4: `@nmae` is no tag",
    ] {
        assert!(console.shows(text), "no `{text}`:\n{}", console.screen());
    }
    console.type_text("nobody has sent");
    for text in [
        "▸ late",
        "/project/queries/late.js  database shop  format json",
        "since  date (to be given)  the first day that counts",
        "state  open|held|any = open  in which state",
        "most  number = 20",
    ] {
        assert!(console.shows(text), "no `{text}`:\n{}", console.screen());
    }
}

#[test]
fn a_file_that_cannot_be_used_is_told_with_its_place_and_opens_nothing() {
    let mut console = listed((100, 30));
    console.type_text("bad.js").keys("enter");
    assert!(console.shows("this file cannot be used"));
    assert!(console.shows("bad.js:2:4"), "{}", console.screen());
    console.keys("esc");
    assert!(matches!(
        console.app.overlays.last(),
        Some(Overlay::Queries(_))
    ));
}

#[test]
fn parameters_are_held_to_their_types_and_go_into_the_statement_as_values() {
    let mut console = listed((120, 36));
    console.type_text("late").keys("enter");
    assert_eq!(console.app.context(), Context::Input);
    assert!(console.shows("late  on main/shop"), "{}", console.screen());
    console.keys("enter");
    assert!(
        console.shows("has no value; give it a date"),
        "{}",
        console.screen()
    );
    console.type_text("2026-01-01");
    assert!(
        console.shows("= ISODate('2026-01-01"),
        "{}",
        console.screen()
    );
    console.keys("down right tab").type_text("x");
    assert!(
        console.shows("cannot be `x`; it takes a number"),
        "{}",
        console.screen()
    );
    console.keys("enter");
    assert!(
        sent(&mut console).is_none(),
        "nothing is run with what is wrong"
    );
    console.keys("backspace").type_text("5").keys("enter");
    let since = bson::DateTime::from_millis(1_767_225_600_000);
    let filter = rawdoc! { "at": { "$gte": since }, "state": "held" };
    assert_eq!(sent(&mut console), Some(RawBson::Document(filter)));
    assert!(console.shows("› late"), "{}", console.screen());
    assert!(
        console.shows("since = 2026-01-01, state = held, most = 5"),
        "{}",
        console.screen()
    );
    let effects = console.effects();
    let kept = effects.iter().find_map(|e| match e {
        Effect::KeepValues { query, held, .. } => Some((query.clone(), held.clone())),
        _ => None,
    });
    let (name, held) = kept.expect("the values are remembered");
    assert_eq!(name, "late");
    assert_eq!(held.given("main", "late").unwrap()["most"], "5");
    // The key for the parameters brings the same values again, and runs with what is changed.
    console.keys("ctrl-x p");
    assert!(console.shows("2026-01-01"), "{}", console.screen());
    console.keys("down left enter");
    let filter = rawdoc! { "at": { "$gte": since }, "state": "open" };
    assert_eq!(sent(&mut console), Some(RawBson::Document(filter)));
}

#[test]
fn what_was_given_before_stands_in_the_form_the_next_time() {
    let mut console = listed((120, 36));
    console
        .type_text("late")
        .keys("enter")
        .type_text("-30d")
        .keys("enter");
    console.keys("ctrl-x r").type_text("late").keys("enter");
    let Some(Overlay::Form(form)) = console.app.overlays.last() else {
        panic!("no form:\n{}", console.screen());
    };
    assert_eq!(form.lines[0].field.text(), "-30d");
    assert_eq!(
        form.lines[1].field.text(),
        "",
        "what was left to its default still is"
    );
}

#[test]
fn a_value_that_looks_like_query_text_stays_a_value() {
    let mut console = opened((120, 36));
    console.keys("x ctrl-x p");
    assert!(
        console.shows("there are no parameters"),
        "{}",
        console.screen()
    );
    console
        .keys("ctrl-home")
        .tell(Msg::Pasted("{who: params.who} // ".to_owned()));
    assert!(console.shows("asks for `who`"), "{}", console.screen());
    assert!(!console.shows("✗"), "{}", console.screen());
    console.keys("f5");
    assert!(console.shows("who"), "{}", console.screen());
    console.type_text("'}).drop(").keys("enter");
    assert_eq!(
        sent(&mut console),
        Some(RawBson::Document(rawdoc! { "who": "'}).drop(" }))
    );
}

#[test]
fn a_query_without_parameters_runs_at_once_and_one_that_writes_only_opens() {
    let mut console = listed((120, 36));
    console.type_text("every order").keys("enter");
    assert!(sent(&mut console).is_some());
    console.keys("ctrl-x r").type_text("clean").keys("enter");
    assert!(console.shows("› clean"), "{}", console.screen());
    assert!(sent(&mut console).is_none());
    assert!(console.app.overlays.is_empty());
    console.keys("f5");
    assert!(
        console
            .request(|r| matches!(r, Request::Count { .. }))
            .is_some()
    );
}

#[test]
fn a_query_whose_profile_is_not_configured_asks_for_another() {
    let mut console = listed((120, 36));
    console.type_text("away").keys("enter");
    assert!(
        console.shows("profile `nowhere` is not configured: run `away` on"),
        "{}",
        console.screen()
    );
    console.keys("enter");
    assert!(sent(&mut console).is_some());
}

#[test]
fn the_header_says_how_the_result_is_shown() {
    let mut console = listed((120, 36));
    console
        .type_text("late")
        .keys("enter")
        .type_text("2026")
        .keys("enter");
    let (task, request) = console
        .request(|r| matches!(r, Request::Run { .. }))
        .unwrap();
    let Request::Run { feed, .. } = request else {
        panic!("another request");
    };
    let document = crate::support::harness::document("{_id: 1, who: 'ada'}");
    let page = crate::support::harness::page(
        feed,
        mongodeck::mongo::request::Side::Start,
        0,
        10,
        usize::MAX,
        1,
        |_| document.clone(),
    );
    console.reply(task, Ok(Reply::Ran(Outcome::Documents(page))));
    let shown = query(&console).results.documents.as_ref().unwrap();
    assert_eq!(shown.view, mongodeck::app::documents::View::Text);
}

#[test]
fn a_statement_is_saved_with_a_header_and_its_parameters() {
    let mut console = opened((120, 36));
    console.keys("x ctrl-home");
    console.tell(Msg::Pasted(
        "{createdAt: {$gte: params.since}} // ".to_owned(),
    ));
    console.keys("ctrl-s");
    console.tell(Msg::Queries(shelf()));
    assert!(
        console.shows("in the project: /project/queries"),
        "{}",
        console.screen()
    );
    console.type_text("../new").keys("enter");
    assert!(
        console.shows("takes letters, digits"),
        "{}",
        console.screen()
    );
    for _ in 0..6 {
        console.keys("backspace");
    }
    console
        .type_text("new")
        .keys("down")
        .type_text("What is new")
        .keys("enter");
    let saved = console.effects().into_iter().find_map(|e| match e {
        Effect::SaveQuery {
            tab,
            path,
            text,
            instead,
        } => Some((tab, path, text, instead)),
        _ => None,
    });
    let (tab, path, text, instead) = saved.expect("a file is written");
    assert_eq!(path, PathBuf::from("/project/queries/new.js"));
    assert_eq!(instead, Instead::Nothing);
    assert_eq!(
        text,
        "/**\n * What is new\n * @name new\n * @database shop\n * @param {date} since\n */\ndb.orders.find({createdAt: {$gte: params.since}})\n"
    );
    // Somebody else made a file of that name meanwhile.
    console.tell(Msg::QuerySaved {
        tab,
        result: Err(NotSaved::Taken),
    });
    assert!(
        console.shows("replace the saved query?"),
        "{}",
        console.screen()
    );
    console.keys("y");
    let again = console
        .effects()
        .into_iter()
        .any(|e| matches!(e, Effect::SaveQuery { instead, .. } if instead == Instead::Anything));
    assert!(again);
    console.tell(Msg::QuerySaved {
        tab,
        result: Ok(()),
    });
    assert!(console.shows("saved `new`"), "{}", console.screen());
    assert!(console.effects().contains(&Effect::ReadQueries));
}

#[test]
fn a_query_that_was_opened_keeps_its_header_and_replaces_only_itself() {
    let mut console = listed((120, 36));
    console
        .type_text("late")
        .keys("enter")
        .type_text("2026")
        .keys("enter");
    console.effects();
    console.keys("end").type_text("  ").keys("ctrl-s enter");
    let write = |console: &mut Harness| {
        console.effects().into_iter().find_map(|e| match e {
            Effect::SaveQuery { text, instead, .. } => Some((text, instead)),
            _ => None,
        })
    };
    let (text, instead) = write(&mut console).expect("written");
    assert!(text.starts_with(LATE.trim_end()), "{text}");
    assert_eq!(instead, Instead::Text(LATE.to_owned()));
    // Under another's name it asks first.
    console.keys("ctrl-s ctrl-u").type_text("all").keys("enter");
    assert!(
        console.shows("replace the saved query?"),
        "{}",
        console.screen()
    );
    assert!(write(&mut console).is_none());
    console.keys("n");
    assert!(write(&mut console).is_none());
}

#[test]
fn parameters_are_completed_with_their_type_and_meaning() {
    let mut console = listed((120, 36));
    console
        .type_text("late")
        .keys("enter")
        .type_text("2026")
        .keys("enter");
    console.keys("end").type_text(".skip(params.");
    for text in [
        "since",
        "date",
        "state",
        "open|held|any = open",
        "the first day that counts",
    ] {
        assert!(console.shows(text), "no `{text}`:\n{}", console.screen());
    }
}

#[test]
fn the_watch_takes_its_time_in_the_palette() {
    let mut console = listed((120, 36));
    console.type_text("every order").keys("enter");
    console.keys("ctrl-p").type_text("watch 5s");
    assert!(console.shows("watch"), "{}", console.screen());
    console.keys("enter");
    let every = query(&console).watch.map(|w| w.every);
    assert_eq!(every, Some(std::time::Duration::from_secs(5)));
    console.keys("ctrl-p").type_text("watch off").keys("enter");
    assert_eq!(query(&console).watch, None);
    console.keys("ctrl-p").type_text("watch soon").keys("enter");
    assert!(console.shows("is no"), "{}", console.screen());
    console
        .keys("ctrl-p")
        .type_text("queries growth")
        .keys("enter");
    assert!(
        console.shows("▸ nexstep-user-growth"),
        "{}",
        console.screen()
    );
}

#[test]
fn the_find_form_runs_what_its_lines_say_and_leaves_empty_ones_out() {
    let mut console = opened((120, 36));
    console.keys("g x");
    assert!(query(&console).has_form());
    console.type_text("{state: 'open'");
    assert!(console.shows("✗ filter"), "{}", console.screen());
    console.keys("enter");
    assert!(console.shows("not run: filter"), "{}", console.screen());
    assert!(
        sent(&mut console).is_none(),
        "a line that does not parse is never `{{}}`"
    );
    console
        .type_text("}")
        .keys("down down")
        .type_text("{at: -1}")
        .keys("down down");
    console.type_text("7");
    assert!(
        console.shows("db.orders.find({state: 'open'}).sort({at: -1}).limit(7)"),
        "{}",
        console.screen()
    );
    console.keys("f5");
    let (_, request) = console
        .request(|r| matches!(r, Request::Run { .. }))
        .unwrap();
    let Request::Run { statement, .. } = request else {
        panic!("another request");
    };
    assert_eq!(statement.cursor.len(), 2);
    assert_eq!(
        statement.arguments[0],
        RawBson::Document(rawdoc! { "state": "open" })
    );
    // The text says the same, and what is changed there is in the form.
    console.keys("esc ctrl-x f");
    assert!(!query(&console).has_form());
    let text = query(&console).text.buffer.text();
    assert_eq!(
        text,
        "db.orders.find({state: 'open'}).sort({at: -1}).limit(7)"
    );
    console.keys("end").type_text(".skip(3)").keys("ctrl-x f");
    let form = query(&console).form.as_ref().unwrap();
    assert_eq!(form.fields[3].text(), "3");
    assert_eq!(form.fields[4].text(), "7");
}

#[test]
fn a_form_with_a_line_that_does_not_parse_leaves_the_text_alone_and_keeps_the_line() {
    let mut console = opened((120, 36));
    console.keys("g x").type_text("{a: ").keys("ctrl-x f");
    assert!(!query(&console).has_form());
    assert_eq!(query(&console).text.buffer.text(), "db.orders.find({})");
    assert!(console.shows("does not parse"), "{}", console.screen());
    console.keys("ctrl-x f");
    let form = query(&console).form.as_ref().unwrap();
    assert_eq!(form.fields[0].text(), "{a: ");
}

#[test]
fn what_is_no_find_says_so_and_stays_text() {
    let mut console = opened((120, 36));
    console.keys("x ctrl-home");
    console.tell(Msg::Pasted("[{$match: {}}] // ".to_owned()));
    console.keys("ctrl-x f");
    assert!(!query(&console).has_form());
    assert!(
        console.shows("the form is for a find"),
        "{}",
        console.screen()
    );
}

#[test]
fn the_form_completes_fields_of_the_collection() {
    let mut console = opened((120, 36));
    console.keys("g x");
    let sample = console.request(|r| matches!(r, Request::OpenFeed { .. }));
    let (task, request) = sample.expect("some documents are looked at");
    let Request::OpenFeed {
        feed, namespace, ..
    } = request
    else {
        panic!("another request");
    };
    assert_eq!(namespace, Namespace::new("shop", "orders"));
    let document = crate::support::harness::document("{_id: 1, stateOfThings: 'x'}");
    let page = crate::support::harness::page(
        feed,
        mongodeck::mongo::request::Side::Start,
        0,
        1,
        usize::MAX,
        1,
        |_| document.clone(),
    );
    console.reply(task, Ok(Reply::Page(page)));
    console.type_text("{sta");
    assert!(console.shows("stateOfThings"), "{}", console.screen());
    console.keys("tab");
    let form = query(&console).form.as_ref().unwrap();
    assert!(form.fields[0].text().starts_with("{stateOfThings: "));
}

const SIZES: [(u16, u16); 2] = [(80, 24), (140, 40)];

/// A screen's text, and below it its runs of equal style.
fn picture(console: &Harness) -> String {
    format!("{}\n{}", console.screen(), console.styles())
}

#[test]
fn the_list_the_form_and_the_find_form_look_as_they_should() {
    for (columns, rows) in SIZES {
        let mut console = listed((columns, rows));
        console.keys("down down");
        let name = |what: &str| format!("{what}_{columns}x{rows}");
        insta::assert_snapshot!(name("saved_list"), picture(&console));
        console.type_text("late").keys("enter");
        console.type_text("soon").keys("down");
        insta::assert_snapshot!(name("saved_form"), picture(&console));
        let mut console = opened((columns, rows));
        console
            .keys("g x")
            .type_text("{state: 'open', ")
            .keys("down down");
        console.type_text("{at: -1}");
        insta::assert_snapshot!(name("find_form"), picture(&console));
    }
}
