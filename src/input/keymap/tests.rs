//! Tests of keymaps: the shipped ones as they are, and small ones laid over them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use pretty_assertions::assert_eq;

use super::*;
use crate::app::command::COMMANDS;
use crate::input::key::Code;

fn keys(text: &str) -> Vec<Key> {
    text.parse::<KeySequence>().unwrap().keys().to_vec()
}

fn meaning(keymaps: &Keymaps, context: Context, text: &str) -> Resolved {
    let keys = keys(text);
    let (last, before) = keys.split_last().unwrap();
    keymaps.resolve(context, before, *last)
}

fn with(text: &str) -> Keymaps {
    let name = "keymap.toml";
    Keymaps::load(Preset::Default, Some(Source { name, text })).unwrap_or_else(|e| panic!("{e}"))
}

fn errors(text: &str) -> String {
    let name = "keymap.toml";
    Keymaps::load(Preset::Default, Some(Source { name, text }))
        .unwrap_err()
        .to_string()
}

fn shipped() -> impl Iterator<Item = (Preset, Keymaps)> {
    Preset::ALL.into_iter().map(|preset| {
        let keymaps = Keymaps::load(preset, None).unwrap_or_else(|e| panic!("{e}"));
        (preset, keymaps)
    })
}

#[test]
fn every_command_has_a_key_wherever_it_applies_in_every_shipped_keymap() {
    for (preset, keymaps) in shipped() {
        for entry in COMMANDS {
            for context in entry.contexts.iter().filter(|c| **c != Context::Global) {
                // A list narrows by typing, so it is moved in by arrows, and what else it has comes from the palette.
                if keymaps.hint(*context, entry.command).is_none() {
                    let missing = (*context, entry.name);
                    let excused = [
                        (Context::List, "cursor-left"),
                        (Context::List, "cursor-right"),
                        (Context::List, "half-page-up"),
                        (Context::List, "half-page-down"),
                        (Context::Editor, "previous-violation"),
                    ];
                    assert!(excused.contains(&missing), "{preset:?}: {missing:?}");
                }
            }
            if entry.contexts.contains(&Context::Global) {
                let panes = [Context::Tree, Context::Table, Context::Text];
                for pane in panes {
                    assert!(
                        keymaps.hint(pane, entry.command).is_some(),
                        "{preset:?}: {} in {pane:?}",
                        entry.name
                    );
                }
            }
        }
    }
}

#[test]
fn every_shown_key_means_what_it_says() {
    for (preset, keymaps) in shipped() {
        for context in Context::ALL {
            for binding in keymaps.bindings(context) {
                assert_eq!(
                    meaning(&keymaps, context, &binding.keys.to_string()),
                    Resolved::Matched(binding.command),
                    "{preset:?} {context:?} {}",
                    binding.keys
                );
            }
        }
    }
}

#[test]
fn no_single_key_destroys_and_every_alt_chord_has_another_key() {
    let destroying = [
        Command::DocumentDelete,
        Command::CollectionDrop,
        Command::DatabaseDrop,
        Command::Discard,
        Command::Override,
    ];
    for (preset, keymaps) in shipped() {
        for context in Context::ALL {
            for binding in keymaps.bindings(context) {
                let keys = binding.keys.keys();
                assert!(
                    keys.len() > 1 || !destroying.contains(&binding.command),
                    "{preset:?} {context:?}: {}",
                    binding.keys
                );
                if keys.iter().any(|key| key.alt()) {
                    // A command of the whole deck may have its other key outside a field.
                    assert!(
                        [context, Context::Table]
                            .into_iter()
                            .flat_map(|place| keymaps.keys(place, binding.command))
                            .any(|other| other.keys().iter().all(|key| !key.alt())),
                        "{preset:?} {context:?}: {} is the only key of {}",
                        binding.keys,
                        binding.command.name()
                    );
                }
            }
        }
    }
}

#[test]
fn characters_stay_typing_where_text_is_typed() {
    for (preset, keymaps) in shipped() {
        for context in Context::ALL.into_iter().filter(|c| c.takes_text()) {
            for c in (' '..='~').chain(['é', '中']) {
                let key = Key::new(Code::Char(c), false, false, false);
                assert_eq!(
                    keymaps.resolve(context, &[], key),
                    Resolved::Unbound,
                    "{preset:?} {context:?} {c:?}"
                );
            }
        }
    }
}

