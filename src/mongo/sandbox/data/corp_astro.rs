//! Corp Astro: what its admin panel keeps in MongoDB.

use bson::{Bson, Document, doc};

use super::{Chance, DAY, Id, NOW, World, date, ids, index, person, unique, words};

const DATABASE: &str = "corp_astro";

pub(super) fn fill(world: &mut World) {
    let mut chance = Chance::new(0xc0_0005);
    let users = users(world, &mut chance);
    contents(world, &mut chance, &users);
    configurations(world, &mut chance, &users);

    world.plant(DATABASE, "users", 7, "roles.1", |d| {
        d.insert("roles", vec!["user", "owner"]);
    });
    world.plant(DATABASE, "contents", 2, "slug", |d| {
        d.insert("slug", "Mercury Retrograde!");
    });
    world.plant(DATABASE, "configurations", 1, "value", |d| {
        d.remove("value");
    });
}

fn dated(mut document: Document, created: i64, updated: i64) -> Document {
    document.insert("createdAt", date(created));
    document.insert("updatedAt", date(updated));
    document.insert("__v", 0);
    document
}

fn users(world: &mut World, chance: &mut Chance) -> Vec<Id> {
    let users = ids("corp_astro.users", 300, 900, 5);
    let mut list = Vec::new();
    for (n, id) in users.iter().enumerate() {
        let (first, last, email) = person(chance, n);
        let (city, _, _) = *chance.pick(words::CITIES);
        let roles = match n {
            0 => vec!["user", "admin", "superadmin"],
            n if n % 20 == 0 => vec!["user", "admin"],
            _ => vec!["user"],
        };
        let mut document = doc! {
            "_id": id.oid,
            "email": email,
            "password": chance.password(),
            "profile": {
                "firstName": first,
                "lastName": last,
                "birthDate": date(NOW - i64::from(chance.int(19 * 366, 75 * 365)) * DAY),
                "birthTime": format!("{:02}:{:02}", chance.int(0, 23), chance.int(0, 59)),
                "birthPlace": city,
                "profilePicture": format!("https://pictures.example.com/{}.jpg", id.oid.to_hex()),
            },
            "roles": roles,
        };
        // Mixed: each client writes what it likes.
        let preferences: Bson = match chance.below(3) {
            0 => doc! { "theme": "dark", "widgets": ["transits", "moon"] }.into(),
            1 => doc! { "houseSystem": *chance.pick(&["placidus", "koch", "whole-sign"]), "orb": chance.tenths(10, 80) }.into(),
            _ => doc! { "newsletter": chance.often(50), "since": date(id.at) }.into(),
        };
        document.insert("preferences", preferences);
        let updated = chance.updated(id.at);
        list.push(dated(document, id.at, updated));
    }
    world.add(DATABASE, "users", list, vec![unique(doc! { "email": 1 })]);
    users
}

fn contents(world: &mut World, chance: &mut Chance, users: &[Id]) {
    let mut list = Vec::new();
    for (n, id) in ids("corp_astro.contents", 400, 500, 0)
        .into_iter()
        .enumerate()
    {
        let kind = *chance.pick(&["article", "horoscope", "report", "announcement"]);
        let subject = *chance.pick(&[
            "mercury",
            "venus",
            "mars",
            "jupiter",
            "saturn",
            "the-moon",
            "the-ascendant",
        ]);
        let status = *chance.pick(&["draft", "review", "published", "published", "archived"]);
        let title = format!(
            "{} and your {}",
            subject.replace('-', " "),
            chance.pick(&["career", "team", "launch", "budget", "year"])
        );
        let length = usize::try_from(chance.int(60, 400)).unwrap_or(60);
        let mut document = doc! {
            "_id": id.oid,
            "title": &title,
            "slug": format!("{kind}-{subject}-{}", n + 1),
            "description": chance.prose(14),
            "body": chance.prose(length),
            "kind": kind,
            "status": status,
            "tags": chance.some(&["transits", "houses", "planning", "hiring", "finance", "weekly", "moon"], 1, 4),
            "author": chance.pick(users).oid,
        };
        if status == "published" {
            document.insert("publishedAt", date((id.at + DAY).min(NOW)));
        }
        document.insert("views", i64::from(chance.int(0, 2_000_000)) * 3000);
        let mut translations = Document::new();
        for language in chance.some(&["de", "es", "fr", "hi"], 0, 3) {
            translations.insert(
                language.as_str(),
                doc! { "title": format!("{title} ({language})"), "body": chance.prose(20) },
            );
        }
        if !translations.is_empty() {
            document.insert("translations", translations);
        }
        let updated = chance.updated(id.at);
        list.push(dated(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "contents",
        list,
        vec![
            unique(doc! { "slug": 1 }),
            index(doc! { "status": 1 }),
            super::index_with(
                doc! { "title": "text", "description": "text" },
                doc! { "weights": { "title": 1, "description": 1 } },
            ),
            index(doc! { "tags": 1 }),
            index(doc! { "author": 1, "createdAt": -1 }),
        ],
    );
}

fn configurations(world: &mut World, chance: &mut Chance, users: &[Id]) {
    let mut made = ids("corp_astro.configurations", 60, 400, 1).into_iter();
    let mut list = Vec::new();
    for area in ["cache", "email", "limits", "search", "sessions"] {
        for name in ["enabled", "ttl", "hosts", "rules"] {
            for environment in ["development", "staging", "production"] {
                let Some(id) = made.next() else { break };
                let value: Bson = match name {
                    "enabled" => chance.often(70).into(),
                    "ttl" => chance.int(30, 86_400).into(),
                    "hosts" => vec![format!("{area}-1.{environment}.example.com"), format!("{area}-2.{environment}.example.com")].into(),
                    _ => doc! { "max": chance.int(10, 5000), "window": "1m", "burst": chance.tenths(10, 30) }.into(),
                };
                list.push(doc! {
                    "_id": id.oid,
                    "key": format!("{environment}.{area}.{name}"),
                    "value": value,
                    "environment": environment,
                    "description": chance.prose(8),
                    "updatedBy": chance.pick(users).oid,
                    "updatedAt": date(chance.time(id.at, NOW)),
                    "__v": 0,
                });
            }
        }
    }
    world.add(
        DATABASE,
        "configurations",
        list,
        vec![unique(doc! { "key": 1 })],
    );
}
