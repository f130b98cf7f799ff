//! Why something is outside the closed set, and what to write instead.

use std::collections::BTreeMap;

use bson::RawBson;
use oxc_ast::ast::Expression;

use super::super::constructors;
use super::{bare, span_of};
use crate::value::{Diagnostic, Span, diagnostic::did_you_mean};

/// The name at the root of `process.env.HOME` and the like, where it is not one that may be used.
pub(in crate::query) fn forbidden_root<'e>(
    expression: &'e Expression<'_>,
) -> Option<(&'e str, Span)> {
    let mut inner = expression;
    loop {
        inner = match bare(inner) {
            Expression::StaticMemberExpression(m) => &m.object,
            Expression::ComputedMemberExpression(m) => &m.object,
            Expression::CallExpression(c) => &c.callee,
            Expression::Identifier(name) => {
                let name_text = name.name.as_str();
                let forbidden = matches!(
                    name_text,
                    "process"
                        | "require"
                        | "module"
                        | "global"
                        | "globalThis"
                        | "eval"
                        | "Function"
                        | "load"
                        | "Reflect"
                        | "Proxy"
                        | "console"
                        | "import"
                        | "db"
                );
                return forbidden.then(|| (name_text, span_of(&**name)));
            }
            _ => return None,
        };
    }
}

pub(in crate::query) fn unknown_name(
    name: &str,
    span: Span,
    parameters: &BTreeMap<String, RawBson>,
) -> Diagnostic {
    let executed = "nothing is executed here: write the value itself";
    let problem = Diagnostic::new(span, format!("`{name}` is not known here"));
    match name {
        "process" | "require" | "module" | "global" | "globalThis" | "eval" | "Function"
        | "load" | "Reflect" | "Proxy" | "console" | "arguments" | "window" => Diagnostic::new(
            span,
            format!("`{name}` is code, and query text is never executed"),
        )
        .with_help("write the value itself, or run this in mongosh"),
        "db" => Diagnostic::new(span, "a query cannot stand inside a value")
            .with_help("run it first and write its result, or use `$lookup`"),
        "TRUE" | "True" => problem.with_help("did you mean `true`?"),
        "FALSE" | "False" => problem.with_help("did you mean `false`?"),
        "NULL" | "None" | "nil" | "Null" => problem.with_help("did you mean `null`?"),
        _ if constructors::NAMES.contains(&name) => {
            Diagnostic::new(span, format!("`{name}` is a function, not a value"))
                .with_help(format!("call it: `{name}(…)`"))
        }
        _ => match did_you_mean(
            name,
            constructors::NAMES.into_iter().chain([
                "undefined",
                "Infinity",
                "true",
                "false",
                "null",
            ]),
        ) {
            Some(near) => problem.with_help(format!(
                "did you mean `{near}`? a text goes in quotes: `\"{name}\"`"
            )),
            None if parameters.contains_key(name) => {
                problem.with_help(format!("did you mean `params.{name}`?"))
            }
            None if name.len() < 60 => {
                problem.with_help(format!("a text goes in quotes: `\"{name}\"`"))
            }
            None => problem.with_help(executed),
        },
    }
}

pub(in crate::query) fn unknown_function(name: &str, span: Span) -> Diagnostic {
    match name {
        "process" | "require" | "eval" | "Function" | "load" | "Proxy" | "sleep" | "cat"
        | "fetch" | "setTimeout" => Diagnostic::new(
            span,
            format!("`{name}` is code, and query text is never executed"),
        )
        .with_help("write the value itself, or run this in mongosh"),
        _ => {
            let problem = Diagnostic::new(span, format!("there is no function `{name}`"));
            match did_you_mean(name, constructors::NAMES) {
                Some(near) => problem.with_help(format!("did you mean `{near}(…)`?")),
                None => problem.with_help("nothing is executed here: write the value itself"),
            }
        }
    }
}

pub(in crate::query) fn function_refusal(span: Span) -> Diagnostic {
    Diagnostic::new(span, "a function is code, and query text is never executed")
        .with_help("write the value itself; code for the server goes into `$where`, `$function` or `$accumulator`")
}

/// Why an expression is outside the closed set.
pub(in crate::query) fn refusal(expression: &Expression<'_>, span: Span) -> Diagnostic {
    match expression {
        Expression::FunctionExpression(_) | Expression::ArrowFunctionExpression(_) => {
            function_refusal(span)
        }
        Expression::ClassExpression(_) => {
            Diagnostic::new(span, "a class is code, and query text is never executed")
                .with_help("write the value itself")
        }
        Expression::AssignmentExpression(_) => {
            Diagnostic::new(span, "nothing can be assigned here").with_help(
                "to compare write `{field: value}`; a key and its value are joined by `:`",
            )
        }
        Expression::UpdateExpression(_) => Diagnostic::new(
            span,
            "`++` and `--` change something, and nothing is executed here",
        )
        .with_help("write the number itself"),
        Expression::AwaitExpression(_) | Expression::YieldExpression(_) => {
            Diagnostic::new(span, "there is nothing to wait for here").with_help("remove this word")
        }
        Expression::ThisExpression(_) => Diagnostic::new(span, "`this` means nothing here")
            .with_help("a field is named by its path, such as `\"$price\"`"),
        Expression::ImportExpression(_) => {
            Diagnostic::new(span, "`import` is code, and query text is never executed")
                .with_help("write the value itself")
        }
        _ => Diagnostic::new(span, "this cannot stand in a query")
            .with_help("nothing is executed here: write the value itself"),
    }
}
