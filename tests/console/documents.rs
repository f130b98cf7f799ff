//! The documents pane.

use std::sync::Arc;

use bson::{Bson, RawDocumentBuf};
use mongodeck::app::documents::View;
use mongodeck::app::documents::rows::{KEPT_BYTES, PAGE_BYTES, Rows};
use mongodeck::app::{Context, Effect};
use mongodeck::model::{
    Field, Kind, Model, Reference, Requirement, Schema, SchemaOptions, Strictness,
};
use mongodeck::mongo::request::{
    CollectionSize, Failure, FailureKind, FeedId, Namespace, ProfileName, Reply, Request, Side,
};

use mongodeck::terminal::wire::Wire;
use ratatui::backend::Backend;

use crate::support::harness::{Harness, document, page, profile};

fn user(n: u64) -> Arc<RawDocumentBuf> {
    let goal = ["promotion", "switch", "skills"][n as usize % 3];
    let timeframe = if n % 7 == 3 { "3-weeks" } else { "6-months" };
    document(&format!(
        "{{_id: ObjectId('65a1b2c3d4e5f60718{n:06x}'), name: 'Person {n}', email: 'p{n}@example.com', \
         goalType: '{goal}', timeframe: '{timeframe}', age: {age}, address: {{city: 'Oslo', zip: '01{n:02}'}}, \
         tags: ['a', 'b'], createdAt: ISODate('2026-03-01T09:12:00Z')}}",
        age = 20 + n % 50,
    ))
}

fn users_model() -> Model {
    let mut timeframe = Field::new("timeframe", Kind::String, 1);
    timeframe.choices = ["3-months", "6-months", "1-year"]
        .map(|c| Bson::String(c.to_owned()))
        .to_vec();
    let mut name = Field::new("name", Kind::String, 1);
    name.required = Requirement::Required(None);
    let mut team = Field::new("team", Kind::ObjectId, 1);
    team.reference = Some(Reference::Model("Team".to_owned()));
    team.required = Requirement::Required(None);
    model(
        "User",
        "users",
        vec![
            Field::new("_id", Kind::ObjectId, 1),
            name,
            Field::new("email", Kind::String, 1),
            Field::new("goalType", Kind::String, 1),
            timeframe,
            team,
        ],
    )
}

fn model(name: &str, collection: &str, fields: Vec<Field>) -> Model {
    Model {
        name: name.to_owned(),
        database: None,
        collection: collection.to_owned(),
        domain: None,
        schemas: vec![Schema {
            fields,
            options: SchemaOptions {
                strict: Strictness::Open,
                ..SchemaOptions::DEFAULT
            },
            ..Schema::EMPTY
        }],
        indexes: Vec::new(),
        source: Default::default(),
        gaps: Vec::new(),
        validator: None,
    }
}

fn opened(total: u64, make: impl Fn(u64) -> Arc<RawDocumentBuf>) -> Harness {
    let mut console = Harness::new();
    console.open("main", "career_dev.users");
    console.serve(total, make);
    console
}

fn tab(console: &Harness) -> &mongodeck::app::documents::Documents {
    console.app.documents().unwrap()
}

fn estimated(console: &mut Harness, documents: u64) {
    let (task, _) = console
        .request(|r| matches!(r, Request::Sizes { .. }))
        .unwrap();
    let size = CollectionSize {
        documents,
        bytes: documents * 200,
    };
    console.reply(task, Ok(Reply::Sizes(vec![("users".to_owned(), size)])));
}

fn unreachable() -> Failure {
    Failure::new(
        FailureKind::Unreachable,
        "cannot reach `localhost:27017`: connection refused",
    )
    .with_help("is the server running?")
}

#[test]
fn the_table_in_its_four_looks_and_three_sizes() {
    for (columns, rows) in [(80, 24), (40, 12), (160, 50)] {
        let size = format!("{columns}x{rows}");
        let mut console = Harness::with(&[profile("main")], [users_model()], (columns, rows));
        console.open("main", "career_dev.users");
        insta::assert_snapshot!(format!("table_idle_{size}"), console.screen());
        console.serve(500, user);
        estimated(&mut console, 12_400);
        console.keys("j j l");
        insta::assert_snapshot!(format!("table_ready_{size}"), console.screen());
        console.keys("s");
        insta::assert_snapshot!(format!("table_loading_{size}"), console.screen());
        let (task, _) = console
            .request(|r| matches!(r, Request::OpenFeed { .. }))
            .unwrap();
        console.reply(task, Err(unreachable()));
        insta::assert_snapshot!(format!("table_failed_{size}"), console.screen());
    }
}

