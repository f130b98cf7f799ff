//! Migratio's users, their profiles, what they pay and how.

use bson::{Document, doc};

use super::super::{
    Chance, DAY, NOW, World, date, ids, index, index_with, money, person, stamped, unique, words,
};
use super::{CURRENCIES, DATABASE, Ids, LANGUAGES};

pub(super) fn fill(world: &mut World, chance: &mut Chance, all: &Ids) {
    let mut list = Vec::new();
    for (n, id) in all.users.iter().enumerate() {
        let (first, last, email) = person(chance, n);
        let status = *chance.pick(&[
            "pending",
            "active",
            "active",
            "active",
            "suspended",
            "closed",
        ]);
        let mut document = doc! {
            "_id": id.oid,
            "email": email,
            "passwordHash": chance.password(),
            "firstName": first,
            "lastName": last,
            "role": match n % 60 { 0 => "admin", 1..=4 => "consultant", _ => "user" },
            "status": status,
            "locale": *chance.pick(LANGUAGES),
        };
        if status != "pending" {
            document.insert("emailVerifiedAt", date((id.at + DAY / 4).min(NOW)));
            document.insert("lastLoginAt", date(chance.time(id.at, NOW)));
        }
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "users",
        list,
        vec![
            unique(doc! { "email": 1 }),
            index(doc! { "status": 1, "role": 1 }),
        ],
    );
    profiles(world, chance, all);
    payments(world, chance, all);
}

fn profiles(world: &mut World, chance: &mut Chance, all: &Ids) {
    let mut list = Vec::new();
    let mut jobs = ids("migratio.profiles.work", 600 * 4, 699, 1).into_iter();
    let mut degrees = ids("migratio.profiles.education", 600 * 3, 699, 1).into_iter();
    for (id, user) in ids("migratio.profiles", 600, 699, 1).iter().zip(&all.users) {
        let mut education: Vec<Document> = Vec::new();
        for degree in degrees
            .by_ref()
            .take(usize::try_from(chance.int(1, 3)).unwrap_or(1))
        {
            education.push(doc! {
                "_id": degree.oid,
                "level": *chance.pick(&["secondary", "diploma", "bachelor", "master", "doctorate"]),
                "field": *chance.pick(words::SKILLS),
                "institution": format!("University of {}", chance.pick(words::CITIES).0),
                "completedAt": date(NOW - i64::from(chance.int(400, 9000)) * DAY),
            });
        }
        let mut languages: Vec<Document> = Vec::new();
        for language in chance.some(LANGUAGES, 1, 3) {
            let mut skill = doc! { "language": language };
            if chance.often(70) {
                skill.extend(doc! {
                    "test": *chance.pick(&["IELTS", "CELPIP", "TEF", "TCF", "Goethe", "TOEFL"]),
                    "speaking": f64::from(chance.int(8, 18)) / 2.0,
                    "listening": f64::from(chance.int(8, 18)) / 2.0,
                    "reading": f64::from(chance.int(8, 18)) / 2.0,
                    "writing": f64::from(chance.int(8, 18)) / 2.0,
                    "testedAt": date(NOW - i64::from(chance.int(20, 900)) * DAY),
                });
            }
            languages.push(skill);
        }
        let mut work: Vec<Document> = Vec::new();
        for job in jobs
            .by_ref()
            .take(usize::try_from(chance.int(0, 4)).unwrap_or(0))
        {
            let start = NOW - i64::from(chance.int(300, 6000)) * DAY;
            let mut entry = doc! {
                "title": *chance.pick(words::TITLES),
                "occupationCode": chance.pick(&all.occupations).oid,
                "country": chance.pick(&all.countries).oid,
                "startDate": date(start),
            };
            if chance.often(70) {
                entry.insert("endDate", date(chance.time(start, NOW)));
            }
            entry.insert("hoursPerWeek", chance.int(10, 48));
            entry.insert("_id", job.oid);
            work.push(entry);
        }
        let document = doc! {
            "_id": id.oid,
            "userId": user.oid,
            "birthDate": date(NOW - i64::from(chance.int(19 * 366, 60 * 365)) * DAY),
            "citizenships": [chance.pick(&all.countries).oid],
            "residence": chance.pick(&all.countries).oid,
            "maritalStatus": *chance.pick(&["single", "married", "common-law", "divorced", "widowed"]),
            "dependants": chance.int(0, 4),
            "education": education,
            "languages": languages,
            "workExperience": work,
            "finances": {
                "savings": money(u32::try_from(chance.int(0, 9_000_000)).unwrap_or(0)),
                "currency": *chance.pick(CURRENCIES),
            },
            "completeness": chance.int(20, 100),
        };
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "profiles",
        list,
        vec![unique(doc! { "userId": 1 })],
    );
}

fn payments(world: &mut World, chance: &mut Chance, all: &Ids) {
    let methods = ids("migratio.paymentmethods", 350, 600, 1);
    let mut owners = Vec::new();
    let mut list = Vec::new();
    for id in &methods {
        let kind = *chance.pick(&["card", "card", "sepa", "paypal"]);
        let owner = chance.pick(&all.users).oid;
        owners.push(owner);
        let mut document = doc! { "_id": id.oid, "userId": owner, "type": kind };
        if kind == "card" {
            document.extend(doc! {
                "brand": *chance.pick(&["visa", "mastercard", "amex"]),
                "last4": format!("{:04}", chance.int(0, 9999)),
                "expiresMonth": chance.int(1, 12),
                "expiresYear": chance.int(2026, 2031),
            });
        }
        document.insert("isDefault", chance.often(60));
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "paymentmethods",
        list,
        vec![index(doc! { "userId": 1 })],
    );

    let mut list = Vec::new();
    for (n, id) in ids("migratio.subscriptions", 400, 590, 1)
        .into_iter()
        .enumerate()
    {
        let plan = *chance.pick(&["free", "basic", "basic", "premium", "enterprise"]);
        let status = *chance.pick(&[
            "trialing",
            "active",
            "active",
            "active",
            "past_due",
            "cancelled",
        ]);
        // A paid plan belongs to the owner of its payment method.
        let method = n % methods.len();
        let owner = if plan == "free" {
            chance.pick(&all.users).oid
        } else {
            owners[method]
        };
        let mut document = doc! { "_id": id.oid, "userId": owner, "plan": plan, "status": status };
        if plan != "free" {
            document.insert("paymentMethodId", methods[method].oid);
        }
        let price = match plan {
            "free" => 0,
            "basic" => 990,
            "premium" => 2490,
            _ => 19_900,
        };
        document.insert("price", money(price));
        document.insert("currency", *chance.pick(CURRENCIES));
        document.insert("startedAt", date(id.at));
        if status == "cancelled" {
            document.insert("cancelledAt", date(chance.time(id.at, NOW)));
        } else if plan != "free" {
            document.insert("renewsAt", date(NOW + i64::from(chance.int(1, 30)) * DAY));
        }
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "subscriptions",
        list,
        vec![
            index(doc! { "userId": 1, "status": 1 }),
            index_with(doc! { "renewsAt": 1 }, doc! { "sparse": true }),
        ],
    );
}
