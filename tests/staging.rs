//! The list of a pipeline's stages and the previews beside it: by keys and replies given by hand.

mod served;

use std::sync::Arc;
use std::time::Duration;

use mongodeck::app::query::Part;
use mongodeck::app::{Context, Effect, Msg};
use mongodeck::mongo::request::preview::{Preview, Previewed};
use mongodeck::mongo::request::{CollectionSize, Failure, FailureKind, Reply, Request, TaskId};

use crate::support::harness::{Harness, document, profile};

const TEXT: &str = "db.orders.aggregate([\n  // open ones\n  { $match: { status: 'open' } },\n  {\n    $group: {\n      _id: '$customer',\n      orders: { $sum: 1 },\n    },\n  },\n  { $sort: { orders: -1 } },\n])";

/// A query tab with this text, its cursor at the end.
fn opened(text: &str, size: (u16, u16)) -> Harness {
    let mut console = Harness::with(&[profile("main")], [], size);
    console.open("main", "shop.orders");
    console.serve(3, |n| document(&format!("{{_id: {n}, status: 'open'}}")));
    console.keys("x ctrl-home");
    for _ in 0..80 {
        console.tell(Msg::Typed(tui_textarea::Input {
            key: tui_textarea::Key::Delete,
            ..Default::default()
        }));
    }
    console.tell(Msg::Pasted(text.to_owned()));
    console.effects();
    console
}

fn text(console: &Harness) -> String {
    console
        .app
        .tab()
        .unwrap()
        .query()
        .unwrap()
        .text
        .buffer
        .text()
}

/// The previews that were asked for and not stopped since, oldest first.
fn asked(console: &mut Harness) -> Vec<(TaskId, Preview)> {
    let effects = console.effects();
    let stopped = |task: TaskId| {
        effects
            .iter()
            .any(|e| matches!(e, Effect::Cancel { task: t } if *t == task))
    };
    effects
        .iter()
        .filter_map(|e| match e {
            Effect::Mongo {
                task,
                request: Request::Preview(preview),
                ..
            } if !stopped(*task) => Some((*task, (**preview).clone())),
            _ => None,
        })
        .collect()
}

/// The stages that a preview runs.
fn stages(preview: &Preview) -> String {
    let array = preview.documents.arguments[0].as_raw_bson_ref();
    mongodeck::app::words::line(array).replace(' ', "")
}

/// Answers a preview with documents, of which there are `count`, in `millis`.
fn answer(console: &mut Harness, task: TaskId, documents: &[&str], count: u64, millis: u64) {
    let previewed = Previewed {
        documents: documents.iter().map(|d| document(d)).collect(),
        all: Ok((count, Duration::from_millis(millis))),
    };
    console.reply(task, Ok(Reply::Previewed(previewed)));
}

const IN: &[&str] = &[
    "{_id: 1, status: 'open', customer: 'ada', total: 12.5}",
    "{_id: 2, status: 'done', customer: 'bo', total: 3}",
];
const MATCHED: &[&str] = &["{_id: 1, status: 'open', customer: 'ada', total: 12.5}"];
const GROUPED: &[&str] = &["{_id: 'ada', orders: 7}", "{_id: 'bo', orders: 2}"];

/// Opens the list and goes to its first stage, and waits until the cursor has come to rest.
fn first_stage(console: &mut Harness) {
    console.keys("f2 g g");
    console.wait(Duration::from_millis(250));
}

/// The list open on the second stage, with all that it asked for answered.
fn previewed(size: (u16, u16)) -> Harness {
    let mut console = opened(TEXT, size);
    first_stage(&mut console);
    let first = asked(&mut console);
    assert_eq!(first.len(), 1, "one at a time");
    answer(&mut console, first[0].0, IN, 1_000, 4);
    let second = asked(&mut console);
    answer(&mut console, second[0].0, MATCHED, 310, 6);
    console.keys("j");
    let third = asked(&mut console);
    assert_eq!(
        stages(&third[0].1),
        "[{$limit:1000},{$match:{status:'open'}},{$group:{_id:'$customer',orders:{$sum:1}}},{$limit:20}]"
    );
    answer(&mut console, third[0].0, GROUPED, 2, 9);
    console
}

#[test]
fn the_list_and_the_text_are_two_views_of_one_thing() {
    let mut console = opened(TEXT, (140, 40));
    console.keys("f2");
    assert_eq!(console.app.context(), Context::Stages);
    assert!(console.shows("3 stages"), "{}", console.screen());
    assert!(
        console.shows("3 ● $sort orders: -1"),
        "{}",
        console.screen()
    );
    // Disabled: a comment in the text, and still in the list.
    console.keys("g g space");
    assert!(console.shows("3 stages, 1 off"), "{}", console.screen());
    assert!(
        text(&console).contains("//- { $match"),
        "{}",
        text(&console)
    );
    console.keys("space");
    assert_eq!(text(&console).matches("//-").count(), 0);
    // Moved, copied and taken out, each as one step.
    let before = text(&console);
    console.keys("J");
    let moved = text(&console);
    assert!(
        moved.find("$group").unwrap() < moved.find("$match").unwrap(),
        "{moved}"
    );
    console.keys("d");
    assert!(console.shows("4 stages"), "{}", console.screen());
    console.keys("x");
    assert_eq!(text(&console), moved);
    console.keys("u");
    assert!(console.shows("4 stages"), "{}", console.screen());
    console.keys("u u");
    assert_eq!(text(&console), before);
    console.keys("ctrl-r");
    assert_eq!(text(&console), moved);
    console.keys("K");
    // Typing in the text is seen in the list.
    console.keys("g g enter");
    assert_eq!(console.app.context(), Context::Query);
    console.keys("right right").type_text("a");
    assert!(console.shows("1 ✗ a "), "{}", console.screen());
}

