//! The console's main job, done as a person does it: the built program on a real terminal, on a real server.

use std::path::Path;
use std::time::{Duration, Instant};

use bson::RawDocumentBuf;
use mongodb::Client;
use mongodb::bson::{Document, doc};

use crate::support::program::Home;
use crate::support::pty::Pty;
use crate::support::server::{self, PROGRAM};

const ESC: &str = "\x1b";
const CTRL_O: &str = "\x0f";
const CTRL_S: &str = "\x13";
const DOWN: &str = "\x1b[B";
const END: &str = "\x1b[F";
const BACKSPACE: &str = "\x7f";

/// The variables that keep the program within `home`.
fn variables(home: &Home) -> Vec<(&'static str, String)> {
    let path = |name: &str| home.path(name).to_string_lossy().into_owned();
    vec![
        ("MONGODECK_CONFIG_DIR", path("config")),
        ("MONGODECK_STATE_DIR", path("state")),
    ]
}

fn spawn(home: &Home, arguments: &[&str], size: (u16, u16)) -> Pty {
    let variables = variables(home);
    let variables: Vec<(&str, &str)> = variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
    Pty::spawn(PROGRAM, arguments, &variables, size)
}

/// The connection string of a sandbox that keeps its data in `directory`.
fn uri_of(directory: &Path) -> String {
    let read = |name: &str| {
        std::fs::read_to_string(directory.join(name))
            .unwrap()
            .trim()
            .to_owned()
    };
    format!(
        "mongodb://mongodeck:{}@127.0.0.1:{}/?authSource=admin&directConnection=true",
        read("password"),
        read("port")
    )
}

/// Moves the editor's cursor down to the line that begins with `field:`.
fn go_to_field(pty: &mut Pty, field: &str) {
    let name = format!("{field}:");
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let (seen, at) = pty.look(|screen| {
            let seen = screen
                .rows(0, screen.size().1.into())
                .position(|r| r.contains(&name));
            (seen, Some(usize::from(screen.cursor_position().0)))
        });
        if seen.is_some() && seen == at {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "the cursor never came to `{field}`:\n{}",
            pty.text()
        );
        let before = at;
        pty.send(DOWN);
        pty.wait_until("the cursor moved or the text scrolled", |screen| {
            Some(usize::from(screen.cursor_position().0)) != before || seen.is_none()
        });
    }
}

#[test]
fn a_person_edits_a_document_from_the_sandbox_to_the_server() {
    let home = Home::new();
    let kept = home.path("kept");
    let arguments = ["sandbox", "--yes", "--keep", kept.to_str().unwrap()];
    let mut pty = spawn(&home, &arguments, (140, 40));
    pty.wait_patiently("the tree of the sandbox", Duration::from_secs(120), |s| {
        s.contents().contains("career_dev") && s.contents().contains("users")
    });

    // The document as the server has it before.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let uri = uri_of(&kept);
    let read = |filter: Document| -> RawDocumentBuf {
        runtime.block_on(async {
            let client = Client::with_uri_str(&uri).await.unwrap();
            let users = client
                .database("career_dev")
                .collection::<RawDocumentBuf>("users");
            users.find_one(filter).await.unwrap().unwrap()
        })
    };
    let first = read(doc! {});
    let id = first.get_object_id("_id").unwrap();
    let timeframe = first.get_str("timeframe").unwrap().to_owned();

    // Jump to the collection, open its first document in the editor.
    pty.send(CTRL_O);
    pty.wait_for("go to a collection");
    pty.send("main career_dev.users");
    pty.wait_for("▸ main career_dev.users");
    pty.send("\r");
    pty.wait_for(first.get_str("email").unwrap());
    pty.send("e");
    pty.wait_for("timeframe:");

    // Break the enum: the violation is on the screen at its path, and the write is refused.
    go_to_field(&mut pty, "timeframe");
    pty.send(END);
    for _ in 0..timeframe.len() + 3 {
        pty.send(BACKSPACE);
    }
    pty.send("'3-weeks',");
    pty.wait_for("'3-weeks',");
    pty.wait_until("the violation at its path", |s| {
        let text = s.contents();
        text.lines()
            .any(|l| l.contains("timeframe") && l.contains('✗'))
    });
    pty.send(CTRL_S);
    pty.wait_for("blocks this write");
    pty.send(ESC);
    pty.wait_until("the editor again", |s| {
        !s.contents().contains("blocks this write")
    });
    assert_eq!(read(doc! { "_id": id }), first, "nothing was written");

    // Mend it, look at the difference, write.
    let other = if timeframe == "1-year" {
        "6-months"
    } else {
        "1-year"
    };
    for _ in 0.."'3-weeks',".len() {
        pty.send(BACKSPACE);
    }
    pty.send(&format!("'{other}',"));
    pty.wait_until("no violation any more", |s| !s.contents().contains('✗'));
    pty.send(CTRL_S);
    pty.wait_until("old and new", |s| {
        let text = s.contents();
        text.contains("write to career_dev.users on main?")
            && text.contains(&format!("'{timeframe}'"))
            && text.contains(&format!("'{other}'"))
    });
    pty.send("y");
    pty.wait_for("written in");

    // The server has exactly that change: kinds, key order and everything else are as they were.
    let after = read(doc! { "_id": id });
    let mut expected = RawDocumentBuf::new();
    for (key, value) in first.iter().flatten() {
        match key.as_str() {
            "timeframe" => {
                expected.append(bson::raw::CString::try_from("timeframe").unwrap(), other)
            }
            name => expected.append(
                bson::raw::CString::try_from(name).unwrap(),
                bson::RawBson::from(value),
            ),
        }
    }
    assert_eq!(after, expected);

    // And back again.
    pty.send("u");
    pty.wait_for("undo the last write?");
    pty.send("y");
    pty.wait_for("done: undo");
    assert_eq!(read(doc! { "_id": id }), first);

    pty.send("Q");
    assert!(pty.wait_end().success());
    assert!(pty.is_cooked(), "the terminal is as it was");
}

