//! What a query holds of a column whose points are in a file: the piece that it looked at last. Rows of
//! many series come in the order of their times, so a query goes from column to column and comes back
//! to each for the next row; what all queries share would have forgotten the piece by then.

use super::chunk::Chunk;
use super::snapshot::{Room, StoredColumn};
use super::value::FieldType;
use crate::lock::lock;
use std::sync::{Arc, Mutex};

/// The last piece of one column; a copy holds none.
#[derive(Debug, Default)]
pub(super) struct LastRead(Mutex<Option<Piece>>);

#[derive(Debug)]
struct Piece {
    of: StoredColumn,
    chunk: Arc<Chunk>,
    /// Given back when it goes.
    _room: Room,
}

impl Clone for LastRead {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl LastRead {
    /// The points of some rows of the column, held from now on if there is room for it.
    pub(super) fn chunk(&self, of: &StoredColumn, field_type: FieldType) -> Arc<Chunk> {
        let mut last = lock(&self.0);
        if let Some(piece) = last.as_ref().filter(|piece| Arc::ptr_eq(piece.of.rows(), of.rows())) {
            return Arc::clone(&piece.chunk);
        }
        // Its room may be what the next one needs.
        *last = None;
        let chunk = of.chunk(field_type);
        let room = of.room(chunk.bytes());
        *last = room.map(|room| Piece { of: of.clone(), chunk: Arc::clone(&chunk), _room: room });
        chunk
    }
}
