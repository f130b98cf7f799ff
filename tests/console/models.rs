//! The models screen, without a server.

use mongodeck::app::models::Part;
use mongodeck::app::{Context, Effect, Tab};
use mongodeck::model::{Gap, shipped};

use crate::support::harness::{Harness, profile};

fn opened(size: (u16, u16)) -> Harness {
    let models: Vec<_> = shipped()
        .models
        .iter()
        .map(|m| m.as_ref().clone())
        .collect();
    let mut console = Harness::with(&[profile("main")], models, size);
    console.open("main", "career_dev.users");
    console.effects();
    console
}

fn chosen(console: &Harness) -> String {
    match console.app.tab() {
        Some(Tab::Models(models)) => models.model().map(|m| m.name.clone()).unwrap_or_default(),
        _ => panic!("no models screen in front"),
    }
}

#[test]
fn every_model_is_listed_by_domain_and_typing_narrows_the_list() {
    let mut console = opened((140, 40));
    console.keys("g m");
    assert_eq!(console.app.context(), Context::Models);
    let screen = console.screen();
    assert!(screen.contains("50 models"), "{screen}");
    assert!(screen.contains("career_dev · Career"), "{screen}");
    console.keys("/").type_text("datenight chatm").keys("enter");
    assert!(!console.screen().contains("career_dev ·"));
    console.keys("esc");
    assert!(console.screen().contains("50 models"));
}

#[test]
fn a_collection_shows_its_model_with_fields_constraints_indexes_and_lines() {
    let mut console = opened((140, 40));
    console.keys("M");
    assert_eq!(chosen(&console), "User");
    let screen = console.screen();
    for text in [
        "career_dev.users",
        "career_path_pilot/models.ts:",
        "goalType",
        "required",
        "enum ",
        "indexes",
        "referred to by",
    ] {
        assert!(screen.contains(text), "no `{text}`:\n{screen}");
    }
}

#[test]
fn a_reference_is_followed_to_its_model_and_back() {
    let mut console = opened((140, 60));
    console.open("main", "career_dev.users").keys("M");
    let row = |console: &Harness| match console.app.tab() {
        Some(Tab::Models(models)) => {
            let page = models.page.as_ref().unwrap();
            let row = page.rows().iter().position(|r| r.leads.is_some()).unwrap();
            (row, page.rows()[row].leads.clone().unwrap())
        }
        _ => panic!("no models screen in front"),
    };
    let (place, leads) = row(&console);
    console.keys("g g");
    for _ in 0..place {
        console.keys("j");
    }
    console.keys("f");
    assert_eq!(chosen(&console), leads);
    console.keys("esc");
    assert_eq!(chosen(&console), "User");
    match console.app.tab() {
        Some(Tab::Models(models)) => {
            assert_eq!(models.page.as_ref().unwrap().window.cursor, place);
            assert_eq!(models.part, Part::Page);
        }
        _ => panic!("no models screen in front"),
    }
}

#[test]
fn enter_opens_the_bound_collection() {
    let mut console = opened((80, 24));
    console
        .keys("g m")
        .keys("/")
        .type_text("chatmess")
        .keys("enter");
    let name = chosen(&console);
    console.keys("enter");
    let documents = console.app.documents().expect("documents in front");
    let model = documents.model.as_ref().unwrap();
    assert_eq!(model.name, name);
    assert_eq!(model.collection, documents.namespace.collection);
}

#[test]
fn fields_fold_and_the_whole_model_is_copied() {
    let mut console = opened((140, 40));
    console.keys("M g g");
    let rows = |console: &Harness| match console.app.tab() {
        Some(Tab::Models(models)) => models.page.as_ref().unwrap().rows().len(),
        _ => 0,
    };
    let all = rows(&console);
    console.keys("space");
    assert!(rows(&console) < all, "the fields are folded");
    console.keys("space");
    assert_eq!(rows(&console), all);
    console.keys("y d");
    let copied = console.effects().into_iter().find_map(|e| match e {
        Effect::Copy { text } => Some(text),
        _ => None,
    });
    let copied = copied.expect("a copy");
    assert!(
        copied.starts_with("User  career_dev.users\nfields"),
        "{copied}"
    );
}

#[test]
fn a_collection_without_a_model_says_so() {
    let mut console = opened((80, 24));
    console.open("main", "career_dev.scratch").keys("M");
    assert!(
        console
            .screen()
            .contains("no model describes `career_dev.scratch`"),
        "{}",
        console.screen()
    );
}

#[test]
fn what_was_not_read_is_marked_in_the_list_and_told_with_its_place() {
    let mut model = shipped().models[0].as_ref().clone();
    model.gaps.push(Gap {
        file: "models/user.ts".to_owned(),
        line: 19,
        what: "`age`: `validate` is a function and cannot be checked here".to_owned(),
    });
    let mut console = Harness::with(&[profile("main")], [model], (140, 40));
    console.connected("main").keys("g m");
    let screen = console.screen();
    assert!(screen.contains("1 model, 1 part not read"), "{screen}");
    assert!(screen.contains("models/user.ts:19"), "{screen}");
    assert!(screen.contains("`validate` is a function"), "{screen}");
}

#[test]
fn the_source_of_a_shipped_model_is_shown_and_one_on_disk_is_opened_at_its_line() {
    let mut console = opened((140, 40));
    console.keys("M E");
    let shown = console.effects().into_iter().any(
        |e| matches!(e, Effect::EditExternally { text, line, .. } if text.contains("Schema") && line > 1),
    );
    assert!(shown, "the text of the shipped file");
    let mut model = shipped().models[0].as_ref().clone();
    model.source.file = "/srv/app/models/user.ts".to_owned();
    let mut console = Harness::with(&[profile("main")], [model], (140, 40));
    console.connected("main").keys("g m E");
    let opened = console.effects().into_iter().any(
        |e| matches!(e, Effect::OpenFile { file, line } if file == "/srv/app/models/user.ts" && line > 0),
    );
    assert!(opened);
}

#[test]
fn the_screen_is_opened_again_with_the_last_tabs() {
    let mut console = opened((140, 40));
    console.keys("M");
    let session = console.effects().into_iter().rev().find_map(|e| match e {
        Effect::SaveSession(session) => Some(session),
        _ => None,
    });
    let mut again = opened((140, 40));
    let opening = mongodeck::app::Opening {
        session,
        ..Default::default()
    };
    again.app.open(mongodeck::app::Moment::default(), opening);
    again.draw();
    assert_eq!(chosen(&again), "User");
}

#[test]
fn a_narrow_terminal_has_the_list_above_the_model() {
    let mut console = opened((80, 24));
    console.keys("M");
    insta::assert_snapshot!(console.screen());
}

#[test]
fn a_wide_terminal_has_the_list_beside_the_model() {
    let mut console = opened((140, 40));
    console.keys("M");
    insta::assert_snapshot!(console.screen());
}
