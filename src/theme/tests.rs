//! Tests of themes: the built-in ones as they are, and small ones laid over them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use pretty_assertions::assert_eq;

use super::*;

fn themes(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(directory.path().join(format!("{name}.toml")), text).unwrap();
    }
    directory
}

#[test]
fn the_roles_are_listed_in_their_order() {
    for (i, (role, name)) in Role::ALL.into_iter().enumerate() {
        assert_eq!(role as usize, i, "{name}");
        assert_eq!(Role::from_name(name), Some(role));
    }
}

#[test]
fn every_built_in_theme_gives_every_role_a_style() {
    for (name, _) in BUILT_IN {
        let theme = Theme::load(name, None, Depth::True).unwrap_or_else(|e| panic!("{e}"));
        for (role, word) in Role::ALL {
            assert_ne!(theme.style(role), Style::new(), "{name}: {word}");
        }
    }
}

#[test]
fn kinds_differ_in_every_built_in_theme() {
    let kinds = Role::ALL
        .iter()
        .filter(|(_, name)| name.starts_with("kind."));
    for (name, _) in BUILT_IN {
        let theme = Theme::load(name, None, Depth::True).unwrap();
        let mut styles: Vec<String> = kinds
            .clone()
            .map(|(role, _)| format!("{:?}", theme.style(*role)))
            .collect();
        styles.sort();
        let all = styles.len();
        styles.dedup();
        assert_eq!(styles.len(), all, "{name}");
    }
}

#[test]
fn no_colour_is_left_without_colours_and_the_cursor_still_shows() {
    for ground in [Ground::Dark, Ground::Light] {
        let theme = Theme::automatic(ground, Depth::None);
        for (role, name) in Role::ALL {
            let style = theme.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{name}");
        }
        for role in [
            Role::Cursor,
            Role::Violation,
            Role::TabActive,
            Role::Production,
        ] {
            assert!(!theme.style(role).add_modifier.is_empty(), "{role:?}");
        }
        let fill = theme.profile_fill(Some("green".parse().unwrap()));
        assert_eq!(fill.bg, None);
        assert!(fill.add_modifier.contains(Modifier::REVERSED));
    }
}

#[test]
fn sixteen_colours_stay_sixteen() {
    for (name, _) in BUILT_IN {
        let theme = Theme::load(name, None, Depth::Sixteen).unwrap();
        for (role, word) in Role::ALL {
            let style = theme.style(role);
            for color in [style.fg, style.bg].into_iter().flatten() {
                let plain = !matches!(color, Color::Rgb(..) | Color::Indexed(_));
                assert!(plain, "{name} {word}: {color}");
            }
        }
    }
}

#[test]
fn a_profile_is_shown_in_its_colour_and_fills_readably() {
    let theme = Theme::automatic(Ground::Dark, Depth::True);
    let orange = Some("#ff8800".parse().unwrap());
    assert_eq!(theme.profile(orange).fg, Some(Color::Rgb(0xff, 0x88, 0)));
    let fill = theme.profile_fill(orange);
    assert_eq!(fill.bg, Some(Color::Rgb(0xff, 0x88, 0)));
    assert_eq!(fill.fg, Some(Color::Black));
    assert_eq!(theme.profile_fill(None), theme.style(Role::Production));
    let few = Theme::automatic(Ground::Dark, Depth::Sixteen);
    assert_eq!(
        few.profile(Some("#ff2020".parse().unwrap())).fg,
        Some(Color::LightRed)
    );
}

#[test]
fn a_theme_is_laid_over_the_one_it_inherits_from() {
    let directory = themes(&[
        (
            "mine",
            "inherits = \"base\"\n[roles]\nkey = { bold = true }",
        ),
        (
            "base",
            "inherits = \"dark\"\n[palette]\nsea = \"#001122\"\n[roles]\nkey = \"sea\"",
        ),
        ("dark", "inherits = \"dark\"\n[roles]\ndim = \"red\""),
    ]);
    let mine = Theme::load("mine", Some(directory.path()), Depth::True).unwrap();
    assert_eq!(
        mine.style(Role::Key),
        Style::new().fg(Color::Rgb(0, 0x11, 0x22)).bold()
    );
    assert_eq!(mine.style(Role::Dim).fg, Some(Color::Red));
    let dark = Theme::load("dark", None, Depth::True).unwrap();
    assert_eq!(mine.style(Role::Cursor), dark.style(Role::Cursor));
    assert_eq!(
        names(Some(directory.path())),
        ["dark", "light", "sixteen", "base", "mine"]
    );
}

#[test]
fn themes_that_inherit_in_a_circle_are_told() {
    let directory = themes(&[("a", "inherits = \"b\""), ("b", "inherits = \"a\"")]);
    let error = Theme::load("a", Some(directory.path()), Depth::True).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("b.toml:1:12:"), "{text}");
}

#[test]
fn an_unknown_theme_says_which_there_are() {
    let load = |name| {
        Theme::load(name, None, Depth::True)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        load("solarized"),
        "no theme is called `solarized`; there are dark, light, sixteen"
    );
    assert_eq!(
        load("darc"),
        "no theme is called `darc`; did you mean `dark`?"
    );
    assert!(load("../../etc/passwd").starts_with("no theme is called"));
}

#[test]
fn every_mistake_of_a_theme_is_shown_at_its_place() {
    let directory = themes(&[(
        "mine",
        "inherit = \"dark\"\n[palette]\nsea = \"#0011\"\n[roles]\nkee = \"red\"\nkey = { fg = \"rad\", bolt = true, dim = 1 }\n",
    )]);
    let error = Theme::load("mine", Some(directory.path()), Depth::True).unwrap_err();
    let text = error.to_string();
    let shown = text.replace(&format!("{}/", directory.path().display()), "");
    insta::assert_snapshot!(shown, @r##"
    mine.toml:1:1: `inherit` is not part of a theme
      |
    1 | inherit = "dark"
      | ^^^^^^^
      = did you mean `inherits`?
    mine.toml:3:7: `#0011` is not a colour
      |
    3 | sea = "#0011"
      |       ^^^^^^^
      = write one of the 16 names such as `red` or `bright-blue`, or `#rrggbb`
    mine.toml:5:1: `kee` is not a role
      |
    5 | kee = "red"
      | ^^^
      = did you mean `key`?
    mine.toml:6:14: `rad` is not a colour
      |
    6 | key = { fg = "rad", bolt = true, dim = 1 }
      |              ^^^^^
      = did you mean `red`?
    mine.toml:6:21: `bolt` is not part of a style
      |
    6 | key = { fg = "rad", bolt = true, dim = 1 }
      |                     ^^^^
      = did you mean `bold`?
    mine.toml:6:40: `dim` is `true` or `false`
      |
    6 | key = { fg = "rad", bolt = true, dim = 1 }
      |                                        ^
    "##);
}
