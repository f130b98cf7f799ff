//! The links of a chain: `db.a.find(…).sort(…)` taken apart, before it is known what it means.

use crate::query::eval::{Evaluator, bare, span_of};
use crate::query::js::Js;
use crate::value::{Diagnostic, Span};
use oxc_ast::ast::{Argument, ChainElement, Expression};

/// One link of a chain.
pub(super) enum Link<'e, 'a> {
    Name(String, Span),
    Call(&'e [Argument<'a>], Span),
}

/// A chain's root and its links.
pub(super) type Links<'e, 'a> = (&'e str, Span, Vec<Link<'e, 'a>>);

/// The links of a chain from its root, where the root is `db`, `rs` or `sh`; `None` for any other expression.
pub(super) fn links<'e, 'a>(
    evaluator: &mut Evaluator<'_>,
    expression: &'e Expression<'a>,
) -> Result<Option<Links<'e, 'a>>, Diagnostic> {
    if !is_rooted(expression) {
        return Ok(None);
    }
    let mut out = Vec::new();
    let mut inner = bare(expression);
    loop {
        inner = bare(match inner {
            Expression::Identifier(name) => {
                out.reverse();
                return Ok(Some((name.name.as_str(), span_of(&**name), out)));
            }
            Expression::StaticMemberExpression(m) => {
                out.push(Link::Name(
                    m.property.name.to_string(),
                    span_of(&m.property),
                ));
                &m.object
            }
            Expression::ComputedMemberExpression(m) => {
                out.push(computed(evaluator, &m.expression)?);
                &m.object
            }
            Expression::CallExpression(c) => {
                out.push(Link::Call(&c.arguments, span_of(&**c)));
                &c.callee
            }
            Expression::ChainExpression(c) => match &c.expression {
                ChainElement::CallExpression(c) => {
                    out.push(Link::Call(&c.arguments, span_of(&**c)));
                    &c.callee
                }
                ChainElement::StaticMemberExpression(m) => {
                    out.push(Link::Name(
                        m.property.name.to_string(),
                        span_of(&m.property),
                    ));
                    &m.object
                }
                ChainElement::ComputedMemberExpression(m) => {
                    out.push(computed(evaluator, &m.expression)?);
                    &m.object
                }
                _ => return Ok(None),
            },
            _ => return Ok(None),
        });
    }
}

pub(super) fn computed<'e, 'a>(
    evaluator: &mut Evaluator<'_>,
    expression: &Expression<'_>,
) -> Result<Link<'e, 'a>, Diagnostic> {
    let span = span_of(expression);
    match evaluator.value(expression)? {
        Js::Text(name) => Ok(Link::Name(name, span)),
        other => Err(
            Diagnostic::new(span, format!("a name goes here, not {}", other.kind()))
                .with_help("write it in quotes, such as `db[\"my-collection\"]`"),
        ),
    }
}

pub(super) fn is_rooted(expression: &Expression<'_>) -> bool {
    let mut inner = bare(expression);
    loop {
        inner = bare(match inner {
            Expression::Identifier(name) => {
                return matches!(name.name.as_str(), "db" | "rs" | "sh");
            }
            Expression::StaticMemberExpression(m) => &m.object,
            Expression::ComputedMemberExpression(m) => &m.object,
            Expression::CallExpression(c) => &c.callee,
            Expression::ChainExpression(c) => match &c.expression {
                ChainElement::CallExpression(c) => &c.callee,
                ChainElement::StaticMemberExpression(m) => &m.object,
                ChainElement::ComputedMemberExpression(m) => &m.object,
                _ => return false,
            },
            _ => return false,
        });
    }
}
