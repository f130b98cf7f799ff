//! The query tab on a real server: what is typed, run, shown, confirmed and stopped.

mod saved;

use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use mongodeck::app::Msg;
use mongodeck::config::Profile;
use mongodeck::model::Library;

use crate::support::console::Console;
use crate::support::desk::profile;
use crate::support::server::{TestDatabase, shared_uri};

/// A database with a hundred orders, and a console that shows them.
pub(crate) async fn orders(about: &str, size: (u16, u16)) -> (TestDatabase, Console) {
    orders_on(about, size, |_| {}).await
}

pub(crate) async fn orders_on(
    about: &str,
    size: (u16, u16),
    change: impl FnOnce(&mut Profile),
) -> (TestDatabase, Console) {
    let database = TestDatabase::new(about).await;
    let orders: Vec<Document> = (0..100)
        .map(|n| doc! { "_id": n, "status": if n % 4 == 0 { "open" } else { "done" }, "total": n * 10 })
        .collect();
    database
        .collection("orders")
        .insert_many(orders)
        .await
        .unwrap();
    let mut profile = profile("main", shared_uri());
    change(&mut profile);
    let mut console = Console::new(vec![profile], Library::default(), size);
    console.wait_for("rs0 primary").await;
    console.open("main", &format!("{}.orders", database.name));
    console.wait_for("of ~100").await;
    (database, console)
}

