//! Without the attribute: what a macro makes beside an associated function is refused item by item.

macro_rules! beside_a_function {
    () => {
        enum Companion {}

        fn rate(id: u64) -> u64 {
            let _: Option<Companion> = None;
            id
        }
    };
}

struct Rates;

impl Rates {
    beside_a_function!();
}

fn main() {
    let _ = Rates::rate(1);
}
