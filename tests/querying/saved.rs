//! A saved query from the list to its result, on a real server with the sample data.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use mongodb::bson::DateTime;
use mongodeck::app::Msg;
use mongodeck::model::Library;
use mongodeck::mongo::sandbox::data::World;
use mongodeck::query::saved::shelf::{Origin, Shelf};
use mongodeck::query::saved::shipped;
use mongodeck::value::instant::Calendar;

use crate::support::console::Console;
use crate::support::desk::profile;
use crate::support::server::{TestDatabase, shared_uri};

const PATH: &str = "nexstep/user-growth.js";

/// The shipped query about a database of the test's own, and the same from a day on that is a parameter.
fn shelf(database: &str) -> Arc<Shelf> {
    let (_, text) = shipped::FILES.iter().find(|(p, _)| *p == PATH).unwrap();
    let own = text.replace("@database nexstep", &format!("@database {database}"));
    assert_ne!(&own, text);
    let since = own
        .replace("nexstep-user-growth", "growth-since")
        .replace(
            " */",
            " * @param {date} since - the first day that counts\n */",
        )
        .replace(
            "aggregate([",
            "aggregate([\n  {$match: {createdAt: {$gte: params.since}}},",
        );
    let mut shelf = Shelf::default();
    shelf.parse(Origin::Shipped(PATH), PATH, &own);
    let file = PathBuf::from("queries/since.js");
    shelf.parse(Origin::Personal(file), "since.js", &since);
    assert_eq!(shelf.problems, Vec::<String>::new());
    Arc::new(shelf)
}

/// How many users came in each month, from this moment on.
fn by_month(created: &[DateTime], since: i64) -> BTreeMap<(i64, u8), u64> {
    let mut months = BTreeMap::new();
    for at in created.iter().map(|d| d.timestamp_millis()) {
        if at >= since {
            let day = Calendar::from_millis(at);
            *months.entry((day.year, day.month)).or_insert(0) += 1;
        }
    }
    months
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn user_growth_is_opened_from_the_list_and_counts_from_the_day_given_in_the_form() {
    let world = World::new();
    let database = TestDatabase::new("saved_growth").await;
    let users = world.documents("nexstep", "users");
    let created: Vec<DateTime> = users
        .iter()
        .map(|u| *u.get_datetime("createdAt").unwrap())
        .collect();
    database
        .collection("users")
        .insert_many(users)
        .await
        .unwrap();
    let all = by_month(&created, i64::MIN);

    let profiles = vec![profile("main", shared_uri())];
    let mut console = Console::new(profiles, Library::default(), (120, 40));
    console.wait_for("rs0 primary").await;
    console.open("main", &format!("{}.users", database.name));
    console.wait_for("1 of").await;
    console.keys("g q");
    console.tell(Msg::Queries(shelf(&database.name)));
    console.type_text("nexstep-user-growth");
    console.keys("enter");
    let of = format!("1 of {}", all.len());
    console.wait_for(&of).await;
    console.wait_for("› nexstep-user-growth").await;

    // From the middle of the months on.
    let (year, month) = *all.keys().nth(all.len() / 2).unwrap();
    let day = format!("{year:04}-{month:02}-01");
    let since = mongodeck::value::instant::parse_iso(&format!("{day}T00:00:00Z")).unwrap();
    let later = by_month(&created, since);
    assert!(!later.is_empty() && later.len() < all.len());
    console.keys("esc g q");
    console.type_text("growth-since");
    console.keys("enter");
    console.wait_for("(to be given)").await;
    console.type_text("someday");
    console.keys("enter");
    console.wait_for("cannot be `someday`").await;
    for _ in 0.."someday".len() {
        console.keys("backspace");
    }
    console.type_text(&day);
    console.keys("enter");
    let of = format!("1 of {}", later.len());
    console.wait_for(&of).await;
    let query = console.app.tab().and_then(|t| t.query()).unwrap();
    assert_eq!(query.query_name(), "growth-since");
    let rows = &query.results.documents.as_ref().unwrap().feed.rows;
    let counts: Vec<i32> = rows
        .kept()
        .map(|(_, d)| d.get_i32("count").unwrap())
        .collect();
    let computed: Vec<i32> = later.values().map(|n| i32::try_from(*n).unwrap()).collect();
    assert_eq!(counts, computed);
    drop(console);
}
