//! Models written as Mongoose, TypeScript and Mermaid, and read back where there is a reader.

use mongodeck::model::{Field, Index, Kind, Model, NoSources, export, reader, shipped};

use super::oracle::cases;

fn without_lines(fields: &mut [Field]) {
    for field in fields {
        field.line = 0;
        match &mut field.kind {
            Kind::Nested(inner) | Kind::Union(inner) => without_lines(inner),
            Kind::Array(inner) | Kind::Map(inner) => without_lines(std::slice::from_mut(inner)),
            _ => {}
        }
    }
}

/// What a model says, without where it is written.
fn said(model: &Model) -> String {
    let mut model = model.clone();
    for schema in &mut model.schemas {
        schema.line = 0;
        without_lines(&mut schema.fields);
        schema.virtuals.sort();
        schema.virtuals.dedup();
    }
    let mut indexes: Vec<String> = model
        .indexes
        .iter()
        .map(|Index { keys, options, .. }| format!("{keys} {options}"))
        .collect();
    indexes.sort();
    format!(
        "{} {:?} {} {:?}\n{indexes:#?}\n{:#?}",
        model.name, model.database, model.collection, model.domain, model.schemas
    )
}

fn first_difference(a: &str, b: &str) -> String {
    let at = a.lines().zip(b.lines()).position(|(a, b)| a != b);
    let at = at.unwrap_or_else(|| a.lines().count().min(b.lines().count()));
    let part = |text: &str| {
        text.lines()
            .skip(at.saturating_sub(6))
            .take(12)
            .collect::<Vec<_>>()
            .join("\n")
    };
    format!("-- was\n{}\n-- is\n{}", part(a), part(b))
}

#[test]
fn every_shipped_model_reads_back_from_its_mongoose_source() {
    let library = shipped();
    let models: Vec<&Model> = library.models.iter().map(AsRef::as_ref).collect();
    let exported = export::mongoose(&models);
    assert_eq!(exported.notes, []);
    let reading = reader::read("all.js", &exported.text, &NoSources)
        .unwrap_or_else(|e| panic!("{}", e.render("all.js", &exported.text)));
    assert_eq!(reading.gaps, []);
    assert_eq!(reading.models.len(), models.len());
    for (model, back) in models.iter().zip(&reading.models) {
        assert_eq!(back.gaps, [], "{}", model.name);
        let (was, is) = (said(model), said(back));
        assert!(
            was == is,
            "{}: {}\n{}",
            model.name,
            first_difference(&was, &is),
            export::mongoose(&[model]).text
        );
    }
    println!("mongoose: {} models read back", models.len());
}

/// Schemas of the corpus whose source does not come back, each with its reason.
const NOT_WRITTEN: [(&str, &str); 0] = [];

#[test]
fn every_schema_of_the_corpus_reads_back_from_its_mongoose_source() {
    let (mut same, mut other) = (0, Vec::new());
    for case in cases(include_str!("../oracles/model-schemas.jsonl")) {
        let id = case["schemaId"].as_str().unwrap();
        let name = format!("model.{}", case["lang"].as_str().unwrap());
        let reading = reader::read(&name, case["schema"].as_str().unwrap(), &NoSources).unwrap();
        for model in &reading.models {
            let exported = export::mongoose(&[model]);
            let back = reader::read("back.js", &exported.text, &NoSources)
                .unwrap_or_else(|e| panic!("{id}: {}", e.render("back.js", &exported.text)));
            let mut was = model.clone();
            // What is a function is left out, and said so.
            for schema in &mut was.schemas {
                forget_functions(&mut schema.fields);
            }
            let (was, is) = (said(&was), said(&back.models[0]));
            if was == is || NOT_WRITTEN.iter().any(|(s, _)| *s == id) {
                same += 1;
            } else {
                other.push(format!(
                    "{id} {}: {}\n{}",
                    model.name,
                    first_difference(&was, &is),
                    exported.text
                ));
            }
        }
    }
    println!("mongoose: {same} models of the corpus read back");
    assert!(other.is_empty(), "{}", other.join("\n\n"));
}

fn forget_functions(fields: &mut [Field]) {
    use mongodeck::model::{DefaultValue, Reference, Requirement};
    for field in fields {
        field.unchecked.clear();
        if field.required == Requirement::Computed {
            field.required = Requirement::Optional;
        }
        if field.default == DefaultValue::Computed {
            field.default = DefaultValue::None;
        }
        if field.reference == Some(Reference::Computed) {
            field.reference = None;
        }
        match &mut field.kind {
            Kind::Nested(inner) | Kind::Union(inner) => forget_functions(inner),
            Kind::Array(inner) | Kind::Map(inner) => forget_functions(std::slice::from_mut(inner)),
            _ => {}
        }
    }
}

