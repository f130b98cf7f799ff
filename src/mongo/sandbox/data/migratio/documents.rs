//! Migratio's papers: what people hand in, and what the product writes for them.

use bson::spec::BinarySubtype;
use bson::{Binary, doc};

use super::super::{Chance, DAY, HOUR, NOW, World, date, ids, index, index_with, stamped, unique};
use super::{DATABASE, Ids};

const TYPES: &[(&str, &str, &str)] = &[
    ("passport", "Passport", "identity"),
    ("birth_certificate", "Birth certificate", "identity"),
    ("marriage_certificate", "Marriage certificate", "identity"),
    ("photo", "Photograph", "identity"),
    ("diploma", "Diploma", "education"),
    ("transcript", "Transcript of records", "education"),
    (
        "credential_assessment",
        "Credential assessment",
        "education",
    ),
    ("work_letter", "Letter of an employer", "work"),
    ("contract", "Contract of employment", "work"),
    ("licence", "Professional licence", "work"),
    ("bank_statement", "Bank statement", "finances"),
    ("tax_return", "Tax return", "finances"),
    ("sponsorship", "Letter of a sponsor", "finances"),
    ("medical_check", "Medical check", "health"),
    ("vaccination", "Vaccination record", "health"),
    ("insurance", "Health insurance", "health"),
    ("language_test", "Language test", "language"),
    ("translation", "Certified translation", "language"),
];

pub(super) fn fill(world: &mut World, chance: &mut Chance, all: &Ids) {
    let types = ids("migratio.documenttypes", TYPES.len(), 800, 780);
    let mut list = Vec::new();
    for (id, (key, name, category)) in types.iter().zip(TYPES) {
        let mut document = doc! {
            "_id": id.oid,
            "key": *key,
            "name": *name,
            "category": *category,
            "isRequired": chance.often(50),
        };
        if chance.often(60) {
            document.insert("validForMonths", chance.int(3, 120));
        }
        document.insert(
            "acceptedMimeTypes",
            vec!["application/pdf", "image/jpeg", "image/png"],
        );
        list.push(stamped(document, id.at, id.at));
    }
    world.add(
        DATABASE,
        "documenttypes",
        list,
        vec![unique(doc! { "key": 1 })],
    );

    let mut list = Vec::new();
    for id in ids("migratio.documents", 1500, 340, 0) {
        let roadmap = chance.below(all.roadmaps.len());
        let kind = chance.below(TYPES.len());
        let (ending, mime) = *chance.pick(&[
            ("pdf", "application/pdf"),
            ("pdf", "application/pdf"),
            ("jpg", "image/jpeg"),
            ("png", "image/png"),
        ]);
        let mut document = doc! {
            "_id": id.oid,
            "userId": all.users[all.roadmap_of[roadmap].0].oid,
            "typeId": types[kind].oid,
        };
        if chance.often(80) {
            document.insert("roadmapId", all.roadmaps[roadmap].oid);
        }
        document.extend(doc! {
            "fileName": format!("{}-{}.{ending}", TYPES[kind].0, chance.int(1, 99)),
            "mimeType": mime,
            "sizeBytes": i64::from(chance.int(12_000, 9_000_000)),
            "sha256": Binary { subtype: BinarySubtype::Generic, bytes: chance.bytes(32) },
            "status": *chance.pick(&["uploaded", "verified", "verified", "rejected", "expired"]),
        });
        if chance.often(50) {
            document.insert(
                "expiresAt",
                date(NOW + i64::from(chance.int(-60, 1500)) * DAY),
            );
        }
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "documents",
        list,
        vec![index(doc! { "userId": 1, "status": 1 })],
    );

    let templates = ids("migratio.templates", 24, 700, 100);
    let mut list = Vec::new();
    for (n, id) in templates.iter().enumerate() {
        let name = ["letter-of-intent", "checklist", "summary", "timeline"][n % 4];
        let version = i32::try_from(n / 8).unwrap_or(0) + 1;
        let document = doc! {
            "_id": id.oid,
            "name": name,
            "language": if n / 4 % 2 == 0 { "en" } else { "fr" },
            "version": version,
            "body": format!("# {{{{title}}}}\n\n{}\n\n{{{{name}}}}", chance.prose(80)),
            "placeholders": ["title", "name"],
            "isActive": version == 3,
        };
        list.push(stamped(document, id.at, id.at));
    }
    world.add(
        DATABASE,
        "templates",
        list,
        vec![unique(doc! { "name": 1, "language": 1, "version": -1 })],
    );

    let mut list = Vec::new();
    for id in ids("migratio.generatedpdfs", 300, 200, 0) {
        let document = doc! {
            "_id": id.oid,
            "userId": chance.pick(&all.users).oid,
            "templateId": chance.pick(&templates).oid,
            "token": chance.uuid(),
            "pages": chance.int(1, 24),
            "sizeBytes": chance.int(9000, 900_000),
            "generatedAt": date(id.at + HOUR),
            "expiresAt": date(id.at + 400 * DAY),
        };
        list.push(stamped(document, id.at, id.at));
    }
    world.add(
        DATABASE,
        "generatedpdfs",
        list,
        vec![
            unique(doc! { "token": 1 }),
            index(doc! { "userId": 1 }),
            index_with(doc! { "expiresAt": 1 }, doc! { "expireAfterSeconds": 0 }),
        ],
    );
}
