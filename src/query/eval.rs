//! Evaluates a syntax tree as a closed set of literals.
//!
//! There are no variables, no assignments, no functions and no loops, so evaluation ends, and nothing that the text
//! says is ever executed. Everything outside the set is a diagnostic that says what to write instead.

mod refusal;

use std::collections::BTreeMap;

use oxc_ast::ast::{
    Argument, ArrayExpressionElement, BigIntLiteral, BinaryExpression, CallExpression,
    ChainElement, Expression, ObjectExpression, ObjectPropertyKind, PropertyKey, PropertyKind,
    TemplateLiteral,
};
use oxc_span::GetSpan;
use oxc_syntax::operator::{BinaryOperator, LogicalOperator, UnaryOperator};

use super::Context;
use super::constructors::{self, World};
use super::js::{Js, Object, Problem};
use super::methods;
use super::nesting::MAX_DEPTH;
use super::operators;
use crate::value::{Diagnostic, Span, diagnostic::did_you_mean};
pub(super) use refusal::function_refusal;
use refusal::{forbidden_root, refusal, unknown_function, unknown_name};

/// Keys under which the server itself runs JavaScript, so that a function is data there.
const SERVER_CODE: [&str; 8] = [
    "$where",
    "body",
    "init",
    "accumulate",
    "merge",
    "finalize",
    "map",
    "reduce",
];

/// Values built in one evaluation, spreads and copies counted: a bound on memory.
const MAX_VALUES: usize = 2_000_000;

pub(super) struct Evaluator<'c> {
    context: &'c Context,
    source: &'c str,
    depth: usize,
    values: usize,
    chance: u64,
    /// Values that the text gave a name before its statement.
    names: BTreeMap<String, Js>,
    /// Problems of single values, so that one reading names them all.
    pub(super) problems: Vec<Diagnostic>,
    /// What can be sent but is not what was typed.
    pub(super) warnings: Vec<Diagnostic>,
}

pub(super) fn span_of(node: &impl GetSpan) -> Span {
    let span = node.span();
    Span::new(
        usize::try_from(span.start).unwrap_or(usize::MAX),
        usize::try_from(span.end).unwrap_or(usize::MAX),
    )
}

fn too_many(span: Span) -> Diagnostic {
    Diagnostic::new(span, "this makes more values than a document can hold")
}

fn at(span: Span, problem: Problem) -> Diagnostic {
    Diagnostic {
        span,
        message: problem.message,
        help: problem.help,
    }
}

/// The expression inside any parentheses.
pub(super) fn bare<'e, 'a>(expression: &'e Expression<'a>) -> &'e Expression<'a> {
    let mut inner = expression;
    while let Expression::ParenthesizedExpression(p) = inner {
        inner = &p.expression;
    }
    inner
}

