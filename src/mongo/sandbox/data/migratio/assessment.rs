//! Migratio's assessment (questions, sessions, responses) and what is recommended out of it.

use std::collections::{BTreeMap, BTreeSet};

use bson::{Bson, Document, doc};

use super::super::{Chance, DAY, NOW, World, date, ids, index, stamped, unique};
use super::{DATABASE, Ids};

const SECTIONS: &[&str] = &[
    "personal",
    "education",
    "work",
    "language",
    "finances",
    "goals",
];
const KINDS: &[&str] = &["single", "multiple", "number", "date", "text", "scale"];

pub(super) fn fill(world: &mut World, chance: &mut Chance, all: &Ids) {
    questions(world, chance, all);
    sessions(world, chance, all);
    recommendations(world, chance, all);
}

fn kind_of(question: usize) -> &'static str {
    KINDS[question % KINDS.len()]
}

fn questions(world: &mut World, chance: &mut Chance, all: &Ids) {
    let mut list = Vec::new();
    for (n, id) in all.questions.iter().enumerate() {
        let section = SECTIONS[n % SECTIONS.len()];
        let kind = kind_of(n);
        let mut options: Vec<Document> = Vec::new();
        if matches!(kind, "single" | "multiple") {
            for (place, value) in ["none", "some", "good", "excellent"]
                .into_iter()
                .enumerate()
            {
                options.push(doc! {
                    "value": value,
                    "label": format!("{value} of it"),
                    "score": i32::try_from(place * 5).unwrap_or(0),
                });
            }
        }
        let document = doc! {
            "_id": id.oid,
            "key": format!("{section}_{}", n + 1),
            "text": format!("{}?", chance.prose(9).trim_end_matches('.')),
            "help": chance.prose(12),
            "type": kind,
            "section": section,
            "options": options,
            "order": i32::try_from(n).unwrap_or(0),
            "weight": chance.tenths(1, 10),
            "isActive": chance.often(90),
        };
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "questions",
        list,
        vec![
            unique(doc! { "key": 1 }),
            index(doc! { "section": 1, "order": 1 }),
        ],
    );
}

fn sessions(world: &mut World, chance: &mut Chance, all: &Ids) {
    let mut list = Vec::new();
    let mut responses = Vec::new();
    let mut response_ids = ids("migratio.responses", 6000, 499, 0).into_iter();
    for (n, id) in all.sessions.iter().enumerate() {
        let user = all.users[all.session_users[n]].oid;
        let status = *chance.pick(&[
            "started",
            "completed",
            "completed",
            "completed",
            "abandoned",
        ]);
        let answered = match status {
            "completed" => 10,
            _ => usize::try_from(chance.int(0, 9)).unwrap_or(0),
        };
        let first = chance.below(all.questions.len());
        for k in 0..answered {
            let question = (first + k) % all.questions.len();
            let Some(response) = response_ids.next() else {
                break;
            };
            let answer: Bson = match kind_of(question) {
                "single" => (*chance.pick(&["none", "some", "good", "excellent"])).into(),
                "multiple" => chance
                    .some(&["none", "some", "good", "excellent"], 1, 3)
                    .into(),
                "number" => chance.int(0, 40).into(),
                "date" => date(NOW - i64::from(chance.int(100, 9000)) * DAY).into(),
                "scale" => chance.int(1, 10).into(),
                _ => chance.prose(8).into(),
            };
            let at = id.at + i64::try_from(k + 1).unwrap_or(1) * 45_000;
            let mut document = doc! {
                "_id": response.oid,
                "sessionId": id.oid,
                "questionId": all.questions[question].oid,
                "userId": user,
                "answer": answer,
            };
            if chance.often(80) {
                document.insert("confidence", chance.int(1, 5));
            }
            document.insert("answeredAt", date(at));
            responses.push(stamped(document, at, at));
        }
        let mut document = doc! {
            "_id": id.oid,
            "userId": user,
            "status": status,
        };
        if status != "completed" {
            document.insert(
                "currentQuestion",
                all.questions[(first + answered) % all.questions.len()].oid,
            );
        }
        document.insert("progress", i32::try_from(answered * 10).unwrap_or(0));
        document.insert("startedAt", date(id.at));
        let end = id.at + i64::try_from(answered).unwrap_or(0) * 45_000;
        if status == "completed" {
            document.insert("completedAt", date(end));
        }
        list.push(stamped(document, id.at, end));
    }
    world.add(
        DATABASE,
        "quizsessions",
        list,
        vec![index(doc! { "userId": 1, "startedAt": -1 })],
    );
    world.add(
        DATABASE,
        "responses",
        responses,
        vec![
            unique(doc! { "sessionId": 1, "questionId": 1 }),
            index(doc! { "userId": 1 }),
        ],
    );
}

