//! Cases and snapshots are embedded: a change in them rebuilds this crate.
fn main() {
    println!("cargo::rerun-if-changed=../cases");
    println!("cargo::rerun-if-changed=../snapshots");
}
