//! `models list` and `models show`.

use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

use super::select::{library, named, namespace};
use super::{Format, ListArgs, ShowArgs, Stopped, put};
use crate::cli::{Exit, print};
use crate::model::{Field, Kind, Model};

pub(super) fn list(args: &ListArgs) -> Result<Exit, Stopped> {
    let library = library(&args.from)?;
    match args.format {
        Format::Json => {
            let rows: Vec<_> = library
                .models
                .iter()
                .map(|m| {
                    json!({
                        "name": m.name,
                        "database": m.database,
                        "collection": m.collection,
                        "domain": m.domain,
                        "fields": count(m.fields()),
                        "indexes": m.indexes.len(),
                        "references": m.references().len(),
                        "source": { "file": m.source.file, "line": m.source.line },
                        "gaps": m.gaps.iter().map(|g| json!({ "file": g.file, "line": g.line, "what": g.what })).collect::<Vec<_>>(),
                    })
                })
                .collect();
            put(&serde_json::to_string_pretty(&rows).unwrap_or_default());
        }
        Format::Table => {
            let mut rows = vec![
                [
                    "DOMAIN",
                    "NAME",
                    "NAMESPACE",
                    "FIELDS",
                    "INDEXES",
                    "GAPS",
                    "SOURCE",
                ]
                .map(str::to_owned)
                .to_vec(),
            ];
            for model in &library.models {
                rows.push(vec![
                    model.domain.clone().unwrap_or_else(|| "-".to_owned()),
                    model.name.clone(),
                    namespace(model),
                    count(model.fields()).to_string(),
                    model.indexes.len().to_string(),
                    model.gaps.len().to_string(),
                    format!("{}:{}", model.source.file, model.source.line),
                ]);
            }
            put(&table(&rows));
        }
    }
    Ok(Exit::Ok)
}

/// Columns as wide as they need, without control characters wherever they go.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let clean = |cell: &String| print::printable(&cell.replace('\n', " "));
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(clean).collect())
        .collect();
    let rows = rows.as_slice();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width: Vec<usize> = (0..columns)
        .map(|c| {
            rows.iter()
                .filter_map(|r| r.get(c))
                .map(|t| t.width())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&width) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Declared fields, nested ones counted and not the objects around them.
fn count(fields: &[Field]) -> usize {
    fields
        .iter()
        .map(|f| match &f.kind {
            Kind::Nested(inner) => count(inner),
            _ => 1,
        })
        .sum()
}

pub(super) fn show(args: &ShowArgs) -> Result<Exit, Stopped> {
    let library = library(&args.from)?;
    let models = named(&library, &args.names)?;
    let texts: Vec<String> = models.iter().map(|m| tree(m)).collect();
    put(&texts.join("\n"));
    Ok(Exit::Ok)
}

/// A model as a tree.
pub(super) fn tree(model: &Model) -> String {
    let mut head = format!("{}  {}", model.name, namespace(model));
    if let Some(domain) = &model.domain {
        head.push_str(&format!("  {domain}"));
    }
    match model.source.line {
        0 => head.push_str(&format!("  told from {}", model.source.file)),
        line => head.push_str(&format!("  {}:{line}", model.source.file)),
    }
    let lines = model.sketch();
    let width = lines
        .iter()
        .filter(|l| !l.what.is_empty())
        .map(|l| l.level * 2 + l.name.width())
        .max()
        .unwrap_or(0)
        .min(44);
    let mut out = format!("{head}\n");
    for line in lines {
        let name = format!("{}{}", "  ".repeat(line.level + 1), line.name);
        let pad = (width + 2).saturating_sub(name.width());
        let what = print::printable(&line.what);
        out.push_str(format!("{name}{}  {what}", " ".repeat(pad)).trim_end());
        out.push('\n');
    }
    out
}
