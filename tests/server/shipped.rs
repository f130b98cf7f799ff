//! The saved queries that come with the program, on the sample data: each gives what a computation in the test gives.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use mongodb::bson::{Bson, Document, doc, oid::ObjectId};
use mongodeck::mongo::request::ProfileName;
use mongodeck::mongo::runner::Streaming;
use mongodeck::mongo::sandbox::data::World;
use mongodeck::query::saved::{SavedQuery, shipped};
use mongodeck::query::{Context, Input, Statement, parse};
use mongodeck::value::instant::Calendar;

use crate::support::desk::{Desk, profile};
use crate::support::server::TestDatabase;

const NOW: i64 = 1_800_000_000_000;

/// The collections of `database` that the queries read, in a database of the test's own.
async fn filled(world: &World, database: &str, collections: &[&str]) -> TestDatabase {
    let own = TestDatabase::new(&format!("shipped_{database}")).await;
    for name in collections {
        let documents = world.documents(database, name);
        assert!(!documents.is_empty(), "{database}.{name}");
        own.collection(name).insert_many(documents).await.unwrap();
    }
    own
}

async fn results(database: &TestDatabase, statement: Statement) -> Vec<Document> {
    let desk = Desk::new([profile("p", database.uri())]);
    let mut found = Vec::new();
    desk.runner
        .run(
            &ProfileName::new("p"),
            &Arc::new(statement),
            &Streaming::default(),
            |document| {
                found.push(Document::try_from(document).unwrap());
                ControlFlow::Continue(())
            },
        )
        .await
        .unwrap();
    found
}

async fn run(database: &TestDatabase, path: &str, given: &[(&str, &str)]) -> Vec<Document> {
    let (_, text) = shipped::FILES.iter().find(|(p, _)| *p == path).unwrap();
    let query = SavedQuery::parse("x", text).unwrap();
    let given: BTreeMap<String, String> = given
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let values = query.bind(&given, NOW).unwrap();
    let context = Context::new(&database.name, NOW);
    match query.statement(values, &context).unwrap().input {
        Input::Statement(statement) => results(database, statement).await,
        other => panic!("{path}: {other:?}"),
    }
}

/// The three analytics of the system's document, as they stand there.
const GROWTH: &str = r#"
// Monthly user growth
db.users.aggregate([
  {
    $group: {
      _id: {
        year: { $year: "$createdAt" },
        month: { $month: "$createdAt" }
      },
      count: { $sum: 1 }
    }
  },
  { $sort: { "_id.year": 1, "_id.month": 1 } }
])
"#;
const COMPLETION: &str = r#"
// Goal completion rates by category
db.goals.aggregate([
  {
    $lookup: {
      from: "userprogresses",
      localField: "_id",
      foreignField: "goalId",
      as: "progress"
    }
  },
  {
    $group: {
      _id: "$category",
      total: { $sum: 1 },
      completed: {
        $sum: {
          $cond: [
            { $in: ["completed", "$progress.status"] },
            1,
            0
          ]
        }
      }
    }
  }
])
"#;
const TIME: &str = r#"
// Average time to complete roadmaps
db.userprogresses.aggregate([
  {
    $match: { status: "completed" }
  },
  {
    $group: {
      _id: null,
      avgTime: {
        $avg: {
          $divide: [
            { $subtract: ["$completedAt", "$startedAt"] },
            1000 * 60 * 60 * 24 // Convert to days
          ]
        }
      }
    }
  }
])
"#;

#[tokio::test]
async fn the_three_analytics_pasted_as_they_stand_give_what_a_computation_gives() {
    let world = World::new();
    let database = filled(&world, "nexstep", &["users", "goals", "userprogresses"]).await;
    let pasted = async |text: &str| match parse(text, &Context::new(&database.name, NOW)).unwrap() {
        Input::Statement(statement) => results(&database, statement).await,
        other => panic!("{other:?}"),
    };
    let mut months: BTreeMap<(i32, i32), i32> = BTreeMap::new();
    for user in world.documents("nexstep", "users") {
        let at = Calendar::from_millis(user.get_datetime("createdAt").unwrap().timestamp_millis());
        let key = (i32::try_from(at.year).unwrap(), i32::from(at.month));
        *months.entry(key).or_default() += 1;
    }
    let expected: Vec<Document> = months
        .into_iter()
        .map(|((year, month), count)| doc! { "_id": { "year": year, "month": month }, "count": count })
        .collect();
    assert!(expected.len() > 5);
    assert_eq!(pasted(GROWTH).await, expected);
    assert_eq!(
        run(&database, "nexstep/user-growth.js", &[]).await,
        expected
    );

    let progress = world.documents("nexstep", "userprogresses");
    let done: Vec<ObjectId> = progress
        .iter()
        .filter(|p| p.get_str("status").is_ok_and(|s| s == "completed"))
        .filter_map(|p| p.get_object_id("goalId").ok())
        .collect();
    let mut categories: BTreeMap<String, (i32, i32)> = BTreeMap::new();
    for goal in world.documents("nexstep", "goals") {
        let entry = categories
            .entry(goal.get_str("category").unwrap().to_owned())
            .or_default();
        entry.0 += 1;
        entry.1 += i32::from(done.contains(&goal.get_object_id("_id").unwrap()));
    }
    let expected: Vec<Document> = categories
        .into_iter()
        .map(|(name, (total, completed))| doc! { "_id": name, "total": total, "completed": completed })
        .collect();
    assert!(expected.iter().any(|d| d.get_i32("completed").unwrap() > 0));
    let sorted = |mut list: Vec<Document>| {
        list.sort_by_key(|d| d.get_str("_id").unwrap().to_owned());
        list
    };
    assert_eq!(sorted(pasted(COMPLETION).await), expected);
    assert_eq!(
        sorted(run(&database, "nexstep/goal-completion.js", &[]).await),
        expected
    );

    let days: Vec<f64> = progress
        .iter()
        .filter(|p| p.get_str("status").is_ok_and(|s| s == "completed"))
        .filter_map(|p| {
            let at = |key| p.get_datetime(key).ok().map(|d| d.timestamp_millis());
            #[expect(clippy::cast_precision_loss, reason = "spans of days are small")]
            Some((at("completedAt")? - at("startedAt")?) as f64 / 86_400_000.0)
        })
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "a count is small")]
    let mean = days.iter().sum::<f64>() / days.len() as f64;
    for found in [
        pasted(TIME).await,
        run(&database, "nexstep/completion-time.js", &[]).await,
    ] {
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].get("_id"), Some(&Bson::Null));
        let told = found[0].get_f64("avgTime").unwrap();
        assert!((told - mean).abs() < 1e-6 * mean, "{told} is not {mean}");
    }
}