fn recommendations(world: &mut World, chance: &mut Chance, all: &Ids) {
    let matches = ids("migratio.matches", 1800, 480, 0);
    let mut list = Vec::new();
    let mut of_user: BTreeMap<usize, Vec<Bson>> = BTreeMap::new();
    for (n, id) in matches.iter().enumerate() {
        // Five in a row are one person's, the best first.
        let session = n / 5;
        let user = all.session_users[session % all.session_users.len()];
        let rank = i32::try_from(n % 5).unwrap_or(0) + 1;
        let score = 100.0 - f64::from(rank) * 9.0 - chance.tenths(0, 80);
        of_user.entry(session).or_default().push(id.oid.into());
        let document = doc! {
            "_id": id.oid,
            "userId": all.users[user].oid,
            "programId": chance.pick(&all.programs).oid,
            "score": (score * 10.0).round() / 10.0,
            "successProbability": f64::from(chance.int(5, 98)) / 100.0,
            "breakdown": { "age": chance.int(0, 12), "education": chance.int(0, 25), "language": chance.int(0, 28), "work": chance.int(0, 15) },
            "rank": rank,
        };
        list.push(stamped(document, id.at, id.at));
    }
    world.add(
        DATABASE,
        "matches",
        list,
        vec![
            index(doc! { "userId": 1, "score": -1 }),
            index(doc! { "programId": 1 }),
        ],
    );

    let mut list = Vec::new();
    for (n, id) in ids("migratio.recommendations", 360, 480, 0)
        .into_iter()
        .enumerate()
    {
        let session = n % all.sessions.len();
        let document = doc! {
            "_id": id.oid,
            "userId": all.users[all.session_users[session]].oid,
            "sessionId": all.sessions[session].oid,
            "matches": of_user.remove(&n).unwrap_or_default(),
            "algorithmVersion": format!("{}.{}.{}", chance.int(1, 3), chance.int(0, 9), chance.int(0, 9)),
            "status": *chance.pick(&["computing", "ready", "ready", "ready", "stale"]),
            "expiresAt": date(NOW + i64::from(chance.int(1, 90)) * DAY),
        };
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "recommendations",
        list,
        vec![index(doc! { "userId": 1, "createdAt": -1 })],
    );

    let mut list = Vec::new();
    let mut taken = BTreeSet::new();
    for id in ids("migratio.gapanalyses", 400, 450, 0) {
        let pair = (
            chance.below(all.users.len()),
            chance.below(all.programs.len()),
        );
        if !taken.insert(pair) {
            continue;
        }
        let mut gaps: Vec<Document> = Vec::new();
        for _ in 0..chance.int(1, 4) {
            let (criterion, current, needed): (&str, Bson, Bson) = match chance.below(3) {
                0 => (
                    "language",
                    chance.tenths(40, 60).into(),
                    chance.tenths(65, 90).into(),
                ),
                1 => (
                    "work",
                    doc! { "years": chance.int(0, 2) }.into(),
                    doc! { "years": chance.int(3, 6) }.into(),
                ),
                _ => ("education", "diploma".into(), "bachelor".into()),
            };
            gaps.push(doc! {
                "criterion": criterion,
                "current": current,
                "needed": needed,
                "severity": *chance.pick(&["minor", "moderate", "critical"]),
                "advice": chance.prose(11),
            });
        }
        let document = doc! {
            "_id": id.oid,
            "userId": all.users[pair.0].oid,
            "programId": all.programs[pair.1].oid,
            "gaps": gaps,
            "estimatedMonths": chance.int(1, 36),
        };
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "gapanalyses",
        list,
        vec![unique(doc! { "userId": 1, "programId": 1 })],
    );
}
