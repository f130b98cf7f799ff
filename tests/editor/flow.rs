//! Edit, validate, review, write: what reaches the server, and what does not.

use bson::{Bson, RawDocumentBuf};
use mongodeck::app::Command;
use mongodeck::app::editor::Stage;
use mongodeck::app::overlay::Overlay;
use mongodeck::app::{Effect, Msg};
use mongodeck::mongo::request::{
    Failure, FailureKind, Refusal, Reply, Request, Write, WriteOutcome,
};
use mongodeck::value::Path;

use super::desk::{Allowed, Desk, ada};

fn update_of(write: &Write) -> bson::Document {
    match write {
        Write::Update { update, .. } => bson::Document::try_from(update.clone()).unwrap(),
        other => panic!("no update: {other:?}"),
    }
}

#[test]
fn a_changed_value_is_reviewed_and_written_as_the_smallest_set() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    assert!(
        desk.text().contains("timeframe: '3-months'"),
        "{}",
        desk.text()
    );
    desk.change("'3-months'", "'6-months'");
    desk.command(Command::Save);
    assert!(desk.is_review(), "{}", desk.notice());
    assert!(desk.writes().is_empty(), "nothing is sent before the yes");
    // The cursor is on no.
    desk.command(Command::Accept);
    assert!(desk.writes().is_empty());
    assert!(desk.is_typing());
    desk.write(Ok(WriteOutcome::Written));
    let (_, write) = desk.last_write();
    assert_eq!(
        update_of(&write),
        bson::doc! { "$set": { "timeframe": "6-months" } }
    );
    assert!(desk.tab().editor.is_none());
    let shown = desk.tab().current().unwrap();
    assert_eq!(shown.get_str("timeframe").unwrap(), "6-months");
    let record = desk.records().pop().unwrap();
    assert_eq!(
        (record.what.as_str(), record.outcome.as_str()),
        ("update", "written")
    );
    assert_eq!(record.paths, ["timeframe"]);
}

#[test]
fn a_broken_enum_is_shown_at_its_path_and_blocks_the_write_until_it_is_mended() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'3-month'");
    let problems = desk.problems();
    assert!(
        problems.iter().any(|(path, _)| path == "timeframe"),
        "{problems:?}"
    );
    desk.command(Command::Save);
    desk.command(Command::ConfirmYes);
    assert!(desk.writes().is_empty());
    assert!(desk.notice().contains("block"), "{}", desk.notice());
    desk.command(Command::Back);
    desk.command(Command::ApplyFix);
    assert!(
        desk.text().contains("timeframe: '3-months'"),
        "{}",
        desk.text()
    );
    assert_eq!(desk.problems(), []);
    desk.change("score: NumberLong('12')", "score: NumberLong('13')");
    desk.write(Ok(WriteOutcome::Written));
    let (_, write) = desk.last_write();
    assert_eq!(
        update_of(&write),
        bson::doc! { "$set": { "score": 13_i64 } }
    );
}

#[test]
fn an_override_needs_the_typed_word_and_is_recorded() {
    let allowed = Allowed {
        overriding: true,
        ..Allowed::default()
    };
    let mut desk = Desk::with(allowed, vec![ada()]);
    desk.command(Command::Edit);
    desk.change("'3-months'", "'soon'");
    desk.command(Command::Save);
    desk.command(Command::Override);
    desk.agree();
    assert!(
        desk.writes().is_empty(),
        "the override alone writes nothing"
    );
    desk.confirm(Ok(WriteOutcome::Written));
    let record = desk.records().pop().unwrap();
    assert_eq!(record.overridden, ["timeframe: enum"]);
}

#[test]
fn an_override_is_refused_where_the_profile_does_not_allow_it() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'soon'");
    desk.command(Command::Save);
    desk.command(Command::Override);
    assert!(desk.app.overlays.is_empty());
    assert!(
        desk.notice().contains("allow_override"),
        "{}",
        desk.notice()
    );
}

#[test]
fn an_immutable_field_of_the_model_blocks_the_write() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("ada@", "eda@");
    desk.command(Command::Save);
    desk.command(Command::ConfirmYes);
    assert!(desk.writes().is_empty());
    let Stage::Review(review) = &desk.editor().stage else {
        panic!("no review");
    };
    assert!(review.violations.iter().any(|v| v.kind == "immutable"));
}

