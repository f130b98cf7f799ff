//! References: followed, looked at from the other end, and dealt with when a document is deleted.

use mongodb::bson::{Document, doc, oid::ObjectId};
use mongodeck::app::Effect;
use mongodeck::model::{Library, NoSources, reader};

use crate::support::console::Console;
use crate::support::desk::{profile, with_option};
use crate::support::server::{FailPoint, TestDatabase};

/// A shop whose orders must have a customer, whose notes may have one, and whose customers have friends.
fn models(database: &str) -> Library {
    let text = format!(
        "import {{ Schema, model }} from 'mongoose';
        const ObjectId = Schema.Types.ObjectId;
        // mongodeck: database={database} domain=Shop
        model('Customer', new Schema({{ name: String, friends: [{{ type: ObjectId, ref: 'Customer' }}] }}));
        model('Order', new Schema({{
            customer: {{ type: ObjectId, ref: 'Customer', required: true }}, total: Number,
            status: {{ type: String, enum: ['new', 'paid', 'shipped'], default: 'new' }}, paidAt: Date,
        }}));
        model('Invoice', new Schema({{ order: {{ type: ObjectId, ref: 'Order', required: true }} }}));
        model('Note', new Schema({{
            text: String, about: {{ type: ObjectId, ref: 'Customer' }}, readers: [{{ type: ObjectId, ref: 'Customer' }}],
        }}));"
    );
    let mut library = Library::default();
    library.add_reading(reader::read("shop.js", &text, &NoSources).unwrap());
    library
}

fn id(n: u8) -> ObjectId {
    ObjectId::from_bytes([0x65, 0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 0, n])
}

pub struct Shop {
    pub database: TestDatabase,
    pub console: Console,
}

impl Shop {
    pub async fn new(about: &str, size: (u16, u16)) -> Self {
        let database = TestDatabase::new(about).await;
        let uri = with_option(database.uri(), &format!("appName={}", database.name));
        let mut shop = Self {
            console: Console::new(vec![profile("main", &uri)], models(&database.name), size),
            database,
        };
        shop.fill().await;
        shop.console.wait_for("rs0 primary").await;
        shop.open("customers").await;
        shop
    }

    async fn fill(&self) {
        let c = |name: &str| self.database.collection(name);
        let names = ["Ada", "Grace", "Edsger"];
        let customers = names.iter().zip(1_u8..).map(|(name, n)| {
            let friends: Vec<ObjectId> = if n == 2 { vec![id(3), id(1)] } else { vec![] };
            doc! { "_id": id(n), "name": *name, "friends": friends }
        });
        c("customers").insert_many(customers).await.unwrap();
        let orders = (1_u8..=12).map(|n| {
            doc! { "_id": id(100 + n), "customer": id(1 + n % 3), "total": i32::from(n) }
        });
        c("orders").insert_many(orders).await.unwrap();
        let invoices = (1_u8..=2).map(|n| doc! { "_id": id(200 + n), "order": id(100 + 3 * n) });
        c("invoices").insert_many(invoices).await.unwrap();
        c("notes")
            .insert_many([
                doc! { "_id": id(150), "text": "hi", "about": id(1), "readers": [id(2), id(1)] },
                doc! { "_id": id(151), "text": "ho", "readers": [id(3)] },
            ])
            .await
            .unwrap();
    }

    pub async fn open(&mut self, collection: &str) {
        let namespace = format!("{}.{collection}", self.database.name);
        self.console.open("main", &namespace);
        self.console.wait_for("1 of").await;
    }

    async fn all(&self, collection: &str) -> Vec<Document> {
        use futures_util::TryStreamExt as _;
        let of = self.database.collection(collection);
        let found = of.find(doc! {}).sort(doc! { "_id": 1 }).await.unwrap();
        found.try_collect().await.unwrap()
    }

    async fn everything(&self) -> Vec<Vec<Document>> {
        let mut out = Vec::new();
        for name in ["customers", "orders", "invoices", "notes"] {
            out.push(self.all(name).await);
        }
        out
    }

    /// Asks to delete the document under the cursor, and waits until what refers to it is counted.
    async fn ask_to_delete(&mut self) {
        self.console.keys("d d");
        self.console
            .wait_until("everything is counted", |s| {
                s.contains("reference(s) to it")
            })
            .await;
    }

    /// Asks to delete all that refers to it too, and waits for the last question.
    async fn ask_to_delete_all(&mut self) {
        self.ask_to_delete().await;
        self.console.keys("down down enter");
        self.console.wait_for("delete 13 documents?").await;
    }

    /// Lists what refers to the document under the cursor, and waits until it is counted.
    async fn list_referrers(&mut self) {
        self.console.keys("F");
        self.console
            .wait_until("all is counted", |s| {
                !s.contains("counting") && s.contains("no index")
            })
            .await;
    }

    /// Undoes the last write.
    async fn undo(&mut self) {
        self.console.keys("u");
        self.console.wait_for("undo the last write?").await;
        self.console.keys("y");
        self.console.wait_for("done: undo").await;
    }
}

