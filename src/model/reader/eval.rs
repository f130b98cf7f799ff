//! Expressions and statements of a model file, read as values.
//!
//! Nothing is run: literals, constants, object and array building, and functions that only put such things together are
//! understood; everything else becomes [`Value::Unknown`]. Invariant: every walk is bounded in depth and in steps.

mod statements;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use oxc_ast::ast::{self, Expression};
use oxc_syntax::operator::{AssignmentOperator, BinaryOperator, LogicalOperator, UnaryOperator};

use super::Reader;
use super::value::{Body, Function, Object, Place, Value};

const DEEPEST: usize = 150;
const MOST_STEPS: usize = 2_000_000;
const LONGEST_TEXT: usize = 64 * 1024;

/// The names that are known at one place of a file.
pub(super) struct Scope<'a> {
    pub(super) names: RefCell<HashMap<&'a str, Value<'a>>>,
    pub(super) parent: Option<Rc<Scope<'a>>>,
}

impl<'a> Scope<'a> {
    pub(super) fn inside(parent: Option<&Rc<Self>>) -> Rc<Self> {
        Rc::new(Self {
            names: RefCell::default(),
            parent: parent.cloned(),
        })
    }

    pub(super) fn find(&self, name: &str) -> Option<Value<'a>> {
        if let Some(value) = self.names.borrow().get(name) {
            return Some(value.clone());
        }
        let mut at = self.parent.clone();
        while let Some(scope) = at {
            if let Some(value) = scope.names.borrow().get(name) {
                return Some(value.clone());
            }
            at = scope.parent.clone();
        }
        None
    }

    pub(super) fn set(&self, name: &'a str, value: Value<'a>) {
        self.names.borrow_mut().insert(name, value);
    }

    /// Gives a name that is declared further out another value.
    fn assign(&self, name: &'a str, value: Value<'a>) {
        if self.names.borrow().contains_key(name) {
            return self.set(name, value);
        }
        let mut at = self.parent.clone();
        while let Some(scope) = at {
            if scope.names.borrow().contains_key(name) {
                return scope.set(name, value);
            }
            at = scope.parent.clone();
        }
        self.set(name, value);
    }
}

/// What running through statements came to.
pub(super) enum Flow<'a> {
    Next,
    Return(Value<'a>),
    /// Control flow that is not understood.
    Lost,
}

