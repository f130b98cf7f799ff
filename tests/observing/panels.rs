//! What the panels ask, what they refuse, and what they do with the answers; no server is needed.

use std::time::Duration;

use bson::rawdoc;
use mongodeck::app::overlay::Overlay;
use mongodeck::app::{Effect, Msg, Tab};
use mongodeck::mongo::request::observe::{
    DocumentBefore, FullDocument, Killed, Observation, Observe, ProfilingLevel, TailPlace,
};
use mongodeck::mongo::request::{
    Access, ConnectionState, Failure, FailureKind, FeedId, Namespace, ProfileName, Reply, Report,
    Request, TaskId,
};

use super::sample::{
    START, answer, asked, changes, figures, on, operation, operations, profiling, slow, topology,
};
use crate::support::harness::Harness;

const SMALL: (u16, u16) = (80, 24);

fn monitor(harness: &Harness) -> &mongodeck::app::monitor::Monitor {
    match harness.app.tab() {
        Some(Tab::Monitor(monitor)) => monitor,
        other => panic!("{other:?}"),
    }
}

fn second(harness: &mut Harness) {
    for _ in 0..4 {
        harness.wait(Duration::from_millis(250));
    }
}

#[test]
fn one_question_is_under_way_at_a_time_and_the_next_comes_after_its_pause() {
    let mut harness = on("p t", SMALL);
    let (task, what) = asked(&mut harness).unwrap();
    assert_eq!(what, Observe::Topology);
    for _ in 0..20 {
        second(&mut harness);
    }
    assert!(asked(&mut harness).is_none());
    let failure = Failure::new(FailureKind::Timeout, "too late");
    harness.reply(task, Err(failure));
    assert!(harness.shows("too late"));
    second(&mut harness);
    answer(&mut harness, 20_000, topology());
    second(&mut harness);
    assert!(asked(&mut harness).is_none());
    second(&mut harness);
    assert!(asked(&mut harness).is_some());
}

#[test]
fn a_panel_that_is_not_on_the_screen_asks_nothing() {
    let mut harness = on("p t", SMALL);
    answer(&mut harness, 0, topology());
    harness.keys("3");
    for _ in 0..10 {
        second(&mut harness);
        if let Some((task, what)) = asked(&mut harness) {
            assert_eq!(what, Observe::Server);
            let failure = Failure::new(FailureKind::Cancelled, "stopped");
            harness.reply(task, Err(failure));
        }
    }
    // Neither does the monitor behind another tab.
    harness.keys("g m");
    harness.effects();
    for _ in 0..10 {
        second(&mut harness);
    }
    assert!(asked(&mut harness).is_none());
}

#[test]
fn what_was_asked_is_cancelled_with_its_panel() {
    let mut harness = on("p t", SMALL);
    let (task, _) = asked(&mut harness).unwrap();
    harness.keys("3");
    assert!(harness.effects().contains(&Effect::Cancel { task }));
}

#[test]
fn a_pause_asks_nothing_until_it_ends() {
    let mut harness = on("p o", SMALL);
    answer(&mut harness, 0, Observation::Operations(operations()));
    harness.keys("space");
    assert!(harness.shows("paused, read 14:02:11 UTC"));
    for _ in 0..10 {
        second(&mut harness);
    }
    assert!(asked(&mut harness).is_none());
    harness.keys("space");
    second(&mut harness);
    assert!(asked(&mut harness).is_some());
}

#[test]
fn a_profile_that_is_not_connected_is_not_asked_and_so_not_connected() {
    let mut harness = on("p t", SMALL);
    answer(&mut harness, 0, topology());
    harness.tell(Msg::Report(Box::new(Report::Connection {
        profile: ProfileName::new("main"),
        state: ConnectionState::Closed,
    })));
    harness.effects();
    for _ in 0..10 {
        second(&mut harness);
    }
    assert!(
        harness
            .effects()
            .iter()
            .all(|e| !matches!(e, Effect::Mongo { .. }))
    );
    // What is shown is old, and says so.
    assert!(
        harness.shows("read 14:02:11 UTC, 10 s ago"),
        "{}",
        harness.screen()
    );
}

