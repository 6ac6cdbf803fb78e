//! Reading back: each language turns a query and a view of the store into rows.

pub mod flux;