fn logged(console: &Console, outcome: &str) -> usize {
    let of = |e: &&Effect| matches!(e, Effect::RecordWrite(r) if r.outcome.starts_with(outcome));
    console.kept.iter().filter(of).count()
}

#[tokio::test]
async fn a_reference_is_followed_and_one_comes_back_to_where_one_was() {
    let mut shop = Shop::new("follow", (100, 24)).await;
    shop.open("orders").await;
    shop.console.keys("j j l");
    let before = shop.console.screen();
    assert!(before.contains("3 of"), "{before}");
    shop.console.keys("f");
    shop.console.wait_for("Ada").await;
    let screen = shop.console.screen();
    assert!(
        screen.contains("{_id: ObjectId('65a000000000000000000001')}"),
        "{screen}"
    );
    assert!(screen.contains("‹ orders"), "{screen}");
    shop.list_referrers().await;
    shop.console.keys("b b");
    assert!(
        shop.console.screen().contains("what refers to"),
        "the list has the keys"
    );
    shop.console.keys("esc b");
    let back = shop.console.screen();
    assert_eq!(back.matches("3 of").count(), 1, "{back}");
    assert!(back.contains("1›"), "{back}");
    assert_eq!(
        shop.console
            .app
            .documents()
            .unwrap()
            .current_path()
            .to_string(),
        "customer"
    );
    shop.console.keys("B");
    assert!(shop.console.screen().contains("Ada"));
    // Back to a tab that was closed meanwhile: it is opened again, at the same document.
    shop.console.keys("[ q b");
    shop.console
        .wait_until("the third order again", |s| s.contains("3 of"))
        .await;
    let here = shop.console.app.documents().unwrap();
    assert_eq!(here.namespace.collection, "orders");
}