#[test]
fn the_cursor_stays_on_its_operation_while_the_list_changes() {
    let mut harness = on("p o", SMALL);
    answer(&mut harness, 0, Observation::Operations(operations()));
    harness.keys("j");
    let on = |h: &Harness| monitor(h).operations.current().map(|o| o.id.to_string());
    assert_eq!(on(&harness).as_deref(), Some("12"));
    let mut later = operations();
    later
        .running
        .insert(0, operation(99, 50, rawdoc! { "find": "other" }));
    second(&mut harness);
    second(&mut harness);
    answer(&mut harness, 2_000, Observation::Operations(later));
    assert_eq!(on(&harness).as_deref(), Some("12"));
    // Where it has ended, the cursor stays at its place.
    second(&mut harness);
    second(&mut harness);
    let mut later = operations();
    later.running.remove(1);
    answer(&mut harness, 4_000, Observation::Operations(later));
    assert_eq!(on(&harness).as_deref(), Some("13"));
}

#[test]
fn a_filter_shows_what_has_its_text() {
    let mut harness = on("p o", SMALL);
    answer(&mut harness, 0, Observation::Operations(operations()));
    harness.keys("/").type_text("PAID");
    assert_eq!(monitor(&harness).operations.count(), 1);
    harness.keys("enter");
    assert!(harness.shows("1 of 3") && harness.shows("“PAID”"));
    harness.keys("esc");
    assert_eq!(monitor(&harness).operations.count(), 3);
}

#[test]
fn words_narrow_the_list_and_a_wrong_one_is_said_under_the_field() {
    let mut harness = on("p o", (140, 40));
    answer(&mut harness, 0, Observation::Operations(operations()));
    harness.keys("/");
    assert!(harness.shows("ns:") && harness.shows("over:5s") && harness.shows("is:ours"));
    harness.type_text("over:1500ms -is:waiting");
    assert_eq!(monitor(&harness).operations.count(), 1);
    harness.type_text(" is:blue").keys("enter");
    assert!(harness.shows("✗ `is:` takes ours"), "{}", harness.screen());
    // The words before it still hold, and the field is still open.
    assert_eq!(monitor(&harness).operations.count(), 1);
    for _ in 0.." is:blue".len() {
        harness.keys("backspace");
    }
    harness.keys("enter");
    assert!(
        harness.shows("with “over:1500ms -is:waiting”"),
        "{}",
        harness.screen()
    );
}

#[test]
fn the_list_is_ordered_by_another_column_with_a_key() {
    let mut harness = on("p o", (140, 40));
    let mut all = operations();
    all.running[2].namespace = "a.first".to_owned();
    answer(&mut harness, 0, Observation::Operations(all));
    let ids = |h: &Harness| -> Vec<String> {
        monitor(h)
            .operations
            .rows()
            .map(|(o, _)| o.id.to_string())
            .collect()
    };
    assert!(harness.shows("running▾"));
    assert_eq!(ids(&harness), ["11", "12", "13"]);
    harness.keys("R");
    assert_eq!(ids(&harness), ["13", "12", "11"]);
    harness.keys("S");
    assert!(harness.shows("namespace▾"), "{}", harness.screen());
    assert_eq!(ids(&harness), ["13", "11", "12"]);
    harness.keys("S S S");
    assert!(harness.shows("by locks"), "{}", harness.screen());
    assert_eq!(ids(&harness)[0], "12", "who waits comes first");
}