/// Puts a text in the place of the query's.
pub(crate) fn write(console: &mut Console, text: &str) {
    console.keys("home");
    while console
        .app
        .tab()
        .and_then(|t| t.query())
        .unwrap()
        .text
        .buffer
        .bytes()
        > 0
    {
        console.keys("ctrl-home");
        for _ in 0..400 {
            console.tell(Msg::Typed(tui_textarea::Input {
                key: tui_textarea::Key::Delete,
                ctrl: false,
                alt: false,
                shift: false,
            }));
        }
    }
    console.tell(Msg::Pasted(text.to_owned()));
    console.draw();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_filter_of_a_tab_becomes_a_statement_whose_documents_stream_and_can_be_edited() {
    let (database, mut console) = orders("query_find", (120, 36)).await;
    console.keys("/ \"{status:·'open'}\" enter");
    console.wait_for("of 25").await;
    console.keys("x");
    console.wait_for("db.orders.find({status: 'open'})").await;
    console.wait_for("find: only reads").await;
    console.keys("f5");
    console.wait_for("1 of 25").await;
    console.wait_for("UTC").await;
    console.keys("esc e");
    console.wait_for("_id 0").await;
    console.wait_for("total:").await;
    console.keys("ctrl-home down down down end backspace \"7\" ctrl-s");
    console.wait_for("write to").await;
    console.keys("y");
    console.wait_for("written").await;
    let written = database
        .collection("orders")
        .find_one(doc! {"_id": 0})
        .await
        .unwrap()
        .unwrap();
    assert_ne!(written.get_i32("total").ok(), Some(0), "{written}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_statements_the_one_under_the_cursor_is_run() {
    let (_database, mut console) = orders("query_several", (120, 36)).await;
    console.keys("x");
    write(
        &mut console,
        "db.orders.countDocuments({status: 'open'})\n\ndb.orders.aggregate([{$group: {_id: '$status', n: {$sum: 1}}}, {$sort: {_id: 1}}])\n",
    );
    console.wait_for("statement 2 of 2").await;
    console.keys("ctrl-g");
    console.wait_for("done").await;
    // At the end of a line, since the database's name has a number too.
    let ends = |screen: &str, text: &str| screen.lines().any(|l| l.trim_end().ends_with(text));
    console.wait_until("the sum", |s| ends(s, " 75")).await;
    console.keys("ctrl-home");
    console.wait_for("statement 1 of 2").await;
    console.keys("f5");
    console
        .wait_until("the count", |s| ends(s, " 25") && !ends(s, " 75"))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_says_what_it_would_change_and_is_refused_where_nothing_may_be_written() {
    let (database, mut console) = orders("query_write", (120, 36)).await;
    console.keys("x");
    write(
        &mut console,
        "db.orders.updateMany({status: 'open'}, {$set: {seen: true}})",
    );
    console.wait_for("! changes all documents of").await;
    console.keys("f5");
    console.wait_for("25 documents match now").await;
    console.wait_for("filter: { status: 'open' }").await;
    console.wait_for("change: { $set: { seen: true } }").await;
    console.wait_for("cannot be undone").await;
    console.keys("n");
    let orders = database.collection("orders");
    let seen = || orders.count_documents(doc! {"seen": true});
    assert_eq!(seen().await.unwrap(), 0);
    console.keys("f5");
    console.wait_for("25 documents match now").await;
    console.keys("y");
    console.wait_for("matched 25, changed 25").await;
    assert_eq!(seen().await.unwrap(), 25);
    let logged = console.kept.iter().find_map(|e| match e {
        mongodeck::app::Effect::RecordWrite(record) => Some(record.statement.clone()),
        _ => None,
    });
    assert_eq!(
        logged.as_deref(),
        Some("db.orders.updateMany({ status: 'open' }, { $set: { seen: true } })")
    );
    console.keys("esc g l");
    console
        .wait_for("matched 25, changed 25: db.orders.updateMany(")
        .await;
    console.keys("esc x");
    write(&mut console, "db.orders.drop()");
    console.keys("f5");
    console.wait_for("Type `orders` to run it").await;
    console.keys("y");
    console.keys("esc");
    assert_eq!(
        database
            .collection("orders")
            .count_documents(doc! {})
            .await
            .unwrap(),
        100
    );

    let (_database, mut console) =
        orders_on("query_locked", (120, 36), |p| p.read_only = true).await;
    console.keys("x");
    for text in [
        "db.orders.deleteMany({})",
        "db.orders.aggregate([{$out: 'copy'}])",
    ] {
        write(&mut console, text);
        console.keys("f5");
        console
            .wait_for("not run: profile `main` is read-only")
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_of_the_server_is_shown_at_the_word_it_names() {
    let (_database, mut console) = orders("query_error", (120, 36)).await;
    console.keys("x");
    write(
        &mut console,
        "db.orders.aggregate([\n  {$match: {}},\n  {$mtch: {}},\n])",
    );
    console.keys("f5");
    console.wait_for("line 3").await;
    console.wait_for("$mtch").await;
    let query = console.app.tab().and_then(|t| t.query()).unwrap();
    let span = query.text.problems[0].span.unwrap();
    assert_eq!(&query.text.buffer.text()[span.start..span.end], "$mtch");
}

/// How many operations of this collection the server works on.
async fn running(database: &TestDatabase) -> usize {
    let name = &database.name;
    let found = database
        .client
        .database("admin")
        .run_command(doc! {"currentOp": 1, "active": true, "ns": {"$regex": format!("^{name}\\.")}})
        .await
        .unwrap();
    found.get_array("inprog").map_or(0, Vec::len)
}

const SLOW: &str = "db.orders.find({$where: 'sleep(600) || true'})";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stopped_is_gone_from_the_server_within_a_second() {
    let (database, mut console) = orders("query_stop", (120, 36)).await;
    console.keys("x");
    for stop in ["esc", "ctrl-c"] {
        write(&mut console, SLOW);
        console.keys("f5");
        console.wait_for("waiting for the first document").await;
        wait_for_operations(&database, 1).await;
        console.keys(stop);
        let stopped = Instant::now();
        console.wait_for("stopped after").await;
        wait_for_operations(&database, 0).await;
        assert!(
            stopped.elapsed() < Duration::from_secs(1),
            "{stop}: {:?}",
            stopped.elapsed()
        );
    }
    write(&mut console, SLOW);
    console.keys("f5");
    wait_for_operations(&database, 1).await;
    console.keys("ctrl-p \"close-tab\" enter");
    let stopped = Instant::now();
    wait_for_operations(&database, 0).await;
    assert!(
        stopped.elapsed() < Duration::from_secs(1),
        "{:?}",
        stopped.elapsed()
    );
}

async fn wait_for_operations(database: &TestDatabase, wanted: usize) {
    let start = Instant::now();
    while running(database).await != wanted {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "never {wanted} operations"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_is_run_again_by_itself_until_it_is_stopped() {
    let (database, mut console) = orders("query_watch", (120, 36)).await;
    console.keys("x");
    write(&mut console, "db.orders.countDocuments({})");
    console.keys("ctrl-x w \"1s\" enter");
    console.wait_for("every 1.0 s").await;
    console
        .wait_until("the first count", |s| s.contains("100"))
        .await;
    database
        .collection("orders")
        .insert_one(doc! {"_id": 100})
        .await
        .unwrap();
    console
        .wait_until("the next count", |s| s.contains("101"))
        .await;
    console.keys("ctrl-x w \"off\"");
    for _ in 0..6 {
        console.keys("backspace");
    }
    console.keys("\"off\" enter");
    console.wait_for("not run again by itself").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_stand_at_the_cursor_is_offered_and_taken() {
    let (_database, mut console) = orders("query_complete", (120, 36)).await;
    console.keys("x");
    write(&mut console, "");
    console.type_text("db.orders.find({sta");
    // The fields come from a sample of the collection's documents.
    console
        .wait_until("the field", |s| {
            s.contains("status") && s.contains("String")
        })
        .await;
    console.keys("tab");
    let text = |console: &Console| {
        let query = console.app.tab().and_then(|t| t.query());
        query.unwrap().text.buffer.text()
    };
    assert!(text(&console).contains("status"), "{}", text(&console));
    write(&mut console, "db.orders.aggregate([{$gro");
    console.keys("ctrl-space");
    console.wait_for("$group").await;
    console.keys("esc");
    console
        .wait_until("the list closed", |s| !s.contains("$group"))
        .await;
    assert!(console.app.context() == mongodeck::app::Context::Query);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_a_statement_is_run_is_told_in_a_sentence_and_the_index_that_helps_is_created() {
    let (database, mut console) = orders("query_explain", (120, 36)).await;
    console.keys("x");
    write(
        &mut console,
        "db.orders.find({status: 'open'}).sort({total: -1})",
    );
    console.keys("f9");
    console.wait_for("reads 100 documents to return 25").await;
    console.wait_for("COLLSCAN").await;
    console.keys("enter");
    console.wait_for("run this write?").await;
    console.wait_for("keys: { status: 1, total: -1 }").await;
    console.keys("y");
    console.wait_for("created the index").await;
    let indexes = database
        .collection("orders")
        .list_index_names()
        .await
        .unwrap();
    assert!(indexes.iter().any(|i| i.contains("status")), "{indexes:?}");
    console.keys("x f9");
    console.wait_for("IXSCAN").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_are_kept_laid_out_and_copied_as_code() {
    let (_database, mut console) = orders("query_history", (120, 36)).await;
    console.keys("x");
    write(&mut console, "db.orders.countDocuments({status:'open'})");
    console.keys("f5");
    console.wait_for("25").await;
    write(
        &mut console,
        "db.orders.aggregate([{$match:{status:'open'}},{$group:{_id:null,all:{$sum:'$total'}}},{$sort:{all:1}}])",
    );
    console.keys("ctrl-x =");
    let query = console.app.tab().and_then(|t| t.query()).unwrap();
    assert!(query.text.buffer.lines().len() > 3);
    console.keys("ctrl-x h");
    console.wait_for("statements run before").await;
    console.keys("enter");
    console
        .wait_for("db.orders.countDocuments({status:'open'})")
        .await;
    let kept = |e: &mongodeck::app::Effect| matches!(e, mongodeck::app::Effect::KeepStatement(_));
    assert_eq!(console.kept.iter().filter(|e| kept(e)).count(), 1);
    console.keys("ctrl-x y \"python\" enter");
    let copied = console.kept.iter().find_map(|e| match e {
        mongodeck::app::Effect::Copy { text } => Some(text.clone()),
        _ => None,
    });
    assert!(copied.unwrap().contains("count_documents"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipeline_is_run_up_to_a_stage_and_its_stages_are_switched_off_and_moved() {
    let (_database, mut console) = orders("query_stages", (120, 36)).await;
    console.keys("x");
    write(
        &mut console,
        "db.orders.aggregate([\n  {$match: {status: 'open'}},\n  {$group: {_id: null, all: {$sum: '$total'}}},\n])",
    );
    console.keys("ctrl-home down end left left f10");
    console.wait_for("after stage 1 of 2").await;
    console.wait_for("1 of 25").await;
    let text = |console: &Console| {
        let query = console.app.tab().and_then(|t| t.query());
        query.unwrap().text.buffer.text()
    };
    let before = text(&console);
    console.keys("ctrl-x t");
    assert!(text(&console).contains("//- {$match"), "{}", text(&console));
    console.keys("f5");
    console.wait_for("49500").await;
    console.keys("ctrl-x t");
    assert_eq!(text(&console), before);
    console.keys("ctrl-x j");
    let moved = text(&console);
    assert!(moved.find("$group") < moved.find("$match"), "{moved}");
}
