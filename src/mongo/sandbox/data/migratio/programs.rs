//! Migratio's immigration programs, the countries and occupations they are about, and what changes in them.

use bson::{Document, doc};

use super::super::{Chance, DAY, World, date, ids, index, money, stamped, unique, words};
use super::{CURRENCIES, DATABASE, Ids};

/// Name, two and three letters, currency, languages, region, and whether people move there with Migratio's help.
type Country = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    bool,
);

pub(super) const COUNTRIES: &[Country] = &[
    ("Australia", "AU", "AUS", "AUD", &["en"], "Oceania", true),
    ("Austria", "AT", "AUT", "EUR", &["de"], "Europe", true),
    ("Brazil", "BR", "BRA", "BRL", &["pt"], "Americas", false),
    (
        "Canada",
        "CA",
        "CAN",
        "CAD",
        &["en", "fr"],
        "Americas",
        true,
    ),
    ("Chile", "CL", "CHL", "CLP", &["es"], "Americas", false),
    ("China", "CN", "CHN", "CNY", &["zh"], "Asia", false),
    ("Colombia", "CO", "COL", "COP", &["es"], "Americas", false),
    ("Denmark", "DK", "DNK", "DKK", &[], "Europe", true),
    ("Egypt", "EG", "EGY", "EGP", &["ar"], "Africa", false),
    ("France", "FR", "FRA", "EUR", &["fr"], "Europe", true),
    ("Germany", "DE", "DEU", "EUR", &["de"], "Europe", true),
    ("Ghana", "GH", "GHA", "GHS", &["en"], "Africa", false),
    ("India", "IN", "IND", "INR", &["hi", "en"], "Asia", false),
    ("Ireland", "IE", "IRL", "EUR", &["en"], "Europe", true),
    ("Kenya", "KE", "KEN", "KES", &["en"], "Africa", false),
    ("Lebanon", "LB", "LBN", "LBP", &["ar", "fr"], "Asia", false),
    ("Mexico", "MX", "MEX", "MXN", &["es"], "Americas", false),
    (
        "Morocco",
        "MA",
        "MAR",
        "MAD",
        &["ar", "fr"],
        "Africa",
        false,
    ),
    ("Netherlands", "NL", "NLD", "EUR", &[], "Europe", true),
    ("New Zealand", "NZ", "NZL", "NZD", &["en"], "Oceania", true),
    ("Nigeria", "NG", "NGA", "NGN", &["en"], "Africa", false),
    ("Norway", "NO", "NOR", "NOK", &["no"], "Europe", true),
    ("Pakistan", "PK", "PAK", "PKR", &["en"], "Asia", false),
    ("Peru", "PE", "PER", "PEN", &["es"], "Americas", false),
    ("Philippines", "PH", "PHL", "PHP", &["en"], "Asia", false),
    ("Portugal", "PT", "PRT", "EUR", &["pt"], "Europe", true),
    ("South Africa", "ZA", "ZAF", "ZAR", &["en"], "Africa", false),
    ("Spain", "ES", "ESP", "EUR", &["es"], "Europe", true),
    (
        "Tunisia",
        "TN",
        "TUN",
        "TND",
        &["ar", "fr"],
        "Africa",
        false,
    ),
    (
        "United Kingdom",
        "GB",
        "GBR",
        "GBP",
        &["en"],
        "Europe",
        true,
    ),
    (
        "United States",
        "US",
        "USA",
        "USD",
        &["en", "es"],
        "Americas",
        true,
    ),
    ("Vietnam", "VN", "VNM", "VND", &[], "Asia", false),
];