#[test]
fn a_stage_is_inserted_from_the_list_of_snippets_and_filled_in_in_the_text() {
    let mut console = opened(TEXT, (80, 24));
    console.keys("ctrl-x l g g a");
    console.type_text("unwind");
    console.keys("enter");
    let new = text(&console);
    let place = new.find("{ $unwind: '$items' },\n").unwrap();
    assert!(new.find("$match").unwrap() < place && place < new.find("$group").unwrap());
    assert_eq!(console.app.context(), Context::Query);
    let query = console.app.tab().unwrap().query().unwrap();
    assert_eq!(query.text.buffer.offset(), new.find("'$items'").unwrap());
    assert!(console.shows("4 stages"), "{}", console.screen());
    console.keys("ctrl-u");
    assert_eq!(text(&console), TEXT);
    // An empty pipeline has a first one.
    let mut console = opened("db.orders.aggregate([])", (80, 24));
    console.keys("f2");
    assert!(console.shows("no stage so far"), "{}", console.screen());
    console.keys("i").type_text("limit");
    console.keys("enter");
    assert!(
        text(&console).contains("{ $limit: 20 }"),
        "{}",
        text(&console)
    );
}

#[test]
fn a_text_that_cannot_be_read_says_so_and_leaves_the_last_list() {
    let mut console = opened(TEXT, (140, 40));
    console.keys("f2 esc ctrl-end backspace backspace");
    assert!(console.shows("! as it was: line"), "{}", console.screen());
    assert!(console.shows("2 ● $group"), "{}", console.screen());
    let styles = console.styles();
    let group = styles.lines().find(|l| l.contains("$group _id")).unwrap();
    assert!(group.contains("$group _id"), "dim as a whole: {group}");
    // What cannot be read is not edited.
    let before = text(&console);
    console.keys("ctrl-x l x d space");
    assert_eq!(text(&console), before);
    // A stage with a mistake is marked, and is not asked for.
    let mut console = opened(&TEXT.replace("'open'", "nonsense()"), (140, 40));
    console.keys("f2");
    assert!(console.shows("1 ✗ $match"), "{}", console.screen());
    assert!(
        console.shows("stage 1 cannot be read"),
        "{}",
        console.screen()
    );
    assert!(asked(&mut console).is_empty());
}

#[test]
fn a_long_stage_is_shown_in_full_and_in_a_line() {
    let mut console = opened(TEXT, (140, 40));
    console.keys("f2 g g j z");
    assert!(
        console.shows("      orders: { $sum: 1 },"),
        "{}",
        console.screen()
    );
    console.keys("K");
    console.keys("z");
    let list: Vec<String> = console
        .screen()
        .lines()
        .filter(|l| l.contains('●'))
        .map(str::to_owned)
        .collect();
    assert_eq!(
        list.len(),
        3 + 1,
        "three stages and the connection: {list:#?}"
    );
}

#[test]
fn a_preview_says_what_goes_in_and_comes_out_of_a_stage() {
    let console = previewed((140, 40));
    assert!(console.shows("310 in → 2 out"), "{}", console.screen());
    assert!(
        console.shows("3.0 ms here, 9.0 ms in all"),
        "{}",
        console.screen()
    );
    assert!(
        console.shows("+ orders   − customer, status, total"),
        "{}",
        console.screen()
    );
    assert!(console.shows("first 1,000"), "{}", console.screen());
    insta::assert_snapshot!("preview_140x40", console.screen());
    insta::assert_snapshot!("preview_140x40_styles", console.styles());
}

#[test]
fn a_narrow_terminal_has_the_list_above_the_preview() {
    let console = previewed((80, 24));
    insta::assert_snapshot!("preview_80x24", console.screen());
    insta::assert_snapshot!("preview_80x24_styles", console.styles());
}

