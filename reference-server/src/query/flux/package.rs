//! A request's `extern`: a file of the script's package, given as syntax tree, with which clients
//! pass parameters to a query as `option` statements.
//!
//! The product reads the tree with libflux and puts both files into one package
//! (2.7:http/query.go, `FluxCompiler.Extern`). The nodes are named as in libflux's `ast`; known are
//! those that clients make of their users' values (influxdb-client-python 1.50, `_base.py`
//! `_parm_to_extern_ast`), any other is refused by its name.

use super::ast::{
    Base, Duration, Expression, ExpressionKind as E, Identifier, Script, Statement,
    StatementKind as S, UnaryOperator,
};
use super::literal;
use serde_json::Value as Json;

/// The options of an `extern`, which the script that comes with it finds set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Package {
    options: Vec<Statement>,
}

impl Package {
    /// Reads the member of a request.
    ///
    /// # Errors
    /// What this server does not know, by its name.
    pub(super) fn from_json(file: &Json) -> Result<Self, String> {
        match file {
            Json::Null => return Ok(Self::default()),
            Json::Object(_) => {}
            _ => return Err("\"extern\" is no object".to_owned()),
        }
        if !list(file, "imports").is_empty() {
            return Err(unsupported("ImportDeclaration"));
        }
        let options = list(file, "body").iter().map(option).collect::<Result<_, _>>()?;
        Ok(Self { options })
    }

    /// The script with these options before its own statements.
    ///
    /// # Errors
    /// A name that both define: which one counts nobody has seen.
    pub(super) fn before(&self, mut script: Script) -> Result<Script, String> {
        for option in &self.options {
            let name = defined(option);
            if script.body.iter().any(|own| name.is_some() && defined(own) == name) {
                let name = name.unwrap_or_default();
                return Err(format!("\"extern\" with \"{name}\", which the script defines too,"));
            }
        }
        script.body.splice(0..0, self.options.iter().cloned());
        Ok(script)
    }
}

/// The name that a statement gives a value.
fn defined(statement: &Statement) -> Option<&str> {
    match &statement.kind {
        S::Assignment(name, _) | S::Option(name, _) => Some(&name.name),
        _ => None,
    }
}

fn option(statement: &Json) -> Result<Statement, String> {
    let assignment = match kind(statement) {
        "OptionStatement" => &statement["assignment"],
        other => return Err(unsupported(other)),
    };
    match kind(assignment) {
        "VariableAssignment" => {}
        other => return Err(unsupported(other)),
    }
    let name = assignment["id"]["name"].as_str().unwrap_or_default().to_owned();
    let value = expression(&assignment["init"])?;
    let base = Base::default();
    Ok(Statement { kind: S::Option(Identifier { base: base.clone(), name }, value), base })
}

fn expression(node: &Json) -> Result<Expression, String> {
    let value = &node["value"];
    let text = value.as_str();
    let known = match kind(node) {
        "StringLiteral" => text.map(|text| E::Text(text.as_bytes().into())),
        "IntegerLiteral" => text.and_then(|text| text.parse().ok()).map(E::Integer),
        "FloatLiteral" => value.as_f64().map(E::Float),
        // The names that the script itself uses for them.
        "BooleanLiteral" => value.as_bool().map(|value| E::Identifier(value.to_string())),
        "DateTimeLiteral" => text.and_then(literal::time).map(E::Time),
        "DurationLiteral" => duration(list(node, "values")).map(E::Duration),
        "ArrayExpression" => {
            Some(E::Array(list(node, "elements").iter().map(expression).collect::<Result<_, _>>()?))
        }
        "UnaryExpression" => {
            let operand = Box::new(expression(&node["argument"])?);
            let operator = match node["operator"].as_str() {
                Some("-") => Some(UnaryOperator::Minus),
                Some("+") => Some(UnaryOperator::Plus),
                _ => None,
            };
            operator.map(|operator| E::Unary(operator, operand))
        }
        other => return Err(unsupported(other)),
    };
    let Some(known) = known else {
        return Err(format!("\"extern\" with {node} for a {} cannot be read", kind(node)));
    };
    Ok(Expression { base: Base::default(), kind: known })
}

fn duration(parts: &[Json]) -> Option<Duration> {
    let mut text = String::new();
    for part in parts {
        text += &part["magnitude"].as_u64()?.to_string();
        text += part["unit"].as_str()?;
    }
    literal::duration(&text)
}

fn kind(node: &Json) -> &str {
    node["type"].as_str().unwrap_or("node without type")
}

fn list<'j>(node: &'j Json, key: &str) -> &'j [Json] {
    node[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn unsupported(node: &str) -> String {
    format!("\"extern\" with a {node} is not supported by this server")
}
