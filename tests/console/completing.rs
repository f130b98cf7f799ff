//! Completion in the editor, by keys, with a real server behind it.

use mongodb::bson::{doc, oid::ObjectId};

use super::references::Shop;

fn text(shop: &Shop) -> String {
    let documents = shop.console.app.documents().unwrap();
    documents.editor.as_ref().unwrap().buffer.text()
}

fn is_open(shop: &Shop) -> bool {
    let documents = shop.console.app.documents().unwrap();
    documents.editor.as_ref().unwrap().completion.is_some()
}

#[tokio::test]
async fn names_and_enums_are_completed_as_the_model_says_and_written() {
    let mut shop = Shop::new("complete_names", (80, 24)).await;
    shop.open("orders").await;
    shop.console.keys("e ctrl-end up end , enter");
    assert!(!is_open(&shop), "{}", shop.console.screen());
    shop.console.keys("\"s\"");
    let screen = shop.console.screen();
    assert!(is_open(&shop) && screen.contains("▸status"), "{screen}");
    assert!(
        !screen.contains("customer  ObjectId"),
        "what is there is not offered: {screen}"
    );
    shop.console.keys("enter");
    let screen = shop.console.screen();
    assert!(text(&shop).contains("\n  status: \n"), "{}", text(&shop));
    for choice in ["▸new", "paid", "shipped"] {
        assert!(screen.contains(choice), "{choice}: {screen}");
    }
    shop.console.keys("\"sh\" tab");
    assert!(
        text(&shop).contains("\n  status: 'shipped'\n"),
        "{}",
        text(&shop)
    );
    assert!(!is_open(&shop));
    // A closed list takes neither key.
    shop.console.keys(", enter");
    assert!(text(&shop).contains("'shipped',\n  \n"), "{}", text(&shop));
    shop.console.keys("\"paid\" enter");
    assert!(text(&shop).contains("\n  paidAt: "), "{}", text(&shop));
    assert!(
        shop.console.screen().contains("now"),
        "{}",
        shop.console.screen()
    );
    shop.console.keys("enter");
    assert!(
        text(&shop).contains("paidAt: ISODate('20"),
        "{}",
        text(&shop)
    );
    shop.console.keys("ctrl-s");
    shop.console.wait_for("status").await;
    shop.console.keys("y");
    shop.console.wait_for("written in").await;
    let orders = shop.database.collection("orders");
    let paid = orders
        .find_one(doc! { "status": "shipped" })
        .await
        .unwrap()
        .unwrap();
    assert!(paid.get_datetime("paidAt").is_ok());
}

#[tokio::test]
async fn referred_documents_are_offered_by_their_names_and_taken_as_ids() {
    let mut shop = Shop::new("complete_ids", (80, 24)).await;
    shop.open("orders").await;
    let grace = ObjectId::from_bytes([0x65, 0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    let ada = "ObjectId('65a000000000000000000001')";
    // On a whole value the list shows all, and takes the place of the value.
    shop.console
        .keys("j j e ctrl-home down down end left ctrl-space");
    shop.console.wait_for("Edsger").await;
    assert!(text(&shop).contains(ada));
    shop.console.keys("esc");
    assert!(
        !is_open(&shop),
        "esc closes the list before it leaves the editor"
    );
    shop.console.keys("f2");
    shop.console.wait_for("Edsger").await;
    shop.console.keys("down enter");
    assert!(
        text(&shop).contains(&format!("customer: ObjectId('{grace}'),")),
        "{}",
        text(&shop)
    );
    assert!(!text(&shop).contains(ada));
    // A name that is typed is looked for, and its document's id is taken.
    shop.console.keys("ctrl-x d y");
    shop.open("customers").await;
    shop.console.keys("e");
    let line = text(&shop)
        .lines()
        .position(|l| l.contains("friends"))
        .unwrap();
    shop.console.keys("ctrl-home");
    for _ in 0..line {
        shop.console.keys("down");
    }
    shop.console.keys("end left");
    let before = shop.console.screen();
    assert!(text(&shop).contains("friends: []"), "{before}");
    shop.console.keys("\"gra\"");
    shop.console.wait_for("Grace").await;
    shop.console.keys("tab");
    assert!(
        text(&shop).contains(&format!("friends: [ObjectId('{grace}')]")),
        "{}",
        text(&shop)
    );
}

#[tokio::test]
async fn without_a_model_names_come_from_the_documents_in_sight() {
    let mut shop = Shop::new("complete_samples", (80, 24)).await;
    let plain = shop.database.collection("plain");
    let all = [
        doc! { "_id": 1, "colour": "red", "place": { "city": "Oslo" } },
        doc! { "_id": 2, "weight": 3, "place": {} },
    ];
    plain.insert_many(all).await.unwrap();
    shop.open("plain").await;
    shop.console.keys("j e ctrl-home end enter \"co\"");
    let screen = shop.console.screen();
    assert!(screen.contains("▸colour"), "{screen}");
    shop.console.keys("enter");
    assert!(
        text(&shop).starts_with("{\n  colour: \n"),
        "{}",
        text(&shop)
    );
    shop.console.keys("\"'x',\"");
    let line = text(&shop)
        .lines()
        .position(|l| l.contains("place"))
        .unwrap();
    shop.console.keys("ctrl-home");
    for _ in 0..line {
        shop.console.keys("down");
    }
    shop.console.keys("end left ctrl-space");
    let screen = shop.console.screen();
    assert!(screen.contains("▸city"), "{screen}");
}