#[test]
fn one_of_our_own_is_marked_and_said_before_it_is_stopped() {
    let mut harness = on("p o", SMALL);
    let mut all = operations();
    all.running[0].ours = true;
    all.running[0].cursor = Some(77);
    answer(&mut harness, 0, Observation::Operations(all));
    assert!(
        harness.shows("(ours) db.orders.find"),
        "{}",
        harness.screen()
    );
    assert!(
        harness.shows("3 % scanning collection"),
        "{}",
        harness.screen()
    );
    harness.keys("x");
    assert!(harness.shows("this program's own"), "{}", harness.screen());
    assert!(harness.shows("a batch of a cursor"));
    harness.keys("y");
    let Some((_, Request::KillOperation { cursor, .. })) = kill(&mut harness) else {
        panic!("{}", harness.screen());
    };
    assert_eq!(cursor, Some((Namespace::new("shop", "orders"), 77)));
}

fn kill(harness: &mut Harness) -> Option<(TaskId, Request)> {
    harness.request(|r| matches!(r, Request::KillOperation { .. }))
}

#[test]
fn what_is_stopped_is_what_the_question_named() {
    let mut harness = on("p o", SMALL);
    answer(&mut harness, 0, Observation::Operations(operations()));
    harness.keys("x");
    assert!(harness.shows("stop operation 11?"));
    assert!(kill(&mut harness).is_none());
    // The list goes on below the question.
    second(&mut harness);
    second(&mut harness);
    let mut later = operations();
    later.running.remove(0);
    answer(&mut harness, 2_000, Observation::Operations(later));
    harness.keys("y");
    let (task, request) = kill(&mut harness).unwrap();
    let Request::KillOperation { host, id, .. } = request else {
        unreachable!()
    };
    assert_eq!(
        (host.as_str(), id.to_string().as_str()),
        ("db1:27017", "11")
    );
    harness.reply(task, Ok(Reply::Killed(Killed::Gone)));
    assert!(harness.shows("operation 11 was stopped"));
    // And the list is read again at once.
    assert!(asked(&mut harness).is_some());
}

#[test]
fn no_is_the_answer_that_enter_gives() {
    let mut harness = on("p o", SMALL);
    answer(&mut harness, 0, Observation::Operations(operations()));
    harness.keys("x enter");
    assert!(kill(&mut harness).is_none());
    assert!(harness.app.overlays.is_empty());
}

#[test]
fn a_profile_that_may_not_be_written_to_is_not_even_asked() {
    let mut harness = on("p o", SMALL);
    answer(&mut harness, 0, Observation::Operations(operations()));
    harness.tell(Msg::Report(Box::new(Report::Access {
        profile: ProfileName::new("main"),
        access: Access::ReadOnly,
    })));
    harness.keys("x");
    assert!(harness.app.overlays.is_empty());
    assert!(harness.shows("nothing is stopped"), "{}", harness.screen());
    harness.keys("5");
    answer(
        &mut harness,
        0,
        Observation::Slow(slow(ProfilingLevel::Off)),
    );
    harness.keys("s");
    assert!(
        harness.shows("the profiler is not set"),
        "{}",
        harness.screen()
    );
}

#[test]
fn an_operation_is_opened_as_query_text_and_explained_without_being_run() {
    let mut harness = on("p o", SMALL);
    answer(&mut harness, 0, Observation::Operations(operations()));
    harness.keys("e");
    let (_, request) = harness
        .request(|r| matches!(r, Request::Run { .. }))
        .unwrap();
    let Request::Run { statement, .. } = &request else {
        unreachable!()
    };
    assert!(!request.writes());
    assert!(format!("{statement:?}").contains("queryPlanner"));
    harness.keys("o");
    assert!(harness.shows("db.orders.find"), "{}", harness.screen());
    let Some(Tab::Query(query)) = harness.app.tab() else {
        panic!("{}", harness.screen());
    };
    assert_eq!(query.database, "shop");
    assert!(
        harness
            .request(|r| matches!(r, Request::Run { .. }))
            .is_none()
    );
}