impl<'a> Reader<'a, '_> {
    pub(super) fn place(&self, file: usize, offset: u32) -> Place {
        Place {
            file,
            line: self.files.get(file).map_or(0, |f| f.line(offset as usize)),
        }
    }

    fn step(&mut self) -> bool {
        self.steps += 1;
        self.steps < MOST_STEPS && self.depth < DEEPEST
    }

    /// The value of an expression, as far as it can be known.
    pub(super) fn eval(
        &mut self,
        expression: &'a Expression<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Value<'a> {
        if !self.step() {
            return Value::unknown("it is nested too deep");
        }
        self.depth += 1;
        let value = self.eval_inner(expression, scope, file);
        self.depth -= 1;
        value
    }

    fn eval_inner(
        &mut self,
        expression: &'a Expression<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Value<'a> {
        match expression {
            Expression::BooleanLiteral(b) => Value::Bool(b.value),
            Expression::NullLiteral(_) => Value::Null,
            Expression::NumericLiteral(n) => Value::Number(n.value),
            Expression::BigIntLiteral(n) => n.value.as_str().parse().map_or_else(
                |_| Value::unknown("the integer is too large"),
                Value::BigInt,
            ),
            Expression::RegExpLiteral(r) => Value::Regex(
                Rc::from(r.regex.pattern.text.as_str()),
                Rc::from(r.regex.flags.to_string().as_str()),
            ),
            Expression::StringLiteral(s) => Value::text(s.value.as_str()),
            Expression::TemplateLiteral(t) => self.template(t, scope, file),
            Expression::Identifier(id) => self.name(id.name.as_str(), scope),
            Expression::ArrayExpression(array) => {
                let mut out = Vec::new();
                for element in &array.elements {
                    match element {
                        ast::ArrayExpressionElement::SpreadElement(spread) => {
                            match self.eval(&spread.argument, scope, file) {
                                Value::Array(inner) => {
                                    self.steps += inner.borrow().len();
                                    if self.steps > MOST_STEPS {
                                        return Value::unknown("it is too large");
                                    }
                                    out.extend(inner.borrow().iter().cloned());
                                }
                                _ => {
                                    return Value::unknown(
                                        "it spreads something that cannot be read",
                                    );
                                }
                            }
                        }
                        ast::ArrayExpressionElement::Elision(_) => out.push(Value::Undefined),
                        other => match other.as_expression() {
                            Some(e) => {
                                let value = self.eval(e, scope, file);
                                out.push(value);
                            }
                            None => out.push(Value::Undefined),
                        },
                    }
                }
                Value::array(out)
            }
            Expression::ObjectExpression(object) => self.object(object, scope, file),
            Expression::ArrowFunctionExpression(arrow) => Value::Function(Rc::new(Function {
                params: &arrow.params,
                body: match &arrow.body {
                    ast::ArrowFunctionBody::FunctionBody(body) => {
                        Body::Statements(&body.statements)
                    }
                    other => match other.as_expression() {
                        Some(e) => Body::Expression(e),
                        None => Body::Statements(&[]),
                    },
                },
                scope: Rc::clone(scope),
                file,
                is_async: arrow.r#async,
            })),
            Expression::FunctionExpression(function) => self.function(function, scope, file),
            Expression::ParenthesizedExpression(p) => self.eval(&p.expression, scope, file),
            Expression::TSAsExpression(e) => self.eval(&e.expression, scope, file),
            Expression::TSSatisfiesExpression(e) => self.eval(&e.expression, scope, file),
            Expression::TSTypeAssertion(e) => self.eval(&e.expression, scope, file),
            Expression::TSNonNullExpression(e) => self.eval(&e.expression, scope, file),
            Expression::TSInstantiationExpression(e) => self.eval(&e.expression, scope, file),
            Expression::AwaitExpression(e) => self.eval(&e.argument, scope, file),
            Expression::SequenceExpression(s) => {
                let mut last = Value::Undefined;
                for e in &s.expressions {
                    last = self.eval(e, scope, file);
                }
                last
            }
            Expression::ConditionalExpression(c) => {
                match self.eval(&c.test, scope, file).truthy() {
                    Some(true) => self.eval(&c.consequent, scope, file),
                    Some(false) => self.eval(&c.alternate, scope, file),
                    None => {
                        let first = self.eval(&c.consequent, scope, file);
                        let second = self.eval(&c.alternate, scope, file);
                        match (first, second) {
                            (model @ Value::Model(_), _) | (_, model @ Value::Model(_)) => model,
                            _ => Value::unknown("it depends on a condition"),
                        }
                    }
                }
            }
            Expression::LogicalExpression(l) => {
                let left = self.eval(&l.left, scope, file);
                let keep = match l.operator {
                    LogicalOperator::Or => left.truthy(),
                    LogicalOperator::And => left.truthy().map(|t| !t),
                    LogicalOperator::Coalesce => match left {
                        Value::Unknown(_) => None,
                        _ => Some(!left.is_nullish()),
                    },
                };
                match keep {
                    Some(true) => left,
                    Some(false) => self.eval(&l.right, scope, file),
                    None => {
                        let right = self.eval(&l.right, scope, file);
                        match right {
                            Value::Model(_) => right,
                            _ => left,
                        }
                    }
                }
            }
            Expression::UnaryExpression(u) => {
                let value = self.eval(&u.argument, scope, file);
                match (u.operator, value) {
                    (UnaryOperator::UnaryNegation, Value::Number(n)) => Value::Number(-n),
                    (UnaryOperator::UnaryNegation, Value::BigInt(n)) => Value::BigInt(-n),
                    (UnaryOperator::UnaryPlus, Value::Number(n)) => Value::Number(n),
                    (UnaryOperator::LogicalNot, value) => match value.truthy() {
                        Some(b) => Value::Bool(!b),
                        None => value,
                    },
                    (UnaryOperator::Void, _) => Value::Undefined,
                    _ => Value::unknown("it is computed"),
                }
            }
            Expression::BinaryExpression(b) => {
                let left = self.eval(&b.left, scope, file);
                let right = self.eval(&b.right, scope, file);
                binary(b.operator, &left, &right)
            }
            Expression::AssignmentExpression(a) => {
                let value = self.eval(&a.right, scope, file);
                let value = if a.operator == AssignmentOperator::Assign {
                    value
                } else {
                    Value::unknown("it is computed")
                };
                self.assign(&a.left, value.clone(), scope, file);
                value
            }
            Expression::CallExpression(call) => self.call_expression(call, scope, file),
            Expression::NewExpression(new) => {
                let callee = self.eval(&new.callee, scope, file);
                let arguments = self.arguments(&new.arguments, scope, file);
                let place = self.place(file, new.span.start);
                self.construct(callee, arguments, place)
            }
            Expression::ChainExpression(chain) => match &chain.expression {
                ast::ChainElement::CallExpression(call) => self.call_expression(call, scope, file),
                ast::ChainElement::TSNonNullExpression(e) => self.eval(&e.expression, scope, file),
                other => match other.as_member_expression() {
                    Some(member) => self.member_expression(member, scope, file),
                    None => Value::unknown("it is computed"),
                },
            },
            Expression::ClassExpression(class) => self.class(class, file),
            Expression::ThisExpression(_) => scope
                .find("this")
                .unwrap_or(Value::unknown("it depends on `this`")),
            Expression::ImportExpression(_) => Value::unknown("it is imported when the code runs"),
            other => match other.as_member_expression() {
                Some(member) => self.member_expression(member, scope, file),
                None => Value::unknown("it is computed"),
            },
        }
    }

    fn name(&mut self, name: &str, scope: &Rc<Scope<'a>>) -> Value<'a> {
        if let Some(value) = scope.find(name) {
            return value;
        }
        let native = match name {
            "undefined" => return Value::Undefined,
            "NaN" => return Value::Number(f64::NAN),
            "Infinity" => return Value::Number(f64::INFINITY),
            "String" => "String",
            "Number" => "Number",
            "Boolean" => "Boolean",
            "Date" => "Date",
            "Buffer" => "Buffer",
            "Map" => "Map",
            "Array" => "Array",
            "Object" => "Object",
            "BigInt" => "BigInt",
            "RegExp" => "RegExp",
            "Set" => "Set",
            "Math" => "Math",
            "crypto" => "crypto",
            "require" => "require",
            _ => {
                return Value::unknown(format!(
                    "`{}` is not known here",
                    crate::model::describe::cut(name)
                ));
            }
        };
        Value::Native(native)
    }

    fn template(
        &mut self,
        template: &'a ast::TemplateLiteral<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Value<'a> {
        let mut out = String::new();
        for (i, quasi) in template.quasis.iter().enumerate() {
            out.push_str(quasi.value.cooked.as_ref().map_or("", |c| c.as_str()));
            if let Some(e) = template.expressions.get(i) {
                match text_of(&self.eval(e, scope, file)) {
                    Some(text) => out.push_str(&text),
                    None => return Value::unknown("the text is put together when the code runs"),
                }
            }
        }
        Value::text(&out)
    }

    fn object(
        &mut self,
        object: &'a ast::ObjectExpression<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Value<'a> {
        let mut out = Object::default();
        for property in &object.properties {
            match property {
                ast::ObjectPropertyKind::ObjectProperty(p) => {
                    let place = self.place(file, p.span.start);
                    let Some(key) = self.key(&p.key, p.computed, scope, file) else {
                        out.incomplete = Some((Rc::from("a name is computed"), place));
                        continue;
                    };
                    let value = if p.kind == ast::PropertyKind::Init {
                        self.eval(&p.value, scope, file)
                    } else {
                        Value::unknown("it is a getter or a setter")
                    };
                    out.set(key, value, place);
                }
                ast::ObjectPropertyKind::SpreadProperty(spread) => {
                    let place = self.place(file, spread.span.start);
                    match self.eval(&spread.argument, scope, file) {
                        Value::Object(inner) => {
                            let inner = inner.borrow();
                            self.steps += inner.properties.len();
                            for property in &inner.properties {
                                out.set(
                                    Rc::clone(&property.key),
                                    property.value.clone(),
                                    property.place,
                                );
                            }
                            if inner.incomplete.is_some() {
                                out.incomplete.clone_from(&inner.incomplete);
                            }
                        }
                        Value::Undefined | Value::Null | Value::Bool(_) => {}
                        Value::Unknown(why) => {
                            out.incomplete = Some((
                                Rc::from(format!("what is spread in here cannot be read: {why}")),
                                place,
                            ));
                        }
                        _ => {
                            out.incomplete =
                                Some((Rc::from("what is spread in here cannot be read"), place))
                        }
                    }
                }
            }
        }
        Value::object(out)
    }

    fn key(
        &mut self,
        key: &'a ast::PropertyKey<'a>,
        computed: bool,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Option<Rc<str>> {
        if computed {
            let value = self.eval(key.as_expression()?, scope, file);
            return text_of(&value).map(|t| Rc::from(t.as_str()));
        }
        key.static_name().map(|name| Rc::from(&*name))
    }

    pub(super) fn function(
        &mut self,
        function: &'a ast::Function<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Value<'a> {
        Value::Function(Rc::new(Function {
            params: &function.params,
            body: match &function.body {
                Some(body) => Body::Statements(&body.statements),
                None => Body::Statements(&[]),
            },
            scope: Rc::clone(scope),
            file,
            is_async: function.r#async || function.generator,
        }))
    }

    fn class(&mut self, class: &'a ast::Class<'a>, file: usize) -> Value<'a> {
        let mut getters = Object::default();
        for element in &class.body.body {
            if let ast::ClassElement::MethodDefinition(method) = element
                && !method.r#static
                && matches!(
                    method.kind,
                    ast::MethodDefinitionKind::Get | ast::MethodDefinitionKind::Set
                )
                && let Some(name) = method.key.static_name()
            {
                let place = self.place(file, method.span.start);
                getters.set(Rc::from(&*name), Value::Bool(true), place);
            }
        }
        Value::Method(Box::new(Value::object(getters)), Rc::from("class"))
    }

    pub(super) fn arguments(
        &mut self,
        arguments: &'a [ast::Argument<'a>],
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Vec<Value<'a>> {
        let mut out = Vec::new();
        for argument in arguments {
            match argument {
                ast::Argument::SpreadElement(spread) => {
                    match self.eval(&spread.argument, scope, file) {
                        Value::Array(inner) => out.extend(inner.borrow().iter().cloned()),
                        _ => out.push(Value::unknown("it spreads something that cannot be read")),
                    }
                }
                other => match other.as_expression() {
                    Some(e) => {
                        let value = self.eval(e, scope, file);
                        out.push(value);
                    }
                    None => out.push(Value::Undefined),
                },
            }
        }
        out
    }

    fn member_expression(
        &mut self,
        member: &'a ast::MemberExpression<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Value<'a> {
        let object = self.eval(member.object(), scope, file);
        match self.member_name(member, scope, file) {
            Some(name) => self.member(&object, &name),
            None => Value::unknown("a computed name cannot be read"),
        }
    }

    fn member_name(
        &mut self,
        member: &'a ast::MemberExpression<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Option<String> {
        match member {
            ast::MemberExpression::StaticMemberExpression(m) => Some(m.property.name.to_string()),
            ast::MemberExpression::ComputedMemberExpression(m) => {
                let value = self.eval(&m.expression, scope, file);
                text_of(&value)
            }
            ast::MemberExpression::PrivateFieldExpression(_) => None,
        }
    }

    fn call_expression(
        &mut self,
        call: &'a ast::CallExpression<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Value<'a> {
        let place = self.place(file, call.span.start);
        if let Some(specifier) = call.common_js_require() {
            return self.import(file, specifier.value.as_str(), place);
        }
        let callee = match call.callee.get_inner_expression().get_member_expr() {
            Some(member) => {
                let object = self.eval(member.object(), scope, file);
                match self.member_name(member, scope, file) {
                    Some(name) => {
                        let arguments = self.arguments(&call.arguments, scope, file);
                        return self.method(object, &name, arguments, place);
                    }
                    None => Value::unknown("a computed name cannot be read"),
                }
            }
            None => self.eval(&call.callee, scope, file),
        };
        let arguments = self.arguments(&call.arguments, scope, file);
        self.call(callee, arguments, place)
    }

    /// What a function of the file gives back, where it only puts known things together.
    pub(super) fn understand(
        &mut self,
        function: &Function<'a>,
        arguments: Vec<Value<'a>>,
    ) -> Value<'a> {
        if function.is_async || !self.step() {
            return Value::unknown("it is the result of a function");
        }
        let scope = Scope::inside(Some(&function.scope));
        scope.set("this", Value::unknown("it depends on `this`"));
        let mut arguments = arguments.into_iter();
        for param in &function.params.items {
            let mut value = arguments.next().unwrap_or(Value::Undefined);
            if let (Value::Undefined, Some(init)) = (&value, &param.initializer) {
                value = self.eval(init, &scope, function.file);
            }
            self.bind(&param.pattern, value, &scope, function.file);
        }
        match function.body {
            Body::Expression(e) => self.eval(e, &scope, function.file),
            Body::Statements(statements) => {
                self.depth += 1;
                let flow = self.statements(statements, &scope, function.file);
                self.depth -= 1;
                match flow {
                    Flow::Return(value) => value,
                    Flow::Next => Value::Undefined,
                    Flow::Lost => Value::unknown("it is the result of a function"),
                }
            }
        }
    }
}

/// The text that a known value becomes inside other text.
pub(super) fn text_of(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::Text(t) => t.to_string(),
        Value::Number(n) => js_number(*n),
        Value::BigInt(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Null => "null".to_owned(),
        Value::Undefined => "undefined".to_owned(),
        _ => return None,
    })
}

/// A number as JavaScript writes it, for the numbers that names and messages are made of.
pub(super) fn js_number(n: f64) -> String {
    if n == 0.0 {
        "0".to_owned()
    } else if n.is_infinite() {
        if n > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        n.to_string()
    }
}

fn binary<'a>(operator: BinaryOperator, left: &Value<'a>, right: &Value<'a>) -> Value<'a> {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => match operator {
            BinaryOperator::Addition => Value::Number(a + b),
            BinaryOperator::Subtraction => Value::Number(a - b),
            BinaryOperator::Multiplication => Value::Number(a * b),
            BinaryOperator::Division => Value::Number(a / b),
            BinaryOperator::Remainder => Value::Number(a % b),
            BinaryOperator::Exponential => Value::Number(a.powf(*b)),
            BinaryOperator::LessThan => Value::Bool(a < b),
            BinaryOperator::GreaterThan => Value::Bool(a > b),
            BinaryOperator::LessEqualThan => Value::Bool(a <= b),
            BinaryOperator::GreaterEqualThan => Value::Bool(a >= b),
            #[expect(clippy::float_cmp, reason = "JavaScript compares so")]
            BinaryOperator::StrictEquality | BinaryOperator::Equality => Value::Bool(a == b),
            #[expect(clippy::float_cmp, reason = "JavaScript compares so")]
            BinaryOperator::StrictInequality | BinaryOperator::Inequality => Value::Bool(a != b),
            _ => Value::unknown("it is computed"),
        },
        (Value::BigInt(a), Value::BigInt(b)) => match operator {
            BinaryOperator::Addition => a.checked_add(*b),
            BinaryOperator::Subtraction => a.checked_sub(*b),
            BinaryOperator::Multiplication => a.checked_mul(*b),
            _ => None,
        }
        .map_or_else(|| Value::unknown("it is computed"), Value::BigInt),
        _ => match (operator, text_of(left), text_of(right)) {
            (BinaryOperator::Addition, Some(a), Some(b))
                if a.len() + b.len() < LONGEST_TEXT
                    && (matches!(left, Value::Text(_)) || matches!(right, Value::Text(_))) =>
            {
                Value::text(&(a + &b))
            }
            (BinaryOperator::StrictEquality | BinaryOperator::Equality, Some(a), Some(b)) => {
                Value::Bool(a == b)
            }
            (BinaryOperator::StrictInequality | BinaryOperator::Inequality, Some(a), Some(b)) => {
                Value::Bool(a != b)
            }
            (_, None, _) if matches!(left, Value::Unknown(_)) => left.clone(),
            (_, _, None) if matches!(right, Value::Unknown(_)) => right.clone(),
            _ => Value::unknown("it is computed"),
        },
    }
}
