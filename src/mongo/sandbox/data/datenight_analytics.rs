//! DateNight, the analytics connection: what people do, how the services are, what was logged, what has changed.

use bson::{Bson, Document, doc};

use super::datenight::{advertisements, chats, profiles, transactions, users};
use super::{Chance, World, date, ids, index, index_with};

const DATABASE: &str = "datenight_analytics";
const SERVICES: &[&str] = &["api", "chat", "matcher", "payments", "uploads"];

pub(super) fn fill(world: &mut World) {
    let mut chance = Chance::new(0xa1_0004);
    analytics(world, &mut chance);
    metrics(world, &mut chance);
    logs(world, &mut chance);
    histories(world, &mut chance);
    world.plant(DATABASE, "metrics", 5, "unit", |d| {
        d.insert("unit", "percentage");
    });
}

fn analytics(world: &mut World, chance: &mut Chance) {
    let (users, profiles, advertisements, chats) = (users(), profiles(), advertisements(), chats());
    let mut list = Vec::new();
    for id in ids("datenight_analytics.analytics", 5000, 90, 0) {
        let event = *chance.pick(&[
            "view", "view", "view", "click", "like", "match", "message", "purchase",
        ]);
        let (kind, target) = match event {
            "click" | "purchase" => ("advertisement", chance.pick(&advertisements).oid),
            "message" => ("chat", chance.pick(&chats).oid),
            _ => ("profile", chance.pick(&profiles).oid),
        };
        let mut document = doc! {
            "_id": id.oid,
            "event": event,
            "userId": chance.pick(&users).oid,
            "sessionId": format!("s-{:012x}", chance.next() >> 16),
            "target": { "kind": kind, "id": target },
            "device": {
                "platform": *chance.pick(&["ios", "android", "web"]),
                "version": format!("{}.{}.{}", chance.int(3, 5), chance.int(0, 9), chance.int(0, 20)),
            },
            "durationMs": chance.int(40, 90_000),
        };
        if chance.often(40) {
            document.insert(
                "properties",
                doc! { "position": chance.int(1, 60), "experiment": *chance.pick(&["a", "b"]), "score": chance.tenths(0, 1000) },
            );
        }
        document.insert("occurredAt", date(id.at));
        document.insert("__v", 0);
        list.push(document);
    }
    world.add(
        DATABASE,
        "analytics",
        list,
        vec![
            index(doc! { "event": 1, "occurredAt": -1 }),
            index(doc! { "userId": 1, "occurredAt": -1 }),
        ],
    );
}

fn metrics(world: &mut World, chance: &mut Chance) {
    let mut list = Vec::new();
    for id in ids("datenight_analytics.metrics", 3000, 60, 0) {
        let (name, unit, most) = *chance.pick(&[
            ("requests", "count", 90_000),
            ("latency_p95", "ms", 9000),
            ("memory", "bytes", 2_000_000_000),
            ("cpu", "percent", 1000),
        ]);
        list.push(doc! {
            "_id": id.oid,
            "name": name,
            "value": chance.tenths(10, most),
            "unit": unit,
            "labels": { "service": *chance.pick(SERVICES), "region": *chance.pick(&["eu-north", "eu-west", "us-east"]) },
            "at": date(id.at),
        });
    }
    world.add(
        DATABASE,
        "metrics",
        list,
        vec![
            index(doc! { "name": 1, "at": -1 }),
            index_with(doc! { "at": 1 }, doc! { "expireAfterSeconds": 7_776_000 }),
        ],
    );
}

fn logs(world: &mut World, chance: &mut Chance) {
    let mut list = Vec::new();
    for id in ids("datenight_analytics.logs", 3000, 29, 0) {
        let level = *chance.pick(&["debug", "info", "info", "info", "warn", "error"]);
        let mut document = doc! {
            "_id": id.oid,
            "level": level,
            "service": *chance.pick(SERVICES),
            "message": chance.prose(8),
        };
        if chance.often(50) {
            let mut context =
                doc! { "requestId": format!("{:016x}", chance.next()), "ms": chance.int(1, 4000) };
            if level == "error" {
                context.insert(
                    "error",
                    doc! { "code": chance.int(400, 504), "retried": chance.often(50), "cause": Bson::Null },
                );
            }
            document.insert("context", context);
        }
        document.insert("at", date(id.at));
        list.push(document);
    }
    world.add(
        DATABASE,
        "logs",
        list,
        vec![
            index_with(doc! { "at": 1 }, doc! { "expireAfterSeconds": 2_592_000 }),
            index(doc! { "level": 1, "at": -1 }),
        ],
    );
}

fn histories(world: &mut World, chance: &mut Chance) {
    let (users, profiles, advertisements, transactions) =
        (users(), profiles(), advertisements(), transactions());
    let mut list = Vec::new();
    for id in ids("datenight_analytics.histories", 1000, 200, 0) {
        let (entity, of) = match chance.below(4) {
            0 => ("user", &users),
            1 => ("profile", &profiles),
            2 => ("advertisement", &advertisements),
            _ => ("transaction", &transactions),
        };
        let action = *chance.pick(&["created", "updated", "updated", "deleted"]);
        let state = |chance: &mut Chance| -> Document {
            doc! { "status": *chance.pick(&["draft", "active", "suspended", "pending"]), "revision": chance.int(1, 9) }
        };
        let mut document = doc! {
            "_id": id.oid,
            "entity": entity,
            "entityId": chance.pick(of).oid,
            "action": action,
        };
        if action != "created" {
            document.insert("before", state(chance));
        }
        if action != "deleted" {
            document.insert("after", state(chance));
        }
        document.insert("at", date(id.at));
        list.push(document);
    }
    world.add(
        DATABASE,
        "histories",
        list,
        vec![index(doc! { "entity": 1, "entityId": 1, "at": -1 })],
    );
}
