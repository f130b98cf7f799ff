//! Small functions of a schema, understood without running them: conditions on the document, and constant results.

use oxc_ast::ast::{self, Expression, Statement};
use oxc_syntax::operator::{BinaryOperator, LogicalOperator, UnaryOperator};

use super::Reader;
use super::value::{Body, Function, Value};
use crate::model::Condition;

impl<'a> Reader<'a, '_> {
    /// What a `required` function asks of its document, where that is simple enough.
    pub(super) fn condition(&mut self, function: &Function<'a>) -> Option<Condition> {
        if function.is_async {
            return None;
        }
        let expression = match function.body {
            Body::Expression(e) => e,
            Body::Statements([Statement::ReturnStatement(r)]) => r.argument.as_ref()?,
            Body::Statements(_) => return None,
        };
        self.condition_of(expression, function, 16)
    }

    fn condition_of(
        &mut self,
        expression: &'a Expression<'a>,
        function: &Function<'a>,
        depth: usize,
    ) -> Option<Condition> {
        if depth == 0 {
            return None;
        }
        match expression.get_inner_expression() {
            Expression::BooleanLiteral(b) => Some(Condition::Constant(b.value)),
            Expression::UnaryExpression(u) if u.operator == UnaryOperator::LogicalNot => {
                let inner = self.condition_of(&u.argument, function, depth - 1)?;
                Some(Condition::Not(Box::new(inner)))
            }
            Expression::LogicalExpression(l) => {
                let left = self.condition_of(&l.left, function, depth - 1)?;
                let right = self.condition_of(&l.right, function, depth - 1)?;
                match l.operator {
                    LogicalOperator::And => Some(Condition::All(vec![left, right])),
                    LogicalOperator::Or => Some(Condition::Any(vec![left, right])),
                    LogicalOperator::Coalesce => None,
                }
            }
            Expression::BinaryExpression(b) => {
                let negated = match b.operator {
                    BinaryOperator::StrictEquality | BinaryOperator::Equality => false,
                    BinaryOperator::StrictInequality | BinaryOperator::Inequality => true,
                    _ => return None,
                };
                let (path, other) = match (this_path(&b.left), this_path(&b.right)) {
                    (Some(path), None) => (path, &b.right),
                    (None, Some(path)) => (path, &b.left),
                    _ => return None,
                };
                let value = self.eval(other, &function.scope, function.file);
                // A missing field is not equal to any of these, so `null` and `undefined` stay out.
                let value = match value {
                    Value::Undefined | Value::Null => return None,
                    other => other.to_bson(2)?,
                };
                let equal = Condition::OneOf(path, vec![value]);
                Some(if negated {
                    Condition::Not(Box::new(equal))
                } else {
                    equal
                })
            }
            Expression::CallExpression(call) => {
                // `['a', 'b'].includes(this.kind)`
                let member = call.callee.get_member_expr()?;
                let [argument] = call.arguments.as_slice() else {
                    return None;
                };
                if member.static_property_name()? != "includes" {
                    return None;
                }
                let path = this_path(argument.as_expression()?)?;
                let Value::Array(values) =
                    self.eval(member.object(), &function.scope, function.file)
                else {
                    return None;
                };
                let values = values
                    .borrow()
                    .iter()
                    .map(|v| v.to_bson(2))
                    .collect::<Option<_>>()?;
                Some(Condition::OneOf(path, values))
            }
            other => match this_path(other) {
                Some(path) => Some(Condition::Truthy(path)),
                None => self
                    .eval(other, &function.scope, function.file)
                    .truthy()
                    .map(Condition::Constant),
            },
        }
    }
}

/// `this.a.b` as its path.
fn this_path(expression: &Expression<'_>) -> Option<Vec<String>> {
    let mut path = Vec::new();
    let mut at = expression.get_inner_expression();
    for _ in 0..16 {
        match at {
            Expression::ThisExpression(_) => {
                path.reverse();
                return (!path.is_empty()).then_some(path);
            }
            Expression::ChainExpression(chain) => {
                let member: &ast::MemberExpression<'_> = chain.expression.as_member_expression()?;
                path.push(member.static_property_name()?.to_string());
                at = member.object().get_inner_expression();
            }
            other => {
                let member = other.as_member_expression()?;
                path.push(member.static_property_name()?.to_string());
                at = member.object().get_inner_expression();
            }
        }
    }
    None
}