#[tokio::test]
async fn who_points_here_is_listed_with_counts_and_opened_with_its_filter() {
    let mut shop = Shop::new("referrers", (100, 24)).await;
    shop.list_referrers().await;
    let screen = shop.console.screen();
    let line = |name: &str| {
        let line = screen.lines().find(|l| l.contains(name));
        line.unwrap_or_else(|| panic!("{screen}"))
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert!(
        line("orders.customer").contains(" 4 required no index on `customer`"),
        "{screen}"
    );
    assert!(line("customers.friends").contains(" 1 "), "{screen}");
    assert!(line("notes.readers").contains(" 1 "), "{screen}");
    assert!(!screen.contains("invoices"), "{screen}");
    let place = screen
        .lines()
        .filter(|l| l.contains('.') && !l.contains("what refers"))
        .position(|l| l.contains("orders.customer"));
    assert!(place.is_some());
    shop.console.keys("j enter");
    shop.console
        .wait_for("{customer: ObjectId('65a000000000000000000001')}")
        .await;
    shop.console.wait_for("1 of 4").await;
}

#[tokio::test]
async fn all_that_refers_is_deleted_with_the_document_and_put_back_by_an_undo() {
    let mut shop = Shop::new("cascade", (110, 40)).await;
    let before = shop.everything().await;
    shop.ask_to_delete().await;
    shop.console.keys("down down enter");
    shop.console.wait_for("one transaction").await;
    let screen = shop.console.screen();
    // Ada, her four orders, their two invoices, a note, and Grace, whose friend she is, with four orders.
    for text in [
        "delete 13 documents?",
        "by customer",
        "by order",
        "by about, readers",
        "▸ No",
    ] {
        assert!(screen.contains(text), "{text}\n{screen}");
    }
    assert_eq!(
        shop.everything().await,
        before,
        "nothing is written before the yes"
    );
    shop.console.keys("enter");
    shop.console.wait_for("Delete only this one").await;
    shop.console.keys("down down enter");
    shop.console.wait_for("delete 13 documents?").await;
    shop.console.keys("y");
    shop.console.wait_for("deleted 13 documents").await;
    assert_eq!(logged(&shop.console, "written"), 13);
    let left: Vec<usize> = shop.everything().await.iter().map(Vec::len).collect();
    assert_eq!(left, [1, 4, 0, 1]);
    shop.console
        .wait_until("the list is read again", |s| !s.contains("Ada"))
        .await;
    shop.undo().await;
    assert_eq!(shop.everything().await, before);
}

#[tokio::test]
async fn references_are_unset_where_the_model_lets_them_and_never_where_it_requires_them() {
    let mut shop = Shop::new("unset", (110, 40)).await;
    let before = shop.everything().await;
    shop.ask_to_delete().await;
    shop.console.keys("down down down enter");
    shop.console.wait_for("would break their model").await;
    shop.console.keys("y");
    assert!(
        shop.console.screen().contains("unset the references in"),
        "it stays to be read"
    );
    assert_eq!(shop.everything().await, before);
    shop.console.keys("esc esc");
    let mine = doc! { "customer": id(1) };
    shop.database
        .collection("orders")
        .delete_many(mine)
        .await
        .unwrap();
    let before = shop.everything().await;
    shop.ask_to_delete().await;
    shop.console.keys("down down down enter");
    shop.console.wait_for("unset about, readers of").await;
    shop.console.keys("tab enter");
    shop.console.wait_for("unset the references in 2").await;
    shop.console
        .wait_until("it is over", |s| s.contains("deleted 1 document"))
        .await;
    let notes = shop.all("notes").await;
    assert_eq!(
        notes[0],
        doc! { "_id": id(150), "text": "hi", "readers": [id(2)] }
    );
    let customers = shop.all("customers").await;
    assert_eq!(
        customers[0],
        doc! { "_id": id(2), "name": "Grace", "friends": [id(3)] }
    );
    shop.undo().await;
    assert_eq!(shop.everything().await, before);
}

#[tokio::test]
async fn a_cascade_that_fails_midway_or_meets_a_change_leaves_everything() {
    let mut shop = Shop::new("midway", (110, 40)).await;
    let before = shop.everything().await;
    shop.ask_to_delete_all().await;
    let data = doc! { "errorCode": 8000, "namespace": format!("{}.orders", shop.database.name) };
    let name = shop.database.name.clone();
    let point = FailPoint::command(shop.database.uri(), &name, &["delete"], 9, data).await;
    shop.console.keys("y");
    shop.console.wait_for("nothing was changed").await;
    drop(point);
    assert_eq!(shop.everything().await, before);
    // The list is still there; meanwhile someone changes an order.
    let order = shop.database.collection("orders");
    let change = doc! { "$set": { "total": 99 } };
    order
        .update_one(doc! { "_id": id(103) }, change)
        .await
        .unwrap();
    let before = shop.everything().await;
    shop.console.keys("y");
    shop.console
        .wait_for("a document was changed meanwhile")
        .await;
    assert_eq!(shop.everything().await, before);
    // And a new order comes after the list was made.
    shop.ask_to_delete_all().await;
    order
        .insert_one(doc! { "_id": id(99), "customer": id(1) })
        .await
        .unwrap();
    shop.console.keys("y");
    shop.console.wait_for("refers to one of these by now").await;
    assert_eq!(shop.all("customers").await.len(), 3);
}

#[tokio::test]
async fn a_commit_without_an_answer_is_looked_after() {
    let mut shop = Shop::new("unknown_cascade", (110, 40)).await;
    shop.ask_to_delete_all().await;
    let data = doc! { "writeConcernError": { "code": 64, "codeName": "WriteConcernFailed", "errmsg": "waiting timed out" } };
    let name = shop.database.name.clone();
    let point =
        FailPoint::command(shop.database.uri(), &name, &["commitTransaction"], 2, data).await;
    shop.console.keys("y");
    shop.console
        .wait_for("nobody knows whether it was done")
        .await;
    drop(point);
    shop.console.keys("enter");
    shop.console.wait_for("deleted 13 documents").await;
    assert_eq!(shop.all("customers").await.len(), 1);
}

#[tokio::test]
async fn the_document_alone_is_deleted_and_a_read_only_profile_asks_nothing() {
    let mut shop = Shop::new("only_this", (80, 24)).await;
    shop.ask_to_delete().await;
    assert!(shop.console.screen().contains("▸ No: leave everything"));
    shop.console.keys("enter");
    assert_eq!(shop.all("customers").await.len(), 3);
    shop.ask_to_delete().await;
    shop.console.keys("down enter");
    shop.console.wait_for("deleted ObjectId").await;
    assert_eq!(shop.all("customers").await.len(), 2);
    assert_eq!(shop.all("orders").await.len(), 12);
    let mut closed = profile("main", shop.database.uri());
    closed.read_only = true;
    let library = models(&shop.database.name);
    shop.console = Console::new(vec![closed], library, (80, 24));
    shop.console.wait_for("rs0 primary").await;
    shop.open("customers").await;
    shop.console.keys("d d");
    shop.console.wait_for("read-only").await;
    assert!(shop.console.app.overlays.is_empty());
}

#[tokio::test]
async fn a_reference_that_leads_nowhere_and_one_that_needs_no_model_are_followed_too() {
    let mut shop = Shop::new("dangling", (100, 24)).await;
    let notes = shop.database.collection("notes");
    notes
        .insert_one(doc! { "_id": id(10), "about": id(77), "readers": [id(1), id(78)] })
        .await
        .unwrap();
    let reference = doc! { "$ref": "orders", "$id": id(101) };
    let plain = shop.database.collection("plain");
    plain
        .insert_one(doc! { "_id": 1, "to": reference })
        .await
        .unwrap();
    shop.open("notes").await;
    shop.console.keys("j j l l f");
    shop.console.wait_for("dangling: no such `_id`").await;
    shop.console.keys("b l f");
    shop.console.wait_for("dangling: 1 of 2").await;
    assert!(shop.console.screen().contains("Ada"));
    shop.open("plain").await;
    shop.console.wait_for("$ref").await;
    shop.console.keys("l f");
    shop.console
        .wait_for("{_id: ObjectId('65a000000000000000000065')}")
        .await;
    shop.console.wait_for("1 of 1").await;
}
