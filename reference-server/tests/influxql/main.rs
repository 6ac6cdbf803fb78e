//! InfluxQL over a server in memory: answers as the real products gave them.

mod as_influxd;
mod both_orders;
mod computed_v3;
mod fake;
mod in_statement;
mod order;
mod patterns;
mod read_back;
mod rows;
mod statements;
mod work;