#[test]
fn only_the_cell_under_the_cursor_is_restyled_and_previous_rows_are_dim_while_others_are_awaited() {
    let mut console = Harness::with(&[profile("main")], [users_model()], (80, 14));
    console.open("main", "career_dev.users");
    console.serve(5, user);
    insta::assert_snapshot!("table_ready_styles", console.styles());
    console.keys("s");
    insta::assert_snapshot!("table_loading_styles", console.styles());
}

#[test]
fn the_window_stays_bounded_while_a_hundred_thousand_rows_go_by() {
    let feed = FeedId(1);
    let mut rows = Rows::default();
    let serve = |rows: &mut Rows| {
        let mut pages = 0;
        while let Some(wanted) = rows.wanted(40) {
            let from = u64::try_from(wanted.from).unwrap();
            let of = page(
                feed,
                Side::Start,
                from,
                wanted.count,
                PAGE_BYTES,
                100_000,
                small,
            );
            rows.take(&of, 40);
            pages += 1;
            assert!(pages < 10, "the same rows are asked for over and over");
        }
    };
    serve(&mut rows);
    let mut seen = 0;
    while rows.cursor() < 99_999 {
        rows.page(40, 40);
        serve(&mut rows);
        assert!(rows.len() <= 240, "{} rows are kept", rows.len());
        let here = u64::try_from(rows.cursor()).unwrap();
        assert_eq!(rows.current(), Some(&small(here)));
        seen += 1;
    }
    assert_eq!(seen, 2500);
    while rows.cursor() > 90_000 {
        rows.page(-40, 40);
        serve(&mut rows);
        let here = u64::try_from(rows.cursor()).unwrap();
        assert_eq!(rows.current(), Some(&small(here)));
    }
}

fn small(n: u64) -> Arc<RawDocumentBuf> {
    let mut document = RawDocumentBuf::new();
    document.append(bson::raw::cstr!("_id"), i64::try_from(n).unwrap());
    Arc::new(document)
}

#[test]
fn rows_are_read_ahead_in_both_directions_while_one_pages() {
    let mut console = opened(2_000, user);
    console.resize(100, 30);
    for _ in 0..20 {
        console.keys("page-down");
        console.serve(2_000, user);
    }
    console.wait(std::time::Duration::from_secs(9));
    console.keys("page-up page-up page-up page-up page-up page-up page-up page-up");
    console.serve(2_000, user);
    let rows = &tab(&console).feed.rows;
    let expected = user(u64::try_from(rows.cursor()).unwrap());
    assert!(rows.cursor() > 200);
    assert_eq!(rows.current(), Some(&expected));
}

#[test]
fn the_end_is_reached_without_reading_what_lies_between() {
    let mut console = opened(100_000, user);
    console.keys("G");
    let (task, request) = console
        .request(|r| matches!(r, Request::Page { .. }))
        .unwrap();
    let Request::Page {
        feed,
        side,
        offset,
        count,
        ..
    } = request
    else {
        unreachable!()
    };
    assert_eq!((side, offset), (Side::End, 0));
    let reply = page(feed, side, offset, count, usize::MAX, 100_000, user);
    console.reply(task, Ok(Reply::Page(reply)));
    assert_eq!(tab(&console).current(), Some(user(99_999)));
    console.serve(100_000, user);
    for _ in 0..10 {
        console.keys("page-up");
        console.serve(100_000, user);
    }
    let back = u64::try_from(-1 - tab(&console).feed.rows.cursor()).unwrap();
    assert!(back > 50);
    assert_eq!(tab(&console).current(), Some(user(99_999 - back)));
    console.keys("g g");
    console.serve(100_000, user);
    assert_eq!(tab(&console).current(), Some(user(0)));
}

