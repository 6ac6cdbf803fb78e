//! The type of a property that `map` makes, where all its values are null: as far as the function's
//! text tells it.

use super::ast::{
    BinaryOperator as B, Expression, ExpressionKind as E, FunctionBody, UnaryOperator,
};
use super::table::{Column, Kind};
use super::value::Closure;

/// The type of a property of the record that a function of rows gives.
pub(super) fn of_property(closure: &Closure, name: &[u8], columns: &[Column]) -> Option<Kind> {
    let [parameter] = closure.function.parameters.as_slice() else { return None };
    let FunctionBody::Expression(body) = &closure.function.body else { return None };
    let mut body = body;
    while let E::Parenthesis(inner) = &body.kind {
        body = inner;
    }
    let E::Record(_, properties) = &body.kind else { return None };
    let property = properties.iter().rfind(|property| property.key.bytes() == name)?;
    kind(property.value.as_ref()?, parameter.key.bytes(), columns)
}

fn kind(expression: &Expression, parameter: &[u8], columns: &[Column]) -> Option<Kind> {
    match &expression.kind {
        E::Parenthesis(inner) | E::Unary(UnaryOperator::Plus | UnaryOperator::Minus, inner) => {
            kind(inner, parameter, columns)
        }
        E::Unary(..) | E::Logical(..) => Some(Kind::Boolean),
        E::Integer(_) => Some(Kind::Integer),
        E::Float(_) => Some(Kind::Float),
        E::Text(_) => Some(Kind::Text),
        E::Time(_) => Some(Kind::Time),
        E::Member(object, key) => {
            let E::Identifier(name) = &object.kind else { return None };
            let column = columns.iter().find(|c| *c.label == *key.bytes())?;
            (name.as_bytes() == parameter).then_some(column.kind)
        }
        // Both sides of arithmetic are of one type.
        E::Binary(B::Add | B::Subtract | B::Multiply | B::Divide | B::Modulo, left, right) => {
            kind(left, parameter, columns).or_else(|| kind(right, parameter, columns))
        }
        E::Binary(B::Power, ..) => Some(Kind::Float),
        E::Binary(..) => Some(Kind::Boolean),
        _ => None,
    }
}
