//! NexStepAI: learners, goals, roadmaps with steps, resources, what happened, how far they are.

use bson::oid::ObjectId;
use bson::{Document, doc};

use super::{Chance, DAY, Id, NOW, World, date, ids, person, singles, stamped, unique, words};

const DATABASE: &str = "nexstep";
const CATEGORIES: &[&str] = &[
    "Frontend Development",
    "Backend Development",
    "Data Science",
    "DevOps",
    "Design",
    "Product Management",
];
const DIFFICULTIES: &[&str] = &["Beginner", "Intermediate", "Advanced"];

struct Roadmap {
    id: Id,
    goal: ObjectId,
    steps: Vec<ObjectId>,
}

pub(super) fn fill(world: &mut World) {
    let mut chance = Chance::new(0x4e_0002);
    let users = users(world, &mut chance);
    let goals = goals(world, &mut chance, &users);
    let resources = resources(world, &mut chance, &users);
    let roadmaps = roadmaps(world, &mut chance, &users, &goals, &resources);
    activities(world, &mut chance, &users, &roadmaps, &resources);
    progresses(world, &mut chance, &users, &roadmaps);

    world.plant(DATABASE, "users", 8, "role", |d| {
        d.insert("role", "superuser");
    });
    world.plant(
        DATABASE,
        "roadmaps",
        2,
        "timeAvailabilityHoursPerWeek",
        |d| {
            d.insert("timeAvailabilityHoursPerWeek", 200);
        },
    );
    world.plant(DATABASE, "activities", 20, "metadata.progress", |d| {
        if let Ok(metadata) = d.get_document_mut("metadata") {
            metadata.insert("progress", "45");
        }
    });
    world.plant(DATABASE, "resources", 6, "rating.average", |d| {
        if let Ok(rating) = d.get_document_mut("rating") {
            rating.insert("average", 0);
        }
    });
}

