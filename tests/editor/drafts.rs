//! Nothing that was typed is lost.

use mongodeck::app::{Command, Effect, Msg};
use mongodeck::config::state::DraftKind;

use super::desk::{Allowed, Desk, ada};

#[test]
fn what_is_typed_is_kept_within_a_second_under_one_name() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.typed("x");
    assert!(desk.app.wants_ticks());
    desk.wait(500);
    assert_eq!(desk.saved_drafts().len(), 1);
    // Also while somebody types on and on.
    for _ in 0..120 {
        desk.typed("y");
    }
    let drafts = desk.saved_drafts();
    assert!(drafts.len() >= 2, "{}", drafts.len());
    assert!(drafts.iter().all(|d| d.id == drafts[0].id));
    assert_eq!(drafts[0].base.as_deref(), Some(ada().as_bytes()));
    assert_eq!(drafts[0].kind, DraftKind::Edit);
    assert!(drafts[0].text.starts_with("x{"), "{}", drafts[0].text);
}

#[test]
fn going_back_keeps_the_draft_and_editing_again_opens_it() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'6-mon");
    let text = desk.text();
    desk.command(Command::Back);
    assert!(desk.tab().editor.is_none());
    assert!(desk.notice().contains("draft"), "{}", desk.notice());
    assert_eq!(desk.app.drafts.len(), 1);
    desk.command(Command::Edit);
    assert_eq!(desk.text(), text);
    assert!(desk.app.drafts.is_empty());
    assert!(desk.tab().has_unsaved());
}

#[test]
fn a_draft_of_an_earlier_run_goes_on_with_the_document_it_began_with() {
    let mut first = Desk::open();
    first.command(Command::Edit);
    first.change("'3-months'", "'6-months'");
    let draft = first.saved_drafts().pop().unwrap();
    let mut changed = bson::Document::try_from(ada()).unwrap();
    changed.insert("score", 99_i64);
    let changed = bson::RawDocumentBuf::try_from(&changed).unwrap();
    let mut desk = Desk::with(Allowed::default(), vec![changed]);
    desk.tell(Msg::Drafts(vec![draft.clone()]));
    desk.command(Command::Drafts);
    desk.command(Command::Accept);
    assert_eq!(desk.text(), draft.text);
    assert_eq!(**desk.editor().base.as_ref().unwrap(), ada());
    desk.write(Ok(mongodeck::mongo::request::WriteOutcome::Written));
    assert!(
        desk.effects
            .iter()
            .any(|e| *e == Effect::RemoveDraft(draft.id.clone())),
        "a draft that was written goes"
    );
}

#[test]
fn throwing_the_draft_away_asks_first() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'6-months'");
    desk.command(Command::Discard);
    desk.command(Command::ConfirmNo);
    assert!(desk.tab().editor.is_some());
    desk.command(Command::Discard);
    desk.agree();
    assert!(desk.tab().editor.is_none());
    assert!(desk.app.drafts.is_empty());
    assert!(
        desk.effects
            .iter()
            .any(|e| matches!(e, Effect::RemoveDraft(_)))
    );
}

#[test]
fn a_text_of_the_own_editor_that_does_not_parse_stays_with_its_problems() {
    let mut desk = Desk::open();
    desk.command(Command::EditExternal);
    let asked = desk.effects.iter().any(|e| {
        matches!(e, Effect::EditExternally { tab, text, .. } if *tab == desk.tab && text.contains("Ada"))
    });
    assert!(asked);
    desk.retype("{ name: 'Ada', oops\n");
    assert_eq!(desk.text(), "{ name: 'Ada', oops");
    assert!(!desk.problems().is_empty());
    assert_eq!(desk.saved_drafts().len(), 1);
}

#[test]
fn quitting_keeps_what_was_typed_a_moment_before() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.typed("x");
    desk.command(Command::Quit);
    desk.agree();
    let saved = desk
        .effects
        .iter()
        .position(|e| matches!(e, Effect::SaveDraft(_)));
    let quit = desk.effects.iter().position(|e| *e == Effect::Quit);
    assert!(saved.is_some() && saved < quit);
}
