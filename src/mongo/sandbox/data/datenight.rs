//! DateNight, the main connection: accounts and profiles, advertisements and payments, chats.

use bson::spec::BinarySubtype;
use bson::{Binary, Bson, Document, doc};

use super::{
    Chance, DAY, HOUR, Id, NOW, World, date, ids, index, index_with, money, person, stamped,
    unique, words,
};

const DATABASE: &str = "datenight";
const GENDERS: &[&str] = &["woman", "man", "non-binary", "other"];
const CURRENCIES: &[&str] = &["EUR", "EUR", "GBP", "NOK", "USD"];

/// The ids of the accounts; the analytics side refers to them over its own connection.
pub(super) fn users() -> Vec<Id> {
    ids("datenight.users", 1000, 800, 1)
}

/// The ids of the profiles: one for each of the first accounts.
pub(super) fn profiles() -> Vec<Id> {
    ids("datenight.profiles", 900, 799, 1)
}

/// The ids of the advertisements.
pub(super) fn advertisements() -> Vec<Id> {
    ids("datenight.advertisements", 300, 300, 0)
}

/// The ids of the chats.
pub(super) fn chats() -> Vec<Id> {
    ids("datenight.chats", 500, 300, 1)
}

/// The ids of the payments.
pub(super) fn transactions() -> Vec<Id> {
    ids("datenight.transactions", 2000, 290, 0)
}

pub(super) fn fill(world: &mut World) {
    let mut chance = Chance::new(0xda_0003);
    let users = users();
    accounts(world, &mut chance, &users);
    people(world, &mut chance, &users);
    business(world, &mut chance, &users);
    conversations(world, &mut chance, &users);

    world.plant(DATABASE, "profiles", 11, "bio", |d| {
        d.insert("bio", "so much to tell ".repeat(40));
    });
    world.plant(DATABASE, "advertisements", 4, "price", |d| {
        d.insert("price", 49.99);
    });
    world.plant(DATABASE, "transactions", 6, "reference", |d| {
        d.insert("reference", "not-a-uuid-0006");
    });
}

fn accounts(world: &mut World, chance: &mut Chance, users: &[Id]) {
    let mut list = Vec::new();
    for (n, id) in users.iter().enumerate() {
        let (first, _, email) = person(chance, n);
        let name: String = first
            .chars()
            .filter(char::is_ascii_alphabetic)
            .collect::<String>()
            .to_ascii_lowercase();
        let mut document = doc! {
            "_id": id.oid,
            "username": format!("{name}_{}", 1000 + n),
            "email": email,
            "password": chance.password(),
            "role": match n % 40 { 0 => "moderator", 1..=4 => "advertiser", _ => "user" },
            "status": *chance.pick(&["active", "active", "active", "active", "suspended", "banned", "deleted"]),
            "verified": chance.often(65),
        };
        if chance.often(95) {
            document.insert("lastActiveAt", date(chance.time(id.at, NOW)));
        }
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "users",
        list,
        vec![
            unique(doc! { "username": 1 }),
            unique(doc! { "email": 1 }),
            index(doc! { "status": 1 }),
        ],
    );
}

fn point(chance: &mut Chance) -> Document {
    let (_, longitude, latitude) = *chance.pick(words::CITIES);
    let off = |chance: &mut Chance| f64::from(chance.int(-900, 900)) / 10_000.0;
    let (x, y) = (longitude + off(chance), latitude + off(chance));
    let round = |v: f64| (v * 10_000.0).round() / 10_000.0;
    doc! { "type": "Point", "coordinates": [round(x), round(y)] }
}

fn people(world: &mut World, chance: &mut Chance, users: &[Id]) {
    let mut list = Vec::new();
    for (n, (id, user)) in profiles().iter().zip(users).enumerate() {
        let (first, _, _) = person(chance, n);
        let mut photos: Vec<Document> = Vec::new();
        for k in 0..chance.int(1, 4) {
            photos.push(doc! {
                "url": format!("https://photos.example.com/{}/{k}.jpg", user.oid.to_hex()),
                "isPrimary": k == 0,
            });
        }
        let least = chance.int(18, 45);
        let words = usize::try_from(chance.int(5, 45)).unwrap_or(5);
        let document = doc! {
            "_id": id.oid,
            "user": user.oid,
            "displayName": first,
            "birthDate": date(NOW - i64::from(chance.int(19 * 366, 70 * 365)) * DAY),
            "gender": *chance.pick(GENDERS),
            "bio": chance.prose(words),
            "interests": chance.some(words::INTERESTS, 2, 8),
            "photos": photos,
            "location": point(chance),
            "seeking": {
                "genders": chance.some(GENDERS, 1, 3),
                "minAge": least,
                "maxAge": least + chance.int(5, 30),
                "distanceKm": chance.int(5, 300),
            },
        };
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "profiles",
        list,
        vec![
            unique(doc! { "user": 1 }),
            index(doc! { "location": "2dsphere" }),
            index(doc! { "interests": 1 }),
        ],
    );
}

