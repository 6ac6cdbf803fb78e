//! A bound on how deep a query's plan can get.
//!
//! The parser bounds nesting, but a chain (`1+1+1…`, `… UNION …`) is as deep as it is long, and the
//! planner walks it by recursion. What nests nothing (names, literals, commas) does not count.

use datafusion::error::{DataFusionError, Result};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

/// The most operators and keywords that a query may have; [`super::run`] gives the planner's thread
/// a stack for as many levels.
const MOST: usize = 1000;

/// Refuses a query with too many operators and keywords.
pub(super) fn check(sql: &str) -> Result<()> {
    // What cannot be split into tokens is the parser's to refuse, in its words.
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, sql).tokenize() else { return Ok(()) };
    let count = tokens.iter().filter(|token| nests(token)).count();
    if count <= MOST {
        return Ok(());
    }
    Err(DataFusionError::ResourcesExhausted(format!(
        "the query has {count} operators and keywords, the most is {MOST}"
    )))
}

fn nests(token: &Token) -> bool {
    !matches!(
        token,
        Token::Whitespace(_)
            | Token::Number(_, _)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::Comma
            | Token::LParen
            | Token::RParen
            | Token::Period
            | Token::SemiColon
            | Token::EOF
    ) && !matches!(token, Token::Word(word) if word.keyword == Keyword::NoKeyword)
}