#[test]
fn text_that_does_not_parse_is_never_sent_and_says_where_it_is_wrong() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'3-months");
    desk.command(Command::Save);
    assert!(desk.is_typing());
    assert!(
        desk.notice().contains("does not parse"),
        "{}",
        desk.notice()
    );
    assert_eq!(desk.editor().check.problems[0].row, Some(3));
    assert_eq!(desk.editor().buffer.cursor().0, 3);
    assert!(desk.writes().is_empty());
}

#[test]
fn a_read_only_and_a_locked_profile_never_ask_for_a_write() {
    for allowed in [
        Allowed {
            read_only: true,
            ..Allowed::default()
        },
        Allowed {
            production: true,
            ..Allowed::default()
        },
    ] {
        let mut desk = Desk::with(allowed, vec![ada()]);
        desk.command(Command::Edit);
        desk.change("'3-months'", "'6-months'");
        for command in [
            Command::Save,
            Command::ConfirmYes,
            Command::Accept,
            Command::Back,
            Command::DocumentDelete,
            Command::ConfirmYes,
            Command::DocumentNew,
            Command::Save,
            Command::ConfirmYes,
        ] {
            desk.command(command);
        }
        assert_eq!(desk.writes(), []);
        assert_eq!(desk.saved_drafts().len(), 1, "the draft is kept");
    }
}

#[test]
fn nothing_changed_is_said_and_not_sent() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.command(Command::Save);
    assert!(desk.is_typing());
    assert!(
        desk.notice().contains("nothing was changed"),
        "{}",
        desk.notice()
    );
}

fn conflicting() -> (Desk, RawDocumentBuf) {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'6-months'");
    let mut theirs = bson::Document::try_from(ada()).unwrap();
    theirs.insert("timeframe", "1-year");
    theirs.insert("score", 99_i64);
    let theirs = RawDocumentBuf::try_from(&theirs).unwrap();
    desk.write(Ok(WriteOutcome::Conflict {
        theirs: Some(theirs.clone()),
    }));
    (desk, theirs)
}

#[test]
fn a_conflict_shows_all_three_and_keeps_the_draft() {
    let (desk, _) = conflicting();
    let Stage::Conflict(conflict) = &desk.editor().stage else {
        panic!("no conflict: {}", desk.notice());
    };
    let row = conflict.rows.iter().find(|r| r.clash).unwrap();
    assert_eq!(row.path, Path::root().key("timeframe"));
    assert_eq!(row.base.as_deref(), Some("'3-months'"));
    assert_eq!(row.theirs.as_deref(), Some("'1-year'"));
    assert_eq!(row.mine.as_deref(), Some("'6-months'"));
    assert!(desk.editor().is_kept());
    assert_eq!(desk.records().pop().unwrap().outcome, "conflict");
}

#[test]
fn taking_theirs_asks_first_and_then_drops_mine() {
    let (mut desk, theirs) = conflicting();
    desk.command(Command::TakeTheirs);
    assert!(desk.tab().editor.is_some(), "not before the yes");
    desk.agree();
    assert!(desk.tab().editor.is_none());
    assert_eq!(*desk.tab().current().unwrap(), theirs);
    assert!(
        desk.effects
            .iter()
            .any(|e| matches!(e, Effect::RemoveDraft(_)))
    );
    assert_eq!(desk.writes().len(), 1);
}

#[test]
fn taking_mine_is_reviewed_again_against_what_is_there() {
    let (mut desk, _) = conflicting();
    desk.command(Command::TakeMine);
    assert!(desk.is_review());
    desk.confirm(Ok(WriteOutcome::Written));
    let (_, write) = desk.last_write();
    assert_eq!(
        update_of(&write),
        bson::doc! { "$set": { "score": 12_i64, "timeframe": "6-months" } }
    );
}

#[test]
fn the_merge_keeps_what_only_they_changed() {
    let (mut desk, _) = conflicting();
    desk.command(Command::EditMerge);
    assert!(
        desk.text().contains("score: NumberLong('99')"),
        "{}",
        desk.text()
    );
    assert!(desk.problems().iter().any(|(path, _)| path == "timeframe"));
    desk.write(Ok(WriteOutcome::Written));
    let (_, write) = desk.last_write();
    assert_eq!(
        update_of(&write),
        bson::doc! { "$set": { "timeframe": "6-months" } }
    );
}

