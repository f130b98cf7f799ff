//! Migratio's roadmaps: one person's way to one program, with its times, milestones and tasks.

use bson::oid::ObjectId;
use bson::{Document, doc};

use super::super::{Chance, DAY, NOW, World, date, ids, index, index_with, stamped, unique};
use super::{DATABASE, Ids};

const PROGRESS: &[&str] = &["todo", "doing", "blocked", "done"];

pub(super) fn fill(world: &mut World, chance: &mut Chance, all: &Ids) {
    let mut list = Vec::new();
    let mut timelines = Vec::new();
    let mut milestones = Vec::new();
    let mut milestone_ids = ids("migratio.milestones", 300 * 4, 349, 1).into_iter();
    let mut of_roadmap: Vec<Vec<ObjectId>> = Vec::new();
    for ((n, id), timeline) in
        all.roadmaps
            .iter()
            .enumerate()
            .zip(ids("migratio.timelines", 300, 349, 1))
    {
        let (user, program) = all.roadmap_of[n];
        let status = *chance.pick(&["draft", "active", "active", "completed", "archived"]);
        let end = id.at + i64::from(chance.int(120, 700)) * DAY;
        let mut document = doc! {
            "_id": id.oid,
            "userId": all.users[user].oid,
            "programId": all.programs[program].oid,
            "title": format!("Plan {} for program {}", n + 1, program + 1),
            "status": status,
            "progress": match status { "draft" => 0, "completed" => 100, _ => chance.int(1, 99) },
        };
        if chance.often(85) {
            document.insert("targetDate", date(end));
        }
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));

        let third = (end - id.at) / 3;
        let mut phases: Vec<Document> = Vec::new();
        let mut from = id.at;
        for name in ["prepare", "apply", "settle"] {
            phases
                .push(doc! { "name": name, "startsAt": date(from), "endsAt": date(from + third) });
            from += third;
        }
        let document = doc! {
            "_id": timeline.oid,
            "roadmapId": id.oid,
            "startsAt": date(id.at),
            "endsAt": date(end),
            "phases": phases,
        };
        timelines.push(stamped(document, timeline.at, timeline.at));

        let mut mine = Vec::new();
        for (order, milestone) in (0..4).zip(milestone_ids.by_ref().take(4)) {
            let state = *chance.pick(PROGRESS);
            let mut document = doc! {
                "_id": milestone.oid,
                "roadmapId": id.oid,
                "title": *chance.pick(&["Language test passed", "Papers translated", "Application sent", "Visa granted", "Flat found"]),
                "order": order,
                "status": state,
            };
            if state == "done" {
                document.insert("reachedAt", date(chance.time(milestone.at, NOW)));
            }
            let updated = chance.updated(milestone.at);
            milestones.push(stamped(document, milestone.at, updated));
            mine.push(milestone.oid);
        }
        of_roadmap.push(mine);
    }
    world.add(
        DATABASE,
        "roadmaps",
        list,
        vec![index(doc! { "userId": 1, "status": 1 })],
    );
    world.add(
        DATABASE,
        "timelines",
        timelines,
        vec![unique(doc! { "roadmapId": 1 })],
    );
    world.add(
        DATABASE,
        "milestones",
        milestones,
        vec![index(doc! { "roadmapId": 1, "order": 1 })],
    );
    tasks(world, chance, all, &of_roadmap);
}

fn tasks(world: &mut World, chance: &mut Chance, all: &Ids, milestones: &[Vec<ObjectId>]) {
    let made = ids("migratio.tasks", 2400, 345, 0);
    let mut list = Vec::new();
    for (n, id) in made.iter().enumerate() {
        // Eight in a row are of one roadmap; a task may depend on the one before it there.
        let roadmap = (n / 8) % all.roadmaps.len();
        let state = *chance.pick(PROGRESS);
        let mut document = doc! { "_id": id.oid, "roadmapId": all.roadmaps[roadmap].oid };
        if chance.often(75) {
            document.insert("milestoneId", *chance.pick(&milestones[roadmap]));
        }
        let mut depends: Vec<ObjectId> = Vec::new();
        if n % 8 > 0 && chance.often(40) {
            depends.push(made[n - 1].oid);
        }
        document.extend(doc! {
            "title": format!("{} the {}", chance.pick(&["Collect", "Translate", "Send", "Check", "Book"]), chance.pick(&["passport copy", "diploma", "work letters", "bank statement", "language test", "medical check"])),
            "description": chance.prose(12),
            "status": state,
            "priority": chance.int(1, 3),
            "dependsOn": depends,
        });
        if chance.often(80) {
            document.insert("dueAt", date(id.at + i64::from(chance.int(5, 200)) * DAY));
        }
        if state == "done" {
            document.insert("completedAt", date(chance.time(id.at, NOW)));
        }
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "tasks",
        list,
        vec![
            index(doc! { "roadmapId": 1, "status": 1 }),
            index_with(
                doc! { "dueAt": 1 },
                doc! { "partialFilterExpression": { "status": "todo" } },
            ),
        ],
    );
}
