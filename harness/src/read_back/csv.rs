//! Flux's CSV: blocks of rows, each with its own annotations and header.

use std::collections::HashMap;

/// A block: annotations by name, the header, the rows.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) annotations: HashMap<String, Vec<String>>,
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// Splits an answer into blocks; an empty line ends one.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut block = Block::default();
    for record in records(text) {
        let Some(first) = record.first() else { continue };
        if record.len() == 1 && first.is_empty() {
            if !block.header.is_empty() {
                blocks.push(std::mem::take(&mut block));
            }
        } else if let Some(name) = first.strip_prefix('#') {
            block.annotations.insert(name.to_owned(), record);
        } else if block.header.is_empty() {
            block.header = record;
        } else {
            block.rows.push(record);
        }
    }
    if !block.header.is_empty() {
        blocks.push(block);
    }
    blocks
}

/// The records of a CSV text (RFC 4180); line ends within quotes are kept as a newline.
fn records(text: &str) -> Vec<Vec<String>> {
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut cell = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                cell.push('"');
                chars.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut cell)),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            c => cell.push(c),
        }
    }
    if !cell.is_empty() || !record.is_empty() {
        record.push(cell);
        records.push(record);
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_cells_hold_anything() {
        let blocks =
            blocks("#datatype,string,long\r\n,a,b\r\n,\"x,\"\"y\r\nz\",2\r\n\r\n,c\r\n,3\r\n");
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0].rows, [["", "x,\"y\nz", "2"]]);
        assert_eq!(blocks[0].annotations["datatype"][2], "long");
        assert_eq!(blocks[1].header, ["", "c"]);
    }
}
