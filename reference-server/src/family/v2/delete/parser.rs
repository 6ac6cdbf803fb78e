//! The predicate parser: `key = "value"` and `key != "value"` joined by `AND`, in parentheses.
//! It keeps its place on a list, not on the stack, so that nesting costs none.

use super::TagRule;
use super::scanner::{Kind, Pos, Scanner, Token};
use crate::go_text::quote;

/// The rules of a predicate, all of which must hold; none for an empty one.
pub(super) fn rules(text: &str) -> Result<Vec<TagRule>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut parser = Parser {
        scanner: Scanner::new(text),
        unread: None,
        open: 0,
        frames: vec![Frame::new(Place::Top)],
    };
    parser.run()?.into_rules()
}

/// What was read of one level: the product's node with two places, of which the second is
/// overwritten where `AND` is missing.
#[derive(Debug)]
struct Frame {
    place: Place,
    left: Option<Node>,
    right: Option<Node>,
    and: bool,
}

/// Where a level's result goes.
#[derive(Clone, Copy, Debug)]
enum Place {
    Top,
    /// Into the level around this parenthesis, the n-th open one.
    Parenthesis(i64),
    /// Behind an `AND` whose left side is complete.
    Right,
}

/// Rules, and whether a pair among them lacks its operator.
#[derive(Debug)]
struct Node {
    rules: Vec<TagRule>,
    /// Where the first such pair lies: its place in each pair around it, from the inside.
    fault: Option<Vec<usize>>,
}

impl Node {
    fn pair(left: Self, right: Self, and: bool) -> Self {
        let deeper = |child: usize, fault: Option<Vec<usize>>| {
            fault.map(|mut path| {
                path.push(child);
                path
            })
        };
        let fault = if and {
            deeper(0, left.fault).or_else(|| deeper(1, right.fault))
        } else {
            Some(Vec::new())
        };
        let mut rules = left.rules;
        rules.extend(right.rules);
        Self { rules, fault }
    }

    fn into_rules(self) -> Result<Vec<TagRule>, String> {
        let Some(path) = self.fault else { return Ok(self.rules) };
        let mut error = String::new();
        for child in path.iter().rev() {
            error.push_str(&format!("Err in Child {child}, err: "));
        }
        Err(error + "the logical operator '\\x00' is invalid")
    }
}

impl Frame {
    const fn new(place: Place) -> Self {
        Self { place, left: None, right: None, and: false }
    }

    fn put(&mut self, node: Option<Node>) {
        if self.left.is_none() { self.left = node } else { self.right = node }
    }

    /// The level's result; none where it holds nothing.
    fn close(self) -> Option<Node> {
        match (self.left, self.right) {
            (Some(left), Some(right)) => Some(Node::pair(left, right, self.and)),
            (left, _) => left,
        }
    }

    /// Makes what was read the left side of a pair with this right side.
    fn combine(&mut self, right: Node) {
        let left = std::mem::replace(self, Self::new(self.place)).close();
        let and = true;
        (self.left, self.right, self.and) = (left, Some(right), and);
    }
}

struct Parser {
    scanner: Scanner,
    unread: Option<Token>,
    open: i64,
    frames: Vec<Frame>,
}

impl Parser {
    fn word(&mut self) -> Token {
        self.unread.take().unwrap_or_else(|| self.scanner.word())
    }

