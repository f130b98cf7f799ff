//! What an operation and the methods of its cursor are called with, held to what the server takes.

use super::fit::{counted, fitted, normal_sort, usage};
use super::{Arguments, Reader, prints, problem};
use crate::query::eval::span_of;
use crate::query::js::Js;
use crate::query::operation::{
    CursorMethod, Operation, Takes, cursor_signature, follows_aggregate, signature,
};
use crate::value::{Diagnostic, Span, diagnostic::did_you_mean};
use bson::RawBson;

impl<'e, 'a> Reader<'_, '_, 'e, 'a> {
    pub(super) fn checked(
        &mut self,
        operation: Operation,
        (arguments, span): Arguments<'e, 'a>,
    ) -> Result<Vec<RawBson>, Diagnostic> {
        let mut spans: Vec<Span> = arguments.iter().map(span_of).collect();
        let values = if operation == Operation::MapReduce {
            self.evaluator.with_code(arguments)?
        } else {
            self.evaluator.arguments(arguments)?
        };
        spans.resize(values.len(), span);
        if operation == Operation::Aggregate {
            return self.pipeline(values, &spans);
        }
        self.checked_values(operation.name(), signature(operation), values, &spans, span)
    }

    /// `aggregate([…], options)`, `aggregate(stage, stage, …)` and `aggregate()`.
    pub(super) fn pipeline(
        &mut self,
        values: Vec<Js>,
        spans: &[Span],
    ) -> Result<Vec<RawBson>, Diagnostic> {
        let span = spans.first().copied().unwrap_or(Span::point(self.end));
        let mut values = values.into_iter();
        let (stages, options) = match values.next() {
            None => (Vec::new(), None),
            Some(Js::Array(stages)) => (stages, values.next()),
            Some(first @ Js::Object(_)) => (
                std::iter::once(first).chain(values.by_ref()).collect(),
                None,
            ),
            Some(other) => {
                return Err(Diagnostic::new(
                    span,
                    format!("a pipeline is an array of stages, not {}", other.kind()),
                )
                .with_help("write `aggregate([{$match: {…}}, …])`"));
            }
        };
        if values.next().is_some() {
            return Err(Diagnostic::new(
                span,
                "`aggregate` takes a pipeline and a document of options",
            ));
        }
        let mut out = vec![self.bson(&Js::Array(stages), span)?];
        match options {
            None | Some(Js::Undefined | Js::Null) => {}
            Some(options @ Js::Object(_)) => {
                let span = spans.get(1).copied().unwrap_or(span);
                out.push(self.bson(&options, span)?);
            }
            Some(other) => {
                return Err(Diagnostic::new(
                    spans.get(1).copied().unwrap_or(span),
                    format!("options are a document, not {}", other.kind()),
                ));
            }
        }
        Ok(out)
    }

    pub(super) fn checked_values(
        &mut self,
        name: &str,
        (required, takes): (usize, &[Takes]),
        mut values: Vec<Js>,
        spans: &[Span],
        span: Span,
    ) -> Result<Vec<RawBson>, Diagnostic> {
        while values.len() > required && values.last().is_some_and(Js::is_nothing) {
            values.pop();
        }
        if values.len() > takes.len() {
            let at = spans.get(takes.len()).copied().unwrap_or(span);
            return Err(Diagnostic::new(
                at,
                format!("`{name}` takes {} at the most", counted(takes.len())),
            )
            .with_help(
                "remove the rest; several conditions go into one document: `{a: 1, b: 2}`",
            ));
        }
        if values.len() < required {
            return Err(
                Diagnostic::new(span, format!("`{name}` needs {}", counted(required)))
                    .with_help(usage(takes)),
            );
        }
        let mut out = Vec::with_capacity(values.len());
        for (i, value) in values.into_iter().enumerate() {
            let at = spans.get(i).copied().unwrap_or(span);
            let take = takes.get(i).copied().unwrap_or(Takes::Any);
            let value = fitted(name, take, value, i >= required).map_err(|p| problem(at, p))?;
            out.push(self.bson(&value, at)?);
        }
        Ok(out)
    }