#[test]
fn large_documents_do_not_multiply() {
    let large = |n: u64| {
        let mut document = RawDocumentBuf::new();
        document.append(bson::raw::cstr!("_id"), i64::try_from(n).unwrap());
        document.append(bson::raw::cstr!("blob"), "x".repeat(5 << 20));
        Arc::new(document)
    };
    let mut console = opened(40, large);
    for _ in 0..30 {
        console.keys("j");
        console.serve(40, large);
        let rows = &tab(&console).feed.rows;
        assert!(rows.current().is_some());
        assert!(
            rows.bytes() <= KEPT_BYTES,
            "{} bytes are kept",
            rows.bytes()
        );
    }
    assert_eq!(tab(&console).feed.rows.cursor(), 30);
}

#[test]
fn a_stale_reply_is_dropped() {
    let mut console = opened(50, user);
    console.keys("s");
    let open = |r: &Request| matches!(r, Request::OpenFeed { .. });
    let (stale, request) = console.request(open).unwrap();
    console.keys("s");
    let Request::OpenFeed { feed, .. } = request else {
        unreachable!()
    };
    let other = |_| document("{_id: 'stale'}");
    let reply = page(feed, Side::Start, 0, 50, usize::MAX, 1, other);
    console.reply(stale, Ok(Reply::Page(reply)));
    assert_eq!(tab(&console).current(), Some(user(0)), "the old rows stay");
    console.serve(50, |n| user(49 - n));
    assert_eq!(tab(&console).current(), Some(user(49)));
}

#[test]
fn a_column_is_sorted_on_the_server_up_down_and_not_at_all() {
    let mut console = opened(50, user);
    console.keys("l");
    let mut sorts = Vec::new();
    for _ in 0..3 {
        console.keys("s");
        let open = |r: &Request| matches!(r, Request::OpenFeed { .. });
        let Some((_, Request::OpenFeed { find, .. })) = console.request(open) else {
            panic!("nothing was asked for")
        };
        sorts.push(find.sort);
        let mark = ["name▲", "name▼", "name "][sorts.len() - 1];
        assert!(console.shows(mark), "{}", console.screen());
    }
    let sort = |text: &str| Some((*document(text)).clone());
    assert_eq!(sorts, [sort("{name: 1}"), sort("{name: -1}"), None]);
}

#[test]
fn a_filter_that_does_not_parse_is_shown_with_a_caret_and_the_rows_stay() {
    let mut console = opened(50, user);
    console.effects();
    console.keys("/");
    assert_eq!(console.app.context(), Context::Input);
    console.type_text("{goalType: }").keys("enter");
    assert!(
        !console.effects().iter().any(|e| matches!(
            e,
            Effect::Mongo {
                request: Request::OpenFeed { .. },
                ..
            }
        )),
        "nothing is sent"
    );
    insta::assert_snapshot!("filter_problem", console.screen());
    console
        .keys("backspace")
        .type_text("'skills'}")
        .keys("enter");
    let open = |r: &Request| matches!(r, Request::OpenFeed { .. });
    let Some((_, Request::OpenFeed { find, .. })) = console.request(open) else {
        panic!("nothing was asked for")
    };
    assert_eq!(find.filter, *document("{goalType: 'skills'}"));
    assert_eq!(console.app.context(), Context::Table);
    console.keys("/").keys("ctrl-u").keys("up");
    assert!(
        console.shows("filter {goalType: 'skills'}"),
        "{}",
        console.screen()
    );
}

#[test]
fn a_refresh_keeps_the_cursor_on_its_document() {
    let mut console = opened(300, user);
    for _ in 0..60 {
        console.keys("j");
        console.serve(300, user);
    }
    let before = tab(&console).current();
    console.keys("r");
    // Three documents came in before it meanwhile.
    console.serve(303, |n| user(if n < 3 { 1000 + n } else { n - 3 }));
    assert_eq!(tab(&console).current(), before);
    assert_eq!(tab(&console).feed.rows.cursor(), 63);
}

#[test]
fn a_feed_that_is_gone_is_said_and_opened_anew_by_a_refresh() {
    let mut console = opened(1000, user);
    console.keys("page-down page-down page-down");
    let (task, _) = console
        .request(|r| matches!(r, Request::Page { .. }))
        .unwrap();
    let gone = Failure::new(FailureKind::Gone, "the documents' cursor was closed");
    console.reply(task, Err(gone));
    assert!(console.shows("✗ the documents' cursor was closed"));
    assert!(
        console.shows("refresh to read again (r)"),
        "{}",
        console.screen()
    );
    console.effects();
    console.keys("j j");
    assert!(
        console.request(|_| true).is_none(),
        "a closed feed is not asked"
    );
    console.keys("r");
    console.serve(1000, user);
    assert!(!console.shows("✗ the documents"));
}

