//! What the editor, the review and a conflict look like.

use mongodeck::app::{Command, Msg};
use mongodeck::input::{Keymaps, Pending, Preset};
use mongodeck::mongo::request::WriteOutcome;
use mongodeck::theme::{Depth, Theme};
use mongodeck::view;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::desk::{Allowed, Desk, ada};

/// The screen as text, drawn until nothing more is learned from it.
fn picture(desk: &mut Desk, columns: u16, rows: u16) -> String {
    let theme = Theme::load("dark", None, Depth::True).unwrap();
    let keymaps = Keymaps::load(Preset::Default, None).unwrap();
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    for _ in 0..3 {
        let mut regions = None;
        terminal
            .draw(|frame| {
                regions = Some(view::draw(
                    &desk.app,
                    &theme,
                    &keymaps,
                    &Pending::default(),
                    frame,
                ))
            })
            .unwrap();
        desk.tell(Msg::Drawn(regions.unwrap()));
    }
    terminal.backend().to_string()
}

const SIZES: [(u16, u16); 2] = [(80, 24), (140, 40)];

#[test]
fn the_editor_shows_the_text_its_problems_and_what_the_model_says() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'3-month'");
    desk.command(Command::NextViolation);
    for (columns, rows) in SIZES {
        let shown = picture(&mut desk, columns, rows);
        assert!(shown.contains("timeframe: '3-month'"), "{shown}");
        assert!(shown.contains("✗"), "{shown}");
        insta::assert_snapshot!(format!("editor_{columns}x{rows}"), shown);
    }
}

#[test]
fn the_review_shows_old_and_new_and_the_statement() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'6-months'");
    desk.change("score: NumberLong('12')", "score: 12.5,\n  nick: 'a'");
    desk.command(Command::Save);
    for (columns, rows) in SIZES {
        let shown = picture(&mut desk, columns, rows);
        assert!(shown.contains("Int64 → Double"), "{shown}");
        assert!(shown.contains("▸ No"), "{shown}");
        insta::assert_snapshot!(format!("review_{columns}x{rows}"), shown);
    }
}

#[test]
fn a_conflict_shows_base_theirs_and_mine() {
    let mut desk = Desk::open();
    desk.command(Command::Edit);
    desk.change("'3-months'", "'6-months'");
    let mut theirs = bson::Document::try_from(ada()).unwrap();
    theirs.insert("timeframe", "1-year");
    theirs.insert("score", 99_i64);
    let theirs = bson::RawDocumentBuf::try_from(&theirs).unwrap();
    desk.write(Ok(WriteOutcome::Conflict {
        theirs: Some(theirs),
    }));
    for (columns, rows) in SIZES {
        let shown = picture(&mut desk, columns, rows);
        for word in ["base", "theirs", "mine", "'1-year'", "'6-months'"] {
            assert!(shown.contains(word), "{word}:\n{shown}");
        }
        insta::assert_snapshot!(format!("conflict_{columns}x{rows}"), shown);
    }
}

#[test]
fn control_sequences_in_the_text_never_reach_a_cell() {
    let document = bson::rawdoc! { "_id": 1_i32, "name": "\u{1b}]52;c;eA==\u{7}\u{202e}x" };
    let mut desk = Desk::with(Allowed::default(), vec![document]);
    desk.command(Command::Edit);
    desk.tell(Msg::Pasted("// \u{1b}[31m\u{9b}31m\u{202e}\n".to_owned()));
    let shown = picture(&mut desk, 100, 24);
    let hidden = |c: char| c != '\n' && mongodeck::value::text::is_hidden(c);
    assert!(!shown.chars().any(hidden), "{shown:?}");
    assert!(shown.contains("\\u001b[31m"), "{shown}");
}