#[test]
fn a_document_that_is_gone_can_be_inserted_again() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'6-months'");
    desk.write(Ok(WriteOutcome::Conflict { theirs: None }));
    desk.command(Command::EditMerge);
    assert!(desk.notice().contains("gone"), "{}", desk.notice());
    desk.command(Command::TakeMine);
    desk.confirm(Ok(WriteOutcome::Written));
    let (_, write) = desk.last_write();
    assert!(matches!(write, Write::Insert { .. }), "{write:?}");
}

#[test]
fn what_the_server_refuses_stands_at_its_path_with_the_draft_intact() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'6-months'");
    let mut failure = Failure::new(FailureKind::Validation, "the validator refused it");
    failure.refusals.push(Refusal {
        path: Path::root().key("score"),
        message: "must be an `int`".to_owned(),
    });
    desk.write(Err(failure));
    assert!(desk.is_typing());
    assert!(desk.text().contains("'6-months'"));
    assert!(desk.editor().is_kept());
    let problems = desk.problems();
    assert_eq!(problems[0].0, "score");
    assert!(problems[0].1.contains("must be an `int`"), "{problems:?}");
    assert_eq!(
        desk.editor().buffer.cursor().0,
        4,
        "the cursor is led there"
    );
}

#[test]
fn an_unknown_outcome_is_looked_at_and_found_written() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'6-months'");
    let failure = Failure::new(FailureKind::UnknownOutcome, "the connection broke");
    desk.write(Err(failure));
    assert!(matches!(desk.editor().stage, Stage::Unknown(_)));
    desk.command(Command::ConfirmYes);
    let task = desk
        .effects
        .iter()
        .find_map(|e| match e {
            Effect::Mongo {
                task,
                request: Request::Document { .. },
                ..
            } => Some(*task),
            _ => None,
        })
        .unwrap();
    let mut found = bson::Document::try_from(ada()).unwrap();
    found.insert("timeframe", "6-months");
    let found = RawDocumentBuf::try_from(&found).unwrap();
    desk.settle(task, Ok(Reply::Document(Some(found))));
    assert!(desk.tab().editor.is_none());
    assert!(desk.notice().contains("was written"), "{}", desk.notice());
}

#[test]
fn deleting_asks_with_the_id_and_is_guarded_by_the_whole_document() {
    let mut desk = Desk::open();
    desk.command(Command::DocumentDelete);
    let Some(Overlay::Confirm(confirm)) = desk.app.overlays.last() else {
        panic!("nothing is asked");
    };
    assert!(!confirm.on_yes);
    assert!(
        confirm
            .lines
            .iter()
            .any(|l| l.contains("65f000000000000000000001"))
    );
    desk.command(Command::Accept);
    assert!(desk.writes().is_empty(), "the cursor is on no");
    desk.command(Command::DocumentDelete);
    desk.agree();
    let (task, write) = desk.last_write();
    let Write::Delete { filter, .. } = &write else {
        panic!("{write:?}");
    };
    assert!(filter.get("$expr").unwrap().is_some());
    desk.settle(task, Ok(Reply::Written(WriteOutcome::Written)));
    let entry = desk.app.journal.last().unwrap();
    assert_eq!(**entry.before.as_ref().unwrap(), ada());
    assert!(entry.after.is_none());
}

#[test]
fn an_undo_puts_the_document_back_guarded_by_what_the_write_left() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'6-months'");
    desk.write(Ok(WriteOutcome::Written));
    desk.command(Command::UndoWrite);
    desk.agree();
    let (task, write) = desk.last_write();
    assert_eq!(
        update_of(&write),
        bson::doc! { "$set": { "timeframe": "3-months" } }
    );
    desk.settle(
        task,
        Ok(Reply::Written(WriteOutcome::Conflict { theirs: None })),
    );
    assert!(
        desk.notice().contains("changed meanwhile"),
        "{}",
        desk.notice()
    );
    assert!(desk.app.journal.last().is_some(), "it can be tried again");
}

#[test]
fn a_new_document_comes_from_the_model_with_an_id_of_its_own() {
    let mut desk = Desk::open();
    desk.command(Command::DocumentNew);
    assert!(desk.text().contains("plan: 'free'"), "{}", desk.text());
    desk.change("name: ''", "name: 'Bob'");
    desk.write(Ok(WriteOutcome::Written));
    let (_, write) = desk.last_write();
    let Write::Insert { document, .. } = write else {
        panic!("{write:?}");
    };
    let first = document.iter().next().unwrap().unwrap();
    assert_eq!(first.0.as_str(), "_id");
    assert!(first.1.as_object_id().is_some());
    assert_eq!(document.get_str("name").unwrap(), "Bob");
}