#[test]
fn typing_and_leaving_work_everywhere() {
    for (preset, keymaps) in shipped() {
        for context in [
            Context::Editor,
            Context::Input,
            Context::List,
            Context::Dialog,
        ] {
            for (command, keys) in [(Command::Back, "esc"), (Command::Suspend, "ctrl-z")] {
                assert_eq!(
                    meaning(&keymaps, context, keys),
                    Resolved::Matched(command),
                    "{preset:?} {context:?}"
                );
            }
            assert!(keymaps.hint(context, Command::Cancel).is_some());
        }
        for context in [Context::Editor, Context::Input] {
            for text in ["up", "left", "home", "backspace", "delete", "tab"] {
                assert_eq!(meaning(&keymaps, context, text), Resolved::Unbound);
            }
        }
        assert_eq!(
            meaning(&keymaps, Context::Editor, "enter"),
            Resolved::Unbound
        );
    }
}

#[test]
fn a_question_is_not_answered_by_the_keys_of_the_panes_below() {
    let keymaps = with("");
    for text in ["q", "e", "u", "d d", "Q", "1", "a"] {
        let first = keys(text)[0];
        assert_eq!(
            keymaps.resolve(Context::Dialog, &[], first),
            Resolved::Unbound,
            "{text}"
        );
    }
    assert_eq!(
        meaning(&keymaps, Context::Dialog, "l"),
        Resolved::Matched(Command::CursorRight)
    );
}

#[test]
fn a_sequence_is_pending_then_matched_or_cancelled() {
    let keymaps = with("");
    assert_eq!(meaning(&keymaps, Context::Table, "g"), Resolved::Pending);
    assert_eq!(
        meaning(&keymaps, Context::Table, "g g"),
        Resolved::Matched(Command::CursorFirst)
    );
    for text in ["g esc", "g ctrl-c", "g é"] {
        assert_eq!(meaning(&keymaps, Context::Table, text), Resolved::Cancelled);
    }
    assert_eq!(meaning(&keymaps, Context::Table, "é"), Resolved::Unbound);
}

#[test]
fn a_leaf_replaces_the_sequences_below_it() {
    let keymaps = with("[global]\n\"y\" = \"copy-value\"");
    assert_eq!(
        meaning(&keymaps, Context::Table, "y"),
        Resolved::Matched(Command::CopyValue)
    );
    assert_eq!(
        keymaps.hint(Context::Table, Command::CopyPath),
        None,
        "its keys began with `y`"
    );
}

#[test]
fn a_sequence_replaces_the_leaf_that_it_begins_with() {
    let keymaps = with("[table]\n\"e e\" = \"edit\"\n\"e x\" = \"edit-external\"");
    assert_eq!(meaning(&keymaps, Context::Table, "e"), Resolved::Pending);
    assert_eq!(
        meaning(&keymaps, Context::Table, "e x"),
        Resolved::Matched(Command::EditExternal)
    );
    assert_eq!(
        meaning(&keymaps, Context::Text, "e"),
        Resolved::Matched(Command::Edit),
        "another context keeps its own"
    );
}

#[test]
fn none_unbinds_a_key_a_sequence_and_what_is_inherited() {
    let keymaps = with(
        "[global]\n\"Q\" = \"none\"\n\"y p\" = \"none\"\n\"e e\" = \"none\"\n[table]\n\"g\" = \"none\"\n[tree]\n\"g 1\" = \"none\"",
    );
    assert_eq!(meaning(&keymaps, Context::Table, "Q"), Resolved::Unbound);
    assert_eq!(
        meaning(&keymaps, Context::Table, "y p"),
        Resolved::Cancelled
    );
    assert_eq!(
        meaning(&keymaps, Context::Table, "y y"),
        Resolved::Matched(Command::CopyValue)
    );
    assert_eq!(
        meaning(&keymaps, Context::Table, "e"),
        Resolved::Matched(Command::Edit),
        "`e e` was never bound"
    );
    assert_eq!(meaning(&keymaps, Context::Table, "g"), Resolved::Unbound);
    assert_eq!(meaning(&keymaps, Context::Tree, "g 1"), Resolved::Cancelled);
    assert_eq!(
        meaning(&keymaps, Context::Tree, "g 2"),
        Resolved::Matched(Command::Tab2)
    );
}

