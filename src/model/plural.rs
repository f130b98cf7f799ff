//! The collection's name that Mongoose makes of a model's name.
//!
//! Pure text; the rules and their order are Mongoose's, so that a model finds the collection that the application uses.

const UNCOUNTABLE: [&str; 28] = [
    "advice",
    "energy",
    "excretion",
    "digestion",
    "cooperation",
    "health",
    "justice",
    "labour",
    "machinery",
    "equipment",
    "information",
    "pollution",
    "sewage",
    "paper",
    "money",
    "species",
    "series",
    "rain",
    "rice",
    "fish",
    "sheep",
    "moose",
    "deer",
    "news",
    "expertise",
    "status",
    "media",
    "",
];

/// `User` → `users`, `Category` → `categories`, `Person` → `people`.
#[must_use]
pub fn collection_name(model: &str) -> String {
    let name = model.to_lowercase();
    if UNCOUNTABLE.contains(&name.as_str()) {
        return name;
    }
    plural(&name)
}

fn plural(name: &str) -> String {
    let cut = |end: &str, with: &str| name.strip_suffix(end).map(|stem| format!("{stem}{with}"));
    let before = |end: &str| name.strip_suffix(end).and_then(|s| s.chars().next_back());

    if name.ends_with("human") {
        return format!("{name}s");
    }
    let simple = [("man", "men"), ("person", "people"), ("child", "children")];
    for (end, with) in simple {
        if let Some(out) = cut(end, with) {
            return out;
        }
    }
    if name == "ox" {
        return "oxen".to_owned();
    }
    let endings = [
        ("axis", "axes"),
        ("testis", "testes"),
        ("octopus", "octopi"),
        ("virus", "viri"),
        ("alias", "aliases"),
        ("status", "statuses"),
        ("bus", "buses"),
        ("buffalo", "buffaloes"),
        ("tomato", "tomatoes"),
        ("potato", "potatoes"),
        ("tum", "ta"),
        ("ium", "ia"),
        ("sis", "ses"),
    ];
    for (end, with) in endings {
        if let Some(out) = cut(end, with) {
            return out;
        }
    }
    if before("fe").is_some_and(|c| c != 'f')
        && let Some(out) = cut("fe", "ves")
    {
        return out;
    }
    for end in ["lf", "rf"] {
        if let Some(out) = cut("f", "ves").filter(|_| name.ends_with(end)) {
            return out;
        }
    }
    if name.ends_with("hive") {
        return format!("{name}s");
    }
    if before("y").is_some_and(|c| !"aeiouy".contains(c)) || name.ends_with("quy") {
        return cut("y", "ies").unwrap_or_default();
    }
    if ["x", "ch", "ss", "sh"]
        .iter()
        .any(|end| name.ends_with(end))
    {
        return format!("{name}es");
    }
    for end in ["mouse", "louse", "|ouse"] {
        if let Some(out) = cut("ouse", "ice").filter(|_| name.ends_with(end)) {
            return out;
        }
    }
    if name.ends_with("quiz") {
        return format!("{name}zes");
    }
    if name == "goose" {
        return "geese".to_owned();
    }
    match name.chars().next_back() {
        Some('s') => name.to_owned(),
        Some(c) if !c.is_ascii_lowercase() => name.to_owned(),
        _ => format!("{name}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::collection_name;

    #[test]
    fn names_become_the_collections_that_mongoose_uses() {
        for (model, collection) in [
            ("User", "users"),
            ("DevelopmentActivity", "developmentactivities"),
            ("UserProgress", "userprogresses"),
            ("GapAnalysis", "gapanalyses"),
            ("GeneratedPDF", "generatedpdfs"),
            ("UserJourney", "userjourneys"),
            ("Person", "people"),
            ("Match", "matches"),
            ("Status", "status"),
            ("OrderStatus", "orderstatuses"),
            ("Life", "lives"),
            ("Shelf", "shelves"),
            ("Quiz", "quizzes"),
            ("Mouse", "mice"),
            ("News", "news"),
            ("Logs", "logs"),
            ("V2", "v2"),
            ("Medium", "media"),
            ("Human", "humans"),
        ] {
            assert_eq!(collection_name(model), collection, "{model}");
        }
    }
}