#[test]
fn a_restarted_server_is_said_and_gives_no_rate() {
    let mut harness = on("p s", SMALL);
    answer(&mut harness, 0, Observation::Server(Box::new(figures(5))));
    second(&mut harness);
    second(&mut harness);
    let mut again = figures(0);
    again.up = Duration::from_secs(1);
    answer(&mut harness, 2_000, Observation::Server(Box::new(again)));
    let readings = &monitor(&harness).server.readings;
    assert_eq!(readings.last().unwrap().since, None);
    assert_eq!(readings.restarted, Some(START as i64 + 2_000));
}

fn set(harness: &mut Harness) -> TaskId {
    answer(harness, 0, Observation::Slow(slow(ProfilingLevel::Off)));
    harness.keys("s");
    for _ in 0.."slow 100".len() {
        harness.keys("backspace");
    }
    harness.type_text("all 20").keys("enter");
    assert!(harness.shows("set the profiler?"), "{}", harness.screen());
    assert!(harness.shows("put back when this tab closes"));
    let wanted = |r: &Request| matches!(r, Request::SetProfiling { .. });
    assert!(harness.request(wanted).is_none());
    harness.keys("y");
    let (task, request) = harness.request(wanted).unwrap();
    let mut to = profiling(ProfilingLevel::All);
    to.slow_ms = 20;
    let database = "shop".to_owned();
    assert_eq!(request, Request::SetProfiling { database, to });
    task
}

fn restored(harness: &mut Harness) -> Option<String> {
    match harness.request(|r| matches!(r, Request::RestoreProfiling { .. })) {
        Some((_, Request::RestoreProfiling { database })) => Some(database),
        _ => None,
    }
}

#[test]
fn a_profiler_is_put_back_when_the_tab_closes() {
    let mut harness = on("p l", SMALL);
    let task = set(&mut harness);
    harness.reply(task, Ok(Reply::Profiling(profiling(ProfilingLevel::All))));
    assert_eq!(restored(&mut harness), None);
    harness.keys("q");
    assert_eq!(restored(&mut harness).as_deref(), Some("shop"));
}

#[test]
fn a_tab_whose_profiler_is_just_being_set_asks_before_it_closes() {
    let mut harness = on("p l", SMALL);
    let task = set(&mut harness);
    harness.keys("q");
    assert!(harness.shows("it may stay set"), "{}", harness.screen());
    harness.keys("esc");
    harness.reply(task, Ok(Reply::Profiling(profiling(ProfilingLevel::All))));
    harness.keys("q");
    assert_eq!(restored(&mut harness).as_deref(), Some("shop"));
}

#[test]
fn a_profiler_is_put_back_when_another_database_is_looked_at() {
    let mut harness = on("p l", SMALL);
    let task = set(&mut harness);
    harness.reply(task, Ok(Reply::Profiling(profiling(ProfilingLevel::All))));
    harness.keys("n").type_text("2").keys("enter");
    assert_eq!(restored(&mut harness).as_deref(), Some("shop"));
    harness.keys("q");
    assert_eq!(restored(&mut harness), None);
}

#[test]
fn what_is_no_setting_is_said_under_the_field() {
    let mut harness = on("p l", SMALL);
    answer(
        &mut harness,
        0,
        Observation::Slow(slow(ProfilingLevel::Off)),
    );
    harness.keys("s").type_text("x").keys("enter");
    assert!(
        harness.shows("`100x` is no number of milliseconds"),
        "{}",
        harness.screen()
    );
    assert!(harness.app.overlays.is_empty());
}

fn tail(harness: &mut Harness) -> (TaskId, FeedId, Option<bson::RawDocumentBuf>) {
    let wanted = |r: &Request| matches!(r, Request::OpenTail { .. });
    match harness.request(wanted) {
        Some((task, Request::OpenTail { tail, what, after })) => {
            let place = Namespace::new("shop", "orders");
            assert_eq!(what.place, TailPlace::Collection(place));
            (task, tail, after)
        }
        _ => panic!("{}", harness.screen()),
    }
}

fn next(harness: &mut Harness) -> Option<TaskId> {
    let (task, _) = harness.request(|r| matches!(r, Request::Changes { .. }))?;
    Some(task)
}

