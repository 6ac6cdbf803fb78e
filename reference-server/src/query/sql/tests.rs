//! Answers to queries over a small fake store. Expected bodies are what InfluxDB 3 Core 3.6.0 was
//! recorded to answer for the same lines, unless a test says otherwise.

mod answers;
mod bounds;
mod fake;
mod first_by_time;
mod refusals;
mod rows;
mod streamed;
