//! The migrations are built into the binary; a new file among them has to rebuild it.

fn main() {
    println!("cargo::rerun-if-changed=../migrations");
}