#[test]
fn no_sequence_of_the_data_reaches_the_terminal() {
    let home = Home::new();
    let mut pty = spawn(&home, &["sandbox", "--yes"], (140, 40));
    pty.wait_patiently("the tree of the sandbox", Duration::from_secs(120), |s| {
        s.contents().contains("users")
    });
    pty.send(CTRL_O);
    pty.wait_for("go to a collection");
    pty.send("main migratio.archives");
    pty.wait_for("▸ main migratio.archives");
    pty.send("\r");
    pty.wait_for("_id");
    // The documents of it, one after another, in the table, as a tree and as text.
    for _ in 0..4 {
        pty.send("llllllhhhhhh");
        pty.send("v");
        pty.wait_for("outline");
        pty.send("*");
        pty.send("v");
        pty.wait_for(" text ");
        pty.send("v");
        pty.wait_for(" table ");
        pty.send("j");
    }
    pty.send("Q");
    pty.wait_end();
    let raw = pty.raw();
    for hostile in [
        "\x1b]52",
        "\x1b]0;",
        "\x1b[31mred",
        "\x1b[1mbold",
        "\u{9b}",
        "\u{202e}",
    ] {
        assert!(
            !raw.windows(hostile.len()).any(|w| w == hostile.as_bytes()),
            "{hostile:?} went through"
        );
    }
}

#[test]
fn a_draft_survives_a_kill_and_is_offered_again() {
    let home = Home::new();
    let server = tokio::runtime::Runtime::new().unwrap();
    let uri = server::shared_uri();
    let database = "test_draft_survives";
    server.block_on(async {
        let client = Client::with_uri_str(uri).await.unwrap();
        let things = client.database(database).collection("things");
        things
            .insert_one(doc! { "_id": 1, "name": "as it was" })
            .await
            .unwrap();
    });
    home.write(
        "config/config.toml",
        "[profiles.local]\nuri_env = \"MONGODECK_TEST_URI\"\n",
    );
    let target = format!("local/{database}.things");
    let open = |arguments: &[&str]| {
        let mut variables = variables(&home);
        variables.push(("MONGODECK_TEST_URI", uri.to_owned()));
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
        Pty::spawn(PROGRAM, arguments, &variables, (100, 30))
    };

    let mut pty = open(&[&target]);
    pty.wait_for("as it was");
    pty.send("e");
    pty.wait_for("name:");
    go_to_field(&mut pty, "name");
    pty.send(END);
    pty.send(" // a thought that must not be lost");
    pty.wait_for("must not be lost");
    let deadline = Instant::now() + Duration::from_secs(20);
    // In its place, not only in the file beside it that is renamed once it is whole.
    let store = mongodeck::config::store::Store::at(&home.path("state")).unwrap();
    let kept = || {
        store
            .drafts()
            .value
            .iter()
            .any(|d| d.text.contains("must not be lost"))
    };
    while !kept() {
        assert!(
            Instant::now() < deadline,
            "the draft never came to the disk"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    let id = rustix::process::Pid::from_raw(pty.pid().try_into().unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
    pty.wait_end();

    // A dropped line: what was typed a moment before is kept too.
    let mut pty = open(&[&target]);
    pty.wait_for("1 draft not written");
    pty.send("gd");
    pty.wait_for(&format!("▸ {database}.things"));
    pty.send("\r");
    pty.wait_for("must not be lost");
    go_to_field(&mut pty, "name");
    pty.send(END);
    pty.send(" nor the last word");
    pty.wait_for("nor the last word");
    let id = rustix::process::Pid::from_raw(pty.pid().try_into().unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::HUP).unwrap();
    pty.wait_end();
    assert!(home.everything_written().contains("nor the last word"));

    let mut pty = open(&[&target]);
    pty.wait_for("1 draft not written");
    pty.send("gd");
    pty.wait_for(&format!("▸ {database}.things"));
    pty.send("\r");
    pty.wait_for("must not be lost");
    pty.send(ESC);
    pty.wait_for(" table ");
    pty.send("Q");
    pty.wait_end();
    server.block_on(async {
        let client = Client::with_uri_str(uri).await.unwrap();
        let kept: Document = client
            .database(database)
            .collection("things")
            .find_one(doc! { "_id": 1 })
            .await
            .unwrap()
            .unwrap();
        assert_eq!(kept, doc! { "_id": 1, "name": "as it was" });
        client.database(database).drop().await.unwrap();
    });
}