#[tokio::test]
async fn the_other_shipped_queries_give_what_the_sample_data_hold() {
    let world = World::new();
    let count = |database: &str, collection: &str, test: &dyn Fn(&Document) -> bool| -> i64 {
        let n = world
            .documents(database, collection)
            .iter()
            .filter(|d| test(d))
            .count();
        i64::try_from(n).unwrap()
    };
    let is = |key: &'static str, value: &'static str| {
        move |d: &Document| d.get_str(key).is_ok_and(|v| v == value)
    };
    let sum = |list: &[Document], key: &str| -> i64 {
        list.iter()
            .map(|d| i64::from(d.get_i32(key).unwrap()))
            .sum()
    };

    let career = filled(
        &world,
        "career_dev",
        &["users", "applications", "connections"],
    )
    .await;
    let found = run(&career, "career_path_pilot/applications-by-status.js", &[]).await;
    assert_eq!(
        sum(&found, "applications"),
        count("career_dev", "applications", &|_| true)
    );
    let skill = world.documents("career_dev", "users")[0]
        .get_array("skills")
        .unwrap()[0]
        .as_str()
        .unwrap()
        .to_owned();
    let has = |d: &Document| {
        d.get_array("skills")
            .is_ok_and(|s| s.iter().any(|s| s.as_str() == Some(skill.as_str())))
    };
    let found = run(
        &career,
        "career_path_pilot/users-with-skill.js",
        &[("skill", &skill), ("most", "0")],
    )
    .await;
    assert_eq!(
        i64::try_from(found.len()).unwrap(),
        count("career_dev", "users", &has)
    );
    let found = run(
        &career,
        "career_path_pilot/users-with-skill.js",
        &[("skill", &skill), ("goal", "promotion"), ("most", "0")],
    )
    .await;
    let promoted = |d: &Document| has(d) && is("goalType", "promotion")(d);
    assert_eq!(
        i64::try_from(found.len()).unwrap(),
        count("career_dev", "users", &promoted)
    );
    let found = run(&career, "career_path_pilot/follow-ups-due.js", &[]).await;
    assert_eq!(found.len(), 100);
    assert!(
        found
            .windows(2)
            .all(|w| w[0].get_datetime("due").unwrap() <= w[1].get_datetime("due").unwrap())
    );

    let astro = filled(&world, "corp_astro", &["users", "contents"]).await;
    let found = run(&astro, "corp_astro/content-by-kind.js", &[]).await;
    assert_eq!(
        sum(&found, "contents"),
        count("corp_astro", "contents", &is("status", "published"))
    );
    let found = run(&astro, "corp_astro/top-authors.js", &[("most", "5")]).await;
    assert_eq!(found.len(), 5);
    assert!(found[0].get_str("author").unwrap().contains('@'));

    let night = filled(&world, "datenight", &["users"]).await;
    let found = run(&night, "datenight/accounts-by-status.js", &[]).await;
    assert_eq!(
        sum(&found, "accounts"),
        count("datenight", "users", &|_| true)
    );
    let analytics = filled(&world, "datenight_analytics", &["analytics", "metrics"]).await;
    let found = run(
        &analytics,
        "datenight/latency.js",
        &[("services", "api,chat")],
    )
    .await;
    let mut names: Vec<&str> = found.iter().map(|d| d.get_str("_id").unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["api", "chat"]);
    let found = run(
        &analytics,
        "datenight/events-by-day.js",
        &[("event", "like")],
    )
    .await;
    assert_eq!(
        sum(&found, "events"),
        count("datenight_analytics", "analytics", &is("event", "like"))
    );

    let migratio = filled(&world, "migratio", &["users"]).await;
    let found = run(&migratio, "migratio/users-by-status.js", &[]).await;
    assert_eq!(sum(&found, "users"), count("migratio", "users", &|_| true));
    let found = run(&migratio, "migratio/idle-users.js", &[("most", "0")]).await;
    let idle = |d: &Document| {
        is("status", "active")(d)
            && d.get_datetime("lastLoginAt")
                .is_ok_and(|t| t.timestamp_millis() < NOW - 30 * 86_400_000)
    };
    assert_eq!(
        i64::try_from(found.len()).unwrap(),
        count("migratio", "users", &idle)
    );
    assert!(!found.is_empty());
}
