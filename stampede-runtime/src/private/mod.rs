//! What the attribute's expansion calls. No part of the public API: it changes with the attribute, in any release.
//!
//! - `probe` asks what the types of a function lack, and `verdict` chooses by the answer between `fit` and `misfit`.
//! - In generic functions and methods bounds decide: `bounds` (public) asks, `gate` chooses, `owner` owns, `slot` holds a cache for each
//!   instantiation, `place` that of a function without parameters. `backed` works on a raw cache instead, `blocking` on threads.
//! - `view` is what a call is looked up by, with `text` for texts, `output` how its outcome is shared, `print` how its key is shown.

mod backed;
mod fit;
mod gate;
mod misfit;
mod output;
mod owner;
mod place;
mod print;
mod probe;
mod slot;
mod text;
mod verdict;
mod view;

#[cfg(feature = "redis")]
pub use crate::attached::WriteKey;
pub use crate::{
    attached::Attached,
    cache::ToKey,
    engine::{BoxFuture, Refresher},
    error::LoadTimeout,
    fn_cache::{Blueprint, FnCache, MakeBlueprint},
    policy::Settings,
    served::Served,
    sharing::{Kept, Kind, Sharing},
    stats::Stats,
    store::DEFAULT_CAPACITY,
};
pub use backed::{Backed, BackedCall, BackedMiss, UnbackedCall};
pub use fit::{Fit, Missed, lazily, output_of};
pub use gate::{Gate, Met, Open, Reference, Shut, Value};
pub use misfit::{Misfit, MisfitMissed};
pub use output::{Ask, IntoOutput, KindOf, Outputs, Plain, Unshared, first, kind_of};
pub use owner::{Owner, Unowned};
pub use place::Place;
pub use print::{Keys, Unprinted};
pub use probe::{Otherwise, Probe, refuse, reject};
pub use slot::{Every, Slot, id_of, id_of_value, instance_name, method_name};
pub use text::{AnyLent, Lent, Text};
pub use verdict::{Choose, Judged, Own, Verdict};
pub use view::{Again, One, Part, View};