    fn run(&mut self) -> Result<Node, String> {
        loop {
            let token = self.word();
            let pos = token.pos;
            let Some(frame) = self.frames.last_mut() else { return Err(bad_expression(pos)) };
            match token.kind {
                Kind::Number | Kind::Integer | Kind::Name | Kind::Ident => {
                    self.unread = Some(token);
                    let rule = self.rule()?;
                    self.put(Some(rule));
                }
                Kind::And => {
                    frame.and = true;
                    if frame.right.is_some() {
                        self.right_side()?;
                    }
                }
                Kind::Or => {
                    let at = pos.char;
                    return Err(format!(
                        "the logical operator OR is not supported yet at position {at}"
                    ));
                }
                Kind::LParen => {
                    self.open += 1;
                    self.frames.push(Frame::new(Place::Parenthesis(self.open)));
                }
                Kind::RParen | Kind::Eof => {
                    if token.kind == Kind::RParen {
                        self.open -= 1;
                    }
                    if self.open < 0 {
                        return Err("extra ) seen".to_owned());
                    }
                    if let Some(node) = self.end_level(&token)? {
                        return Ok(node);
                    }
                }
                _ => return Err(bad_expression(pos)),
            }
        }
    }

    fn put(&mut self, node: Option<Node>) {
        if let Some(frame) = self.frames.last_mut() {
            frame.put(node);
        }
    }

    /// What follows an `AND` whose left side is complete.
    fn right_side(&mut self) -> Result<(), String> {
        let next = self.word();
        let parenthesis = next.kind == Kind::LParen;
        self.unread = Some(next);
        if parenthesis {
            self.frames.push(Frame::new(Place::Right));
            return Ok(());
        }
        let rule = self.rule()?;
        if let Some(frame) = self.frames.last_mut() {
            frame.combine(rule);
        }
        Ok(())
    }

    /// Hands a level's result to the level around it; the outermost one's is the predicate's.
    fn end_level(&mut self, token: &Token) -> Result<Option<Node>, String> {
        let Some(frame) = self.frames.pop() else { return Err(bad_expression(token.pos)) };
        let place = frame.place;
        let result = frame.close();
        match place {
            Place::Top => {
                let nothing = || Node { rules: Vec::new(), fault: None };
                return Ok(Some(result.unwrap_or_else(nothing)));
            }
            Place::Parenthesis(nth) => {
                if self.open != nth - 1 {
                    return Err("extra ( seen".to_owned());
                }
                self.put(result);
            }
            Place::Right => {
                // The product panics where the right side is empty.
                let Some(right) = result else { return Err(bad_expression(token.pos)) };
                if let Some(frame) = self.frames.last_mut() {
                    frame.combine(right);
                }
            }
        }
        // The level around it ends with the same parenthesis or end only if that was the end.
        if token.kind == Kind::Eof {
            self.unread = Some(token.clone());
        }
        Ok(None)
    }

    fn rule(&mut self) -> Result<Node, String> {
        let key = self.word();
        let name = match key.kind {
            Kind::Ident => key.lit,
            Kind::Name => "name".to_owned(),
            _ => return Err(format!("bad tag key, at position {}", key.pos.char)),
        };
        let operator = self.word();
        let (word, at) = (quote(operator.word().as_bytes()), operator.pos.char);
        let equals = match operator.kind {
            Kind::Eq => true,
            Kind::Neq => false,
            Kind::Regex(_) => {
                return Err(format!("operator: {word} at position: {at} is not supported yet"));
            }
            _ => return Err(format!("invalid operator {word} at position: {at}")),
        };
        let mut value = String::new();
        loop {
            let token = self.word();
            match token.kind {
                // One sign counts, however many there are.
                Kind::Sub => {
                    "-".clone_into(&mut value);
                    continue;
                }
                Kind::Ident | Kind::Duration | Kind::Number | Kind::Integer => value += &token.lit,
                Kind::True => "true".clone_into(&mut value),
                Kind::False => "false".clone_into(&mut value),
                _ => {
                    let (text, at) = (quote(token.literal().as_bytes()), token.pos.char);
                    return Err(format!("bad tag value: {text}, at position {at}"));
                }
            }
            let rules = vec![TagRule { key: name, equals, value }];
            return Ok(Node { rules, fault: None });
        }
    }
}

fn bad_expression(pos: Pos) -> String {
    format!("bad logical expression, at position {}", pos.char)
}
