//! The pictures of the main screens, drawn by the program's own rendering on the sandbox's own data.
//!
//! `MONGODECK_SCREENSHOTS=assets/screenshots cargo test screenshots` writes them anew; without the variable they are
//! drawn all the same, and what must be seen on each is asserted.

use std::path::PathBuf;

use mongodeck::cli::sandbox::profiles;
use mongodeck::model::Library;

use crate::support::console::Console;
use crate::support::server;
use crate::support::svg::picture;

fn save(console: &Console, name: &str, light: bool) {
    let (ground, ink) = if light {
        ("#fafafa", "#383a42")
    } else {
        ("#121212", "#d0d0d0")
    };
    let text = picture(console.buffer(), ground, ink);
    assert!(text.len() > 4_000, "{name} is nearly empty");
    if let Some(directory) = std::env::var_os("MONGODECK_SCREENSHOTS") {
        let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(directory);
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join(format!("{name}.svg")), text).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_main_screens_can_be_drawn_on_the_sample_data() {
    let sandbox = server::dedicated(server::options()).await;
    sandbox.load().await.unwrap();
    let profiles = profiles(&sandbox.uri());

    let mut console = Console::new(profiles.clone(), Library::default(), (140, 40));
    console
        .wait_until("both profiles answer", |s| {
            s.matches("rs0 primary").count() == 2
        })
        .await;
    console.keys("enter");
    console.wait_for("users").await;
    console.open("main", "career_dev.users");
    console.wait_for("Priya").await;
    save(&console, "table", false);
    console.keys("?");
    console.wait_for("everywhere").await;
    save(&console, "help", false);
    drop(console);
    sandbox.stop().await;
}