fn users(world: &mut World, chance: &mut Chance) -> Vec<Id> {
    let users = ids("nexstep.users", 800, 600, 2);
    let mut list = Vec::new();
    for (n, id) in users.iter().enumerate() {
        let (first, last, email) = person(chance, n);
        let mut document = doc! {
            "_id": id.oid,
            "name": format!("{first} {last}"),
            "email": email,
            "password": chance.password(),
            "role": if n % 50 == 0 { "admin" } else { "user" },
            "status": *chance.pick(&["active", "active", "active", "inactive", "suspended"]),
        };
        if chance.often(90) {
            document.insert("lastLoginAt", date(chance.time(id.at, NOW)));
        }
        document.insert(
            "preferences",
            doc! {
                "notifications": chance.often(70),
                "theme": *chance.pick(&["light", "dark"]),
                "language": *chance.pick(&["en", "en", "fr", "de", "es"]),
            },
        );
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    let mut indexes = vec![unique(doc! { "email": 1 })];
    indexes.extend(singles(&["status", "role", "createdAt"]));
    world.add(DATABASE, "users", list, indexes);
    users
}

fn goals(world: &mut World, chance: &mut Chance, users: &[Id]) -> Vec<Id> {
    let goals = ids("nexstep.goals", 240, 550, 10);
    let mut list = Vec::new();
    for (n, id) in goals.iter().enumerate() {
        let category = *chance.pick(CATEGORIES);
        let mut prerequisites = Vec::new();
        if n > 3 {
            for _ in 0..chance.int(0, 2) {
                prerequisites.push(goals[chance.below(n)].oid);
            }
        }
        let document = doc! {
            "_id": id.oid,
            "title": format!("{} {}", chance.pick(&["Learn", "Master", "Start with", "Move to"]), chance.pick(words::SKILLS)),
            "description": chance.prose(14),
            "category": category,
            "difficulty": *chance.pick(DIFFICULTIES),
            "estimatedTime": chance.int(10, 400),
            "skills": chance.some(words::SKILLS, 2, 5),
            "prerequisites": prerequisites,
            "isActive": chance.often(85),
            "createdBy": chance.pick(users).oid,
        };
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "goals",
        list,
        singles(&["category", "difficulty", "isActive", "createdAt"]),
    );
    goals
}

fn resources(world: &mut World, chance: &mut Chance, users: &[Id]) -> Vec<Id> {
    let resources = ids("nexstep.resources", 500, 520, 5);
    let mut list = Vec::new();
    for id in &resources {
        let kind = *chance.pick(&["article", "video", "course", "book", "tutorial"]);
        let skill = *chance.pick(words::SKILLS);
        let document = doc! {
            "_id": id.oid,
            "title": format!("{skill}: {} {kind}", chance.pick(&["a first", "a practical", "an advanced", "a short"])),
            "description": chance.prose(16),
            "type": kind,
            "url": format!("https://learn.example.com/{kind}s/{}", id.oid.to_hex()),
            "category": *chance.pick(CATEGORIES),
            "difficulty": *chance.pick(DIFFICULTIES),
            "estimatedTime": chance.int(5, 900),
            "rating": { "average": chance.tenths(10, 50), "count": chance.int(0, 2500) },
            "tags": chance.some(words::SKILLS, 1, 4),
            "isActive": chance.often(92),
            "createdBy": chance.pick(users).oid,
        };
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "resources",
        list,
        singles(&[
            "type",
            "category",
            "difficulty",
            "isActive",
            "rating.average",
            "createdAt",
        ]),
    );
    resources
}

fn roadmaps(
    world: &mut World,
    chance: &mut Chance,
    users: &[Id],
    goals: &[Id],
    resources: &[Id],
) -> Vec<Roadmap> {
    let made = ids("nexstep.roadmaps", 360, 480, 3);
    let mut steps_ids = ids("nexstep.roadmaps.steps", 360 * 8, 480, 3).into_iter();
    let mut list = Vec::new();
    let mut roadmaps = Vec::new();
    for id in made {
        let goal = chance.pick(goals).oid;
        let weekly = chance.int(2, 30);
        let mut steps: Vec<Document> = Vec::new();
        let mut places = Vec::new();
        for order in 0..chance.int(3, 8) {
            let Some(step) = steps_ids.next() else { break };
            let (least, most) = (chance.int(1, 3), chance.int(4, 6));
            let mut of = Vec::new();
            for _ in 0..chance.int(1, 3) {
                of.push(chance.pick(resources).oid);
            }
            let completed = chance.often(30);
            let mut document = doc! {
                "_id": step.oid,
                "title": format!("{} {}", chance.pick(&["Read about", "Practise", "Build with", "Review"]), chance.pick(words::SKILLS)),
                "description": chance.prose(10),
                "order": order,
                "duration": format!("{least}-{most} weeks"),
                "resources": of,
                "skills": chance.some(words::SKILLS, 1, 3),
                "completed": completed,
            };
            if completed {
                document.insert("completedAt", date(chance.time(id.at, NOW)));
            }
            document.extend(doc! {
                "weeklyHours": weekly,
                "estimatedHours": f64::from(weekly * (least + most)) / 2.0,
                "estimatedHoursMin": weekly * least,
                "estimatedHoursMax": weekly * most,
            });
            places.push(step.oid);
            steps.push(document);
        }
        let document = doc! {
            "_id": id.oid,
            "title": format!("{} roadmap", chance.pick(words::SKILLS)),
            "description": chance.prose(12),
            "goalId": goal,
            "category": *chance.pick(CATEGORIES),
            "difficulty": *chance.pick(DIFFICULTIES),
            "estimatedDuration": *chance.pick(&["6 weeks", "1-2 months", "3-6 months", "10 days", "1 month"]),
            "timeAvailabilityHoursPerWeek": weekly,
            "steps": steps,
            "tags": chance.some(words::SKILLS, 1, 4),
            "isPublished": chance.often(60),
            "createdBy": chance.pick(users).oid,
        };
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
        roadmaps.push(Roadmap {
            id,
            goal,
            steps: places,
        });
    }
    world.add(
        DATABASE,
        "roadmaps",
        list,
        singles(&[
            "goalId",
            "category",
            "difficulty",
            "isPublished",
            "createdAt",
        ]),
    );
    roadmaps
}

fn activities(
    world: &mut World,
    chance: &mut Chance,
    users: &[Id],
    roadmaps: &[Roadmap],
    resources: &[Id],
) {
    let mut list = Vec::new();
    for id in ids("nexstep.activities", 4000, 365, 0) {
        let kind = *chance.pick(&[
            "goal_created",
            "goal_completed",
            "roadmap_started",
            "roadmap_completed",
            "step_completed",
            "resource_accessed",
            "skill_acquired",
            "milestone_reached",
        ]);
        let roadmap = chance.pick(roadmaps);
        let mut metadata = doc! { "goalId": roadmap.goal };
        if kind != "goal_created" {
            metadata.insert("roadmapId", roadmap.id.oid);
        }
        if kind == "step_completed" {
            metadata.insert("stepId", *chance.pick(&roadmap.steps));
        }
        if kind == "resource_accessed" {
            metadata.insert("resourceId", chance.pick(resources).oid);
        }
        metadata.insert("progress", chance.int(0, 100));
        metadata.insert("timeSpent", chance.int(1, 240));
        if chance.often(25) {
            metadata.insert(
                "additionalData",
                doc! { "client": *chance.pick(&["web", "ios", "android"]), "build": chance.int(100, 480), "tags": chance.some(words::SKILLS, 0, 2) },
            );
        }
        list.push(doc! {
            "_id": id.oid,
            "userId": chance.pick(users).oid,
            "type": kind,
            "description": chance.prose(7),
            "metadata": metadata,
            "isPublic": chance.often(45),
            "createdAt": date(id.at),
            "__v": 0,
        });
    }
    world.add(
        DATABASE,
        "activities",
        list,
        singles(&[
            "userId",
            "type",
            "createdAt",
            "isPublic",
            "metadata.goalId",
            "metadata.roadmapId",
        ]),
    );
}

fn progresses(world: &mut World, chance: &mut Chance, users: &[Id], roadmaps: &[Roadmap]) {
    let mut list = Vec::new();
    for id in ids("nexstep.userprogresses", 1200, 400, 0) {
        let roadmap = chance.pick(roadmaps);
        let status = *chance.pick(&[
            "not_started",
            "in_progress",
            "in_progress",
            "completed",
            "paused",
        ]);
        let progress = match status {
            "not_started" => 0,
            "completed" => 100,
            _ => chance.int(1, 99),
        };
        let started = id.at + i64::from(chance.int(0, 10)) * DAY;
        let mut total = 0;
        let mut steps: Vec<Document> = Vec::new();
        for step in &roadmap.steps {
            let state = match status {
                "not_started" => "not_started",
                "completed" => "completed",
                _ => *chance.pick(&["not_started", "in_progress", "completed"]),
            };
            let spent = if state == "not_started" {
                0
            } else {
                chance.int(10, 600)
            };
            total += spent;
            let mut document = doc! {
                "stepId": *step,
                "status": state,
                "progress": match state { "not_started" => 0, "completed" => 100, _ => chance.int(1, 99) },
                "timeSpent": spent,
            };
            if state != "not_started" {
                document.insert("startedAt", date(started));
            }
            if state == "completed" {
                document.insert(
                    "completedAt",
                    date(started + i64::from(chance.int(1, 30)) * DAY),
                );
            }
            steps.push(document);
        }
        let mut document = doc! {
            "_id": id.oid,
            "userId": chance.pick(users).oid,
            "roadmapId": roadmap.id.oid,
            "goalId": roadmap.goal,
            "status": status,
            "progress": progress,
        };
        if status != "not_started" {
            document.insert("startedAt", date(started));
        }
        if status == "completed" {
            document.insert(
                "completedAt",
                date(started + i64::from(chance.int(30, 120)) * DAY),
            );
        }
        document.insert("lastAccessedAt", date(chance.time(id.at, NOW)));
        document.insert("stepProgress", steps);
        document.insert("totalTimeSpent", total);
        let updated = chance.updated(id.at);
        list.push(stamped(document, id.at, updated));
    }
    world.add(
        DATABASE,
        "userprogresses",
        list,
        singles(&[
            "userId",
            "roadmapId",
            "goalId",
            "status",
            "progress",
            "lastAccessedAt",
        ]),
    );
}
