//! What the attribute's expansion calls. No part of the public API: it changes with the attribute, in any release.
//!
//! - `probe` asks what the types of a function lack, and `verdict` chooses by the answer between `fit` and `misfit`.
//! - `view` is what a call is looked up by, `output` how its outcome is shared, `print` how its key is shown.

mod fit;
mod misfit;
mod output;
mod print;
mod probe;
mod verdict;
mod view;

pub use crate::{
    cache::ToKey,
    engine::BoxFuture,
    error::LoadTimeout,
    fn_cache::{Blueprint, FnCache},
    policy::Settings,
    served::Served,
    sharing::{Kept, Kind, Sharing},
    stats::Stats,
    store::DEFAULT_CAPACITY,
};
pub use fit::{Fit, Missed};
pub use misfit::{Misfit, MisfitMissed};
pub use output::{Ask, IntoOutput, KindOf, Outputs, Plain, Unshared, first, kind_of};
pub use print::{Keys, Unprinted};
pub use probe::{Otherwise, Probe, refuse, reject};
pub use verdict::{Choose, Judged, Own, Verdict};
pub use view::{One, Part, View};
