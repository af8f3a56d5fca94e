//! Arguments by value: `Clone`, not `Copy`, one of them mutable.

use stampede::stampede;
use std::{collections::BTreeMap, sync::Arc};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Region {
    name: String,
}

#[stampede(ttl = "1m")]
async fn page(region: Region, mut tags: Vec<String>, limits: BTreeMap<u8, Arc<str>>) -> String {
    tags.push(region.name);
    tags.extend(limits.values().map(ToString::to_string));
    tags.join(" ")
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let region = Region { name: "eu".to_owned() };
    let tags = vec!["news".to_owned()];
    let limits = BTreeMap::from([(1, Arc::from("few"))]);
    assert_eq!(page(region.clone(), tags.clone(), limits.clone()).await, "news eu few");
    assert_eq!(page::peek(&region, &tags, &limits).as_deref(), Some("news eu few"));
}