impl<'c> Evaluator<'c> {
    pub(super) fn new(context: &'c Context, source: &'c str) -> Self {
        Self {
            context,
            source,
            depth: 0,
            values: 0,
            chance: context.chance,
            names: BTreeMap::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub(super) fn text(&self, span: Span) -> &'c str {
        self.source.get(span.start..span.end).unwrap_or("")
    }

    fn build<T>(
        &mut self,
        span: Span,
        make: impl FnOnce(&mut World<'_>) -> Result<T, Problem>,
    ) -> Result<T, Diagnostic> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a clock is far below 2^53 milliseconds"
        )]
        let mut world = World {
            zone: &self.context.zone,
            now: self.context.now_millis as f64,
            chance: self.chance,
            warnings: Vec::new(),
        };
        let made = make(&mut world);
        self.chance = world.chance;
        let warnings = world.warnings;
        self.warnings
            .extend(warnings.into_iter().map(|p| at(span, p)));
        made.map_err(|p| at(span, p))
    }

    /// The value of an expression.
    pub(super) fn value(&mut self, expression: &Expression<'_>) -> Result<Js, Diagnostic> {
        let span = span_of(expression);
        self.depth += 1;
        self.values += 1;
        let result = if self.depth > MAX_DEPTH + 20 {
            Err(Diagnostic::new(
                Span::new(span.start, span.start + 1),
                format!("nested deeper than {MAX_DEPTH} levels"),
            )
            .with_help("is this text whole?"))
        } else if self.values > MAX_VALUES {
            Err(too_many(span))
        } else {
            self.kind(expression, span)
        };
        self.depth -= 1;
        result
    }

    fn kind(&mut self, expression: &Expression<'_>, span: Span) -> Result<Js, Diagnostic> {
        Ok(match expression {
            Expression::BooleanLiteral(b) => Js::Bool(b.value),
            Expression::NullLiteral(_) => Js::Null,
            Expression::NumericLiteral(n) => Js::Number(n.value),
            Expression::BigIntLiteral(n) => big_int(n, span)?,
            Expression::StringLiteral(s) => {
                if s.lone_surrogates {
                    self.half_character(span);
                    Js::Text(without_halves(s.value.as_str()))
                } else {
                    Js::text(s.value.as_str())
                }
            }
            Expression::RegExpLiteral(r) => {
                let flags = r.regex.flags.to_string();
                constructors::checked_regex(r.regex.pattern.text.as_str().to_owned(), flags)
                    .map_err(|p| at(span, p))?
            }
            Expression::TemplateLiteral(t) => Js::Text(self.template(t, false)?),
            Expression::TaggedTemplateExpression(t) => {
                let raw = matches!(bare(&t.tag), Expression::StaticMemberExpression(m)
                    if m.property.name == "raw" && is_name(&m.object, "String"));
                if !raw {
                    return Err(Diagnostic::new(
                        span_of(&t.tag),
                        "a function cannot be called here",
                    )
                    .with_help("write the text itself"));
                }
                Js::Text(self.template(&t.quasi, true)?)
            }
            Expression::Identifier(name) => return self.identifier(name.name.as_str(), span),
            Expression::ParenthesizedExpression(p) => return self.value(&p.expression),
            Expression::ArrayExpression(a) => {
                let mut items = Vec::with_capacity(a.elements.len());
                for element in &a.elements {
                    match element {
                        ArrayExpressionElement::Elision(_) => items.push(Js::Undefined),
                        ArrayExpressionElement::SpreadElement(s) => {
                            let spread = self.spread(&s.argument)?;
                            items.extend(spread);
                        }
                        other => {
                            if let Some(e) = other.as_expression() {
                                let value = self.value_or_problem(e)?;
                                items.push(value);
                            }
                        }
                    }
                }
                Js::Array(items)
            }
            Expression::ObjectExpression(o) => Js::Object(self.object(o)?),
            Expression::UnaryExpression(u) => {
                if u.operator == UnaryOperator::Delete
                    && matches!(
                        bare(&u.argument),
                        Expression::StaticMemberExpression(_)
                            | Expression::ComputedMemberExpression(_)
                            | Expression::Identifier(_)
                    )
                {
                    return Err(Diagnostic::new(
                        span,
                        "`delete` changes something, and nothing is executed here",
                    )
                    .with_help("write the document without the field"));
                }
                if u.operator == UnaryOperator::Typeof
                    && let Expression::Identifier(name) = bare(&u.argument)
                    && !matches!(
                        name.name.as_str(),
                        "undefined" | "NaN" | "Infinity" | "params"
                    )
                    && !self.names.contains_key(name.name.as_str())
                {
                    return Err(Diagnostic::new(span, "`typeof` a name cannot be said here")
                        .with_help("write the text itself, such as `\"number\"`"));
                }
                let value = self.value(&u.argument)?;
                self.build(span, |w| operators::unary(u.operator, &value, w.zone))?
            }
            Expression::BinaryExpression(b) => return self.binary(b),
            Expression::LogicalExpression(_) => return self.logical(expression),
            Expression::ConditionalExpression(c) => {
                let chosen = if self.value(&c.test)?.truthy() {
                    &c.consequent
                } else {
                    &c.alternate
                };
                return self.value(chosen);
            }
            Expression::SequenceExpression(s) => {
                let mut last = Js::Undefined;
                for e in &s.expressions {
                    last = self.value(e)?;
                }
                last
            }
            Expression::CallExpression(c) => return self.call(c),
            Expression::NewExpression(n) => {
                let arguments = if is_name(&n.callee, "Code") {
                    self.with_code(&n.arguments)?
                } else {
                    self.arguments(&n.arguments)?
                };
                return self.construct(&n.callee, &arguments, span);
            }
            Expression::StaticMemberExpression(m) => {
                return self.member(&m.object, m.property.name.as_str(), m.optional, span);
            }
            Expression::ComputedMemberExpression(m) => {
                let key = self.value(&m.expression)?;
                let key = self.build(span_of(&m.expression), |w| key.to_key(w.zone))?;
                return self.member(&m.object, &key, m.optional, span);
            }
            Expression::ChainExpression(c) => match &c.expression {
                ChainElement::CallExpression(call) => return self.call(call),
                ChainElement::StaticMemberExpression(m) => {
                    return self.member(&m.object, m.property.name.as_str(), m.optional, span);
                }
                ChainElement::ComputedMemberExpression(m) => {
                    let key = self.value(&m.expression)?;
                    let key = self.build(span_of(&m.expression), |w| key.to_key(w.zone))?;
                    return self.member(&m.object, &key, m.optional, span);
                }
                _ => return Err(refusal(expression, span)),
            },
            other => return Err(refusal(other, span)),
        })
    }

    /// A value inside a collection: its problem is kept and the reading goes on.
    fn value_or_problem(&mut self, expression: &Expression<'_>) -> Result<Js, Diagnostic> {
        match self.value(expression) {
            Ok(value) => Ok(value),
            Err(problem) if self.problems.len() < 50 => {
                self.problems.push(problem);
                Ok(Js::Undefined)
            }
            Err(problem) => Err(problem),
        }
    }

    fn half_character(&mut self, span: Span) {
        self.warnings.push(
            Diagnostic::new(
                span,
                "half a character cannot be stored: the shell would send `\u{fffd}` instead",
            )
            .with_help("write both halves, such as `\\u{1F600}`"),
        );
    }

    fn template(
        &mut self,
        template: &TemplateLiteral<'_>,
        raw: bool,
    ) -> Result<String, Diagnostic> {
        let mut out = String::new();
        for (i, quasi) in template.quasis.iter().enumerate() {
            if raw {
                out.push_str(quasi.value.raw.as_str());
            } else if let Some(cooked) = &quasi.value.cooked {
                if quasi.lone_surrogates {
                    self.half_character(span_of(quasi));
                    out.push_str(&without_halves(cooked.as_str()));
                } else {
                    out.push_str(cooked.as_str());
                }
            } else {
                return Err(Diagnostic::new(span_of(quasi), "this escape is not one")
                    .with_help("write `\\\\` for a backslash"));
            }
            if let Some(e) = template.expressions.get(i) {
                let value = self.value(e)?;
                let text = self.build(span_of(e), |w| value.to_text(w.zone))?;
                out.push_str(&text);
            }
        }
        Ok(out)
    }

    /// Gives a value a name: `const since = ISODate("2024-01-01")`.
    pub(super) fn name(&mut self, name: &str, span: Span, value: Js) -> Result<(), Diagnostic> {
        if constructors::NAMES.contains(&name)
            || matches!(
                name,
                "db" | "rs" | "sh" | "params" | "undefined" | "NaN" | "Infinity"
            )
        {
            return Err(
                Diagnostic::new(span, format!("`{name}` has a meaning already"))
                    .with_help("choose another name"),
            );
        }
        self.names.insert(name.to_owned(), value);
        Ok(())
    }

    fn identifier(&mut self, name: &str, span: Span) -> Result<Js, Diagnostic> {
        if let Some(value) = self.names.get(name) {
            self.values += value.size();
            return if self.values > MAX_VALUES {
                Err(too_many(span))
            } else {
                Ok(value.clone())
            };
        }
        Ok(match name {
            "undefined" => Js::Undefined,
            "NaN" => Js::Number(f64::NAN),
            "Infinity" => Js::Number(f64::INFINITY),
            "MinKey" => Js::MinKey,
            "MaxKey" => Js::MaxKey,
            "params" => {
                let mut object = Object::default();
                for (key, value) in &self.context.parameters {
                    let value = Js::from_bson(value.as_raw_bson_ref()).map_err(|p| at(span, p))?;
                    object.set(key.clone(), value);
                }
                Js::Object(object)
            }
            _ => return Err(unknown_name(name, span, &self.context.parameters)),
        })
    }

    fn spread(&mut self, expression: &Expression<'_>) -> Result<Vec<Js>, Diagnostic> {
        let span = span_of(expression);
        let items = match self.value(expression)? {
            Js::Array(items) => items,
            Js::Text(text) => text.chars().map(Js::text).collect(),
            other => {
                return Err(Diagnostic::new(
                    span,
                    format!("`...` needs an array here, not {}", other.kind()),
                )
                .with_help("write the items themselves"));
            }
        };
        self.values += items.len();
        Ok(items)
    }

    fn object(&mut self, object: &ObjectExpression<'_>) -> Result<Object, Diagnostic> {
        let mut out = Object::default();
        let mut prototype = None;
        for property in &object.properties {
            match property {
                ObjectPropertyKind::SpreadProperty(s) => {
                    let span = span_of(&s.argument);
                    match self.value(&s.argument)? {
                        Js::Object(inner) => {
                            self.values += inner.len();
                            for (k, v) in inner.ordered() {
                                out.set(k.clone(), v.clone());
                            }
                        }
                        Js::Array(items) => {
                            self.values += items.len();
                            for (i, v) in items.into_iter().enumerate() {
                                out.set(i.to_string(), v);
                            }
                        }
                        Js::Text(text) => {
                            for (i, c) in text.chars().enumerate() {
                                out.set(i.to_string(), Js::text(c));
                            }
                        }
                        other if other.is_primitive() => {}
                        other => {
                            return Err(Diagnostic::new(
                                span,
                                format!("`...` needs a document here, not {}", other.kind()),
                            ));
                        }
                    }
                }
                ObjectPropertyKind::ObjectProperty(p) => {
                    let span = span_of(&**p);
                    if p.kind != PropertyKind::Init {
                        return Err(Diagnostic::new(
                            span,
                            "a getter or setter is a function, and nothing is executed here",
                        )
                        .with_help("write `key: value`"));
                    }
                    if p.method {
                        return Err(function_refusal(span));
                    }
                    let key_span = span_of(&p.key);
                    let key = self.key(&p.key, p.computed)?;
                    if key == "__proto__"
                        && !p.computed
                        && !p.shorthand
                        && prototype.replace(key_span).is_some()
                    {
                        return Err(Diagnostic::new(key_span, "`__proto__` stands here twice")
                            .with_help("keep one of them"));
                    }
                    if let Expression::FunctionExpression(_)
                    | Expression::ArrowFunctionExpression(_) = bare(&p.value)
                        && SERVER_CODE.contains(&key.as_str())
                    {
                        let code = self.text(span_of(bare(&p.value))).to_owned();
                        out.set(key, Js::Code { code, scope: None });
                        continue;
                    }
                    let value = self.value_or_problem(&p.value)?;
                    out.set(key, value);
                }
            }
        }
        Ok(out)
    }

    fn key(&mut self, key: &PropertyKey<'_>, computed: bool) -> Result<String, Diagnostic> {
        let span = span_of(key);
        match key {
            PropertyKey::StaticIdentifier(name) => Ok(name.name.to_string()),
            PropertyKey::PrivateIdentifier(_) => {
                Err(Diagnostic::new(span, "`#` names are not keys")
                    .with_help("put the key in quotes"))
            }
            PropertyKey::NumericLiteral(n) if !computed => Ok(super::number::to_text(n.value)),
            PropertyKey::BigIntLiteral(n) if !computed => Ok(n.value.to_string()),
            other => match other.as_expression() {
                Some(e) => {
                    let value = self.value(e)?;
                    self.build(span, |w| value.to_key(w.zone))
                }
                None => Err(Diagnostic::new(span, "this is not a key")),
            },
        }
    }

    /// A chain of operators, from the left without recursion.
    fn binary(&mut self, expression: &BinaryExpression<'_>) -> Result<Js, Diagnostic> {
        let mut chain = vec![expression];
        let mut left = &expression.left;
        while let Expression::BinaryExpression(inner) = left {
            chain.push(inner);
            left = &inner.left;
        }
        let mut value = self.value(left)?;
        while let Some(part) = chain.pop() {
            let span = span_of(part);
            if part.operator == BinaryOperator::Instanceof {
                value = Js::Bool(self.instance_of(&value, &part.right)?);
                continue;
            }
            let right = self.value(&part.right)?;
            if part.operator == BinaryOperator::In {
                value = Js::Bool(self.is_in(&value, &right, span)?);
                continue;
            }
            let joined = self.build(span, |w| {
                operators::binary(part.operator, &value, &right, w.zone)
            })?;
            value = joined;
        }
        Ok(value)
    }

    fn instance_of(&self, value: &Js, right: &Expression<'_>) -> Result<bool, Diagnostic> {
        let Expression::Identifier(name) = bare(right) else {
            return Err(refusal(right, span_of(right)));
        };
        Ok(match name.name.as_str() {
            "Array" => matches!(value, Js::Array(_)),
            "Date" => matches!(value, Js::Date(_)),
            "RegExp" => matches!(value, Js::Regex { .. }),
            "ObjectId" => matches!(value, Js::ObjectId(_)),
            "Object" => !value.is_primitive(),
            "String" | "Number" | "Boolean" => false,
            other => {
                return Err(unknown_name(
                    other,
                    span_of(right),
                    &self.context.parameters,
                ));
            }
        })
    }

    fn is_in(&mut self, key: &Js, value: &Js, span: Span) -> Result<bool, Diagnostic> {
        let key = self.build(span, |w| key.to_key(w.zone))?;
        match value {
            Js::Object(object) => Ok(object.get(&key).is_some()),
            Js::Array(items) => Ok(key.parse::<usize>().is_ok_and(|i| i < items.len())),
            other => Err(Diagnostic::new(
                span,
                format!("`in` needs a document, not {}", other.kind()),
            )
            .with_help("to ask for one of several values write `{$in: […]}`")),
        }
    }

    fn logical(&mut self, expression: &Expression<'_>) -> Result<Js, Diagnostic> {
        let mut chain = Vec::new();
        let mut left = expression;
        while let Expression::LogicalExpression(inner) = left {
            chain.push(inner);
            left = &inner.left;
        }
        let mut value = self.value(left)?;
        while let Some(part) = chain.pop() {
            let stops = match part.operator {
                LogicalOperator::Or => value.truthy(),
                LogicalOperator::And => !value.truthy(),
                LogicalOperator::Coalesce => !value.is_nothing(),
            };
            if !stops {
                value = self.value(&part.right)?;
            }
        }
        Ok(value)
    }

    pub(super) fn arguments(&mut self, arguments: &[Argument<'_>]) -> Result<Vec<Js>, Diagnostic> {
        let mut out = Vec::with_capacity(arguments.len());
        for argument in arguments {
            match argument {
                Argument::SpreadElement(s) => {
                    let items = self.spread(&s.argument)?;
                    out.extend(items);
                }
                other => {
                    if let Some(e) = other.as_expression() {
                        let value = self.value(e)?;
                        out.push(value);
                    }
                }
            }
        }
        Ok(out)
    }

    /// Arguments of which functions are the server's to run: their text.
    pub(super) fn with_code(&mut self, arguments: &[Argument<'_>]) -> Result<Vec<Js>, Diagnostic> {
        let mut out = Vec::new();
        for argument in arguments {
            match argument.as_expression().map(bare) {
                Some(
                    code @ (Expression::FunctionExpression(_)
                    | Expression::ArrowFunctionExpression(_)),
                ) => out.push(Js::Code {
                    code: self.text(span_of(code)).to_owned(),
                    scope: None,
                }),
                _ => out.extend(self.arguments(std::slice::from_ref(argument))?),
            }
        }
        Ok(out)
    }

    fn construct(
        &mut self,
        callee: &Expression<'_>,
        arguments: &[Js],
        span: Span,
    ) -> Result<Js, Diagnostic> {
        let callee = bare(callee);
        match callee {
            Expression::Identifier(name) => {
                let name = name.name.as_str();
                if matches!(
                    name,
                    "Symbol" | "BigInt" | "parseInt" | "parseFloat" | "isNaN" | "isFinite"
                ) {
                    return Err(Diagnostic::new(
                        span_of(callee),
                        format!("`{name}` is called without `new`"),
                    )
                    .with_help(format!("write `{name}(…)`")));
                }
                match self.build(span, |w| {
                    constructors::call(name, arguments, true, w).transpose()
                })? {
                    Some(value) => Ok(value),
                    None => Err(unknown_function(name, span_of(callee))),
                }
            }
            Expression::StaticMemberExpression(m) => {
                let known = constructors::NAMES.contains(&m.property.name.as_str());
                let problem = Diagnostic::new(
                    span_of(callee),
                    format!("`{}` is not known here", self.text(span_of(callee))),
                );
                Err(if known {
                    problem.with_help(format!("write `{}(…)`", m.property.name))
                } else {
                    problem.with_help("write the value itself")
                })
            }
            other => Err(refusal(other, span_of(other))),
        }
    }

    fn call(&mut self, call: &CallExpression<'_>) -> Result<Js, Diagnostic> {
        let span = span_of(call);
        let callee = bare(&call.callee);
        if let Some(found) = forbidden_root(callee) {
            return Err(unknown_name(found.0, found.1, &self.context.parameters));
        }
        let (object, name) = match callee {
            Expression::Identifier(name) => {
                let name = name.name.as_str();
                if !constructors::NAMES.contains(&name) && name != "ObjectID" {
                    return Err(unknown_function(name, span_of(callee)));
                }
                let arguments = if name == "Code" {
                    self.with_code(&call.arguments)?
                } else {
                    self.arguments(&call.arguments)?
                };
                return match self.build(span, |w| {
                    constructors::call(name, &arguments, false, w).transpose()
                })? {
                    Some(value) => Ok(value),
                    None => Err(unknown_function(name, span_of(callee))),
                };
            }
            Expression::StaticMemberExpression(m) => (&m.object, m.property.name.to_string()),
            Expression::ComputedMemberExpression(m) => {
                let key = self.value(&m.expression)?;
                let key = self.build(span_of(&m.expression), |w| key.to_key(w.zone))?;
                (&m.object, key)
            }
            Expression::FunctionExpression(_) | Expression::ArrowFunctionExpression(_) => {
                return Err(function_refusal(span_of(callee)));
            }
            other => {
                return Err(Diagnostic::new(
                    span_of(other),
                    "this is not a function that can be called here",
                )
                .with_help("write the value itself"));
            }
        };
        if let Expression::Identifier(space) = bare(object)
            && constructors::NAMES.contains(&space.name.as_str())
        {
            let space = space.name.as_str();
            let arguments = self.arguments(&call.arguments)?;
            return match self.build(span, |w| {
                constructors::call_static(space, &name, &arguments, w).transpose()
            })? {
                Some(value) => Ok(value),
                None => {
                    let problem = Diagnostic::new(
                        span_of(callee),
                        format!("`{space}.{name}` is not a function that can be used here"),
                    );
                    let near = did_you_mean(&name, constructors::MATH).filter(|_| space == "Math");
                    Err(match near {
                        Some(near) => problem.with_help(format!("did you mean `Math.{near}`?")),
                        None => problem.with_help("nothing is executed: write its result instead"),
                    })
                }
            };
        }
        let receiver = self.value(object)?;
        let arguments = self.arguments(&call.arguments)?;
        self.build(span, |w| methods::call(receiver, &name, &arguments, w))
    }

    fn member(
        &mut self,
        object: &Expression<'_>,
        name: &str,
        optional: bool,
        span: Span,
    ) -> Result<Js, Diagnostic> {
        if let Some(found) = forbidden_root(bare(object)) {
            return Err(unknown_name(found.0, found.1, &self.context.parameters));
        }
        if let Expression::Identifier(space) = bare(object) {
            let space = space.name.as_str();
            if let Some(value) = constructors::constant(space, name) {
                return Ok(value);
            }
            if space == "params" {
                return match self.context.parameters.get(name) {
                    Some(value) => Js::from_bson(value.as_raw_bson_ref()).map_err(|p| at(span, p)),
                    None => {
                        let problem = Diagnostic::new(span, super::no_parameter(name));
                        let names = self.context.parameters.keys().map(String::as_str);
                        Err(match did_you_mean(name, names) {
                            Some(near) => {
                                problem.with_help(format!("did you mean `params.{near}`?"))
                            }
                            None => problem.with_help(
                                "declare it in the comment at the head of the saved query",
                            ),
                        })
                    }
                };
            }
            if constructors::NAMES.contains(&space) {
                return Err(
                    Diagnostic::new(span, format!("`{space}.{name}` is not a value"))
                        .with_help("call it with `()`, or write the value itself"),
                );
            }
        }
        let value = self.value(object)?;
        if optional && value.is_nothing() {
            return Ok(Js::Undefined);
        }
        self.build(span, |_| methods::property(value, name))
    }
}

fn is_name(expression: &Expression<'_>, name: &str) -> bool {
    matches!(bare(expression), Expression::Identifier(i) if i.name == name)
}

fn big_int(literal: &BigIntLiteral<'_>, span: Span) -> Result<Js, Diagnostic> {
    literal.value.as_str().parse().map(Js::BigInt).map_err(|_| {
        Diagnostic::new(span, "this bigint does not fit into 64 bits")
            .with_help("write `NumberDecimal(\"…\")` for larger numbers")
    })
}

/// Text in which the parser wrote halves of characters as `\u{FFFD}XXXX`: those become `\u{FFFD}` alone.
fn without_halves(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{fffd}') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        out.push('\u{fffd}');
        rest = after.get('\u{fffd}'.len_utf8() + 4..).unwrap_or("");
    }
    out.push_str(rest);
    out
}