fn business(world: &mut World, chance: &mut Chance, users: &[Id]) {
    let advertisements = advertisements();
    let advertisers: Vec<&Id> = users
        .iter()
        .enumerate()
        .filter(|(n, _)| (1..=4).contains(&(n % 40)))
        .map(|(_, id)| id)
        .collect();
    let mut list = Vec::new();
    for id in &advertisements {
        let status = *chance.pick(&["draft", "active", "active", "paused", "expired"]);
        let category = *chance.pick(&["restaurant", "event", "travel", "gift", "service"]);
        let (city, _, _) = *chance.pick(words::CITIES);
        let mut document = doc! {
            "_id": id.oid,
            "advertiser": chance.pick(&advertisers).oid,
            "title": format!("A {category} for two in {city}"),
            "description": chance.prose(30),
            "category": category,
            "price": money(u32::try_from(chance.int(500, 60_000)).unwrap_or(500)),
            "currency": *chance.pick(CURRENCIES),
            "status": status,
            "location": point(chance),
            "startsAt": date(id.at + DAY),
        };
        if status != "draft" {
            document.insert(
                "expiresAt",
                date(id.at + i64::from(chance.int(10, 120)) * DAY),
            );
        }
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "advertisements",
        list,
        vec![
            index(doc! { "status": 1, "category": 1 }),
            index(doc! { "advertiser": 1 }),
            index(doc! { "location": "2dsphere" }),
        ],
    );

    let mut list = Vec::new();
    for id in transactions() {
        let kind = *chance.pick(&["payment", "payment", "payment", "refund", "payout"]);
        let mut document = doc! { "_id": id.oid, "user": chance.pick(users).oid };
        if kind != "payout" {
            document.insert("advertisement", chance.pick(&advertisements).oid);
        }
        document.extend(doc! {
            "kind": kind,
            "amount": money(u32::try_from(chance.int(500, 60_000)).unwrap_or(500)),
            "currency": *chance.pick(CURRENCIES),
            "status": *chance.pick(&["pending", "completed", "completed", "completed", "failed", "refunded"]),
            "reference": chance.uuid(),
            "providerData": {
                "provider": *chance.pick(&["cards", "bank", "wallet"]),
                "attempt": chance.int(1, 3),
                "traceId": Bson::Int64(i64::try_from(chance.next() >> 2).unwrap_or(0)),
            },
        });
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "transactions",
        list,
        vec![
            unique(doc! { "reference": 1 }),
            index(doc! { "user": 1, "createdAt": -1 }),
            index_with(
                doc! { "status": 1 },
                doc! { "partialFilterExpression": { "status": "pending" } },
            ),
        ],
    );
}

fn conversations(world: &mut World, chance: &mut Chance, users: &[Id]) {
    let chats = chats();
    let mut pairs = Vec::new();
    for _ in &chats {
        let one = chance.below(users.len());
        let two = (one + 1 + chance.below(users.len() - 1)) % users.len();
        pairs.push([users[one].oid, users[two].oid]);
    }
    let mut messages = Vec::new();
    let mut last: Vec<Option<i64>> = vec![None; chats.len()];
    for id in ids("datenight.chatmessages", 5000, 299, 0) {
        // Only chats that were there when the message was written.
        let begun = chats.partition_point(|c| c.at <= id.at).max(1);
        let place = chance.below(begun);
        let kind = *chance.pick(&["text", "text", "text", "text", "text", "image", "system"]);
        let words = usize::try_from(chance.int(2, 25)).unwrap_or(2);
        let mut document = doc! {
            "_id": id.oid,
            "chat": chats[place].oid,
            "sender": *chance.pick(&pairs[place]),
            "kind": kind,
            "body": chance.prose(words),
        };
        if kind == "image" {
            document.insert(
                "attachment",
                Binary {
                    subtype: BinarySubtype::Generic,
                    bytes: chance.bytes(96),
                },
            );
        }
        if chance.often(75) {
            document.insert("readAt", date((id.at + 2 * HOUR).min(NOW)));
        }
        document.insert("deleted", chance.often(3));
        last[place] = Some(id.at);
        messages.push(stamped(document, id.at, id.at));
    }
    let mut list = Vec::new();
    for (n, id) in chats.iter().enumerate() {
        let [one, two] = pairs[n];
        let mut document = doc! { "_id": id.oid, "participants": [one, two] };
        if let Some(at) = last[n] {
            document.insert("lastMessageAt", date(at));
        }
        let mut unread = Document::new();
        unread.insert(one.to_hex(), chance.int(0, 5));
        unread.insert(two.to_hex(), 0);
        document.insert("unread", unread);
        list.push(stamped(document, id.at, last[n].unwrap_or(id.at)));
    }
    world.add(
        DATABASE,
        "chats",
        list,
        vec![index(doc! { "participants": 1 })],
    );
    world.add(
        DATABASE,
        "chatmessages",
        messages,
        vec![index(doc! { "chat": 1, "createdAt": -1 })],
    );
}
