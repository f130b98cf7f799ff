//! Migratio's figures: events, journeys, metrics, reports.

use bson::{Document, doc};

use super::super::{Chance, DAY, NOW, World, date, ids, index, stamped, unique};
use super::{DATABASE, Ids};

const STAGES: &[&str] = &[
    "visitor",
    "registered",
    "assessed",
    "planning",
    "applying",
    "settled",
];

pub(super) fn fill(world: &mut World, chance: &mut Chance, all: &Ids) {
    let mut list = Vec::new();
    for id in ids("migratio.events", 4000, 120, 0) {
        let name = *chance.pick(&[
            "sign_up",
            "log_in",
            "log_in",
            "log_in",
            "quiz_started",
            "quiz_completed",
            "program_viewed",
            "roadmap_created",
            "document_uploaded",
            "subscribed",
        ]);
        let mut document = doc! { "_id": id.oid };
        if chance.often(92) {
            document.insert("userId", chance.pick(&all.users).oid);
        }
        document.insert("name", name);
        let properties = match name {
            "program_viewed" => {
                doc! { "programId": chance.pick(&all.programs).oid, "seconds": chance.int(2, 400) }
            }
            "subscribed" => {
                doc! { "plan": *chance.pick(&["basic", "premium"]), "trial": chance.often(50) }
            }
            _ => {
                doc! { "client": *chance.pick(&["web", "ios", "android"]), "build": chance.int(100, 400) }
            }
        };
        document.insert("properties", properties);
        document.insert("occurredAt", date(id.at));
        list.push(document);
    }
    world.add(
        DATABASE,
        "events",
        list,
        vec![
            index(doc! { "name": 1, "occurredAt": -1 }),
            index(doc! { "userId": 1, "occurredAt": -1 }),
        ],
    );

    let mut list = Vec::new();
    for (id, user) in ids("migratio.userjourneys", 600, 700, 1)
        .iter()
        .zip(&all.users)
    {
        let reached = 1 + chance.below(STAGES.len() - 1);
        let mut at = user.at;
        let mut steps: Vec<Document> = Vec::new();
        for stage in &STAGES[..=reached] {
            steps.push(doc! { "stage": *stage, "enteredAt": date(at) });
            at = chance.time(at, NOW);
        }
        let document =
            doc! { "_id": id.oid, "userId": user.oid, "stage": STAGES[reached], "steps": steps };
        list.push(stamped(document, id.at, at));
    }
    world.add(
        DATABASE,
        "userjourneys",
        list,
        vec![unique(doc! { "userId": 1 })],
    );

    let metrics = ids("migratio.metrics", 1000, 250, 0);
    let mut list = Vec::new();
    for (n, id) in metrics.iter().enumerate() {
        let name = ["sign_ups", "quiz_completion", "revenue", "active_users"][n % 4];
        list.push(doc! {
            "_id": id.oid,
            "name": name,
            "day": date(NOW - (250 - i64::try_from(n / 4).unwrap_or(0)) * DAY),
            "value": if n % 2 == 0 { bson::Bson::Int32(chance.int(0, 900)) } else { bson::Bson::Double(chance.tenths(0, 90_000)) },
            "dimensions": { "country": *chance.pick(&["CA", "DE", "AU", "NO"]), "plan": *chance.pick(&["free", "basic", "premium"]) },
        });
    }
    world.add(
        DATABASE,
        "metrics",
        list,
        vec![index(doc! { "name": 1, "day": -1 })],
    );

    let mut list = Vec::new();
    for id in ids("migratio.reports", 48, 240, 1) {
        let kind = *chance.pick(&["growth", "conversion", "revenue", "programs"]);
        let mut of = Vec::new();
        for _ in 0..chance.int(2, 6) {
            of.push(chance.pick(&metrics).oid);
        }
        let document = doc! {
            "_id": id.oid,
            "title": format!("{kind} report"),
            "kind": kind,
            "period": { "from": date(id.at - 30 * DAY), "to": date(id.at) },
            "createdBy": all.users[chance.below(3) * 60].oid,
            "metrics": of,
            "data": { "total": chance.int(100, 9000), "change": chance.tenths(-200, 400), "notes": chance.prose(20) },
        };
        list.push(stamped(document, id.at, id.at));
    }
    world.add(
        DATABASE,
        "reports",
        list,
        vec![index(doc! { "kind": 1, "createdAt": -1 })],
    );
}
