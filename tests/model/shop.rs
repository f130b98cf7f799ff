//! A shop's schema files as a team keeps them: JavaScript and TypeScript, modules of both kinds, barrels, plugins, hooks.
//!
//! The snapshots say all that is read of them, line by line, and every gap.

use std::path::{Path, PathBuf};

use bson::{RawDocumentBuf, doc, oid::ObjectId};
use mongodeck::config::models;
use mongodeck::model::{Library, Severity};

fn shop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/model/shop")
}

fn library(globs: &[&str]) -> Library {
    let globs: Vec<String> = globs.iter().map(|g| (*g).to_owned()).collect();
    models::load(&shop(), &globs)
}

fn text(library: &Library) -> String {
    let mut out = String::new();
    let mut models: Vec<_> = library.models.iter().collect();
    models.sort_by(|a, b| a.name.cmp(&b.name));
    for model in models {
        out.push_str(&format!(
            "{} {}.{} {}\n",
            model.name,
            model.database.as_deref().unwrap_or("-"),
            model.collection,
            model.domain.as_deref().unwrap_or("-")
        ));
        for line in model.sketch() {
            let indent = "  ".repeat(line.level + 1);
            out.push_str(format!("{indent}{}  {}", line.name, line.what).trim_end());
            out.push('\n');
        }
    }
    for gap in &library.gaps {
        out.push_str(&format!("gap {}:{}: {}\n", gap.file, gap.line, gap.what));
    }
    out.replace(&*shop().to_string_lossy(), "SHOP")
}

#[test]
fn a_code_base_of_many_files_is_read_as_it_is() {
    let library = library(&["models/*.{ts,js}", "types/*.ts"]);
    insta::assert_snapshot!(text(&library));
}

#[test]
fn a_barrel_brings_the_models_of_the_files_behind_it() {
    let library = library(&["models/index.ts"]);
    let mut names: Vec<_> = library.models.iter().map(|m| m.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Account", "Category", "Event", "Order"]);
}

#[test]
fn documents_are_held_to_what_was_read_across_files() {
    let library = library(&["models/*.{ts,js}"]);
    let judge = |name: &str, document: bson::Document| -> Vec<String> {
        let model = library.named("shop", name).unwrap();
        model
            .validate(&RawDocumentBuf::try_from(&document).unwrap())
            .into_iter()
            .map(|v| {
                let tag = match v.severity {
                    Severity::Error => "",
                    Severity::Warning => "~",
                };
                format!("{tag}{} {}", v.path.dotted(), v.kind)
            })
            .collect()
    };
    let id = ObjectId::from_bytes([7; 12]);
    assert_eq!(
        judge(
            "Account",
            doc! { "email": " A@b.c", "name": { "first": "Ada" }, "kind": "company",
            "addresses": [{ "line1": "Way 1", "country": "no", "zip": "!" }], "roles": ["owner"] }
        ),
        [
            "~email trim",
            "~addresses.0.country uppercase",
            "addresses.0.zip regexp",
            "roles.0 enum",
            "vatNumber required",
        ]
    );
    assert_eq!(
        judge(
            "Order",
            doc! { "account": id, "status": "lost", "priority": 11, "lines": [{ "product": id, "sku": "x", "quantity": 0 }],
            "total": { "currency": "EUR" }, "events": [{ "kind": "Payment" }, { "kind": "shipped", "carrier": 5 }] }
        ),
        [
            "status enum",
            "lines.0.quantity min",
            "total.amount required",
            "events.0.reference required",
            "events.1.carrier string",
        ]
    );
    assert_eq!(
        judge("Event", doc! { "type": "bought", "level": "info" }),
        ["order required"]
    );
    assert_eq!(
        judge(
            "Product",
            doc! { "title": "A fine thing", "slug": "a", "colour": "red" }
        ),
        ["colour strict"]
    );
}