#[test]
fn every_shipped_model_is_typescript_of_the_same_fields() {
    let library = shipped();
    let models: Vec<&Model> = library.models.iter().map(AsRef::as_ref).collect();
    let exported = export::typescript(&models);
    assert_eq!(exported.notes, []);
    let reading = reader::read("all.ts", &exported.text, &NoSources)
        .unwrap_or_else(|e| panic!("{}", e.render("all.ts", &exported.text)));
    assert_eq!(reading.gaps, []);
    let mut fields = 0;
    for model in models {
        let back = reading
            .models
            .iter()
            .find(|m| m.collection == model.collection && m.database == model.database)
            .unwrap_or_else(|| panic!("{} is missing", model.collection));
        assert_eq!(back.gaps, [], "{}", model.name);
        assert_eq!(back.domain, model.domain);
        for field in model.fields() {
            let read = back
                .fields()
                .iter()
                .find(|f| f.name == field.name)
                .unwrap_or_else(|| panic!("{}.{} is missing", model.name, field.name));
            let plain =
                |label: String| label.replace("Int32", "Number").replace("Double", "Number");
            assert_eq!(
                plain(read.kind.label()),
                plain(field.kind.label()),
                "{}.{}",
                model.name,
                field.name
            );
            assert_eq!(read.choices, field.choices, "{}.{}", model.name, field.name);
            if field.is_required() {
                assert!(read.is_required(), "{}.{}", model.name, field.name);
            }
            fields += 1;
        }
    }
    println!("typescript: {fields} fields read back");
}

#[test]
fn names_and_texts_that_a_language_would_misread_are_quoted() {
    let text = "const { Schema, model } = require('mongoose');\n\
        model('class', new Schema({ 'odd-name': { type: String, enum: [\"it's\", 'a\\\\b', '\\n', '*/'], match: /[/]\\// },\n\
        type: { type: String, required: [true, '`${x}`'] }, 'a b': { type: { type: String } } }, { collection: 'my things' }));";
    let reading = reader::read("odd.js", text, &NoSources).unwrap();
    let model = &reading.models[0];
    let exported = export::mongoose(&[model]);
    let back = reader::read("back.js", &exported.text, &NoSources)
        .unwrap_or_else(|e| panic!("{}", e.render("back.js", &exported.text)));
    let (was, is) = (said(model), said(&back.models[0]));
    assert!(
        was == is,
        "{}\n{}",
        first_difference(&was, &is),
        exported.text
    );
    let typescript = export::typescript(&[model]);
    let back = reader::read("back.ts", &typescript.text, &NoSources)
        .unwrap_or_else(|e| panic!("{}", e.render("back.ts", &typescript.text)));
    assert_eq!(
        back.schemas.len() + back.models.len(),
        1,
        "{}",
        typescript.text
    );
}

#[test]
fn a_schema_that_contains_itself_is_written_and_read_back() {
    let text = "const { Schema, model } = require('mongoose');\n\
        const node = new Schema({ name: String });\n node.add({ children: [node] });\n model('Tree', node);";
    let model = &reader::read("tree.js", text, &NoSources).unwrap().models[0];
    let exported = export::mongoose(&[model]);
    let back = reader::read("back.js", &exported.text, &NoSources).unwrap();
    let (was, is) = (said(model), said(&back.models[0]));
    assert!(
        was == is,
        "{}\n{}",
        first_difference(&was, &is),
        exported.text
    );
    assert!(
        export::typescript(&[model])
            .text
            .contains("children?: Tree[] | null")
    );
}

#[test]
fn a_diagram_has_every_entity_with_its_domain_and_references() {
    let library = shipped();
    let models: Vec<&Model> = library
        .models
        .iter()
        .map(AsRef::as_ref)
        .filter(|m| m.database.as_deref() == Some("career_dev"))
        .collect();
    insta::assert_snapshot!(export::mermaid(&models).text);
}

#[test]
fn the_sources_of_a_model_look_as_a_person_would_write_them() {
    let library = shipped();
    let connection = library.named("career_dev", "Connection").unwrap();
    insta::assert_snapshot!("mongoose", export::mongoose(&[&connection]).text);
    insta::assert_snapshot!("typescript", export::typescript(&[&connection]).text);
}
