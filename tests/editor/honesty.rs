//! What the editor says is so: outcomes, violations of before, fixes, hints, drafts.

use bson::RawDocumentBuf;
use mongodeck::app::Command;
use mongodeck::app::editor::Stage;
use mongodeck::app::overlay::Overlay;
use mongodeck::mongo::request::{Failure, FailureKind, Write, WriteOutcome};
use mongodeck::value::Path;

use super::desk::{Allowed, Desk, ada};

#[test]
fn an_edit_whose_outcome_is_unknown_is_never_said_to_be_not_written() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'6-months'");
    let failure = Failure::new(FailureKind::UnknownOutcome, "the connection broke");
    desk.write(Err(failure));
    desk.command(Command::Back);
    assert!(
        desk.notice().starts_with("outcome unknown"),
        "{}",
        desk.notice()
    );
    desk.command(Command::Back);
    assert!(
        desk.notice().starts_with("outcome unknown"),
        "{}",
        desk.notice()
    );
    assert!(desk.saved_drafts().last().unwrap().uncertain);
    desk.command(Command::Edit);
    assert!(
        desk.notice().contains("may have been written"),
        "{}",
        desk.notice()
    );
}

#[test]
fn what_was_wrong_before_blocks_only_where_the_edit_touches_it() {
    let mut base = bson::Document::try_from(ada()).unwrap();
    base.insert("timeframe", "soon");
    base.remove("name");
    let base = RawDocumentBuf::try_from(&base).unwrap();
    let mut desk = Desk::with(Allowed::default(), vec![base]);
    desk.command(Command::Edit);
    desk.change("NumberLong('12')", "NumberLong('13')");
    desk.command(Command::Save);
    let Stage::Review(review) = &desk.editor().stage else {
        panic!("no review");
    };
    assert!(!review.is_blocked());
    let said = |text: &str| review.lines.iter().any(|l| l.text.contains(text));
    assert!(said("was there before"), "{:?}", review.lines);
    desk.command(Command::Back);
    desk.change("'soon'", "'later'");
    desk.command(Command::Save);
    desk.command(Command::ConfirmYes);
    assert!(desk.writes().is_empty(), "a touched path blocks");
}

#[test]
fn an_immutable_value_that_breaks_the_model_can_be_mended() {
    let mut base = bson::Document::try_from(ada()).unwrap();
    base.insert("email", 7);
    let base = RawDocumentBuf::try_from(&base).unwrap();
    let mut desk = Desk::with(Allowed::default(), vec![base]);
    desk.command(Command::Edit);
    desk.change("email: 7", "email: '7'");
    assert!(
        desk.problems()
            .iter()
            .all(|(_, m)| m.contains("because it broke"))
    );
    desk.write(Ok(WriteOutcome::Written));
    // A right value cannot be changed, and the editor says so before the review.
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("ada@", "eda@");
    assert!(desk.problems().iter().any(|(p, _)| p == "email"));
}

#[test]
fn of_a_value_that_is_not_allowed_another_one_is_chosen_from_a_list() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'whenever'");
    desk.command(Command::NextViolation);
    desk.command(Command::ApplyFix);
    let Some(Overlay::Picker(picker)) = desk.app.overlays.last() else {
        panic!("no list: {}", desk.notice());
    };
    assert_eq!(picker.items.len(), 3);
    desk.command(Command::CursorDown);
    desk.command(Command::Accept);
    assert!(
        desk.text().contains("timeframe: '6-months'"),
        "{}",
        desk.text()
    );
    assert_eq!(desk.problems(), []);
}