#[test]
fn unbinding_every_key_of_a_sequence_frees_its_first_key() {
    let keymaps = with("[table]\n\"d d\" = \"none\"");
    assert_eq!(meaning(&keymaps, Context::Table, "d"), Resolved::Unbound);
}

#[test]
fn a_context_wins_over_global() {
    let keymaps = with("[global]\n\"x\" = \"refresh\"\n[table]\n\"x\" = \"follow\"");
    assert_eq!(
        meaning(&keymaps, Context::Table, "x"),
        Resolved::Matched(Command::Follow)
    );
    assert_eq!(
        meaning(&keymaps, Context::Tree, "x"),
        Resolved::Matched(Command::Refresh)
    );
}

#[test]
fn the_shortest_key_without_alt_is_shown_first() {
    let keymaps = with("[global]\n\"alt-z\" = \"refresh\"");
    let shown: Vec<String> = keymaps
        .keys(Context::Table, Command::Refresh)
        .map(ToString::to_string)
        .collect();
    assert_eq!(shown, ["r", "f5", "alt-z"]);
}

#[test]
fn what_may_follow_is_told() {
    let keymaps = with("");
    let after: Vec<(String, Continuation)> = keymaps
        .continuations(Context::Table, &keys("y"))
        .into_iter()
        .map(|(key, next)| (key.to_string(), next))
        .collect();
    assert!(after.contains(&("p".into(), Continuation::Command(Command::CopyPath))));
    assert!(
        keymaps
            .continuations(Context::Table, &[])
            .contains(&(keys("y")[0], Continuation::More))
    );
    assert!(keymaps.continuations(Context::Table, &keys("e")).is_empty());
}

#[test]
fn every_mistake_of_a_file_is_shown_at_its_place() {
    insta::assert_snapshot!(errors(
        r#"[globl]
"x" = "refresh"

[table]
"ctrl-entr" = "edit"
"x" = "edt"
"m" = 3
"g" = "follow"
"g g" = "edit"
"X" = "save"
"z  z" = "edit"
"z z" = "edit"

[input]
"j" = "accept"
"#
    ), @r#"
    keymap.toml:1:2: `globl` is not a context
      |
    1 | [globl]
      |  ^^^^^
      = did you mean `global`?
    keymap.toml:5:2: `ctrl-entr` names no key
      |
    5 | "ctrl-entr" = "edit"
      |  ^^^^^^^^^
      = did you mean `enter`?
    keymap.toml:6:7: `edt` is not a command
      |
    6 | "x" = "edt"
      |       ^^^^^
      = did you mean `edit`?
    keymap.toml:7:7: a binding is the name of a command
      |
    7 | "m" = 3
      |       ^
      = write such as `"g g" = "cursor-first"`
    keymap.toml:9:1: `g g` cannot be reached: `g` is bound too
      |
    9 | "g g" = "edit"
      | ^^^^^
      = `g` is on line 8; unbind or change one of them
    keymap.toml:10:7: `save` does nothing in `table`
       |
    10 | "X" = "save"
       |       ^^^^^^
       = it applies in editor
    keymap.toml:12:1: `z z` is bound twice
       |
    12 | "z z" = "edit"
       | ^^^^^
       = the other binding is on line 11
    keymap.toml:15:1: `j` is typed in `input`
       |
    15 | "j" = "accept"
       | ^^^
       = begin with a chord such as `ctrl-x` or `alt-x`
    "#);
}

#[test]
fn broken_toml_is_shown_at_its_place() {
    insta::assert_snapshot!(errors("[global]\n\"x\" = refresh\n\"y\" = \"quit\"\n\"y\" = \"quit\"\n"), @r#"
    keymap.toml:2:7: string values must be quoted, expected literal string
      |
    2 | "x" = refresh
      |       ^^^^^^^
    keymap.toml:4:1: duplicate key
      |
    4 | "y" = "quit"
      | ^^^
    "#);
}