fn following() -> (Harness, FeedId) {
    let mut harness = on("p c", SMALL);
    harness.keys("n").type_text("orders").keys("enter");
    let (task, feed, after) = tail(&mut harness);
    assert_eq!(after, None);
    harness.reply(task, Ok(Reply::Changes(changes(feed, 1))));
    (harness, feed)
}

#[test]
fn nothing_is_said_to_be_followed_before_the_server_says_so() {
    let mut harness = on("p c", SMALL);
    harness.keys("n").type_text("orders").keys("enter");
    let (task, feed, _) = tail(&mut harness);
    assert!(harness.shows("asking the server"), "{}", harness.screen());
    assert!(!harness.shows("follow"), "{}", harness.screen());
    let mut none = changes(feed, 1);
    none.events.clear();
    harness.reply(task, Ok(Reply::Changes(none)));
    assert!(
        harness.shows("nothing was written since it is followed"),
        "{}",
        harness.screen()
    );
    // Another place is another stream, and what was read is no word on it.
    harness.keys("n").type_text("2").keys("enter");
    assert!(!harness.shows("follow"), "{}", harness.screen());
    assert!(!harness.shows("UTC"), "{}", harness.screen());
}

#[test]
fn changes_are_asked_for_one_after_the_other_and_followed_at_the_end() {
    let (mut harness, feed) = following();
    let task = next(&mut harness).unwrap();
    second(&mut harness);
    assert!(next(&mut harness).is_none());
    harness.reply(task, Ok(Reply::Changes(changes(feed, 2))));
    assert_eq!(monitor(&harness).changes.window.cursor, 5);
    // Who looks at an older one is not moved.
    harness.keys("k k");
    let task = next(&mut harness).unwrap();
    harness.reply(task, Ok(Reply::Changes(changes(feed, 3))));
    assert_eq!(monitor(&harness).changes.window.cursor, 3);
    assert!(harness.shows("newer below"));
}

#[test]
fn the_cursor_is_closed_with_the_panel_and_goes_on_where_it_was() {
    let (mut harness, feed) = following();
    let task = next(&mut harness).unwrap();
    harness.keys("3");
    let effects = harness.effects();
    assert!(effects.contains(&Effect::Cancel { task }));
    let closed = |e: &Effect| matches!(e, Effect::Mongo { request: Request::CloseTail { tail }, .. } if *tail == feed);
    assert!(effects.iter().any(closed));
    harness.keys("6");
    let (_, other, after) = tail(&mut harness);
    assert_ne!(other, feed);
    assert_eq!(after, Some(rawdoc! { "_data": "t1" }));
}

#[test]
fn a_lost_history_is_said_and_not_passed_over() {
    let (mut harness, feed) = following();
    let task = next(&mut harness).unwrap();
    let mut lost = Failure::new(FailureKind::Query, "no longer in the history");
    lost.code = Some(286);
    harness.reply(task, Err(lost));
    for _ in 0..20 {
        second(&mut harness);
    }
    assert!(next(&mut harness).is_none());
    assert!(
        harness.shows("no longer in the history"),
        "{}",
        harness.screen()
    );
    harness.keys("r");
    assert!(harness.shows("follow from now on?"), "{}", harness.screen());
    assert!(harness.shows("14:02:11 UTC"), "{}", harness.screen());
    harness.keys("enter");
    assert!(
        harness
            .request(|r| matches!(r, Request::OpenTail { .. }))
            .is_none(),
        "enter is no"
    );
    harness.keys("r y");
    let (task, other, after) = tail(&mut harness);
    assert_eq!(after, None);
    assert_ne!(other, feed);
    harness.reply(task, Ok(Reply::Changes(changes(other, 9))));
    assert!(harness.shows("changes are missing"));
}

