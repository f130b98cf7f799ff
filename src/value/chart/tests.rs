#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use bson::{RawDocumentBuf, rawdoc};

use super::*;

fn shown(rows: &[Row]) -> Vec<String> {
    rows.iter()
        .map(|row| row.iter().map(|p| p.text.as_str()).collect::<String>())
        .map(|line| line.trim_end().to_owned())
        .collect()
}

fn groups() -> Vec<RawDocumentBuf> {
    vec![
        rawdoc! { "_id": "open", "count": 8, "sum": 2.5 },
        rawdoc! { "_id": "closed", "count": 4 },
        rawdoc! { "_id": null, "count": 1_i64, "sum": 0.0 },
    ]
}

#[test]
fn a_group_is_a_bar_to_each_label_and_number() {
    let data = Data::of(&groups()).unwrap();
    assert_eq!(data.label, "_id");
    assert_eq!(data.suited(), Kind::Bars);
    let one = Data {
        series: data.series[..1].to_vec(),
        ..data.clone()
    };
    assert_eq!(
        shown(&one.draw(Kind::Bars, 26, 10)),
        [
            "open   │████████████████ 8",
            "closed │████████ 4",
            "null   │██ 1",
            "       └┴────────┴──────",
            "        0        5",
        ]
    );
    let both = shown(&data.draw(Kind::Bars, 40, 10));
    assert_eq!(both[0], "█ count  ▒ sum");
    assert_eq!(both.len(), 1 + 6 + 2);
    assert!(both[2].contains('▒'), "{both:?}");
}

#[test]
fn what_does_not_fit_is_said_and_nothing_is_wider_than_asked() {
    let many: Vec<RawDocumentBuf> = (0..100)
        .map(|i| rawdoc! { "_id": format!("label number {i} that is quite long"), "n": i - 50 })
        .collect();
    let data = Data::of(&many).unwrap();
    for kind in [Kind::Bars, Kind::Lines, Kind::Histogram] {
        for (width, height) in [(80, 24), (30, 6), (10, 3), (1, 1), (0, 0)] {
            let rows = data.draw(kind, width, height);
            assert!(rows.len() <= height, "{kind:?} {width}x{height}");
            for line in shown(&rows) {
                if width >= 30 {
                    let wide = unicode_width::UnicodeWidthStr::width(line.as_str());
                    assert!(wide <= width, "{kind:?} {width}x{height}: {line}");
                }
            }
        }
    }
    let rows = shown(&data.draw(Kind::Bars, 60, 10));
    assert_eq!(rows.last().unwrap(), "… 93 more");
    let rows = shown(&data.draw_from(Kind::Bars, 40, 60, 10));
    assert!(rows[0].starts_with("label number 40"), "{rows:?}");
    assert_eq!(rows.last().unwrap(), "… 40 before, 53 more");
    let rows = shown(&data.draw_from(Kind::Bars, 1_000, 60, 10));
    assert!(rows[6].starts_with("label number 99"), "{rows:?}");
    assert_eq!(data.places(Kind::Bars), 100);
    assert_eq!(data.fits(Kind::Bars, 10), 7);
}

#[test]
fn lines_of_several_series_are_told_apart_by_their_points() {
    let days: Vec<RawDocumentBuf> = (0..9_i64)
        .map(|d| {
            let day = bson::DateTime::from_millis(d * 86_400_000);
            rawdoc! { "_id": day, "a": d, "b": 8 - d }
        })
        .collect();
    let data = Data::of(&days).unwrap();
    let rows = shown(&data.draw(Kind::Lines, 60, 14));
    assert_eq!(rows[0], "● a  ■ b");
    let count = |c: char| {
        rows[1..]
            .iter()
            .map(|r| r.matches(c).count())
            .sum::<usize>()
    };
    assert!(count('●') >= 8 && count('■') >= 8, "{rows:#?}");
    let axis = &rows[rows.len() - 1];
    assert!(
        axis.contains("1970-01-01") && axis.contains("1970-01-04"),
        "{axis}"
    );
    assert!(
        data.svg(Kind::Lines, 640, 360)
            .contains("stroke-dasharray=\"8 4\"")
    );
    assert!(data.svg(Kind::Bars, 640, 360).contains("url(#s1)"));
}

#[test]
fn a_field_too_many_is_said() {
    let one: bson::Document = (0..9)
        .map(|n| (format!("n{n}"), bson::Bson::Int32(n)))
        .collect();
    let wide = RawDocumentBuf::try_from(&one).unwrap();
    let data = Data::of(&[wide.clone(), wide]).unwrap();
    assert_eq!((data.series.len(), data.more_numbers), (6, 3));
}

