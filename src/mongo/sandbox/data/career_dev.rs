//! Career Path Pilot: people, what they apply for, whom they know, what they learn, what they ask.

use bson::{Bson, Document, doc};

use super::{
    Chance, DAY, HOUR, NOW, World, date, ids, index, person, singles, stamped, unique, words,
};

const DATABASE: &str = "career_dev";

pub(super) fn fill(world: &mut World) {
    let mut chance = Chance::new(0xca_0001);
    let users = ids("career_dev.users", 1200, 700, 1);
    let mut list = Vec::with_capacity(users.len());
    for (n, id) in users.iter().enumerate() {
        let (first, last, email) = person(&mut chance, n);
        let document = doc! {
            "_id": id.oid,
            "name": format!("{first} {last}"),
            "email": email,
            "password": chance.password(),
            "currentTitle": *chance.pick(words::TITLES),
            "currentCompany": *chance.pick(words::COMPANIES),
            "goalType": *chance.pick(&["new-job", "promotion", "skill-development"]),
            "timeframe": *chance.pick(&["3-months", "6-months", "1-year"]),
            "networkingIntensity": *chance.pick(&["low", "moderate", "high"]),
            "skills": chance.some(words::SKILLS, 2, 7),
            "preferences": { "notifications": chance.often(80), "emailUpdates": chance.often(60) },
        };
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    let mut indexes = vec![unique(doc! { "email": 1 })];
    indexes.extend(singles(&["skills", "preferences.notifications"]));
    world.add(DATABASE, "users", list, indexes);

    // Jobs are kept by another product; only their ids are here.
    let jobs = ids("career_dev.jobs", 300, 500, 1);
    let mut list = Vec::new();
    for id in ids("career_dev.applications", 4000, 420, 0) {
        list.push(application(&mut chance, id, &users, &jobs));
    }
    world.add(
        DATABASE,
        "applications",
        list,
        singles(&["userId", "jobId", "status", "applicationDate"]),
    );

    let mut list = Vec::new();
    for id in ids("career_dev.connections", 1500, 400, 0) {
        let mine = chance.below(users.len());
        let theirs = (mine + 1 + chance.below(users.len() - 1)) % users.len();
        let mut follow_ups: Vec<Document> = Vec::new();
        for _ in 0..chance.int(0, 3) {
            follow_ups.push(doc! {
                "type": *chance.pick(&["email", "call", "coffee", "message"]),
                "dueDate": date(id.at + i64::from(chance.int(3, 60)) * DAY),
                "notes": chance.prose(6),
                "completed": chance.often(50),
            });
        }
        let document = doc! {
            "_id": id.oid,
            "userId": users[mine].oid,
            "contactId": users[theirs].oid,
            "status": *chance.pick(&["pending", "accepted", "accepted", "rejected"]),
            "type": *chance.pick(&["mentor", "peer", "peer", "professional"]),
            "notes": chance.prose(9),
            "followUps": follow_ups,
        };
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "connections",
        list,
        singles(&["userId", "contactId", "status", "followUps.dueDate"]),
    );

    let mut list = Vec::new();
    for id in ids("career_dev.developmentactivities", 1500, 600, 0) {
        let status = *chance.pick(&["planned", "in-progress", "completed", "completed"]);
        let kind = *chance.pick(&["course", "certification", "workshop", "project"]);
        let skills = chance.some(words::SKILLS, 1, 3);
        let start = id.at + i64::from(chance.int(-20, 40)) * DAY;
        let mut document = doc! {
            "_id": id.oid,
            "userId": chance.pick(&users).oid,
            "type": kind,
            "title": format!("{} {kind}", skills.first().map_or("general", String::as_str)),
            "provider": *chance.pick(words::COMPANIES),
            "startDate": date(start),
        };
        if status == "completed" {
            document.insert(
                "completionDate",
                date((start + i64::from(chance.int(1, 90)) * DAY).min(NOW)),
            );
        }
        document.insert("status", status);
        document.insert("skills", skills);
        document.insert("notes", chance.prose(12));
        if status == "completed" && kind == "certification" {
            document.insert(
                "certificateUrl",
                format!("https://certificates.example.com/{}", id.oid.to_hex()),
            );
        }
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "developmentactivities",
        list,
        singles(&["userId", "type", "status", "skills"]),
    );

    let mut list = Vec::new();
    for id in ids("career_dev.conversations", 600, 300, 0) {
        let mut messages: Vec<Document> = Vec::new();
        let mut at = id.at;
        for n in 0..chance.int(2, 14) {
            at += i64::from(chance.int(20, 900)) * 1000;
            let length = usize::try_from(chance.int(5, 40)).unwrap_or(5);
            messages.push(doc! {
                "sender": if n % 2 == 0 { "user" } else { "assistant" },
                "content": chance.prose(length),
                "timestamp": date(at),
            });
        }
        let document =
            doc! { "_id": id.oid, "userId": chance.pick(&users).oid, "messages": messages };
        list.push(stamped(document, id.at, at));
    }
    world.add(
        DATABASE,
        "conversations",
        list,
        vec![index(doc! { "userId": 1 })],
    );

    world.plant(DATABASE, "users", 3, "timeframe", |d| {
        d.insert("timeframe", "3-weeks");
    });
    world.plant(DATABASE, "users", 41, "email", |d| {
        d.remove("email");
    });
    world.plant(DATABASE, "users", 77, "preferences.notifications", |d| {
        if let Ok(preferences) = d.get_document_mut("preferences") {
            preferences.insert("notifications", "yes");
        }
    });
    world.plant(DATABASE, "applications", 12, "documents.resumeUrl", |d| {
        d.insert(
            "documents",
            doc! { "resumeUrl": "resume-final-2.pdf", "coverLetterUrl": "https://files.example.com/letter.pdf" },
        );
    });
    world.plant(DATABASE, "connections", 5, "followUps.0.dueDate", |d| {
        d.insert(
            "followUps",
            vec![doc! { "type": "call", "notes": "some day", "completed": false }],
        );
    });
    world.plant(DATABASE, "developmentactivities", 10, "startDate", |d| {
        d.insert("startDate", Bson::String("2025-11-03".to_owned()));
    });
}

fn application(
    chance: &mut Chance,
    id: super::Id,
    users: &[super::Id],
    jobs: &[super::Id],
) -> Document {
    let status = *chance.pick(&[
        "toApply",
        "applied",
        "applied",
        "interviewing",
        "offer",
        "rejected",
    ]);
    let mut document = doc! {
        "_id": id.oid,
        "userId": chance.pick(users).oid,
        "jobId": chance.pick(jobs).oid,
        "status": status,
    };
    if status != "toApply" {
        document.insert("applicationDate", date(id.at + 2 * HOUR));
    }
    document.insert("notes", chance.prose(8));
    let hex = id.oid.to_hex();
    let mut documents = doc! { "resumeUrl": format!("https://files.example.com/{hex}/resume.pdf") };
    if chance.often(70) {
        documents.insert(
            "coverLetterUrl",
            format!("https://files.example.com/{hex}/letter.pdf"),
        );
    }
    document.insert("documents", documents);
    let mut interviews: Vec<Document> = Vec::new();
    if matches!(status, "interviewing" | "offer") {
        for n in 0..i64::from(chance.int(1, 3)) {
            interviews.push(doc! {
                "date": date(id.at + (7 + n * 6) * DAY),
                "type": *chance.pick(&["phone", "technical", "on-site", "final"]),
                "notes": chance.prose(10),
                "status": *chance.pick(&["scheduled", "done", "moved"]),
            });
        }
    }
    document.insert("interviews", interviews);
    let updated = chance.updated(id.at);
    stamped(document, id.at, updated)
}