#[test]
fn what_was_read_is_not_asked_again_until_the_text_before_it_changes() {
    let mut console = previewed((140, 40));
    console.keys("k j k");
    assert!(asked(&mut console).is_empty());
    assert!(console.shows("1,000 in → 310 out"), "{}", console.screen());
    // Text behind the stage is nothing to it.
    console.keys("G x");
    console.effects();
    console.keys("g g");
    assert!(asked(&mut console).is_empty(), "{}", text(&console));
    console.keys("space j");
    let next = asked(&mut console);
    assert_eq!(
        stages(&next[0].1),
        "[{$limit:1000},{$group:{_id:'$customer',orders:{$sum:1}}},{$limit:20}]"
    );
    answer(&mut console, next[0].0, GROUPED, 5, 9);
    console.keys("r");
    assert_eq!(asked(&mut console).len(), 1, "refresh asks anew");
}

#[test]
fn a_cursor_that_goes_on_stops_what_is_read_and_only_one_is_next() {
    let mut console = opened(TEXT, (140, 40));
    first_stage(&mut console);
    let first = asked(&mut console);
    answer(&mut console, first[0].0, IN, 1_000, 4);
    // After the first stage is under way; the cursor goes on by two.
    let (under_way, _) = asked(&mut console)[0];
    console.keys("j j");
    let effects = console.effects();
    let stopped = |e: &Effect| matches!(e, Effect::Cancel { task } if *task == under_way);
    assert!(effects.iter().any(stopped), "{effects:?}");
    let begun = |e: &&Effect| {
        matches!(
            e,
            Effect::Mongo {
                request: Request::Preview(_),
                ..
            }
        )
    };
    assert_eq!(
        effects.iter().filter(begun).count(),
        0,
        "not before it rests"
    );
    console.wait(Duration::from_millis(250));
    let next = asked(&mut console);
    assert_eq!(next.len(), 1);
    assert!(
        stages(&next[0].1).contains("$group"),
        "{}",
        stages(&next[0].1)
    );
    // A late answer to what was stopped changes nothing.
    answer(&mut console, under_way, MATCHED, 99, 1);
    assert!(!console.shows(" 99 "), "{}", console.screen());
    // Closing stops the rest.
    console.keys("ctrl-x l");
    let effects = console.effects();
    let stopped = |e: &Effect| matches!(e, Effect::Cancel { task } if *task == next[0].0);
    assert!(effects.iter().any(stopped), "{effects:?}");
}

#[test]
fn the_sample_is_chosen_and_told() {
    let mut console = opened(TEXT, (140, 40));
    first_stage(&mut console);
    let size = console
        .request(|r| matches!(r, Request::Sizes { .. }))
        .unwrap();
    let sizes = vec![(
        "orders".to_owned(),
        CollectionSize {
            documents: 12_400,
            bytes: 1_000,
        },
    )];
    console.reply(size.0, Ok(Reply::Sizes(sizes)));
    assert!(
        console.shows("first 1,000 of ~12.4 k"),
        "{}",
        console.screen()
    );
    console.keys("s");
    assert!(
        console.shows("first 10,000 of ~12.4 k"),
        "{}",
        console.screen()
    );
    console.keys("s");
    assert!(console.shows("1,000 by chance of"), "{}", console.screen());
    let asked = asked(&mut console);
    assert!(stages(&asked.last().unwrap().1).starts_with("[{$sample:{size:1000}}"));
    console.keys("s");
    assert!(console.shows("all of ~12.4 k"), "{}", console.screen());
}

#[test]
fn a_stage_that_writes_is_never_asked_for_and_says_what_it_would_do() {
    let mut console = opened(
        &TEXT.replace("{ $sort: { orders: -1 } }", "{ $out: 'totals' }"),
        (140, 40),
    );
    console.keys("f2 G");
    assert!(
        console.shows("never run by a preview: the statement"),
        "{}",
        console.screen()
    );
    let mut tasks = asked(&mut console);
    while let Some((task, preview)) = tasks.pop() {
        assert!(!stages(&preview).contains("$out"));
        answer(&mut console, task, GROUPED, 2, 1);
        tasks.extend(asked(&mut console));
    }
    assert!(console.shows("2 in → 2 out"), "{}", console.screen());
}

#[test]
fn a_preview_that_takes_too_long_says_so_and_what_to_do() {
    let mut console = opened(TEXT, (140, 40));
    first_stage(&mut console);
    let first = asked(&mut console);
    let previewed = Previewed {
        documents: vec![Arc::clone(&document(IN[0]))],
        all: Err(Failure::new(
            FailureKind::Timeout,
            "it took longer than 5 s",
        )),
    };
    console.reply(first[0].0, Ok(Reply::Previewed(previewed.clone())));
    let second = asked(&mut console);
    console.reply(second[0].0, Ok(Reply::Previewed(previewed)));
    assert!(
        console.shows("✗ it took longer than 5 s"),
        "{}",
        console.screen()
    );
    assert!(
        console.shows("s: other documents to preview on"),
        "{}",
        console.screen()
    );
    assert!(console.shows("ada"), "the documents are there all the same");
}

#[test]
fn running_the_statement_puts_the_list_away() {
    let mut console = previewed((140, 40));
    console.keys("f5");
    let query = console.app.tab().unwrap().query().unwrap();
    assert!(!query.stages.shown);
    assert_eq!(query.part, Part::Text);
    assert!(!console.shows("3 stages"));
}