#[test]
fn no_control_character_of_data_reaches_the_screen() {
    let hostile = "\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{9b}31m\u{202e}\u{2066}\u{200b}\r\n\t\0end";
    let key = hostile.replace('\0', "");
    let mut document = RawDocumentBuf::new();
    document.append(bson::raw::cstr!("_id"), hostile);
    let name = bson::raw::CString::try_from(key.as_str()).unwrap();
    document.append(&name, hostile);
    let mut inner = RawDocumentBuf::new();
    inner.append(&name, hostile);
    document.append(bson::raw::cstr!("inner"), inner);
    let document = Arc::new(document);
    let mut console = opened(3, |_| Arc::clone(&document));
    let check = |console: &Harness, what: &str| {
        for (place, cell) in console.buffer().content.iter().enumerate() {
            let hidden = cell
                .symbol()
                .chars()
                .find(|c| mongodeck::value::text::is_hidden(*c));
            assert_eq!(hidden, None, "{what}, cell {place}");
        }
    };
    check(&console, "table");
    console.keys("l l");
    check(&console, "another column");
    console.keys("c c");
    check(&console, "columns");
    console.keys("esc enter * j");
    check(&console, "tree");
    console.keys("v j");
    check(&console, "text");
    console.keys("y p y v");
    check(&console, "notice");
    console.keys("v /");
    console.tell(mongodeck::app::Msg::Pasted(key.clone()));
    check(&console, "filter");
    console.keys("enter");
    check(&console, "problem");
}

#[test]
fn copies_are_whole_however_narrow_the_column_is() {
    let long = "x".repeat(5000);
    let mut console = opened(1, |_| {
        document(&format!("{{_id: 5.0, text: '{long}', n: NumberLong('7')}}"))
    });
    let copied = |console: &mut Harness| {
        let copies: Vec<String> = console
            .effects()
            .into_iter()
            .filter_map(|e| match e {
                Effect::Copy { text } => Some(text),
                _ => None,
            })
            .collect();
        copies.into_iter().next().unwrap_or_default()
    };
    console.keys("l y y");
    assert_eq!(copied(&mut console), format!("'{long}'"));
    assert!(
        console.shows("copied the value, 4.9 kB"),
        "{}",
        console.screen()
    );
    console.keys("l y y");
    assert_eq!(copied(&mut console), "NumberLong('7')");
    console.keys("y p");
    assert_eq!(copied(&mut console), "n");
    console.keys("y c");
    let text = copied(&mut console);
    assert!(text.contains("\"$numberLong\""), "{text:.200}");
}

#[test]
fn violations_are_marked_listed_and_gone_to() {
    let mut console = Harness::with(&[profile("main")], [users_model()], (100, 24));
    console.open("main", "career_dev.users");
    console.serve(50, user);
    assert!(console.shows("✗ missing"), "{}", console.screen());
    console.keys("}");
    let path = tab(&console).current_path();
    assert_eq!(path.dotted(), "team");
    assert!(console.shows("`team` is required"), "{}", console.screen());
    console.keys("!");
    assert!(console.shows("violations of `User`"));
    console.keys("enter");
    assert_eq!(tab(&console).current_path().dotted(), "team");
}

#[test]
fn a_reference_is_followed_into_a_tab_of_its_own() {
    let teams = model("Team", "teams", vec![Field::new("_id", Kind::ObjectId, 1)]);
    let mut console = Harness::with(&[profile("main")], [users_model(), teams], (120, 24));
    console.open("main", "career_dev.users");
    let id = "65a1b2c3d4e5f6071829f3a1";
    console.serve(1, |_| {
        document(&format!("{{_id: 1, name: 'A', team: ObjectId('{id}')}}"))
    });
    console.keys("f");
    assert!(
        console.shows("gives `_id` no reference"),
        "{}",
        console.screen()
    );
    console.keys("l l l l l f");
    let open = |r: &Request| matches!(r, Request::OpenFeed { .. });
    let Some((
        _,
        Request::OpenFeed {
            namespace, find, ..
        },
    )) = console.request(open)
    else {
        panic!("nothing was opened: {}", console.screen())
    };
    assert_eq!(namespace, Namespace::new("career_dev", "teams"));
    assert_eq!(
        find.filter,
        *document(&format!("{{_id: ObjectId('{id}')}}"))
    );
    assert_eq!(console.app.tabs.len(), 2);
}

