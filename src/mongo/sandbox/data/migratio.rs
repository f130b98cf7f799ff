//! Migratio: 26 collections in seven domains around people who plan to move to another country.
//!
//! The domains refer to each other, so the ids that are referred to are made first, in [`Ids`].

use bson::doc;

use super::{Id, World, ids};

mod analytics;
mod assessment;
mod documents;
mod programs;
mod roadmaps;
mod users;

const DATABASE: &str = "migratio";
const LANGUAGES: &[&str] = &["en", "fr", "de", "es", "pt", "zh", "hi", "ar", "no"];
const CURRENCIES: &[&str] = &["AUD", "CAD", "EUR", "GBP", "NOK", "USD"];

/// The ids that documents of other domains refer to.
struct Ids {
    users: Vec<Id>,
    countries: Vec<Id>,
    occupations: Vec<Id>,
    programs: Vec<Id>,
    questions: Vec<Id>,
    sessions: Vec<Id>,
    /// Whose session it is, by place.
    session_users: Vec<usize>,
    roadmaps: Vec<Id>,
    /// Whose roadmap it is, and to which program, by place.
    roadmap_of: Vec<(usize, usize)>,
}

pub(super) fn fill(world: &mut World) {
    let mut chance = super::Chance::new(0x31_0007);
    let users = ids("migratio.users", 600, 700, 1);
    let programs = ids("migratio.programs", 60, 800, 60);
    let sessions = ids("migratio.quizsessions", 700, 500, 0);
    let roadmaps = ids("migratio.roadmaps", 300, 350, 1);
    let session_users = sessions.iter().map(|_| chance.below(users.len())).collect();
    let roadmap_of = roadmaps
        .iter()
        .map(|_| (chance.below(users.len()), chance.below(programs.len())))
        .collect();
    let all = Ids {
        users,
        countries: ids("migratio.countries", programs::COUNTRIES.len(), 900, 880),
        occupations: ids("migratio.occupationcodes", 200, 880, 800),
        programs,
        questions: ids("migratio.questions", 40, 780, 700),
        sessions,
        session_users,
        roadmaps,
        roadmap_of,
    };
    users::fill(world, &mut chance, &all);
    assessment::fill(world, &mut chance, &all);
    programs::fill(world, &mut chance, &all);
    roadmaps::fill(world, &mut chance, &all);
    documents::fill(world, &mut chance, &all);
    analytics::fill(world, &mut chance, &all);

    world.plant(DATABASE, "users", 4, "locale", |d| {
        d.insert("locale", "it");
    });
    world.plant(DATABASE, "profiles", 9, "dependants", |d| {
        d.insert("dependants", -1);
    });
    world.plant(DATABASE, "matches", 3, "score", |d| {
        d.insert("score", 117.5);
    });
    world.plant(DATABASE, "tasks", 14, "priority", |d| {
        d.insert("priority", 5);
    });
    world.plant(DATABASE, "documents", 7, "sizeBytes", |d| {
        d.insert("sizeBytes", "1204877");
    });
    world.plant(DATABASE, "programs", 5, "fees.currency", |d| {
        d.insert(
            "fees",
            doc! { "application": super::money(85_000), "currency": "CHF" },
        );
    });
}
