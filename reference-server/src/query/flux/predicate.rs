//! The part of a filter that storage evaluates: comparisons of a tag or of the value with a literal.
//! Storage does not tell a tag that a series lacks from an empty one, unlike the filter itself.

use super::ast::{
    BinaryOperator as B, Expression, ExpressionKind as E, FunctionBody, LogicalOperator,
    UnaryOperator,
};
use super::error::FluxError;
use super::operator::{compare, holds, regex};
use super::table::Cell;
use super::value::Closure;
use crate::store::Name;

/// A condition that storage evaluates for each point.
#[derive(Clone, Debug)]
pub(super) enum Predicate {
    Logical(LogicalOperator, Box<Self>, Box<Self>),
    Tag(Name, Test),
    Value(Test),
}

/// A comparison with a literal.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Literal(B, Cell),
    Regex(bool, regex::bytes::Regex),
}

/// A filter's function, split.
#[derive(Debug, Default)]
pub(super) struct Split<'a> {
    /// What storage can do.
    pub(super) pushed: Vec<Predicate>,
    /// What it cannot: all must hold.
    pub(super) rest: Vec<&'a Expression>,
}

/// Split a filter's function at its outermost `and`s; none where its body is no plain expression.
pub(super) fn split(closure: &Closure) -> Result<Option<Split<'_>>, FluxError> {
    let FunctionBody::Expression(body) = &closure.function.body else { return Ok(None) };
    let [parameter] = closure.function.parameters.as_slice() else { return Ok(None) };
    let mut split = Split::default();
    let mut stack = vec![body];
    while let Some(expression) = stack.pop() {
        match &expression.kind {
            E::Logical(LogicalOperator::And, left, right) => stack.extend([&**right, &**left]),
            E::Parenthesis(inner) => stack.push(inner),
            E::Identifier(name) if name == "true" => {}
            _ => match pushable(expression, parameter.key.bytes())? {
                Some(predicate) => split.pushed.push(predicate),
                None => split.rest.push(expression),
            },
        }
    }
    Ok(Some(split))
}

fn pushable(expression: &Expression, parameter: &[u8]) -> Result<Option<Predicate>, FluxError> {
    Ok(match &expression.kind {
        E::Parenthesis(inner) => pushable(inner, parameter)?,
        E::Logical(operator, left, right) => {
            let Some(left) = pushable(left, parameter)? else { return Ok(None) };
            let Some(right) = pushable(right, parameter)? else { return Ok(None) };
            Some(Predicate::Logical(*operator, Box::new(left), Box::new(right)))
        }
        E::Unary(..) => existence(expression, parameter, true),
        E::Binary(operator, left, right) => {
            let Some(key) = member(left, parameter) else { return Ok(None) };
            let Some(test) = test(*operator, right)? else { return Ok(None) };
            comparison(key, test)
        }
        _ => None,
    })
}

/// `exists r.tag` and `not exists r.tag`: whether the tag is other than empty.
fn existence(expression: &Expression, parameter: &[u8], wanted: bool) -> Option<Predicate> {
    match &expression.kind {
        E::Parenthesis(inner) => existence(inner, parameter, wanted),
        E::Unary(UnaryOperator::Not, inner) => existence(inner, parameter, !wanted),
        E::Unary(UnaryOperator::Exists, inner) => {
            let key = member(inner, parameter).filter(|key| &**key != b"_value")?;
            let operator = if wanted { B::NotEqual } else { B::Equal };
            let empty = Cell::Text(Name::from(&b""[..]));
            Some(Predicate::Tag(key, Test::Literal(operator, empty)))
        }
        _ => None,
    }
}

fn member(expression: &Expression, parameter: &[u8]) -> Option<Name> {
    let E::Member(object, key) = &expression.kind else { return None };
    let E::Identifier(name) = &object.kind else { return None };
    (name.as_bytes() == parameter).then(|| key.bytes().into())
}

fn test(operator: B, literal: &Expression) -> Result<Option<Test>, FluxError> {
    let cell = match &literal.kind {
        E::Text(text) => Cell::Text(text.clone()),
        E::Integer(v) => Cell::Integer(*v),
        E::Float(v) => Cell::Float(*v),
        E::Regex(pattern) => {
            return Ok(match operator {
                B::Matches => Some(Test::Regex(true, regex(pattern)?)),
                B::MatchesNot => Some(Test::Regex(false, regex(pattern)?)),
                _ => None,
            });
        }
        E::Identifier(name) if name == "true" || name == "false" => Cell::Boolean(name == "true"),
        _ => return Ok(None),
    };
    let compares = matches!(
        operator,
        B::Equal | B::NotEqual | B::Less | B::LessEqual | B::Greater | B::GreaterEqual
    );
    Ok(compares.then_some(Test::Literal(operator, cell)))
}

fn comparison(key: Name, test: Test) -> Option<Predicate> {
    if &*key == b"_value" {
        return Some(Predicate::Value(test));
    }
    match &test {
        // an absent tag would be taken for an empty one
        Test::Literal(B::Equal, Cell::Text(text)) if text.is_empty() => None,
        Test::Literal(B::Equal | B::NotEqual, _) | Test::Regex(..) => {
            Some(Predicate::Tag(key, test))
        }
        Test::Literal(..) => None,
    }
}

impl Predicate {
    /// Whether it holds for every point of a series or for none, as the tags alone tell, of which some may
    /// not be known; `None` where the points must be asked.
    pub(super) fn decided<'a>(&self, tag: &impl Fn(&[u8]) -> Option<&'a [u8]>) -> Option<bool> {
        match self {
            Self::Logical(operator, left, right) => {
                let settled = *operator == LogicalOperator::Or;
                match (left.decided(tag), right.decided(tag)) {
                    (Some(l), _) if l == settled => Some(settled),
                    (_, Some(r)) if r == settled => Some(settled),
                    (Some(_), Some(_)) => Some(!settled),
                    _ => None,
                }
            }
            Self::Tag(key, test) => Some(test.holds(&Cell::Text(tag(key)?.into()))),
            Self::Value(_) => None,
        }
    }

    /// The value that a tag must have for it, if it says nothing else.
    pub(super) fn value_of(&self, tag: &[u8]) -> Option<&Name> {
        match self {
            Self::Tag(key, Test::Literal(B::Equal, Cell::Text(value))) if **key == *tag => {
                Some(value)
            }
            _ => None,
        }
    }

    /// Whether the point counts; `tag` gives the value of a tag, empty where there is none.
    pub(super) fn holds<'a>(&self, tag: &impl Fn(&[u8]) -> &'a [u8], value: &Cell) -> bool {
        match self {
            Self::Logical(LogicalOperator::And, left, right) => {
                left.holds(tag, value) && right.holds(tag, value)
            }
            Self::Logical(LogicalOperator::Or, left, right) => {
                left.holds(tag, value) || right.holds(tag, value)
            }
            Self::Tag(key, test) => test.holds(&Cell::Text(tag(key).into())),
            Self::Value(test) => test.holds(value),
        }
    }
}

impl Test {
    /// A comparison of types that do not compare never holds.
    fn holds(&self, cell: &Cell) -> bool {
        match (self, cell) {
            (Self::Literal(operator, literal), _) => {
                compare(cell, literal).is_some_and(|order| holds(*operator, order))
            }
            (Self::Regex(wanted, regex), Cell::Text(text)) => regex.is_match(text) == *wanted,
            (Self::Regex(..), _) => false,
        }
    }
}