#[test]
fn months_of_a_group_are_points_in_time() {
    let months: Vec<RawDocumentBuf> = (1..=12)
        .map(|m| rawdoc! { "_id": { "year": 2025, "month": m }, "count": m * m })
        .collect();
    let data = Data::of(&months).unwrap();
    assert_eq!(data.suited(), Kind::Lines);
    assert_eq!(data.labels[2].text(), "2025-03-01");
    let rows = shown(&data.draw(Kind::Lines, 50, 12));
    assert_eq!(rows.len(), 12);
    let last = rows.last().unwrap();
    assert!(
        last.contains("2025-01-01") && last.ends_with("2025-12-01"),
        "{last}"
    );
    assert!(
        rows.iter()
            .any(|r| r.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c)))
    );
}

#[test]
fn a_histogram_counts_every_value_once() {
    let values: Vec<RawDocumentBuf> = (0..1000)
        .map(|i| rawdoc! { "n": f64::from(i % 97) })
        .collect();
    let data = Data::of(&values).unwrap();
    assert_eq!(data.suited(), Kind::Histogram);
    let bins = data.histogram().unwrap();
    let total: f64 = bins.series[0].values.iter().flatten().sum();
    assert!((total - 1000.0).abs() < 1e-9);
    assert!(bins.labels.len() > 5);
    let same = Data::of(&[rawdoc! { "n": 7 }, rawdoc! { "n": 7 }]).unwrap();
    assert_eq!(shown(&same.draw(Kind::Histogram, 20, 2)).len(), 1);
}

#[test]
fn what_has_no_number_is_no_chart() {
    assert!(Data::of::<RawDocumentBuf>(&[]).is_err());
    let told = Data::of(&[rawdoc! { "_id": "a", "name": "b" }]).unwrap_err();
    assert!(told.to_string().contains("$group"));
    assert!(Data::of(&[rawdoc! { "a": f64::NAN }]).is_err());
}

#[test]
fn a_drawing_is_whole_and_holds_no_mark_up_of_the_data() {
    let hostile = [
        rawdoc! { "_id": "<script>&\"\u{1b}", "a<b": 3 },
        rawdoc! { "_id": "b", "a<b": -2 },
    ];
    let data = Data::of(&hostile).unwrap();
    for kind in [Kind::Bars, Kind::Lines, Kind::Histogram] {
        let drawing = data.svg(kind, 640, 360);
        assert!(drawing.starts_with("<svg ") && drawing.ends_with("</svg>\n"));
        assert!(!drawing.contains("<script") && !drawing.contains('\u{1b}'));
    }
    assert!(data.svg(Kind::Bars, 640, 360).contains("&lt;script&gt;"));
}

#[test]
fn numbers_are_short_and_ticks_are_round() {
    let cases = [
        (0.0, "0"),
        (1234567.0, "1,234,567"),
        (-1234.5, "-1,234.5"),
        (0.125, "0.125"),
        (2.0 / 3.0, "0.6667"),
        (1e20, "1e20"),
    ];
    for (n, text) in cases {
        assert_eq!(number(n), text);
    }
    assert_eq!(ticks(0.0, 10.0, 5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
    assert_eq!(ticks(0.0, 0.3, 3), [0.0, 0.1, 0.2, 0.30000000000000004]);
    assert_eq!(ticks(5.0, 5.0, 3), [5.0]);
}

#[test]
fn versions_and_constants_are_no_series_and_lines_join_no_categories() {
    let documents: Vec<RawDocumentBuf> = (0..4)
        .map(|i| rawdoc! { "_id": bson::oid::ObjectId::from_bytes([i as u8; 12]), "name": format!("n{i}"), "__v": i, "one": 1, "total": i })
        .collect();
    let data = Data::of(&documents).unwrap();
    let names: Vec<&str> = data.series.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["total"]);
    assert_eq!(data.drawn_as(Kind::Lines), Kind::Bars);
    assert_eq!(
        data.draw(Kind::Lines, 40, 10),
        data.draw(Kind::Bars, 40, 10)
    );
    // Of groups all numbers are a result, also equal ones.
    let groups = [rawdoc! {"_id": 1, "n": 5}, rawdoc! {"_id": 2, "n": 5}];
    let data = Data::of(&groups).unwrap();
    assert_eq!(data.series.len(), 1);
    assert_eq!(data.drawn_as(Kind::Lines), Kind::Lines);
}
