//! Coalesced and cached responses for tower services (feature `http`).

#![forbid(unsafe_code)]

mod answer;
mod body;
mod entry;
mod future;
mod judge;
mod key;
mod layer;
mod load;
mod options;
mod passage;
mod plan;
mod pump;
mod reading;
mod request;
#[allow(dead_code, unused_imports, reason = "the layer comes next")]
mod rfc9111;
mod service;
mod sight;
mod store;
mod tee;
mod visit;

pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use key::RequestKey;
pub use layer::StampedeLayer;
pub use reading::{ReadUpTo, Reading, Unread};
pub use service::StampedeService;
pub use store::ResponseCache;
