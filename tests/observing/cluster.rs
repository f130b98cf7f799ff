//! The panel of the members at a real config server of a cluster with two shards: what a router would pass on, without
//! a router, since none comes with the server that the tests fetch.

use std::time::{Duration, Instant};

use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::options::ClientOptions;
use mongodeck::model::Library;

use crate::support::console::Console;
use crate::support::desk::profile;
use crate::support::replica::{Member, free_ports, server_program};

struct Server {
    member: Member,
    client: Client,
}

impl Server {
    /// A set of one in this role.
    async fn start(program: &str, port: u16, name: &str, role: &str) -> Self {
        let mut member = Member::new(program, port, name, &[role]);
        member.start();
        let uri = format!("mongodb://{}/?directConnection=true", member.address());
        let client = Client::with_options(ClientOptions::parse(uri).await.unwrap()).unwrap();
        let mut config = doc! { "_id": name, "members": [{ "_id": 0, "host": member.address() }] };
        if role == "--configsvr" {
            config.insert("configsvr", true);
        }
        let server = Self { member, client };
        server
            .ask("admin", doc! { "replSetInitiate": config })
            .await;
        let since = Instant::now();
        while !server
            .ask("admin", doc! { "hello": 1 })
            .await
            .get_bool("isWritablePrimary")
            .unwrap()
        {
            assert!(since.elapsed() < Duration::from_secs(30));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server
    }

    async fn ask(&self, database: &str, command: Document) -> Document {
        let told = command.to_string();
        let asked = self.client.database(database).run_command(command).await;
        asked.unwrap_or_else(|e| panic!("{told}: {e}"))
    }

    /// A command as a router passes it on to the config server.
    async fn order(&self, mut command: Document) {
        command.insert("writeConcern", doc! { "w": "majority" });
        self.ask("admin", command).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shards_zones_chunks_draining_and_the_balancer_of_a_real_cluster_are_told() {
    let program = server_program().await;
    let ports = free_ports();
    let config = Server::start(&program, ports[0], "cfg", "--configsvr").await;
    let east = Server::start(&program, ports[1], "east", "--shardsvr").await;
    let west = Server::start(&program, ports[2], "west", "--shardsvr").await;
    for (name, shard) in [("east", &east), ("west", &west)] {
        let hosts = format!("{name}/{}", shard.member.address());
        config
            .order(doc! { "_configsvrAddShard": hosts, "name": name })
            .await;
    }
    config
        .order(doc! { "_configsvrCreateDatabase": "shop", "primaryShardId": "east" })
        .await;
    let all = config.client.database("config");
    let databases = all.collection::<Document>("databases");
    let shop = databases
        .find_one(doc! { "_id": "shop" })
        .await
        .unwrap()
        .unwrap();
    let create = doc! {
        "_shardsvrCreateCollection": "orders", "shardKey": { "region": 1 }, "unique": false, "numInitialChunks": 0_i64,
        "presplitHashedZones": false, "databaseVersion": shop.get_document("version").unwrap().clone(),
        "writeConcern": { "w": "majority" },
    };
    east.ask("shop", create).await;

    let uri = format!("mongodb://{}/?replicaSet=cfg", config.member.address());
    let mut console = Console::new(vec![profile("main", &uri)], Library::default(), (140, 30));
    console.wait_for("cfg primary").await;
    console.keys("p t");
    console.wait_for("2 shards, 1 sharded collection").await;
    let screen = console.screen();
    let row = |screen: &str, name: &str| {
        let mut lines = screen.lines().skip_while(|l| !l.contains("chunks"));
        let cells = |l: &str| l.split_once('│').map_or(l, |(_, l)| l).trim().to_owned();
        let found = lines.find(|l| cells(l).starts_with(name)).map(cells);
        found.unwrap_or_else(|| panic!("{name}\n{screen}"))
    };
    let words = |line: String| {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        words(row(&screen, "east"))[..4],
        ["east", "active", "1", "1"],
        "{screen}"
    );
    assert_eq!(
        words(row(&screen, "west"))[..4],
        ["west", "active", "0", "0"],
        "{screen}"
    );
    assert!(
        screen.contains("balancer on") && screen.contains("config server"),
        "{screen}"
    );

    config
        .ask("admin", doc! { "_configsvrBalancerStop": 1 })
        .await;
    config
        .order(doc! { "_configsvrAddShardToZone": "east", "zone": "EU" })
        .await;
    config.order(doc! { "_configsvrRemoveShard": "west" }).await;
    console.keys("r");
    console
        .wait_for("balancer off: chunks stay where they are")
        .await;
    let screen = console.screen();
    assert!(row(&screen, "east").contains("zone EU"), "{screen}");
    let drained = row(&screen, "west");
    assert!(
        drained.contains("draining") && drained.contains("left to move: 0 chunks"),
        "{screen}"
    );
    console.keys("g g j enter");
    console.wait_for("its data is being moved away").await;
    console.keys("esc j enter");
    console.wait_for("elected in term").await;
    console.runner.shutdown().await;
}