    pub(super) fn cursor(
        &mut self,
        operation: Operation,
    ) -> Result<Vec<(CursorMethod, Vec<RawBson>)>, Diagnostic> {
        let mut out = Vec::new();
        while self.at < self.links.len() {
            let Some((name, span)) = self.name(0).map(|(n, s)| (n.to_owned(), s)) else {
                let span = self.arguments(0).map_or(Span::point(self.end), |(_, s)| s);
                return Err(Diagnostic::new(
                    span,
                    "this is not a function that can be called here",
                ));
            };
            let Some((arguments, call_span)) = self.arguments(1) else {
                return Err(Diagnostic::new(
                    span,
                    format!("`{name}` of a result cannot be taken here"),
                )
                .with_help("use a projection, or call a method with `()`"));
            };
            self.at += 2;
            if matches!(name.as_str(), "forEach" | "map") {
                if name == "forEach" && prints(arguments) {
                    continue;
                }
                return Err(Diagnostic::new(
                    arguments.first().map_or(call_span, span_of),
                    format!("`{name}` runs a function, and nothing is executed here"),
                )
                .with_help("documents are shown as they are; to change them use a projection, a pipeline, or `updateMany`"));
            }
            let method = match name.as_str() {
                "project" => {
                    return Err(Diagnostic::new(span, "a cursor has no method `project`")
                        .with_help("did you mean `projection(…)`?"));
                }
                "maxTimeMs" => None,
                other => CursorMethod::from_name(other),
            };
            let aggregate = operation == Operation::Aggregate;
            let on_cursor = aggregate || operation == Operation::Find;
            let allowed = method.filter(|m| {
                (operation == Operation::Find)
                    || (aggregate && follows_aggregate(*m))
                    || (!on_cursor && *m == CursorMethod::Explain)
            });
            let Some(method) = allowed else {
                let diagnostic = Diagnostic::new(
                    span,
                    format!("`{name}` cannot follow `{}`", operation.name()),
                );
                let known = CursorMethod::ALL.iter().map(|m| m.name());
                return Err(match (method, operation) {
                    (Some(m), Operation::Aggregate) => {
                        diagnostic.with_help(format!("add a stage instead: `{{${}: …}}`", stage(m)))
                    }
                    (Some(_), _) => diagnostic.with_help("remove it"),
                    (None, _) => match did_you_mean(&name, known) {
                        Some(near) => diagnostic.with_help(format!("did you mean `{near}(…)`?")),
                        None => diagnostic.with_help("nothing is executed here: remove it"),
                    },
                });
            };
            let spans: Vec<Span> = arguments.iter().map(span_of).collect();
            let mut values = self.evaluator.arguments(arguments)?;
            if method == CursorMethod::Sort
                && let Some(sort) = values.first_mut()
            {
                let span = spans.first().copied().unwrap_or(call_span);
                *sort =
                    normal_sort(std::mem::replace(sort, Js::Null)).map_err(|p| problem(span, p))?;
            }
            let arguments = self.checked_values(
                method.name(),
                cursor_signature(method),
                values,
                &spans,
                call_span,
            )?;
            out.push((method, arguments));
        }
        Ok(out)
    }
}

pub(super) fn stage(method: CursorMethod) -> &'static str {
    match method {
        CursorMethod::Projection => "project",
        CursorMethod::Count | CursorMethod::Size => "count",
        CursorMethod::Sort => "sort",
        CursorMethod::Skip => "skip",
        _ => "limit",
    }
}

pub(super) fn canonical(name: &str) -> Option<Operation> {
    let name = match name {
        "getIndices" | "getIndexKeys" | "getIndexSpecs" => "getIndexes",
        "ensureIndex" => "createIndex",
        other => other,
    };
    Operation::from_name(name).filter(|o| o.of_collection())
}
