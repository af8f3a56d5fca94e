//! One process of a fleet.

fn main() {}
