//! Runs a scenario in all settings: the load as a task of its own and driven by a caller, on both runtime flavours.

/// Makes four tests of each scenario. In it, `call` is a function with a companion, of a number and a probe.
macro_rules! in_all_settings {
    ($($(#[$meta:meta])* async fn $name:ident() $body:block)*) => {$(
        mod $name {
            stampede_tests::in_both_flavours! {
                detached { use super::super::*; use stampede_tests::detached as call; } $(#[$meta])* $body
            }
            stampede_tests::in_both_flavours! {
                driven { use super::super::*; use stampede_tests::driven as call; } $(#[$meta])* $body
            }
        }
    )*};
}

pub(crate) use in_all_settings;