#[test]
fn a_value_that_was_wrong_before_and_one_that_is_right_are_chosen_from_the_same_list() {
    let mut base = bson::Document::try_from(ada()).unwrap();
    base.insert("timeframe", "soon");
    let base = RawDocumentBuf::try_from(&base).unwrap();
    for (document, there) in [(base, "'soon'"), (ada(), "'3-months'")] {
        let mut desk = Desk::with(Allowed::default(), vec![document]);
        desk.command(Command::Edit);
        let line = desk.text();
        let line = line.lines().position(|l| l.contains("timeframe")).unwrap();
        for _ in 0..line {
            desk.key(tui_textarea::Key::Down);
        }
        desk.command(Command::ApplyFix);
        let Some(Overlay::Picker(picker)) = desk.app.overlays.last() else {
            panic!("{there}: no list: {}", desk.notice());
        };
        assert_eq!(picker.items.len(), 3, "{there}");
        desk.command(Command::CursorDown);
        desk.command(Command::Accept);
        assert!(desk.text().contains("timeframe: '6-months'"), "{there}");
    }
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.command(Command::ApplyFix);
    assert!(
        desk.notice().starts_with("nothing is wrong"),
        "{}",
        desk.notice()
    );
}

#[test]
fn a_wrong_word_is_said_to_be_wrong() {
    let allowed = Allowed {
        production: true,
        ..Allowed::default()
    };
    let mut desk = Desk::with(allowed, vec![ada()]);
    desk.command(Command::Unlock);
    desk.typed("mian");
    desk.command(Command::Accept);
    let Some(Overlay::Confirm(confirm)) = desk.app.overlays.last() else {
        panic!("the question is gone");
    };
    assert_eq!(confirm.problem.as_deref(), Some("`mian` is not `main`"));
    assert!(
        confirm.lines.iter().any(|l| l.contains("for 5 min,")),
        "{:?}",
        confirm.lines
    );
}

#[test]
fn an_edit_that_could_not_be_written_says_so_as_it_begins() {
    let allowed = Allowed {
        read_only: true,
        ..Allowed::default()
    };
    let mut desk = Desk::with(allowed, vec![ada()]);
    desk.command(Command::Edit);
    assert!(desk.notice().contains("read-only"), "{}", desk.notice());
}

#[test]
fn the_draft_of_a_value_is_not_taken_for_one_of_the_document() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.command(Command::Back);
    desk.tell(mongodeck::app::Msg::Command(Command::CursorRight));
    desk.command(Command::EditValue);
    let path = desk.editor().path.clone();
    assert_eq!(path, Path::root().key("name"));
    desk.typed("X");
    assert_eq!(
        desk.text(),
        "'AdaX'",
        "the cursor is at the end inside the quotes"
    );
    desk.command(Command::Back);
    desk.command(Command::Edit);
    assert!(desk.editor().path.is_root());
    assert!(desk.text().contains("name: 'Ada'"), "{}", desk.text());
    assert_eq!(
        desk.editor().buffer.cursor().0,
        2,
        "the cursor is at the field"
    );
}

#[test]
fn a_no_to_a_changed_kind_leaves_nothing_behind() {
    let mut desk = Desk::open();
    desk.command(Command::CursorLast);
    for _ in 0..3 {
        desk.command(Command::CursorRight);
    }
    while desk.tab().current_path() != Path::root().key("score") {
        desk.command(Command::CursorRight);
    }
    desk.command(Command::ChangeType);
    desk.typed("Int32");
    desk.command(Command::Accept);
    assert!(desk.is_review(), "{}", desk.notice());
    desk.command(Command::ConfirmNo);
    assert!(desk.tab().editor.is_none());
    assert!(desk.app.drafts.is_empty());
}

#[test]
fn a_replacement_that_no_server_takes_is_not_offered() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("score: NumberLong('12')", "$set: {a: 1}");
    desk.command(Command::Save);
    assert!(desk.is_typing());
    assert!(desk.notice().contains("`$set`"), "{}", desk.notice());
}

#[test]
fn an_undo_shows_what_it_changes() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'6-months'");
    desk.write(Ok(WriteOutcome::Written));
    assert!(matches!(desk.last_write().1, Write::Update { .. }));
    desk.command(Command::UndoWrite);
    let Some(Overlay::Confirm(confirm)) = desk.app.overlays.last() else {
        panic!("nothing is asked");
    };
    let line = "timeframe: 6-months → 3-months";
    assert!(
        confirm.lines.iter().any(|l| l.contains(line)),
        "{:?}",
        confirm.lines
    );
}