#[test]
fn a_broken_connection_is_tried_again_after_a_pause() {
    let (mut harness, _) = following();
    let task = next(&mut harness).unwrap();
    let gone = Failure::new(FailureKind::Unreachable, "the connection broke");
    harness.reply(task, Err(gone));
    second(&mut harness);
    assert!(
        harness
            .request(|r| matches!(r, Request::OpenTail { .. }))
            .is_none()
    );
    second(&mut harness);
    let (_, _, after) = tail(&mut harness);
    assert_eq!(after, Some(rawdoc! { "_data": "t1" }));
}

#[test]
fn what_changes_bring_is_chosen_by_a_key_said_in_words_and_goes_on_where_it_was() {
    let (mut harness, _) = following();
    harness.keys("f");
    let wanted = |r: &Request| matches!(r, Request::OpenTail { .. });
    let Some((_, Request::OpenTail { what, after, .. })) = harness.request(wanted) else {
        panic!("{}", harness.screen());
    };
    assert_eq!(what.full, FullDocument::Lookup);
    assert_eq!(after, Some(rawdoc! { "_data": "t1" }));
    assert!(harness.shows("updates bring the document as it is by now"));
    harness.keys("b b");
    let newest = harness.request(wanted);
    let asked = match newest {
        Some((_, Request::OpenTail { what, .. })) => Some(what.before),
        _ => None,
    };
    assert_eq!(asked, Some(DocumentBefore::Required));
    assert!(harness.shows("bring the document of before"));
}

#[test]
fn changes_are_written_to_a_file_copied_and_lead_to_their_documents() {
    let (mut harness, _) = following();
    harness.keys("E enter");
    let effects = harness.effects();
    let written = effects.iter().find_map(|e| match e {
        Effect::WriteFile { path, text, what } => {
            Some((path.as_str(), text.as_str(), what.as_str()))
        }
        _ => None,
    });
    let (path, text, what) = written.unwrap();
    assert_eq!(
        (path, what),
        ("changes-main-shop.orders.jsonl", "3 changes")
    );
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines[0]["fullDocument"]["status"], "open");
    assert_eq!(lines[2]["operationType"], "delete");
    harness.keys("y r");
    let copied = harness.effects().into_iter().find_map(|e| match e {
        Effect::Copy { text } => Some(text),
        _ => None,
    });
    assert_eq!(copied.unwrap(), text.lines().last().unwrap());
    harness.keys("k o");
    assert!(harness.shows("shop.orders"), "{}", harness.screen());
    assert!(harness.shows("{_id: 1}"), "{}", harness.screen());
}

#[test]
fn changes_are_bounded() {
    let (mut harness, feed) = following();
    for i in 0..400 {
        let task = next(&mut harness).unwrap();
        harness.reply(task, Ok(Reply::Changes(changes(feed, i))));
    }
    let panel = &monitor(&harness).changes;
    assert_eq!(panel.changes().len(), 1_000);
    assert_eq!(panel.told, 1_203);
    assert_eq!(panel.window.cursor, 999);
}

#[test]
fn a_filter_that_is_no_document_is_refused_under_the_field() {
    let (mut harness, _) = following();
    harness
        .keys("/")
        .type_text("{operationType: ")
        .keys("enter");
    assert!(harness.screen().contains('✗'), "{}", harness.screen());
    harness.type_text("'update'}").keys("enter");
    let wanted = |r: &Request| matches!(r, Request::OpenTail { .. });
    let Some((_, Request::OpenTail { what, .. })) = harness.request(wanted) else {
        panic!("{}", harness.screen());
    };
    assert_eq!(what.filter, rawdoc! { "operationType": "update" });
}

#[test]
fn details_tell_the_whole_statement() {
    let mut harness = on("p o", (140, 40));
    answer(&mut harness, 0, Observation::Operations(operations()));
    harness.keys("enter");
    let Some(Overlay::Message(message)) = harness.app.overlays.last() else {
        panic!("{}", harness.screen());
    };
    for text in [
        "10.0.0.7:52114",
        "COLLSCAN",
        "Global: r",
        "app@admin",
        "db.orders.find(",
    ] {
        assert!(message.text.contains(text), "{}", message.text);
    }
}