pub(super) fn fill(world: &mut World, chance: &mut Chance, all: &Ids) {
    let mut list = Vec::new();
    for (id, (name, iso2, iso3, currency, languages, region, destination)) in
        all.countries.iter().zip(COUNTRIES)
    {
        let document = doc! {
            "_id": id.oid,
            "name": *name,
            "iso2": *iso2,
            "iso3": *iso3,
            "currency": *currency,
            "languages": languages.to_vec(),
            "region": *region,
            "isDestination": *destination,
        };
        list.push(stamped(document, id.at, id.at));
    }
    world.add(
        DATABASE,
        "countries",
        list,
        vec![unique(doc! { "iso2": 1 })],
    );

    let mut list = Vec::new();
    for (n, id) in all.occupations.iter().enumerate() {
        let document = doc! {
            "_id": id.oid,
            "code": format!("{:05}", 10_000 + n * 37),
            "system": *chance.pick(&["NOC", "ANZSCO", "SOC", "ISCO"]),
            "title": *chance.pick(words::TITLES),
            "skillLevel": chance.int(0, 5),
            "countryId": chance.pick(&all.countries).oid,
            "inDemand": chance.often(35),
        };
        list.push(stamped(document, id.at, id.at));
    }
    world.add(
        DATABASE,
        "occupationcodes",
        list,
        vec![unique(doc! { "system": 1, "code": 1 })],
    );

    let destinations: Vec<usize> = (0..COUNTRIES.len()).filter(|n| COUNTRIES[*n].6).collect();
    let mut homes = Vec::new();
    let mut list = Vec::new();
    for (n, id) in all.programs.iter().enumerate() {
        let home = *chance.pick(&destinations);
        homes.push(home);
        let category = *chance.pick(&[
            "skilled-worker",
            "skilled-worker",
            "business",
            "family",
            "student",
            "humanitarian",
        ]);
        let least = chance.int(2, 12);
        let document = doc! {
            "_id": id.oid,
            "name": format!("{} {} program", COUNTRIES[home].0, category.replace('-', " ")),
            "code": format!("{}-{}-{}", COUNTRIES[home].1, category[..2].to_ascii_uppercase(), n + 1),
            "countryId": all.countries[home].oid,
            "category": category,
            "description": chance.prose(25),
            "criteria": criteria(chance),
            "fees": { "application": money(u32::try_from(chance.int(0, 400_000)).unwrap_or(0)), "currency": *chance.pick(CURRENCIES) },
            "processingMonths": { "min": least, "max": least + chance.int(1, 18) },
            "isOpen": chance.often(80),
        };
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "programs",
        list,
        vec![
            unique(doc! { "code": 1 }),
            index(doc! { "countryId": 1, "category": 1 }),
            index(doc! { "name": "text", "description": "text" }),
        ],
    );

    let mut list = Vec::new();
    for id in ids("migratio.policyupdates", 200, 500, 0) {
        let program = chance.below(all.programs.len());
        let mut document = doc! { "_id": id.oid };
        if chance.often(80) {
            document.insert("programId", all.programs[program].oid);
        }
        document.extend(doc! {
            "countryId": all.countries[homes[program]].oid,
            "title": format!("Change of {}", chance.pick(&["fees", "language levels", "quotas", "forms", "processing times"])),
            "summary": chance.prose(30),
            "impact": *chance.pick(&["low", "medium", "high"]),
            "sourceUrl": format!("https://policies.example.com/{}", id.oid.to_hex()),
            "effectiveFrom": date(id.at + i64::from(chance.int(0, 90)) * DAY),
        });
        list.push(stamped(document, id.at, id.at));
    }
    world.add(
        DATABASE,
        "policyupdates",
        list,
        vec![index(doc! { "countryId": 1, "effectiveFrom": -1 })],
    );
}

fn criteria(chance: &mut Chance) -> Vec<Document> {
    let mut criteria = vec![doc! {
        "key": "language_level",
        "label": "Language",
        "kind": "language",
        "minimum": f64::from(chance.int(8, 16)) / 2.0,
        "points": { "speaking": chance.int(0, 6), "listening": chance.int(0, 6), "reading": chance.int(0, 6), "writing": chance.int(0, 6) },
        "isMandatory": true,
    }];
    for (key, label, kind) in [
        ("age_range", "Age", "age"),
        ("degree", "Education", "education"),
        ("experience", "Work experience", "work"),
        ("funds", "Settlement funds", "funds"),
    ] {
        if chance.often(70) {
            criteria.push(doc! {
                "key": key,
                "label": label,
                "kind": kind,
                "minimum": chance.int(1, 30),
                "points": { "low": chance.int(0, 10), "high": chance.int(11, 30) },
                "isMandatory": chance.often(40),
            });
        }
    }
    criteria
}