#[test]
fn a_layout_is_kept_and_comes_back_with_the_next_tab() {
    let mut console = opened(5, user);
    console.keys("l c h");
    let saved = console.effects().into_iter().find_map(|e| match e {
        Effect::SaveColumns {
            profile,
            namespace,
            layout,
        } => Some((profile, namespace, layout)),
        _ => None,
    });
    let (profile, namespace, layout) = saved.unwrap();
    assert_eq!(profile, ProfileName::new("main"));
    assert_eq!(namespace, Namespace::new("career_dev", "users"));
    let name = layout.columns.iter().find(|c| c.path == "name");
    assert!(name.is_some_and(|c| c.hidden));
    console.keys("q");
    console.app.open_tab(&profile, namespace);
    assert!(!tab(&console).columns.shown().any(|c| c.title == "name"));
}

#[test]
fn the_tree_opens_closes_searches_and_goes_from_document_to_document() {
    let mut console = opened(20, user);
    console.keys("enter");
    assert_eq!(tab(&console).view, View::Tree);
    insta::assert_snapshot!("tree_closed", console.screen());
    console.keys("s").type_text("oslo").keys("enter");
    assert_eq!(tab(&console).current_path().dotted(), "address.city");
    insta::assert_snapshot!("tree_found", console.screen());
    console.keys("J");
    assert_eq!(tab(&console).current(), Some(user(1)));
    assert_eq!(
        tab(&console).current_path().dotted(),
        "address.city",
        "the place is kept"
    );
    console.keys("esc");
    assert_eq!(tab(&console).view, View::Table);
}

#[test]
fn the_text_shows_lines_with_numbers_and_the_same_place() {
    let mut console = opened(20, user);
    console.keys("l l l v v");
    assert_eq!(tab(&console).view, View::Text);
    assert_eq!(tab(&console).current_path().dotted(), "goalType");
    insta::assert_snapshot!("text", console.screen());
}

#[test]
fn a_click_puts_the_cursor_a_double_click_opens_and_a_header_sorts() {
    let mut console = opened(20, user);
    let screen = console.screen();
    let at = |text: &str| {
        let (y, line) = screen
            .lines()
            .enumerate()
            .find(|(_, l)| l.contains(text))
            .unwrap();
        let x = line[..line.find(text).unwrap()].chars().count();
        (u16::try_from(x).unwrap(), u16::try_from(y).unwrap())
    };
    let (x, y) = at("Person 4");
    console.click(x, y, false);
    assert_eq!(tab(&console).feed.rows.cursor(), 4);
    assert_eq!(tab(&console).current_path().dotted(), "name");
    console.click(x, y, true);
    assert_eq!(tab(&console).view, View::Tree);
    console.keys("esc");
    let (x, y) = at("email");
    console.click(x, y, false);
    assert_eq!(tab(&console).sort, "{email: 1}");
}

#[test]
fn one_step_of_the_cursor_sends_few_bytes() {
    let mut console = Harness::with(&[profile("main")], [], (120, 40));
    console.open("main", "career_dev.users");
    console.serve(500, user);
    console.keys("j l");
    let mut wire = Wire::new(std::io::sink());
    let mut most = Vec::new();
    for key in ["j", "j", "k", "l", "h", "j"] {
        let before = console.buffer().clone();
        console.keys(key);
        let changed = before.diff(console.buffer());
        let sent = wire.sent();
        wire.draw(changed.into_iter()).unwrap();
        wire.flush().unwrap();
        most.push((key, wire.sent() - sent));
    }
    // A step sideways also tells of another field in the strip below.
    let limit = |key| if matches!(key, "j" | "k") { 150 } else { 200 };
    assert!(most.iter().all(|(key, n)| *n <= limit(key)), "{most:?}");
}