#[test]
fn a_duplicate_has_another_id() {
    let mut desk = Desk::open();
    desk.command(Command::DocumentDuplicate);
    desk.write(Ok(WriteOutcome::Written));
    let (_, write) = desk.last_write();
    let Write::Insert { document, .. } = write else {
        panic!("{write:?}");
    };
    assert_ne!(document.get("_id").unwrap(), ada().get("_id").unwrap());
    assert_eq!(document.get_str("name").unwrap(), "Ada");
}

#[test]
fn a_paste_of_a_megabyte_is_one_step_that_undo_takes_back() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    let before = desk.text();
    let line = format!("// {}\r", "x".repeat(97));
    desk.tell(Msg::Pasted(line.repeat(10_500)));
    assert!(desk.editor().buffer.bytes() > 1 << 20);
    desk.wait(300);
    assert!(
        desk.editor().check.content.is_some(),
        "{:?}",
        desk.problems()
    );
    desk.command(Command::Undo);
    assert_eq!(desk.text(), before);
}

#[test]
fn a_document_too_large_for_a_server_is_not_sent() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    let huge = format!("'{}'", "x".repeat(17 << 20));
    desk.change("'Ada'", &huge);
    desk.command(Command::Save);
    assert!(desk.is_typing());
    assert!(desk.notice().contains("at most"), "{}", desk.notice());
}

#[test]
fn a_long_document_is_not_opened_whole() {
    let list: Vec<Bson> = (0..5_000).map(Bson::Int32).collect();
    let document = bson::doc! { "_id": 1, "list": list, "name": "Ada" };
    let document = RawDocumentBuf::try_from(&document).unwrap();
    let mut desk = Desk::with(Allowed::default(), vec![document]);
    desk.command(Command::Edit);
    match &desk.tab().editor {
        Some(editor) => assert!(!editor.path.is_root()),
        None => assert!(desk.notice().contains("too long"), "{}", desk.notice()),
    }
}

/// A desk whose cursor is on the column of `path`.
fn on_column(path: &str) -> Desk {
    let mut desk = Desk::open();
    for _ in 0..10 {
        if desk.tab().current_path() == Path::root().key(path) {
            return desk;
        }
        desk.command(Command::CursorRight);
    }
    panic!("there is no column `{path}`");
}

#[test]
fn a_single_value_is_edited_alone_at_its_path() {
    let mut desk = on_column("name");
    desk.command(Command::EditValue);
    assert_eq!(desk.text(), "'Ada'");
    desk.retype("''");
    assert!(desk.problems().iter().any(|(path, _)| path == "name"));
    desk.retype("'Eda'");
    desk.write(Ok(WriteOutcome::Written));
    let (_, write) = desk.last_write();
    assert_eq!(update_of(&write), bson::doc! { "$set": { "name": "Eda" } });
}

#[test]
fn a_changed_type_is_reviewed_and_what_is_not_exact_is_refused() {
    let mut desk = on_column("score");
    desk.command(Command::ChangeType);
    desk.typed("Int32");
    desk.command(Command::Accept);
    assert!(desk.is_review(), "{}", desk.notice());
    desk.confirm(Ok(WriteOutcome::Written));
    let (_, write) = desk.last_write();
    assert_eq!(
        update_of(&write),
        bson::doc! { "$set": { "score": 12_i32 } }
    );
    let mut desk = on_column("name");
    desk.command(Command::ChangeType);
    desk.typed("ObjectId");
    desk.command(Command::Accept);
    assert!(desk.tab().editor.is_none());
    assert!(
        desk.notice().contains("no exact ObjectId"),
        "{}",
        desk.notice()
    );
}

#[test]
fn the_statement_of_a_review_is_copied_whole() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'6-months'");
    desk.command(Command::Save);
    desk.command(Command::CopyValue);
    let copied = desk.effects.iter().find_map(|e| match e {
        Effect::Copy { text } => Some(text.clone()),
        _ => None,
    });
    let copied = copied.unwrap();
    assert!(copied.contains(".updateOne({ _id: ObjectId("), "{copied}");
    assert!(
        copied.contains("$set: { timeframe: '6-months' }"),
        "{copied}"
    );
}
